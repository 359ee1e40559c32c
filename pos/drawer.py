"""A cash drawer with its counted float, and which one takes a tablet's cash (R8, posting rules 64, 66)."""

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db.models import Case, IntegerField, When

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from pos.asked import MAX_CENTS, Desk
from pos.models import Drawer, DrawerSession
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput, Refusal


class DrawerNotOpen(Refusal):
    """Cash needs an open drawer."""

    code = "drawer_not_open"


class DrawerIsOpen(Refusal):
    """A drawer is open once at a time."""

    code = "drawer_is_open"


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
        lines=[cash(session, difference_cents), credit(source, difference_cents, drawer_session=session.pk)],
        made_by=desk.staff,
    )
    note_in_audit("drawer_open", session, desk=desk, now=now, after={"float_cents": float_cents})
    return session


def _left_before(session: DrawerSession) -> int:
    """What the drawer's last session left in it, in cents."""
    before = session.drawer.sessions.filter(status=DrawerSession.Status.CLOSED).exclude(pk=session.pk)
    return before.order_by("-z_number").values_list("left_cents", flat=True).first() or 0


def cash(session: DrawerSession, amount_cents: int) -> Line:
    """The drawer's side of an entry: positive is more cash in it."""
    return debit(Account.CASH_DRAWER, amount_cents, drawer_session=session.pk)


def lock_session(session_id: uuid.UUID, desk: Desk) -> DrawerSession:
    """The session of this location, locked until the transaction ends; BadInput when there is none."""
    sessions = DrawerSession.objects.select_for_update(of=("self",)).select_related("drawer", "opened_by", "closed_by")
    session = sessions.filter(pk=session_id, location=desk.location).first()
    if session is None:
        raise BadInput("drawer_session", "There is no such drawer session here.")
    session.location = desk.location
    return session


def must_be_open(session: DrawerSession) -> None:
    """Nothing while the session is open; refuses one that is closed."""
    if session.status != DrawerSession.Status.OPEN:
        raise DrawerNotOpen("This drawer is closed. Open it first.")


def note_in_audit(
    action: str, session: DrawerSession, *, desk: Desk, now: dt.datetime, after: Mapping[str, int | None]
) -> None:
    """Leave the audit row of an opening or a close."""
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
