"""Pages of Stripe's on which a client pays or saves a card."""

from django.db import models
from django.db.models import Q

from jobs.leases import Leased
from studio.ids import new_id
from studio.models import Location


class HostedPageQuerySet(models.QuerySet["HostedPage"]):
    """Pages by what is still to be done about them."""

    def live(self) -> "HostedPageQuerySet":
        """Those on which something may still happen at Stripe."""
        return self.filter(status__in=HostedPage.LIVE)


class HostedPage(Leased):
    """A Checkout session of ours for one thing owed or one card to be saved; the session at Stripe is the truth."""

    class Purpose(models.TextChoices):
        PAYMENT = "payment", "to pay"
        SETUP = "setup", "to save a card"

    class Status(models.TextChoices):
        CREATED = "created", "about to be made"
        OPEN = "open", "open"
        UNCLEAR = "unclear", "being checked"
        PAID = "paid", "paid"
        SAVED = "saved", "card saved"
        EXPIRED = "expired", "expired"
        REFUSED = "refused", "refused by Stripe"

    LIVE = (Status.CREATED, Status.OPEN, Status.UNCLEAR)
    # An expired page that turns out paid is paid: the money counts.
    MOVES: dict[str, frozenset[str]] = {
        Status.CREATED: frozenset(
            {Status.OPEN, Status.UNCLEAR, Status.PAID, Status.SAVED, Status.EXPIRED, Status.REFUSED}
        ),
        Status.OPEN: frozenset({Status.UNCLEAR, Status.PAID, Status.SAVED, Status.EXPIRED}),
        Status.UNCLEAR: frozenset({Status.OPEN, Status.PAID, Status.SAVED, Status.EXPIRED, Status.REFUSED}),
        Status.EXPIRED: frozenset({Status.PAID, Status.SAVED}),
        Status.PAID: frozenset(),
        Status.SAVED: frozenset(),
        Status.REFUSED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.CharField(
        max_length=60, help_text="What it is for: tender:<uuid>, due:<uuid>, order:<uuid>, card:<client's uuid>."
    )
    n = models.PositiveSmallIntegerField(default=1, help_text="Which page of the owner this is.")
    about = models.CharField(max_length=60, blank=True, help_text="What a person would look for: sale:<uuid>.")
    purpose = models.CharField(max_length=10, choices=Purpose)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    client = models.UUIDField(null=True)
    amount_cents = models.BigIntegerField(help_text="0 on a page that saves a card.")
    description = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True, help_text="Filled in on the page of somebody without a row.")
    consent = models.CharField(max_length=60, blank=True, help_text="Which text the client agreed to.")
    success_url = models.CharField(max_length=500)
    cancel_url = models.CharField(max_length=500)
    status = models.CharField(max_length=10, choices=Status, default=Status.CREATED)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    create_try = models.PositiveSmallIntegerField(default=0, help_text="Counts Stripe's 5xx answers; part of the key.")
    doubts = models.PositiveSmallIntegerField(default=0, help_text="How often in a row Stripe gave no clear answer.")
    session_id = models.CharField(max_length=80, null=True, unique=True)  # noqa: DJ001 - unique, so absent is NULL
    url = models.TextField(blank=True, help_text="Where the client is sent; empty when there is nothing to do there.")
    close_wanted_at = models.DateTimeField(null=True)
    intent_id = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True, help_text="When we heard how it ended.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(name="one_hosted_page_per_owner_and_number", fields=["owner", "n"]),
            models.UniqueConstraint(
                name="one_live_hosted_page_per_owner",
                fields=["owner"],
                condition=Q(status__in=["created", "open", "unclear"]),
            ),
            models.CheckConstraint(
                name="hosted_page_asks_for_something", condition=Q(amount_cents__gt=0) | Q(purpose="setup")
            ),
            models.CheckConstraint(
                name="hosted_page_saves_a_clients_card", condition=Q(client__isnull=False) | Q(purpose="payment")
            ),
        ]
        indexes = [
            models.Index(
                name="hosted_pages_live", fields=["run_at"], condition=Q(status__in=["created", "open", "unclear"])
            )
        ]

    objects = HostedPageQuerySet.as_manager()

    def __str__(self) -> str:
        return f"page {str(self.pk)[-6:]} {self.get_purpose_display()}"

    @property
    def is_live(self) -> bool:
        """Whether something may still happen on it at Stripe."""
        return self.status in self.LIVE
