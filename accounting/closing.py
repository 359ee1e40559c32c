"""Closing a month: softly, when nothing but corrections may still come, then for good, with what stood in it stored."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Max, QuerySet

from accounting.checklist import Stage, Step, blockers, checklist, quick_checklist
from accounting.models import Closing, ClosingBalance, ClosingMove, ExportBatch
from accounting.trial import Balance, Move, moves_of_debts, trial_balance
from ledger import chain, periods
from ledger.accounts import Account
from ledger.models import Entry, Period
from ledger.snapshot import snapshot
from studio import rights
from studio.models import Right, Staff
from studio.refusal import BadInput, Refusal

FORM = "footfall closing 1"


class NotReady(Refusal):
    """Something on the checklist keeps the month from being closed; `blockers` in the details names it."""

    code = "month_not_ready"


class LaterMonthClosed(Refusal):
    """A month after it is closed, and stands on what this one ended with."""

    code = "later_month_closed"


class MonthIsExported(Refusal):
    """A live export batch has entries of the month: other books hold them."""

    code = "month_is_exported"


@dataclass(frozen=True, slots=True)
class Effect:
    """What closing the month would store (R40), as of now."""

    period: Period
    entries: int
    balances: Sequence[Balance]
    moves: Sequence[Move]


def period_of(month: dt.date, *, using: str = DEFAULT_DB_ALIAS) -> Period:
    """The month of that day; an unsaved open one when nothing was posted in it yet."""
    first = month.replace(day=1)
    return Period.objects.using(using).filter(month=first).first() or Period(month=first)


def effect(period: Period, *, using: str) -> Effect:
    """What closing would store of the month, without closing it."""
    days = (period.month, period.ends_on)
    return Effect(
        period,
        _entries(period).using(using).count(),
        trial_balance(*days, using=using),
        moves_of_debts(*days, using=using),
    )


def soft_close(month: dt.date, *, by: Staff, now: dt.datetime) -> Period:
    """Close the month for desk and worker; an accountant may still correct. NotReady says what would still come.

    For whoever sees the books everywhere. Opens its own transaction.
    """
    rights.require(by, Right.SEE_BOOKS, None)
    with snapshot() as using:
        _refuse(quick_checklist(period_of(month, using=using), using=using, now=now), Stage.SOFT, month)
    with transaction.atomic(durable=True):
        period = periods.soft_close(month, by=by, now=now)
        _refuse(quick_checklist(period, using=DEFAULT_DB_ALIAS, now=now), Stage.SOFT, month)
    return period


def close_month(month: dt.date, *, by: Staff, now: dt.datetime) -> Closing:
    """Close the month for good and store what stood in it; NotReady says what keeps it open.

    For whoever may close months everywhere. The checks of the books run before anything is locked; the rest of the
    checklist is looked at again under the lock that keeps every entry out. Opens its own transaction.
    """
    rights.require(by, Right.MANAGE_PERIODS, None)
    with snapshot() as using:
        _refuse(checklist(period_of(month, using=using), using=using, now=now), Stage.FINAL, month)
    with transaction.atomic(durable=True):
        period = periods.close(month, by=by, now=now)
        _refuse(quick_checklist(period, using=DEFAULT_DB_ALIAS, now=now), Stage.FINAL, month)
        return _store(period, by=by, now=now)


def reopen(month: dt.date, *, by: Staff, reason: str, now: dt.datetime) -> Period:
    """Let the month take entries again, in the caller's transaction; the reason goes into the audit log.

    For whoever may close months everywhere. Raises PeriodNotClosed, LaterMonthClosed, MonthIsExported.
    """
    rights.require(by, Right.MANAGE_PERIODS, None)
    if not reason.strip():
        raise BadInput("reason", "Say why the month is opened again.")
    later = Period.objects.filter(month__gt=month.replace(day=1), status=Period.Status.CLOSED).order_by("month")
    if (after := later.first()) is not None:
        raise LaterMonthClosed(f"{after} is closed and stands on this month: reopen that first.")
    _refuse_exported(period_of(month))
    return periods.reopen(month, by=by, reason=reason.strip()[:300], now=now)


def latest(month: dt.date, *, using: str = DEFAULT_DB_ALIAS) -> Closing | None:
    """The last closing of the month that was stored, whether or not it was reopened since."""
    return Closing.objects.using(using).filter(month=month.replace(day=1)).order_by("-number").first()


def sealed_text(closing: Closing) -> str:
    """All that the closing stored, as the lines of text whose SHA-256 it keeps.

    Fields by tab, locations by their number, amounts in cents, debit positive.
    """
    head = f"{closing.chain_number}:{closing.chain_hash}"
    return _text(closing.month, closing.number, closing.entries, head, _rows_of(closing))


def sha256(text: str) -> str:
    """Of the text as UTF-8, in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse(steps: Sequence[Step], stage: Stage, month: dt.date) -> None:
    if found := blockers(list(steps), stage):
        sentences = " ".join(step.sentence for step in found)
        raise NotReady(f"{month:%B %Y} is not ready. {sentences}", blockers=[step.name for step in found])


def _refuse_exported(period: Period) -> None:
    batches = ExportBatch.objects.filter(starts_on__lt=period.ends_on, ends_on__gt=period.month)
    live = [batch for batch in batches.order_by("pk") if batch.is_live]
    if live:
        named = ", ".join(str(batch) for batch in live)
        raise MonthIsExported(f"{period} was exported: {named}. Void that first.", batches=[str(one) for one in live])


def _store(period: Period, *, by: Staff, now: dt.datetime) -> Closing:
    """Write the closing of a month that nothing can come into any more."""
    found = effect(period, using=DEFAULT_DB_ALIAS)
    last = Closing.objects.filter(month=period.month).aggregate(number=Max("number"))["number"] or 0
    head = chain.head()
    number, digest = (head.number, head.hash) if head is not None else (0, chain.NO_HASH)
    text = _text(period.month, last + 1, found.entries, f"{number}:{digest}", _rows(found.balances, found.moves))
    closing = Closing.objects.create(
        month=period.month,
        number=last + 1,
        closed_at=now,
        closed_by=by,
        entries=found.entries,
        chain_number=number,
        chain_hash=digest,
        sha256=sha256(text),
    )
    ClosingBalance.objects.bulk_create(_stored(closing, row) for row in found.balances)
    ClosingMove.objects.bulk_create(
        ClosingMove(
            closing=closing,
            account=move.account,
            location_id=move.location_id,
            jurisdiction=move.jurisdiction,
            kind=move.kind,
            amount_cents=move.amount_cents,
        )
        for move in found.moves
    )
    return closing


def _stored(closing: Closing, row: Balance) -> ClosingBalance:
    return ClosingBalance(
        closing=closing,
        account=row.account,
        location_id=row.location_id,
        jurisdiction=row.jurisdiction,
        opening_cents=row.opening_cents,
        debit_cents=row.debit_cents,
        credit_cents=row.credit_cents,
        closing_cents=row.closing_cents,
    )


def _entries(period: Period) -> "QuerySet[Entry]":
    return Entry.objects.filter(business_date__gte=period.month, business_date__lt=period.ends_on)


# The text that is sealed ---------------------------------------------------------------------------------------------


def _text(month: dt.date, number: int, entries: int, head: str, rows: Iterator[tuple[object, ...]]) -> str:
    top: list[tuple[object, ...]] = [
        (FORM,),
        ("month", f"{month:%Y-%m}"),
        ("number", number),
        ("entries", entries),
        ("chain", head),
    ]
    return "".join("\t".join(map(str, row)) + "\n" for row in [*top, *rows])


def _rows(balances: Sequence[Balance], moves: Sequence[Move]) -> Iterator[tuple[object, ...]]:
    lines: list[tuple[object, ...]] = [
        (
            "balance",
            row.account.value,
            row.location_id,
            row.jurisdiction,
            row.opening_cents,
            row.debit_cents,
            row.credit_cents,
            row.closing_cents,
        )
        for row in balances
    ]
    lines += [
        ("move", move.account.value, move.location_id, move.jurisdiction, move.kind, move.amount_cents)
        for move in moves
    ]
    yield from sorted(lines, key=lambda line: [str(part) for part in line[:5]])


def _rows_of(closing: Closing) -> Iterator[tuple[object, ...]]:
    balances = [
        Balance(
            Account(row.account),
            row.location_id,
            row.jurisdiction,
            row.opening_cents,
            row.debit_cents,
            row.credit_cents,
        )
        for row in closing.balances.all()
    ]
    moves = [
        Move(Account(row.account), row.location_id, row.jurisdiction, row.kind, row.amount_cents)
        for row in closing.moves.all()
    ]
    return _rows(balances, moves)
