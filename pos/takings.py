"""What sales came to and what they brought in, as a day's summary and a Z say it: from postings, so that it adds up.

`collected = net + tax + tips + prepaid sold - prepaid used + rounding + other` holds by itself (ACCOUNTING I38): each
entry comes to zero, and each of its postings belongs to one column.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet, Sum

from ledger.accounts import Account
from ledger.models import Posting

PLACE_OF: dict[Account, str] = {
    Account.SERVICES: "gross_services_cents",
    Account.RETAIL: "gross_retail_cents",
    Account.MEMBERSHIP_DUES: "fees_cents",
    Account.NO_SHOW_FEES: "fees_cents",
    Account.SERVICE_CHARGES: "fees_cents",
    Account.DISCOUNTS: "discounts_cents",
    Account.COMPS: "discounts_cents",
    Account.REFUNDS: "refunds_cents",
    Account.SALES_TAX: "tax_cents",
    Account.TIPS: "tips_cents",
    Account.CASH_ROUNDING: "rounding_cents",
    Account.CASH_DRAWER: "cash_cents",
    Account.STRIPE: "card_cents",
    Account.REFUNDS_PAYABLE: "card_cents",
    Account.CHECKS: "check_cents",
    Account.EXTERNAL_TERMINAL: "terminal_cents",
}
"""Which column an account's postings belong to; prepaid value is told apart by direction, the rest is `other_cents`."""
PREPAID: dict[Account, str] = {
    Account.GIFT_CARDS: "gift",
    Account.PACKAGES: "package",
    Account.MEMBER_CREDITS: "membership",
    Account.DUES: "membership",
    Account.CLIENT_CREDIT: "credit",
    Account.DEPOSITS: "credit",
}
SOLD = ("gift_sold_cents", "package_sold_cents", "membership_sold_cents", "credit_sold_cents")
USED = ("gift_used_cents", "package_used_cents", "membership_used_cents", "credit_used_cents")
NET = ("gross_services_cents", "gross_retail_cents", "fees_cents", "discounts_cents", "refunds_cents")
COLLECTED = ("cash_cents", "card_cents", "check_cents", "terminal_cents")
BETWEEN = ("tax_cents", "tips_cents", *SOLD, *USED, "rounding_cents", "other_cents")
"""What lies between net sales and what was collected."""


def add(cells: dict[str, int], account: Account, debits: int, credits: int, *, sold: tuple[int, int]) -> None:
    """Put what was posted to one account into its columns; `sold` is what of it sold prepaid value and what used it."""
    if what := PREPAID.get(account):
        cells[f"{what}_sold_cents"] = cells.get(f"{what}_sold_cents", 0) - sold[0]
        cells[f"{what}_used_cents"] = cells.get(f"{what}_used_cents", 0) - sold[1]
        return
    name = PLACE_OF.get(account, "other_cents")
    sign = 1 if name in COLLECTED else -1
    cells[name] = cells.get(name, 0) + sign * (debits + credits)


def of_postings(postings: "QuerySet[Posting]", *, gives: Iterable[str]) -> dict[str, int]:
    """Every column of these postings in cents, as people read them; `gives` names the kinds of entry that sell."""
    selling = frozenset(gives)
    cells: dict[str, int] = {}
    for kind, account, debits, credits in _by_side(postings):
        # In a sale a credit sells and a debit uses; what takes a sale back does the reverse of each.
        sold = (credits, debits) if kind in selling else (debits, credits)
        add(cells, Account(account), debits, credits, sold=sold)
    return complete(cells)


def complete(cells: Mapping[str, int]) -> dict[str, int]:
    """The columns with zeros where nothing happened, and with the sums."""
    money = {name: cells.get(name, 0) for name in (*NET, *BETWEEN, *COLLECTED)}
    money["net_cents"] = sum(money[name] for name in NET)
    money["collected_cents"] = sum(money[name] for name in COLLECTED)
    return money


def is_whole(money: Mapping[str, int]) -> bool:
    """Whether net sales and all that lies between come to what was collected (I38)."""
    return money["net_cents"] + sum(money[name] for name in BETWEEN) == money["collected_cents"]


def _by_side(postings: "QuerySet[Posting]") -> Iterable[tuple[Any, Any, int, int]]:
    return (
        postings.order_by()
        .values_list("entry__kind", "account")
        .annotate(
            debits=Sum("amount_cents", filter=Q(amount_cents__gt=0), default=0),
            credits=Sum("amount_cents", filter=Q(amount_cents__lt=0), default=0),
        )
    )
