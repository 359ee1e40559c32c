"""Value that clients have paid and not used yet: what is there, and what of it open sales hold."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from ledger.money import dollars
from studio.models import Location
from studio.refusal import Refusal


class NotEnoughLeft(Refusal):
    """Another sale was faster, or there was never so much."""

    code = "not_enough_left"


class StoredValue(models.Model):
    """Something with a balance in cents that belongs to the location that sold it.

    Every change is one guarded UPDATE: two tablets cannot use the same cent, with or without row locks. Balance and
    books change together, in the transaction that completes a sale; until then a sale only holds.
    """

    objects: ClassVar[models.Manager[Any]]

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", help_text="Who sold it.")
    balance_cents = models.BigIntegerField(default=0)
    held_cents = models.BigIntegerField(default=0, help_text="What open sales hold of the balance.")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_never_negative", condition=Q(held_cents__gte=0, balance_cents__gte=F("held_cents"))
            ),
        ]

    @property
    def free_cents(self) -> int:
        """What a new sale may use."""
        return self.balance_cents - self.held_cents

    def hold(self, amount_cents: int) -> None:
        """Keep so much for one sale; NotEnoughLeft when it is not free."""
        free = Q(balance_cents__gte=F("held_cents") + amount_cents)
        self._change(free, held_cents=F("held_cents") + amount_cents)

    def release(self, amount_cents: int) -> None:
        """Undo a hold."""
        self._change(Q(held_cents__gte=amount_cents), held_cents=F("held_cents") - amount_cents)

    def use_held(self, amount_cents: int) -> None:
        """Take so much of what is held off the balance."""
        self._change(
            Q(held_cents__gte=amount_cents),
            held_cents=F("held_cents") - amount_cents,
            balance_cents=F("balance_cents") - amount_cents,
        )

    def put_in(self, amount_cents: int) -> None:
        """Add to the balance."""
        self._change(Q(), balance_cents=F("balance_cents") + amount_cents)

    def take_out(self, amount_cents: int) -> None:
        """Take off the balance what no sale holds; NotEnoughLeft when it is not free."""
        free = Q(balance_cents__gte=F("held_cents") + amount_cents)
        self._change(free, balance_cents=F("balance_cents") - amount_cents)

    def _rows(self) -> "models.QuerySet[Self]":
        rows: models.QuerySet[Self] = type(self)._base_manager.filter(pk=self.pk)
        return rows

    def _change(self, condition: Q, **changes: Any) -> None:
        if not self._rows().filter(condition).update(**changes):
            self.refresh_from_db(fields=["balance_cents", "held_cents"])
            raise NotEnoughLeft(f"There is only ${dollars(self.free_cents)} left.", left_cents=self.free_cents)
        self.refresh_from_db(fields=["balance_cents", "held_cents"])
