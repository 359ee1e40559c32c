"""What the studio sells over the counter, what it costs from which day, and how it is taxed."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Cast, JSONArray
from django.db.models.sql.compiler import SQLCompiler

from studio.models import Location, Qualification

RATE_PLACES = 6
"""Decimals of a tax rate."""


class TaxCategory(models.TextChoices):
    """What a tax rate applies to (R7)."""

    SERVICE = "service", "services"
    RETAIL = "retail", "retail goods"
    EXEMPT = "exempt", "never taxed"


class RatesTogether(Subquery):
    """The rates of an item's tax category as one JSON list, to ride along in another query."""

    template = "(SELECT CAST(JSON_AGG(of_category.pair) AS TEXT) FROM (%(subquery)s) AS of_category)"
    output_field = models.TextField()

    def __init__(self, *, location: Location, on: dt.date) -> None:
        rows = TaxRate.objects.in_force(location=location, on=on).filter(tax_category=OuterRef("tax_category"))
        super().__init__(rows.values(pair=JSONArray("jurisdiction", Cast("rate", models.CharField()))))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> tuple[str, Any]:
        template = self.template.replace("JSON_AGG(of_category.pair)", "JSON_GROUP_ARRAY(JSON(of_category.pair))")
        return super().as_sql(compiler, connection, template, **extra)


class ItemQuerySet(models.QuerySet["Item"]):
    def priced(self, *, location: Location, on: dt.date) -> Self:
        """Items with `price_cents` in force at `location` on the day `on`; None where it is not sold there then."""
        prices = Price.objects.filter(
            Q(location=location) | Q(location=None), item=OuterRef("pk"), starts_on__lte=on
        ).order_by(F("location").asc(nulls_last=True), "-starts_on")
        return self.annotate(price_cents=Subquery(prices.values("price_cents")[:1]))

    def taxed(self, *, location: Location, on: dt.date) -> Self:
        """Items with `rates`, those of their tax category in force at `location` on the day `on`."""
        return self.annotate(rates=RatesTogether(location=location, on=on))


class Item(models.Model):
    """A treatment, an add-on or a retail product."""

    class Kind(models.TextChoices):
        TREATMENT = "treatment", "treatment"
        ADDON = "addon", "add-on"
        RETAIL = "retail", "retail"

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    tax_category = models.CharField(max_length=10, choices=TaxCategory)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    required_qualification = models.ForeignKey(
        Qualification, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    barcode = models.CharField(max_length=32, blank=True, db_index=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of the tiles.")
    is_available = models.BooleanField(default=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def rates_of_its_day(self) -> "list[TaxRate] | None":
        """The tax rates that `taxed` has read with it, in the order in which tax is split; None where it has not."""
        if not hasattr(self, "rates"):
            return None
        exact, pairs = Decimal(10) ** -RATE_PLACES, json.loads(self.rates or "[]")
        return [TaxRate(jurisdiction=name, rate=Decimal(rate).quantize(exact)) for name, rate in pairs]

    @property
    def is_service(self) -> bool:
        """Whether a therapist does it, so that it earns a tip and income in 4010 and not in 4020."""
        return self.kind != self.Kind.RETAIL


class Tile(models.Model):
    """Where an item stands on the tablets of one location, when not where it stands everywhere (R9)."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="tiles")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(help_text="Order of the tiles at this location.")
    is_favourite = models.BooleanField(default=False, help_text="Also under Favourites, the first tab.")

    class Meta:
        ordering = ["location", "position", "item"]
        constraints = [models.UniqueConstraint(name="one_tile_per_item_and_location", fields=["item", "location"])]

    def __str__(self) -> str:
        return f"{self.item} at {self.location}"


class Price(models.Model):
    """What an item costs from a day on, at one location or at every one; a location's own price wins."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="prices")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    price_cents = models.BigIntegerField()
    starts_on = models.DateField()

    class Meta:
        ordering = ["item", "-starts_on"]
        constraints = [
            models.CheckConstraint(name="price_is_not_negative", condition=Q(price_cents__gte=0)),
            models.UniqueConstraint(
                name="one_price_a_day_everywhere", fields=["item", "starts_on"], condition=Q(location=None)
            ),
            models.UniqueConstraint(name="one_price_a_day_at_a_location", fields=["item", "location", "starts_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.item} from {self.starts_on}"


class TaxRateQuerySet(models.QuerySet["TaxRate"]):
    def in_force(self, *, location: Location, on: dt.date) -> Self:
        """The rates of a location on a day, in the order in which tax is split."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=on), location=location, starts_on__lte=on).order_by(
            "tax_category", "id"
        )


class TaxRate(models.Model):
    """The rate of one jurisdiction on one category at a location, from a day (inclusive) to a day (exclusive)."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="tax_rates")
    tax_category = models.CharField(max_length=10, choices=TaxCategory)
    jurisdiction = models.CharField(max_length=40, help_text="As on the return: OH-FRANKLIN.")
    rate = models.DecimalField(max_digits=8, decimal_places=RATE_PLACES, help_text="0.072500 is 7.25 %.")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        ordering = ["location", "tax_category", "jurisdiction"]
        constraints = [
            models.CheckConstraint(name="tax_rate_is_a_share", condition=Q(rate__gte=0, rate__lt=1)),
            models.UniqueConstraint(
                name="one_rate_per_jurisdiction_and_start",
                fields=["location", "tax_category", "jurisdiction", "starts_on"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.rate}"
