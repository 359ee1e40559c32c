"""Refunds and voids over HTTP: rehearsed, approved, carried out, and seen on the sale afterwards; and receipts."""

import pytest

from jobs.models import OutboxMail
from ledger.journal import balances
from tests.api.till import Answer, Till, new, rows
from tests.builders import Studio

PIN = "615283"


def big_sale(till: Till, studio: Studio) -> Answer:
    return till.sells(
        {"item": "ashiatsu-60", "therapist": studio.ana.pk}, {"item": "massage-oil", "quantity": 2}, tip_cents=20_00
    )


def approve(till: Till, studio: Studio, refused: Answer) -> str:
    asked = {name: refused[name] for name in ("action", "object", "amount_cents")}
    answer = till.post("approvals/", {**asked, "staff": studio.manager.pk, "pin": PIN})
    assert answer.status == 201
    return str(answer["id"])


def test_a_small_refund_needs_nobody_else(till: Till, studio: Studio) -> None:
    sale = big_sale(till, studio)
    oil = sale["lines"][1]["id"]
    path = f"sales/{sale['id']}/refunds/{new()}"
    body = {"lines": [{"line": oil, "quantity": 1}], "reason": "returned", "note": "Leaking"}

    refund = till.put(path, body)

    assert refund.status == 201
    assert refund["lines"] == [{"line": oil, "name": "Massage oil", "quantity": 1, "net_cents": 24_00, "tax_cents": 0}]
    assert refund["tenders"] == [
        {"kind": "external", "name": "Other terminal", "amount_cents": 24_00, "reference": "", "charge": None}
    ]
    assert (refund["total_cents"], refund["note"], refund["receipt"]["title"]) == (24_00, "Leaking", "UPT-000002")
    assert "entry" not in refund.body
    again = till.put(path, body)
    assert (again.status, again.body) == (200, refund.body)
    now = till.get(f"sales/{sale['id']}")
    assert now["status"] == "partly_refunded"
    assert now["refunds"] == [refund.body]
    assert [line["refundable_quantity"] for line in now["lines"]] == [1, 1]
    assert now["tips"][0]["refundable_cents"] == 20_00


def test_a_large_refund_is_shown_before_it_is_approved(till: Till, studio: Studio) -> None:
    sale = big_sale(till, studio)
    path = f"sales/{sale['id']}/refunds/{new()}"
    body = {
        "lines": [{"line": line["id"], "quantity": line["quantity"]} for line in sale["lines"]],
        "tips": [{"tip": sale["tips"][0]["id"], "amount_cents": 20_00}],
        "reason": "unhappy",
    }
    before = rows()

    shown = till.put(f"{path}?dry_run=1", body)

    assert rows() == before
    assert shown.status == 200
    assert shown["approval_needed"] is True
    assert shown["total_cents"] == 178_00
    assert shown["receipt"] is None
    assert sorted(shown["entry"], key=lambda row: row["account"]) == [
        {"account": "1120 External terminal clearing", "amount_cents": -178_00},
        {"account": "2300 Tips payable", "amount_cents": 20_00},
        {"account": "4910 Refunds and allowances", "amount_cents": 158_00},
    ]

    refused = till.put(path, body)
    done = till.put(path, {**body, "approval": approve(till, studio, refused)})

    assert refused.refusal == (409, "approval_needed")
    assert (done.status, done["approver"]["name"], done["total_cents"]) == (201, "Mara", 178_00)
    after = till.get(f"sales/{sale['id']}")
    assert after["status"] == "refunded"
    assert [line["refundable_quantity"] for line in after["lines"]] == [0, 0]
    assert balances() == {"4010 Services": -110_00, "4020 Retail": -48_00, "4910 Refunds and allowances": 158_00}


def test_a_rehearsal_tells_the_manager_that_nobody_else_is_needed(managers_till: Till, studio: Studio) -> None:
    sale = big_sale(managers_till, studio)
    body = {"lines": [{"line": sale["lines"][0]["id"], "quantity": 1}], "reason": "unhappy"}

    shown = managers_till.put(f"sales/{sale['id']}/refunds/{new()}?dry_run=1", body)

    assert (shown["approval_needed"], shown["total_cents"]) == (False, 110_00)


def test_a_void_is_shown_approved_and_mirrored(till: Till, studio: Studio) -> None:
    sale = big_sale(till, studio)
    path = f"sales/{sale['id']}/void"
    before = rows()

    shown = till.put(f"{path}?dry_run=1", {"reason": "mistake"})

    assert rows() == before
    assert (shown["status"], shown["approval_needed"]) == ("completed", True)
    assert {row["account"]: row["amount_cents"] for row in shown["entry"]} == {
        "1120 External terminal clearing": -178_00,
        "4010 Services": 110_00,
        "4020 Retail": 48_00,
        "2300 Tips payable": 20_00,
    }
    refused = till.put(path, {"reason": "mistake"})
    voided = till.put(path, {"reason": "mistake", "note": "Rang twice", "approval": approve(till, studio, refused)})
    assert refused.refusal == (409, "approval_needed")
    assert (refused["action"], refused["amount_cents"]) == ("void", 178_00)
    assert voided["status"] == "voided"
    assert voided["void"] == {
        "reason": "mistake",
        "note": "Rang twice",
        "occurred_at": voided["void"]["occurred_at"],
        "requested_by": {"id": studio.desk_person.pk, "name": "Dana"},
        "approver": {"id": studio.manager.pk, "name": "Mara"},
    }
    assert [line["refundable_quantity"] for line in voided["lines"]] == [0, 0]
    assert balances() == {}
    assert till.put(path, {"reason": "mistake"}).body == voided.body


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"pin": "000001"}, (409, "wrong_pin")),
        ({"staff": "{dana}", "pin": "739164"}, (409, "approval_refused")),
        ({"action": "everything"}, (400, "invalid")),
        ({"object": "the sale"}, (400, "invalid")),
        ({"amount_cents": None}, (400, "invalid")),
    ],
)
def test_an_approval_that_is_none(
    till: Till, studio: Studio, change: dict[str, object], refusal: tuple[int, str]
) -> None:
    change = {name: studio.desk_person.pk if value == "{dana}" else value for name, value in change.items()}
    body = {"action": "void", "object": new(), "amount_cents": 1, "staff": studio.manager.pk, "pin": PIN, **change}
    before = rows()

    assert till.post("approvals/", body).refusal == refusal
    noted = [row["action"] for row in rows()["studio.AuditRow"]]
    assert noted == (["pin_refused"] if refusal[1] == "wrong_pin" else [])
    assert {**rows(), "studio.AuditRow": before["studio.AuditRow"]} == before


def test_an_approval_for_another_amount_or_spent_before_is_refused(till: Till, studio: Studio) -> None:
    first, second = big_sale(till, studio), big_sale(till, studio)
    path = f"sales/{first['id']}/void"
    approval = approve(till, studio, till.put(path, {"reason": "mistake"}))

    other = till.put(f"sales/{second['id']}/void", {"reason": "mistake", "approval": approval})
    used = till.put(path, {"reason": "mistake", "approval": approval})

    assert other.refusal == (409, "approval_refused")
    assert used.status == 200


class TestReceipts:
    def test_a_receipt_is_found_mailed_and_printed(self, till: Till) -> None:
        sale = till.sells({"item": "massage-oil"})
        path = f"sales/{sale['id']}/receipt"

        mailed = [till.post(f"{path}/email", {"email": "maya@example.com"}) for _ in range(2)]
        first, second = till.post(f"{path}/print"), till.post(f"{path}/print")

        found = till.get(path)
        assert {name: value for name, value in found.body.items() if name != "qr"} == sale["receipt"]
        assert found["qr"]["path"].startswith("M4 4h1v1h-1z")
        assert [answer.status for answer in mailed] == [202, 202]
        assert [mail.to for mail in OutboxMail.objects.all()] == ["maya@example.com"]
        url = sale["receipt"]["url"]
        assert (first.body, second.body) == ({"url": url, "copy": False}, {"url": f"{url}?copy", "copy": True})
        assert till.client.get(url.removeprefix("http://testserver")).status_code == 200

    @pytest.mark.parametrize("email", ["maya", "", None, "maya@example.com\nBcc: all@example.com", 5])
    def test_what_is_no_address_is_told(self, till: Till, email: object) -> None:
        sale = till.sells({"item": "massage-oil"})

        answer = till.post(f"sales/{sale['id']}/receipt/email", {"email": email})

        assert (answer.refusal, list(answer.errors)) == ((400, "invalid"), ["email"])
        assert not OutboxMail.objects.exists()

    def test_an_open_sale_has_none(self, till: Till) -> None:
        sale = till.put(f"sales/{new()}", {"lines": [{"item": "massage-oil"}]})["id"]

        assert till.get(f"sales/{sale}/receipt").refusal == (404, "not_found")
        assert till.post(f"sales/{sale}/receipt/print").refusal == (404, "not_found")
