"""A sale with its lines, taxes, tips and tenders; all amounts in cents."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from payments.models import Charge
from pos.models.catalogue import Item, TaxCategory
from pos.models.clients import Client
from pos.models.drawers import DrawerSession
from studio.ids import new_id
from studio.models import Device, Location


class Sale(models.Model):
    """What one client takes and pays for; the tablet makes the id, and a completed sale never changes (R1)."""

    class Status(models.TextChoices):
        OPEN = "open", "open"
        PARKED = "parked", "parked"
        COMPLETED = "completed", "completed"
        PARTLY_REFUNDED = "partly_refunded", "partly refunded"
        REFUNDED = "refunded", "refunded"
        VOIDED = "voided", "voided"
        ABANDONED = "abandoned", "abandoned"

    MOVES: dict[str, frozenset[str]] = {
        Status.OPEN: frozenset({Status.PARKED, Status.COMPLETED, Status.ABANDONED}),
        Status.PARKED: frozenset({Status.OPEN, Status.ABANDONED}),
        Status.COMPLETED: frozenset({Status.PARTLY_REFUNDED, Status.REFUNDED, Status.VOIDED}),
        Status.PARTLY_REFUNDED: frozenset({Status.PARTLY_REFUNDED, Status.REFUNDED}),
        Status.REFUNDED: frozenset({Status.REFUNDED}),
        Status.VOIDED: frozenset(),
        Status.ABANDONED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(
        Device, null=True, on_delete=models.SET_NULL, related_name="+", help_text="The tablet that changed it last."
    )
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="sales")
    status = models.CharField(max_length=16, choices=Status, default=Status.OPEN)
    revision = models.PositiveIntegerField(default=1)
    fingerprint = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    last_request_at = models.DateTimeField()
    label = models.CharField(max_length=60, blank=True, help_text="What a parked sale is found by.")
    parked_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField(null=True)
    list_cents = models.BigIntegerField(default=0)
    discount_cents = models.BigIntegerField(default=0)
    net_cents = models.BigIntegerField(default=0)
    tax_cents = models.BigIntegerField(default=0)
    tip_cents = models.BigIntegerField(default=0)
    rounding_cents = models.BigIntegerField(default=0)
    tax_certificate = models.CharField(max_length=40, blank=True, help_text="Why there is no tax on it.")
    exempted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="completed_sale_has_its_day",
                condition=Q(status__in=["open", "parked", "abandoned"])
                | Q(completed_at__isnull=False, business_date__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="sales_by_day", fields=["location", "business_date"]),
            models.Index(name="open_sales", fields=["last_request_at"], condition=Q(status="open")),
            models.Index(name="parked_sales", fields=["location"], condition=Q(status="parked")),
        ]

    def __str__(self) -> str:
        return f"Sale {str(self.id)[-6:]}"

    @property
    def total_cents(self) -> int:
        """What the client owes before cash rounding: net + tax + tips."""
        return self.net_cents + self.tax_cents + self.tip_cents

    @property
    def is_completed(self) -> bool:
        """Whether the sale is in the books, whatever became of it since."""
        return self.status not in (self.Status.OPEN, self.Status.PARKED, self.Status.ABANDONED)


class SaleLine(models.Model):
    """One position of a sale: what, by whom, at which price and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=20, help_text="How reports group it: treatment, addon, retail, custom.")
    tax_category = models.CharField(max_length=10, choices=TaxCategory)
    is_service = models.BooleanField()
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_cents = models.BigIntegerField(help_text="List price of one.")
    list_cents = models.BigIntegerField(help_text="quantity × unit, as on the price list.")
    discount_cents = models.BigIntegerField(default=0, help_text="Taken off the list price.")
    gross_cents = models.BigIntegerField(default=0, help_text="List price without tax: the income before discount.")
    net_cents = models.BigIntegerField(default=0, help_text="Paid without tax.")
    tax_cents = models.BigIntegerField(default=0)
    why = models.CharField(max_length=300, blank=True, help_text="Why the line costs what it does.")
    instrument = models.CharField(max_length=80, blank=True, help_text="The card, lot or due that the line is about.")
    reference = models.CharField(max_length=80, blank=True, help_text="What the line handed over, as a receipt says.")
    covered_cents = models.BigIntegerField(null=True, help_text="What a session or card pays for it; null: no cover.")
    upcharge_cents = models.BigIntegerField(default=0, help_text="What a covered line costs on top.")
    tax_was_paid = models.BooleanField(default=False, help_text="What covers it was taxed when it was sold.")

    usual_cents: int | None = None
    """The list price of one where a higher one was asked for: in memory only, a row of `SaleDiscount` keeps why."""
    known: Any = None
    """What its kind has in hand of what the line is about: in memory only, and locked in this transaction."""

    class Meta:
        ordering = ["sale_id", "position"]
        constraints = [
            models.UniqueConstraint(name="line_position_once", fields=["sale", "position"]),
            models.CheckConstraint(name="line_sells_something", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="line_list_is_quantity_times_unit", condition=Q(list_cents=F("quantity") * F("unit_cents"))
            ),
            models.CheckConstraint(
                name="line_discount_within_list",
                condition=Q(discount_cents__gte=0, discount_cents__lte=F("list_cents")),
            ),
            models.CheckConstraint(name="line_amounts_not_negative", condition=Q(net_cents__gte=0, tax_cents__gte=0)),
            models.CheckConstraint(
                name="covered_line_is_one_treatment",
                condition=Q(covered_cents=None, upcharge_cents=0, tax_was_paid=False)
                | Q(covered_cents__gte=0, upcharge_cents__gte=0, quantity=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def paid_cents(self) -> int:
        """What the client pays for the line, tax included."""
        return self.net_cents + self.tax_cents

    @property
    def is_covered(self) -> bool:
        """Whether a session, a credit or a treatment card pays for it."""
        return self.covered_cents is not None

    @property
    def money_cents(self) -> int:
        """What is to be paid in money before discounts: the list price, or what a covered line costs on top."""
        return self.upcharge_cents if self.is_covered else self.list_cents

    @property
    def charged_cents(self) -> int:
        """What the line is worth after discounts, with what covers it."""
        return self.money_cents - self.discount_cents + (self.covered_cents or 0)


class SaleDiscount(models.Model):
    """A discount or another price as asked for, on a line or on the whole sale, with reason and approver (R6)."""

    class Reason(models.TextChoices):
        GOODWILL = "goodwill", "goodwill"
        PROMOTION = "promotion", "promotion"
        STAFF = "staff", "staff and family"
        DAMAGED = "damaged", "damaged goods"
        SERVICE = "service", "something went wrong"
        MEMBER = "member", "member price"

    GIVEN_BY_HAND = (Reason.GOODWILL, Reason.PROMOTION, Reason.STAFF, Reason.DAMAGED, Reason.SERVICE)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="discounts")
    line = models.ForeignKey(SaleLine, null=True, on_delete=models.CASCADE, related_name="discounts")
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    amount_cents = models.BigIntegerField(null=True)
    value_cents = models.BigIntegerField(help_text="What it took off; below zero for a higher price.")
    unit_cents = models.BigIntegerField(null=True, help_text="The price of one that was asked for instead.")
    reason = models.CharField(max_length=12, choices=Reason)
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="discount_is_percent_or_amount",
                condition=Q(percent__isnull=False, amount_cents__isnull=True)
                | Q(percent__isnull=True, amount_cents__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} %" if self.percent is not None else f"{self.amount_cents} cents"


class SaleTax(models.Model):
    """The tax of one jurisdiction on one line, at the rate of that day (R7)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="taxes")
    line = models.ForeignKey(SaleLine, on_delete=models.CASCADE, related_name="taxes")
    jurisdiction = models.CharField(max_length=40)
    rate = models.DecimalField(max_digits=8, decimal_places=6)
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_tax_per_line_and_jurisdiction", fields=["line", "jurisdiction"]),
            models.CheckConstraint(name="sale_tax_not_negative", condition=Q(amount_cents__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.amount_cents}"


class Tip(models.Model):
    """What the client gives a therapist on top (R5)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="tips")
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_tip_per_therapist", fields=["sale", "therapist"]),
            models.CheckConstraint(name="tip_is_positive", condition=Q(amount_cents__gt=0)),
        ]

    def __str__(self) -> str:
        return f"tip {self.amount_cents}"


class Tender(models.Model):
    """One way in which a sale is paid; `amount_cents` is what counts, `tendered - amount` was given as change."""

    class Status(models.TextChoices):
        HELD = "held", "held"
        SETTLED = "settled", "settled"
        RELEASED = "released", "released"
        GIVEN_BACK = "given_back", "given back"

    id = models.UUIDField(primary_key=True, editable=False)
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="tenders")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=12, choices=Status, default=Status.HELD)
    amount_cents = models.BigIntegerField()
    tendered_cents = models.BigIntegerField()
    rounding_cents = models.BigIntegerField(default=0, help_text="What cash rounding added (or, negative, took off).")
    reference = models.CharField(max_length=60, blank=True, help_text="Check number, terminal slip, card.")
    drawer_session = models.ForeignKey(DrawerSession, null=True, on_delete=models.PROTECT, related_name="tenders")
    charge = models.OneToOneField(Charge, null=True, on_delete=models.PROTECT, related_name="tender")
    line = models.OneToOneField(
        SaleLine, null=True, on_delete=models.PROTECT, related_name="cover", help_text="The line that it covers."
    )
    instrument = models.CharField(max_length=80, blank=True, help_text="The gift card, lot or saved card that pays.")
    fingerprint = models.CharField(max_length=64)

    class Meta:
        ordering = ["sale_id", "position"]
        constraints = [
            models.CheckConstraint(
                name="tender_pays_or_is_rounded_away",
                condition=Q(amount_cents__gt=0)
                | Q(amount_cents=0, rounding_cents__lt=0)
                | Q(amount_cents=0, line__isnull=False),
            ),
            models.CheckConstraint(
                name="tender_gives_change_or_none", condition=Q(tendered_cents__gte=F("amount_cents"))
            ),
            models.UniqueConstraint(name="tender_position_once", fields=["sale", "position"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_cents}"

    @property
    def change_cents(self) -> int:
        return self.tendered_cents - self.amount_cents

    @property
    def covers_cents(self) -> int:
        """What of the sale's total the tender pays: its amount without what cash rounding added."""
        return self.amount_cents - self.rounding_cents

    @property
    def is_live(self) -> bool:
        return self.status in (self.Status.HELD, self.Status.SETTLED)
