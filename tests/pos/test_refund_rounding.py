"""A quantity given back piece by piece, with cash rounded and not: never more than was paid (R2, I30)."""

import pytest

from ledger.accounts import Account
from ledger.journal import balance, balances
from tests.books import books_are_clean
from tests.builders import build_studio, item, of


@pytest.mark.parametrize("rounding", ["none", "nickel"])
@pytest.mark.parametrize(("cents", "quantity"), [(3, 10), (13, 10), (2, 7), (8, 9), (99, 12), (1_03, 5)])
def test_piece_by_piece_in_cash_comes_back_what_was_paid_and_never_more(
    db: None, rounding: str, cents: int, quantity: int
) -> None:
    studio = build_studio(cash_rounding=rounding)
    item("bead", cents, kind="retail", tax="retail")
    desk = studio.managers_desk
    desk.opens_drawer(100_00)
    sale = desk.rings_up(of("bead", quantity=quantity)).pays(cash=20_00)
    paid = balance(Account.CASH_DRAWER) - 100_00

    parts = [desk.refunds(sale, (0, 1)).tenders for _ in range(quantity)]

    given = [sum(tender.amount_cents for tender in tenders) for tenders in parts]
    assert (min(given) >= 0, sum(given)) == (True, paid)
    assert balances() == {
        "1010 Cash drawer": 100_00,
        "1020 Cash safe": -100_00,
        "4020 Retail": -cents * quantity,
        "4910 Refunds and allowances": cents * quantity,
    }
    books_are_clean()


@pytest.mark.parametrize("rounding", ["none", "nickel"])
def test_half_of_it_is_never_more_than_was_paid(db: None, rounding: str) -> None:
    studio = build_studio(cash_rounding=rounding)
    item("bead", 3, kind="retail", tax="retail")
    desk = studio.managers_desk
    desk.opens_drawer(100_00)
    sale = desk.rings_up(of("bead", quantity=10)).pays(cash=30)

    for _ in range(9):
        desk.refunds(sale, (0, 1))
        assert 100_00 <= balance(Account.CASH_DRAWER) <= 100_30
        books_are_clean()
