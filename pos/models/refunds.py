"""Sales taken back: whole on the same day (void) or by line, tip and tender (refund); all amounts in cents (R2)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from pos.models.drawers import DrawerSession
from pos.models.sales import Sale, SaleLine, Tender, Tip
from studio.ids import new_id
from studio.models import Device, Location


class Reversal(models.Model):
    """What a void and a refund have in common: when, why, by whom, approved by whom."""

    class Reason(models.TextChoices):
        MISTAKE = "mistake", "rung up by mistake"
        UNHAPPY = "unhappy", "client not happy"
        RETURNED = "returned", "goods returned"
        NOT_GIVEN = "not_given", "treatment not given"
        OTHER = "other", "other"

    append_only = True

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField()
    business_date = models.DateField()
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Void(Reversal):
    """A whole sale undone on its own day; the books hold the exact mirror."""

    sale = models.OneToOneField(Sale, primary_key=True, on_delete=models.PROTECT, related_name="void")

    def __str__(self) -> str:
        return f"Void of {self.sale}"


class Refund(Reversal):
    """Some of a sale given back; the tablet makes the id."""

    id = models.UUIDField(primary_key=True, editable=False)
    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="refunds")
    fingerprint = models.CharField(max_length=64)
    net_cents = models.BigIntegerField()
    tax_cents = models.BigIntegerField()
    tip_cents = models.BigIntegerField()
    rounding_cents = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["occurred_at", "id"]

    def __str__(self) -> str:
        return f"Refund on {self.sale}"

    @property
    def total_cents(self) -> int:
        """What the client gets back before cash rounding."""
        return self.net_cents + self.tax_cents + self.tip_cents


class RefundLine(models.Model):
    """How much of a line was given back."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(SaleLine, on_delete=models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    net_cents = models.BigIntegerField()
    tax_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="line_once_per_refund", fields=["refund", "line"]),
            models.CheckConstraint(name="refund_line_gives_something_back", condition=Q(quantity__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.name}"


class RefundTax(models.Model):
    """The tax of one jurisdiction given back with a line, at the cents that were charged."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="taxes")
    line = models.ForeignKey(SaleLine, on_delete=models.PROTECT, related_name="+")
    jurisdiction = models.CharField(max_length=40)
    amount_cents = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.amount_cents}"


class RefundTip(models.Model):
    """How much of a tip was given back."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="tips")
    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="refund_tips")
    amount_cents = models.BigIntegerField()
    borne_cents = models.BigIntegerField(default=0, help_text="Paid out to the therapist before: the house bears it.")

    def __str__(self) -> str:
        return f"tip {self.amount_cents}"


class RefundTender(models.Model):
    """What went back the way a tender came; `amount_cents` is what left us, rounding included."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="tenders")
    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="refund_tenders")
    amount_cents = models.BigIntegerField()
    rounding_cents = models.BigIntegerField(default=0)
    drawer_session = models.ForeignKey(DrawerSession, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.tender.kind} {self.amount_cents}"
