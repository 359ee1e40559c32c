"""A sale over HTTP: in one request, in steps, rehearsed, found again in the list."""

from typing import Any

import pytest

from ledger.journal import balances
from pos.models import Sale
from studio.models import Location
from tests.api.till import Answer, Till, new, rows, till_of
from tests.builders import Studio, person, tax


def test_a_whole_sale_in_one_request(till: Till, studio: Studio) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.0150"))
    till.opens_drawer()
    sale, cash = new(), new()

    answer = till.sells(
        {"item": "ashiatsu-60", "therapist": studio.ana.pk},
        {"item": "massage-oil", "quantity": 2},
        sale=sale,
        tip_cents=20_00,
        tenders=[{"id": cash, "kind": "cash", "tendered_cents": 190_00}],
    )

    assert answer.status == 201
    assert answer["status"] == "completed"
    assert answer["business_date"] == "2026-03-02"
    assert [(line["name"], line["quantity"], line["paid_cents"]) for line in answer["lines"]] == [
        ("Ashiatsu 60", 1, 110_00),
        ("Massage oil", 2, 51_48),
    ]
    assert answer["taxes"] == [
        {"jurisdiction": "OH", "rate": "0.0575", "amount_cents": 2_76},
        {"jurisdiction": "OH-FRANKLIN", "rate": "0.015", "amount_cents": 72},
    ]
    assert [(tip["therapist"]["name"], tip["amount_cents"]) for tip in answer["tips"]] == [("Ana", 20_00)]
    assert answer["tenders"] == [
        {
            "id": cash,
            "kind": "cash",
            "status": "settled",
            "amount_cents": 181_48,
            "tendered_cents": 190_00,
            "change_cents": 8_52,
            "rounding_cents": 0,
            "reference": "",
            "instrument": "",
            "line": None,
            "charge": None,
        }
    ]
    assert (answer["total_cents"], answer["due_cents"], answer["change_cents"]) == (181_48, 0, 8_52)
    assert answer["receipt"]["title"] == "UPT-000001"
    assert "entry" not in answer.body
    assert balances() == {
        "1010 Cash drawer": 281_48,
        "1020 Cash safe": -100_00,
        "2100 Sales tax payable": -3_48,
        "2300 Tips payable": -20_00,
        "4010 Services": -110_00,
        "4020 Retail": -48_00,
    }


def test_the_same_request_again_is_the_same_answer_and_so_is_reading_the_sale(till: Till, studio: Studio) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.0150"))
    till.opens_drawer()
    lines = [
        {"item": "ashiatsu-60", "therapist": studio.ana.pk, "discount": {"percent": 10, "reason": "promotion"}},
        {"item": "deep-tissue-60", "therapist": studio.bo.pk},
        {"item": "massage-oil", "quantity": 2},
    ]
    tenders = [{"id": new(), "kind": "external", "amount_cents": 50_00}, {"id": new(), "kind": "cash"}]
    body = {"lines": lines, "discounts": [{"amount_cents": 5_00, "reason": "goodwill"}], "tip_cents": 33_33}
    path = f"sales/{new()}"

    first = till.put(path, {**body, "tenders": tenders, "complete": True})
    before = rows()
    again = till.put(path, {**body, "tenders": tenders, "complete": True})

    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert till.get(path).body == first.body
    assert rows() == before


def test_a_sale_in_steps(till: Till, studio: Studio) -> None:
    sale = f"sales/{new()}"
    lines = [{"item": "deep-tissue-60", "therapist": studio.bo.pk}]

    opened = till.put(sale, {"lines": lines})
    changed = till.put(sale, {"lines": [*lines, {"item": "massage-oil"}], "revision": opened["revision"]})
    part = till.put(f"{sale}/tenders/{new()}", {"kind": "external", "amount_cents": 100_00})
    wrong = new()
    till.put(f"{sale}/tenders/{wrong}", {"kind": "check", "reference": "7"})
    released = till.delete(f"{sale}/tenders/{wrong}")
    till.put(f"{sale}/tenders/{new()}", {"kind": "check", "reference": "8"})
    completed = till.put(f"{sale}/completion")

    assert (opened.status, opened["due_cents"]) == (201, 100_00)
    assert opened["tip_suggestions"][1] == {
        "percent": 20,
        "amount_cents": 20_00,
        "shares": [{"therapist": {"id": studio.bo.pk, "name": "Bo"}, "amount_cents": 20_00}],
    }
    assert (changed.status, changed["due_cents"]) == (200, 124_00)
    assert part["due_cents"] == 24_00
    assert (released["due_cents"], [tender["status"] for tender in released["tenders"]]) == (
        24_00,
        ["held", "released"],
    )
    assert (completed["status"], completed["due_cents"]) == ("completed", 0)
    assert till.put(f"{sale}/completion").body == completed.body
    assert balances() == {
        "1030 Checks not deposited": 24_00,
        "1120 External terminal clearing": 100_00,
        "4010 Services": -100_00,
        "4020 Retail": -24_00,
    }


def test_an_open_sale_is_given_up(till: Till) -> None:
    sale = f"sales/{new()}"
    till.put(sale, {"lines": [{"item": "massage-oil"}]})
    till.put(f"{sale}/tenders/{new()}", {"kind": "external"})

    abandoned = till.put(f"{sale}/abandonment")

    assert (abandoned["status"], abandoned["due_cents"]) == ("abandoned", 0)
    assert [tender["status"] for tender in abandoned["tenders"]] == ["released"]
    assert till.put(f"{sale}/abandonment").body == abandoned.body
    assert balances() == {}


def test_a_rehearsal_shows_the_exact_effect_and_changes_nothing(till: Till, studio: Studio) -> None:
    till.opens_drawer()
    path = f"sales/{new()}"
    body = {
        "lines": [{"item": "ashiatsu-60", "therapist": studio.ana.pk}, {"item": "massage-oil"}],
        "tip_cents": 20_00,
        "tenders": [{"id": new(), "kind": "cash"}],
        "complete": True,
    }
    before = rows()

    rehearsed = till.put(f"{path}?dry_run=1", body)

    assert rows() == before
    assert rehearsed.status == 200
    assert (rehearsed["status"], rehearsed["receipt"]) == ("completed", None)
    assert rehearsed["entry"] == [
        {"account": "1010 Cash drawer", "amount_cents": 154_00},
        {"account": "4010 Services", "amount_cents": -110_00},
        {"account": "4020 Retail", "amount_cents": -24_00},
        {"account": "2300 Tips payable", "amount_cents": -20_00},
    ]
    done = till.put(path, body)
    assert done["receipt"]["number"] == 1
    assert (done["total_cents"], done["tenders"]) == (rehearsed["total_cents"], rehearsed["tenders"])


@pytest.mark.parametrize("step", ["contents", "tender", "completion"])
def test_every_step_can_be_rehearsed(till: Till, step: str) -> None:
    sale = f"sales/{new()}"
    till.put(sale, {"lines": [{"item": "massage-oil"}]})
    if step == "completion":
        till.put(f"{sale}/tenders/{new()}", {"kind": "external"})
    before = rows()

    rehearsed = {
        "contents": lambda: till.put(f"{sale}?dry_run=1", {"lines": [], "tip_cents": 0, "revision": 1}),
        "tender": lambda: till.put(f"{sale}/tenders/{new()}?dry_run=1", {"kind": "external"}),
        "completion": lambda: till.put(f"{sale}/completion?dry_run=1"),
    }[step]()

    assert rehearsed.status == 200
    assert rows() == before
    assert (rehearsed["due_cents"], rehearsed["status"]) == (0, "completed" if step == "completion" else "open")


def test_another_price_and_a_certificate_are_told_with_who_said_yes(till: Till, studio: Studio) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"))
    client, sale = new(), f"sales/{new()}"
    till.put(f"clients/{client}", {"name": "St. Ann", "tax_certificate": "OH-12-345"})
    till.put(f"clients/{client}", {"name": "St. Ann", "note": "Keeps its certificate."})
    body = {"client": client, "lines": [{"item": "massage-oil", "price": {"unit_cents": 30_00, "reason": "service"}}]}

    dear = approved(till, studio, sale, body)
    free = approved(till, studio, sale, {**body, "tax_exempt": True, "revision": dear["revision"]})

    assert [(row["value_cents"], row["unit_cents"], row["approver"]["name"]) for row in free["discounts"]] == [
        (-6_00, 30_00, "Mara")
    ]
    assert (dear["total_cents"], free["total_cents"], free["lines"][0]["why"]) == (
        31_73,
        30_00,
        "$30.00 instead of $24.00 (something went wrong)",
    )
    assert (free["tax_exemption"]["certificate"], free["tax_exemption"]["approver"]["name"]) == ("OH-12-345", "Mara")
    assert till.get(sale).body == free.body


def approved(till: Till, studio: Studio, sale: str, body: dict[str, Any]) -> Answer:
    """The same request with the manager's yes that it asks for."""
    asks = till.put(sale, body)
    assert asks.refusal == (409, "approval_needed")
    yes = {name: asks[name] for name in ("action", "object", "amount_cents")} | {
        "staff": studio.manager.pk,
        "pin": "615283",
    }
    answer = till.put(sale, body | {"approval": till.post("approvals/", yes)["id"]})
    assert answer.status in (200, 201), answer.body
    return answer


def test_the_answer_says_why_a_line_costs_what_it_does(till: Till, studio: Studio) -> None:
    line = {"item": "massage-oil", "discount": {"percent": "12.5", "reason": "damaged"}}

    answer = till.put(f"sales/{new()}", {"lines": [line]})

    assert answer["lines"][0]["why"] == "List price; 12.5 % off this line (damaged goods)"
    assert answer["discounts"] == [
        {
            "line": answer["lines"][0]["id"],
            "percent": "12.5",
            "amount_cents": None,
            "value_cents": 3_00,
            "unit_cents": None,
            "reason": "damaged",
            "approver": None,
        }
    ]


def test_a_large_discount_asks_for_another_persons_pin(till: Till, studio: Studio) -> None:
    path = f"sales/{new()}"
    body = {
        "lines": [{"item": "ashiatsu-60", "therapist": studio.ana.pk}],
        "discounts": [{"percent": 50, "reason": "service"}],
    }

    refused = till.put(path, body)
    asked = {name: refused[name] for name in ("action", "object", "amount_cents")}
    approval = till.post("approvals/", {**asked, "staff": studio.manager.pk, "pin": "615283"})
    accepted = till.put(path, {**body, "approval": approval["id"]})

    assert refused.refusal == (409, "approval_needed")
    assert asked == {"action": "discount", "object": path.removeprefix("sales/"), "amount_cents": 55_00}
    assert approval["approver"] == {"id": studio.manager.pk, "name": "Mara"}
    assert (accepted.status, accepted["due_cents"]) == (201, 55_00)
    assert accepted["discounts"][0]["approver"]["name"] == "Mara"


def test_cash_is_rounded_where_the_location_rounds(till: Till, studio: Studio) -> None:
    Location.objects.update(cash_rounding="nickel")
    till.opens_drawer()
    sale = f"sales/{new()}"

    opened = till.put(sale, {"lines": [{"kind": "custom", "name": "Balm", "amount_cents": 10_03}]})
    paid = till.put(f"{sale}/tenders/{new()}", {"kind": "cash", "tendered_cents": 20_00})

    assert (opened["due_cents"], opened["cash_due_cents"]) == (10_03, 10_05)
    assert (paid["due_cents"], paid["change_cents"], paid["rounding_cents"]) == (0, 9_95, 2)


class TestTheList:
    def test_it_is_short_newest_first_and_in_pages(self, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.pages.Pages.page_size", 2)
        client = new()
        till.put(f"clients/{client}", {"name": "Maya Okafor"})
        sales = [till.sells({"item": "massage-oil", "quantity": count}, client=client)["id"] for count in (1, 2, 3)]

        first = till.get("sales/")
        second = till.get(first["next"].removeprefix("http://testserver"))

        assert [row["id"] for row in first["results"]] == [sales[2], sales[1]]
        assert first["results"][0] == {
            "id": sales[2],
            "status": "completed",
            "client": {"id": client, "name": "Maya Okafor"},
            "total_cents": 72_00,
            "label": "",
            "parked_at": None,
            "opened_by": first["results"][0]["opened_by"],
            "device": "Dana’s tablet",
            "changed_by": first["results"][0]["opened_by"],
            "opened_at": first["results"][0]["opened_at"],
            "completed_at": first["results"][0]["completed_at"],
            "business_date": "2026-03-02",
            "back_cents": 0,
            "card_back": "",
            "receipt_title": "UPT-000003",
            "tenders": ["external"],
            "lines_summary": "3 × Massage oil",
        }
        assert [row["id"] for row in second["results"]] == [sales[0]]
        assert second["next"] is None
        back = till.get(second["previous"].removeprefix("http://testserver"))
        assert back["results"] == first["results"]

    def test_a_made_up_page_is_a_404(self, till: Till) -> None:
        till.put(f"clients/{new()}", {"name": "Maya Okafor"})

        assert till.get("sales/?cursor=cD0yMDI2LTAx").refusal == (404, "not_found")

    def test_it_names_three_lines_and_counts_the_others(self, till: Till) -> None:
        lines = [{"kind": "custom", "name": name, "amount_cents": 1_00} for name in ("A", "B", "C", "D", "E")]
        till.put(f"sales/{new()}", {"lines": lines})

        assert till.get("sales/")["results"][0]["lines_summary"] == "A, B, C, 2 more"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("status=open", {"open"}),
            ("status=completed", {"done", "anas"}),
            ("business_date=2026-03-02", {"done", "anas"}),
            ("business_date=2026-03-03", set()),
            ("from=2026-03-02&to=2026-03-03", {"done", "anas"}),
            ("from=2026-03-01&to=2026-03-02", set()),
            ("receipt=1", {"done"}),
            ("receipt=2", {"anas"}),
            ("mine_open=1", {"open"}),
            ("therapist={ana}", {"anas"}),
            ("client={maya}", {"done"}),
        ],
    )
    def test_it_is_narrowed(self, till: Till, studio: Studio, query: str, found: set[str]) -> None:
        maya = new()
        till.put(f"clients/{maya}", {"name": "Maya"})
        ids = {
            till.sells({"item": "massage-oil"}, client=maya)["id"]: "done",
            till.sells({"item": "ashiatsu-60", "therapist": studio.ana.pk})["id"]: "anas",
            till.put(f"sales/{new()}", {"lines": [{"item": "massage-oil"}]})["id"]: "open",
        }

        answer = till.get("sales/?" + query.format(ana=studio.ana.pk, maya=maya))

        assert {ids[row["id"]] for row in answer["results"]} == found

    def test_what_is_open_is_mine_only_when_i_opened_it(self, till: Till, managers_till: Till) -> None:
        till.put(f"sales/{new()}", {"lines": [{"item": "massage-oil"}]})

        assert len(till.get("sales/?mine_open=true")["results"]) == 1
        assert managers_till.get("sales/?mine_open=true")["results"] == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("statsu=open", "statsu"),
            ("status=paid", "status"),
            ("to=", "to"),
            ("mine_open=maybe", "mine_open"),
            ("from=yesterday", "from"),
            ("receipt=1.5", "receipt"),
            ("receipt=99999999999999999999", "receipt"),
            ("therapist=9223372036854775808", "therapist"),
            ("client=maya", "client"),
        ],
    )
    def test_a_filter_that_can_not_be_meant_is_told(self, till: Till, query: str, field: str) -> None:
        answer = till.get(f"sales/?{query}")

        assert answer.refusal == (400, "invalid")
        assert list(answer.errors) == [field]

    def test_another_locations_sales_are_not_in_it(self, till: Till, studio: Studio) -> None:
        away = Location.objects.create(code="DTN", name="Downtown")
        till.sells({"item": "massage-oil"})

        assert till_of(person("eve", role="desk", location=away), away).get("sales/")["results"] == []


def test_the_accountant_sees_sales_but_no_client(till: Till, studio: Studio) -> None:
    client = new()
    till.put(f"clients/{client}", {"name": "Maya Okafor"})
    sale = till.sells({"item": "massage-oil"}, client=client)["id"]
    refund = {"lines": [{"line": till.get(f"sales/{sale}")["lines"][0]["id"], "quantity": 1}], "reason": "returned"}
    till.put(f"sales/{sale}/refunds/{new()}", refund)
    accountant = till_of(person("axel", role="accountant"), studio.location)

    one, many = accountant.get(f"sales/{sale}"), accountant.get("sales/")
    receipt = accountant.get(f"sales/{sale}/receipt")

    assert one["client"] == many["results"][0]["client"] == {"id": client, "name": ""}
    assert {**one["receipt"], "qr": None} == receipt.body
    assert [one["receipt"][link] for link in ("token", "url", "pdf_url")] == [None, None, None]
    assert [one["refunds"][0]["receipt"][link] for link in ("token", "url", "pdf_url")] == [None, None, None]
    assert "Maya" not in f"{one.body} {many.body}"


def test_a_sale_stays_with_its_location(till: Till, studio: Studio) -> None:
    away = Location.objects.create(code="DTN", name="Downtown")
    sale = till.sells({"item": "massage-oil"})["id"]

    assert till_of(studio.owner, away).get(f"sales/{sale}").refusal == (404, "not_found")
    assert Sale.objects.get().location == studio.location


def test_a_parked_sale_is_seen_by_other_tablets_and_resumed_there(till: Till, managers_till: Till) -> None:
    sale = f"sales/{new()}"
    till.put(sale, {"lines": [{"item": "massage-oil"}]})
    till.put(f"sales/{new()}", {"lines": []})

    parked = till.put(f"{sale}/park", {"label": "Maya, back at five"})
    listed = managers_till.get("sales/?unfinished=true")["results"]
    resumed = managers_till.put(sale, {"lines": [{"item": "massage-oil"}], "revision": parked["revision"]})

    assert (parked.status, parked["status"], parked["due_cents"]) == (200, "parked", 24_00)
    assert [(row["label"], row["opened_by"]["name"]) for row in listed] == [("Maya, back at five", "Dana")]
    assert (resumed.status, resumed["status"], resumed["label"]) == (200, "open", "")


def test_a_sale_says_who_changed_it_last_and_on_which_tablet(till: Till, managers_till: Till) -> None:
    sale = f"sales/{new()}"

    def last() -> list[str]:
        (row,) = till.get("sales/?unfinished=true")["results"]
        one = till.get(sale)
        assert (row["device"], row["changed_by"]) == (one["device"], one["changed_by"])
        return [row["device"], row["changed_by"]["name"], row["opened_by"]["name"]]

    first = till.put(sale, {"lines": [{"item": "massage-oil"}]})
    assert last() == ["Dana’s tablet", "Dana", "Dana"]
    managers_till.put(sale, {"lines": [{"item": "massage-oil", "quantity": 2}], "revision": first["revision"]})
    assert last() == ["Mara’s tablet", "Mara", "Dana"]
    till.put(f"{sale}/park")
    assert last() == ["Dana’s tablet", "Dana", "Dana"]
