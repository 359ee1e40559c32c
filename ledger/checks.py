"""The promises of the books as queries that find nothing (ACCOUNTING "Invariants"); `check_books` runs them.

settings.BOOK_CHECKS lists them by dotted path. The first line of a check's docstring is its number and what it holds.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from ledger import chain, guards
from ledger.accounts import Account
from ledger.journal import DIMENSIONS
from ledger.models import Entry, Link, Period, Posting
from ledger.money import dollars

# The only kinds of entry that may touch income accounts: no path leads from "package sold" to revenue.
OF_SALES = ("sale", "void", "void_back", "refund", "correction")
OF_FORGOTTEN_CARDS = ("gift_card_breakage", "gift_card_expired", "gift_card_moved", "gift_card_cash_out")
OF_SESSIONS = ("no_show", "no_show_waived", "forfeit")
INCOME_KINDS = frozenset({*OF_SALES, *OF_FORGOTTEN_CARDS, *OF_SESSIONS})
# What is sold by category; contra-income and breakage are not.
BY_CATEGORY = (
    Account.SERVICES,
    Account.RETAIL,
    Account.MEMBERSHIP_DUES,
    Account.NO_SHOW_FEES,
    Account.SERVICE_CHARGES,
)
INCOME = tuple(account for account in Account if account.is_income)
_DIMENSIONS = ", ".join(f"p.{name}" for name in DIMENSIONS)
_NOT_MIRRORED = f"""
    SELECT DISTINCT r.key FROM ledger_entry r JOIN ledger_posting p ON p.entry_id IN (r.id, r.reverses_id)
    WHERE r.reverses_id IS NOT NULL GROUP BY r.id, r.key, {_DIMENSIONS} HAVING SUM(p.amount_cents) <> 0
"""  # noqa: S608 - our own column names
LINKED_WITHIN = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Problem:
    """Something that must not be: the number of the promise, and a sentence that says where it is broken."""

    check: str
    what: str


def check_entries_balance(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I1 Every entry comes to zero."""
    sums = _postings(using).values_list("entry_id").annotate(cents=Sum("amount_cents"))
    for entry_id, cents in sums.exclude(cents=0):
        yield Problem("I1", f"Entry {entry_id} is out by {dollars(cents)}.")


def check_entries_balance_per_location(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I2 Every entry comes to zero at each location."""
    sums = _postings(using).values_list("entry_id", "location_id").annotate(cents=Sum("amount_cents"))
    for entry_id, location_id, cents in sums.exclude(cents=0):
        yield Problem("I2", f"Entry {entry_id} is out by {dollars(cents)} at location {location_id}.")


def check_entries_have_postings(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I3 Every entry has at least two postings, none is zero, and none is without its entry."""
    entries = Entry.objects.using(using).values_list("pk").annotate(count=Count("postings"))
    for entry_id, count in entries.filter(count__lt=2):
        yield Problem("I3", f"Entry {entry_id} has {count} postings.")
    for posting in _postings(using).filter(amount_cents=0):
        yield Problem("I3", f"Posting {posting.pk} of entry {posting.entry_id} is zero.")
    for posting in _postings(using).filter(~Exists(Entry.objects.filter(pk=OuterRef("entry_id")))):
        yield Problem("I3", f"Posting {posting.pk} belongs to entry {posting.entry_id}, which is gone.")


def check_days_balance(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I4 The trial balance of every day is zero."""
    sums = _postings(using).values_list("entry__business_date").annotate(cents=Sum("amount_cents"))
    for on, cents in sums.exclude(cents=0):
        yield Problem("I4", f"{on} is out by {dollars(cents)}.")


def check_one_entry_per_event(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I5 Every event is in the books once."""
    keys = Entry.objects.using(using).values_list("key").annotate(count=Count("pk"))
    for key, count in keys.filter(count__gt=1):
        yield Problem("I5", f"“{key}” is in the books {count} times.")


def check_numbers_have_no_gap(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I6 Entries are numbered from 1 without a gap."""
    numbers = Link.objects.using(using).aggregate(count=Count("pk"), first=Min("pk"), last=Max("pk"))
    if numbers["count"] and (numbers["first"], numbers["last"]) != (1, numbers["count"]):
        yield Problem("I6", "{count} numbers run from {first} to {last}.".format(**numbers))


def check_closed_months_are_untouched(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I7 Nothing was posted into a month after it was closed."""
    closed = Period.objects.using(using).filter(status=Period.Status.CLOSED)
    for period in closed:
        entries = Entry.objects.using(using).filter(business_date__gte=period.month, business_date__lt=period.ends_on)
        # Closing links first, so what is linked later came later; minutes of grace for clocks that differ.
        until = (period.closed_at or now) + LINKED_WITHIN
        for key in entries.exclude(link__linked_at__lte=until).values_list("key", flat=True):
            yield Problem("I7", f"“{key}” was posted into {period} after it was closed.")


def check_entries_lie_in_a_month(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I8 The business date of every entry lies in a month of the books."""
    months = set(Period.objects.using(using).values_list("month", flat=True))
    used = {on.replace(day=1) for on in Entry.objects.using(using).values_list("business_date", flat=True).distinct()}
    for month in sorted(used - months):
        yield Problem("I8", f"There are entries of {month:%B %Y}, which is no month of the books.")


def check_reversals_mirror(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I9 A reversal is the exact mirror of its entry, and no entry is reversed twice."""
    with connections[using].cursor() as cursor:
        cursor.execute(_NOT_MIRRORED)
        for (key,) in cursor.fetchall():
            yield Problem("I9", f"“{key}” is not the mirror of the entry that it reverses.")
    twice = Entry.objects.using(using).exclude(reverses=None).values_list("reverses_id").annotate(count=Count("pk"))
    for entry_id, count in twice.filter(count__gt=1):
        yield Problem("I9", f"Entry {entry_id} is reversed {count} times.")


def check_tax_given_back_was_collected(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I31 No jurisdiction's tax was given back beyond what was collected for it."""
    tax = _postings(using).filter(account=Account.SALES_TAX, entry__kind__in=INCOME_KINDS)
    for jurisdiction, cents in tax.values_list("jurisdiction").annotate(cents=Sum("amount_cents")).filter(cents__gt=0):
        yield Problem("I31", f"{dollars(cents)} more tax was given back than collected for “{jurisdiction}”.")


def check_therapists_owe_nothing(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I32 No therapist was paid more tips (I33: commission) than there were."""
    owed = _postings(using).filter(account__in=[Account.TIPS, Account.COMMISSION])
    sums = owed.values_list("account", "therapist_id").annotate(cents=Sum("amount_cents"))
    for account, therapist_id, cents in sums.filter(cents__gt=0):
        yield Problem("I32", f"{Account(account).title} of therapist {therapist_id} is overpaid by {dollars(cents)}.")


def check_postings_say_what_for(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I36 Revenue carries a category, tax a jurisdiction, tips and commission a therapist."""
    silent = _postings(using).filter(
        Q(account__in=BY_CATEGORY, category="")
        | Q(account=Account.SALES_TAX, jurisdiction="")
        | Q(account__in=[Account.TIPS, Account.COMMISSION], therapist=None)
    )
    for account, key in silent.values_list("account", "entry__key"):
        yield Problem("I36", f"A posting of “{key}” on {Account(account).title} does not say what for.")


def check_income_comes_from_sales(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I37 Only sales, voids, refunds and corrections touch income accounts."""
    others = _postings(using).filter(account__in=INCOME).exclude(entry__kind__in=INCOME_KINDS)
    for account, kind, key in others.values_list("account", "entry__kind", "entry__key"):
        yield Problem("I37", f"“{key}”, a {kind}, touches {Account(account).title}.")


def check_chain(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I41 The chain of entries is whole: nothing sealed was changed, put in or taken out."""
    for sentence in chain.verify(using=using):
        yield Problem("I41", sentence)


def check_entries_are_linked(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I41 No entry waits longer than five minutes for its place in the chain."""
    waiting = chain.unlinked().using(using).filter(created_at__lt=now - LINKED_WITHIN)
    if count := waiting.count():
        yield Problem("I41", f"{count} entries are older than five minutes and have no number.")


def check_guards_are_there(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I42 The database refuses to change what is written."""
    for name in guards.missing(connections[using]):
        yield Problem("I42", f"{name} is missing or off.")


def _postings(using: str) -> QuerySet[Posting]:
    return Posting.objects.using(using)
