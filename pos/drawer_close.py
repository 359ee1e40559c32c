"""A drawer closed by a blind count: over or short, what goes to the safe, and the Z (R8, posting rules 64, 65)."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping

from django.db.models import Exists, OuterRef, Q

from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from ledger.money import dollars
from payments.models import Charge
from pos import approvals, drawer, zreport
from pos.asked import MAX_CENTS, Desk
from pos.drawer import DrawerNotOpen
from pos.models import Approval, Counter, DrawerSession, Sale, Tender
from studio import rights
from studio.models import Right, Staff
from studio.refusal import BadInput, Refusal

NOTE_ABOVE_CENTS = 5_00
APPROVAL_ABOVE_CENTS = 20_00
"""Over or short beyond these wants a note, and somebody's approval (R8)."""
PIECES = (100_00, 50_00, 20_00, 10_00, 5_00, 2_00, 1_00, 50, 25, 10, 5, 1)
"""The notes and coins that are counted, by their value in cents; a dollar is a dollar, paper or metal."""
MOST_PIECES = 100_000


class SalesInProgress(Refusal):
    """A sale whose cash or card is under way at this drawer is not finished."""

    code = "sales_in_progress"


class SalesParked(Refusal):
    """Parked sales are finished before a drawer is closed, or carried over by name."""

    code = "sales_parked"


class NoteNeeded(Refusal):
    """The count differs by more than $5; a sentence says why."""

    code = "note_needed"


def counted_in(pieces: Mapping[int, int]) -> int:
    """What so many notes and coins come to, in cents; BadInput for what is no money."""
    for value_cents, count in pieces.items():
        if value_cents not in PIECES or not 0 <= count <= MOST_PIECES:
            raise BadInput("pieces", "Count notes and coins that there are.")
    return sum(value_cents * count for value_cents, count in pieces.items())


def close_drawer(
    *,
    session_id: uuid.UUID,
    counted_cents: int,
    desk: Desk,
    now: dt.datetime,
    left_cents: int | None = None,
    note: str = "",
    pieces: Mapping[int, int] | None = None,
    carry_over: Collection[uuid.UUID] = (),
    approval_id: uuid.UUID | None = None,
) -> DrawerSession:
    """Close by count: over or short to 6050, what is not left in the drawer to the safe, the next Z with its report.

    `pieces` says how often each note or coin was counted; `carry_over` names the parked sales that may stay.
    """
    rights.require(desk.staff, Right.DRAWER, desk.location)
    session = drawer.lock_session(session_id, desk)
    left_cents = counted_cents if left_cents is None else left_cents
    if session.status == DrawerSession.Status.CLOSED:
        if (session.counted_cents, session.left_cents) != (counted_cents, left_cents):
            raise DrawerNotOpen("This drawer is closed already, with another count.")
        return session
    _check_count(counted_cents, left_cents, pieces)
    _refuse_sales_in_progress(session)
    parked = _carried_over(session, carry_over)
    session.expected_cents = drawer.expected_cents(session)
    session.counted_cents, session.left_cents, session.note = counted_cents, left_cents, note.strip()
    session.denominations = {str(value): count for value, count in pieces.items() if count} if pieces else None
    session.approver = _accept_difference(session, approval_id=approval_id, desk=desk, now=now)
    _post(session, desk=desk, now=now)
    return _end(session, parked, desk=desk, now=now)


def _end(session: DrawerSession, parked: list[Sale], *, desk: Desk, now: dt.datetime) -> DrawerSession:
    """Number it; under the counter's lock the report counts each sale once, whoever else is closing."""
    session.status, session.closed_at, session.closed_by = DrawerSession.Status.CLOSED, now, desk.staff
    session.z_number = Counter.next(location=session.location, name="z")
    session.save()
    zreport.make(session, number=session.z_number, parked=parked, now=now)
    return session


def _check_count(counted_cents: int, left_cents: int, pieces: Mapping[int, int] | None) -> None:
    if not 0 <= counted_cents <= MAX_CENTS:
        raise BadInput("counted_cents", "A count is between $0 and $100,000.")
    if not 0 <= left_cents <= counted_cents:
        raise BadInput("left_cents", "What stays in the drawer is between $0 and the count.")
    if pieces and counted_in(pieces) != counted_cents:
        raise BadInput("pieces", "The notes and coins do not come to what was counted.")


def _refuse_sales_in_progress(session: DrawerSession) -> None:
    """What holds this drawer's cash, and what a card is being asked for on a tablet without another drawer."""
    held = Tender.objects.filter(sale=OuterRef("pk"), status=Tender.Status.HELD)
    asked = Q(charge__status__in=[*Charge.LIVE, Charge.Status.SUCCEEDED], charge__how=Charge.How.READER)
    others = DrawerSession.objects.filter(location=session.location_id, status=DrawerSession.Status.OPEN)
    elsewhere = others.exclude(pk=session.pk).exclude(device=None).values("device")
    here = Sale.objects.filter(location=session.location_id, status=Sale.Status.OPEN)
    cash = here.filter(Exists(held.filter(drawer_session=session)))
    cards = here.filter(Exists(held.filter(asked))).exclude(device__in=elsewhere)
    sales = [str(pk) for pk in (cash | cards).order_by("opened_at").values_list("pk", flat=True)]
    if sales:
        raise SalesInProgress(
            "A sale with cash or a card in it is not finished. Complete it or take the payment off.", sales=sales
        )


def _carried_over(session: DrawerSession, named: Collection[uuid.UUID]) -> list[Sale]:
    """The parked sales, each named by who closes; refuses when one is not."""
    parked = zreport.parked_at(session)
    if any(sale.pk not in named for sale in parked):
        rows = [zreport.carried(sale) for sale in parked]
        names = ", ".join(row["name"] for row in rows[:3]) + (" …" if len(rows) > 3 else "")
        raise SalesParked(f"Parked: {names}. Finish what can be finished, or carry it over.", sales=rows)
    return parked


def _accept_difference(
    session: DrawerSession, *, approval_id: uuid.UUID | None, desk: Desk, now: dt.datetime
) -> Staff | None:
    difference_cents = session.over_short_cents or 0
    if abs(difference_cents) > NOTE_ABOVE_CENTS and not session.note:
        side = "over" if difference_cents > 0 else "short"
        raise NoteNeeded(
            f"The drawer is ${dollars(abs(difference_cents))} {side}. Say why.", amount_cents=difference_cents
        )
    if abs(difference_cents) <= APPROVAL_ABOVE_CENTS:
        return None
    return approvals.required(
        Approval.Action.DRAWER_DIFFERENCE,
        object_id=session.pk,
        amount_cents=difference_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )


def _post(session: DrawerSession, *, desk: Desk, now: dt.datetime) -> None:
    """Posting rules 65 and 64: over or short, then what goes to the safe."""
    difference_cents = session.over_short_cents or 0
    dropped_cents = (session.counted_cents or 0) - (session.left_cents or 0)
    journal.post(
        key=f"drawer_close:{session.pk}",
        kind="drawer_close",
        location=session.location,
        occurred_at=now,
        now=now,
        lines=[
            drawer.cash(session, difference_cents - dropped_cents),
            credit(Account.CASH_OVER_SHORT, difference_cents, drawer_session=session.pk),
            debit(Account.CASH_SAFE, dropped_cents, drawer_session=session.pk),
        ],
        made_by=desk.staff,
    )
    after = {"expected_cents": session.expected_cents, "counted_cents": session.counted_cents}
    drawer.note_in_audit("drawer_close", session, desk=desk, now=now, after=after)
