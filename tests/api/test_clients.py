"""Clients over HTTP."""

import uuid
from typing import Any

import pytest

from pos.models import Client
from studio.models import AuditRow
from tests.api.till import Till, new
from tests.builders import Studio


def test_a_client_is_made_once_and_found_by_any_word(till: Till) -> None:
    client = new()
    body = {"name": "Maya  Okafor", "email": "maya@example.com", "phone": "(614) 555-0134", "note": "Front room"}

    made, again = till.put(f"clients/{client}", body), till.put(f"clients/{client}", body)

    assert (made.status, again.status) == (201, 200)
    assert made.body == again.body == till.get(f"clients/{client}").body
    assert made.body == {
        "id": client,
        "name": "Maya Okafor",
        "email": "maya@example.com",
        "phone": "+16145550134",
        "note": "Front room",
        "tax_certificate": "",
        "last_visit_on": None,
    }
    for words in ("maya", "oka may", "example.com", "555-0134", ""):
        assert [row["id"] for row in till.get(f"clients/?search={words}")["results"]] == [client], words
    assert till.get("clients/?search=jonas")["results"] == []
    assert AuditRow.objects.filter(action="client_created").count() == 1


def test_the_last_visit_is_the_last_business_date(till: Till) -> None:
    client = new()
    till.put(f"clients/{client}", {"name": "Maya"})

    till.sells({"item": "massage-oil"}, client=client)

    assert till.get(f"clients/{client}")["last_visit_on"] == "2026-03-02"
    assert till.get("clients/?search=maya")["results"][0]["last_visit_on"] == "2026-03-02"


def test_the_list_comes_in_pages_by_name(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.pages.Pages.page_size", 2)
    for name in ("Cleo", "Ada", "Bea", "Bea", "Bea"):
        till.put(f"clients/{new()}", {"name": name})

    names, page = [], till.get("clients/")
    names += [row["name"] for row in page["results"]]
    while page["next"]:
        page = till.get(page["next"].removeprefix("http://testserver"))
        names += [row["name"] for row in page["results"]]

    assert names == ["Ada", "Bea", "Bea", "Bea", "Cleo"]


def test_a_search_tells_the_best_at_once_and_has_no_further_page(till: Till) -> None:
    for name in ("Maya Cole", "Ada May", "Maybel Bo", "Bea Cruz", "May Maya"):
        till.put(f"clients/{new()}", {"name": name, "email": "may@example.com" if name == "Ada May" else ""})

    page = till.get("clients/?search=may")

    assert [row["name"] for row in page["results"]] == ["Ada May", "May Maya", "Maya Cole", "Maybel Bo"]
    assert (page["next"], page["previous"]) == (None, None)
    assert [row["name"] for row in till.get("clients/?search=%20")["results"]][:2] == ["Ada May", "Bea Cruz"]


def test_who_gets_another_name_is_found_in_its_place(till: Till) -> None:
    first, second = new(), new()
    till.put(f"clients/{first}", {"name": "Maya Abel"})
    till.put(f"clients/{second}", {"name": "Maya Bow"})

    till.put(f"clients/{first}", {"name": "Maya Cole"})

    assert [row["id"] for row in till.get("clients/?search=maya")["results"]] == [second, first]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "Maya", "email": "maya"}, "email"),
        ({"name": "Maya", "email": "m" * 250 + "@example.com"}, "email"),
        ({"name": "Maya", "phone": "123"}, "phone"),
        ({"name": "Maya", "phone": "call me"}, "phone"),
        ({"name": "Maya", "phone": "+999999999999999"}, "phone"),
        ({"name": "Maya", "note": "x" * 301}, "note"),
        ({"name": "Maya", "birthday": "2000-01-01"}, "birthday"),
        ([], ""),
        ("Maya", ""),
        (None, ""),
    ],
)
def test_what_can_not_be_meant_is_told_by_its_field(till: Till, body: Any, field: str) -> None:
    answer = till.send("PUT", f"clients/{new()}", b"null" if body is None else body)

    assert (answer.refusal, list(answer.errors)) == ((400, "invalid"), [field])
    assert not Client.objects.exists()


def test_a_search_for_nothing_that_could_be_is_answered_too(till: Till) -> None:
    for words in ("%25", "_", "'; drop table pos_client; --", "%E2%98%83", "x" * 80):
        assert till.get(f"clients/?search={words}")["results"] == []
    assert list(till.get(f"clients/?search={'x' * 81}").errors) == ["search"]
    assert list(till.get("clients/?search=a%00b").errors) == ["search"]
    assert list(till.get("clients/?serach=maya").errors) == ["serach"]


def test_a_client_that_is_not_there_is_a_404(till: Till) -> None:
    assert till.get(f"clients/{new()}").refusal == (404, "not_found")


def test_a_clients_card_tells_what_they_come_for(till: Till, studio: Studio) -> None:
    client = str(uuid.uuid4())
    till.put(f"clients/{client}", {"name": "Maya Okafor"})
    massage = {"item": "ashiatsu-60", "therapist": studio.ana.pk}
    till.sells(massage, {"item": "massage-oil"}, client=client, tip_cents=20_00)
    oil = till.sells({"item": "massage-oil"}, client=client)
    till.sells({"item": "massage-oil"})
    line = {"line": oil["lines"][0]["id"], "quantity": 1}
    till.put(f"sales/{oil['id']}/refunds/{uuid.uuid4()}", {"reason": "returned", "lines": [line]})

    card = till.get(f"clients/{client}/card")

    assert (card["client"]["name"], card["visits"], card["paid_cents"]) == ("Maya Okafor", 2, 154_00)
    assert card["favourites"] == [{"name": "Ashiatsu 60", "times": 1}]
    assert [row["status"] for row in card["recent"]] == ["refunded", "completed"]
    assert card["first_visit_on"] == card["client"]["last_visit_on"] == "2026-03-02"
    assert till.get(f"clients/{uuid.uuid4()}/card").refusal == (404, "not_found")


def test_the_last_visit_can_be_sold_again(till: Till, studio: Studio) -> None:
    client = new()
    till.put(f"clients/{client}", {"name": "Maya"})
    nothing = till.get(f"clients/{client}/last-visit")
    till.sells({"item": "massage-oil"}, client=client)
    custom = {"kind": "custom", "name": "Candle", "amount_cents": 9_00}
    till.sells(
        {"item": "ashiatsu-60", "therapist": studio.ana.pk},
        {"item": "massage-oil", "quantity": 2},
        custom,
        client=client,
    )
    till.put(f"sales/{new()}", {"client": client, "lines": [{"item": "massage-oil"}]})

    last = till.get(f"clients/{client}/last-visit")

    assert nothing.body == {"business_date": None, "lines": []}
    assert last["business_date"] == "2026-03-02"
    assert last["lines"] == [
        {"item": "ashiatsu-60", "name": "Ashiatsu 60", "quantity": 1, "therapist": studio.ana.pk},
        {"item": "massage-oil", "name": "Massage oil", "quantity": 2, "therapist": None},
    ]
