"""A cash drawer from its counted float to the blind count at its close (R8, posting rules 64-66)."""

import datetime as dt
import uuid

from django.db.models import Case, IntegerField, When

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.money import dollars
from pos import approvals
from pos.asked import MAX_CENTS, Desk
from pos.models import Approval, Counter, Drawer, DrawerSession, Sale, Tender
from studio import audit, rights
from studio.models import Right, Staff
from studio.refusal import BadInput, Refusal

NOTE_ABOVE_CENTS = 5_00
APPROVAL_ABOVE_CENTS = 20_00
"""Over or short beyond these wants a note, and somebody's approval (R8)."""


class DrawerNotOpen(Refusal):
    """Cash needs an open drawer."""

    code = "drawer_not_open"


class DrawerIsOpen(Refusal):
    """A drawer is open once at a time."""

    code = "drawer_is_open"


class SalesInProgress(Refusal):
    """A sale that holds cash of this drawer is not finished."""

    code = "sales_in_progress"


class NoteNeeded(Refusal):
    """The count differs by more than $5; a sentence says why."""

    code = "note_needed"


class SameIdOtherFloat(Refusal):
    """The id was used before for another opening."""

    code = "same_id_other_contents"


def open_drawer(
    *, session_id: uuid.UUID, drawer_id: int, float_cents: int, desk: Desk, now: dt.datetime
) -> DrawerSession:
    """Open a drawer with its counted float; the difference to what was left in it goes to the books."""
    rights.require(desk.staff, Right.DRAWER, desk.location)
    if not 0 <= float_cents <= MAX_CENTS:
        raise BadInput("float_cents", "A float is between $0 and $100,000.")
    drawer = _lock_drawer(drawer_id, desk)
    known = DrawerSession.objects.select_related("drawer", "opened_by", "closed_by").filter(pk=session_id).first()
    if known is not None:
        if (known.drawer_id, known.float_cents) != (drawer_id, float_cents):
            raise SameIdOtherFloat("This drawer session was opened with another float.")
        return known
    if drawer.sessions.filter(status=DrawerSession.Status.OPEN).exists():
        raise DrawerIsOpen(f"{drawer.name} is open already.")
    return _open(session_id, drawer, float_cents, desk=desk, now=now)


def close_drawer(
    *,
    session_id: uuid.UUID,
    counted_cents: int,
    desk: Desk,
    now: dt.datetime,
    left_cents: int | None = None,
    note: str = "",
    approval_id: uuid.UUID | None = None,
) -> DrawerSession:
    """Close by count: over or short to 6050, what is not left in the drawer to the safe, the next Z number."""
    rights.require(desk.staff, Right.DRAWER, desk.location)
    session = _lock_session(session_id, desk)
    left_cents = counted_cents if left_cents is None else left_cents
    if session.status == DrawerSession.Status.CLOSED:
        if (session.counted_cents, session.left_cents) != (counted_cents, left_cents):
            raise DrawerNotOpen("This drawer is closed already, with another count.")
        return session
    _check_count(counted_cents, left_cents)
    _refuse_sales_in_progress(session)
    session.expected_cents = expected_cents(session)
    session.counted_cents, session.left_cents, session.note = counted_cents, left_cents, note.strip()
    session.approver = _accept_difference(session, approval_id=approval_id, desk=desk, now=now)
    _post_close(session, desk=desk, now=now)
    session.status, session.closed_at, session.closed_by = DrawerSession.Status.CLOSED, now, desk.staff
    session.z_number = Counter.next(location=session.location, name="z")
    session.save()
    return session


def expected_cents(session: DrawerSession) -> int:
    """What should be in the drawer: what was left last time and all that was posted to it since."""
    return _left_before(session) + journal.balance(Account.CASH_DRAWER, drawer_session=session.pk)


def for_cash(*, desk: Desk, session_id: uuid.UUID | None) -> DrawerSession:
    """The open session that takes this tablet's cash, locked: the one named, the tablet's own, or the only one."""
    here = DrawerSession.objects.filter(location=desk.location, status=DrawerSession.Status.OPEN)
    if session_id is not None:
        here = here.filter(pk=session_id)
    own_first = Case(When(device=_device_id(desk), then=0), default=1, output_field=IntegerField())
    session = here.annotate(rank=own_first).order_by("rank", "pk").select_for_update().first()
    if session is None:
        raise DrawerNotOpen("Open the drawer first: cash needs an open drawer.")
    if session.rank and here.exclude(pk=session.pk).exists():
        raise DrawerNotOpen("Several drawers are open here. Open one on this tablet or name it.")
    return session


def _device_id(desk: Desk) -> uuid.UUID | None:
    return desk.device.pk if desk.device is not None else None


def _lock_drawer(drawer_id: int, desk: Desk) -> Drawer:
    drawer = Drawer.objects.select_for_update().filter(pk=drawer_id, location=desk.location).first()
    if drawer is None:
        raise BadInput("drawer", "There is no such drawer here.")
    return drawer


def _open(session_id: uuid.UUID, drawer: Drawer, float_cents: int, *, desk: Desk, now: dt.datetime) -> DrawerSession:
    session = DrawerSession(
        id=session_id,
        drawer=drawer,
        location=desk.location,
        device=desk.device,
        opened_at=now,
        opened_by=desk.staff,
        business_date=desk.location.business_date(now),
        float_cents=float_cents,
    )
    left_cents = _left_before(session)
    difference_cents = float_cents - left_cents
    # An empty drawer gets its float from the safe; a float unlike what was left is over or short (posting rule 66).
    source = Account.CASH_OVER_SHORT if left_cents else Account.CASH_SAFE
    session.save(force_insert=True)
    journal.post(
        key=f"drawer_open:{session.pk}",
        kind="drawer_open",
        location=desk.location,
        occurred_at=now,
        now=now,
        lines=[_cash(session, difference_cents), credit(source, difference_cents, drawer_session=session.pk)],
        made_by=desk.staff,
    )
    _audit("drawer_open", session, desk=desk, now=now, after={"float_cents": float_cents})
    return session


def _left_before(session: DrawerSession) -> int:
    """What the drawer's last session left in it, in cents."""
    before = session.drawer.sessions.filter(status=DrawerSession.Status.CLOSED).exclude(pk=session.pk)
    return before.order_by("-z_number").values_list("left_cents", flat=True).first() or 0


def _cash(session: DrawerSession, amount_cents: int) -> Line:
    return debit(Account.CASH_DRAWER, amount_cents, drawer_session=session.pk)


def _lock_session(session_id: uuid.UUID, desk: Desk) -> DrawerSession:
    sessions = DrawerSession.objects.select_for_update(of=("self",)).select_related("drawer", "opened_by", "closed_by")
    session = sessions.filter(pk=session_id, location=desk.location).first()
    if session is None:
        raise BadInput("drawer_session", "There is no such drawer session here.")
    session.location = desk.location
    return session


def _check_count(counted_cents: int, left_cents: int) -> None:
    if not 0 <= counted_cents <= MAX_CENTS:
        raise BadInput("counted_cents", "A count is between $0 and $100,000.")
    if not 0 <= left_cents <= counted_cents:
        raise BadInput("left_cents", "What stays in the drawer is between $0 and the count.")


def _refuse_sales_in_progress(session: DrawerSession) -> None:
    held = session.tenders.filter(status=Tender.Status.HELD, sale__status=Sale.Status.OPEN)
    if held.exists():
        sales = [str(sale_id) for sale_id in held.values_list("sale_id", flat=True).distinct()]
        raise SalesInProgress("A sale with cash in it is not finished. Complete it or take the cash off.", sales=sales)


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


def _post_close(session: DrawerSession, *, desk: Desk, now: dt.datetime) -> None:
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
            _cash(session, difference_cents - dropped_cents),
            credit(Account.CASH_OVER_SHORT, difference_cents, drawer_session=session.pk),
            debit(Account.CASH_SAFE, dropped_cents, drawer_session=session.pk),
        ],
        made_by=desk.staff,
    )
    after = {"expected_cents": session.expected_cents, "counted_cents": session.counted_cents}
    _audit("drawer_close", session, desk=desk, now=now, after=after)


def _audit(action: str, session: DrawerSession, *, desk: Desk, now: dt.datetime, after: dict[str, int | None]) -> None:
    audit.record(
        at=now,
        action=action,
        actor=desk.staff,
        approver=session.approver,
        device=desk.device,
        location=desk.location,
        subject=session,
        after=after,
        reason=session.note,
    )
