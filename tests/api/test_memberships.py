"""Memberships over HTTP: joined, paused, changed, cancelled, shared; a dry run says exactly what then happens."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from jobs.models import OutboxMail
from memberships.models import Cancellation, Change, Freeze, HouseholdMember, LotMove, Membership, Plan, SessionLot
from studio.models import AuditRow
from tests.api.till import Answer, Till, new, till_of
from tests.builders import NOW, Studio
from tests.memberships import builders

MEMBERSHIPS = (Membership, Freeze, Change, Cancellation, HouseholdMember, SessionLot, LotMove, AuditRow, OutboxMail)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """2 March, ten in the morning, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def plan(studio: Studio) -> Plan:
    return builders.plan("basic", 70_00, minimum_months=12, exit_fee_cents=150_00, freeze_fee_cents=10_00, name="Basic")


@pytest.fixture
def club(clock: time_machine.Traveller, studio: Studio, plan: Plan) -> "Club":
    return Club(studio, clock, till_of(studio.desk_person, studio.location))


class Club:
    """A till and a member, Ada, who joined at it on 2 March."""

    def __init__(self, studio: Studio, clock: time_machine.Traveller, till: Till) -> None:
        self.studio, self.clock, self.till = studio, clock, till
        self.client, self.id = new(), new()
        till.put(f"clients/{self.client}", {"name": "Ada Reyes", "email": "ada@example.com"})

    @property
    def path(self) -> str:
        return f"memberships/{self.id}"

    def joins(self, code: str = "basic") -> Answer:
        terms = self.till.get(f"plans/{code}/terms")
        body = {"client": self.client, "plan": code, "text_hash": terms["text_hash"], "signature": "Ada Reyes"}
        return self.till.put(self.path, body)

    def is_member(self) -> "Club":
        joined = self.joins()
        assert joined.status == 201
        self.pays(joined)
        return self

    def pays(self, answer: Answer) -> Answer:
        """All that the answer says is to be paid."""
        lines = [{name: row[name] for name in ("kind", "instrument", "item") if row[name]} for row in answer["to_pay"]]
        paid = self.till.sells(*lines, client=self.client)
        assert paid.status == 201, paid.body
        return paid

    def goes_to(self, month: int, day: int) -> None:
        self.clock.move_to(dt.datetime(2026, month, day, 15, 0, tzinfo=dt.UTC))
        self.till = till_of(self.studio.desk_person, self.studio.location)

    def sees(self) -> Any:
        return self.till.get(self.path).body

    def tries(self, method: str, what: str, body: Any = None) -> Any:
        """What the dry run says; it has changed nothing, and then exactly that happens."""
        before = rows()
        send: Callable[..., Answer] = getattr(self.till, method)
        told = send(f"{self.path}/{what}?dry_run=1", *([] if method == "delete" else [body or {}]))
        assert rows() == before
        assert told.status == 200, told.body
        done = send(f"{self.path}/{what}", *([] if method == "delete" else [body or {}]))
        assert without_names(told.body) == without_names(done.body)
        assert {name: done.body[name] for name in self.sees()} == self.sees()
        return done.body


def rows() -> list[list[dict[str, Any]]]:
    return [list(model._default_manager.order_by("pk").values()) for model in MEMBERSHIPS]


def without_names(told: dict[str, Any]) -> dict[str, Any]:
    """Without what is drawn by lot or made anew each time."""
    told = {**told, "cancel_number": "", "effect": [words for words in told["effect"] if "number" not in words]}
    told["to_pay"] = [{**row, "instrument": row["instrument"].split(":")[0]} for row in told["to_pay"]]
    for part in ("cancellation", "change"):
        told[part] = told[part] and {**told[part], "number": "", "instrument": ""}
    return told


# Joining -------------------------------------------------------------------------------------------------------------


def test_who_agrees_joins_with_the_first_payment(club: Club) -> None:
    terms = club.till.get("plans/basic/terms").body
    assert (terms["price_cents"], terms["next_charge_on"]) == (70_00, "2026-04-02")
    assert "I join “Basic”" in terms["text"]

    joined, again = club.joins(), club.joins()
    assert (joined.status, again.status) == (201, 201)  # within the same moment
    assert (joined["status"], joined["effect"]) == (
        "joining",
        ["It begins when the first month is paid, and costs $70.00 a month."],
    )
    assert [(row["kind"], row["amount_cents"]) for row in joined["to_pay"]] == [("membership", 70_00)]
    club.pays(joined)

    seen = club.sees()
    assert (seen["status"], seen["paid_until"], seen["minimum_until"]) == ("active", "2026-04-02", "2027-03-02")
    assert (seen["next_charge_on"], seen["next_charge_cents"], seen["card"]) == ("2026-04-02", 70_00, "")
    assert (seen["credits"], seen["rollover_cap"], seen["to_pay"], seen["owed"]) == (1, 6, [], [])


def test_joining_wants_the_text_that_holds_and_a_client_and_a_plan(club: Club, plan: Plan) -> None:
    body = {"client": club.client, "plan": "basic", "text_hash": "0" * 64}
    assert club.till.put(club.path, body).refusal == (409, "terms_changed")
    assert club.till.put(club.path, {**body, "client": new()}).refusal == (400, "invalid")
    assert club.till.put(club.path, {**body, "plan": "none"}).refusal == (409, "plan_not_on_sale")
    assert club.till.put(club.path, {}).errors.keys() == {"client", "plan", "text_hash"}
    assert club.till.get(club.path).status == 404
    assert club.till.get("plans/none/terms").refusal == (409, "plan_not_on_sale")


def test_memberships_are_found_by_state_plan_and_client(club: Club) -> None:
    club.is_member()

    def found(query: str) -> list[str]:
        return [row["id"] for row in club.till.get(f"memberships/?{query}")["results"]]

    assert found("status=active") == found("plan=basic") == found(f"client={club.client}") == [club.id]
    assert found("status=past_due") == found("plan=plus") == found("status=ending") == []
    club.goes_to(3, 20)
    club.till.put(f"{club.path}/cancellation", {})
    assert found("status=ending") == [club.id]
    assert club.till.get("memberships/?state=active").status == 400
    mine = club.till.get(f"clients/{club.client}/memberships")["results"]
    assert mine == [club.sees()]


# Changed -------------------------------------------------------------------------------------------------------------


def test_a_freeze_and_taking_it_back(club: Club) -> None:
    club.is_member()

    frozen = club.tries("put", "freeze", {"months": 2})

    assert frozen["effect"] == [
        "Frozen from April 2, 2026, and it goes on by itself on June 2, 2026.",
        "No dues and no new credits until then. Credits that are there can be used.",
        "The minimum term is 2 months longer.",
        "The freeze costs $20.00.",
    ]
    assert frozen["freeze"] == {
        "began": False,
        "starts_on": "2026-04-02",
        "ends_on": "2026-06-02",
        "months": 2,
        "is_medical": False,
        "fee_cents": 20_00,
        "is_paid": False,
    }
    assert [(row["kind"], row["amount_cents"]) for row in frozen["to_pay"]] == [("freeze_fee", 20_00)]
    assert frozen["freeze_months_left"] == 1
    undone = club.tries("delete", "freeze")
    assert undone["effect"] == ["The freeze is taken back. The membership goes on as before."]
    assert (undone["freeze"], undone["freeze_months_left"], undone["to_pay"]) == (None, 3, [])
    assert club.till.delete(f"{club.path}/freeze").refusal == (409, "not_freezable")
    assert club.till.put(f"{club.path}/freeze", {"months": 13}).errors.keys() == {"months"}


def test_an_upgrade_is_paid_as_a_line_of_a_sale(club: Club) -> None:
    builders.plan("plus", 100_00, name="Plus")
    club.is_member()
    club.goes_to(3, 17)
    hashed = {"text_hash": club.till.get("plans/plus/terms")["text_hash"]}

    asked = club.tries("put", "change", {"plan": "plus", "when": "now", **hashed})
    assert asked["effect"] == [
        "$15.48 is to be paid today for the days left of this month.",  # 3,000 × 16 / 31
        "Then it is Plus at once, and the credit of this month is one of Plus.",
        "From the next renewal on it costs $100.00 a month.",
    ]
    assert asked["change"]["proration_cents"] == asked["to_pay"][0]["amount_cents"] == 15_48
    assert asked["plan"]["code"] == "basic"
    club.pays(club.till.get(club.path))

    assert (club.sees()["plan"]["code"], club.sees()["change"], club.sees()["to_pay"]) == ("plus", None, [])


def test_a_downgrade_waits_for_the_renewal_and_can_be_taken_back(club: Club) -> None:
    builders.plan("mini", 50_00, name="Mini")
    club.is_member()
    hashed = {"text_hash": club.till.get("plans/mini/terms")["text_hash"]}
    assert club.till.put(f"{club.path}/change", {"plan": "mini", "when": "now", **hashed}).code == "only_at_renewal"
    assert club.till.put(f"{club.path}/change", {"plan": "mini"}).refusal == (409, "terms_changed")
    assert club.till.put(f"{club.path}/change?dry_run=1", {"plan": "mini"}).status == 200

    asked = club.tries("put", "change", {"plan": "mini", **hashed})

    assert asked["effect"] == [
        "Mini begins on April 2, 2026 and costs $50.00 a month.",
        "Until then it stays Basic.",
    ]
    assert (asked["next_charge_on"], asked["next_charge_cents"]) == ("2026-04-02", 50_00)
    undone = club.tries("delete", "change")
    assert (undone["effect"], undone["next_charge_cents"]) == (
        ["The change to Mini is taken back. It stays Basic."],
        70_00,
    )


def test_cancelling_says_when_it_ends_what_it_costs_and_offers_a_freeze_once(club: Club, studio: Studio) -> None:
    club.is_member()
    visit = {"item": "deep-tissue-60", "therapist": studio.ana.pk, "cover": {"kind": "credit"}}
    assert club.till.sells(visit, tenders=[], client=club.client).status == 201
    club.goes_to(3, 20)
    offered = club.till.put(f"{club.path}/cancellation?dry_run=1", {})
    assert offered["offer_freeze_months"] == 3

    done = club.till.put(f"{club.path}/cancellation", {"note": "Too dear"})

    assert done["offer_freeze_months"] == 0
    assert done["effect"] == [
        "It ends on April 2, 2026.",
        "Credits that are paid can be used until July 1, 2026; what is left then becomes store credit.",
        "Leaving within the minimum term costs $30.00.",
        f"The number of the cancellation is {done['cancel_number']}.",
    ]
    assert offered["effect"][:3] == done["effect"][:3]
    assert [(row["kind"], row["amount_cents"]) for row in done["to_pay"]] == [("exit_fee", 30_00)]
    assert (done["next_charge_on"], done["ends_on"]) == (None, "2026-04-02")


def test_a_waiver_needs_the_managers_yes(club: Club, studio: Studio) -> None:
    club.is_member()
    visit = {"item": "deep-tissue-60", "therapist": studio.ana.pk, "cover": {"kind": "credit"}}
    club.till.sells(visit, tenders=[], client=club.client)
    club.goes_to(3, 20)
    club.till.put(f"{club.path}/cancellation", {})

    refused = club.till.put(f"{club.path}/cancellation/waiver", {})
    assert refused.refusal == (409, "approval_needed")
    wanted = {"action": refused["action"], "object": refused["object"], "amount_cents": refused["amount_cents"]}
    yes = club.till.post("approvals/", {**wanted, "staff": studio.manager.pk, "pin": "615283"})
    waived = club.till.put(f"{club.path}/cancellation/waiver", {"approval": yes["id"]})

    assert waived["effect"][2] == "The fee of $30.00 for leaving early is waived."
    assert waived["to_pay"] == []


def test_a_cancellation_is_taken_back(club: Club) -> None:
    club.is_member()
    club.goes_to(3, 20)
    club.till.put(f"{club.path}/cancellation", {})

    undone = club.tries("delete", "cancellation")

    assert undone["effect"] == ["The cancellation is taken back. The membership goes on as before."]
    assert (undone["ends_on"], undone["cancellation"], undone["next_charge_on"]) == (None, None, "2026-04-02")


def test_within_the_first_days_everything_is_given_back(club: Club) -> None:
    club.is_member()

    done = club.tries("put", "cancellation", {})

    assert done["effect"] == ["It ends at once, and $70.00 is given back."]
    assert (done["status"], done["refunded_cents"], done["credits"]) == ("ended", 70_00, 0)


def test_a_household_has_four_members_at_most(club: Club) -> None:
    club.is_member()
    clients = [new() for _ in range(5)]
    for number, client in enumerate(clients):
        club.till.put(f"clients/{client}", {"name": f"Reyes {number}"})

    for client in clients[:4]:
        assert club.till.put(f"{club.path}/household/{client}").status == 200
    assert club.till.put(f"{club.path}/household/{clients[4]}").refusal == (409, "household_full")
    assert club.till.put(f"{club.path}/household/{club.client}").refusal == (409, "not_shared")
    left = club.till.delete(f"{club.path}/household/{clients[0]}")

    assert [member["name"] for member in left["household"]] == ["Reyes 1", "Reyes 2", "Reyes 3"]
    assert club.till.put(f"{club.path}/household/{new()}").status == 404
