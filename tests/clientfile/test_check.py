"""The check before a treatment: what the desk hears, who lets the sale go on (R36)."""

import datetime as dt
from typing import Any

import pytest

from clientfile.models import Acknowledgement, AllergenMark, HealthRead
from pos.models import Client, Item
from studio.models import AuditRow
from tests.api.till import Answer, Till, new
from tests.builders import NOW, Studio, item
from tests.clientfile.files import PIN, client, flag, flags_on
from tests.memberships import builders as memberships

TODAY = NOW.date()


def ashiatsu(studio: Studio, **more: Any) -> dict[str, Any]:
    return {"item": "ashiatsu-60", "therapist": studio.ana.pk, **more}


def sale_for(till: Till, someone: Client, *lines: dict[str, Any], sale: str = "", **more: Any) -> Answer:
    return till.put(f"sales/{sale or new()}", {"client": str(someone.pk), "lines": list(lines), **more})


def told(answer: Answer) -> list[tuple[str, bool]]:
    return [(one["code"], one["open"]) for one in answer["warnings"]]


def pays(till: Till, sale: str) -> Answer:
    return till.put(f"sales/{sale}/tenders/{new()}", {"kind": "external"})


def says_ok(till: Till, sale: str, studio: Studio, pin: str = PIN) -> Answer:
    return till.post(f"sales/{sale}/therapist-check", {"staff": studio.ana.pk, "pin": pin})


@pytest.fixture
def maya(studio: Studio) -> Client:
    """A client with a flag that blocks Ashiatsu."""
    someone = client()
    flags_on(studio, someone, flag(), note="twelfth week")
    return someone


def test_a_blocked_treatment_is_neither_paid_nor_completed_until_a_therapist_says_ok(
    till: Till, studio: Studio, maya: Client
) -> None:
    sale = new()
    rung = sale_for(till, maya, ashiatsu(studio), sale=sale)

    assert told(rung) == [("therapist_check", True)]
    assert rung["warnings"][0]["line"] == rung["lines"][0]["id"]
    assert pays(till, sale).refusal == (409, "therapist_check_needed")
    assert till.put(f"sales/{sale}/completion").refusal == (409, "therapist_check_needed")

    said = says_ok(till, sale, studio)

    assert told(said) == [("therapist_check", False)]
    assert said["warnings"][0]["settled_by"] == {"id": studio.ana.pk, "name": "Ana"}
    assert pays(till, sale).status == 200
    done = till.put(f"sales/{sale}/completion")
    assert (done["status"], done["warnings"]) == ("completed", [])
    ok = Acknowledgement.objects.get()
    assert (str(ok.sale_id), ok.therapist, ok.name, ok.device) == (sale, studio.ana, "Ashiatsu 60", till.device)
    assert AuditRow.objects.get(action="therapist_ok").approver == studio.ana


def test_a_sale_in_one_request_is_refused_as_a_whole(till: Till, studio: Studio, maya: Client) -> None:
    refused = till.sells(ashiatsu(studio), client=str(maya.pk))

    assert refused.refusal == (409, "therapist_check_needed")
    assert "pregnan" not in str(refused.body).lower()


def test_nobody_else_is_asked_about_and_nothing_else_is_held_up(till: Till, studio: Studio, maya: Client) -> None:
    assert till.sells({"item": "deep-tissue-60", "therapist": studio.bo.pk}, client=str(maya.pk)).status == 201
    assert till.sells({"item": "massage-oil"}, client=str(maya.pk)).status == 201
    assert till.sells(ashiatsu(studio), client=str(client("Jonas").pk)).status == 201
    assert till.sells(ashiatsu(studio)).status == 201


def test_the_line_can_be_swapped_for_a_treatment_of_the_same_price_that_no_flag_is_about(
    till: Till, studio: Studio, maya: Client
) -> None:
    item("bamboo-75", 110_00)
    item("thai-rope-90", 110_00, needs=studio.ashiatsu)
    item("hot-towel", 110_00, kind="addon")
    sale = new()

    rung = sale_for(till, maya, ashiatsu(studio), sale=sale)

    swaps = rung["warnings"][0]["swaps"]
    assert swaps == [{"item": "bamboo-75", "name": "Bamboo 75", "price_cents": 110_00}]
    swapped = sale_for(
        till, maya, {"item": "bamboo-75", "therapist": studio.bo.pk}, sale=sale, revision=rung["revision"]
    )
    assert (swapped["warnings"], swapped["total_cents"]) == ([], rung["total_cents"])
    assert pays(till, sale).status == 200


def test_who_waits_until_a_day_is_held_up_before_it_and_not_on_it(till: Till, studio: Studio) -> None:
    someone, kind = client(), flag("surgery", "wait")
    flag_id = flags_on(studio, someone, kind, ends_on=TODAY + dt.timedelta(days=1))
    assert told(sale_for(till, someone, ashiatsu(studio))) == [("therapist_check", True)]

    path = f"clients/{someone.pk}/health/flags/{flag_id}"
    until_today = {"flag": "surgery", "starts_on": "2026-01-01", "ends_on": "2026-03-02"}
    assert till.put(path, {**until_today, "staff": studio.ana.pk, "pin": PIN}).status == 204
    assert told(sale_for(till, someone, ashiatsu(studio))) == []


def test_a_flag_that_asks_is_a_hint_and_stops_nothing(till: Till, studio: Studio) -> None:
    someone = client()
    flags_on(studio, someone, flag("sensitive-skin", "ask", training=None))
    sale = new()

    rung = sale_for(till, someone, {"item": "deep-tissue-60", "therapist": studio.bo.pk}, sale=sale)

    assert told(rung) == [("ask_therapist", False)]
    assert rung["warnings"][0]["sentence"] == "Ask the therapist about Deep tissue 60."
    assert pays(till, sale).status == 200


def test_an_allergy_is_about_what_is_marked_to_have_it(till: Till, studio: Studio) -> None:
    AllergenMark.objects.create(item=Item.objects.get(code="massage-oil"), allergen="nut")
    someone = client()
    flags_on(studio, someone, flag("nut-allergy", "ask", allergen="nut"))

    assert told(sale_for(till, someone, {"item": "massage-oil"})) == [("ask_therapist", False)]
    assert told(sale_for(till, someone, ashiatsu(studio))) == []


def test_a_lifted_flag_says_nothing(till: Till, studio: Studio, maya: Client) -> None:
    kind = flag("fever")
    flag_id = flags_on(studio, client("Jonas"), kind)
    jonas = Client.objects.get(name="Jonas")
    path = f"clients/{jonas.pk}/health/flags/{flag_id}/lifted"

    assert till.put(path, {"staff": studio.ana.pk, "pin": PIN}).status == 204
    assert told(sale_for(till, jonas, ashiatsu(studio))) == []


def test_an_ok_is_for_one_sale_one_line_and_the_flags_that_were_known(till: Till, studio: Studio, maya: Client) -> None:
    sale = new()
    rung = sale_for(till, maya, ashiatsu(studio), sale=sale)
    said = says_ok(till, sale, studio)
    item("thai-rope-90", 130_00, needs=studio.ashiatsu)

    more = sale_for(
        till,
        maya,
        ashiatsu(studio),
        {"item": "thai-rope-90", "therapist": studio.ana.pk},
        sale=sale,
        revision=said["revision"],
    )
    assert rung["revision"] == said["revision"]
    assert told(more) == [("therapist_check", False), ("therapist_check", True)]
    assert told(sale_for(till, maya, ashiatsu(studio))) == [("therapist_check", True)]

    flags_on(studio, maya, flag("fever"), now=NOW + dt.timedelta(hours=1))
    assert told(till.get(f"sales/{sale}")) == [("therapist_check", True), ("therapist_check", True)]


def test_only_a_therapist_with_their_own_pin_says_ok(till: Till, studio: Studio, maya: Client) -> None:
    sale = new()
    sale_for(till, maya, ashiatsu(studio), sale=sale)

    assert says_ok(till, sale, studio, pin="111222").refusal == (409, "wrong_pin")
    by_desk = till.post(f"sales/{sale}/therapist-check", {"staff": studio.desk_person.pk, "pin": "739164"})
    assert by_desk.refusal == (403, "not_allowed")
    by_manager = till.post(f"sales/{sale}/therapist-check", {"staff": studio.manager.pk, "pin": "615283"})
    assert by_manager.refusal == (409, "not_a_therapist")
    assert says_ok(till, sale, studio).status == 200
    assert says_ok(till, sale, studio).refusal == (409, "nothing_to_check")
    assert Acknowledgement.objects.count() == 1


def test_a_package_and_a_plan_of_ashiatsu_are_asked_about_too(till: Till, studio: Studio, maya: Client) -> None:
    memberships.package()
    rung = sale_for(till, maya, {"kind": "package", "item": "five"})

    assert told(rung) == [("therapist_check", True)]
    assert rung["warnings"][0]["swaps"] == []


def test_a_session_that_pays_for_the_treatment_does_not_get_around_the_check(till: Till, studio: Studio) -> None:
    someone, sale = client(), new()
    memberships.package(items=("ashiatsu-60",))
    memberships.buys(studio.desk, someone)
    flags_on(studio, someone, flag())
    covered = ashiatsu(studio, cover={"kind": "session"})
    rung = sale_for(till, someone, covered, sale=sale)

    assert (rung["due_cents"], told(rung)) == (0, [("therapist_check", True)])
    assert till.put(f"sales/{sale}/completion").refusal == (409, "therapist_check_needed")
    says_ok(till, sale, studio)
    assert till.put(f"sales/{sale}/completion")["status"] == "completed"


def test_nothing_that_the_desk_hears_says_why(till: Till, studio: Studio, maya: Client) -> None:
    sale = new()
    heard = [
        sale_for(till, maya, ashiatsu(studio), sale=sale),
        till.get(f"sales/{sale}"),
        pays(till, sale),
        till.get(f"clients/{maya.pk}/health"),
        till.get(f"clients/{maya.pk}/card"),
    ]

    assert not any(word in str(answer.body).lower() for answer in heard for word in ("pregnan", "twelfth", "block"))
    assert HealthRead.objects.count() == 0
