"""What can be bought ahead: packages of sessions and membership plans. What was sold keeps its version for ever."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from pos.models import Item, TaxCategory


class Users(models.TextChoices):
    """Who may use what a client has paid ahead."""

    OWNER = "owner", "the client only"
    HOUSEHOLD = "household", "the client's household"
    ANYONE = "anyone", "anyone the client names"


class Expiry(models.TextChoices):
    """What becomes of paid value that was not used in time (R23): never lost silently."""

    CREDIT = "credit", "becomes store credit"
    FORFEIT = "forfeit", "is forfeited, where law and contract allow it"


class TaxPoint(models.TextChoices):
    """When tax is due on what is paid ahead (policy P3)."""

    SALE = "sale", "when it is sold"
    REDEMPTION = "redemption", "at the visit"


class Version(models.Model):
    """What a package and a plan have in common: a code with numbered versions, of which the last on sale is sold."""

    code = models.SlugField(max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    price_cents = models.BigIntegerField()
    tax_category = models.CharField(max_length=10, choices=TaxCategory, default=TaxCategory.SERVICE)
    tax_point = models.CharField(max_length=12, choices=TaxPoint, default=TaxPoint.REDEMPTION)
    is_on_sale = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of the tiles.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Package(Version):
    """Sessions sold together (R20): one part for each kind of session in it."""

    class RefundMethod(models.TextChoices):
        REPRICED = "repriced", "paid less what the used sessions cost singly"
        PRO_RATA = "pro_rata", "what is left of the price"

    validity_months = models.PositiveSmallIntegerField(null=True, blank=True, help_text="None, or at least 12.")
    users = models.CharField(max_length=10, choices=Users, default=Users.OWNER)
    is_transferable = models.BooleanField(default=True)
    refund_method = models.CharField(max_length=8, choices=RefundMethod, default=RefundMethod.REPRICED)
    refund_days = models.PositiveSmallIntegerField(default=14, help_text="So long it is refunded pro rata in any case.")
    expiry = models.CharField(max_length=8, choices=Expiry, default=Expiry.CREDIT)

    class Meta:
        ordering = ["position", "code", "-version"]
        constraints = [
            models.UniqueConstraint(name="package_version_once", fields=["code", "version"]),
            models.UniqueConstraint(name="one_package_on_sale", fields=["code"], condition=Q(is_on_sale=True)),
            models.CheckConstraint(name="package_price_is_positive", condition=Q(price_cents__gt=0)),
            models.CheckConstraint(
                name="package_is_valid_a_year_or_for_ever",
                condition=Q(validity_months=None) | Q(validity_months__gte=12),
            ),
        ]


class PackagePart(models.Model):
    """So many sessions for any of these treatments; bonus sessions are in `units` and share the paid value."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveSmallIntegerField(default=0)
    units = models.PositiveSmallIntegerField()
    bonus_units = models.PositiveSmallIntegerField(default=0, help_text="How many of them are a present (5 + 1).")
    items = models.ManyToManyField(Item, related_name="+", help_text="The treatments that a session pays.")

    class Meta:
        ordering = ["package", "position", "id"]
        constraints = [
            models.CheckConstraint(name="package_part_has_sessions", condition=Q(units__gt=0)),
            models.CheckConstraint(name="not_every_session_is_a_bonus", condition=Q(bonus_units__lt=models.F("units"))),
        ]

    def __str__(self) -> str:
        return f"{self.units} of {self.package}"


class Plan(Version):
    """What a member pays every month and gets for it (R25); percentages are of the list price."""

    class AtTheCap(models.TextChoices):
        CONVERT = "convert", "the oldest credit becomes store credit"
        STOP = "stop", "no charge and no credit that month"
        FORFEIT = "forfeit", "the oldest credit is forfeited"

    interval_months = models.PositiveSmallIntegerField(default=1)
    credits_per_cycle = models.PositiveSmallIntegerField(default=1)
    items = models.ManyToManyField(Item, related_name="+", help_text="The treatments that a credit pays.")
    treatment_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), help_text="Off further treatments without a member price."
    )
    retail_percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0), help_text="Off retail.")
    users = models.CharField(max_length=10, choices=Users, default=Users.HOUSEHOLD)
    guest_credits_a_year = models.PositiveSmallIntegerField(default=3, help_text="To the same person from outside.")
    credit_months = models.PositiveSmallIntegerField(default=12, help_text="How long a credit can be used.")
    credit_expiry = models.CharField(max_length=8, choices=Expiry, default=Expiry.CREDIT)
    days_after_end = models.PositiveSmallIntegerField(default=90, help_text="Credits stay usable after the end.")
    rollover_cap = models.PositiveSmallIntegerField(default=6)
    at_the_cap = models.CharField(max_length=8, choices=AtTheCap, default=AtTheCap.CONVERT)
    minimum_months = models.PositiveSmallIntegerField(default=0)
    notice_days = models.PositiveSmallIntegerField(default=0)
    exit_fee_cents = models.BigIntegerField(default=0, help_text="At most this for leaving within the minimum term.")
    cooling_off_days = models.PositiveSmallIntegerField(default=3)
    freeze_fee_cents = models.BigIntegerField(default=0)
    freeze_months_a_year = models.PositiveSmallIntegerField(default=3)
    joins_online = models.BooleanField(default=True)
    terms = models.TextField(blank=True, help_text="What the client agrees to; a change makes a new version.")

    class Meta:
        ordering = ["position", "code", "-version"]
        constraints = [
            models.UniqueConstraint(name="plan_version_once", fields=["code", "version"]),
            models.UniqueConstraint(name="one_plan_on_sale", fields=["code"], condition=Q(is_on_sale=True)),
            models.CheckConstraint(name="plan_costs_something", condition=Q(price_cents__gt=0)),
            models.CheckConstraint(name="plan_grants_something", condition=Q(credits_per_cycle__gt=0)),
            models.CheckConstraint(name="plan_notice_is_a_month_at_most", condition=Q(notice_days__lte=30)),
        ]


class MemberPrice(models.Model):
    """What a member of the plan pays for a treatment beyond the credits."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="member_prices")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    price_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_member_price_per_treatment", fields=["plan", "item"]),
            models.CheckConstraint(name="member_price_is_not_negative", condition=Q(price_cents__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.item} for {self.plan}"
