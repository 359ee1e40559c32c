"""What somebody should look at before a line is sold to this client: asked of every app that knows (R36).

`POS_LINE_WARNINGS` in the settings lists them. What one says is for everybody's eyes: it never tells why.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from pos.basket import Basket
from pos.kinds import PromisesTreatments, line_kind
from pos.models import Sale, SaleLine
from studio.models import Staff
from studio.refusal import Refusal


class CheckNeeded(Refusal):
    """Somebody has to look first, or the line is swapped; `lines` in the details says which."""

    code = "therapist_check_needed"


@dataclass(frozen=True, slots=True)
class Swap:
    """What the client could have instead, at the same price."""

    item: str
    name: str
    price_cents: int


@dataclass(frozen=True, slots=True)
class Caution:
    """What is to be heeded about one line: a stable code, a sentence, whether it stops the sale, and who said yes."""

    code: str
    line_id: uuid.UUID
    sentence: str
    stops: bool
    settled_by: Staff | None = None
    swaps: tuple[Swap, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the sale can not be paid yet because of it."""
        return self.stops and self.settled_by is None


class Warns(Protocol):
    """Somebody who knows what a client should not have without being asked."""

    def about(self, sale: Sale, lines: Sequence[SaleLine], *, on: dt.date) -> Sequence[Caution]:
        """What is to be heeded about these lines for the sale's client on that day; one query when it is nothing."""
        ...


def about(basket: Basket, *, on: dt.date) -> list[Caution]:
    """What is to be heeded about the lines of the sale; nothing, and no query, without a client."""
    if basket.sale.client_id is None or not basket.lines:
        return []
    found = [one for warns in _all() for one in warns.about(basket.sale, basket.lines, on=on)]
    place = {line.pk: line.position for line in basket.lines}
    return sorted(found, key=lambda one: (place[one.line_id], not one.stops, one.code))


def must_be_settled(basket: Basket, *, now: dt.datetime) -> None:
    """CheckNeeded while somebody has to look first; for a sale at the desk, before it is paid and completed."""
    if basket.sale.is_completed:
        return
    waiting = [one for one in about(basket, on=basket.sale.location.business_date(now)) if one.is_open]
    if waiting:
        names = {line.pk: line.name for line in basket.lines}
        first = names[waiting[0].line_id]
        raise CheckNeeded(
            f"Therapist check needed: a therapist says OK to {first}, or swap it.",
            lines=[str(one.line_id) for one in waiting],
        )


def treatments_of(line: SaleLine) -> frozenset[int]:
    """The catalogue's items that the client gets by this line, now or later, by their ids."""
    if line.item_id is not None:
        return frozenset({line.item_id})
    kind = line_kind(line.kind)
    return kind.treatments(line) if isinstance(kind, PromisesTreatments) else frozenset()


@cache
def _all() -> tuple[Warns, ...]:
    return tuple(import_string(path)() for path in settings.POS_LINE_WARNINGS)
