"""Money on its way back to cards."""

from django.db import models
from django.db.models import Q

from jobs.leases import Leased
from payments.models.charging import Charge
from studio.ids import new_id
from studio.models import Location


class CardRefund(Leased):
    """Money on its way back to a card; a debt in 2250 from the decision until Stripe accepts it (rules 44, 44b, 47)."""

    class Status(models.TextChoices):
        CREATED = "created", "about to be sent"
        PENDING = "pending", "on its way"
        SUCCEEDED = "succeeded", "given back"
        FAILED = "failed", "not given back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    owner = models.CharField(
        max_length=60, unique=True, help_text="refund:<uuid>, void:<uuid>, unsold:<uuid>, again:<uuid>"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.CREATED)
    created_at = models.DateTimeField()
    create_try = models.PositiveSmallIntegerField(default=0)
    doubts = models.PositiveSmallIntegerField(default=0, help_text="How often in a row Stripe gave no clear answer.")
    stripe_id = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001 - unique, so absent is NULL
    accepted_at = models.DateTimeField(null=True, help_text="When Stripe took it: posted 2250 to 1100.")
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True, help_text="Stripe's reason.")
    settled_otherwise_at = models.DateTimeField(null=True, help_text="When the debt was paid some other way, or again.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(name="card_refund_gives_something_back", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(
                name="accepted_card_refund_is_known_at_stripe",
                condition=Q(accepted_at=None) | Q(stripe_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="card_refunds_in_flight", fields=["run_at"], condition=Q(status__in=["created", "pending"])
            )
        ]

    def __str__(self) -> str:
        return f"card refund {str(self.pk)[-6:]} of {self.amount_cents} cents"

    @property
    def is_owed(self) -> bool:
        """Whether the client still has to get the money from us: 2250 holds it."""
        accepted = self.status in (self.Status.PENDING, self.Status.SUCCEEDED)
        return not accepted and self.settled_otherwise_at is None
