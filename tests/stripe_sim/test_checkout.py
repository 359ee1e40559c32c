"""The hosted page, by plain forms."""

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
import stripe

from tests.stripe_sim.stand_in import StandIn

BACK = "http://127.0.0.1:9"


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


BROWSER = urllib.request.build_opener(NoRedirects)


def visit(url: str, **form: str) -> tuple[int, str, str]:
    """Status, where it leads, the page."""
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with BROWSER.open(url, body, timeout=60) as page:
            return page.status, "", page.read().decode()
    except urllib.error.HTTPError as other:
        with other:
            return other.code, other.headers.get("Location", ""), other.read().decode()


def open_session(sim: StandIn, **params: Any) -> stripe.checkout.Session:
    item = {
        "quantity": 2,
        "price_data": {"currency": "usd", "unit_amount": 5_000, "product_data": {"name": "Gift card"}},
    }
    given: dict[str, Any] = {"mode": "payment", "line_items": [item], "allowed_payment_method_types": ["card"]}
    urls = {"success_url": BACK + "/ok?session={CHECKOUT_SESSION_ID}", "cancel_url": BACK + "/no"}
    return sim.sdk.checkout.sessions.create({**given, **urls, **params})


def open_setup(sim: StandIn, customer: stripe.Customer) -> stripe.checkout.Session:
    given: dict[str, Any] = {"mode": "setup", "customer": customer.id, "allowed_payment_method_types": ["card"]}
    return sim.sdk.checkout.sessions.create({**given, "success_url": BACK + "/saved"})


def test_a_page_is_paid_and_leads_back(sim: StandIn) -> None:
    metadata = {"metadata": {"attempt": "7"}}
    session = open_session(sim, payment_intent_data=metadata, customer_creation="always")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.amount_total == 10_000
    status, _, html = visit(session.url)
    assert (status, "Pay $100.00" in html, "Gift card" in html) == (200, True, True)

    status, leads_to, _ = visit(session.url, card="visa", email="ada@example.com", name="Ada")

    assert (status, leads_to) == (303, f"{BACK}/ok?session={session.id}")
    paid = sim.sdk.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent", "line_items", "customer"]})
    assert (paid.status, paid.payment_status, paid.payment_intent.status) == ("complete", "paid", "succeeded")
    assert paid.payment_intent.metadata.to_dict() == {"attempt": "7"}
    assert (paid.customer_details.email, paid.customer.email) == ("ada@example.com", "ada@example.com")
    assert [item.description for item in paid.line_items.data] == ["Gift card"]
    assert "checkout.session.completed" in sim.event_types()
    assert "has been paid" in visit(session.url)[2]


def test_a_declined_card_leaves_the_page_open_for_another(sim: StandIn) -> None:
    session = open_session(sim)
    status, _, html = visit(session.url, card="chargeDeclined", email="a@example.com", name="A")
    assert (status, "Your card was declined." in html) == (402, True)
    assert sim.sdk.checkout.sessions.retrieve(session.id).status == "open"

    assert visit(session.url, card="mastercard", email="a@example.com", name="A")[0] == 303
    assert len(sim.sdk.payment_intents.list().data) == 1


def test_the_bank_asks_and_sends_back(sim: StandIn) -> None:
    session = open_session(sim)
    _, bank, _ = visit(session.url, card="authenticationRequired", email="a@example.com", name="A")
    assert "/_sim/3ds/pi_" in bank
    assert "Is it you who pays $100.00?" in visit(bank)[2]

    assert visit(bank, outcome="refused")[0] == 402
    _, bank, _ = visit(session.url, card="authenticationRequired", email="a@example.com", name="A")
    status, leads_to, _ = visit(bank, outcome="approved")

    assert (status, leads_to) == (303, f"{BACK}/ok?session={session.id}")
    assert sim.sdk.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_card_is_saved_and_charged_later(sim: StandIn) -> None:
    customer = sim.sdk.customers.create({"email": "ada@example.com"})
    session = open_setup(sim, customer)
    assert "ada@example.com" in visit(session.url)[2]

    assert visit(session.url, card="visa", email="ada@example.com", name="Ada")[1] == BACK + "/saved"

    done = sim.sdk.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    card = done.setup_intent.payment_method
    assert (done.status, done.payment_status, card.customer) == ("complete", "no_payment_required", customer.id)
    assert sim.pay(card=card.id, customer=customer.id, off_session=True).status == "succeeded"


def test_a_card_that_fails_when_charged_can_still_be_saved(sim: StandIn) -> None:
    customer = sim.sdk.customers.create({})
    session = open_setup(sim, customer)
    visit(session.url, card="chargeCustomerFail", email="a@example.com", name="A")
    (card,) = sim.sdk.customers.payment_methods.list(customer.id).data

    with pytest.raises(stripe.CardError):
        sim.pay(card=card.id, customer=customer.id, off_session=True)


def test_an_expired_page_takes_no_money(sim: StandIn) -> None:
    session = open_session(sim)
    assert sim.sdk.checkout.sessions.expire(session.id).status == "expired"

    assert "expired" in visit(session.url, card="visa", email="a@example.com", name="A")[2]
    assert sim.sdk.payment_intents.list().data == []
    with pytest.raises(stripe.InvalidRequestError):
        sim.sdk.checkout.sessions.expire(session.id)


def test_a_page_expires_by_itself(sim: StandIn) -> None:
    session = open_session(sim)
    sim.tell("clock", advance=86_401)

    assert sim.sdk.checkout.sessions.retrieve(session.id).status == "expired"
    assert sim.event_types() == ["checkout.session.expired"]


def test_the_policy_lets_the_form_end_where_the_session_leads(sim: StandIn) -> None:
    session = open_session(sim)
    with urllib.request.urlopen(session.url, timeout=60) as page:  # noqa: S310
        policy = page.headers["Content-Security-Policy"]

    assert "form-action 'self' http://127.0.0.1:9" in policy
    assert "unsafe" not in policy


def test_a_front_page_lists_what_is_open(sim: StandIn) -> None:
    session, reader = open_session(sim), sim.reader()

    html = visit(sim.url + "/")[2]

    assert session.url in html
    assert f"/_sim/readers/{reader.id}" in html
