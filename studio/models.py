"""The business, its places, its people, their tablets, and who did what."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from studio.ids import new_id


def validate_time_zone(name: str) -> None:
    """Refuse a name that is no IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is no IANA time zone; one is America/New_York.")


class Business(models.Model):
    """The one business of this database; a chain is one business with several locations."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=80)
    legal_name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
    currency = models.CharField(max_length=3, default="usd")
    receipt_footer = models.TextField(blank=True, help_text="Printed under every receipt.")
    is_demo = models.BooleanField(default=False, editable=False, help_text="Made by seed_demo; never a real studio.")

    class Meta:
        verbose_name_plural = "business"
        constraints = [models.CheckConstraint(name="one_business_per_database", condition=Q(id=1))]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Self:
        """The business, or an unsaved nameless one before set-up."""
        return cls.objects.first() or cls(name="Footfall")


class Location(models.Model):
    """A place that sells: its clock, its day, and how it rounds and taxes."""

    class TaxRounding(models.TextChoices):
        INVOICE = "invoice", "once per sale"
        ITEM = "item", "per line"

    class CashRounding(models.TextChoices):
        NONE = "none", "to the cent"
        NICKEL = "nickel", "to five cents"

    code = models.CharField(
        max_length=6, unique=True, validators=[RegexValidator(r"^[A-Z0-9]{2,6}\Z", "2–6 capitals or digits.")]
    )
    name = models.CharField(max_length=80)
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone], default="America/New_York")
    day_cutoff = models.TimeField(
        default=dt.time(0, 0), help_text="A sale before this time of night belongs to the day before."
    )
    state = models.CharField(max_length=2, blank=True, help_text="US state, for tax and gift-card law.")
    prices_include_tax = models.BooleanField(default=False)
    tax_rounding = models.CharField(max_length=8, choices=TaxRounding, default=TaxRounding.INVOICE)
    cash_rounding = models.CharField(max_length=8, choices=CashRounding, default=CashRounding.NONE)
    is_main = models.BooleanField(default=False)
    takes_online = models.BooleanField(default=False, help_text="Online sales belong to this location.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(name="one_main_location", fields=["is_main"], condition=Q(is_main=True)),
            models.UniqueConstraint(
                name="one_online_location", fields=["takes_online"], condition=Q(takes_online=True)
            ),
            models.CheckConstraint(
                name="day_cutoff_is_at_night",
                condition=Q(day_cutoff__lte=dt.time(12, 0)),
                violation_error_message="The day cut-off is a time of night or morning, at noon at the latest.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def business_date(self, at: dt.datetime) -> dt.date:
        """The local day to which the moment `at` (aware) belongs, after the day cut-off (T49)."""
        local = at.astimezone(self.zone).date()
        # Compared as moments: wall clocks repeat an hour in autumn, and a sale must not fall back into yesterday.
        latest_first = (local + dt.timedelta(days=1), local)
        return next((day for day in latest_first if at >= self._day_starts(day)), local - dt.timedelta(days=1))

    def day_bounds(self, on: dt.date) -> tuple[dt.datetime, dt.datetime]:
        """First moment of the business day `on` and first moment of the next one, both in UTC; 23 to 25 hours apart."""
        return self._day_starts(on), self._day_starts(on + dt.timedelta(days=1))

    def _day_starts(self, on: dt.date) -> dt.datetime:
        # An hour that comes twice counts its first time; a cut-off in a skipped hour comes as much later on the clock.
        return dt.datetime.combine(on, self.day_cutoff, self.zone).astimezone(dt.UTC)


class Qualification(models.Model):
    """A training that a treatment may require of its therapist, such as Ashiatsu."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class StaffManager(BaseUserManager["Staff"]):
    """Makes people: desk people by PIN only, back-office people with a password."""

    def create_user(self, username: str, *, password: str | None = None, **fields: object) -> "Staff":
        staff = self.model(username=self.model.normalize_username(username), **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def online(self) -> "Staff":
        """In whose name the house itself sells: dues, orders of the shop. Nobody can sign on as it."""
        staff, _ = self.get_or_create(username="online", defaults={"display_name": "Online", "password": "!"})
        return staff

    def create_superuser(self, username: str, *, password: str | None = None, **fields: object) -> "Staff":
        return self.create_user(username, password=password, is_staff=True, is_superuser=True, **fields)


class Staff(AbstractBaseUser, PermissionsMixin):
    """Somebody who works here. Desk people have no usable password and never reach the back office."""

    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=60)
    email = models.EmailField(blank=True)
    pin_hash = models.CharField(max_length=256, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may enter the back office", default=False)
    is_therapist = models.BooleanField(default=False)
    qualifications = models.ManyToManyField(Qualification, blank=True, related_name="holders")
    # The grants are the only membership there is: the back office's own permissions come from the same roles.
    groups = models.ManyToManyField(  # type: ignore[assignment] # the mixin's field has no through model
        Group, through="studio.Grant", blank=True, related_name="user_set", related_query_name="user"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    rights_read_at: int | None = None  # the location whose rights this object carries, see `rights.remember`
    rights_read: Sequence[tuple[str, ...]] = ()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        verbose_name_plural = "staff"
        ordering = ["display_name"]

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Right(models.TextChoices):
    """What a person may be allowed to do; asked only through `rights.can`."""

    SELL = "sell", "sell"
    SEE_SALES = "see_sales", "see sales and receipts"
    CLIENTS = "clients", "see and edit clients"
    DISCOUNT = "discount", "give discounts beyond the desk's limit"
    REFUND = "refund", "refund"
    REFUND_BEYOND = "refund_beyond", "refund large or old sales"
    VOID = "void", "void a sale"
    DRAWER = "drawer", "open and close the drawer"
    DRAWER_DIFFERENCE = "drawer_difference", "accept a large drawer difference"
    PAY_OUT = "pay_out", "pay large sums out of the drawer"
    NO_SALE = "no_sale", "open the drawer without a sale"
    CORRECT_DRAWER = "correct_drawer", "correct a closed drawer"
    DEVICES = "devices", "pair and revoke tablets"
    SEE_BOOKS = "see_books", "see the books"
    SEE_AUDIT = "see_audit", "see who did what"
    MANAGE_PERIODS = "manage_periods", "close and reopen months"
    MEND_CARDS = "mend_cards", "settle what went wrong with cards"
    GIFT_CARDS = "gift_cards", "block, replace and cash out gift cards"
    REVEAL_CODES = "reveal_codes", "see the codes of gift cards"
    HEALTH = "health", "see and edit what clients say of their health"
    CLIENT_DATA = "client_data", "merge, hand out and forget clients"


class Level(models.TextChoices):
    """How far a right goes: on one's own, with another person's PIN, or not at all (R6)."""

    ALLOWED = "allowed", "allowed"
    APPROVAL = "approval", "needs approval"
    DENIED = "denied", "denied"


class GroupRight(models.Model):
    """How far a role carries a right; a role without a row for a right is denied it."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="rights")
    right = models.CharField(max_length=20, choices=Right)
    level = models.CharField(max_length=10, choices=Level)

    class Meta:
        ordering = ["right"]
        constraints = [
            models.UniqueConstraint(name="one_level_per_role_and_right", fields=["group", "right"]),
            models.CheckConstraint(name="level_of_a_right_is_known", condition=Q(level__in=Level.values)),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_right_display()}"


class Grant(models.Model):
    """A role that a person holds at one location, or at every location when none is named."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="grants")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="grants")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_grant_per_role_and_place",
                fields=["staff", "group", "location"],
                condition=Q(location__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_grant_per_role_everywhere", fields=["staff", "group"], condition=Q(location=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff} is {self.group} at {self.location or 'every location'}"


class Device(models.Model):
    """A checkout tablet or a program, bound to a location; holds a token after pairing (R12)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="devices")
    # Null and not empty, because a unique column can hold only one empty string.
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    pairing_code_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    pairing_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    paired_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="pairing_code_always_expires",
                condition=Q(pairing_code_hash=None, pairing_expires_at=None)
                | Q(pairing_code_hash__isnull=False, pairing_expires_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class StaffSession(models.Model):
    """A person signed on to a tablet with a PIN; locks after ten idle minutes (R12)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="sessions")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="sessions")
    token_hash = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_open_session_per_device", fields=["device"], condition=Q(ended_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.staff} on {self.device}"


class Throttle(models.Model):
    """How often a secret was tried under one key in the running window; counted before the secret is looked at."""

    key = models.CharField(max_length=120, unique=True)
    window_started_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.used}"


class AuditRow(models.Model):
    """Who did what to which row, when, where, and with whose approval (R39); written once, never changed."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=40)
    actor = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(name="audit_by_object", fields=["object_type", "object_id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"
