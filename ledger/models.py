"""The books: entries with their postings, the chain that seals them, and the months they fall in."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from ledger.accounts import Account
from studio.ids import new_id
from studio.models import Location


class Entry(models.Model):
    """One business event in the books; written once by `journal.post`, corrected only by another entry."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    business_date = models.DateField()
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField()
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    original_date = models.DateField(null=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    memo = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [models.Index(name="entries_by_day", fields=["business_date", "location"])]

    def __str__(self) -> str:
        return f"{self.business_date} {self.key}"


class Posting(models.Model):
    """An amount on an account within an entry, in cents: debit positive, credit negative."""

    append_only = True

    # Its index is that of posting_position_once.
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings", db_index=False)
    position = models.PositiveSmallIntegerField()
    account = models.PositiveSmallIntegerField(choices=Account)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_cents = models.BigIntegerField()
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    category = models.CharField(max_length=20, blank=True)
    tender = models.CharField(max_length=20, blank=True)
    jurisdiction = models.CharField(max_length=40, blank=True)
    instrument = models.CharField(max_length=60, blank=True)
    client: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True)
    drawer_session: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="posting_position_once", fields=["entry", "position"]),
            models.CheckConstraint(name="posting_never_zero", condition=~Q(amount_cents=0)),
            models.CheckConstraint(name="posting_account_is_in_the_chart", condition=Q(account__in=Account.values)),
        ]
        indexes = [
            models.Index(name="postings_by_drawer", fields=["drawer_session"], condition=~Q(drawer_session=None)),
            models.Index(name="postings_by_therapist", fields=["therapist", "account"], condition=~Q(therapist=None)),
        ]

    def __str__(self) -> str:
        return f"{Account(self.account).title} {self.amount_cents}"


class Link(models.Model):
    """An entry's number and its place in the hash chain; appended by one holder for committed entries."""

    append_only = True

    number = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="link")
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    linked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"#{self.number}"


class Period(models.Model):
    """A month of the books; a closed one takes no more entries, a soft-closed one corrections only (rule 77)."""

    class Status(models.TextChoices):
        OPEN = "open", "open"
        SOFT = "soft", "closed but for corrections"
        CLOSED = "closed", "closed"

    month = models.DateField(unique=True, help_text="First day of the month.")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    soft_closed_at = models.DateTimeField(null=True, blank=True)
    soft_closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(name="period_starts_on_the_first", condition=Q(month__day=1)),
            models.CheckConstraint(name="closed_period_says_when", condition=~Q(status="closed") | ~Q(closed_at=None)),
            models.CheckConstraint(
                name="soft_closed_period_says_when", condition=~Q(status="soft") | ~Q(soft_closed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"

    @property
    def ends_on(self) -> dt.date:
        """The first day after the month."""
        return (self.month + dt.timedelta(days=31)).replace(day=1)
