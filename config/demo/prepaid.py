"""What the demo's clients pay ahead: packages and memberships, bought, used and billed as the ninety days go by."""

import datetime as dt
import random
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from config.demo import cards
from memberships import consents, joining, lots, runs
from memberships.consents import Agreed
from memberships.models import Membership, Package, PackagePart, Plan, SessionLot
from payments import hosted
from payments.models import SavedCard
from pos import checkout
from pos.asked import AskedCover, AskedLine, AskedSale, AskedTender, Desk
from pos.models import Client, Item

SIXTIES = ("ashiatsu-bar-60", "ashiatsu-mat-60", "deep-tissue-60")
NINETIES = ("ashiatsu-bar-90", "thai-rope-90")
PACKAGES = [
    ("five-60", "5 × 60 minutes", 540_00, 5, 0, SIXTIES),
    ("ten-60", "10 × 60 minutes", 1_020_00, 10, 0, SIXTIES),
    ("six-mixed", "Mixed 6 (buy 5, get 1)", 690_00, 6, 1, (*SIXTIES, "bamboo-75")),
]
PLANS = [
    ("escape-60", "Escape 60", 89_00, 1, SIXTIES),
    ("escape-90", "Escape 90", 129_00, 1, (*SIXTIES, *NINETIES)),
    ("couple", "Couple", 169_00, 2, SIXTIES),
]
TERMS = "One month at a time. Leave online in two clicks; what you have paid for stays yours."
EVERY_NTH_JOINS = 4
"""Of the sixty clients every fourth is a member; the card of one of them pays the first month only."""
BACK = f"{settings.SITE_URL}/"


def offer() -> None:
    """Packages and plans on sale."""
    for position, (code, name, cents, units, bonus, items) in enumerate(PACKAGES):
        package = Package.objects.create(
            code=code, name=name, price_cents=cents, validity_months=24, users="household", position=position
        )
        part = PackagePart.objects.create(package=package, units=units, bonus_units=bonus)
        part.items.set(Item.objects.filter(code__in=items))
    for position, (code, name, cents, credits, items) in enumerate(PLANS):
        plan = Plan.objects.create(
            code=code,
            name=name,
            price_cents=cents,
            credits_per_cycle=credits,
            treatment_percent=10,
            retail_percent=10,
            position=position,
            terms=TERMS,
        )
        plan.items.set(Item.objects.filter(code__in=items))


def who_joins(clients: Sequence[Client]) -> list[Client]:
    """Those who become members in the demo's first weeks."""
    return list(clients[::EVERY_NTH_JOINS])


def join(client: Client, *, desk: Desk, chance: random.Random, now: dt.datetime, declines: bool = False) -> None:
    """The client agrees at the desk, pays the first month by card slip, and saves a card on Stripe's page.

    With `declines` the bank says no to that card from the second month on.
    """
    plan = joining.plan_on_sale(chance.choice(["escape-60", "escape-60", "escape-90", "couple"]))
    agreed = Agreed(consents.hash_of(consents.text_for(plan)), staff=desk.staff, signature=client.name)
    membership_id = uuid.UUID(int=chance.getrandbits(128), version=4)
    with transaction.atomic(durable=True):
        membership = joining.join(
            membership_id=membership_id, client=client, plan=plan, location=desk.location, agreed=agreed, now=now
        )
        first = AskedLine(kind="membership", item=plan.code, instrument=str(membership.pk))
        checkout.sell(
            sale_id=uuid.UUID(int=chance.getrandbits(128), version=4),
            asked=AskedSale(lines=(first,), client_id=client.pk),
            tenders=[(uuid.UUID(int=chance.getrandbits(128), version=4), AskedTender(kind="external"))],
            desk=desk,
            now=now,
        )
    if cards.are_simulated():
        saved = _save_card(membership, now=now)
        if declines:
            cards.refuse(saved)


def _save_card(membership: Membership, *, now: dt.datetime) -> SavedCard:
    cards.it_is(now)
    with transaction.atomic(durable=True):
        page = joining.card_page(membership, success_url=BACK, cancel_url=BACK, now=now)
    page = hosted.ask(page, now=now)
    cards.fill_in(page.url)
    hosted.look(page, now=now)
    return SavedCard.objects.get(client=membership.client_id)


def bill(now: dt.datetime) -> None:
    """The morning's billing: dues are made and charged."""
    if cards.are_simulated():
        cards.it_is(now)
        runs.bill(clock=lambda: now)


def cover_for(client: Client, code: str, *, on: dt.date) -> AskedCover | None:
    """The session or credit with which the client pays for that treatment; None when there is none left."""
    for lot in lots.usable(client, on=on):
        paid = lot.part.items if lot.part is not None else lot.plan.items if lot.plan is not None else None
        if paid is not None and lot.free_units and paid.filter(code=code).exists():
            kind = "session" if lot.kind == SessionLot.Kind.PACKAGE else "credit"
            return AskedCover(kind=kind, instrument=lot.instrument)
    return None


def package_line(chance: random.Random) -> AskedLine:
    """A package of the kind that sells."""
    return AskedLine(kind="package", item=chance.choices([code for code, *_ in PACKAGES], weights=[6, 2, 3])[0])
