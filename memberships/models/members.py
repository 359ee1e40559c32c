"""Members: what they agreed to, what they owe each month, and what changes."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from jobs.leases import Leased
from memberships.models.definitions import Plan
from pos.models import Client
from studio.ids import new_id
from studio.models import Device, Location


class Consent(models.Model):
    """What a client agreed to, when and how (R32); kept 3 years or 1 year after the end, whichever is longer."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="consents")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    how = models.CharField(max_length=20, help_text="desk, online or mail.")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=45, blank=True, help_text="Where it came from, online.")
    signature = models.CharField(max_length=120, blank=True, help_text="The name as it was typed.")

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"Consent to {self.plan}"


class Membership(models.Model):
    """A client who pays every month; keeps the plan version it was sold (R25).

    Periods are counted from `anchor_on` (31 Jan, 28 Feb, 31 Mar) and never drift; `paid_until` is the end (exclusive)
    of the last period that was paid, skipped or waived, so the next one starts there.
    """

    class Status(models.TextChoices):
        JOINING = "joining", "joining"
        ACTIVE = "active", "active"
        PAST_DUE = "past_due", "past due"
        FROZEN = "frozen", "frozen"
        ENDED = "ended", "ended"

    class End(models.TextChoices):
        CANCELLED = "cancelled", "cancelled by the client"
        UNPAID = "unpaid", "two months unpaid"
        COOLED_OFF = "cooled_off", "withdrawn within the first days"
        RAN_OUT = "ran_out", "prepaid months used up"
        BY_STUDIO = "by_studio", "ended by the studio"

    MOVES: dict[str, frozenset[str]] = {
        Status.JOINING: frozenset({Status.ACTIVE, Status.ENDED}),
        Status.ACTIVE: frozenset({Status.PAST_DUE, Status.FROZEN, Status.ENDED}),
        Status.PAST_DUE: frozenset({Status.ACTIVE, Status.FROZEN, Status.ENDED}),
        Status.FROZEN: frozenset({Status.ACTIVE, Status.ENDED}),
        Status.ENDED: frozenset({Status.ACTIVE}),  # a cancellation that is taken back
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="memberships")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="memberships")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", help_text="The home location.")
    status = models.CharField(max_length=10, choices=Status, default=Status.JOINING)
    consent = models.ForeignKey(Consent, null=True, on_delete=models.PROTECT, related_name="memberships")
    joined_at = models.DateTimeField()
    anchor_on = models.DateField()
    paid_until = models.DateField(help_text="The next period starts on this day.")
    minimum_until = models.DateField(null=True, help_text="Leaving earlier may cost the exit fee.")
    renews = models.BooleanField(default=True, help_text="Off for prepaid and gifted months: they end by themselves.")
    paid_ahead = models.PositiveSmallIntegerField(default=0, help_text="Prepaid months that are still to be granted.")
    ahead_cents = models.BigIntegerField(default=0, help_text="What was paid for them.")
    skipped_in_a_row = models.PositiveSmallIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True)
    cancel_number = models.CharField(max_length=12, blank=True)
    ends_on = models.DateField(null=True, help_text="The first day on which it is over.")
    end_reason = models.CharField(max_length=10, choices=End, blank=True)

    class Meta:
        ordering = ["-joined_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_membership_of_a_plan", fields=["client", "plan"], condition=~Q(status="ended")
            ),
            models.CheckConstraint(
                name="ended_membership_says_when_and_why",
                condition=~Q(status="ended") | (Q(ends_on__isnull=False) & ~Q(end_reason="")),
            ),
        ]
        indexes = [models.Index(name="memberships_to_bill", fields=["paid_until"], condition=~Q(status="ended"))]

    def __str__(self) -> str:
        return f"{self.client} · {self.plan}"


class Due(Leased):
    """What a member owes for one period (R26), made ahead; the row is also the job that charges it."""

    class Status(models.TextChoices):
        DUE = "due", "due"
        PAID = "paid", "paid"
        SKIPPED = "skipped", "skipped"
        WAIVED = "waived", "waived"
        REFUNDED = "refunded", "refunded"

    MOVES: dict[str, frozenset[str]] = {
        Status.DUE: frozenset({Status.PAID, Status.SKIPPED, Status.WAIVED}),
        Status.PAID: frozenset({Status.REFUNDED, Status.DUE}),  # owed again when the sale that paid it is voided
        Status.SKIPPED: frozenset({Status.PAID}),  # paid after all, at the desk or by the link
        Status.WAIVED: frozenset(),
        Status.REFUNDED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="dues")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", help_text="Whose terms it was made by.")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="Exclusive.")
    amount_cents = models.BigIntegerField(help_text="Without tax.")
    units = models.PositiveSmallIntegerField(help_text="Credits that it grants.")
    status = models.CharField(max_length=8, choices=Status, default=Status.DUE)
    created_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="Cards that said no.")
    first_declined_at = models.DateTimeField(null=True)
    last_declined_at = models.DateTimeField(null=True)
    decline_group = models.CharField(max_length=8, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
    sale_key = models.CharField(max_length=80, blank=True, help_text="sale:<uuid> that paid it.")
    ended_at = models.DateTimeField(null=True, help_text="When it was paid, skipped or waived.")

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(name="one_due_per_period", fields=["membership", "starts_on"]),
            models.CheckConstraint(name="due_lasts_a_while", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(name="due_is_for_something", condition=Q(amount_cents__gt=0)),
        ]
        indexes = [models.Index(name="dues_to_charge", fields=["run_at"], condition=Q(status="due"))]

    def __str__(self) -> str:
        return f"{self.membership} from {self.starts_on}"

    @property
    def key(self) -> str:
        """Under which charges, lots and lines know it."""
        return f"due:{self.pk}"


class Freeze(models.Model):
    """A pause of whole months without dues and credits (R29); ends by itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="freezes")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The day on which it goes on.")
    months = models.PositiveSmallIntegerField(default=1)
    is_medical = models.BooleanField(default=False)
    fee_cents = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    fee_sale_key = models.CharField(max_length=80, blank=True, help_text="The sale of the fee.")
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True, help_text="Taken back before it began.")

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(name="freeze_lasts_a_while", condition=Q(ends_on__gt=F("starts_on"))),
            models.UniqueConstraint(
                name="one_freeze_at_a_time", fields=["membership"], condition=Q(ended_at=None, undone_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"Freeze {self.starts_on} to {self.ends_on}"

    @property
    def key(self) -> str:
        """Under which the line of its fee knows it."""
        return f"freeze:{self.pk}"


class Change(models.Model):
    """A change to another plan (R30), at once or at renewal; one pending change at a time, visible and replaceable."""

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        DONE = "done", "done"
        REPLACED = "replaced", "replaced"
        UNDONE = "undone", "taken back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="changes")
    from_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    to_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    effective_on = models.DateField()
    proration_cents = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    consent = models.ForeignKey(Consent, null=True, on_delete=models.PROTECT, related_name="+")
    sale_key = models.CharField(max_length=80, blank=True, help_text="The sale of the proration.")

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(name="one_pending_change", fields=["membership"], condition=Q(status="pending"))
        ]

    def __str__(self) -> str:
        return f"{self.from_plan} to {self.to_plan}"

    @property
    def key(self) -> str:
        """Under which the line of its proration knows it."""
        return f"change:{self.pk}"


class Cancellation(models.Model):
    """A member's notice (R31): when it ends, what leaving early costs, and why it may cost nothing."""

    class Why(models.TextChoices):
        OWN_WISH = "own_wish", "the client's wish"
        DEATH = "death", "death"
        DISABILITY = "disability", "disability"
        MEDICAL = "medical", "medical reasons"
        MOVED = "moved", "moved more than 25 miles away"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="cancellations")
    number = models.CharField(max_length=12, unique=True, help_text="What the client keeps.")
    why = models.CharField(max_length=10, choices=Why, default=Why.OWN_WISH)
    how = models.CharField(max_length=20, help_text="desk, online or mail.")
    note = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ends_on = models.DateField(help_text="The first day on which it is over.")
    full_fee_cents = models.BigIntegerField(default=0, help_text="What leaving early costs if nobody waives it.")
    fee_cents = models.BigIntegerField(default=0, help_text="What it costs.")
    waived_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    fee_sale_key = models.CharField(max_length=80, blank=True, help_text="The sale of the fee.")
    refunded_cents = models.BigIntegerField(default=0, help_text="Given back in full within the first days.")
    undone_at = models.DateTimeField(null=True, help_text="Taken back before the end.")

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                name="exit_fee_within_what_it_may_be",
                condition=Q(fee_cents__gte=0, fee_cents__lte=F("full_fee_cents")),
            )
        ]

    def __str__(self) -> str:
        return f"Cancellation {self.number}"

    @property
    def key(self) -> str:
        """Under which the line of its fee knows it."""
        return f"cancellation:{self.pk}"


class HouseholdMember(models.Model):
    """Somebody who may use what the owner has paid for, as one of up to four (R33)."""

    owner = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="household")
    member = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="household_of")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="household_member_once", fields=["owner", "member"]),
            models.CheckConstraint(name="nobody_is_their_own_household", condition=~Q(owner=F("member"))),
        ]

    def __str__(self) -> str:
        return f"{self.member} in the household of {self.owner}"


class SignInWish(Leased):
    """Somebody at this address wants a link to their own pages; gone when it is mailed.

    The worker looks whose address it is, so that the page answers the same, and as fast, for one that nobody has.
    """

    email = models.EmailField()
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Wish of {self.asked_at:%Y-%m-%d %H:%M}"


class SignInLink(models.Model):
    """A mailed link into a client's own pages: one use, a quarter of an hour; and the visit that began with it.

    Only hashes are kept, of the link's token and of the visit's.
    """

    LASTS = dt.timedelta(minutes=15)
    VISIT_LASTS = dt.timedelta(hours=12)

    token_hash = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    visit_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique, so absent is NULL
    left_at = models.DateTimeField(null=True, help_text="Signed out.")

    def __str__(self) -> str:
        return f"Link for {self.client_id}"


class BillingRun(models.Model):
    """What one run of the billing came to, kept and shown; counts are of dues, sums in cents."""

    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    on = models.DateField(help_text="The day it was run for.")
    made = models.PositiveIntegerField(default=0)
    charged = models.PositiveIntegerField(default=0)
    charged_cents = models.BigIntegerField(default=0)
    declined_never = models.PositiveIntegerField(default=0)
    declined_customer = models.PositiveIntegerField(default=0)
    declined_later = models.PositiveIntegerField(default=0)
    declined_soon = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    unclear = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"Billing of {self.on}"
