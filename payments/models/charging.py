"""Readers, and what Stripe was asked to take; all amounts in cents."""

from django.db import models
from django.db.models import Q

from jobs.leases import Leased
from payments.models.cards import SavedCard
from studio.ids import new_id
from studio.models import Location


class Reader(models.Model):
    """A card reader of a location, driven from the server."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="readers")
    stripe_id = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True, help_text="Off: no longer offered to the desk.")

    class Meta:
        ordering = ["location", "label"]
        constraints = [models.UniqueConstraint(name="reader_label_once_per_location", fields=["location", "label"])]

    def __str__(self) -> str:
        return self.label


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Charges by what is still to be done about them."""

    def live(self) -> "ChargeQuerySet":
        """Those that Stripe may still take the money for without being asked again."""
        return self.filter(status__in=Charge.LIVE)

    def to_be_asked(self) -> "ChargeQuerySet":
        """Live ones, and failed ones whose intent is to be cancelled."""
        return self.filter(Q(status__in=Charge.LIVE) | Q(status=Charge.Status.FAILED, cancel_wanted_at__isnull=False))

    def ended(self, *, owner_prefix: str) -> "ChargeQuerySet":
        """Those that have come to their end at Stripe, and whose owners (`due:` …) have not taken note of it.

        A charge at a reader that failed has not ended: another card may still pay it.
        """
        return self.filter(Charge.HAS_ENDED, finished_at=None, owner__startswith=owner_prefix)


class Charge(Leased):
    """What Stripe was asked to take for one thing owed (`owner`): the row is the job, the intent there the truth.

    The intent is made unconfirmed and its id stored before any card sees it, so that it succeeds at most once for ever.
    """

    class Status(models.TextChoices):
        CREATED = "created", "about to be asked"
        SENT = "sent", "waiting for the card"
        UNKNOWN = "unknown", "being checked with the bank"
        REQUIRES_ACTION = "requires_action", "in progress at the bank"
        SUCCEEDED = "succeeded", "paid"
        FAILED = "failed", "not paid"
        CANCELLED = "cancelled", "cancelled"

    LIVE = (Status.CREATED, Status.SENT, Status.UNKNOWN, Status.REQUIRES_ACTION)
    # FAILED is not the end of the intent: it may be presented again (a second card), cancelled, or turn out paid.
    MOVES: dict[str, frozenset[str]] = {
        Status.CREATED: frozenset(
            {Status.SENT, Status.UNKNOWN, Status.REQUIRES_ACTION, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}
        ),
        Status.SENT: frozenset(
            {Status.UNKNOWN, Status.REQUIRES_ACTION, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}
        ),
        Status.UNKNOWN: frozenset(
            {Status.SENT, Status.REQUIRES_ACTION, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}
        ),
        Status.REQUIRES_ACTION: frozenset({Status.UNKNOWN, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}),
        Status.FAILED: frozenset(
            {Status.SENT, Status.UNKNOWN, Status.REQUIRES_ACTION, Status.SUCCEEDED, Status.CANCELLED}
        ),
        Status.SUCCEEDED: frozenset(),
        Status.CANCELLED: frozenset(),
    }

    class How(models.TextChoices):
        """How the card is asked."""

        READER = "reader", "at a reader"
        OFF_SESSION = "off_session", "a saved card, without the client"
        HOSTED = "hosted", "on a page of Stripe's"
        FOUND = "found", "found at Stripe"

    HAS_ENDED = Q(status__in=["succeeded", "cancelled"]) | Q(status="failed", how="off_session")
    """A saved card's charge has failed only once its intent is cancelled at Stripe."""

    class Failure(models.TextChoices):
        """Why the last try did not pay, as far as a person can do something about it."""

        DECLINED = "declined", "declined"
        CANCELLED_AT_READER = "cancelled_at_reader", "cancelled on the reader"
        READER_GONE = "reader_gone", "the reader did not answer"
        READER_FAILED = "reader_failed", "the reader could not do it"
        CARD_GONE = "card_gone", "the card is no longer saved"
        TIRED_OUT = "tired_out", "declined too often, not asked"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.CharField(
        max_length=60,
        help_text="What is owed: tender:<uuid>, due:<uuid>, order:<uuid>; page:<uuid> for money that came twice, "
        "stripe:<id> for money found there.",
    )
    n = models.PositiveSmallIntegerField(default=1, help_text="Which attempt of the owner this is.")
    about = models.CharField(max_length=60, blank=True, help_text="What a person would look for: sale:<uuid>.")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey(Reader, null=True, on_delete=models.PROTECT, related_name="charges")
    how = models.CharField(max_length=12, choices=How, default=How.READER)
    client = models.UUIDField(null=True, help_text="The client, by their plain id, where it is known.")
    saved_card = models.ForeignKey(SavedCard, null=True, on_delete=models.PROTECT, related_name="charges")
    amount_cents = models.BigIntegerField()
    status = models.CharField(max_length=16, choices=Status, default=Status.CREATED)
    created_at = models.DateTimeField()
    create_try = models.PositiveSmallIntegerField(default=0, help_text="Counts Stripe's 5xx answers; part of the key.")
    intent_id = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001 - unique, so absent is NULL
    try_wanted = models.PositiveSmallIntegerField(default=1, help_text="Up to which try the desk wants it presented.")
    cancel_wanted_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    stripe_charge = models.CharField(max_length=60, blank=True, db_index=True)
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    card_fingerprint = models.CharField(
        max_length=60, blank=True, help_text="The same for the same number; kept of cards that paid on a page."
    )
    risk_level = models.CharField(
        max_length=16, blank=True, help_text="What Stripe thinks of a payment on a page: normal, elevated, highest."
    )
    failure = models.CharField(max_length=20, choices=Failure, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
    decline_group = models.CharField(
        max_length=10, blank=True, help_text="What a saved card's decline asks for: never, customer, later, soon."
    )
    doubts = models.PositiveSmallIntegerField(default=0, help_text="How often in a row Stripe gave no clear answer.")
    disputed_at = models.DateTimeField(null=True)
    unsold_at = models.DateTimeField(
        null=True, help_text="When its money was found without a completed sale and put to 2250 (posting rule 80)."
    )
    finished_at = models.DateTimeField(null=True, help_text="When its owner took note of how it ended.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(name="one_charge_per_owner_and_attempt", fields=["owner", "n"]),
            models.UniqueConstraint(
                name="one_live_or_paid_charge_per_owner",
                fields=["owner"],
                condition=Q(status__in=["created", "sent", "unknown", "requires_action", "succeeded"]),
            ),
            models.UniqueConstraint(
                name="one_live_charge_per_reader",
                fields=["reader"],
                condition=Q(status__in=["created", "sent", "unknown", "requires_action"]),
            ),
            models.CheckConstraint(name="charge_asks_for_something", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(
                name="paid_charge_names_its_intent",
                condition=~Q(status="succeeded") | Q(succeeded_at__isnull=False) & ~Q(stripe_charge=""),
            ),
            models.CheckConstraint(
                name="off_session_charge_names_its_card",
                condition=~Q(how="off_session") | Q(saved_card__isnull=False) & Q(client__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="charges_in_flight",
                fields=["run_at"],
                condition=Q(status__in=["created", "sent", "unknown", "requires_action"])
                | Q(status="failed", cancel_wanted_at__isnull=False),
            ),
            models.Index(
                name="charges_not_finished",
                fields=["run_at"],
                condition=(Q(status__in=["succeeded", "cancelled"]) | Q(status="failed", how="off_session"))
                & Q(finished_at=None),
            ),
        ]

    objects = ChargeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"charge {str(self.pk)[-6:]} of {self.amount_cents} cents"

    @property
    def is_live(self) -> bool:
        """Whether Stripe may still take the money without being asked again."""
        return self.status in self.LIVE

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it at Stripe."""
        saved_card_failed = self.how == self.How.OFF_SESSION and self.status == self.Status.FAILED
        return saved_card_failed or self.status in (self.Status.SUCCEEDED, self.Status.CANCELLED)

    @property
    def card(self) -> str:
        """ "Visa ···4242"; empty before a card was seen."""
        return f"{self.card_brand.replace('_', ' ').title()} ···{self.card_last4}" if self.card_last4 else ""


class Presentation(models.Model):
    """One try of a charge at a reader: which one, and how it ended."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="presentations")
    n = models.PositiveSmallIntegerField()
    reader = models.ForeignKey(Reader, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(help_text="When the desk asked for it.")
    sent_at = models.DateTimeField(null=True, help_text="When the reader was first told.")
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=20, choices=Charge.Failure, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
    stripe_charge = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["charge", "n"]
        constraints = [models.UniqueConstraint(name="one_presentation_per_try", fields=["charge", "n"])]

    def __str__(self) -> str:
        return f"try {self.n} of {self.charge}"
