"""Sales made without the server: once each, at the price charged, or for review; the money is never lost (R11)."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from ledger.journal import balances
from ledger.models import Entry, Period
from pos.models import DrawerSession, Item, OfflineSale, Price, Receipt, Sale, TaxRate
from studio.models import Grant, StaffSession
from studio.sessions import sign_off
from tests.api.offline_sales import codes, oil, sends, told
from tests.api.till import Answer, Till, new, nothing_changes, pair, sign_on
from tests.books import books_are_clean
from tests.builders import NOW, Studio, tax

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def drawer(till: Till) -> str:
    """The session that takes this tablet's cash, open since before the network went."""
    session = till.opens_drawer()
    DrawerSession.objects.update(opened_at=NOW - 2 * 60 * MINUTE)
    StaffSession.objects.update(started_at=NOW - 2 * 60 * MINUTE)
    return session


def is_for_review(answer: Answer, *why: str) -> None:
    """Kept whole, for somebody to look at, and nothing in the books."""
    assert (answer["status"], codes(answer), answer["sale"]) == ("review", list(why), None)
    assert not Sale.objects.filter(status="completed").exists()
    assert OfflineSale.objects.get().contents["total_cents"] == answer["total_cents"]
    books_are_clean(now=timezone.now())


def test_a_cash_sale_comes_in_at_the_moment_it_was_made_with_a_receipt(till: Till, studio: Studio, drawer: str) -> None:
    answer = sends(till, told(studio, drawer_session=drawer))

    assert (answer.status, answer["status"], answer["notes"]) == (201, "accepted", [])
    assert answer["receipt"] == "UPT-000001"
    sale = Sale.objects.get(pk=answer["sale"])
    assert abs(sale.completed_at - (NOW - 30 * MINUTE)) < MINUTE
    assert (sale.status, sale.completed_by, str(sale.pk)) == ("completed", studio.desk_person, answer["id"])
    assert balances() == {
        "1010 Cash drawer": 220_00,
        "1020 Cash safe": -100_00,
        "4010 Services": -100_00,
        "2300 Tips payable": -20_00,
    }
    entry = Entry.objects.get(key=f"sale:{sale.pk}")
    assert (entry.occurred_at, entry.created_at > entry.occurred_at) == (sale.completed_at, True)
    books_are_clean(now=timezone.now())


def test_the_tax_is_split_as_it_would_have_been_at_the_desk(till: Till, studio: Studio, drawer: str) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.0175"))

    answer = sends(till, oil(drawer, studio, quantity=3))
    there = till.sells({"item": "massage-oil", "quantity": 3})

    assert (answer["status"], answer["notes"]) == ("accepted", [])
    assert till.get(f"sales/{answer['sale']}")["taxes"] == there["taxes"]
    books_are_clean(now=timezone.now())


def test_nobody_needs_to_be_signed_on_to_send_what_waits(till: Till, studio: Studio, drawer: str) -> None:
    sign_off(StaffSession.objects.get(), now=timezone.now())

    assert sends(till, told(studio, drawer_session=drawer))["status"] == "accepted"


def test_fifty_queued_sales_sent_twice_are_fifty_sales(till: Till, studio: Studio, drawer: str) -> None:
    queue = {new(): told(studio, drawer_session=drawer, minutes_ago=n % 30) for n in range(50)}

    first = [sends(till, body, offline_id) for offline_id, body in queue.items()]
    again = [sends(till, {**body, "ago_ms": None}, offline_id) for offline_id, body in reversed(queue.items())]

    assert {answer.status for answer in first} == {201}
    assert {answer.status for answer in again} == {200}
    assert sorted(map(str, (a.body for a in first))) == sorted(map(str, (a.body for a in again)))
    assert (
        Sale.objects.filter(status="completed").count() == Receipt.objects.count() == OfflineSale.objects.count() == 50
    )
    assert balances()["1010 Cash drawer"] == 100_00 + 50 * 120_00
    books_are_clean(now=timezone.now())


def test_another_sale_under_the_same_id_is_refused(till: Till, studio: Studio, drawer: str) -> None:
    body = told(studio, drawer_session=drawer)
    offline_id = sends(till, body)["id"]

    answer = nothing_changes(lambda: sends(till, {**body, "tips": [], "total_cents": 100_00}, offline_id))

    assert answer.code == "same_id_other_contents"


def test_a_changed_price_stays_as_it_was_charged_and_is_noted(till: Till, studio: Studio, drawer: str) -> None:
    Price.objects.filter(item__code="deep-tissue-60").update(price_cents=115_00)

    answer = sends(till, told(studio, drawer_session=drawer))

    assert (answer["status"], codes(answer)) == ("accepted", ["price_changed"])
    assert balances()["4010 Services"] == -100_00
    books_are_clean(now=timezone.now())


def test_a_withdrawn_item_was_sold_all_the_same(till: Till, studio: Studio, drawer: str) -> None:
    Item.objects.filter(code="deep-tissue-60").update(is_available=False)

    answer = sends(till, told(studio, drawer_session=drawer))

    assert (answer["status"], codes(answer)) == ("accepted", ["withdrawn"])
    assert balances()["1010 Cash drawer"] == 220_00


def test_a_changed_tax_stays_as_it_was_charged(till: Till, studio: Studio, drawer: str) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.02"))

    answer = sends(till, oil(drawer, studio))

    assert (answer["status"], codes(answer)) == ("accepted", ["tax_changed"])
    assert balances()["2100 Sales tax payable"] == -1_80
    TaxRate.objects.all().delete()
    books_are_clean(now=timezone.now())


def test_cash_that_a_closed_drawer_has_counted_as_over_is_found_again(
    till: Till, managers_till: Till, studio: Studio, drawer: str
) -> None:
    body = told(studio, drawer_session=drawer)
    count = {"counted_cents": 220_00, "note": "more than there should be"}
    assert managers_till.put(f"drawer-sessions/{drawer}/close", count).status == 200

    answer = sends(till, body)

    assert (answer["status"], codes(answer)) == ("accepted", ["drawer_closed"])
    assert balances() == {
        "1010 Cash drawer": 220_00,
        "1020 Cash safe": -100_00,
        "4010 Services": -100_00,
        "2300 Tips payable": -20_00,
    }
    books_are_clean(now=timezone.now())


def test_a_sale_out_of_a_drawer_that_was_closed_before_waits_for_somebody(
    till: Till, studio: Studio, drawer: str
) -> None:
    assert till.put(f"drawer-sessions/{drawer}/close", {"counted_cents": 100_00}).status == 200
    DrawerSession.objects.update(closed_at=NOW - 60 * MINUTE)

    is_for_review(sends(till, told(studio, drawer_session=drawer)), "drawer_was_closed")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"total_cents": 120_01}, "sums_differ"),
        ({"tax_cents": 1}, "sums_differ"),
        ({"lines": [{"item": "gone-for-good", "unit_cents": 100_00}]}, "unknown_item"),
        ({"tips": [{"therapist": 987_654, "amount_cents": 20_00}]}, "unknown_therapist"),
    ],
)
def test_what_does_not_add_up_waits_for_somebody(
    till: Till, studio: Studio, drawer: str, change: dict[str, Any], why: str
) -> None:
    is_for_review(sends(till, {**told(studio, drawer_session=drawer), **change}), why)


def test_beyond_two_hundred_dollars_somebody_looks(till: Till, studio: Studio, drawer: str) -> None:
    body = told(studio, drawer_session=drawer, total_cents=200_01)
    body["tips"] = [{"therapist": studio.bo.pk, "amount_cents": 100_01}]
    body["cash"] = {**body["cash"], "amount_cents": 200_01, "tendered_cents": 200_01}

    is_for_review(sends(till, body), "over_limit")


@pytest.mark.parametrize(("minutes_ago", "contact_ago"), [(10, 10 + 24 * 60 + 5), (24 * 60 + 5, 24 * 60 + 6)])
def test_after_a_day_without_the_server_somebody_looks(
    till: Till, studio: Studio, drawer: str, minutes_ago: int, contact_ago: int
) -> None:
    StaffSession.objects.update(started_at=NOW - 48 * 60 * MINUTE)

    is_for_review(
        sends(till, told(studio, drawer_session=drawer, minutes_ago=minutes_ago, contact_ago=contact_ago)), "too_old"
    )


def test_a_person_who_lost_the_right_since_is_looked_at(till: Till, studio: Studio, drawer: str) -> None:
    Grant.objects.filter(staff=studio.desk_person).delete()

    is_for_review(sends(till, told(studio, drawer_session=drawer)), "may_not_sell")


def test_somebody_who_was_not_signed_on_there_sold_nothing_for_certain(till: Till, studio: Studio, drawer: str) -> None:
    is_for_review(sends(till, told(studio, drawer_session=drawer, staff=studio.manager.pk)), "not_signed_on")


def test_a_revoked_tablet_keeps_its_queue_until_it_is_paired_again(till: Till, studio: Studio, drawer: str) -> None:
    body, offline_id = told(studio, drawer_session=drawer), new()
    assert till.device is not None
    till.device.__class__.objects.filter(pk=till.device.pk).update(revoked_at=NOW, token_hash=None)
    assert nothing_changes(lambda: sends(till, body, offline_id)).refusal == (401, "device_unknown")

    is_for_review(sends(pair(studio.device), body, offline_id), "not_signed_on")


def test_a_drawer_of_nobody_is_looked_for(till: Till, studio: Studio, drawer: str) -> None:
    is_for_review(sends(till, told(studio, drawer_session=new())), "drawer_unknown")


def test_what_belongs_to_a_closed_month_is_posted_on_the_first_open_day(
    till: Till, studio: Studio, drawer: str
) -> None:
    Period.objects.filter(month=dt.date(2026, 3, 1)).update(status="soft", soft_closed_at=NOW)
    body = told(studio, drawer_session=drawer)

    answer = sends(till, body)

    assert (answer["status"], codes(answer)) == ("accepted", ["month_closed"])
    entry = Entry.objects.get(key=f"sale:{answer['sale']}")
    assert (entry.business_date, entry.original_date) == (dt.date(2026, 4, 1), dt.date(2026, 3, 2))


def test_the_tablet_reads_the_terms_and_what_is_for_review(till: Till, studio: Studio, drawer: str) -> None:
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.075"))
    sends(till, told(studio, drawer_session=drawer))
    waiting = sends(till, told(studio, drawer_session=new()))

    terms = till.get("offline-terms")

    assert terms["rates"] == [{"tax_category": "retail", "jurisdiction": "OH-FRANKLIN", "rate": "0.075"}]
    assert (terms["most_cents"], terms["most_hours"], terms["tax_rounding"]) == (200_00, 24, "invoice")
    assert [row["id"] for row in till.get("offline-sales/?status=review").body] == [waiting["id"]]
    assert len(till.get("offline-sales/").body) == 2


def test_two_people_may_have_sold_on_one_tablet_each_in_their_time(till: Till, studio: Studio, drawer: str) -> None:
    body = told(studio, drawer_session=drawer)
    till = sign_on(till, studio.manager)

    assert sends(till, body)["status"] == "accepted"
