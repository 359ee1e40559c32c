"""The therapists that a sale names, with what they are trained for."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.models import BigIntegerField, F

from pos.asked import AskedSale
from studio.models import Staff
from studio.prepared import Prepared, Slot
from studio.refusal import BadInput


def named(asked: AskedSale) -> dict[int, tuple[Staff, frozenset[int]]]:
    """By id the person and their qualifications; BadInput when somebody is no therapist here any more. One query."""
    ids = [line.therapist_id for line in asked.lines] + [tip.therapist_id for tip in asked.tips]
    wanted = {therapist_id for therapist_id in ids if therapist_id is not None}
    found: dict[int, tuple[Staff, frozenset[int]]] = {}
    for person, qualification in _with_qualifications(sorted(wanted)):
        trained = found[person.pk][1] if person.pk in found else frozenset[int]()
        found[person.pk] = (person, trained | {qualification} if qualification is not None else trained)
    if wanted - found.keys():
        raise BadInput("therapist", "This therapist does not work here any more.")
    return found


def _with_qualifications(wanted: Sequence[int]) -> list[tuple[Staff, int | None]]:
    """One row per therapist and qualification, in one query."""
    if not wanted:
        return []
    rows = _people(len(wanted)).rows(**{f"id_{n}": one for n, one in enumerate(wanted)})
    return [(person, person.trained_in) for person in rows]


@lru_cache(maxsize=64)
def _people(count: int) -> Prepared[Any]:
    """The query for so many therapists."""
    ids: list[Any] = [Slot(f"id_{n}", BigIntegerField()) for n in range(count)]
    rows = Staff.objects.filter(pk__in=ids, is_active=True, is_therapist=True).only("id", "display_name")
    return Prepared(lambda: rows.annotate(trained_in=F("qualifications")))
