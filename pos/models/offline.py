"""Sales that a tablet made without the server: as they were told, and what became of them (R11)."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from pos.models.sales import Sale
from studio.ids import new_id
from studio.models import Device, Location


class OfflineSale(models.Model):
    """What a tablet says it sold for cash while the server was away; the tablet made the id, so a repeat is the same.

    Its contents are kept as they were told and never changed; `sold_at` is the moment that the server makes of them.
    """

    class Status(models.TextChoices):
        ACCEPTED = "accepted", "in the books"
        REVIEW = "review", "for review"
        SETTLED = "settled", "settled"

    MOVES: dict[str, frozenset[str]] = {
        Status.ACCEPTED: frozenset(),
        Status.REVIEW: frozenset({Status.SETTLED}),
        Status.SETTLED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status)
    contents = models.JSONField(encoder=DjangoJSONEncoder, help_text="As the tablet told it.")
    fingerprint = models.CharField(max_length=64)
    notes = models.JSONField(default=list, help_text="What differs from the price list, or why somebody must look.")
    told_at = models.DateTimeField(help_text="When it was sold, by the tablet's clock.")
    sold_at = models.DateTimeField(help_text="When it was sold, corrected by the server's clock.")
    received_at = models.DateTimeField()
    total_cents = models.BigIntegerField(help_text="What the client paid, before cash rounding.")
    sale = models.OneToOneField(Sale, null=True, on_delete=models.PROTECT, related_name="offline")

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="accepted_offline_sale_is_a_sale", condition=~Q(status="accepted") | Q(sale__isnull=False)
            ),
            models.CheckConstraint(
                name="offline_sale_for_review_is_no_sale_yet", condition=~Q(status="review") | Q(sale__isnull=True)
            ),
        ]
        indexes = [
            models.Index(name="offline_sales_for_review", fields=["location"], condition=Q(status="review")),
        ]

    def __str__(self) -> str:
        return f"Offline sale {str(self.id)[-6:]}"


class OfflineDecision(models.Model):
    """What somebody decided about an offline sale that was for review; written once."""

    class Kind(models.TextChoices):
        BOOKED = "booked", "put into the books"
        BY_HAND = "by_hand", "settled by hand"

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    offline_sale = models.OneToOneField(OfflineSale, on_delete=models.PROTECT, related_name="decision")
    kind = models.CharField(max_length=8, choices=Kind)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="offline_sale_settled_by_hand_says_how", condition=~Q(kind="by_hand") | ~Q(note="")
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
