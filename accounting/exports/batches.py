"""Batches: drawn up, made final with a number and files, confirmed from the other books, or taken back."""

import datetime as dt
from typing import Any

from django.db import transaction

from accounting.exports import rendering
from accounting.exports.mapping import destination_of, must_be_mapped, names_of, writer_of
from accounting.exports.selecting import Range, seal, take
from accounting.models import Destination, ExportBatch, ExportFile, ExportItem
from ledger import chain
from ledger.accounts import Account
from ledger.models import Posting
from ledger.money import dollars
from studio import audit
from studio.models import Staff
from studio.refusal import BadInput, Refusal

Status = ExportBatch.Status


class NothingToExport(Refusal):
    """Every entry of the range is in a live batch already, or there is none."""

    code = "nothing_to_export"


class BatchHasMoved(Refusal):
    """The batch is no longer in the state that this needs."""

    code = "batch_has_moved"


def draft(slug: str, what: Range, *, grain: str, by: Staff | None, now: dt.datetime) -> ExportBatch:
    """Take the entries of the range that are in no live batch of the destination into a new one.

    Seals what waits first; short transactions of its own. Raises EntriesNotSealed, NothingToExport; BadInput for an
    unknown format or grain.
    """
    if grain not in ExportBatch.Grain.values:
        raise BadInput("grain", f"“{grain[:20]}” is no grain; there are {', '.join(ExportBatch.Grain.values)}.")
    destination = destination_of(slug)
    seal(what, now=now)
    with transaction.atomic(durable=True):
        Destination.objects.select_for_update().get(pk=destination.pk)
        batch = ExportBatch.objects.create(
            destination=destination,
            location=what.location,
            starts_on=what.starts_on,
            ends_on=what.ends_on,
            grain=grain,
            drafted_at=now,
            drafted_by=by,
            entries=0,
        )
        batch.entries = take(batch, what)
        if not batch.entries:
            raise NothingToExport("There is nothing in this range that was not exported already.")
        batch.save(update_fields=["entries"])
    return batch


def finish(batch: ExportBatch, *, by: Staff | None, now: dt.datetime) -> ExportBatch:
    """Make a draft final: number it, keep all that its files depend on, and store the files with their hash.

    Short transactions of its own. Raises AccountsNotMapped, BatchHasMoved.
    """
    writer = writer_of(batch.destination.slug)
    used = _accounts(batch)
    must_be_mapped(batch.destination, used)
    facts = _facts(batch)
    batch.facts = facts
    provisional = rendering.export_of(batch)
    facts["kept"] = writer.keep(provisional)
    lines, debits_cents = rendering.measure(provisional, writer)
    with transaction.atomic(durable=True):
        _number(batch, facts, lines=lines, debits_cents=debits_cents, by=by, now=now)
    rendering.keep_files(batch)
    return batch


def export(slug: str, what: Range, *, grain: str, by: Staff | None, now: dt.datetime) -> ExportBatch:
    """A final batch at once; nothing stays behind when accounts are not mapped."""
    made = draft(slug, what, grain=grain, by=by, now=now)
    try:
        return finish(made, by=by, now=now)
    except Refusal:
        drop(made)
        raise


def drop(batch: ExportBatch) -> None:
    """Forget a draft; its entries are free again. BatchHasMoved when it is none."""
    with transaction.atomic(durable=True):
        if not ExportBatch.objects.select_for_update().filter(pk=batch.pk, status=Status.DRAFT).exists():
            raise BatchHasMoved(f"{batch} is no draft any more.")
        ExportItem.objects.filter(batch=batch).delete()
        ExportBatch.objects.filter(pk=batch.pk).delete()


def confirm(batch: ExportBatch, *, shown_cents: int, by: Staff, now: dt.datetime) -> str:
    """Note that the other books have it and show this total of debits; a sentence of warning when it is another one."""
    with transaction.atomic(durable=True):
        _move(batch, Status.CONFIRMED, confirmed_at=now, confirmed_by=by, confirmed_cents=shown_cents)
        after = {"number": batch.number, "shown_cents": shown_cents, "debits_cents": batch.debits_cents}
        audit.record(at=now, action="export_confirmed", actor=by, subject=batch, after=after)
    if shown_cents == batch.debits_cents:
        return ""
    our_cents = batch.debits_cents or 0
    return f"{batch} has debits of {dollars(our_cents)}; the other books differ by {dollars(shown_cents - our_cents)}."


def void(batch: ExportBatch, *, reason: str, by: Staff, now: dt.datetime) -> None:
    """Take a final batch back after it was deleted in the other books: it keeps its number, its entries are free."""
    if not reason.strip():
        raise BadInput("reason", "Say why the batch is taken back.")
    with transaction.atomic(durable=True):
        Destination.objects.select_for_update().get(pk=batch.destination_id)
        _move(batch, Status.VOID, voided_at=now, voided_by=by, void_reason=reason.strip()[:300])
        ExportItem.objects.filter(batch=batch).update(is_live=False)
        audit.record(
            at=now, action="export_voided", actor=by, subject=batch, after={"number": batch.number}, reason=reason[:300]
        )


def fetched(file: ExportFile | None, batch: ExportBatch, *, by: Staff, now: dt.datetime) -> None:
    """Note in the audit log that somebody took a file out of the house, or all of them as one."""
    name = file.name if file else f"{batch.number}.zip"
    audit.record(at=now, action="export_fetched", actor=by, subject=batch, after={"file": name})


def _accounts(batch: ExportBatch) -> list[Account]:
    items = ExportItem.objects.filter(batch=batch).values("entry_id")
    codes = Posting.objects.filter(entry__in=items).values_list("account", flat=True).distinct()
    return [Account(code) for code in codes.order_by("account")]


def _facts(batch: ExportBatch) -> dict[str, Any]:
    destination = Destination.objects.get(pk=batch.destination_id)
    head = chain.head()
    return {
        **rendering.facts_now(
            names_of(destination),
            tax_rate_name=destination.tax_rate_name,
            journal_code=destination.journal_code,
        ),
        "location": batch.location.code if batch.location else "",
        "head": [head.number, head.hash] if head else [0, ""],
    }


def _number(
    batch: ExportBatch, facts: dict[str, Any], *, lines: int, debits_cents: int, by: Staff | None, now: dt.datetime
) -> None:
    """Give the draft the next number of its destination, whose row is locked until the transaction ends."""
    destination = Destination.objects.select_for_update().get(pk=batch.destination_id)
    before = ExportBatch.objects.filter(destination=destination, sequence=destination.last_number).first()
    destination.last_number += 1
    destination.save(update_fields=["last_number"])
    code = writer_of(destination.slug).code
    number = f"{code}-{batch.starts_on:%Y-%m}-{destination.last_number:04}"
    facts["previous_sha256"] = before.sha256 if before else ""
    _move(
        batch,
        Status.FINAL,
        sequence=destination.last_number,
        number=number,
        final_at=now,
        final_by=by,
        facts=facts,
        lines=lines,
        debits_cents=debits_cents,
    )
    after = {"number": number, "entries": batch.entries, "debits_cents": debits_cents}
    audit.record(at=now, action="exported", actor=by, location=batch.location, subject=batch, after=after)


def _move(batch: ExportBatch, to: str, **values: Any) -> None:
    """One guarded UPDATE; BatchHasMoved when the batch is in no state that leads there."""
    from_ = [status for status, moves in ExportBatch.MOVES.items() if to in moves]
    moved = ExportBatch.objects.filter(pk=batch.pk, status__in=from_).update(status=to, **values)
    if not moved:
        raise BatchHasMoved(f"{batch} is {ExportBatch.objects.get(pk=batch.pk).get_status_display()}.")
    batch.refresh_from_db()
