"""Somebody decides about offline sales that are for review: into the books after all, or settled by hand (R11)."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import QuerySet

from pos.asked import Desk
from pos.models import DrawerSession, OfflineDecision, OfflineSale
from pos.offline import begun, sell
from pos.offline_told import told_by
from studio import audit, rights
from studio.models import Location, Right, Staff
from studio.refusal import BadInput, Refusal

DECIDES = Right.CORRECT_DRAWER
"""Who may decide: whoever may alone correct what a drawer has counted."""
LONGEST_NOTE = 300


class AlreadyDecided(Refusal):
    """Somebody else was faster, or the sale never was for review."""

    code = "already_decided"


def waiting(places: Sequence[Location]) -> QuerySet[OfflineSale]:
    """The offline sales of these locations that are for review, oldest first."""
    found = OfflineSale.objects.filter(location__in=places, status=OfflineSale.Status.REVIEW)
    return found.select_related("location", "device", "staff").order_by("received_at", "pk")


def may_book(row: OfflineSale) -> bool:
    """Whether it says enough to become a sale: somebody sold it, and its sums are whole."""
    return row.staff is not None and not {one["code"] for one in row.notes} & _NOT_WHOLE


_NOT_WHOLE = {"sums_differ", "unknown_item", "unknown_therapist", "invalid"}


def put_into_books(
    *, offline_id: uuid.UUID, session_id: uuid.UUID, by: Staff, note: str, now: dt.datetime
) -> OfflineSale:
    """Complete it as it was told, with its cash in that drawer session; AlreadyDecided, BadInput and the books' own no.

    A session that was closed since has counted the cash as over: choose the open one where the cash lies otherwise.
    """
    row = _locked(offline_id, by=by)
    if row.staff is None or not may_book(row):
        raise BadInput("kind", "This one does not say enough to be booked: ring it up by hand, and say so here.")
    desk = Desk(location=row.location, staff=row.staff, device=row.device)
    basket, notes = sell(row, told_by(row.contents), begun(row.pk), session_id=session_id, desk=desk, now=now)
    row.sale, row.notes = basket.sale, [*row.notes, *notes]
    return _settle(row, OfflineDecision.Kind.BOOKED, by=by, note=note, now=now)


def settle_by_hand(*, offline_id: uuid.UUID, by: Staff, note: str, now: dt.datetime) -> OfflineSale:
    """Close it without a sale, with a sentence that says what became of the money; AlreadyDecided, BadInput."""
    row = _locked(offline_id, by=by)
    if not note.strip():
        raise BadInput("note", "Say what became of the money.")
    return _settle(row, OfflineDecision.Kind.BY_HAND, by=by, note=note, now=now)


def drawers_for(row: OfflineSale) -> list[DrawerSession]:
    """Where the cash may be: the session that took it, if it is known, and those that are open at the location now."""
    sessions = DrawerSession.objects.filter(location=row.location).select_related("drawer", "location")
    own = sessions.filter(pk=row.contents["cash"]["drawer_session_id"])
    open_now = sessions.filter(status=DrawerSession.Status.OPEN).order_by("drawer__name")
    return list({session.pk: session for session in (*own, *open_now)}.values())


def _locked(offline_id: uuid.UUID, *, by: Staff) -> OfflineSale:
    rows = OfflineSale.objects.select_for_update(of=("self",)).select_related("location", "device", "staff")
    row = rows.get(pk=offline_id)
    rights.require(by, DECIDES, row.location)
    if row.status != OfflineSale.Status.REVIEW:
        raise AlreadyDecided("Somebody has decided about this sale already.")
    return row


def _settle(row: OfflineSale, kind: OfflineDecision.Kind, *, by: Staff, note: str, now: dt.datetime) -> OfflineSale:
    OfflineDecision.objects.create(offline_sale=row, kind=kind, note=note.strip()[:LONGEST_NOTE], by=by, at=now)
    row.status = OfflineSale.Status.SETTLED
    row.save(update_fields=["status", "sale", "notes"])
    audit.record(
        at=now,
        action="offline_sale_settled",
        actor=by,
        device=row.device,
        location=row.location,
        subject=row,
        after={"decision": str(kind), "total_cents": row.total_cents, "sale": str(row.sale_id or "")},
        reason=note.strip()[:LONGEST_NOTE],
    )
    return row
