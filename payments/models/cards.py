"""Clients as Stripe knows them, and the cards that it keeps for them; no card number is ever here."""

from django.db import models
from django.db.models import Q

from jobs.leases import Leased
from studio.ids import new_id


class Customer(models.Model):
    """A client's customer at Stripe; the row is there before it is asked for."""

    client = models.UUIDField(primary_key=True, help_text="The client, by their plain id.")
    stripe_id = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001 - unique, so absent is NULL
    create_try = models.PositiveSmallIntegerField(default=0, help_text="Counts Stripe's 5xx answers; part of the key.")

    def __str__(self) -> str:
        return self.stripe_id or f"client {str(self.client)[-6:]}, not yet at Stripe"


class SavedCardQuerySet(models.QuerySet["SavedCard"]):
    """Saved cards by what can be done with them."""

    def kept(self) -> "SavedCardQuerySet":
        """Those that nobody has removed."""
        return self.filter(removed_at=None)

    def to_be_detached(self) -> "SavedCardQuerySet":
        """Removed ones that Stripe may still keep."""
        return self.filter(removed_at__isnull=False, detached_at=None)


class SavedCard(Leased):
    """A card that a client lets us charge later; Stripe keeps it, and the row is the job of detaching it there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.UUIDField(db_index=True, help_text="The client, by their plain id.")
    stripe_method = models.CharField(max_length=60, unique=True)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    fingerprint = models.CharField(max_length=60, blank=True, db_index=True, help_text="The same for the same number.")
    consent = models.CharField(max_length=60, blank=True, help_text="Which text the client agreed to.")
    saved_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    detached_at = models.DateTimeField(null=True, help_text="When Stripe had let go of it.")
    is_default = models.BooleanField(default=False, help_text="The one that dues are charged to.")

    class Meta:
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_default_card_per_client", fields=["client"], condition=Q(is_default=True, removed_at=None)
            ),
            models.CheckConstraint(
                name="removed_card_is_no_default", condition=Q(removed_at=None) | Q(is_default=False)
            ),
        ]
        indexes = [
            models.Index(
                name="cards_to_detach", fields=["run_at"], condition=Q(removed_at__isnull=False, detached_at=None)
            )
        ]

    objects = SavedCardQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.brand.replace('_', ' ').title()} ···{self.last4}"
