"""What was exported into which other books: batches with their entries and files, and the account names there."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ledger.accounts import Account
from ledger.models import Entry
from studio.models import Location

_LIVE = ("draft", "final", "confirmed")


class Destination(models.Model):
    """Other books that we export to; one for each writer of `settings.EXPORT_FORMATS`, told by its slug.

    Its row is the lock of its batches and holds their last number.
    """

    slug = models.SlugField(max_length=30, unique=True)
    last_number = models.PositiveIntegerField(default=0)
    tax_rate_name = models.CharField(
        "name of the zero tax rate",
        max_length=50,
        default="Tax Exempt (0%)",
        help_text="Xero: the rate that every line carries; sales tax has a line of its own.",
    )
    journal_code = models.CharField(
        "journal", max_length=12, default="POSJ", help_text="Sage Intacct: the journal that takes the entries."
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.slug


class AccountName(models.Model):
    """How other books call one of our accounts; `{location}` in it stands for the location's name."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="account_names")
    account = models.PositiveSmallIntegerField(choices=Account)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["account"]
        constraints = [
            models.UniqueConstraint(name="one_name_per_account_and_books", fields=["destination", "account"]),
            models.CheckConstraint(name="account_name_is_not_empty", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.name}"


class ExportBatch(models.Model):
    """Entries that go into other books together; each entry is in one live batch per destination at most.

    A draft has no number and may be dropped. A final one has a number, what its files depend on (`facts`) and their
    hash for ever; `debits_cents` is the total that the other books show. A void one keeps its number, its entries are
    free again. Days are business dates, the end exclusive; without a location it is all of them.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        FINAL = "final", "final"
        CONFIRMED = "confirmed", "confirmed"
        VOID = "void", "void"

    class Grain(models.TextChoices):
        DAY = "day", "one entry per location, day and kind"
        EVENT = "event", "one entry per event"

    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        "draft": ("final",),
        "final": ("confirmed", "void"),
        "confirmed": ("void",),
        "void": (),
    }

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="batches")
    location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The first day after it.")
    grain = models.CharField(max_length=8, choices=Grain, default=Grain.DAY)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    entries = models.PositiveIntegerField(help_text="How many of our entries are in it.")
    sequence = models.PositiveIntegerField(null=True, help_text="Counts the final batches of a destination.")
    number = models.CharField(max_length=30, unique=True, null=True)  # noqa: DJ001 - unique, so empty is null
    final_at = models.DateTimeField(null=True)
    final_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict, help_text="Names and settings as they were, which the files depend on.")
    lines = models.PositiveIntegerField(null=True, help_text="How many lines the other books get.")
    debits_cents = models.BigIntegerField(null=True, help_text="Sum of the debits in the files; the credits are equal.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of manifest.json, which holds those of all files.")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_cents = models.BigIntegerField(null=True, help_text="Total of the debits that the other books showed.")
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "export batches"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="one_batch_per_number_of_the_books", fields=["destination", "sequence"]),
            models.CheckConstraint(name="batch_has_days", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(
                name="final_batch_is_numbered",
                condition=Q(status="draft", number=None, sequence=None)
                | (~Q(status="draft") & Q(number__isnull=False, sequence__isnull=False, final_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether its entries count as exported."""
        return self.status in _LIVE


class ExportItem(models.Model):
    """One of our entries in a batch; live until the batch is void, and live once per destination."""

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="items", db_index=False)
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    is_live = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="entry_once_per_batch", fields=["batch", "entry"]),
            models.UniqueConstraint(
                name="entry_exported_once", fields=["destination", "entry"], condition=Q(is_live=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} in {self.batch_id}"


class ExportFile(models.Model):
    """A file of a final batch, kept as it was given out."""

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="files", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(name="file_once_per_batch", fields=["batch", "position"])]

    def __str__(self) -> str:
        return self.name


class ExportChunk(models.Model):
    """A piece of a kept file, compressed."""

    file = models.ForeignKey(ExportFile, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(name="chunk_once_per_file", fields=["file", "position"])]

    def __str__(self) -> str:
        return f"{self.position} of {self.file_id}"
