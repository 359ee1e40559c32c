"""A pay link: the client pays on a phone, whoever looks first, and nothing is paid twice (R4, rules 44, 80)."""

import re
import uuid

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from ledger.journal import balances
from payments import hosted
from payments.models import CardRefund, Charge, HostedPage
from pos import pay_links
from pos.models import Client, PayLink, Sale, Tender
from tests.api.till import Answer
from tests.builders import NOW
from tests.payments.asking import Counter
from tests.payments.pages import pays
from tests.racing import race

OIL = {"lines": [{"item": "massage-oil"}]}
SESSIONS = "/v1/checkout/sessions"


class AtTheDesk:
    """A tablet that rings up oil for $24, and a client with a phone."""

    def __init__(self, counter: Counter) -> None:
        self.counter, self.till, self.phone = counter, counter.till, Browser()
        self.sale, self.tender = uuid.uuid4(), uuid.uuid4()

    def rings_up(self, **more: object) -> None:
        assert self.till.put(f"sales/{self.sale}", OIL | more).status == 201

    def asks(self, **more: object) -> Answer:
        return self.till.put(f"sales/{self.sale}/tenders/{self.tender}", {"kind": "pay_link", **more})

    def takes_off(self) -> Answer:
        return self.till.delete(f"sales/{self.sale}/tenders/{self.tender}")

    def completes(self) -> Answer:
        return self.till.put(f"sales/{self.sale}/completion")

    def mails(self, email: str) -> Answer:
        return self.till.post(f"sales/{self.sale}/tenders/{self.tender}/mail", {"email": email})

    def opens(self, more: str = "") -> tuple[int, str]:
        """What the phone shows at the link: the status, and where it leads or which heading it has."""
        answer = self.phone.get(f"/pay/{PayLink.objects.get().token}{more}")
        if answer.status_code == 302:
            return 302, answer["Location"]
        heading = re.search(r"<h1>(.*?)</h1>", answer.content.decode())
        assert heading is not None
        return answer.status_code, heading[1]

    def client_pays(self, card: str = "visa") -> None:
        assert pays(HostedPage.objects.get().url, card) == 303


def charge_of(answer: Answer) -> dict[str, object]:
    told: dict[str, object] = answer["tenders"][-1]["charge"]
    return told


def state_of(answer: Answer) -> object:
    return charge_of(answer)["state"]


@pytest.fixture
def desk(counter: Counter) -> AtTheDesk:
    return AtTheDesk(counter)


def test_the_client_scans_the_code_and_pays(desk: AtTheDesk) -> None:
    desk.rings_up()

    asked = desk.asks()
    assert (asked.status, state_of(asked)) == (202, "waiting")
    assert charge_of(asked)["sentence"] == "Scan to pay · $24.00"
    assert charge_of(asked)["url"] == f"http://testserver/pay/{PayLink.objects.get().token}"
    assert charge_of(asked)["qr"]["size"] > 20
    assert desk.opens() == (302, HostedPage.objects.get().url)
    desk.client_pays()
    paid = desk.asks()
    done = desk.completes()

    assert (paid.status, state_of(paid), charge_of(paid)["url"]) == (200, "paid", "")
    assert (done["status"], done["tenders"][0]["reference"]) == ("completed", "Visa ···4242")
    assert Tender.objects.get().charge == Charge.objects.get()
    assert balances() == {"1100 Stripe balance": 24_00, "4020 Retail": -24_00}
    assert desk.opens() == (200, "Thank you")
    desk.counter.is_right()


def test_the_page_after_checkout_thanks_and_the_desk_knows(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    assert desk.opens("/done") == (200, "Not paid yet")
    desk.client_pays()

    assert desk.opens("/done") == (200, "Thank you")
    assert Charge.objects.get().status == "succeeded"
    assert desk.completes()["status"] == "completed"


def test_a_wrong_link_leads_nowhere(desk: AtTheDesk) -> None:
    assert desk.phone.get(f"/pay/{'a' * 22}").status_code == 404


def test_a_part_of_a_sale_is_paid_by_link(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks(amount_cents=10_00)
    desk.client_pays()

    part = desk.asks(amount_cents=10_00)

    assert (state_of(part), part["due_cents"]) == ("paid", 14_00)
    assert desk.asks(amount_cents=11_00).refusal == (409, "same_id_other_contents")


def test_nothing_changes_while_the_link_is_open(desk: AtTheDesk) -> None:
    desk.rings_up()
    asked = desk.asks()

    changed = desk.till.put(
        f"sales/{desk.sale}", {"lines": [{"item": "massage-oil", "quantity": 2}], "revision": asked["revision"]}
    )

    assert changed.refusal == (409, "charge_in_flight")
    assert desk.completes().refusal == (409, "charge_in_flight")


def test_a_link_is_closed_before_it_is_taken_off(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    url = HostedPage.objects.get().url

    dropped = desk.takes_off()

    assert (dropped.status, dropped["due_cents"], dropped["tenders"][0]["status"]) == (200, 24_00, "released")
    assert HostedPage.objects.get().status == "expired"
    assert pays(url) != 303
    assert desk.opens() == (200, "This link has ended")
    assert balances() == {}
    desk.counter.is_right()


def test_a_client_who_was_faster_has_paid(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    desk.client_pays()

    refused = desk.takes_off()

    assert refused.refusal in {(409, "card_was_charged"), (202, "")}
    assert state_of(desk.asks()) == "paid"
    assert desk.completes()["status"] == "completed"
    desk.counter.is_right()


def test_a_paid_sale_that_is_cancelled_gives_the_money_back(desk: AtTheDesk) -> None:
    """Rule 80."""
    desk.rings_up()
    desk.asks()
    desk.client_pays()
    desk.asks()

    abandoned = desk.till.put(f"sales/{desk.sale}/abandonment")
    desk.counter.works(seconds=60)

    assert abandoned["status"] == "abandoned"
    assert CardRefund.objects.get().status in ("pending", "succeeded")
    assert "2250 Refunds payable" not in balances()
    desk.counter.is_right()


def test_a_forgotten_link_is_closed_and_its_sale_abandoned(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()

    desk.counter.later(2400)
    desk.counter.works(seconds=600)

    assert (Sale.objects.get().status, HostedPage.objects.get().status) == ("abandoned", "expired")
    assert balances() == {}
    desk.counter.is_right()


def test_the_worker_completes_what_was_paid_when_nobody_looks(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    desk.client_pays()

    desk.counter.later(60)
    desk.counter.works(seconds=300)

    assert Sale.objects.get().status == "completed"
    assert Tender.objects.get().charge == Charge.objects.get()
    desk.counter.is_right()


def test_money_that_comes_after_the_sale_was_abandoned_goes_back(desk: AtTheDesk) -> None:
    """Stripe said the page is closed, and was paid after all: the money is put aside and sent back (rule 80)."""
    desk.rings_up()
    desk.asks()
    desk.client_pays()
    HostedPage.objects.update(status="expired", ended_at=timezone.now())  # as if an answer had said so
    assert desk.till.put(f"sales/{desk.sale}/abandonment")["status"] == "abandoned"

    desk.counter.hears("checkout.session.completed")
    desk.counter.works(seconds=120)

    assert HostedPage.objects.get().status == "paid"
    assert [refund.amount for refund in desk.counter.stripe.sdk.refunds.list().data] == [24_00]
    assert balances() == {}
    desk.counter.is_right()


def test_while_stripe_is_away_the_desk_is_told_so_and_asks_again(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.counter.breaks("error_before", SESSIONS)

    assert (state_of(desk.asks()), charge_of(desk.asks())["url"]) == ("checking", "")
    desk.counter.later(20)

    assert state_of(desk.asks()) == "waiting"
    assert HostedPage.objects.get().url


# By mail --------------------------------------------------------------------------------------------------------------


def test_the_link_is_mailed_once_to_an_address(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()

    told = [desk.mails("jo@example.com").status for _ in range(2)]
    desk.counter.works()

    assert told == [202, 202]
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [
        (["jo@example.com"], "Pay $24.00 to Massage Escape"),
    ]
    assert f"http://testserver/pay/{PayLink.objects.get().token}" in str(mail.outbox[0].body)


def test_an_address_that_is_none_and_a_link_that_has_ended_are_not_mailed(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    assert desk.mails("jo").status == 400

    desk.takes_off()

    assert desk.mails("jo@example.com").refusal == (409, "link_has_ended")


def test_only_a_pay_link_is_mailed(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.till.put(f"sales/{desk.sale}/tenders/{desk.tender}", {"kind": "external"})

    assert desk.mails("jo@example.com").errors == {"tender": "This payment is no pay link on the sale."}


def test_the_clients_address_is_filled_in_on_the_page(desk: AtTheDesk) -> None:
    jo = Client.objects.create(id=uuid.uuid4(), name="Jo", email="jo@example.com", created_at=NOW)
    desk.rings_up(client=str(jo.pk))
    desk.asks()

    session = desk.counter.stripe.sdk.checkout.sessions.retrieve(str(HostedPage.objects.get().session_id))

    assert (session.customer_email, session.amount_total) == ("jo@example.com", 24_00)


# Given back -----------------------------------------------------------------------------------------------------------


def test_a_refund_and_a_void_go_back_to_the_card_that_paid(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    desk.client_pays()
    desk.asks()
    sold = desk.completes()
    part = {"reason": "unhappy", "lines": [{"line": sold["lines"][0]["id"], "quantity": 1}]}

    back = desk.till.put(f"sales/{desk.sale}/refunds/{uuid.uuid4()}", part)
    desk.counter.works(seconds=60)

    assert back.status == 201
    assert balances() == {"4020 Retail": -24_00, "4910 Refunds and allowances": 24_00}
    desk.counter.is_right()


def test_a_void_gives_the_card_its_money_back(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    desk.client_pays()
    desk.asks()
    desk.completes()

    voided = desk.counter.managers_till.put(f"sales/{desk.sale}/void", {"reason": "mistake"})
    desk.counter.works(seconds=60)

    assert voided["status"] == "voided"
    assert balances() == {}
    desk.counter.is_right()


# Races ----------------------------------------------------------------------------------------------------------------


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_phone_desk_and_worker_settle_a_paid_link_once(desk: AtTheDesk) -> None:
    desk.rings_up()
    desk.asks()
    desk.client_pays()
    token = PayLink.objects.get().token

    def looks(n: int) -> object:
        if n % 3 == 0:
            return Browser().get(f"/pay/{token}/done").status_code
        if n % 3 == 1:
            return desk.asks().status
        return hosted.look(PayLink.objects.get().page, now=timezone.now())

    answers = race(6, looks)

    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    assert state_of(desk.asks()) == "paid"
    assert (Charge.objects.count(), desk.completes()["status"]) == (1, "completed")
    desk.counter.is_right()


def test_the_pages_at_stripe_are_opened_once_for_one_link(desk: AtTheDesk) -> None:
    desk.rings_up()
    for _ in range(3):
        desk.asks()
    with transaction.atomic():
        assert pay_links.address(PayLink.objects.get()).endswith(PayLink.objects.get().token)

    assert len(desk.counter.stripe.sdk.checkout.sessions.list().data) == 1
