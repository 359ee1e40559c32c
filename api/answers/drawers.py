"""Cash drawers and their sessions; what should be in an open one is told to nobody who will count it (R8)."""

from typing import Annotated, TypedDict

from api.answers.values import Day, Moment, Person, Uuid, moment, moment_or_none, person, person_or_none
from pos.models import Approval, Drawer, DrawerSession


class DrawerAnswer(TypedDict):
    """A drawer of this location, and its open session."""

    id: int
    name: str
    open_session: Uuid | None


class DrawerNamed(TypedDict):
    """Which drawer."""

    id: int
    name: str


class DrawerSessionAnswer(TypedDict):
    """A drawer from its float to its count; expected, over or short and the Z number only once it is closed."""

    id: Uuid
    drawer: DrawerNamed
    status: Annotated[str, DrawerSession.Status]
    business_date: Day
    opened_at: Moment
    opened_by: Person
    float_cents: int
    closed_at: Moment | None
    closed_by: Person | None
    expected_cents: int | None
    counted_cents: int | None
    over_short_cents: int | None
    left_cents: int | None
    note: str
    z_number: int | None


class DrawerSessionPage(TypedDict):
    """A page of drawer sessions, newest first."""

    next: str | None
    previous: str | None
    results: list[DrawerSessionAnswer]


class ApprovalAnswer(TypedDict):
    """Another person's yes, to be named as `approval` in the request that needed it, once and soon."""

    id: Uuid
    expires_at: Moment
    approver: Person


def drawer_session_answer(session: DrawerSession) -> DrawerSessionAnswer:
    return {
        "id": str(session.pk),
        "drawer": {"id": session.drawer_id, "name": session.drawer.name},
        "status": session.status,
        "business_date": session.business_date.isoformat(),
        "opened_at": moment(session.opened_at),
        "opened_by": person(session.opened_by),
        "float_cents": session.float_cents,
        "closed_at": moment_or_none(session.closed_at),
        "closed_by": person_or_none(session.closed_by),
        "expected_cents": session.expected_cents,
        "counted_cents": session.counted_cents,
        "over_short_cents": session.over_short_cents,
        "left_cents": session.left_cents,
        "note": session.note,
        "z_number": session.z_number,
    }


def drawer_answer(drawer: Drawer, open_session: DrawerSession | None) -> DrawerAnswer:
    return {"id": drawer.pk, "name": drawer.name, "open_session": str(open_session.pk) if open_session else None}


def approval_answer(approval: Approval) -> ApprovalAnswer:
    return {"id": str(approval.pk), "expires_at": moment(approval.expires_at), "approver": person(approval.approver)}
