import datetime as dt
from typing import Any

import pytest

from accounting.asked import Asked
from accounting.reports.cash_basis import CashBasis
from accounting.reports.rollforward import RollForward
from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from tests.accounting.months import FEBRUARY, MARCH, TENTH, a_day
from tests.accounting.varied import a_varied_month
from tests.builders import Studio

pytestmark = pytest.mark.django_db
JANUARY = dt.date(2026, 1, 1)


def only_row(studio: Studio, starts_on: dt.date = FEBRUARY, ends_on: dt.date = MARCH) -> dict[str, Any]:
    """What is not zero in the one row of the range."""
    (table,) = CashBasis().tables(Asked(starts_on, ends_on, (studio.location,)), using="default")
    (row,) = table.rows
    return {name: cell for name, cell in row.cells.items() if cell}


def test_what_was_sold_and_paid_is_the_same_on_both_bases_without_tips(studio: Studio) -> None:
    a_day(studio)

    assert only_row(studio) == {
        "month": FEBRUARY,
        "location": studio.location.code,
        "earned_cents": 134_00,
        "cash_basis_cents": 134_00,
    }


def test_prepaid_value_counts_when_it_is_paid_for_and_not_again_when_it_is_used(studio: Studio) -> None:
    a_varied_month(studio)

    row = only_row(studio)

    (forward,) = RollForward().tables(Asked(FEBRUARY, MARCH, (studio.location,)), using="default")
    grown: dict[Any, Any] = {one.cells["kind"]: one.cells for one in forward.rows}
    assert row["cards_cents"] == grown["Gift cards"]["closing_cents"] == 10_00
    assert row["packages_cents"] == grown["Packages"]["closing_cents"] == 360_00
    assert row["cash_basis_cents"] == row["earned_cents"] + 370_00


def test_members_who_owe_money_have_not_paid_it_and_breakage_is_no_cash(studio: Studio) -> None:
    journal.post(
        key="test:billed",
        kind="correction",
        location=studio.location,
        occurred_at=TENTH,
        now=TENTH,
        lines=[
            debit(Account.MEMBERS_RECEIVABLE, 79_00),
            credit(Account.MEMBERSHIP_DUES, 79_00),
            debit(Account.GIFT_CARD_BREAKAGE, 60_00),
            credit(Account.BREAKAGE_GIFT_CARDS, 60_00),
        ],
    )

    assert only_row(studio) == {
        "month": FEBRUARY,
        "location": studio.location.code,
        "earned_cents": 139_00,
        "cards_cents": -60_00,
        "receivable_cents": -79_00,
    }


def test_a_range_without_books_has_no_rows(studio: Studio) -> None:
    a_day(studio)

    (table,) = CashBasis().tables(Asked(JANUARY, FEBRUARY, (studio.location,)), using="default")

    assert list(table.rows) == []
