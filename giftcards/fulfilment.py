"""A paid order becomes a card, exactly once, whoever comes first: the buyer's return, Stripe's event or the worker.

All three settle the page at Stripe; the charge that is then there is claimed here, in one transaction with the sale,
the active card and the mails.
"""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import QuerySet

from giftcards import delivery, held_back, issuing
from giftcards.models import Delivery, GiftOrder
from jobs.leases import done
from payments import hosted, unsold
from payments.models import Charge, HostedPage
from pos import online
from pos.asked import AskedLine, AskedSale
from studio.refusal import BadInput, Refusal

Status = GiftOrder.Status

PREFIX = "order:"
OF_ONE_CARD, OF_ONE_CARD_PER = 3, dt.timedelta(days=1)
"""So many orders one card pays for in 24 hours (R15)."""


class TooManyOfOneCard(Refusal):
    """One payment card buys gift cards faster than people do."""

    code = "too_many_of_one_card"


class PaidOrders:
    """The worker fulfils what was paid while no browser came back."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Charge]":
        return Charge.objects.ended(owner_prefix=PREFIX)

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        with transaction.atomic(durable=True):
            finish(row, now=now)
            done(row, finished_at=now)


def look(order: GiftOrder, *, now: dt.datetime) -> GiftOrder:
    """The order as it is now: asks Stripe about its page, and fulfils it when it is paid; no transaction open."""
    if order.status == Status.DRAFT:
        page = HostedPage.objects.filter(owner=order.owner).order_by("-n").first()
        if page is not None:
            hosted.look(page, now=now)
        with transaction.atomic(durable=True):
            for charge in Charge.objects.ended(owner_prefix=order.owner):
                finish(charge, now=now)
        order.refresh_from_db()
    return order


def finish(row: Charge, *, now: dt.datetime) -> GiftOrder | None:
    """The order of an ended charge, fulfilled if that paid; None when there is none. In the caller's transaction.

    Money for which nothing can be sold any more goes back, and the buyer is told.
    """
    unfinished = Charge.objects.select_for_update(of=("self",)).filter(pk=row.pk, finished_at=None)
    charge = unfinished.select_related("location").first()
    orders = GiftOrder.objects.select_for_update(of=("self",)).select_related("location", "item")
    order = orders.filter(pk=uuid.UUID(row.owner.removeprefix(PREFIX))).first()
    if charge is None:
        return order  # somebody else was faster
    Charge.objects.filter(pk=charge.pk).update(finished_at=now)
    if charge.status == Charge.Status.SUCCEEDED:
        _paid(order, charge, now=now)
    return order


def _paid(order: GiftOrder | None, charge: Charge, *, now: dt.datetime) -> None:
    if order is None or order.status != Status.DRAFT:
        unsold.give_unsold_back(charge, now=now)
        return
    try:
        with transaction.atomic():
            _must_not_be_tested(charge, now=now)
            _fulfil(order, charge, now=now)
    except (Refusal, BadInput) as no:
        order.refresh_from_db()
        _give_back(order, charge, no.sentence, now=now)


def _fulfil(order: GiftOrder, charge: Charge, *, now: dt.datetime) -> None:
    basket = online.sell_paid(
        sale_id=charge.pk,
        asked=AskedSale(lines=(_line(order),)),
        charge=charge,
        location=order.location,
        priced_at=_priced_at(charge),
        now=now,
    )
    [card] = issuing.cards_of(basket.sale)
    order.move_to(Status.FULFILLED, charge=charge, sale=basket.sale, card=card, ended_at=now)
    if held_back.is_risky(charge):
        held_back.hold(order, card, now=now)
    delivery.queue(order, now=now)


def _line(order: GiftOrder) -> AskedLine:
    if order.item is not None:
        return AskedLine(kind="gift_card", item=order.item.code)
    return AskedLine(kind="gift_card", unit_cents=order.amount_cents)


def _priced_at(charge: Charge) -> dt.datetime:
    """When it was decided how much is asked."""
    page = HostedPage.objects.filter(intent_id=charge.intent_id).first()
    return page.created_at if page is not None else charge.created_at


def _must_not_be_tested(charge: Charge, *, now: dt.datetime) -> None:
    """TooManyOfOneCard with the fourth order in a day that the same card pays."""
    same = GiftOrder.objects.filter(
        charge__card_fingerprint=charge.card_fingerprint, ended_at__gt=now - OF_ONE_CARD_PER
    )
    if charge.card_fingerprint and same.filter(status=Status.FULFILLED).count() >= OF_ONE_CARD:
        raise TooManyOfOneCard(f"One card pays for {OF_ONE_CARD} gift cards a day.")


def _give_back(order: GiftOrder, charge: Charge, why: str, *, now: dt.datetime) -> None:
    unsold.give_unsold_back(charge, now=now)
    order.move_to(Status.GIVEN_BACK, charge=charge, ended_at=now, why=why[:200])
    delivery.add(order, Delivery.Kind.GIVEN_BACK, at=now, now=now)
