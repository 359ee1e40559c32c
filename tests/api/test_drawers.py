"""The drawer over HTTP, from its float to the blind count."""

from typing import Any

import pytest

from ledger.journal import balances
from pos.models import Drawer
from studio.models import Location
from tests.api.till import Till, new, rows
from tests.builders import Studio


def test_a_drawer_is_opened_counted_and_closed(till: Till, studio: Studio) -> None:
    session = till.opens_drawer(100_00)
    till.sells({"item": "massage-oil"}, tenders=[{"id": new(), "kind": "cash", "tendered_cents": 30_00}])
    path = f"drawer-sessions/{session}"

    while_open = till.get(path)
    closed = till.put(f"{path}/close", {"counted_cents": 123_00, "left_cents": 100_00})

    assert while_open["status"] == "open"
    blind = ("expected_cents", "counted_cents", "over_short_cents", "left_cents", "z_number", "closed_at", "closed_by")
    assert [while_open[name] for name in blind] == [None] * 7
    assert closed["status"] == "closed"
    assert [closed[name] for name in blind[:5]] == [124_00, 123_00, -1_00, 100_00, 1]
    assert till.put(f"{path}/close", {"counted_cents": 123_00, "left_cents": 100_00}).body == closed.body
    assert balances() == {
        "1010 Cash drawer": 100_00,
        "1020 Cash safe": -77_00,
        "4020 Retail": -24_00,
        "6050 Cash over/short": 1_00,
    }


def test_drawers_and_sessions_are_listed(till: Till, studio: Studio) -> None:
    Drawer.objects.create(location=Location.objects.create(code="DTN", name="Downtown"), name="Elsewhere")
    first = till.opens_drawer(0)
    till.put(f"drawer-sessions/{first}/close", {"counted_cents": 0})
    second = till.opens_drawer(0)

    assert till.get("drawers/").body == [
        {"id": Drawer.objects.get(name="Front").pk, "name": "Front", "open_session": second}
    ]
    assert [row["id"] for row in till.get("drawer-sessions/")["results"]] == [second, first]
    assert [row["id"] for row in till.get("drawer-sessions/?status=open")["results"]] == [second]
    assert list(till.get("drawer-sessions/?state=open").errors) == ["state"]


def test_the_same_opening_again_is_the_same_answer(till: Till) -> None:
    drawer = till.get("drawers/").body[0]["id"]
    path, body = f"drawer-sessions/{new()}", {"drawer": drawer, "float_cents": 50_00}

    first, again = till.put(path, body), till.put(path, body)

    assert (first.status, again.status, again.body) == (201, 200, first.body)


def test_a_drawer_is_open_once(till: Till) -> None:
    till.opens_drawer()
    drawer = till.get("drawers/").body[0]["id"]
    before = rows()

    answer = till.put(f"drawer-sessions/{new()}", {"drawer": drawer, "float_cents": 0})

    assert answer.refusal == (409, "drawer_is_open")
    assert rows() == before


def test_a_difference_wants_a_note_and_a_large_one_another_person(till: Till, studio: Studio) -> None:
    path = f"drawer-sessions/{till.opens_drawer(100_00)}/close"

    silent = till.put(path, {"counted_cents": 75_00})
    alone = till.put(path, {"counted_cents": 75_00, "note": "Fell behind the desk"})
    asked = {name: alone[name] for name in ("action", "object", "amount_cents")}
    approval = till.post("approvals/", {**asked, "staff": studio.manager.pk, "pin": "615283"})
    closed = till.put(path, {"counted_cents": 75_00, "note": "Fell behind the desk", "approval": approval["id"]})

    assert silent.refusal == (409, "note_needed")
    assert alone.refusal == (409, "approval_needed")
    assert (asked["action"], asked["amount_cents"]) == ("drawer_difference", -25_00)
    assert (closed.status, closed["over_short_cents"], closed["note"]) == (200, -25_00, "Fell behind the desk")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"counted_cents": -1}, "counted_cents"),
        ({"counted_cents": 10_000_001}, "counted_cents"),
        ({"counted_cents": None}, "counted_cents"),
        ({}, "counted_cents"),
        ({"counted_cents": 1_00, "left_cents": 2_00}, "left_cents"),
        ({"counted_cents": 1_00, "note": "x" * 301}, "note"),
    ],
)
def test_a_count_that_can_not_be_meant_is_told(till: Till, body: Any, field: str) -> None:
    path = f"drawer-sessions/{till.opens_drawer(0)}/close"
    before = rows()

    assert list(till.put(path, body).errors) == [field]
    assert rows() == before


def test_a_session_that_is_not_there_is_a_404(till: Till) -> None:
    assert till.get(f"drawer-sessions/{new()}").refusal == (404, "not_found")
    assert till.put(f"drawer-sessions/{new()}/close", {"counted_cents": 0}).refusal == (404, "not_found")
