"""Cash drawers and their sessions from float to count (R8)."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q

from studio.models import Device, Location


class Drawer(models.Model):
    """A cash drawer that stands at a location."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="drawers")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["location", "name"]
        constraints = [models.UniqueConstraint(name="drawer_name_once_per_location", fields=["location", "name"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.location.code})"


class DrawerSession(models.Model):
    """A drawer from the counted float to the count at its close; all amounts in cents."""

    class Status(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    id = models.UUIDField(primary_key=True, editable=False)
    drawer = models.ForeignKey(Drawer, on_delete=models.PROTECT, related_name="sessions")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    float_cents = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    expected_cents = models.BigIntegerField(null=True)
    counted_cents = models.BigIntegerField(null=True)
    left_cents = models.BigIntegerField(null=True)
    denominations = models.JSONField(null=True, help_text="Pieces counted by their value in cents; null: one total.")
    note = models.CharField(max_length=300, blank=True)
    z_number = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(name="one_open_session_per_drawer", fields=["drawer"], condition=Q(status="open")),
            models.UniqueConstraint(name="z_number_once_per_location", fields=["location", "z_number"]),
            models.CheckConstraint(
                name="closed_drawer_was_counted",
                condition=Q(status="open") | Q(counted_cents__gte=0, left_cents__gte=0, z_number__isnull=False),
            ),
            models.CheckConstraint(name="float_is_not_negative", condition=Q(float_cents__gte=0)),
        ]
        indexes = [models.Index(name="open_drawers", fields=["location"], condition=Q(status="open"))]

    def __str__(self) -> str:
        return f"{self.drawer} {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def over_short_cents(self) -> int | None:
        """Counted minus expected: positive is over, negative is short; None while open."""
        if self.counted_cents is None or self.expected_cents is None:
            return None
        return self.counted_cents - self.expected_cents

    @property
    def opened_on(self) -> dt.date:
        return self.business_date


class DrawerMovement(models.Model):
    """Cash that came into an open drawer or left it without a sale, or the drawer opened for nothing (R8, R6)."""

    class Kind(models.TextChoices):
        PAY_IN = "pay_in", "paid in"
        PAY_OUT = "pay_out", "paid out"
        DROP = "drop", "to the safe"
        TIP_PAYOUT = "tip_payout", "tips paid out"
        NO_SALE = "no_sale", "opened without a sale"

    class Reason(models.TextChoices):
        SAFE = "safe", "change from the safe"
        BANK = "bank", "change from the bank"
        RETURNED = "returned", "left over from a pay-out"
        SUPPLIES = "supplies", "supplies"
        LAUNDRY = "laundry", "laundry and cleaning"
        REFRESHMENTS = "refreshments", "drinks and snacks"
        POSTAGE = "postage", "postage"
        CHANGE = "change", "change for a client"
        LOOK = "look", "look something up"
        OTHER = "other", "other"

    REASONS: dict[str, tuple[str, ...]] = {
        Kind.PAY_IN: (Reason.SAFE, Reason.BANK, Reason.RETURNED),
        Kind.PAY_OUT: (Reason.SUPPLIES, Reason.LAUNDRY, Reason.REFRESHMENTS, Reason.POSTAGE, Reason.OTHER),
        Kind.NO_SALE: (Reason.CHANGE, Reason.LOOK, Reason.OTHER),
    }
    """Which reasons a kind may have; a drop and a tip payout say by themselves why."""
    OUT = (Kind.PAY_OUT, Kind.DROP, Kind.TIP_PAYOUT)
    append_only = True

    id = models.UUIDField(primary_key=True, editable=False)
    session = models.ForeignKey(DrawerSession, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(help_text="Of the slip that is signed.")
    kind = models.CharField(max_length=12, choices=Kind)
    amount_cents = models.BigIntegerField(help_text="Never negative; the kind says which way.")
    reason = models.CharField(max_length=12, choices=Reason, blank=True)
    note = models.CharField(max_length=200, blank=True)
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["made_at", "number"]
        constraints = [
            models.UniqueConstraint(name="drawer_slip_number_once_per_location", fields=["location", "number"]),
            models.CheckConstraint(
                name="drawer_movement_moves_cash_or_none",
                condition=Q(kind="no_sale", amount_cents=0) | ~Q(kind="no_sale") & Q(amount_cents__gt=0),
            ),
            models.CheckConstraint(
                name="tip_payout_says_to_whom",
                condition=Q(kind="tip_payout", therapist__isnull=False)
                | ~Q(kind="tip_payout") & Q(therapist__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount_cents}"

    @property
    def signed_cents(self) -> int:
        """What it did to the drawer, in cents: negative is out."""
        return -self.amount_cents if self.kind in self.OUT else self.amount_cents


class DrawerCorrection(models.Model):
    """What was found out about a closed drawer: its Z stays, the books get another entry (R8)."""

    class About(models.TextChoices):
        COUNT = "count", "the count"
        PAY_OUT = "pay_out", "what was paid out"

    append_only = True

    id = models.UUIDField(primary_key=True, editable=False)
    session = models.ForeignKey(DrawerSession, on_delete=models.PROTECT, related_name="corrections")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=8, choices=About)
    amount_cents = models.BigIntegerField(help_text="More (or, negative, less) than was written down.")
    why = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.CheckConstraint(name="drawer_correction_corrects", condition=~Q(amount_cents=0) & ~Q(why="")),
        ]

    def __str__(self) -> str:
        return f"Correction of {self.session}: {self.amount_cents}"


class BankDeposit(models.Model):
    """Cash brought from a location's safe to the bank (posting rule 67)."""

    append_only = True

    id = models.UUIDField(primary_key=True, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()
    slip = models.CharField(max_length=40, help_text="Number of the deposit slip.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-made_at", "id"]
        constraints = [
            models.CheckConstraint(name="bank_deposit_is_positive", condition=Q(amount_cents__gt=0) & ~Q(slip="")),
        ]

    def __str__(self) -> str:
        return f"Deposit {self.slip}"
