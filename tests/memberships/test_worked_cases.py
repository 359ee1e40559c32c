"""The worked cases of prepaid sessions as whole books (ACCOUNTING T17, T19, T25)."""

import datetime as dt

from ledger.journal import balances
from memberships.models import Package, SessionLot
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, item, tip
from tests.memberships.builders import client, covered, credit_of, moves, of_package, package, told, visits


def test_t17_five_sessions_three_used_and_the_rest_refunded_pro_rata(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=499_99, refund_method=Package.RefundMethod.PRO_RATA)
    desk.rings_up(of_package(), client_id=jo.pk).tenders("external")
    sold = desk.completes()
    lot = SessionLot.objects.get()
    assert balances() == {"1120 External terminal clearing": 499_99, "2210 Deferred packages": -499_99}

    used = [visits(desk.later(days=day), studio, jo).sale.net_cents for day in (2, 3, 4)]

    assert used == [99_99, 100_00, 100_00]
    assert balances() == {
        "1120 External terminal clearing": 499_99,
        "2210 Deferred packages": -200_00,
        "4010 Services": -299_99,
    }
    given = studio.managers_desk.later(days=18).refunds(sold, (0, 1))
    assert given.refund.total_cents == 200_00
    assert told(lot) == ("refunded", 0, 0)
    assert balances() == {"1120 External terminal clearing": 299_99, "4010 Services": -299_99}
    books_are_clean(now=NOW + dt.timedelta(18))


def test_t19_the_free_session_is_not_free_in_the_ledger(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=500_00, units=6)
    desk.rings_up(of_package(), client_id=jo.pk).tenders("external")
    desk.completes()

    used = [visits(desk.later(days=day), studio, jo).sale.net_cents for day in range(1, 7)]

    assert used == [83_33, 83_33, 83_33, 83_33, 83_34, 83_34]
    assert balances() == {"1120 External terminal clearing": 500_00, "4010 Services": -500_00}
    assert told(SessionLot.objects.get()) == ("used", 0, 0)
    books_are_clean(now=NOW + dt.timedelta(6))


def test_t25_a_credit_with_an_upgrade_and_a_tip(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    item("deep-tissue-90", 130_00)
    lot = credit_of(studio, jo, 79_00)
    desk.rings_up(
        covered("deep-tissue-90", by=studio.ana, kind="credit"), tips=(tip(studio.ana, 20_00),), client_id=jo.pk
    ).tenders("external", amount_cents=50_00)

    done = desk.completes()

    assert [(line.covered_cents, line.upcharge_cents, line.net_cents) for line in done.lines] == [
        (79_00, 30_00, 109_00)
    ]
    assert balances() == {
        "1120 External terminal clearing": 50_00,
        "2300 Tips payable": -20_00,
        "3900 Opening balances": 79_00,
        "4010 Services": -109_00,
    }
    assert moves(lot) == [("opened", 1, 79_00), ("used", -1, -79_00)]
    books_are_clean()
