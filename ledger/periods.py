"""The months of the books: a closed one takes no more entries, and closing waits for those on their way."""

import datetime as dt

from django.db import DEFAULT_DB_ALIAS, connection

from ledger import chain
from ledger.models import Period
from studio import audit
from studio.models import Location, Staff
from studio.refusal import Refusal

CORRECTIONS = ("correction",)
"""The kinds of entry that a soft-closed month still takes: those that an accountant decides on."""


class PeriodClosed(Refusal):
    """The month of the entry is closed; a correction falls on the first open day (posting rule 77)."""

    code = "period_closed"


class PeriodAlreadyClosed(Refusal):
    """Somebody has closed the month before."""

    code = "period_already_closed"


class PeriodNotClosed(Refusal):
    """There is nothing to reopen."""

    code = "period_not_closed"


class MonthNotOver(Refusal):
    """The month's last business day still runs somewhere."""

    code = "month_not_over"


class EntriesNotLinked(Refusal):
    """Entries of the month could not be sealed in the chain just now."""

    code = "entries_not_linked"


def lock_open_period(on: dt.date, *, kind: str = "") -> None:
    """Keep the month of that day open until the caller's transaction ends; PeriodClosed when it does not take `kind`.

    A soft-closed month takes CORRECTIONS only. One statement, three for the first entry of a month. Callers share the
    lock, `soft_close` and `close` take it alone.
    """
    month = on.replace(day=1)
    status = _shared_status(month)
    if status is None:
        Period.objects.bulk_create([Period(month=month)], ignore_conflicts=True)
        status = _shared_status(month)
    if status == Period.Status.CLOSED or (status == Period.Status.SOFT and kind not in CORRECTIONS):
        raise PeriodClosed(f"{month:%B %Y} is closed in the books.", month=month.isoformat())


def open_day(on: dt.date) -> dt.date:
    """The day itself, or the first day after it whose month is open: where a late event is posted (rule 77)."""
    later = Period.objects.filter(month__gte=on.replace(day=1)).exclude(status=Period.Status.OPEN)
    closed = set(later.values_list("month", flat=True))
    while (month := on.replace(day=1)) in closed:
        on = Period(month=month).ends_on
    return on


def soft_close(month: dt.date, *, by: Staff, now: dt.datetime) -> Period:
    """Close a month for desk and worker; what comes late falls on `open_day`, an accountant may still correct.

    `month` is any day of it. Raises MonthNotOver, PeriodAlreadyClosed.
    """
    month = month.replace(day=1)
    _assert_over(month, now)
    period = _locked(month)
    if period.status != Period.Status.OPEN:
        raise PeriodAlreadyClosed(f"{period} is closed already.", month=month.isoformat())
    period.status, period.soft_closed_at, period.soft_closed_by = Period.Status.SOFT, now, by
    period.save(update_fields=["status", "soft_closed_at", "soft_closed_by"])
    audit.record(at=now, action="period_soft_closed", actor=by, subject=period, after={"month": month.isoformat()})
    return period


def close(month: dt.date, *, by: Staff, now: dt.datetime) -> Period:
    """Close a month for good: link its entries first, then take no more.

    `month` is any day of it. Raises MonthNotOver, PeriodAlreadyClosed, EntriesNotLinked.
    """
    month = month.replace(day=1)
    _assert_over(month, now)
    period = _locked(month)
    if period.status == Period.Status.CLOSED:
        raise PeriodAlreadyClosed(f"{period} is closed already.", month=month.isoformat())
    chain.link_entries(now=now)
    _assert_linked(period)
    period.status, period.closed_at, period.closed_by = Period.Status.CLOSED, now, by
    period.save(update_fields=["status", "closed_at", "closed_by"])
    audit.record(at=now, action="period_closed", actor=by, subject=period, after={"month": month.isoformat()})
    return period


def reopen(month: dt.date, *, by: Staff, reason: str, now: dt.datetime) -> Period:
    """Let a closed month take entries again, with the reason in the audit log; PeriodNotClosed when it is open."""
    period = _locked(month.replace(day=1))
    if period.status == Period.Status.OPEN:
        raise PeriodNotClosed(f"{period} is not closed.", month=period.month.isoformat())
    closed_at = period.closed_at or period.soft_closed_at
    period.status, period.closed_at, period.closed_by = Period.Status.OPEN, None, None
    period.soft_closed_at, period.soft_closed_by = None, None
    period.save(update_fields=["status", "closed_at", "closed_by", "soft_closed_at", "soft_closed_by"])
    audit.record(
        at=now,
        action="period_reopened",
        actor=by,
        subject=period,
        before={"month": period.month.isoformat(), "closed_at": closed_at.isoformat() if closed_at else ""},
        reason=reason,
    )
    return period


def _shared_status(month: dt.date) -> str | None:
    # The ORM has no FOR SHARE; FOR UPDATE would let the tills of a month post one after another.
    lock = " FOR SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT status FROM ledger_period WHERE month = %s{lock}",  # noqa: S608 - our own words
            [connection.ops.adapt_datefield_value(month)],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _locked(month: dt.date) -> Period:
    Period.objects.bulk_create([Period(month=month)], ignore_conflicts=True)
    return Period.objects.select_for_update().get(month=month)


def still_in(period: Period, *, now: dt.datetime, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The names of the locations at which the month is not over."""
    places = Location.objects.using(using).all()
    return [place.name for place in places if place.business_date(now) < period.ends_on]


def _assert_over(month: dt.date, now: dt.datetime) -> None:
    period = Period(month=month)
    if names := still_in(period, now=now):
        raise MonthNotOver(f"{period} is not over at {', '.join(names)}.", month=month.isoformat())


def _assert_linked(period: Period) -> None:
    left = chain.unlinked().filter(business_date__gte=period.month, business_date__lt=period.ends_on).count()
    if left:
        raise EntriesNotLinked(
            f"{left} entries of {period} are being sealed by somebody else; try again in a minute.",
            month=period.month.isoformat(),
        )
