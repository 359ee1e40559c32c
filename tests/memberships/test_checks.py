"""Each check of prepaid sessions finds what it is there for, and nothing when all is well (I11-I18, I35)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from ledger import journal
from ledger.accounts import Account
from ledger.checks import Problem
from ledger.journal import credit, debit
from memberships import checks
from memberships.models import LotHold, LotMove, SessionLot
from pos.models import SaleLine
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk
from tests.memberships.builders import buys, client, covered, credit_of, package, visits

Check = Callable[..., Iterator[Problem]]


@pytest.fixture
def lot(desk: TestDesk, studio: Studio) -> SessionLot:
    """A package with one session used and one held, and a credit beside it."""
    jo = client()
    package(cents=499_99)
    [bought] = buys(desk, jo)
    credit_of(studio, jo)
    visits(desk, studio, jo)
    desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)
    books_are_clean()
    return bought


def found(check: Check) -> list[str]:
    return [f"{problem.check}: {problem.what}" for problem in check(using="default", now=NOW)]


def change(lot: SessionLot, **fields: Any) -> None:
    assert SessionLot.objects.filter(pk=lot.pk).update(**fields) == 1


@transaction.atomic
def posts(studio: Studio, instrument: str, cents: int) -> None:
    lines = [debit(Account.PACKAGES, cents, instrument=instrument), credit(Account.OPENING_BALANCES, cents)]
    journal.post(key="wrong", kind="opening", location=studio.location, occurred_at=NOW, now=NOW, lines=lines)


def test_an_account_that_is_not_the_sum_of_its_lots(lot: SessionLot, studio: Studio) -> None:
    change(lot, value_cents=F("value_cents") - 1)

    where = studio.location.pk
    assert found(checks.check_lots_are_what_the_books_owe) == [
        f"I11: 2210 Deferred packages at location {where}: books 40000, lots 39999"
    ]
    SessionLot.objects.filter(kind="credit").update(value_cents=1)
    assert len(found(checks.check_lots_are_what_the_books_owe)) == 2


def test_a_lot_that_the_books_know_otherwise(lot: SessionLot, studio: Studio) -> None:
    posts(studio, "lot:nobody", 5_00)
    posted = f"I15: 2210 Deferred packages has -500 of “lot:nobody” at location {studio.location.pk}, no lot has"
    assert found(checks.check_each_lot_is_in_the_books) == [posted]

    change(lot, value_cents=F("value_cents") - 2)

    assert found(checks.check_each_lot_is_in_the_books) == [
        f"I15: {lot.instrument}: books 40000, left 39998",
        posted,
    ]


def test_a_lot_with_sessions_and_without_value(lot: SessionLot) -> None:
    change(lot, value_cents=0, held_cents=0)
    assert found(checks.check_lots_have_sessions_and_value) == [f"I16: {lot.instrument}: 4 sessions worth 0"]

    change(lot, value_cents=100, status="converted")

    assert found(checks.check_lots_have_sessions_and_value) == [
        f"I16: {lot.instrument} is store credit with 4 sessions"
    ]


def test_moves_that_do_not_add_up(lot: SessionLot) -> None:
    move = {"lot": lot, "kind": LotMove.Kind.USED, "at": NOW}
    LotMove.objects.create(key="wrong", units=-1, value_cents=-100_00, **move)

    assert found(checks.check_moves_roll_forward) == [f"I18: {lot.instrument}: moves 3 worth 30000, left 4 worth 40000"]


def test_lots_that_are_not_worth_what_was_paid(lot: SessionLot) -> None:
    change(lot, paid_cents=F("paid_cents") + 1)
    assert found(checks.check_lots_are_worth_their_price) == [f"I35: {lot.instrument}: paid 50000, moves 49999"]
    change(lot, paid_cents=F("paid_cents") - 1)

    SaleLine.objects.filter(kind="package").update(net_cents=500_00)

    assert found(checks.check_lots_are_worth_their_price) == [
        f"I35: line {lot.sale_line_id}: lots 49999, paid 50000, brought 0"
    ]


def test_holds_that_no_open_sale_has(lot: SessionLot) -> None:
    LotHold.objects.update(value_cents=1)
    tender = LotHold.objects.get().tender_id
    assert found(checks.check_lots_are_held_by_open_sales) == [
        f"holds: {lot.instrument}: holds 1, open sales 1",
        f"holds: tender {tender}: held, holds 1",
    ]

    LotHold.objects.all().delete()

    assert found(checks.check_lots_are_held_by_open_sales) == [f"holds: {lot.instrument}: holds 1, open sales 0"]
