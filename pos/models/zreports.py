"""The Z of a drawer: what its close came to, kept as it was, and which sales it speaks of (R8)."""

from django.db import models

from ledger.models import Entry
from pos.models.drawers import DrawerSession
from studio.models import Location


class ZReport(models.Model):
    """The day of one drawer as it stood when it was closed; made once, never changed."""

    append_only = True

    session = models.OneToOneField(DrawerSession, primary_key=True, on_delete=models.PROTECT, related_name="z")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    contents = models.JSONField(help_text="All figures, by the version that they name.")
    net_cents = models.BigIntegerField(help_text="Net sales of this Z.")
    grand_total_cents = models.BigIntegerField(help_text="Net sales of all Zs of the location up to this; never reset.")
    chain_number = models.BigIntegerField(help_text="The last entry that was sealed; 0: none yet.")
    chain_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["location", "-number"]
        constraints = [models.UniqueConstraint(name="z_report_once_per_number", fields=["location", "number"])]

    def __str__(self) -> str:
        return f"Z {self.number} ({self.location.code})"


class ZEntry(models.Model):
    """A sale, refund or void in the books, and the one Z that counts it."""

    append_only = True

    z = models.ForeignKey(ZReport, on_delete=models.PROTECT, related_name="entries")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="z")

    def __str__(self) -> str:
        return f"{self.entry_id} in Z of {self.z_id}"
