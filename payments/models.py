"""What was asked of Stripe and what it said: charges, refunds, events, the money's way to the bank; all in cents."""

from django.db import models
from django.db.models import F, Q

from jobs.leases import Leased
from ledger.models import Entry
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

    class Failure(models.TextChoices):
        """Why the last try did not pay, as far as a person can do something about it."""

        DECLINED = "declined", "declined"
        CANCELLED_AT_READER = "cancelled_at_reader", "cancelled on the reader"
        READER_GONE = "reader_gone", "the reader did not answer"
        READER_FAILED = "reader_failed", "the reader could not do it"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.CharField(
        max_length=60, help_text="What is owed: tender:<uuid>, or stripe:<id> for money found there."
    )
    n = models.PositiveSmallIntegerField(default=1, help_text="Which attempt of the owner this is.")
    about = models.CharField(max_length=60, blank=True, help_text="What a person would look for: sale:<uuid>.")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey(Reader, null=True, on_delete=models.PROTECT, related_name="charges")
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
    failure = models.CharField(max_length=20, choices=Failure, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
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
                condition=Q(status__in=["succeeded", "cancelled"], finished_at=None),
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


class StripeEvent(Leased):
    """An event as Stripe sent it, kept before anything is done about it."""

    event_id = models.CharField(max_length=80, primary_key=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(help_text="When it happened at Stripe.")
    received_at = models.DateTimeField()
    payload = models.TextField()
    came_by = models.CharField(max_length=10, help_text="webhook or sweep")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-received_at"]
        indexes = [models.Index(name="stripe_events_waiting", fields=["run_at"], condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class SyncPoint(models.Model):
    """How far something was read from Stripe."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} up to {self.at:%Y-%m-%d %H:%M}"


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
