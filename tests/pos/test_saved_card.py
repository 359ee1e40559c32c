"""A saved card as a way to pay at the desk: charged once, and given back to the card (R4, rules 2, 44, 80)."""

import uuid

import pytest

from ledger.journal import balances
from payments import cards
from payments.models import Charge, SavedCard
from pos.models import Client, Sale, Tender
from tests.api.till import Answer
from tests.builders import NOW
from tests.payments.asking import Counter
from tests.payments.pages import saves, told_by_bank

OIL = {"lines": [{"item": "massage-oil"}]}


class AtTheDesk:
    """A tablet that rings up oil for $24 for a client with a saved card."""

    def __init__(self, counter: Counter) -> None:
        self.counter, self.till = counter, counter.till
        self.client = Client.objects.create(id=uuid.uuid4(), name="Jo Reyes", created_at=NOW)
        self.sale, self.tender = uuid.uuid4(), uuid.uuid4()

    def saves(self, card: str = "visa") -> SavedCard:
        return saves(self.counter.studio.location, card, self.client.pk)

    def rings_up(self) -> None:
        assert self.till.put(f"sales/{self.sale}", {**OIL, "client": str(self.client.pk)}).status == 201

    def asks(self, **more: object) -> Answer:
        return self.till.put(f"sales/{self.sale}/tenders/{self.tender}", {"kind": "saved_card", **more})

    def again(self, n: int, **more: object) -> Answer:
        return self.till.put(f"sales/{self.sale}/tenders/{self.tender}/tries/{n}", more)

    def takes_off(self) -> Answer:
        return self.till.delete(f"sales/{self.sale}/tenders/{self.tender}")

    def completes(self) -> Answer:
        return self.till.put(f"sales/{self.sale}/completion")

    def pays(self) -> Answer:
        self.rings_up()
        assert state_of(self.asks()) == "paid"
        return self.completes()


def state_of(answer: Answer) -> str:
    state: str = answer["tenders"][-1]["charge"]["state"]
    return state


def sentence_of(answer: Answer) -> str:
    sentence: str = answer["tenders"][-1]["charge"]["sentence"]
    return sentence


@pytest.fixture
def desk(counter: Counter) -> AtTheDesk:
    return AtTheDesk(counter)


def test_the_default_card_pays_and_the_sale_is_completed(desk: AtTheDesk) -> None:
    desk.saves("mastercard")
    card = desk.saves()

    done = desk.pays()

    assert (done["status"], done["tenders"][0]["reference"]) == ("completed", "Visa ···4242")
    assert done["tenders"][0]["instrument"] == str(card.pk)
    assert balances() == {"1100 Stripe balance": 24_00, "4020 Retail": -24_00}
    assert desk.counter.taken_cents() == 24_00
    desk.counter.is_right()


def test_the_desk_is_offered_each_card_of_the_client(desk: AtTheDesk) -> None:
    old, new = desk.saves("mastercard"), desk.saves()

    told = desk.till.get(f"clients/{desk.client.pk}/holdings")

    assert [(row["kind"], row["instrument"], row["name"]) for row in told["results"]] == [
        ("saved_card", str(new.pk), "Visa ···4242"),
        ("saved_card", str(old.pk), "Mastercard ···4444"),
    ]
    assert all(row["can_pay"] for row in told["results"])


def test_the_same_request_again_charges_once(desk: AtTheDesk) -> None:
    desk.saves()
    desk.rings_up()

    answers = [state_of(desk.asks()) for _ in range(3)]

    assert answers == ["paid"] * 3
    assert (Charge.objects.count(), desk.counter.taken_cents()) == (1, 24_00)


def test_a_declined_card_is_followed_by_another(desk: AtTheDesk) -> None:
    other = desk.saves("mastercard")
    card = desk.saves()
    told_by_bank(desk.counter.stripe, card, "insufficient_funds")
    desk.rings_up()

    declined = desk.asks()
    assert (declined.status, state_of(declined)) == (200, "declined")
    assert sentence_of(declined) == (
        "Visa ···4242 declined: not enough money on the card. Try another card, or another way to pay."
    )
    assert desk.completes().refusal == (409, "card_not_paid")
    paid = desk.again(2, instrument=str(other.pk))
    same = desk.again(2, instrument=str(other.pk))

    assert (state_of(paid), state_of(same)) == ("paid", "paid")
    assert desk.completes()["tenders"][0]["reference"] == "Mastercard ···4444"
    assert list(Charge.objects.order_by("n").values_list("status", flat=True)) == ["failed", "succeeded"]
    assert balances() == {"1100 Stripe balance": 24_00, "4020 Retail": -24_00}
    desk.counter.is_right()


def test_a_declined_card_is_taken_off_and_cash_pays(desk: AtTheDesk) -> None:
    told_by_bank(desk.counter.stripe, desk.saves(), "generic_decline")
    desk.rings_up()
    desk.asks()

    dropped = desk.takes_off()

    assert (dropped.status, dropped["due_cents"]) == (200, 24_00)
    assert Tender.objects.get().status == "released"
    desk.tender = uuid.uuid4()
    desk.till.put(f"sales/{desk.sale}/tenders/{desk.tender}", {"kind": "external"})
    assert desk.completes()["status"] == "completed"
    desk.counter.is_right()


def test_a_declined_sale_that_nobody_comes_back_to_is_abandoned(desk: AtTheDesk) -> None:
    told_by_bank(desk.counter.stripe, desk.saves(), "generic_decline")
    desk.rings_up()
    desk.asks()

    desk.counter.later(2400)
    desk.counter.works()

    assert Sale.objects.get().status == "abandoned"
    assert balances() == {}
    desk.counter.is_right()


def test_a_charged_card_can_not_be_taken_off_but_all_of_it_cancelled(desk: AtTheDesk) -> None:
    desk.saves()
    desk.rings_up()
    desk.asks()

    assert desk.takes_off().refusal == (409, "card_was_charged")
    abandoned = desk.till.put(f"sales/{desk.sale}/abandonment")
    desk.counter.works(seconds=60)

    assert abandoned["status"] == "abandoned"
    assert desk.counter.stripe.sdk.refunds.list().data[0].amount == 24_00
    desk.counter.is_right()


def test_the_worker_completes_a_paid_sale_whose_tablet_is_gone(desk: AtTheDesk) -> None:
    desk.saves()
    desk.rings_up()
    desk.counter.breaks("reset_after", "/v1/payment_intents/*/confirm")
    assert state_of(desk.asks()) == "checking"

    desk.counter.later(60)
    desk.counter.works(seconds=180)

    assert Sale.objects.get().status == "completed"
    assert desk.counter.taken_cents() == 24_00
    desk.counter.is_right()


def test_without_a_client_or_a_card_the_desk_is_told_so(desk: AtTheDesk) -> None:
    desk.till.put(f"sales/{desk.sale}", OIL)
    assert desk.asks().errors == {"kind": "Choose the client first: a saved card pays for its owner."}

    desk.sale = uuid.uuid4()
    desk.rings_up()
    assert desk.asks().errors == {"instrument": "The client has no saved card."}
    desk.saves()
    assert desk.asks(instrument=str(uuid.uuid4())).errors == {"instrument": "The client has no such saved card."}
    assert not Charge.objects.exists()


def test_a_card_without_consent_is_not_charged(desk: AtTheDesk) -> None:
    card = desk.saves()
    SavedCard.objects.filter(pk=card.pk).update(consent="")
    desk.rings_up()

    assert desk.asks().refusal == (409, "no_consent")
    assert cards.cards_of(desk.client.pk)
    assert [row["can_pay"] for row in desk.till.get(f"clients/{desk.client.pk}/holdings")["results"]] == [False]


def test_a_refund_goes_back_to_the_saved_card(desk: AtTheDesk) -> None:
    """Rules 44 and 44b, by the same way as a card on the reader."""
    desk.saves()
    sold = desk.pays()
    line = sold["lines"][0]["id"]

    back = desk.till.put(
        f"sales/{desk.sale}/refunds/{uuid.uuid4()}", {"reason": "unhappy", "lines": [{"line": line, "quantity": 1}]}
    )
    desk.counter.later()
    desk.counter.works()

    assert back.status == 201
    assert balances() == {"4020 Retail": -24_00, "4910 Refunds and allowances": 24_00}
    assert [refund.amount for refund in desk.counter.stripe.sdk.refunds.list().data] == [24_00]
    desk.counter.is_right()


def test_a_void_gives_the_card_its_money_back(desk: AtTheDesk) -> None:
    desk.saves()
    desk.pays()

    voided = desk.counter.managers_till.put(f"sales/{desk.sale}/void", {"reason": "mistake"})
    desk.counter.later()
    desk.counter.works()

    assert (voided.status, voided["status"]) == (200, "voided")
    assert balances() == {}
    assert [refund.amount for refund in desk.counter.stripe.sdk.refunds.list().data] == [24_00]
    desk.counter.is_right()
