"""A card on the reader, as a tablet asks for it: every answer over HTTP, Stripe behind it as its stand-in."""

import uuid

import pytest

from ledger.journal import balances
from payments import asking
from payments.models import Charge, Presentation, Reader
from pos.models import Sale
from tests.api.till import Answer, Till
from tests.builders import Studio
from tests.stripe_sim.stand_in import StandIn

DECLINED = "4000000000009995"
SECOND_CARD = "5555555555554444"


@pytest.fixture
def asks_card(till: Till, reader: Reader) -> "AsksCard":
    return AsksCard(till, reader)


class AsksCard:
    """A tablet that rings up oil for $24 and asks for a card."""

    def __init__(self, till: Till, reader: Reader) -> None:
        self.till, self.reader = till, reader
        self.sale, self.tender = uuid.uuid4(), uuid.uuid4()

    def rings_up(self) -> Answer:
        return self.till.put(f"sales/{self.sale}", {"lines": [{"item": "massage-oil"}]})

    def card(self, **more: object) -> Answer:
        return self.till.put(
            f"sales/{self.sale}/tenders/{self.tender}", {"kind": "card", "reader": self.reader.pk, **more}
        )

    def again(self, n: int, **more: object) -> Answer:
        return self.till.put(f"sales/{self.sale}/tenders/{self.tender}/tries/{n}", more)

    def takes_off(self) -> Answer:
        return self.till.delete(f"sales/{self.sale}/tenders/{self.tender}")

    def completes(self) -> Answer:
        return self.till.put(f"sales/{self.sale}/completion")


def state_of(answer: Answer) -> str:
    return answer["tenders"][-1]["charge"]["state"]


def hold_card(sim: StandIn, reader: Reader, number: str = "4242424242424242") -> None:
    sim.client.v1.test_helpers.terminal.readers.present_payment_method(
        reader.stripe_id, {"type": "card_present", "card_present": {"number": number}}
    )


def test_a_card_is_asked_for_paid_and_the_sale_completed(asks_card: AsksCard, stripe: StandIn) -> None:
    asks_card.rings_up()

    asked = asks_card.card()
    hold_card(stripe, asks_card.reader)
    paid = asks_card.card()
    done = asks_card.completes()

    assert (asked.status, state_of(asked)) == (202, "waiting")
    assert asked["tenders"][0]["charge"]["sentence"] == "Present card · $24.00 · Desk"
    assert (paid.status, state_of(paid)) == (200, "paid")
    assert (done.status, done["status"]) == (200, "completed")
    assert done["tenders"][0]["reference"] == "Visa ···4242"
    assert balances() == {"1100 Stripe balance": 24_00, "4020 Retail": -24_00}
    charge = Charge.objects.get()
    assert stripe.sdk.payment_intents.retrieve(charge.intent_id).amount_received == 24_00


def test_a_declined_card_leaves_the_sale_open_and_a_second_card_pays(asks_card: AsksCard, stripe: StandIn) -> None:
    asks_card.rings_up()
    asks_card.card()
    hold_card(stripe, asks_card.reader, DECLINED)

    declined = asks_card.card()
    waiting = asks_card.again(2)
    hold_card(stripe, asks_card.reader, SECOND_CARD)
    paid = asks_card.card()

    assert (declined.status, state_of(declined)) == (200, "declined")
    assert "not enough money" in declined["tenders"][0]["charge"]["sentence"]
    assert (waiting.status, state_of(waiting)) == (202, "waiting")
    assert state_of(paid) == "paid"
    assert asks_card.completes()["status"] == "completed"
    assert len(stripe.sdk.payment_intents.list().data) == 1
    assert [(one.n, one.failure) for one in Presentation.objects.order_by("n")] == [(1, "declined"), (2, "")]
    assert len({one.stripe_charge for one in Presentation.objects.all()}) == 2


def test_nothing_else_happens_to_a_sale_while_a_card_is_asked(asks_card: AsksCard) -> None:
    revision = asks_card.rings_up()["revision"]
    asks_card.card()

    more = {"lines": [{"item": "massage-oil", "quantity": 2}], "revision": revision + 1}
    assert asks_card.till.put(f"sales/{asks_card.sale}", more).refusal == (409, "charge_in_flight")
    assert asks_card.till.put(f"sales/{asks_card.sale}/abandonment").refusal == (409, "charge_in_flight")
    assert asks_card.completes().refusal == (409, "charge_in_flight")
    cash = asks_card.till.put(f"sales/{asks_card.sale}/tenders/{uuid.uuid4()}", {"kind": "external"})
    assert cash.refusal == (409, "nothing_due")


def test_the_desk_takes_a_card_off_before_it_is_held(asks_card: AsksCard, stripe: StandIn) -> None:
    asks_card.rings_up()
    asks_card.card()

    off = asks_card.takes_off()

    assert (off.status, off["tenders"][0]["status"], off["due_cents"]) == (200, "released", 24_00)
    charge = Charge.objects.get()
    assert stripe.sdk.payment_intents.retrieve(charge.intent_id).status == "canceled"
    assert stripe.sdk.terminal.readers.retrieve(asks_card.reader.stripe_id).action is None
    assert charge.finished_at is not None


def test_a_card_that_is_faster_than_the_desk_has_paid(asks_card: AsksCard, stripe: StandIn) -> None:
    asks_card.rings_up()
    asks_card.card()
    hold_card(stripe, asks_card.reader)

    assert asks_card.takes_off().refusal == (409, "card_was_charged")
    assert asks_card.completes()["status"] == "completed"


def test_a_reader_that_serves_another_sale_is_busy(asks_card: AsksCard, reader: Reader) -> None:
    other = AsksCard(asks_card.till, reader)
    for one in (asks_card, other):
        one.rings_up()
    asks_card.card()

    assert other.card().refusal == (409, "reader_busy")


def test_cancelled_at_the_reader_the_sale_can_be_paid_in_cash(asks_card: AsksCard, stripe: StandIn) -> None:
    asks_card.till.opens_drawer()
    asks_card.rings_up()
    asks_card.card()
    stripe.tell(f"readers/{asks_card.reader.stripe_id}", do="cancel")

    assert state_of(asks_card.card()) == "cancelled_at_reader"
    assert asks_card.takes_off()["due_cents"] == 24_00
    tender = f"sales/{asks_card.sale}/tenders/{uuid.uuid4()}"
    assert asks_card.till.put(tender, {"kind": "cash", "tendered_cents": 24_00}).status == 200
    assert asks_card.completes()["status"] == "completed"


def test_a_reader_without_power_is_told_and_another_takes_over(
    asks_card: AsksCard, stripe: StandIn, studio: Studio
) -> None:
    made = stripe.reader()
    other = Reader.objects.create(location=studio.location, stripe_id=made.id, label="Back")
    stripe.tell(f"readers/{asks_card.reader.stripe_id}", do="unplug")
    asks_card.rings_up()

    gone = asks_card.card()
    there = asks_card.again(2, reader=other.pk)
    hold_card(stripe, other)

    assert (gone.status, state_of(gone)) == (200, "reader_gone")
    assert there["tenders"][0]["charge"]["reader"] == {"id": other.pk, "label": "Back"}
    assert state_of(asks_card.card()) == "paid"


def test_a_whole_sale_in_one_request_stays_open_until_the_card_has_paid(asks_card: AsksCard, stripe: StandIn) -> None:
    def put() -> Answer:
        tender = {"id": str(asks_card.tender), "kind": "card", "reader": asks_card.reader.pk}
        body = {"lines": [{"item": "massage-oil"}], "tenders": [tender], "complete": True}
        return asks_card.till.put(f"sales/{asks_card.sale}", body)

    first = put()
    hold_card(stripe, asks_card.reader)
    second = put()
    third = put()

    assert (first.status, first["status"]) == (202, "open")
    assert (second.status, second["status"]) == (200, "completed")
    assert (third.status, third.body) == (200, second.body)
    assert Sale.objects.count() == 1


def test_a_card_refund_goes_back_through_what_we_owe(asks_card: AsksCard, stripe: StandIn, managers_till: Till) -> None:
    asks_card.rings_up()
    asks_card.card()
    hold_card(stripe, asks_card.reader)
    asks_card.card()
    line = asks_card.completes()["lines"][0]["id"]

    body = {"reason": "returned", "lines": [{"line": line, "quantity": 1}]}
    refunded = asks_card.till.put(f"sales/{asks_card.sale}/refunds/{uuid.uuid4()}", body)

    assert refunded.status == 201
    part = refunded["tenders"][0]
    assert (part["kind"], part["amount_cents"], part["reference"]) == ("card", 24_00, "Visa ···4242")
    assert part["charge"]["state"] in ("on_its_way", "given_back")
    assert balances() == {"4020 Retail": -24_00, "4910 Refunds and allowances": 24_00}


def test_a_voided_card_sale_goes_back_to_the_card(asks_card: AsksCard, stripe: StandIn, managers_till: Till) -> None:
    asks_card.rings_up()
    asks_card.card()
    hold_card(stripe, asks_card.reader)
    asks_card.card()
    asks_card.completes()

    voided = managers_till.put(f"sales/{asks_card.sale}/void", {"reason": "mistake"})

    assert (voided.status, voided["status"]) == (200, "voided")
    assert voided["tenders"][0]["charge"]["state"] in ("on_its_way", "given_back")
    assert balances() == {}


def test_a_paid_card_goes_back_when_the_sale_is_cancelled(asks_card: AsksCard, stripe: StandIn) -> None:
    asks_card.rings_up()
    asks_card.card(amount_cents=10_00)
    hold_card(stripe, asks_card.reader)
    asks_card.card(amount_cents=10_00)

    gone = asks_card.till.put(f"sales/{asks_card.sale}/abandonment")

    assert (gone.status, gone["status"]) == (200, "abandoned")
    assert balances() == {} or balances() == {"1100 Stripe balance": 10_00, "2250 Refunds payable": -10_00}


def test_while_stripe_does_not_answer_the_desk_hears_that_it_is_being_checked(
    asks_card: AsksCard, stripe: StandIn
) -> None:
    stripe.tell("faults", kind="reset_after", path="/v1/payment_intents", count=1)
    asks_card.rings_up()

    answer = asks_card.card()

    assert (answer.status, state_of(answer)) == (202, "checking")
    assert len(stripe.sdk.payment_intents.list().data) == 1
    charge = Charge.objects.get()
    asking.ask(charge.pk, now=charge.run_at)
    assert len(stripe.sdk.payment_intents.list().data) == 1
    assert state_of(asks_card.card()) == "waiting"


def test_the_list_tells_what_went_back_to_a_card(
    asks_card: AsksCard, stripe: StandIn, till: Till, managers_till: Till
) -> None:
    asks_card.rings_up()
    asks_card.card()
    hold_card(stripe, asks_card.reader)
    asks_card.card()
    line = asks_card.completes()["lines"][0]["id"]
    body = {"reason": "returned", "lines": [{"line": line, "quantity": 1}]}
    till.put(f"sales/{asks_card.sale}/refunds/{uuid.uuid4()}", body)
    other = till.sells({"item": "massage-oil", "quantity": 2})
    managers_till.put(f"sales/{other['id']}/void", {"reason": "mistake"})
    till.sells({"item": "massage-oil"})

    rows = till.get("sales/")["results"]

    assert [(row["status"], row["back_cents"]) for row in rows] == [
        ("completed", 0),
        ("voided", 48_00),
        ("refunded", 24_00),
    ]
    assert [row["card_back"] in ("on_its_way", "given_back") for row in rows] == [False, False, True]
    assert [row["total_cents"] for row in till.get("sales/?total_cents=4800")["results"]] == [48_00]
