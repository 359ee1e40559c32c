"""A card desk that gets into trouble, and the back office that sees it: everything through HTTP."""

import datetime as dt
import re
import uuid
from html import unescape

from django.test import Client

from payments.models import CardRefund, Charge, Reader, StripeEvent
from pos import checkout
from pos.basket import Basket
from studio.models import Staff
from tests.builders import NOW, TestDesk, of
from tests.stripe_sim.stand_in import StandIn

VISA = "4242424242424242"
SLOW_REFUNDS = "4000000000007726"


def hold_card(stripe: StandIn, reader: Reader, number: str = VISA) -> None:
    stripe.client.v1.test_helpers.terminal.readers.present_payment_method(
        reader.stripe_id, {"type": "card_present", "card_present": {"number": number}}
    )


def asks_card(desk: TestDesk) -> Basket:
    """Oil for $24 whose card is waited for."""
    desk.rings_up(of("massage-oil"))
    basket = desk.tenders("card")
    checkout.ask(basket, now=desk.now)
    return basket


def paid_but_open(desk: TestDesk, stripe: StandIn, reader: Reader, number: str = VISA) -> Basket:
    """The card has paid the oil, and nobody completes the sale."""
    basket = asks_card(desk)
    hold_card(stripe, reader, number)
    checkout.ask(basket, now=desk.now)
    return basket


def sold(desk: TestDesk, stripe: StandIn, reader: Reader, number: str = VISA) -> Basket:
    """The oil is sold by card."""
    paid_but_open(desk, stripe, reader, number)
    return desk.completes()


def given_up_event(n: int = 1, *, at: dt.datetime = NOW) -> StripeEvent:
    """News of a payout that went wrong twelve times."""
    return StripeEvent.objects.create(
        event_id=f"evt_{n}",
        type="payout.paid",
        object_id=f"po_{n}",
        created_at=at,
        received_at=at,
        payload="{}",
        came_by="webhook",
        run_at=at,
        attempts=12,
        dead_at=at,
        last_error="KeyError: 'amount'",
    )


def failed_refund(charge: Charge, *, at: dt.datetime = NOW) -> CardRefund:
    """A row as a refund leaves it that Stripe refused; without its entries."""
    return CardRefund.objects.create(
        charge=charge,
        owner=f"refund:{uuid.uuid4()}",
        location=charge.location,
        amount_cents=1_00,
        status="failed",
        created_at=at,
        failed_at=at,
        failure="declined",
        run_at=at,
    )


class Office:
    """A browser of the back office with somebody signed on; `see` reads the page, `press` sends one of its forms."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff
        self.client = Client()
        self.html = ""
        self.signs_on()

    def signs_on(self) -> None:
        """Again after twelve hours."""
        self.client.force_login(self.staff)

    def see(self) -> str:
        answer = self.client.get("/trouble/")
        assert answer.status_code == 200, answer.status_code
        self.html = unescape(answer.content.decode())
        return self.html

    @property
    def sections(self) -> dict[str, int]:
        """The sections of the page by their slug, and how many things each counts."""
        self.see()
        found = re.findall(r'<section id="(\w+)".*?<span class="count[^"]*">(\d+)<', self.html, re.DOTALL)
        return {slug: int(count) for slug, count in found}

    @property
    def said(self) -> list[str]:
        """What was said about the last act."""
        return re.findall(r'<p class="\w+" role="\w+">(.*?)</p>', self.html)

    @property
    def addresses(self) -> list[str]:
        """Where the forms of the page are sent."""
        return re.findall(r'<form method="post" action="(/trouble/[^"]+)"', self.see())

    def press(self, address: str, **form: str) -> list[str]:
        """Send a form, follow to the page, and hear what it says."""
        answer = self.client.post(address, form, follow=True)
        assert answer.redirect_chain == [("/trouble/", 302)], answer.redirect_chain
        self.html = unescape(answer.content.decode())
        return self.said
