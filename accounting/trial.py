"""The trial balance of some days, and what moved each kind of debt in them; two queries whatever the size."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, CharField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from ledger.accounts import Account
from ledger.models import Posting

DEBTS = (
    Account.SALES_TAX,
    Account.GIFT_CARDS,
    Account.GIFT_CARD_BREAKAGE,
    Account.PACKAGES,
    Account.MEMBER_CREDITS,
    Account.DUES,
    Account.CLIENT_CREDIT,
    Account.REFUNDS_PAYABLE,
    Account.TIPS,
    Account.UNCLAIMED_PROPERTY,
)
"""The accounts whose roll-forward a closing keeps: what is owed to clients, to people who work here, to the state."""

BY_JURISDICTION = Case(
    When(account=Account.SALES_TAX, then=F("jurisdiction")), default=Value(""), output_field=CharField()
)


@dataclass(frozen=True, slots=True)
class Balance:
    """One account at one location (sales tax: of one jurisdiction): opening, debits, credits, in cents."""

    account: Account
    location_id: int
    jurisdiction: str
    opening_cents: int
    debit_cents: int
    credit_cents: int

    @property
    def closing_cents(self) -> int:
        return self.opening_cents + self.debit_cents - self.credit_cents


@dataclass(frozen=True, slots=True)
class Move:
    """By how much entries of one kind moved one debt, in cents, debit positive."""

    account: Account
    location_id: int
    jurisdiction: str
    kind: str
    amount_cents: int


def trial_balance(starts_on: dt.date, ends_on: dt.date, *, using: str) -> list[Balance]:
    """Every account that ever had a posting before `ends_on`, in the order of the chart."""
    before = Q(entry__business_date__lt=starts_on)
    rows = (
        Posting.objects.using(using)
        .filter(entry__business_date__lt=ends_on)
        .order_by()
        .values_list("account", "location_id", BY_JURISDICTION)
        .annotate(
            opening=Coalesce(Sum("amount_cents", filter=before), 0),
            debit=Coalesce(Sum("amount_cents", filter=~before & Q(amount_cents__gt=0)), 0),
            credit=Coalesce(Sum("amount_cents", filter=~before & Q(amount_cents__lt=0)), 0),
        )
    )
    found = [
        Balance(Account(number), place, tax, int(op), int(dr), -int(cr)) for number, place, tax, op, dr, cr in rows
    ]
    return sorted(found, key=lambda row: (row.account, row.location_id, row.jurisdiction))


def moves_of_debts(starts_on: dt.date, ends_on: dt.date, *, using: str) -> list[Move]:
    """What each kind of entry did to each debt in these days."""
    rows = (
        Posting.objects.using(using)
        .filter(account__in=DEBTS, entry__business_date__gte=starts_on, entry__business_date__lt=ends_on)
        .order_by()
        .values_list("account", "location_id", BY_JURISDICTION, "entry__kind")
        .annotate(cents=Sum("amount_cents"))
    )
    found = [Move(Account(number), place, tax, kind, int(cents)) for number, place, tax, kind, cents in rows if cents]
    return sorted(found, key=lambda row: (row.account, row.location_id, row.jurisdiction, row.kind))


def balances_at(ends_on: dt.date, *, using: str) -> dict[tuple[Account, int], int]:
    """What each account is at each location when the day before `ends_on` is over; without those at zero."""
    rows = (
        Posting.objects.using(using)
        .filter(entry__business_date__lt=ends_on)
        .order_by()
        .values_list("account", "location_id")
        .annotate(cents=Sum("amount_cents"))
    )
    return {(Account(number), place): int(cents) for number, place, cents in rows if cents}


def out_by(balances: Sequence[Balance]) -> int:
    """What the trial balance is out by, in cents: 0 when it is one."""
    return sum(row.closing_cents for row in balances)
