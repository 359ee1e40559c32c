"""Entries about money at Stripe: where and when they fall, and to which accounts a movement goes by its category."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.models import Entry
from ledger.periods import open_day
from payments.states import Movement
from studio.models import Location


@dataclass(frozen=True, slots=True)
class Rule:
    """To which accounts the amount and the fee of a movement go; `amount_to` None: another entry posts the amount."""

    kind: str
    amount_to: Account | None
    fee_to: Account


FEE_ONLY = Rule("card_fee", None, Account.PROCESSING_FEES)
SUSPENSE = Rule("stripe_other", Account.STRIPE_SUSPENSE, Account.STRIPE_SUSPENSE)
RESERVE = Rule("stripe_other", Account.STRIPE_RESERVES, Account.PROCESSING_FEES)
RULES = {
    "charge": FEE_ONLY,  # 2 and 3: the sale's entry, or rule 80, posts the gross
    "partial_capture_reversal": FEE_ONLY,  # what was captured is the sum of both, and that is what the sale posts
    "refund": FEE_ONLY,  # 44b is the card refund's own entry
    "refund_failure": FEE_ONLY,  # and so is 47
    "dispute": Rule("dispute", Account.STRIPE_DISPUTED, Account.DISPUTE_FEES),  # 39, 40
    "dispute_reversal": Rule("dispute", Account.STRIPE_DISPUTED, Account.DISPUTE_FEES),  # 41
    "fee": Rule("stripe_fee", Account.PROCESSING_FEES, Account.PROCESSING_FEES),  # 72
    "payout": Rule("payout", Account.STRIPE_IN_TRANSIT, Account.PROCESSING_FEES),  # 68, 71
    "payout_reversal": Rule("payout", Account.STRIPE_IN_TRANSIT, Account.PROCESSING_FEES),  # 70
    "risk_reserved_funds": RESERVE,  # 73
    "payout_minimum_balance_hold": RESERVE,
    "payout_minimum_balance_release": RESERVE,
    "topup": Rule("stripe_other", Account.BANK, Account.PROCESSING_FEES),
}


def rule_for(category: str) -> Rule:
    """The posting rule of a reporting category; what nobody knows yet goes to suspense (79)."""
    if category.startswith("reserve"):
        return RESERVE
    return RULES.get(category, SUSPENSE)


def lines_of(movement: Movement, rule: Rule) -> Iterator[Line]:
    """What a movement does to 1100 against the accounts of its rule."""
    about = instrument_of(movement)
    if rule.amount_to is None:
        yield debit(Account.STRIPE, -movement.fee_cents, instrument=about)
    else:
        yield debit(Account.STRIPE, movement.net_cents, instrument=about)
        yield credit(rule.amount_to, movement.amount_cents, instrument=about)
    yield debit(rule.fee_to, movement.fee_cents, instrument=about)


def instrument_of(movement: Movement) -> str:
    """What the postings of a movement are about: its source, or itself without one."""
    return movement.source or movement.id


def main_location() -> Location:
    """Where money is posted that belongs to no other location."""
    return Location.objects.get(is_main=True)


def post_when_open(
    *,
    key: str,
    kind: str,
    location: Location,
    occurred_at: dt.datetime,
    now: dt.datetime,
    lines: Iterable[Line],
    on: dt.date | None = None,
    memo: str = "",
) -> Entry | None:
    """Post on the business date of `occurred_at`, or on the day told; where that is closed, on the first open day."""
    meant_for = on or location.business_date(occurred_at)
    posted_on = open_day(meant_for)
    return journal.post(
        key=key,
        kind=kind,
        location=location,
        occurred_at=occurred_at,
        now=now,
        lines=lines,
        business_date=posted_on,
        original_date=None if posted_on == meant_for else meant_for,
        memo=memo,
    )
