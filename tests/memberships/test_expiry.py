"""What is not used in time: warned of, then store credit; a medical pause stops the clock (R23, rules 22, 31)."""

import datetime as dt

import pytest
from django.db import transaction

from ledger.journal import balances
from memberships import expiry, medical
from memberships.models import Expiry, SessionLot
from pos.models import ClientCredit
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk
from tests.memberships.builders import buys, client, covered, credit_of, days, moves, package, plan, sent, told, visits

pytestmark = pytest.mark.django_db(transaction=True)


def runs(now: dt.datetime) -> None:
    """An hour of the worker."""
    expiry.ExpireSessions().run(now=now)


def test_clients_are_told_sixty_thirty_and_seven_days_before_once_each(desk: TestDesk, studio: Studio) -> None:
    package(validity_months=12)
    buys(desk, client())
    buys(desk, client("Without Address", email=""))
    mails: dict[int, list[tuple[str, str]]] = {}
    for before in (61, 60, 59, 31, 30, 29, 8, 7, 6, 1):
        now = NOW + days(365 - before)
        runs(now)
        runs(now + dt.timedelta(hours=1))
        mails[before] = sent(now=now)

    told_once = [("jo@example.com", "5 sessions can be used until 1 Mar 2027")]
    assert {before: found for before, found in mails.items() if found} == {60: told_once, 30: told_once, 7: told_once}


def test_after_the_last_day_what_was_paid_is_store_credit(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=499_99, validity_months=12)
    [lot] = buys(desk, jo)
    visits(desk, studio, jo)
    end = NOW + days(365)
    runs(end - days(1))
    assert told(lot) == ("open", 4, 400_00)

    runs(end)
    runs(end + days(1))

    assert told(lot) == ("converted", 0, 0)
    assert moves(lot)[-1] == ("converted", -4, -400_00)
    assert [row.balance_cents for row in ClientCredit.objects.filter(client=jo)] == [400_00]
    assert balances() == {
        "1120 External terminal clearing": 499_99,
        "2230 Client credit": -400_00,
        "4010 Services": -99_99,
    }
    assert sent(now=end)[-1] == ("jo@example.com", "5 sessions could be used until 1 Mar 2027")
    books_are_clean(now=end + days(1))


def test_a_credit_becomes_store_credit_too(studio: Studio) -> None:
    jo = client()
    lot = credit_of(studio, jo, expires_on=NOW.date() + days(10))

    runs(NOW + days(10))

    assert told(lot) == ("converted", 0, 0)
    assert balances() == {"2230 Client credit": -79_00, "3900 Opening balances": 79_00}
    sent(now=NOW + days(10))
    books_are_clean(now=NOW + days(10))


def test_forfeit_is_a_setting_and_income_of_the_studio(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(validity_months=12, expiry=Expiry.FORFEIT)
    [lot] = buys(desk, jo)
    credits = credit_of(studio, jo, expires_on=NOW.date() + days(365), plan=plan(credit_expiry=Expiry.FORFEIT))

    runs(NOW + days(365))

    assert (told(lot)[0], told(credits)[0]) == ("expired", "expired")
    assert balances() == {
        "1120 External terminal clearing": 450_00,
        "3900 Opening balances": 79_00,
        "4052 Breakage packages": -450_00,
        "4053 Breakage member credits": -79_00,
    }
    sent(now=NOW + days(365))
    books_are_clean(now=NOW + days(365))


def test_what_an_open_sale_holds_is_ended_later(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(validity_months=12)
    [lot] = buys(desk, jo)
    evening = NOW + days(364)
    sale = desk.at(evening).rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)

    runs(NOW + days(365))
    assert told(lot) == ("open", 5, 450_00)

    sale.completes()
    runs(NOW + days(365))
    assert told(lot) == ("converted", 0, 0)
    assert ClientCredit.objects.get().balance_cents == 360_00
    sent(now=NOW + days(365))
    books_are_clean(now=NOW + days(365))


def test_a_visit_refunded_after_the_end_can_be_used_a_fortnight_and_then_is_store_credit(
    desk: TestDesk, studio: Studio
) -> None:
    jo = client()
    package(validity_months=12)
    [lot] = buys(desk, jo)
    done = visits(desk.later(days=364), studio, jo)
    runs(NOW + days(365))
    assert told(lot) == ("converted", 0, 0)

    studio.managers_desk.later(days=370).refunds(done, (0, 1))
    assert told(lot) == ("open", 1, 90_00)
    runs(NOW + days(383))
    assert told(lot) == ("open", 1, 90_00)
    runs(NOW + days(384))

    assert told(lot) == ("converted", 0, 0)
    assert ClientCredit.objects.get().balance_cents == 450_00
    sent(now=NOW + days(384))
    books_are_clean(now=NOW + days(384))


def test_a_medical_pause_stops_the_clock_and_lets_it_go_on(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(validity_months=12)
    package("for-ever", 500_00)
    [lot], [lasting] = buys(desk, jo), buys(desk, jo, "for-ever")
    with transaction.atomic():
        stopped = medical.stop(jo, on=NOW.date() + days(350), now=NOW + days(350), by=studio.manager)
    assert stopped == [lot]

    runs(NOW + days(400))
    assert (told(lot)[0], sent(now=NOW + days(400))) == ("open", [])
    with transaction.atomic():
        resumed = medical.resume(jo, on=NOW.date() + days(410), now=NOW + days(410), by=studio.manager)

    assert resumed == [lot]
    assert lot.expires_on is not None
    lot.refresh_from_db()
    assert (lot.expires_on, lot.stopped_on) == (NOW.date() + days(365 + 60), None)
    assert SessionLot.objects.get(pk=lasting.pk).expires_on is None
    runs(NOW + days(425))
    assert told(lot)[0] == "converted"
