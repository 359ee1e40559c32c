"""Clients who save a card and pay on Stripe's pages, and what we then charge them: everything through the stand-in."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from payments import asking, cards, hosted, off_session
from payments.gateway import gateway
from payments.models import Charge, Customer, HostedPage, SavedCard
from studio.models import Location
from tests.builders import NOW
from tests.stripe_sim.stand_in import StandIn
from tests.stripe_sim.test_checkout import visit

CLIENT = uuid.UUID(int=7)
DUE = f"owed:{uuid.UUID(int=1)}"
BACK = "https://studio.example"
DUES_CENTS = 89_00
CREATE, CONFIRM, SESSIONS = "/v1/payment_intents", "/v1/payment_intents/*/confirm", "/v1/checkout/sessions"


def a_page(location: Location, **more: Any) -> HostedPage:
    """A page to pay the due on, as its row is committed."""
    given = {
        "owner": DUE,
        "purpose": HostedPage.Purpose.PAYMENT,
        "location": location,
        "amount_cents": DUES_CENTS,
        "description": "Membership, March",
        "client": None,
        "success_url": f"{BACK}/paid?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{BACK}/back",
        "now": timezone.now(),
    }
    with transaction.atomic():
        return hosted.open_page(**given | more)


def an_open_page(location: Location, **more: Any) -> HostedPage:
    page = hosted.ask(a_page(location, **more), now=timezone.now())
    assert (page.status, page.url != "") == ("open", True)
    return page


def a_card_page(location: Location, client: uuid.UUID = CLIENT) -> HostedPage:
    more = {"owner": f"card:{client}", "purpose": HostedPage.Purpose.SETUP, "amount_cents": 0, "client": client}
    return an_open_page(location, consent="card-2026-01", **more)


def pays(url: str, card: str = "visa") -> int:
    """The status with which Stripe's page answers; 303 leads back to us."""
    return visit(url, card=card, email="ada@example.com", name="Ada")[0]


def saves(location: Location, card: str = "visa", client: uuid.UUID = CLIENT) -> SavedCard:
    """The client saves a card on Stripe's page and comes back."""
    page = a_card_page(location, client)
    assert pays(page.url, card) == 303
    hosted.look(page, now=timezone.now())
    kept = cards.default_card(client)
    assert kept is not None
    return kept


def queued(card: SavedCard, location: Location, *, owner: str = DUE, now: dt.datetime | None = None) -> Charge:
    """The row of a charge to the card, committed and not asked for."""
    told = {"about": f"sale:{uuid.UUID(int=2)}", "location": location, "client": card.client, "card": card}
    with transaction.atomic():
        return off_session.charge_card(owner=owner, amount_cents=DUES_CENTS, now=now or timezone.now(), **told)


def asked(charge: Charge, *, later: int = 0) -> Charge:
    """The charge after somebody asked, so many seconds later."""
    asking.ask(charge.pk, now=timezone.now() + dt.timedelta(seconds=later))
    charge.refresh_from_db()
    return charge


def ends(charge: Charge) -> Charge:
    """The charge after as many looks as it takes."""
    for n in range(12):
        if asked(charge, later=1000 * n).has_ended:
            return charge
    raise AssertionError(f"{charge} is still {charge.status}: {charge.last_error}")


def page_ends(page: HostedPage) -> HostedPage:
    """The page after as many looks of the worker as it takes."""
    for n in range(12):
        hosted._go_on_alone(page, HostedPage.objects.live().filter(pk=page.pk), now=NOW + dt.timedelta(seconds=400 * n))
        if not page.is_live:
            return page
    raise AssertionError(f"{page} is still {page.status}: {page.last_error}")


def told_by_bank(stripe: StandIn, card: SavedCard, outcome: str) -> None:
    """What the bank says to this card from now on: a decline code, or `approved`."""
    stripe.tell(f"payment_methods/{card.stripe_method}", outcome=outcome)


def intents(stripe: StandIn, client: uuid.UUID = CLIENT) -> list[tuple[str, int]]:
    """Stripe's intents for the client's saved cards: status and what was received, oldest first."""
    customer = Customer.objects.get(pk=client).stripe_id
    listed = stripe.sdk.payment_intents.list({"limit": 100, "customer": str(customer)}).auto_paging_iter()
    return [(intent.status, intent.amount_received) for intent in listed][::-1]


def taken_cents(stripe: StandIn) -> int:
    """What all cards were charged."""
    listed = stripe.sdk.payment_intents.list({"limit": 100}).auto_paging_iter()
    return sum(intent.amount_received for intent in listed)


def is_kept_at_stripe(card: SavedCard) -> bool:
    customer = Customer.objects.get(pk=card.client).stripe_id
    return card.stripe_method in [kept.id for kept in gateway().list_cards(str(customer))]
