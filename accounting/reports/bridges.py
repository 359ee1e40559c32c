"""REP17: from net sales to the bank; what was sold, how it was paid, and where that money went."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from django.db.models import Exists, OuterRef, QuerySet, Sum

from accounting.asked import Asked
from accounting.reports.daily import COLLECTED, SOLD, USED, sums
from accounting.reports.selling import EVENTS
from accounting.tables import Cell, Column, Form, Row, Table
from ledger.accounts import Account
from ledger.models import Posting

COLUMNS = (Column("step", "Step"), Column("amount_cents", "Amount", Form.MONEY), Column("why", "What it is"))
CASH = (Account.CASH_DRAWER, Account.CASH_SAFE, Account.CHECKS)
CARD = (
    Account.STRIPE,
    Account.STRIPE_RESERVES,
    Account.STRIPE_DISPUTED,
    Account.STRIPE_SUSPENSE,
    Account.STRIPE_IN_TRANSIT,
    Account.REFUNDS_PAYABLE,
)
TERMINAL = (Account.EXTERNAL_TERMINAL,)
TOLD = {
    Account.PROCESSING_FEES: "Processing fees",
    Account.DISPUTE_FEES: "Dispute fees",
    Account.CHARGEBACK_LOSSES: "Disputes lost",
    Account.CASH_OVER_SHORT: "Drawers over or short",
    Account.TIPS: "Tips paid out",
    Account.PAID_OUTS: "Paid out of drawers",
}
EARNED = (
    ("Net sales", ("net_cents",), "Services, goods and fees less discounts and refunds"),
    ("Tax", ("tax_cents",), "Charged less given back"),
    ("Tips", ("tips_cents",), "For the therapists"),
    ("Prepaid value sold", SOLD, "Gift cards, packages, dues: owed until used"),
    ("Prepaid value used", USED, "No new money"),
    ("Rounding of cash", ("rounding_cents",), ""),
    ("Between locations, other", ("other_cents",), "Value of one location used at another, and all else"),
)
PAID = (
    ("In cash and checks", ("cash_cents", "check_cents")),
    ("By card", ("card_cents",)),
    ("On another terminal", ("terminal_cents",)),
)


class DepositBridge:
    """REP17, the deposit bridge."""

    code: ClassVar[str] = "REP17"
    slug: ClassVar[str] = "deposits"
    group: ClassVar[str] = "Money"
    title: ClassVar[str] = "Deposit bridge"
    meaning: ClassVar[str] = "Why what came to the bank is not what was sold, step by step."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """Net sales to what was collected; then each way of paying to the bank."""
        by_day = list(sums(asked, using=using).values())
        found = {name: _sum(by_day, name) for name in by_day[0]} if by_day else {}
        return [
            _collected(found),
            _to_bank("cash", "Cash and checks", CASH, found, PAID[0], asked, using=using),
            _to_bank("card", "Cards", CARD, found, PAID[1], asked, using=using),
            _to_bank("terminal", "Other terminal", TERMINAL, found, PAID[2], asked, using=using),
        ]


def _sum(by_day: Sequence[Mapping[str, Cell]], name: str) -> int:
    return sum(value for cells in by_day if isinstance(value := cells.get(name, 0), int))


def _of(found: Mapping[str, int], names: Sequence[str]) -> int:
    return sum(found.get(name, 0) for name in names)


def _step(step: str, cents: int, why: str = "") -> Row:
    return Row({"step": step, "amount_cents": cents, "why": why})


def _collected(found: Mapping[str, int]) -> Table:
    rows = [_step(step, _of(found, names), why) for step, names, why in EARNED]
    rows.extend(_step(f"Of it {step[0].lower()}{step[1:]}", _of(found, names)) for step, names in PAID)
    collected = _step("Collected", _of(found, COLLECTED), "The sum of the steps above but the last three")
    return Table("collected", "From net sales to what was collected", COLUMNS, rows, collected)


def _to_bank(
    name: str,
    title: str,
    accounts: Sequence[Account],
    found: Mapping[str, int],
    paid: tuple[str, Sequence[str]],
    asked: Asked,
    *,
    using: str,
) -> Table:
    """What was collected so, less what went elsewhere and what is not there yet, is what came to the bank."""
    others = dict(_others(accounts, asked, using=using))
    bank_cents = others.pop(Account.BANK, 0)
    rows = [_step(f"Collected {paid[0][0].lower()}{paid[0][1:]}", _of(found, paid[1]))]
    rows.extend(_step(TOLD.get(account, account.label), -cents, account.title) for account, cents in others.items())
    waits_cents = _change(accounts, asked, using=using)
    rows.append(_step("Still on the way", -waits_cents, f"What {_listed(accounts)} grew by"))
    return Table(name, title, COLUMNS, rows, _step("To the bank", bank_cents, "The sum of the steps above (1050)"))


def _listed(accounts: Sequence[Account]) -> str:
    return ", ".join(str(account.value) for account in accounts)


def _within(asked: Asked, *, using: str) -> "QuerySet[Posting]":
    return Posting.objects.using(using).filter(
        entry__business_date__gte=asked.starts_on, entry__business_date__lt=asked.ends_on, location__in=asked.places
    )


def _others(accounts: Sequence[Account], asked: Asked, *, using: str) -> Iterator[tuple[Account, int]]:
    """What entries beside sales moved between these accounts and others, by the other one, debit positive."""
    touched = Posting.objects.filter(
        entry_id=OuterRef("entry_id"), location_id=OuterRef("location_id"), account__in=accounts
    )
    postings = _within(asked, using=using).exclude(entry__kind__in=EVENTS).exclude(account__in=accounts)
    rows = postings.filter(Exists(touched)).order_by().values_list("account").annotate(cents=Sum("amount_cents"))
    for account, cents in rows.order_by("account"):
        yield Account(account), cents


def _change(accounts: Sequence[Account], asked: Asked, *, using: str) -> int:
    found = _within(asked, using=using).filter(account__in=accounts).aggregate(cents=Sum("amount_cents"))
    return found["cents"] or 0
