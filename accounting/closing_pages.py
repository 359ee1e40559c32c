"""The pages on which months are closed: which there are, and what stands between one and its closing."""

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounting import closing
from accounting.asking import read
from accounting.checklist import Stage, blockers, checklist
from accounting.models import Closing, ClosingBalance
from accounting.proof import write
from accounting.trial import Balance
from accounting.visitors import for_books, staff_of
from ledger.accounts import Account
from ledger.models import Entry, Period
from ledger.money import dollars
from ledger.snapshot import snapshot
from studio import audit, rights
from studio.models import Business, Level, Location, Right
from studio.refusal import BadInput, Refusal

MINUS = "−"


@for_books
@require_safe
def months(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Every month of the books, the newest first, with its state and its last closing."""
    _sees_all(request)
    now = timezone.now()
    rows = [{"period": period, "closing": closing.latest(period.month)} for period in _months(now)]
    last = closing.period_of(now.date().replace(day=1) - dt.timedelta(days=1))
    return _show(request, "closings", rows=rows, **{"from": last.month, "to": last.ends_on - dt.timedelta(days=1)})


@for_books
@require_safe
def month(request: HttpRequest, places: list[Location], month: str) -> HttpResponse:
    """One month: its checklist while it is open, the exact effect of closing it (R40), and what its closings stored."""
    _sees_all(request)
    first, now = _first_of(month), timezone.now()
    with snapshot() as using:
        period = closing.period_of(first, using=using)
        is_closed = period.status == Period.Status.CLOSED
        steps = [] if is_closed else checklist(period, using=using, now=now)
        found = None if is_closed else closing.effect(period, using=using)
        closings = list(Closing.objects.using(using).filter(month=first).select_related("closed_by"))
    stored = list(closings[0].balances.select_related("location")) if is_closed and closings else []
    return _show(
        request,
        "closing",
        period=period,
        steps=steps,
        soft_blockers=blockers(steps, Stage.SOFT),
        final_blockers=blockers(steps, Stage.FINAL),
        entries=found.entries if found is not None else closings[0].entries if closings else 0,
        rows=_stored_rows(stored) if found is None else _rows(found.balances),
        closings=closings,
        may_close=_may(request, Right.MANAGE_PERIODS),
    )


@for_books
@require_safe
def proof(request: HttpRequest, places: list[Location]) -> FileResponse:
    """The proof of the days that are asked for, as one file (R38); that it was taken goes into the audit log."""
    _sees_all(request)
    now = timezone.now()
    asked = read(request.GET, filters=(), places=places, now=now).asked
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write(file, asked.starts_on, asked.ends_on, now=now)
    file.seek(0)
    days = {"from": asked.starts_on.isoformat(), "to": asked.last_on.isoformat()}
    audit.record(at=now, action="proof_fetched", actor=staff_of(request), after=days)
    return FileResponse(file, as_attachment=True, filename=f"proof-{asked.starts_on}-{asked.last_on}.zip")


def _act(do: Callable[[HttpRequest, dt.date, dt.datetime], str]) -> Callable[..., HttpResponseBase]:
    """The view of an act: does it, says how it went, and shows the month again."""

    @for_books
    @require_POST
    @wraps(do)
    def wrapped(request: HttpRequest, places: list[Location], month: str) -> HttpResponse:
        first = _first_of(month)
        try:
            messages.success(request, do(request, first, timezone.now()))
        except Refusal as refusal:
            messages.warning(request, refusal.sentence)
        except BadInput as bad:
            messages.error(request, bad.sentence)
        return redirect("close_month", month=month)

    return wrapped


@_act
def soft_close(request: HttpRequest, month: dt.date, now: dt.datetime) -> str:
    period = closing.soft_close(month, by=staff_of(request), now=now)
    return f"{period} is closed but for corrections."


@_act
def close_for_good(request: HttpRequest, month: dt.date, now: dt.datetime) -> str:
    stored = closing.close_month(month, by=staff_of(request), now=now)
    return f"{month:%B %Y} is closed. Its SHA-256 is {stored.sha256}."


@_act
def reopen(request: HttpRequest, month: dt.date, now: dt.datetime) -> str:
    with transaction.atomic(durable=True):
        reason = request.POST.get("reason", "")
        period = closing.reopen(month, by=staff_of(request), reason=reason, now=now)
    return f"{period} is open again."


def _show(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"accounting/{name}.html", {"business": Business.current(), "here": "periods", **context})


def _may(request: HttpRequest, right: Right) -> bool:
    return rights.can(staff_of(request), right, None) == Level.ALLOWED


def _sees_all(request: HttpRequest) -> None:
    """A month is closed for all locations together, so only who sees all books sees it here."""
    if not _may(request, Right.SEE_BOOKS):
        raise PermissionDenied


def _first_of(month: str) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise Http404 from error


def _months(now: dt.datetime) -> list[Period]:
    """From the month of the first entry to this one; those without entries are there too, unsaved."""
    known = {period.month: period for period in Period.objects.select_related("closed_by", "soft_closed_by")}
    first = Entry.objects.order_by("business_date").values_list("business_date", flat=True).first()
    last = max([place.business_date(now) for place in Location.objects.all()], default=now.date())
    found, on = [], (first or last).replace(day=1)
    while on <= last:
        found.append(known.get(on, Period(month=on)))
        on = found[-1].ends_on
    return found[::-1]


def _rows(balances: Sequence[Balance]) -> list[dict[str, str]]:
    codes = dict(Location.objects.values_list("pk", "code"))
    return [
        _row(
            row.account, codes[row.location_id], row.jurisdiction, row.opening_cents, row.debit_cents, row.credit_cents
        )
        for row in balances
    ]


def _stored_rows(balances: Sequence[ClosingBalance]) -> list[dict[str, str]]:
    return [
        _row(
            Account(row.account),
            row.location.code,
            row.jurisdiction,
            row.opening_cents,
            row.debit_cents,
            row.credit_cents,
        )
        for row in balances
    ]


def _row(account: Account, place: str, tax: str, opening: int, debit: int, credit: int) -> dict[str, str]:
    return {
        "account": account.title,
        "place": place,
        "tax": tax,
        "opening": _money(opening),
        "debit": _money(debit),
        "credit": _money(credit),
        "closing": _money(opening + debit - credit),
    }


def _money(cents: int) -> str:
    return dollars(cents).replace("-", MINUS)
