"""A second person's yes, given with their PIN on the same tablet (R6)."""

from django.conf import settings
from django.db import models

from studio.ids import new_id
from studio.models import Device


class Approval(models.Model):
    """Somebody else's yes to one action on one object for one amount; once, within two minutes, on one tablet."""

    class Action(models.TextChoices):
        DISCOUNT = "discount", "discount"
        REFUND = "refund", "refund"
        VOID = "void", "void"
        DRAWER_DIFFERENCE = "drawer_difference", "drawer difference"
        CREDIT = "credit", "store credit"
        GIFT_CARDS = "gift_cards", "gift cards"
        TAX_EXEMPTION = "tax_exemption", "sale without tax"
        PAY_OUT = "pay_out", "pay out"
        NO_SALE = "no_sale", "open the drawer"
        DRAWER_CORRECTION = "drawer_correction", "correct a closed drawer"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    action = models.CharField(max_length=20, choices=Action)
    object_id = models.UUIDField()
    amount_cents = models.BigIntegerField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.approver} approves {self.action}"
