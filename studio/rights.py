"""Who may do what where: one question, asked everywhere the same way."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Concat
from django.db.models.sql.compiler import SQLCompiler

from studio.models import GroupRight, Level, Location, Right, Staff
from studio.refusal import Refusal

DESK = {
    Right.SELL: Level.ALLOWED,
    Right.SEE_SALES: Level.ALLOWED,
    Right.CLIENTS: Level.ALLOWED,
    Right.DRAWER: Level.ALLOWED,
    Right.REFUND: Level.ALLOWED,
    Right.VOID: Level.APPROVAL,
    Right.DISCOUNT: Level.APPROVAL,
    Right.REFUND_BEYOND: Level.APPROVAL,
    Right.DRAWER_DIFFERENCE: Level.APPROVAL,
    Right.PAY_OUT: Level.APPROVAL,
    Right.NO_SALE: Level.APPROVAL,
    Right.CORRECT_DRAWER: Level.APPROVAL,
    Right.GIFT_CARDS: Level.APPROVAL,
    Right.REVEAL_CODES: Level.ALLOWED,
}
ROLES: dict[str, dict[Right, Level]] = {
    "desk": DESK,
    "therapist": {Right.HEALTH: Level.ALLOWED},
    "manager": dict.fromkeys([*DESK, Right.DEVICES, Right.SEE_AUDIT, Right.HEALTH], Level.ALLOWED),
    "accountant": dict.fromkeys([Right.SEE_SALES, Right.SEE_BOOKS, Right.SEE_AUDIT], Level.ALLOWED),
    "owner": dict.fromkeys(Right, Level.ALLOWED),
}
_BEST_FIRST = (Level.ALLOWED, Level.APPROVAL)


class InWords(Subquery):
    """The rights of a person at a place as one text, "sell:allowed void:approval", to ride along in another query."""

    template = "(SELECT STRING_AGG(of_role.word, ' ') FROM (%(subquery)s) AS of_role)"
    output_field = TextField()

    def __init__(self, *, staff: str, location: str) -> None:
        place = Q(group__grants__location=None) | Q(group__grants__location=OuterRef(location))
        rows = GroupRight.objects.filter(place, group__grants__staff=OuterRef(staff))
        super().__init__(rows.order_by().values(word=Concat("right", Value(":"), "level")))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> tuple[str, Any]:
        return super().as_sql(compiler, connection, self.template.replace("STRING_AGG", "GROUP_CONCAT"), **extra)


class NotAllowed(Refusal):
    """The person may not do this here, or not without somebody else's approval (`level` in the details says which)."""

    code = "not_allowed"


def can(staff: Staff, right: Right, location: Location | None) -> Level:
    """How far the person's roles at the location, or everywhere, carry the right; the best of them counts (R6).

    Without a location only roles held everywhere count. One query, so that a changed grant holds at the next request.
    """
    if not staff.is_active:
        return Level.DENIED
    if staff.is_superuser:
        return Level.ALLOWED
    if location is not None and staff.rights_read_at == location.pk:
        return _best({level for name, level in staff.rights_read if name == right})
    held = Q(group__grants__staff=staff)
    here = Q(group__grants__location=None) | Q(group__grants__location=location)
    levels = set(GroupRight.objects.filter(held & here, right=right).values_list("level", flat=True))
    return _best(levels)


def read(staff: Staff, location: Location) -> None:
    """Read all of a person's rights at a place in one query, for `can` to answer from."""
    place = Q(group__grants__location=None) | Q(group__grants__location=location)
    rows = GroupRight.objects.filter(place, group__grants__staff=staff)
    staff.rights_read_at, staff.rights_read = location.pk, list(rows.values_list("right", "level"))


def remember(staff: Staff, location: Location, words: str | None) -> None:
    """Keep what `InWords` read on this one object, which lives as long as its request; `can` then asks no more."""
    staff.rights_read_at = location.pk
    staff.rights_read = [tuple(word.split(":", 1)) for word in (words or "").split()]


def places_of(staff: Staff, right: Right) -> list[Location]:
    """Every location at which the person may do it alone, in their order."""
    everywhere = Location.objects.all()
    if not staff.is_active:
        return []
    if staff.is_superuser:
        return list(everywhere)
    here = Q(group__grants__location=None) | Q(group__grants__location=OuterRef("pk"))
    held = GroupRight.objects.filter(here, group__grants__staff=staff, right=right, level=Level.ALLOWED)
    return list(everywhere.filter(Exists(held)))


def _best(levels: set[str]) -> Level:
    return next((level for level in _BEST_FIRST if level in levels), Level.DENIED)


def require(staff: Staff, right: Right, location: Location | None) -> None:
    """Nothing when the person may do it alone; otherwise `NotAllowed` with the `right` and its `level`."""
    level = can(staff, right, location)
    if level == Level.ALLOWED:
        return
    place = location or "every location"
    sentence = f"{staff} may not {right.label} at {place}."
    if level == Level.APPROVAL:
        sentence = f"To {right.label}, {staff} needs the PIN of somebody who may at {place}."
    raise NotAllowed(sentence, right=right.value, level=level.value)


def install_roles(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """The roles of R12 with their rights: what is missing is created, what the owner has set stays as it is.

    A right is taken from a role by setting it to denied; a deleted row would come back.
    """
    for name, rights in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        rows = [GroupRight(group=group, right=right, level=level) for right, level in rights.items()]
        GroupRight.objects.using(using).bulk_create(rows, ignore_conflicts=True)
