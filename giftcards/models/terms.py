"""What gift cards follow: the law of each state from its day on, and what a promotion adds to a card that is sold."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q


class CardLawQuerySet(models.QuerySet["CardLaw"]):
    def in_force(self, *, states: set[str], on: dt.date) -> Self:
        """The rows of these states on a day; those without a state hold everywhere."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=on), state__in=states | {""}, starts_on__lte=on).order_by(
            "state", "id"
        )


class CardLaw(models.Model):
    """What a state says of cashing out and of expiry, from a day (inclusive) to a day (exclusive) (R16).

    A card may be cashed out when any row of its state says so: its balance below `below_cents`, or up to
    `up_to_cents`, or so many per cent of it used; a row may hold for reloadable cards only, or after the first use.
    Nothing here is legal advice: rows are seeded as unconfirmed.
    """

    class Standing(models.TextChoices):
        UNCONFIRMED = "unconfirmed", "not confirmed by a lawyer"
        CONFIRMED = "confirmed", "confirmed"

    state = models.CharField(max_length=2, blank=True, help_text="Two letters; empty: everywhere.")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    below_cents = models.BigIntegerField(null=True, blank=True)
    up_to_cents = models.BigIntegerField(null=True, blank=True)
    percent_used = models.PositiveSmallIntegerField(null=True, blank=True)
    only_reloadable = models.BooleanField(default=False)
    after_first_use = models.BooleanField(default=False)
    may_expire = models.BooleanField(default=True)
    min_years = models.PositiveSmallIntegerField(default=0, help_text="From issue or last load.")
    is_never_escheated = models.BooleanField(
        default=False, help_text="What is left on forgotten cards stays with the house."
    )
    standing = models.CharField(max_length=12, choices=Standing, default=Standing.UNCONFIRMED)
    source = models.CharField(max_length=200)
    checked_on = models.DateField(null=True, blank=True)

    objects = CardLawQuerySet.as_manager()

    class Meta:
        ordering = ["state", "starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="card_law_ends_after_it_starts", condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on"))
            ),
            models.CheckConstraint(
                name="confirmed_card_law_was_checked", condition=~Q(standing="confirmed") | ~Q(checked_on=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state or 'everywhere'} from {self.starts_on}"


class GiftBonus(models.Model):
    """“Pay 80, get 100”: a value card sold for exactly `pays_cents` has `adds_cents` of promotion on it (R13)."""

    name = models.CharField(max_length=80)
    pays_cents = models.BigIntegerField()
    adds_cents = models.BigIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["starts_on", "pays_cents"]
        verbose_name_plural = "gift bonuses"
        constraints = [
            models.CheckConstraint(name="gift_bonus_adds_something", condition=Q(pays_cents__gt=0, adds_cents__gt=0)),
            models.UniqueConstraint(name="one_gift_bonus_per_price_and_start", fields=["pays_cents", "starts_on"]),
        ]

    def __str__(self) -> str:
        return self.name
