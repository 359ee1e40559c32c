"""Cash that moves without a sale, X and Z over HTTP."""

from typing import Any

import pytest
from django.db import transaction

from pos import approvals
from pos.models import Approval, DrawerMovement
from tests.api.till import Till, new, nothing_changes, rows, sign_on
from tests.builders import NOW, Studio, of, tip


@pytest.fixture
def session(till: Till) -> str:
    """A drawer with a float of $200."""
    return f"drawer-sessions/{till.opens_drawer(200_00)}"


def test_cash_moves_once_however_often_it_is_sent(till: Till, session: str) -> None:
    path, body = f"{session}/movements/{new()}", {"kind": "pay_out", "amount_cents": 12_50, "reason": "postage"}

    first, again = till.put(path, body), till.put(path, body)
    other = till.put(path, {**body, "amount_cents": 13_00})

    assert (first.status, again.status, again.body) == (201, 200, first.body)
    assert (first["number"], first["kind"], first["amount_cents"]) == (1, "pay_out", 12_50)
    assert other.refusal == (409, "same_id_other_contents")
    assert till.get(f"{session}/movements/").body == [first.body]


def test_the_drawer_opens_for_nothing_with_another_persons_pin(till: Till, studio: Studio, session: str) -> None:
    path, body = f"{session}/movements/{new()}", {"kind": "no_sale", "reason": "change"}

    alone = nothing_changes(lambda: till.put(path, body))
    asked = {name: alone[name] for name in ("action", "object", "amount_cents")}
    approval = till.post("approvals/", {**asked, "staff": studio.manager.pk, "pin": "615283"})
    opened = till.put(path, {**body, "approval": approval["id"]})
    again = till.put(path, {**body, "approval": approval["id"]})

    assert alone.refusal == (409, "approval_needed")
    assert (opened.status, again.status, again.body) == (201, 200, opened.body)
    assert opened["approver"] == {"id": studio.manager.pk, "name": "Mara"}


def test_an_approval_of_another_movement_opens_nothing(till: Till, studio: Studio, session: str) -> None:
    path, body = f"{session}/movements/{new()}", {"kind": "no_sale", "reason": "change"}
    asked = {"action": "no_sale", "object": new(), "amount_cents": 0}
    approval = till.post("approvals/", {**asked, "staff": studio.manager.pk, "pin": "615283"})

    refused = nothing_changes(lambda: till.put(path, {**body, "approval": approval["id"]}))

    assert refused.refusal == (409, "approval_refused")


def test_tips_are_paid_to_whom_they_are_owed(till: Till, studio: Studio, session: str) -> None:
    studio.desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(external=132_00)
    ana = {"id": studio.ana.pk, "name": "Ana"}

    owed = till.get(f"{session}/tips-owed")
    body = {"kind": "tip_payout", "amount_cents": 22_00, "therapist": studio.ana.pk}
    paid = till.put(f"{session}/movements/{new()}", body)
    more = nothing_changes(lambda: till.put(f"{session}/movements/{new()}", body))

    assert owed.body == [{"therapist": ana, "owed_cents": 22_00}]
    assert (paid.status, paid["therapist"]) == (201, ana)
    assert (more.refusal, more["owed_cents"]) == ((409, "more_than_owed"), 0)
    assert till.get(f"{session}/tips-owed").body == []


def test_more_than_there_is_stays_in_the_drawer(till: Till, session: str) -> None:
    body = {"kind": "drop", "amount_cents": 200_01}

    assert nothing_changes(lambda: till.put(f"{session}/movements/{new()}", body)).code == "not_enough_cash"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "theft"}, "kind"),
        ({"kind": "drop"}, "amount_cents"),
        ({"kind": "drop", "amount_cents": -1}, "amount_cents"),
        ({"kind": "drop", "amount_cents": "1.5"}, "amount_cents"),
        ({"kind": "pay_out", "amount_cents": 1, "reason": "bribes"}, "reason"),
        ({"kind": "pay_out", "amount_cents": 1, "reason": "other"}, "note"),
        ({"kind": "pay_out", "amount_cents": 1, "reason": "postage", "note": "x" * 201}, "note"),
        ({"kind": "tip_payout", "amount_cents": 1, "therapist": 0}, "therapist"),
        ({"kind": "drop", "amount_cents": 1, "drawer": 3}, "drawer"),
    ],
)
def test_a_movement_that_can_not_be_meant_is_told(till: Till, session: str, body: Any, field: str) -> None:
    before = rows()

    assert list(till.put(f"{session}/movements/{new()}", body).errors) == [field]
    assert rows() == before


def test_a_movement_of_a_drawer_that_is_not_there_is_a_404(till: Till) -> None:
    body = {"kind": "drop", "amount_cents": 1}

    assert till.put(f"drawer-sessions/{new()}/movements/{new()}", body).refusal == (404, "not_found")


def test_the_x_of_the_counter_is_blind_and_the_managers_is_not(till: Till, studio: Studio, session: str) -> None:
    till.sells({"item": "massage-oil"}, tenders=[{"id": new(), "kind": "cash", "tendered_cents": 24_00}])

    blind, no_z = till.get(f"{session}/x"), till.get(f"{session}/z")
    open_eyed = sign_on(till, studio.manager).get(f"{session}/x")

    assert (blind["number"], blind["contents"]["money"]["net_cents"]) == (None, 24_00)
    assert (blind["contents"]["cash"]["expected_cents"], blind["contents"]["money"]["cash_cents"]) == (None, None)
    assert (open_eyed["contents"]["cash"]["expected_cents"]) == 224_00
    assert no_z.refusal == (404, "not_found")


def test_a_z_is_read_printed_and_corrected(till: Till, studio: Studio, session: str) -> None:
    till.put(f"{session}/close", {"pieces": [{"value_cents": 20_00, "pieces": 10}], "left_cents": 0})
    till = sign_on(till, studio.manager)

    z = till.get(f"{session}/z")
    correction = {"about": "count", "amount_cents": -5_00, "why": "A five was glued to a ten"}
    made = till.put(f"{session}/corrections/{new()}", correction)
    after = till.get(f"{session}/z")
    papers = [till.client.get(f"/api/v1/{session}/paper?size={size}", headers=till.headers) for size in SIZES]

    assert (z["number"], z["contents"]["pieces"]) == (1, [{"value_cents": 20_00, "pieces": 10}])
    assert made.status == 201
    assert (after["contents"], after["corrections"]) == (z["contents"], [made.body])
    assert [section["title"] for section in after["sections"]][-1] == "Corrected since"
    assert till.get(f"{session}/x").refusal == (404, "not_found")
    assert [paper.headers["Content-Type"] for paper in papers] == ["application/pdf"] * 2
    assert [paper.headers["Content-Disposition"] for paper in papers] == ['inline; filename="z-UPT-00001.pdf"'] * 2
    assert all(paper.content.startswith(b"%PDF-") for paper in papers)
    assert list(till.get(f"{session}/paper?size=napkin").errors) == ["size"]


SIZES = ("roll", "letter")


def test_a_parked_sale_blocks_the_close_until_it_is_named(till: Till, session: str) -> None:
    sale = new()
    till.put(f"sales/{sale}", {"lines": [{"item": "massage-oil"}]})
    till.put(f"sales/{sale}/park", {"label": "Maya"})

    refused = nothing_changes(lambda: till.put(f"{session}/close", {"counted_cents": 200_00}))
    closed = till.put(f"{session}/close", {"counted_cents": 200_00, "carry_over": [sale]})

    assert refused.refusal == (409, "sales_parked")
    assert refused["sales"] == [{"id": sale, "name": "Maya", "total_cents": 24_00}]
    assert closed.status == 200
    assert till.get(f"{session}/z")["contents"]["carried_over"] == refused["sales"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"pieces": []}, "counted_cents"),
        ({"pieces": [{"value_cents": 3_00, "pieces": 1}]}, "pieces"),
        ({"pieces": [{"value_cents": 5_00, "pieces": -1}]}, "pieces"),
        ({"pieces": [{"value_cents": 5_00, "pieces": 1}] * 2}, "pieces"),
        ({"pieces": [{"value_cents": 5_00, "pieces": 1}], "counted_cents": 4_00}, "pieces"),
        ({"counted_cents": 1, "carry_over": ["Maya"]}, "carry_over"),
    ],
)
def test_a_count_by_pieces_that_can_not_be_meant_is_told(till: Till, session: str, body: Any, field: str) -> None:
    answer = nothing_changes(lambda: till.put(f"{session}/close", body))

    assert [name.split(".")[0].split("[")[0] for name in answer.errors] == [field]


def test_two_tablets_close_one_drawer_once(till: Till, studio: Studio, session: str) -> None:
    first = till.put(f"{session}/close", {"counted_cents": 200_00})
    other = nothing_changes(lambda: till.put(f"{session}/close", {"counted_cents": 190_00}))

    assert (first.status, other.refusal) == (200, (409, "drawer_not_open"))


def test_a_used_approval_is_not_asked_for_again(till: Till, studio: Studio, session: str) -> None:
    movement = new()
    body = {"kind": "pay_out", "amount_cents": 60_00, "reason": "supplies"}
    asked = {"action": "pay_out", "object": movement, "amount_cents": 60_00}
    approval = till.post("approvals/", {**asked, "staff": studio.manager.pk, "pin": "615283"})["id"]

    answers = [till.put(f"{session}/movements/{movement}", {**body, "approval": approval}) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 200]
    assert DrawerMovement.objects.get().approver == studio.manager


def test_an_expired_approval_pays_nothing_out(till: Till, studio: Studio, session: str) -> None:
    movement = new()
    with transaction.atomic():
        given = approvals.give(
            action=Approval.Action.PAY_OUT,
            object_id=movement,
            amount_cents=60_00,
            approver=studio.manager,
            desk=studio.desk.desk,
            now=NOW,  # long ago
        )
    body = {"kind": "pay_out", "amount_cents": 60_00, "reason": "supplies", "approval": str(given.pk)}

    assert nothing_changes(lambda: till.put(f"{session}/movements/{movement}", body)).code == "approval_refused"


def test_cash_is_brought_to_the_bank(till: Till, studio: Studio) -> None:
    manager = sign_on(till, studio.manager)
    path, body = f"bank-deposits/{new()}", {"amount_cents": 300_00, "slip": "4711"}

    made, again = manager.put(path, body), manager.put(path, body)

    assert (made.status, again.status, again.body) == (201, 200, made.body)
    assert list(manager.put(f"bank-deposits/{new()}", {"amount_cents": 1}).errors) == ["slip"]
