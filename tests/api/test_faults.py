"""What goes wrong at a desk: each fault is answered in words, and nothing is changed by it."""

from typing import Any

import pytest

from pos.models import Item
from tests.api.till import Till, new, nothing_changes, rows
from tests.builders import Studio, item

LINE = {"item": "massage-oil"}
CUSTOM = {"kind": "custom", "name": "Basket", "amount_cents": 10_00}
FIRST = "lines.0."


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({**CUSTOM, "amount_cents": 0}, "amount_cents"),
        ({**CUSTOM, "amount_cents": -1}, "amount_cents"),
        ({**CUSTOM, "amount_cents": 10_000_001}, "amount_cents"),
        ({**CUSTOM, "amount_cents": 2**63}, "amount_cents"),
        ({**CUSTOM, "amount_cents": 10**400}, "amount_cents"),
        ({**CUSTOM, "amount_cents": 10.5}, "amount_cents"),
        ({**CUSTOM, "amount_cents": "10.00"}, "amount_cents"),
        ({**CUSTOM, "amount_cents": "1e3"}, "amount_cents"),
        ({**CUSTOM, "amount_cents": "ten"}, "amount_cents"),
        ({**CUSTOM, "amount_cents": "1_000"}, "amount_cents"),
        ({**CUSTOM, "amount_cents": True}, "amount_cents"),
        ({**CUSTOM, "amount_cents": None}, "amount_cents"),
        ({**CUSTOM, "amount_cents": [1]}, "amount_cents"),
        ({**CUSTOM, "amount_cents": {"cents": 1}}, "amount_cents"),
        ({**CUSTOM, "name": ""}, "name"),
        ({**CUSTOM, "name": " "}, "name"),
        ({**CUSTOM, "name": "x" * 121}, "name"),
        ({**CUSTOM, "name": "a\0b"}, "name"),
        ({**CUSTOM, "name": "a\ud800b"}, "name"),
        ({**CUSTOM, "name": 5}, "name"),
        ({**CUSTOM, "tax_category": "groceries"}, "tax_category"),
        ({"kind": "custom", "amount_cents": 1}, "name"),
        ({"kind": "custom", "name": "Basket"}, "amount_cents"),
        ({**LINE, "quantity": 0}, "quantity"),
        ({**LINE, "quantity": -1}, "quantity"),
        ({**LINE, "quantity": 1_000}, "quantity"),
        ({**LINE, "quantity": 1.5}, "quantity"),
        ({**LINE, "quantity": False}, "quantity"),
        ({**LINE, "amount_cents": 1}, "amount_cents"),
        ({**LINE, "name": "Cheaper oil"}, "name"),
        ({**LINE, "price_cents": 1}, "price_cents"),
        ({**LINE, "therapist": "Ana"}, "therapist"),
        ({**LINE, "therapist": 2**63}, "therapist"),
        ({**LINE, "discount": {"percent": 0, "reason": "goodwill"}}, "discount.percent"),
        ({**LINE, "discount": {"percent": 101, "reason": "goodwill"}}, "discount.percent"),
        ({**LINE, "discount": {"percent": "NaN", "reason": "goodwill"}}, "discount.percent"),
        ({**LINE, "discount": {"percent": 10.123, "reason": "goodwill"}}, "discount.percent"),
        ({**LINE, "discount": {"percent": True, "reason": "goodwill"}}, "discount.percent"),
        ({**LINE, "discount": {"percent": 10, "reason": "because"}}, "discount.reason"),
        ({**LINE, "discount": {"percent": 10}}, "discount.reason"),
        ({**LINE, "discount": {"percent": 10, "amount_cents": 1, "reason": "goodwill"}}, "discount"),
        ({**LINE, "discount": {"reason": "goodwill"}}, "discount"),
        ({}, "item"),
        ("oil", ""),
    ],
)
def test_a_line_that_can_not_be_meant_is_told_by_its_field(till: Till, line: Any, field: str) -> None:
    answer = nothing_changes(lambda: till.put(f"sales/{new()}", {"lines": [line]}))

    assert answer.refusal == (400, "invalid")
    assert list(answer.errors) == [(FIRST + field).rstrip(".")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": None}, "lines"),
        ({"lines": {"item": "massage-oil"}}, "lines"),
        ({"lines": [LINE] * 201}, "lines"),
        ({"tip_cents": -1}, "tip_cents"),
        ({"tip_cents": 10_000_001}, "tip_cents"),
        ({"tips": [{"therapist": 1, "amount_cents": -5}]}, "tips.0.amount_cents"),
        ({"client": "Maya"}, "client"),
        ({"client": 7}, "client"),
        ({"revision": "new"}, "revision"),
        ({"revision": 2**63}, "revision"),
        ({"complete": False}, "complete"),
        ({"complete": "yes"}, "complete"),
        ({"total_cents": 1}, "total_cents"),
        ({"tenders": [{"id": new(), "kind": "cash", "amount_cents": 0}]}, "tenders.0.amount_cents"),
        ({"tenders": [{"id": new(), "kind": "cash", "tendered_cents": -5}]}, "tenders.0.tendered_cents"),
        ({"tenders": [{"kind": "cash"}]}, "tenders.0.id"),
        ({"tenders": [{"id": new()}]}, "tenders.0.kind"),
        ({"tenders": [{"id": new(), "kind": "cash", "reference": "x" * 61}]}, "tenders.0.reference"),
    ],
)
def test_a_sale_that_can_not_be_meant_is_told_by_its_field(till: Till, change: Any, field: str) -> None:
    answer = nothing_changes(lambda: till.put(f"sales/{new()}", {"lines": [LINE], **change}))

    assert answer.refusal == (400, "invalid")
    assert list(answer.errors) == [field]


def test_one_amount_is_one_value_however_it_is_written(till: Till, studio: Studio) -> None:
    sale = f"sales/{new()}"
    percents = (10, 10.0, "10", "10.00", "１０")
    amounts = (3, 3.0, "3", "３", " 3 ")
    first = None

    for percent, three in zip(percents, amounts, strict=True):
        discount = {"percent": percent, "reason": "goodwill"}
        line = {**LINE, "quantity": three, "discount": discount}
        answer = till.put(sale, {"lines": [line], "discounts": [{"amount_cents": three, "reason": "goodwill"}]})
        first = first or answer
        assert (answer.status, answer.body) == (200 if answer is not first else 201, first.body)

    assert first is not None
    assert first["revision"] == till.get(sale)["revision"]


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ({"item": "hot-stones"}, (409, "not_for_sale")),
        ({"item": "withdrawn"}, (409, "not_for_sale")),
        ({"item": "not-yet-priced"}, (409, "not_for_sale")),
        ({"item": "ashiatsu-60", "therapist": "{bo}"}, (409, "not_qualified")),
        ({"item": "ashiatsu-60", "therapist": 999_999}, (400, "invalid")),
        ({"item": "ashiatsu-60", "therapist": "{dana}"}, (400, "invalid")),
        ({"item": "ashiatsu-60"}, (400, "invalid")),
        ({**LINE, "kind": "gift"}, (400, "invalid")),
        ({**LINE, "discount": {"amount_cents": 24_01, "reason": "goodwill"}}, (400, "invalid")),
    ],
)
def test_what_is_not_for_sale_is_refused(till: Till, studio: Studio, line: Any, refusal: tuple[int, str]) -> None:
    item("withdrawn", 5_00)
    Item.objects.filter(code="withdrawn").update(is_available=False)
    Item.objects.create(code="not-yet-priced", name="Not yet", kind="retail", tax_category="retail")
    people = {"{bo}": studio.bo.pk, "{dana}": studio.desk_person.pk}
    line = {name: people.get(value, value) if isinstance(value, str) else value for name, value in line.items()}

    answer = nothing_changes(lambda: till.put(f"sales/{new()}", {"lines": [line]}))

    assert answer.refusal == refusal


def test_a_refused_line_spoils_the_whole_sale(till: Till) -> None:
    answer = nothing_changes(lambda: till.sells(LINE, {"item": "hot-stones"}))

    assert answer.refusal == (409, "not_for_sale")
    assert answer["item"] == "hot-stones"


def test_a_client_that_nobody_knows_is_told(till: Till) -> None:
    answer = nothing_changes(lambda: till.put(f"sales/{new()}", {"lines": [LINE], "client": new()}))

    assert answer.errors == {"client": "This client is not known."}


def test_cash_gives_change_and_a_check_does_not(till: Till) -> None:
    till.opens_drawer()
    sale = f"sales/{new()}"
    till.put(sale, {"lines": [LINE]})

    refused = nothing_changes(lambda: till.put(f"{sale}/tenders/{new()}", {"kind": "check", "amount_cents": 24_01}))
    accepted = till.put(f"{sale}/tenders/{new()}", {"kind": "cash", "tendered_cents": 30_00})

    assert refused.refusal == (409, "more_than_due")
    assert (accepted.status, accepted["change_cents"]) == (200, 6_00)


def test_cash_needs_an_open_drawer(till: Till) -> None:
    answer = nothing_changes(lambda: till.sells(LINE, tenders=[{"id": new(), "kind": "cash"}]))

    assert answer.refusal == (409, "drawer_not_open")


def test_an_unknown_way_to_pay_is_told(till: Till) -> None:
    answer = nothing_changes(lambda: till.sells(LINE, tenders=[{"id": new(), "kind": "bitcoin"}]))

    assert answer.refusal == (400, "invalid")
    assert list(answer.errors) == ["kind"]


def test_a_sale_that_is_not_paid_is_not_completed(till: Till) -> None:
    tenders = [{"id": new(), "kind": "external", "amount_cents": 20_00}]

    answer = nothing_changes(lambda: till.sells(LINE, tenders=tenders))

    assert answer.refusal == (409, "not_paid")
    assert answer["due_cents"] == 4_00


def test_an_empty_sale_is_not_completed(till: Till) -> None:
    answer = nothing_changes(lambda: till.sells(tenders=[]))

    assert answer.refusal == (409, "nothing_to_sell")


def test_a_sale_that_is_paid_takes_no_more(till: Till) -> None:
    sale = f"sales/{new()}"
    till.put(sale, {"lines": [LINE]})
    till.put(f"{sale}/tenders/{new()}", {"kind": "external"})

    answer = nothing_changes(lambda: till.put(f"{sale}/tenders/{new()}", {"kind": "check"}))

    assert answer.refusal == (409, "nothing_due")


def test_a_closed_sale_takes_no_tender_no_line_and_no_end(till: Till) -> None:
    done = f"sales/{till.sells(LINE)['id']}"

    tender = nothing_changes(lambda: till.put(f"{done}/tenders/{new()}", {"kind": "external"}))
    contents = nothing_changes(lambda: till.put(done, {"lines": [LINE, LINE], "revision": 99}))
    end = nothing_changes(lambda: till.put(f"{done}/abandonment"))

    assert tender.refusal == (409, "sale_not_open")
    assert contents.refusal == (409, "same_id_other_contents")
    assert end.refusal == (409, "sale_not_open")


def test_a_second_completion_is_the_first_one(till: Till) -> None:
    sale = f"sales/{new()}"
    till.put(sale, {"lines": [LINE]})
    till.put(f"{sale}/tenders/{new()}", {"kind": "external"})
    first = till.put(f"{sale}/completion")
    before = rows()

    second = till.put(f"{sale}/completion")

    assert (second.status, second.body) == (200, first.body)
    assert rows() == before


def test_a_change_without_the_last_revision_is_refused(till: Till, managers_till: Till) -> None:
    sale = f"sales/{new()}"
    seen = till.put(sale, {"lines": [LINE]})["revision"]
    managers_till.put(sale, {"lines": [LINE, LINE], "revision": seen})

    stale = nothing_changes(lambda: till.put(sale, {"lines": [LINE, CUSTOM], "revision": seen}))
    without = nothing_changes(lambda: till.put(sale, {"lines": [LINE, CUSTOM]}))

    assert stale.refusal == without.refusal == (409, "sale_changed")
    assert stale["detail"] == without["detail"] == "Mara changed this sale on Mara’s tablet meanwhile."


def test_the_drawer_is_closed_in_mid_sale(till: Till, studio: Studio) -> None:
    session = till.opens_drawer()
    sale = f"sales/{new()}"
    till.put(sale, {"lines": [LINE]})
    till.put(f"{sale}/tenders/{new()}", {"kind": "cash", "amount_cents": 10_00})

    close = {"counted_cents": 100_00}
    with_cash_in_it = nothing_changes(lambda: till.put(f"drawer-sessions/{session}/close", close))
    till.put(f"{sale}/abandonment")
    assert till.put(f"drawer-sessions/{session}/close", close).status == 200
    after = nothing_changes(lambda: till.sells(LINE, tenders=[{"id": new(), "kind": "cash"}]))
    named = nothing_changes(
        lambda: till.sells(LINE, tenders=[{"id": new(), "kind": "cash", "drawer_session": session}])
    )

    assert with_cash_in_it.refusal == (409, "sales_in_progress")
    assert with_cash_in_it["sales"] == [sale.removeprefix("sales/")]
    assert after.refusal == named.refusal == (409, "drawer_not_open")


class TestTheSameIdForSomethingElse:
    def test_of_a_tender(self, till: Till) -> None:
        sale, tender = f"sales/{new()}", new()
        till.put(sale, {"lines": [LINE]})
        till.put(f"{sale}/tenders/{tender}", {"kind": "external", "amount_cents": 10_00})

        answer = nothing_changes(
            lambda: till.put(f"{sale}/tenders/{tender}", {"kind": "external", "amount_cents": 11_00})
        )

        assert answer.refusal == (409, "same_id_other_contents")

    def test_of_a_tender_on_another_sale(self, till: Till) -> None:
        tender = new()
        till.sells(LINE, tenders=[{"id": tender, "kind": "external"}])

        answer = nothing_changes(lambda: till.sells(LINE, tenders=[{"id": tender, "kind": "external"}]))

        assert answer.refusal == (409, "same_id_other_contents")

    def test_of_two_tenders_in_one_request(self, till: Till) -> None:
        tender = {"id": new(), "kind": "external", "amount_cents": 12_00}

        answer = nothing_changes(lambda: till.sells(LINE, tenders=[tender, tender]))

        assert answer.errors == {"tenders": "Two payments can not have one id."}

    def test_of_a_refund(self, till: Till) -> None:
        sale = till.sells({**LINE, "quantity": 2})
        refund = f"sales/{sale['id']}/refunds/{new()}"
        body = {"lines": [{"line": sale["lines"][0]["id"], "quantity": 1}], "reason": "returned"}
        assert till.put(refund, body).status == 201

        answer = nothing_changes(lambda: till.put(refund, {**body, "reason": "unhappy"}))

        assert answer.refusal == (409, "same_id_other_contents")

    def test_of_a_drawer_session(self, till: Till) -> None:
        session = till.opens_drawer(100_00)
        drawer = till.get("drawers/").body[0]["id"]

        answer = nothing_changes(
            lambda: till.put(f"drawer-sessions/{session}", {"drawer": drawer, "float_cents": 99_00})
        )

        assert answer.refusal == (409, "same_id_other_contents")

    def test_a_client_is_simply_edited(self, till: Till) -> None:
        client = f"clients/{new()}"
        till.put(client, {"name": "Maya Okafor", "email": "maya@example.com"})

        answer = till.put(client, {"name": "Maya Lind"})

        assert (answer.status, answer["name"], answer["email"]) == (200, "Maya Lind", "")
