"""Sales that a tablet made without the server: into the books where the cash is certain, else for review (R11)."""

import datetime as dt
import uuid
from collections.abc import Iterator

from django.db import transaction

from ledger.money import dollars
from pos import ending
from pos.asked import Desk
from pos.basket import Basket
from pos.checkout import SameIdOtherContents
from pos.models import DrawerSession, OfflineSale, Sale, Tender
from pos.offline_books import Notes, book, note
from pos.offline_time import STEADY, when_sold
from pos.offline_told import Sending, Told, contents_of, mark_of
from studio import audit, rights
from studio.models import Device, Level, Right, Staff, StaffSession
from studio.refusal import BadInput, Refusal

MOST_CENTS = 200_00
LONGEST = dt.timedelta(hours=24)
"""What a tablet may sell without the server: so much a sale, so long after its last answer (R11)."""


def take_in(*, offline_id: uuid.UUID, told: Told, sending: Sending, device: Device, now: dt.datetime) -> OfflineSale:
    """Take an offline sale in, once: accepted into the books, or kept for review with the reasons.

    The same sale again is the same answer, however often and by whom it is sent. Raises SameIdOtherContents.
    """
    known = OfflineSale.objects.select_related("location").filter(pk=offline_id).first()
    if known is not None:
        if known.fingerprint != mark_of(told) or known.location_id != device.location_id:
            raise SameIdOtherContents("Another sale came in under this id. Show this one to a manager.")
        return known
    before = begun(offline_id)
    row = _received(offline_id, told, sending, device=device, now=now)
    earlier = _earlier(row, told)
    if earlier is not None:
        row.total_cents = earlier.total_cents
        _accept(row, earlier, [note("already_in", "The first try had come through: it is one sale.")])
        return row
    doubts = list(_doubts(row, told, before))
    _hold_for_review(row, doubts) if doubts else _book(row, told, before, device=device, now=now)
    return row


def begun(offline_id: uuid.UUID) -> Sale | None:
    """The sale that the cart had begun at the server under this id, locked before anything is decided about it.

    When there is none yet and one comes meanwhile, the id is taken and the whole unit of work is repeated.
    """
    return Sale.objects.select_for_update(of=("self",)).filter(pk=offline_id).first()


def _received(offline_id: uuid.UUID, told: Told, sending: Sending, *, device: Device, now: dt.datetime) -> OfflineSale:
    """The unsaved row of what came in. It is inserted last, with what became of it: of two at once one repeats."""
    return OfflineSale(
        id=offline_id,
        location=device.location,
        device=device,
        staff=Staff.objects.filter(pk=told.staff_id).first(),
        contents=contents_of(told),
        fingerprint=mark_of(told),
        told_at=told.sold_at,
        sold_at=when_sold(told, sending, now=now),
        received_at=now,
        total_cents=told.total_cents,
    )


def _earlier(row: OfflineSale, told: Told) -> Sale | None:
    """The sale that this cash has completed already: the tablet had sent it and only the answer was lost."""
    paid = Tender.objects.filter(pk=told.cash.tender_id, sale__location=row.location).select_related("sale").first()
    return paid.sale if paid is not None and paid.sale.is_completed else None


def _doubts(row: OfflineSale, told: Told, before: Sale | None) -> Iterator[dict[str, str]]:
    """Why somebody must look before this is a sale: the cash, the day or the person are not certain."""
    if told.total_cents > MOST_CENTS:
        yield note("over_limit", f"More than ${dollars(MOST_CENTS)} was sold without the server.")
    if row.sold_at - told.contact_at > LONGEST or row.received_at - row.sold_at > LONGEST:
        yield note("too_old", "More than 24 hours lie between this sale and the server.")
    if row.staff is None or not _was_signed_on(row, row.staff):
        yield note("not_signed_on", "Whoever sold this was not signed on to that tablet then.")
    elif rights.can(row.staff, Right.SELL, row.location) != Level.ALLOWED:
        yield note("may_not_sell", f"{row.staff} may not sell here any more.")
    if before is not None and before.is_completed:
        yield note("sold_otherwise", "This very sale was completed in another way too.")
    yield from _doubts_of_drawer(row, told)


def _was_signed_on(row: OfflineSale, staff: Staff) -> bool:
    """Whether the person was the last to sign on to the tablet before the sale; without the server nobody else can."""
    by_then = StaffSession.objects.filter(device=row.device, started_at__lte=row.sold_at + STEADY)
    last = by_then.order_by("-started_at", "-pk").values_list("staff_id", flat=True).first()
    return last == staff.pk


def _doubts_of_drawer(row: OfflineSale, told: Told) -> Iterator[dict[str, str]]:
    session = DrawerSession.objects.filter(pk=told.cash.drawer_session_id, location=row.location).first()
    if session is None:
        yield note("drawer_unknown", "Nobody knows the drawer that took the cash.")
    elif session.closed_at is not None and row.sold_at > session.closed_at:
        yield note("drawer_was_closed", "The drawer had been counted and closed before this was sold.")


def _hold_for_review(row: OfflineSale, notes: Notes) -> None:
    row.status, row.notes = OfflineSale.Status.REVIEW, notes
    row.save(force_insert=True)


def _accept(row: OfflineSale, sale: Sale, notes: Notes) -> None:
    row.status, row.sale = OfflineSale.Status.ACCEPTED, sale
    row.notes = [*notes, *_clock_note(row)]
    row.save(force_insert=True)


def _clock_note(row: OfflineSale) -> Notes:
    if abs(row.sold_at - row.told_at) <= STEADY:
        return []
    return [
        note("clock", f"The tablet’s clock said {row.told_at:%b %d, %H:%M} UTC; the server makes another time of it.")
    ]


def _book(row: OfflineSale, told: Told, before: Sale | None, *, device: Device, now: dt.datetime) -> None:
    """Into the books, or for review with the books' own no; nothing half."""
    assert row.staff is not None  # noqa: S101 - else there were doubts
    desk = Desk(location=row.location, staff=row.staff, device=device)
    try:
        with transaction.atomic():
            basket, notes = sell(row, told, before, session_id=told.cash.drawer_session_id, desk=desk, now=now)
    except Refusal as refusal:
        _hold_for_review(row, [note(refusal.code, refusal.sentence)])
    except BadInput as bad:
        _hold_for_review(row, [note("invalid", bad.sentence)])
    else:
        _accept(row, basket.sale, notes)


def sell(
    row: OfflineSale, told: Told, before: Sale | None, *, session_id: uuid.UUID, desk: Desk, now: dt.datetime
) -> tuple[Basket, Notes]:
    """The completed sale of an offline one, its cash in that drawer session, and what there is to note about it.

    `before` is what `begun` found.
    """
    sessions = DrawerSession.objects.select_for_update(of=("self",)).filter(location=row.location)
    session = sessions.filter(pk=session_id).first()
    if session is None:
        raise BadInput("drawer_session", "There is no such drawer session here.")
    session.location = row.location
    sale_id, notes = _place_for(row, before, desk=desk, now=now)
    basket, more = book(told, sale_id=sale_id, session=session, desk=desk, sold_at=row.sold_at, now=now)
    audit.record(
        at=now,
        action="offline_sale",
        actor=desk.staff,
        device=row.device,
        location=row.location,
        subject=row,
        after={"total_cents": row.total_cents, "told_at": row.told_at, "sold_at": row.sold_at},
    )
    return basket, [*notes, *more]


def _place_for(row: OfflineSale, before: Sale | None, *, desk: Desk, now: dt.datetime) -> tuple[uuid.UUID, Notes]:
    """Under which id it becomes a sale: its own, or another where the cart had reached the server while it could.

    That unfinished sale is given up; one that holds something else, or waits parked, stays as it is and is told.
    """
    if before is None:
        return row.pk, []
    elsewhere = uuid.uuid5(row.pk, "offline")
    holds_nothing = not before.tenders.filter(status=Tender.Status.HELD).exists()
    if before.status == Sale.Status.OPEN and before.location_id == row.location_id and holds_nothing:
        ending.abandon_sale(sale_id=before.pk, desk=desk, now=now)
    elif before.status in (Sale.Status.OPEN, Sale.Status.PARKED):
        return elsewhere, [note("unfinished", "An unfinished sale with the same contents still waits at the desk.")]
    return elsewhere, []
