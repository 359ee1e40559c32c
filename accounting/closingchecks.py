"""Closed months stand as they were stored: what was reported stays true (I19)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from accounting.closing import latest, sealed_text, sha256
from accounting.models import Closing, ClosingBalance
from accounting.trial import BY_JURISDICTION
from ledger.accounts import Account
from ledger.checks import Problem
from ledger.models import Period, Posting
from ledger.money import dollars

Key = tuple[int, int, str]


def check_closings_are_as_sealed(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I19 What a closing stored has the SHA-256 that it was sealed with."""
    for closing in Closing.objects.using(using).prefetch_related("balances", "moves"):
        if sha256(sealed_text(closing)) != closing.sha256:
            yield Problem("I19", f"The {closing} is not what was sealed.")


def check_months_open_as_they_closed(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I19 The books come to what each closed month stored, and each opens with what the one before it ended with."""
    closed = Period.objects.using(using).filter(status=Period.Status.CLOSED).order_by("month")
    closings = [one for period in closed if (one := latest(period.month, using=using)) is not None]
    if not closings:
        return
    moved = _moved_by_month(closings[-1].ends_on, using)
    before: Closing | None = None
    for closing in closings:
        yield from _as_booked(closing, moved)
        if before is not None and before.ends_on == closing.month:
            yield from _opens_as_closed(closing, before)
        before = closing


def _moved_by_month(ends_on: dt.date, using: str) -> dict[dt.date, dict[Key, int]]:
    """By how much each account moved in each month, in one query."""
    rows = Posting.objects.using(using).filter(entry__business_date__lt=ends_on).order_by()
    sums = rows.values_list(TruncMonth("entry__business_date"), "account", "location_id", BY_JURISDICTION)
    found: dict[dt.date, dict[Key, int]] = defaultdict(dict)
    for month, account, place, tax, cents in sums.annotate(cents=Sum("amount_cents")):
        found[month][account, place, tax] = int(cents)
    return found


def _as_booked(closing: Closing, moved: dict[dt.date, dict[Key, int]]) -> Iterator[Problem]:
    booked: dict[Key, int] = defaultdict(int)
    for month, sums in moved.items():
        if month <= closing.month:
            for key, cents in sums.items():
                booked[key] += cents
    stored = _closing_of(closing)
    for key in sorted(booked.keys() | stored.keys()):
        if booked.get(key, 0) != stored.get(key, 0):
            has, had = dollars(booked.get(key, 0)), dollars(stored.get(key, 0))
            yield Problem("I19", f"{_named(key)} came to {had} in the {closing}, the books now say {has}.")


def _opens_as_closed(closing: Closing, before: Closing) -> Iterator[Problem]:
    opening = {_key(row): row.opening_cents for row in closing.balances.all() if row.opening_cents}
    stored = {key: cents for key, cents in _closing_of(before).items() if cents}
    for key in sorted(opening.keys() | stored.keys()):
        if opening.get(key, 0) != stored.get(key, 0):
            yield Problem("I19", f"{_named(key)} opens the {closing} with something else than the {before} ended with.")


def _closing_of(closing: Closing) -> dict[Key, int]:
    return {_key(row): row.closing_cents for row in closing.balances.all()}


def _key(row: ClosingBalance) -> Key:
    return row.account, row.location_id, row.jurisdiction


def _named(key: Key) -> str:
    account, place, tax = key
    return f"{Account(account).title} at location {place}" + (f" for “{tax}”" if tax else "")
