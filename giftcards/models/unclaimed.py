"""What each state says of value that its owner has forgotten: after how many years it wants it, and how much of it."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q


class UnclaimedLawQuerySet(models.QuerySet["UnclaimedLaw"]):
    def in_force(self, *, on: dt.date) -> Self:
        """The rows that hold on a day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on).order_by("state", "kind", "id")


class UnclaimedLaw(models.Model):
    """One state's rule for one kind of value, from a day (inclusive) to a day (exclusive).

    Nothing here is legal advice: rows are seeded as unconfirmed, and nothing is posted or paid because of them.
    """

    class Kind(models.TextChoices):
        GIFT_CARD = "gift_card", "gift cards"
        STORE_CREDIT = "store_credit", "store credit"

    class CountsFrom(models.TextChoices):
        ISSUE = "issue", "its issue"
        LAST_USE = "last_use", "its last use or load"

    class Standing(models.TextChoices):
        UNCONFIRMED = "unconfirmed", "not confirmed by a lawyer"
        CONFIRMED = "confirmed", "confirmed"

    state = models.CharField(max_length=2, help_text="Two letters.")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.GIFT_CARD)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    dormancy_years = models.PositiveSmallIntegerField()
    counts_from = models.CharField(max_length=8, choices=CountsFrom, default=CountsFrom.LAST_USE)
    state_percent = models.PositiveSmallIntegerField(default=100, help_text="How much of what is left the state wants.")
    property_code = models.CharField(max_length=10, blank=True, help_text="As the state's form calls it.")
    standing = models.CharField(max_length=12, choices=Standing, default=Standing.UNCONFIRMED)
    source = models.CharField(max_length=200)
    checked_on = models.DateField(null=True, blank=True)

    objects = UnclaimedLawQuerySet.as_manager()

    class Meta:
        ordering = ["state", "kind", "starts_on"]
        constraints = [
            models.UniqueConstraint(name="one_unclaimed_law_per_start", fields=["state", "kind", "starts_on"]),
            models.CheckConstraint(
                name="unclaimed_law_ends_after_it_starts", condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on"))
            ),
            models.CheckConstraint(name="state_wants_a_part_of_it", condition=Q(state_percent__lte=100)),
            models.CheckConstraint(
                name="confirmed_unclaimed_law_was_checked", condition=~Q(standing="confirmed") | ~Q(checked_on=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.get_kind_display()} from {self.starts_on}"

    def dormant_on(self, *, issued_on: dt.date, last_used_on: dt.date) -> dt.date:
        """The day on which what was left alone becomes the state's to ask for; a 29 February becomes 1 March."""
        since = issued_on if self.counts_from == self.CountsFrom.ISSUE else last_used_on
        try:
            return since.replace(year=since.year + self.dormancy_years)
        except ValueError:
            return dt.date(since.year + self.dormancy_years, 3, 1)
