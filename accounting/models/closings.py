"""Months as they were closed: what stood in the books then, sealed, so that a later look can be held against it."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ledger.accounts import Account
from studio.ids import new_id
from studio.models import Location


class Closing(models.Model):
    """A month that was closed for good; reopened and closed again it has another, with the next `number`.

    `sha256` is that of `closing.sealed_text`, which holds the balances, the moves and the head of the chain.
    """

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    month = models.DateField(help_text="First day of the month.")
    number = models.PositiveSmallIntegerField(help_text="1 for its first closing, one more after each reopening.")
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entries = models.PositiveIntegerField(help_text="How many entries the month has.")
    chain_number = models.BigIntegerField(help_text="Number of the chain's head; 0: the chain was empty.")
    chain_hash = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-month", "-number"]
        constraints = [models.UniqueConstraint(name="one_closing_per_month_and_number", fields=["month", "number"])]

    def __str__(self) -> str:
        return f"closing {self.number} of {self.month:%B %Y}"

    @property
    def ends_on(self) -> dt.date:
        """The first day after the month."""
        return (self.month + dt.timedelta(days=31)).replace(day=1)


class ClosingBalance(models.Model):
    """What one account was at one location when the month began, its debits and credits, and what it ended with.

    In cents, debit positive; credits are given as a positive number. Sales tax has a row for each jurisdiction.
    """

    append_only = True

    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="balances")
    account = models.PositiveSmallIntegerField(choices=Account)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    jurisdiction = models.CharField(max_length=40, blank=True)
    opening_cents = models.BigIntegerField()
    debit_cents = models.BigIntegerField()
    credit_cents = models.BigIntegerField()
    closing_cents = models.BigIntegerField()

    class Meta:
        ordering = ["account", "location", "jurisdiction"]
        constraints = [
            models.UniqueConstraint(
                name="account_once_per_closing", fields=["closing", "account", "location", "jurisdiction"]
            ),
            models.CheckConstraint(
                name="closing_balance_adds_up",
                condition=Q(closing_cents=F("opening_cents") + F("debit_cents") - F("credit_cents")),
            ),
        ]

    def __str__(self) -> str:
        return f"{Account(self.account).title} {self.closing_cents}"


class ClosingMove(models.Model):
    """By how much one kind of entry moved one debt in the month, in cents, debit positive: the roll-forward (I18)."""

    append_only = True

    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="moves")
    account = models.PositiveSmallIntegerField(choices=Account)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    jurisdiction = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=20, help_text="Kind of the entries.")
    amount_cents = models.BigIntegerField()

    class Meta:
        ordering = ["account", "location", "jurisdiction", "kind"]
        constraints = [
            models.UniqueConstraint(
                name="kind_once_per_debt_and_closing",
                fields=["closing", "account", "location", "jurisdiction", "kind"],
            )
        ]

    def __str__(self) -> str:
        return f"{Account(self.account).title} by {self.kind} {self.amount_cents}"
