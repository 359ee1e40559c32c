"""Store credit: money that a location owes a client, to be used like any other; all amounts in cents (account 2230)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pos.models.clients import Client
from pos.models.sales import Tender
from pos.models.stored import StoredValue
from studio.ids import new_id


class ClientCredit(StoredValue):
    """What one location owes one client; every change of it is a `CreditMove`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="credits")
    opened_at = models.DateTimeField()

    class Meta(StoredValue.Meta):
        abstract = False
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="client_credit_never_negative", condition=Q(held_cents__gte=0, balance_cents__gte=F("held_cents"))
            ),
            models.UniqueConstraint(name="one_credit_per_client_and_location", fields=["client", "location"]),
        ]

    def __str__(self) -> str:
        return f"credit {str(self.id)[-6:]}"


class CreditMove(models.Model):
    """One change of a credit's balance: more is positive, less negative."""

    class Kind(models.TextChoices):
        GIVEN = "given", "given"
        CONVERTED = "converted", "from a session or credit that expired"
        USED = "used", "used"
        RESTORED = "restored", "given back"
        ADJUSTED = "adjusted", "adjusted"

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    credit = models.ForeignKey(ClientCredit, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=Kind)
    amount_cents = models.BigIntegerField()
    at = models.DateTimeField()
    key = models.CharField(max_length=120, unique=True, help_text="What it stands for; the same thing moves it once.")
    why = models.CharField(max_length=200, blank=True)
    tender = models.ForeignKey(Tender, null=True, on_delete=models.PROTECT, related_name="credit_moves")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["credit_id", "at", "id"]
        constraints = [models.CheckConstraint(name="credit_move_moves_something", condition=~Q(amount_cents=0))]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_cents}"


class CreditHold(models.Model):
    """What of a credit an open sale's tender holds; gone when the tender is settled or released."""

    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="credit_holds")
    credit = models.ForeignKey(ClientCredit, on_delete=models.PROTECT, related_name="holds")
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_hold_per_tender_and_credit", fields=["tender", "credit"]),
            models.CheckConstraint(name="credit_hold_holds_something", condition=Q(amount_cents__gt=0)),
        ]

    def __str__(self) -> str:
        return f"hold of {self.amount_cents}"
