"""What clients have paid ahead, over HTTP: looked at, given on, upgraded, its clock stopped, waived; dry runs first."""

import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from memberships import noshows
from memberships.models import SessionLot
from pos.models import Client
from studio.models import AuditRow
from tests.api.till import Till, new
from tests.builders import Studio, TestDesk
from tests.memberships.builders import buys, client, package, told, visits


@pytest.fixture
def jo(studio: Studio) -> Client:
    package(cents=499_99, validity_months=12)
    return client()


@pytest.fixture
def lot(desk: TestDesk, studio: Studio, jo: Client) -> SessionLot:
    """Five sessions, one of them used."""
    [bought] = buys(desk, jo)
    visits(desk, studio, jo)
    bought.refresh_from_db()
    return bought


def test_a_client_s_lots_are_told_with_what_happened_to_them(till: Till, jo: Client, lot: SessionLot) -> None:
    answer = till.get(f"clients/{jo.pk}/lots")

    [told_lot] = answer["results"]
    told_moves = told_lot.pop("moves")
    assert told_lot == {
        "id": str(lot.pk),
        "instrument": f"lot:{lot.pk}",
        "kind": "package",
        "status": "open",
        "client": str(jo.pk),
        "name": "5 sessions",
        "units": 4,
        "granted_units": 5,
        "held_units": 0,
        "value_cents": 400_00,
        "paid_cents": 499_99,
        "opened_at": "2026-03-02T15:00:00Z",
        "expires_on": "2027-03-02",
        "stopped_on": None,
        "came_from": None,
        "items": ["ashiatsu-60", "deep-tissue-60"],
    }
    assert [(move["kind"], move["what"], move["units"], move["value_cents"], move["item"]) for move in told_moves] == [
        ("opened", "bought", 5, 499_99, None),
        ("used", "used", -1, -99_99, "deep-tissue-60"),
    ]
    assert till.get(f"clients/{new()}/lots").status == 404


def test_what_can_be_used_first_comes_first(till: Till, desk: TestDesk, jo: Client, lot: SessionLot) -> None:
    package("for-ever", 500_00)
    [lasting] = buys(desk, jo, "for-ever")
    SessionLot.objects.filter(pk=lasting.pk).update(opened_at=lot.opened_at)

    assert [row["id"] for row in till.get(f"clients/{jo.pk}/lots")["results"]] == [str(lot.pk), str(lasting.pk)]


def test_sessions_are_given_and_taken_back(till: Till, jo: Client, lot: SessionLot) -> None:
    kim = client("Kim Doe")
    address = f"lots/{lot.pk}/transfers/{new()}"
    rehearsed = till.put(f"{address}?dry_run=1", {"client": str(kim.pk), "units": 2})
    assert (rehearsed.status, rehearsed["given"]["value_cents"], rehearsed["source"]["units"]) == (200, 200_00, 2)
    assert told(lot) == ("open", 4, 400_00)

    made, again = (till.put(address, {"client": str(kim.pk), "units": 2}) for _ in range(2))

    assert (made.status, again.status, made.body) == (201, 200, again.body)
    assert (made["given"]["client"], made["given"]["came_from"]) == (str(kim.pk), str(lot.pk))
    assert told(lot) == ("open", 2, 200_00)
    assert till.put(address, {"client": str(kim.pk), "units": 1}).refusal == (409, "same_id_other_contents")
    assert till.delete(f"{address}?dry_run=1")["units"] == 4
    assert told(lot) == ("open", 2, 200_00)
    assert till.delete(address)["units"] == 4
    assert told(lot) == ("open", 4, 400_00)
    assert till.delete(f"lots/{new()}/transfers/{made['given']['id']}").status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "client"), ({"client": "Kim"}, "client"), ({"client": str(uuid.uuid4()), "units": 0}, "units")],
)
def test_a_transfer_says_to_whom(till: Till, lot: SessionLot, body: dict[str, object], field: str) -> None:
    answer = till.put(f"lots/{lot.pk}/transfers/{new()}", body)

    assert answer.status == 400
    assert field in answer.errors


def test_more_than_is_left_is_not_given(till: Till, lot: SessionLot) -> None:
    kim = client("Kim Doe")

    answer = till.put(f"lots/{lot.pk}/transfers/{new()}", {"client": str(kim.pk), "units": 5})

    assert answer.refusal == (409, "no_session_left")
    assert answer["left"] == 4


def test_upgrades_are_told_with_what_they_cost(till: Till, lot: SessionLot) -> None:
    package("ten", 900_00, 10)
    package("small", 200_00, 2)

    assert till.get(f"lots/{lot.pk}/upgrades")["results"] == [
        {"code": "ten", "name": "10 sessions", "price_cents": 900_00, "difference_cents": 500_00}
    ]


def test_the_clock_stands_still_and_goes_on(till: Till, jo: Client, lot: SessionLot) -> None:
    SessionLot.objects.update(expires_on="2099-01-01")
    assert till.put(f"clients/{jo.pk}/clock?dry_run=1")["results"][0]["stopped_on"] is not None
    assert SessionLot.objects.get().stopped_on is None

    assert till.put(f"clients/{jo.pk}/clock")["results"][0]["stopped_on"] is not None
    assert till.delete(f"clients/{jo.pk}/clock")["results"][0]["expires_on"] == "2099-01-01"

    assert SessionLot.objects.get().stopped_on is None
    assert set(AuditRow.objects.values_list("action", flat=True)) >= {"clock_stopped", "clock_resumed"}


def waivable(till: Till, jo: Client) -> list[str]:
    """The missed appointments whose sessions can still be given back."""
    (lot,) = till.get(f"clients/{jo.pk}/lots")["results"]
    return [move["waivable"] for move in lot["moves"] if move["waivable"]]


def test_a_session_taken_for_a_missed_appointment_is_waived(
    till: Till, desk: TestDesk, jo: Client, lot: SessionLot
) -> None:
    no_show_id = uuid.uuid4()
    SessionLot.objects.update(expires_on=None)
    with transaction.atomic():
        noshows.take(no_show_id=no_show_id, client=jo, reason="no_show", desk=desk.desk, now=timezone.now())

    assert till.put(f"no-shows/{no_show_id}/waiver?dry_run=1", {"why": "snow"})["units"] == 4
    assert told(lot) == ("open", 3, 300_00)
    assert waivable(till, jo) == [str(no_show_id)]
    assert till.put(f"no-shows/{no_show_id}/waiver", {"why": "snow"})["units"] == 4
    assert waivable(till, jo) == []
    assert told(lot) == ("open", 4, 400_00)
    assert till.put(f"no-shows/{new()}/waiver", {"why": "snow"}).status == 400
