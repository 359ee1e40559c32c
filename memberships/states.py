"""How memberships and dues move from one state to the next: one guarded UPDATE each, so that two never both do it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from memberships.models import Due, Membership
from studio.refusal import Refusal
from studio.rewriting import update_each

ACTIVE = Membership.Status.ACTIVE


class MembershipChanged(Refusal):
    """Somebody else changed the membership a moment ago, or it is in no state for this."""

    code = "membership_changed"


class DueChanged(Refusal):
    """The month was paid, skipped or waived a moment ago."""

    code = "due_changed"


def move(membership: Membership, to: Membership.Status, **fields: Any) -> None:
    """Move the membership from the state it was read in; MembershipChanged when it has left that or may not."""
    before = membership.status
    if to not in Membership.MOVES[before]:
        raise MembershipChanged(f"This membership is {membership.get_status_display()}.", membership_status=before)
    _update(Membership.objects.filter(pk=membership.pk, status=before), membership, status=to, **fields)


def change(membership: Membership, **fields: Any) -> None:
    """Change fields of a membership that stays in the state it was read in; MembershipChanged when it did not."""
    _update(Membership.objects.filter(pk=membership.pk, status=membership.status), membership, **fields)


def move_due(due: Due, to: Due.Status, **fields: Any) -> None:
    """Move the due from the state it was read in; DueChanged when it has left that or may not."""
    before = due.status
    if to not in Due.MOVES[before] or not Due.objects.filter(pk=due.pk, status=before).update(status=to, **fields):
        raise DueChanged(f"This month of {due.plan} is {due.get_status_display()}.", due_status=before)
    _note(due, status=to, **fields)


def move_dues(dues: Sequence[Due], to: Due.Status, *, fields: Sequence[str]) -> None:
    """`move_due` for many, each with these fields as it has them in memory; DueChanged unless all of them moved."""
    for before in sorted({due.status for due in dues}):
        some = [due for due in dues if due.status == before]
        may = to in Due.MOVES[before]
        for due in some:
            due.status = to
        moved = update_each(some, ["status", *fields], where={"status": before}) if may else set()
        for due in some:
            if due.pk not in moved:
                raise DueChanged(f"This month of {due.plan} was changed a moment ago.", due_status=before)


def set_going(memberships: Sequence[Membership], *, fields: Sequence[str]) -> None:
    """Those that join or are past due become active; all get these fields as they have them in memory.

    MembershipChanged unless each was in the state it was read in.
    """
    going = {Membership.Status.JOINING: ACTIVE, Membership.Status.PAST_DUE: ACTIVE}
    for before in sorted({one.status for one in memberships}):
        some = [one for one in memberships if one.status == before]
        for one in some:
            one.status = going.get(Membership.Status(before), before)
        if len(update_each(some, ["status", *fields], where={"status": before})) < len(some):
            raise MembershipChanged("Somebody changed this membership a moment ago. Look at it again.")


def lock(membership_id: Any) -> Membership:
    """The membership with its plan, client and home location, locked until the transaction ends."""
    return members().get(pk=membership_id)


def members() -> "QuerySet[Membership]":
    """Memberships with what stands around them, locked as they are read."""
    return Membership.objects.select_for_update(of=("self",)).select_related("plan", "client", "location")


def many_members() -> "QuerySet[Membership]":
    """The same for a heap of them, which have their plans and locations in common: these are read once."""
    locked = Membership.objects.select_for_update(of=("self",)).select_related("client")
    return locked.prefetch_related("plan", "location")


def is_member(at: str = "") -> Q:
    """Memberships that bill and grant; `at` is the way to the membership of another row, as `membership__`."""
    return Q(**{f"{at}status__in": [Membership.Status.ACTIVE, Membership.Status.PAST_DUE]})


def _update(rows: "QuerySet[Membership]", membership: Membership, **fields: Any) -> None:
    if not rows.update(**fields):
        raise MembershipChanged("Somebody changed this membership a moment ago. Look at it again.")
    _note(membership, **fields)


def _note(row: Membership | Due, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
