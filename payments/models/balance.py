"""The Stripe balance: what moves it, what goes to the bank, what is contested; all amounts in cents."""

from django.db import models
from django.db.models import F, Q

from ledger.models import Entry
from payments.models.charging import Charge
from studio.models import Location


class BalanceTransaction(models.Model):
    """A movement of the Stripe balance, posted once in the transaction that stores it (I20)."""

    append_only = True

    stripe_id = models.CharField(max_length=60, primary_key=True)
    type = models.CharField(max_length=60)
    category = models.CharField(max_length=60, help_text="Stripe's reporting_category, which decides the posting.")
    source = models.CharField(max_length=60, blank=True, db_index=True)
    amount_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    net_cents = models.BigIntegerField()
    created_at = models.DateTimeField(db_index=True)
    available_on = models.DateField()
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="transaction_net_is_amount_less_fee", condition=Q(net_cents=F("amount_cents") - F("fee_cents"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.stripe_id}"


class Payout(models.Model):
    """A transfer from the Stripe balance to the bank (posting rules 68 to 71)."""

    stripe_id = models.CharField(max_length=60, primary_key=True)
    status = models.CharField(max_length=20, help_text="Stripe's: pending, in_transit, paid, failed, canceled.")
    amount_cents = models.BigIntegerField()
    is_automatic = models.BooleanField()
    created_at = models.DateTimeField()
    arrives_on = models.DateField()
    arrived_at = models.DateTimeField(null=True, help_text="When its arrival was posted (rule 69).")
    itemised_at = models.DateTimeField(null=True, help_text="When its transactions were read and add up to it.")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"payout {self.stripe_id}"


class PayoutItem(models.Model):
    """Which balance transactions an automatic payout consists of; its own is among them."""

    transaction = models.OneToOneField(
        BalanceTransaction, primary_key=True, on_delete=models.PROTECT, related_name="item"
    )
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="items")

    def __str__(self) -> str:
        return f"{self.transaction} in {self.payout}"


class Dispute(models.Model):
    """A charge that the cardholder contests (posting rules 39 to 43)."""

    stripe_id = models.CharField(max_length=60, primary_key=True)
    charge = models.ForeignKey(Charge, null=True, on_delete=models.PROTECT, related_name="disputes")
    status = models.CharField(max_length=40, help_text="Stripe's: needs_response, under_review, won, lost …")
    reason = models.CharField(max_length=60)
    amount_cents = models.BigIntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, help_text="When it was decided.")

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"dispute {self.stripe_id}"


class BalanceReading(models.Model):
    """What Stripe said its balance was, and what the stored transactions came to then (I21)."""

    read_at = models.DateTimeField(primary_key=True)
    balance_cents = models.BigIntegerField(help_text="Available and pending.")
    transactions_cents = models.BigIntegerField(help_text="Net of all stored transactions at that moment.")

    def __str__(self) -> str:
        return f"{self.balance_cents} cents at {self.read_at:%Y-%m-%d %H:%M}"
