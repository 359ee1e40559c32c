"""What is done with a batch on its page: each act is a form and a reload, with a sentence where it went otherwise."""

import datetime as dt
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounting.export_pages import batch_of
from accounting.exports import batches, rendering
from accounting.models import ExportBatch
from accounting.visitors import for_books, staff_of
from studio.models import Location
from studio.refusal import BadInput, Refusal


def _act(do: Callable[[HttpRequest, ExportBatch, dt.datetime], str]) -> Callable[..., HttpResponseBase]:
    """The view of an act on a batch: does it, says how it went, and shows the batch again, or all of them."""

    @for_books
    @require_POST
    @wraps(do)
    def wrapped(request: HttpRequest, places: list[Location], batch_id: int) -> HttpResponse:
        batch = batch_of(places, batch_id)
        try:
            if warning := do(request, batch, timezone.now()):
                messages.warning(request, warning)
        except Refusal as refusal:
            messages.warning(request, refusal.sentence)
        except BadInput as bad:
            messages.error(request, bad.sentence)
        is_there = ExportBatch.objects.filter(pk=batch_id).exists()
        return redirect("export_batch", batch_id=batch_id) if is_there else redirect("exports")

    return wrapped


@_act
def finish(request: HttpRequest, batch: ExportBatch, now: dt.datetime) -> str:
    batches.finish(batch, by=staff_of(request), now=now)
    return ""


@_act
def files_again(request: HttpRequest, batch: ExportBatch, now: dt.datetime) -> str:
    """Where the making of the files was broken off."""
    if batch.status == ExportBatch.Status.DRAFT or batch.sha256:
        raise batches.BatchHasMoved(f"{batch} needs no files.")
    rendering.keep_files(batch)
    return ""


@_act
def drop(request: HttpRequest, batch: ExportBatch, now: dt.datetime) -> str:
    batches.drop(batch)
    return ""


@_act
def confirm(request: HttpRequest, batch: ExportBatch, now: dt.datetime) -> str:
    return batches.confirm(batch, shown_cents=cents_of(request.POST.get("total", "")), by=staff_of(request), now=now)


@_act
def void(request: HttpRequest, batch: ExportBatch, now: dt.datetime) -> str:
    batches.void(batch, reason=request.POST.get("reason", ""), by=staff_of(request), now=now)
    return ""


def cents_of(text: str) -> int:
    """The cents of an amount as somebody types it: "1,234.50"; BadInput for anything else."""
    whole, _, part = text.strip().replace(",", "").removeprefix("$").partition(".")
    if not (
        whole.isascii() and whole.isdigit() and len(whole) <= 12 and (part or "00").isdigit() and len(part) in (0, 2)
    ):
        raise BadInput("total", "Write the total as 1,234.50.")
    return int(whole) * 100 + int(part or 0)
