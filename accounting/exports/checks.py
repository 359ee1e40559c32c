"""The promises of the exports as queries that find nothing; see `ledger.checks`."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounting.exports import rendering
from accounting.exports.mapping import writer_of
from accounting.models import Destination, ExportBatch, ExportFile, ExportItem
from ledger.checks import Problem
from ledger.models import Entry, Period

NEWEST = 5  # batches that are made again at every look
ROUND = 28  # days in which each of the others has its turn


def check_closed_months_are_exported_whole(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I39 Of a closed month that was exported, every entry is in one live batch of that destination."""
    closed = Period.objects.using(using).filter(status=Period.Status.CLOSED)
    for destination in Destination.objects.using(using):
        for period in closed:
            if count := _left_out(destination, period, using).count():
                yield Problem("I39", f"{count} entries of {period} are in no batch for {destination}.")


def check_exports_are_as_given_out(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I40 The files of a batch are as they were given out, and made again from the books they are the same."""
    final = ExportBatch.objects.using(using).exclude(status=ExportBatch.Status.DRAFT).select_related("destination")
    for batch in final.filter(sha256=""):
        yield Problem("I40", f"{batch} has no files.")
    newest = set(final.values_list("pk", flat=True).order_by("-pk")[:NEWEST])
    for batch in final.exclude(sha256="").order_by("pk").iterator():
        if batch.pk in newest or (batch.pk - now.toordinal()) % ROUND == 0:
            yield from _differences(batch)


def _left_out(destination: Destination, period: Period, using: str) -> QuerySet[Entry]:
    """Entries of the month on days and at locations that a live final batch covers, which are in no live batch."""
    days = Q(starts_on__lte=OuterRef("business_date"), ends_on__gt=OuterRef("business_date"))
    where = Q(location=None) | Q(location=OuterRef("location"))
    covering = ExportBatch.objects.filter(days & where, destination=destination, status__in=["final", "confirmed"])
    item = ExportItem.objects.filter(destination=destination, entry=OuterRef("pk"), is_live=True)
    month = Entry.objects.using(using).filter(business_date__gte=period.month, business_date__lt=period.ends_on)
    return month.filter(Exists(covering)).exclude(Exists(item))


def _differences(batch: ExportBatch) -> Iterator[Problem]:
    writer = writer_of(batch.destination.slug)
    for file in ExportFile.objects.filter(batch=batch):
        if rendering.measured(file.name, rendering.pieces_of(file))["sha256"] != file.sha256:
            yield Problem("I40", f"{file.name} of {batch} is not as it was given out.")
    if writer.repeats and rendering.made_again(batch) != batch.sha256:
        yield Problem("I40", f"{batch} made again is not what was given out.")
    if rendering.measure(rendering.export_of(batch), writer) != (batch.lines, batch.debits_cents):
        yield Problem("I40", f"{batch} made again has other control totals.")
    yield from _unbalanced(batch)


def _unbalanced(batch: ExportBatch) -> Iterator[Problem]:
    for entry in rendering.export_of(batch).entries():
        if sum(line.amount_cents for line in entry.lines):
            yield Problem("I40", f"{entry.number} of {batch} is out of balance.")
