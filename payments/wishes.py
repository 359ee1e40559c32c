"""What a look at a charge needs from outside, one wish after the other, so that many looks can be had together.

A look is a generator: it yields a wish and gets what came of it, or the exception that did. Whether one look is had by
itself (`alone`) or many side by side (`payments.side_by_side`), the look is the same.
"""

import datetime as dt
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from django.db.models import prefetch_related_objects

from payments import charges, pace
from payments.models import Charge, SavedCard
from payments.states import Busy, IntentState
from studio.rewriting import update_each

Told = TypeVar("Told")
Result = Any
"""What came of a wish, or the exception that did."""


class Wish(Protocol):
    """One thing that a look needs, by itself."""

    def alone(self) -> Any:
        """What came of it; with no transaction open."""
        ...


Look = Generator[Wish, Any, Told]


@dataclass(frozen=True, slots=True)
class Call:
    """Stripe is asked; no row is touched by it, so that a thread without a database can do it."""

    ask: Callable[[], Any]

    def alone(self) -> Any:
        return self.ask()


@dataclass(frozen=True, slots=True)
class Turn:
    """The next call of the look waits for its turn of a limit."""

    name: str
    now: dt.datetime
    until: float = math.inf

    def alone(self) -> None:
        pace.take_turn(self.name, now=self.now, until=self.until)


@dataclass(frozen=True, slots=True)
class Keep:
    """The id of an intent is committed before any card may see it; whether the charge could still take it."""

    MAY_WAIT: ClassVar[float] = 0.2

    charge: Charge
    intent: IntentState
    now: dt.datetime

    def alone(self) -> Any:
        return _first(self.together([self]))

    @staticmethod
    def together(wishes: "Sequence[Keep]") -> list[Result]:
        for wish in wishes:
            wish.charge.intent_id = wish.intent.id
        rows = [wish.charge for wish in wishes]
        kept = update_each(rows, ["intent_id"], where={"status": Charge.LIVE, "intent_id": None})
        return [row.pk in kept for row in rows]


@dataclass(frozen=True, slots=True)
class Send:
    """It is committed that the charge's card is asked now; the card, None when it is no longer saved.

    Busy when another card was chosen, or the charge was taken back, a moment ago.
    """

    MAY_WAIT: ClassVar[float] = 0

    charge: Charge
    now: dt.datetime

    def alone(self) -> Any:
        return _first(self.together([self]))

    @staticmethod
    def together(wishes: "Sequence[Send]") -> list[Result]:
        rows = [wish.charge for wish in wishes]
        prefetch_related_objects(rows, "saved_card")
        removed = SavedCard.objects.filter(pk__in={row.saved_card_id for row in rows}).exclude(removed_at=None)
        gone = set(removed.values_list("pk", flat=True))
        saved = [row for row in rows if row.saved_card_id not in gone]
        for row in saved:
            row.status = Charge.Status.SENT
        guard = {"status": Charge.LIVE, "cancel_wanted_at": None}
        sent = update_each(saved, ["status"], where=guard, same=["saved_card"])
        return [None if row.saved_card_id in gone else _sent(row, sent) for row in rows]


def _sent(row: Charge, sent: set[Any]) -> Result:
    return row.saved_card if row.pk in sent else Busy("changed")


@dataclass(frozen=True, slots=True)
class Settle:
    """The charge is moved to what its intent says; it is then as it is stored."""

    MAY_WAIT: ClassVar[float] = 0.5

    charge: Charge
    intent: IntentState
    now: dt.datetime

    def alone(self) -> Any:
        return _first(self.together([self]))

    @staticmethod
    def together(wishes: "Sequence[Settle]") -> list[Result]:
        try:
            stored = charges.settle_all({wish.charge.pk: wish.intent for wish in wishes}, now=wishes[0].now)
        except charges.WrongAmount as wrong:
            if len(wishes) == 1:
                return [wrong]
            return [result for wish in wishes for result in Settle.together([wish])]
        for wish in wishes:
            catch_up(wish.charge, stored[wish.charge.pk])
        return [None] * len(wishes)


def catch_up(charge: Charge, stored: Charge) -> None:
    """Bring a charge that somebody holds up to what is stored; whose lease it is stays as it was taken."""
    for field in Charge._meta.concrete_fields:
        if field.name not in ("lease_token", "lease_until"):
            setattr(charge, field.attname, getattr(stored, field.attname))


def alone(look: Look[Told]) -> Told:
    """Have one look by itself, call after call."""
    told, error = None, None
    while True:
        try:
            wish = look.send(told) if error is None else look.throw(error)
        except StopIteration as over:
            result: Told = over.value
            return result
        told, error = None, None
        try:
            told = wish.alone()
        except Exception as raised:  # the look knows what to make of it, or raises it on
            error = raised


def _first(results: Sequence[Result]) -> Any:
    (result,) = results
    if isinstance(result, Exception):
        raise result
    return result
