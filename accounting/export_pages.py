"""The pages of exports: which batches there are, what a new one would take, and one batch with its files."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounting import ranges
from accounting.asking import read
from accounting.exports import batches, rendering
from accounting.exports.formats import writers
from accounting.exports.mapping import destination_of, unmapped, writer_of
from accounting.exports.selecting import Preview, Range, preview, since_last_export, sums_of
from accounting.models import Destination, ExportBatch, ExportFile, ExportItem
from accounting.visitors import for_books, staff_of
from ledger.models import Posting
from ledger.money import dollars
from ledger.snapshot import snapshot
from studio.models import Business, Location
from studio.refusal import BadInput, Refusal

MINUS = "−"
A_PAGE = 100
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "iif": "text/plain; charset=us-ascii",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NAMES = ("format", "grain")


def show(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    """A page of exports."""
    around = {"business": Business.current(), "here": "exports"}
    return render(request, f"accounting/exports/{name}.html", {**around, **context})


def money(cents: int | None) -> str:
    """An amount as people read it; empty for none."""
    return "" if cents is None else dollars(cents).replace("-", MINUS)


# Which there are -----------------------------------------------------------------------------------------------------


@for_books
@require_safe
def batches_page(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """The newest batches, and for each destination what came after its last export."""
    found = _visible(places).select_related("destination", "location", "final_by", "drafted_by")[:A_PAGE]
    return show(
        request,
        "batches",
        rows=[_row(batch) for batch in found],
        since=_since() if sees_all(places) else [],
        writers=list(writers().values()),
    )


def _since() -> list[dict[str, Any]]:
    known = Destination.objects.filter(last_number__gt=0, slug__in=writers())
    with snapshot() as using:
        found = [(writer_of(one.slug), since_last_export(one, using=using)) for one in known]
    return [{"writer": writer, "rows": rows, "ask": _ask_again(writer.slug, rows)} for writer, rows in found if rows]


def _ask_again(slug: str, rows: Sequence[dict[str, Any]]) -> str:
    days = [row["business_date"] for row in rows]
    return f"format={slug}&from={min(days)}&to={max(days)}"


def _row(batch: ExportBatch) -> dict[str, Any]:
    return {
        "batch": batch,
        "title": writer_of(batch.destination.slug).title,
        "days": ranges.told((batch.starts_on, batch.ends_on)),
        "debits": money(batch.debits_cents),
    }


# A new one -----------------------------------------------------------------------------------------------------------


@for_books
@require_safe
def new(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """The exact effect of an export before it is made (R40): entries, sums, and accounts without a name there."""
    now = timezone.now()
    question = read(request.GET, filters=(), places=places, now=now, more=NAMES)
    slug, grain = _asked(request.GET)
    destination, what = destination_of(slug), _range(question.said.get("location", ""), question.asked, places)
    with snapshot() as using:
        found = preview(destination, what, using=using)
    missing = unmapped(destination, [one.account for one in found.sums])
    return show(
        request,
        "new",
        **_sums(found),
        asked=question.asked,
        presets=[
            {
                "title": title,
                "address": question.address(**{"preset": name, "from": "", "to": ""}, **_said(slug, grain)),
            }
            for name, (title, _) in ranges.PRESETS.items()
        ],
        days=ranges.told((what.starts_on, what.ends_on)),
        places=places,
        chosen=what.location,
        must_choose=not sees_all(places),
        writer=writer_of(slug),
        writers=list(writers().values()),
        grain=grain,
        grains=ExportBatch.Grain.choices,
        missing=missing,
        found=found,
    )


@for_books
@require_POST
def make(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Draw up the batch; it is looked at and made final on its own page."""
    now = timezone.now()
    given = request.POST.dict()
    question = read(
        {name: given.get(name, "") for name in ("from", "to", "location")}, filters=(), places=places, now=now
    )
    slug, grain = _asked(given)
    what = _range(question.said.get("location", ""), question.asked, places)
    try:
        batch = batches.draft(slug, what, grain=grain, by=staff_of(request), now=now)
    except Refusal as refusal:
        messages.warning(request, refusal.sentence)
        return redirect("exports")
    return redirect("export_batch", batch_id=batch.pk)


def _asked(given: Any) -> tuple[str, str]:
    slug = given.get("format", "") or next(iter(writers()))
    grain = given.get("grain", "") or ExportBatch.Grain.DAY.value
    writer_of(slug)
    if grain not in ExportBatch.Grain.values:
        raise BadInput("grain", f"There is no such grain; there are {', '.join(ExportBatch.Grain.values)}.")
    return slug, grain


def _said(slug: str, grain: str) -> dict[str, str]:
    return {"format": slug, "grain": grain}


def _range(code: str, asked: Any, places: Sequence[Location]) -> Range:
    """Who sees some locations only exports one of them at a time."""
    chosen = next((place for place in places if place.code == code), None)
    if chosen is None and not sees_all(places):
        chosen = places[0]
    return Range(asked.starts_on, asked.ends_on, chosen)


def _sums(found: Preview) -> dict[str, Any]:
    sums = [(one.account.title, money(one.debits_cents), money(one.credits_cents)) for one in found.sums]
    return {"sums": sums, "debits": money(found.debits_cents)}


# One of them ---------------------------------------------------------------------------------------------------------


@for_books
@require_safe
def batch_page(request: HttpRequest, places: list[Location], batch_id: int) -> HttpResponse:
    """One batch: what is in it, its files, and what can be done with it."""
    batch = batch_of(places, batch_id)
    items = ExportItem.objects.filter(batch=batch).values("entry_id")
    found = Preview(batch.entries, sums_of(Posting.objects.filter(entry__in=items)))
    is_draft = batch.status == ExportBatch.Status.DRAFT
    return show(
        request,
        "batch",
        **_sums(found),
        batch=batch,
        row=_row(batch),
        files=batch.files.all(),
        missing=unmapped(batch.destination, [one.account for one in found.sums]) if is_draft else [],
        total=money(batch.debits_cents),
        shown=money(batch.confirmed_cents),
        differs=batch.confirmed_cents is not None and batch.confirmed_cents != batch.debits_cents,
    )


@for_books
@require_safe
def file(request: HttpRequest, places: list[Location], batch_id: int, position: int) -> HttpResponseBase:
    """One kept file; that it was taken goes into the audit log."""
    batch = batch_of(places, batch_id)
    found = ExportFile.objects.filter(batch=batch, position=position).first()
    if found is None:
        raise Http404
    batches.fetched(found, batch, by=staff_of(request), now=timezone.now())
    answer = StreamingHttpResponse(
        rendering.pieces_of(found), content_type=TYPES.get(_ending(found.name), "text/plain")
    )
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    answer["Content-Length"] = str(found.bytes)
    return answer


@for_books
@require_safe
def archive(request: HttpRequest, places: list[Location], batch_id: int) -> HttpResponseBase:
    """All files of a final batch as one; that they were taken goes into the audit log."""
    batch = batch_of(places, batch_id)
    if not batch.sha256:
        raise Http404
    batches.fetched(None, batch, by=staff_of(request), now=timezone.now())
    return FileResponse(rendering.archive(batch), as_attachment=True, filename=f"{batch.number}.zip")


def _visible(places: Sequence[Location]) -> "QuerySet[ExportBatch]":
    """The batches of these locations, and those of all to who sees all."""
    seen = Q(location__in=places) | Q(location=None) if sees_all(places) else Q(location__in=places)
    return ExportBatch.objects.filter(seen, destination__slug__in=writers())


def batch_of(places: Sequence[Location], batch_id: int) -> ExportBatch:
    """The batch, when the person sees it; 404 otherwise."""
    found = _visible(places).select_related("destination", "location", "drafted_by", "final_by").filter(pk=batch_id)
    if batch := found.first():
        return batch
    raise Http404


def sees_all(places: Sequence[Location]) -> bool:
    """Whether these are all locations."""
    return len(places) == Location.objects.count()


def _ending(name: str) -> str:
    return name.rsplit(".", 1)[-1]
