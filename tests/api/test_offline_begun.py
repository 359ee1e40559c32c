"""The network went with the sale half-way: the server may know of it, and it is still one sale (R3, R11)."""

import datetime as dt

import pytest
from django.utils import timezone

from ledger.journal import balances
from pos.models import DrawerSession, Sale
from studio.models import StaffSession
from tests.api.offline_sales import codes, sends, told
from tests.api.till import Till, new
from tests.books import books_are_clean
from tests.builders import NOW, Studio

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def drawer(till: Till) -> str:
    """The session that takes this tablet's cash, open since before the network went."""
    session = till.opens_drawer()
    DrawerSession.objects.update(opened_at=NOW - 2 * 60 * MINUTE)
    StaffSession.objects.update(started_at=NOW - 2 * 60 * MINUTE)
    return session


def test_the_answer_was_lost_but_the_sale_was_not(till: Till, studio: Studio, drawer: str) -> None:
    sale_id, tender = new(), new()
    line = {"item": "deep-tissue-60", "therapist": studio.bo.pk}
    paid = {"id": tender, "kind": "cash", "tendered_cents": 140_00, "drawer_session": drawer}
    assert till.sells(line, sale=sale_id, tenders=[paid], tip_cents=20_00)["status"] == "completed"
    body = told(studio, drawer_session=drawer)

    answer = sends(till, {**body, "cash": {**body["cash"], "id": tender}}, sale_id)

    assert (answer["status"], codes(answer), answer["sale"]) == ("accepted", ["already_in"], sale_id)
    assert balances()["1010 Cash drawer"] == 220_00
    books_are_clean(now=timezone.now())


def test_a_cart_that_had_reached_the_server_is_given_up_for_the_sale_that_was_made(
    till: Till, studio: Studio, drawer: str
) -> None:
    sale_id = new()
    line = {"item": "deep-tissue-60", "therapist": studio.bo.pk}
    assert till.put(f"sales/{sale_id}", {"lines": [line]}).status == 201

    answer = sends(till, told(studio, drawer_session=drawer), sale_id)
    late = till.sells(line, sale=sale_id, revision=1)

    assert (answer["status"], answer["id"] == answer["sale"]) == ("accepted", False)
    assert late.refusal == (409, "sale_not_open")
    assert sorted(Sale.objects.values_list("status", flat=True)) == ["abandoned", "completed"]
    books_are_clean(now=timezone.now())


def test_the_first_try_comes_late_after_the_sale_came_in(till: Till, studio: Studio, drawer: str) -> None:
    body, sale_id = told(studio, drawer_session=drawer), new()
    assert sends(till, body, sale_id)["sale"] == sale_id
    paid = {"id": body["cash"]["id"], "kind": "cash", "tendered_cents": 140_00}

    late = till.sells(
        {"item": "deep-tissue-60", "therapist": studio.bo.pk}, sale=sale_id, tenders=[paid], tip_cents=20_00
    )

    assert late.code == "same_id_other_contents"
    assert balances()["1010 Cash drawer"] == 220_00


def test_a_sale_that_was_completed_in_another_way_too_is_looked_at(till: Till, studio: Studio, drawer: str) -> None:
    sale_id = new()
    till.sells({"item": "deep-tissue-60", "therapist": studio.bo.pk}, sale=sale_id)

    answer = sends(till, told(studio, drawer_session=drawer), sale_id)

    assert (answer["status"], codes(answer)) == ("review", ["sold_otherwise"])
