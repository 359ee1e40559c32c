"""Somebody who buys gift cards in the shop: a browser, Stripe's page, the worker, the mails, one clock for all."""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from giftcards import links
from giftcards.models import Delivery, GiftCard, GiftOrder
from jobs.worker import Worker
from ledger.journal import balances
from payments.models import Charge, HostedPage
from tests.books import books_are_clean
from tests.builders import Studio
from tests.giftcards.cards import code_of
from tests.payments.pages import pays
from tests.stripe_sim.stand_in import StandIn

JONAS, MAYA = "jonas@example.com", "maya@example.com"
FIELDS = {
    "what": "120.00",
    "amount": "",
    "design": "bars",
    "way": "email",
    "recipient_name": "Maya",
    "recipient_email": MAYA,
    "message": "Breathe out.",
    "send_on": "",
    "buyer_name": "Jonas",
    "buyer_email": JONAS,
    "website": "",
}


@dataclass
class Shopper:
    """A browser at the shop, and everything around it."""

    studio: Studio
    stripe: StandIn
    clock: time_machine.Traveller
    browser: Client = field(default_factory=Client)
    worker: Worker = field(default_factory=lambda: Worker(clock=timezone.now))
    answer: Any = None

    def sends(self, browser: Client | None = None, **changes: str) -> int:
        """Fill in the form and send it; the status."""
        self.answer = (browser or self.browser).post("/gift-cards/", FIELDS | changes)
        return int(self.answer.status_code)

    def orders(self, **changes: str) -> GiftOrder:
        """An order that waits on Stripe's page."""
        assert self.sends(**changes) == 303, self.said()
        return GiftOrder.objects.latest("made_at")

    def pays(self, card: str = "visa", url: str = "") -> None:
        """Pay on Stripe's page; the browser is then closed."""
        assert pays(url or HostedPage.objects.latest("created_at").url, card) == 303

    def buys(self, **changes: str) -> GiftOrder:
        """An order, paid and come back from."""
        order = self.orders(**changes)
        self.pays()
        self.comes_back(order)
        return GiftOrder.objects.select_related("card", "location", "item").get(pk=order.pk)

    def comes_back(self, order: GiftOrder) -> Any:
        """Follow Stripe's page back to ours."""
        page = HostedPage.objects.filter(owner=order.owner).latest("n")
        return self.opens(f"/gift-cards/back?session={page.session_id}", follow=True)

    def opens(self, url: str, **more: Any) -> Any:
        self.answer = self.browser.get(url, **more)
        return self.answer

    def page_of(self, order: GiftOrder, more: str = "") -> str:
        return f"/gift-cards/orders/{links.order_token(order)}{more}"

    def said(self) -> str:
        """The words of the last page."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.answer.content.decode())).strip()

    def later(self, **by: int) -> None:
        self.clock.shift(dt.timedelta(**by))

    def works(self) -> None:
        """The worker at work, for some minutes."""
        for _ in range(6):
            self.worker.run_once()
            self.later(seconds=30)

    def is_right(self) -> None:
        """The books hold every check, and no charge is left over."""
        assert not Charge.objects.live().exists()
        books_are_clean(now=timezone.now())


def books() -> dict[str, int]:
    """All balances, with Stripe's fees as if they were not taken yet."""
    found = balances()
    found["1100 Stripe balance"] = found.get("1100 Stripe balance", 0) + found.pop("6010 Processing fees", 0)
    return {name: cents for name, cents in found.items() if cents}


def letters(to: str = "") -> list[EmailMultiAlternatives]:
    """The mails that have left, to that address or to all."""
    return [one for one in mail.outbox if isinstance(one, EmailMultiAlternatives) and (not to or one.to == [to])]


def whole(letter: EmailMultiAlternatives) -> str:
    """All that the mail says, in text and in HTML."""
    return str(letter.body) + "".join(str(part[0]) for part in letter.alternatives)


def the_card() -> GiftCard:
    return GiftCard.objects.get()


def the_code() -> str:
    return code_of(the_card())


def sendings(kind: str = "card") -> list[Delivery]:
    return list(Delivery.objects.filter(kind=kind).order_by("n"))
