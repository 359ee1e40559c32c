"""What goes wrong when a sale is taken back: answered in words, and nothing is changed by it."""

from typing import Any

import pytest
import time_machine

from tests.api.till import Till, new, nothing_changes, till_of
from tests.builders import Studio

LINE = {"item": "massage-oil"}


def test_a_refund_of_more_than_is_left(till: Till) -> None:
    sale = till.sells({**LINE, "quantity": 2})
    line = sale["lines"][0]["id"]
    path = f"sales/{sale['id']}/refunds/"
    one = {"lines": [{"line": line, "quantity": 1}], "reason": "returned"}
    two = {"lines": [{"line": line, "quantity": 2}], "reason": "returned"}
    assert till.put(path + new(), one).status == 201

    answer = nothing_changes(lambda: till.put(path + new(), two))
    assert till.put(path + new(), one).status == 201
    after_all = nothing_changes(lambda: till.put(path + new(), one))

    assert answer.refusal == after_all.refusal == (409, "more_than_is_left")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": [{"line": new(), "quantity": 1}]}, "lines"),
        ({"lines": []}, "lines"),
        ({"lines": [{"line": "first", "quantity": 1}]}, "lines.0.line"),
        ({"lines": [{"line": "{line}", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"line": "{line}", "quantity": 1}] * 2}, "lines"),
        ({"tips": [{"tip": new(), "amount_cents": 1}]}, "tips"),
        ({"reason": "bored"}, "reason"),
        ({"reason": None}, "reason"),
        ({"amount_cents": 5}, "amount_cents"),
    ],
)
def test_a_refund_that_can_not_be_meant_is_told_by_its_field(till: Till, change: dict[str, Any], field: str) -> None:
    sale = till.sells(LINE)
    line = sale["lines"][0]["id"]
    body = {"lines": [{"line": line, "quantity": 1}], "reason": "returned", **change}
    for part in body["lines"]:
        part["line"] = line if part["line"] == "{line}" else part["line"]

    answer = nothing_changes(lambda: till.put(f"sales/{sale['id']}/refunds/{new()}", body))

    assert answer.refusal == (400, "invalid")
    assert list(answer.errors) == [field]


def test_a_void_after_the_day(till: Till, managers_till: Till, studio: Studio) -> None:
    sale = till.sells(LINE)["id"]

    with time_machine.travel("2026-03-03 15:00Z", tick=True):
        tomorrow = till_of(studio.manager, studio.location)
        answer = nothing_changes(lambda: tomorrow.put(f"sales/{sale}/void", {"reason": "mistake"}))

    assert answer.refusal == (409, "not_voidable")


def test_a_void_after_the_drawer_was_counted(till: Till, managers_till: Till) -> None:
    session = till.opens_drawer(0)
    sale = till.sells(LINE, tenders=[{"id": new(), "kind": "cash"}])["id"]
    till.put(f"drawer-sessions/{session}/close", {"counted_cents": 24_00})

    answer = nothing_changes(lambda: managers_till.put(f"sales/{sale}/void", {"reason": "mistake"}))

    assert answer.refusal == (409, "not_voidable")


def test_an_open_sale_is_neither_voided_nor_refunded(till: Till, managers_till: Till) -> None:
    sale = till.put(f"sales/{new()}", {"lines": [LINE]})
    path = f"sales/{sale['id']}"
    refund = {"lines": [{"line": sale["lines"][0]["id"], "quantity": 1}], "reason": "returned"}

    assert nothing_changes(lambda: managers_till.put(f"{path}/void", {"reason": "mistake"})).code == "not_voidable"
    assert nothing_changes(lambda: managers_till.put(f"{path}/refunds/{new()}", refund)).code == "not_refundable"


def test_a_sale_that_is_not_there(managers_till: Till) -> None:
    path = f"sales/{new()}"
    refund = {"lines": [{"line": new(), "quantity": 1}], "reason": "returned"}

    for request in (
        lambda: managers_till.get(path),
        lambda: managers_till.put(f"{path}/completion"),
        lambda: managers_till.put(f"{path}/void", {"reason": "mistake"}),
        lambda: managers_till.put(f"{path}/void?dry_run=1", {"reason": "mistake"}),
        lambda: managers_till.put(f"{path}/refunds/{new()}", refund),
        lambda: managers_till.get(f"{path}/receipt"),
    ):
        assert nothing_changes(request).refusal == (404, "not_found")
