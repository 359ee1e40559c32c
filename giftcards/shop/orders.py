"""Orders of the shop until they are paid: what is wished for, what it costs, and the page to pay on (R15, R18)."""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.urls import reverse

from giftcards import limits, selling
from giftcards.models import GiftBonus, GiftOrder, OrderIsOver
from ledger.money import dollars
from payments import hosted
from payments.models import HostedPage
from pos.models import Item
from studio import throttle
from studio.models import Business, Location
from studio.refusal import BadInput, Refusal

Status = GiftOrder.Status

TRIES, TRIES_PER = 10, dt.timedelta(minutes=10)
BUYERS_TRIES, BUYERS_TRIES_PER = 20, dt.timedelta(days=1)
ALL_TRIES, ALL_TRIES_PER = 600, dt.timedelta(minutes=10)
NO_ORDER = uuid.UUID(int=0)
DRAFTS_KEPT = dt.timedelta(days=30)
"""A page that has expired may still turn out paid for a while."""


class TooManyOrders(Refusal):
    """Somebody orders faster than people do: nothing is asked of Stripe."""

    code = "too_many_orders"


class PriceChanged(Refusal):
    """The treatment costs something else by now."""

    code = "price_changed"


class ShopClosed(Refusal):
    """No location sells online."""

    code = "shop_closed"


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as its form says it; `item` is the code of a treatment, or empty for an amount."""

    amount_cents: int
    item: str
    way: GiftOrder.Way
    recipient_name: str
    recipient_email: str
    buyer_name: str
    buyer_email: str
    message: str
    design: str
    send_on: dt.date | None


# What is for sale ----------------------------------------------------------------------------------------------------


def online_location() -> Location:
    """The location that sells online, else the main one; ShopClosed without either."""
    places = Location.objects.filter(is_active=True)
    place = places.filter(takes_online=True).first() or places.filter(is_main=True).first()
    if place is None:
        raise ShopClosed("Gift cards are not sold here yet.")
    return place


def treatments(location: Location, *, now: dt.datetime) -> list[Item]:
    """The treatments whose price of today lies within what is sold online, with `price_cents`."""
    sold = Item.objects.filter(kind=Item.Kind.TREATMENT, is_available=True)
    priced = sold.priced(location=location, on=location.business_date(now)).order_by("position", "name")
    least, most = limits.ONLINE_LEAST_CENTS, limits.ONLINE_MOST_CENTS
    return [item for item in priced if least <= (item.price_cents or 0) <= most]  # type: ignore[attr-defined]  # annotated


def bonus_on(cents: int, location: Location, *, now: dt.datetime) -> GiftBonus | None:
    """What a promotion of today adds to a card of that amount."""
    return selling.bonus_for(cents, on=location.business_date(now))


def _price_of(wish: Wish, location: Location, *, now: dt.datetime) -> tuple[int, Item | None]:
    if wish.item:
        item = next((one for one in treatments(location, now=now) if one.code == wish.item), None)
        if item is None:
            raise BadInput("what", "This treatment is not sold as a gift card just now. Choose another one.")
        return item.price_cents, item  # type: ignore[attr-defined]  # annotated by priced()
    least, most = limits.ONLINE_LEAST_CENTS, limits.ONLINE_MOST_CENTS
    if not least <= wish.amount_cents <= most:
        raise BadInput("amount", f"Choose an amount from ${dollars(least)} to ${dollars(most)}.")
    return wish.amount_cents, None


# Drafts --------------------------------------------------------------------------------------------------------------


def reserve(address: str, buyer_email: str, *, now: dt.datetime) -> None:
    """Count a try to order before anything is written or asked of Stripe; TooManyOrders (S19). The caller commits."""
    taken: list[str] = []
    for key, limit, per in _buckets(address, buyer_email):
        if not throttle.reserve(key=key, limit=limit, per=per, now=now):
            for other in taken:
                throttle.give_back(key=other, now=now)
            raise TooManyOrders("That was a lot of orders at once. Wait ten minutes, or call us.")
        taken.append(key)


def _buckets(address: str, buyer_email: str) -> tuple[tuple[str, int, dt.timedelta], ...]:
    return (
        (f"gift-order:{_hidden(address)}", TRIES, TRIES_PER),
        (f"gift-buyer:{_hidden(buyer_email.lower())}", BUYERS_TRIES, BUYERS_TRIES_PER),
        ("gift-order:all", ALL_TRIES, ALL_TRIES_PER),
    )


def _hidden(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def put(order_id: uuid.UUID, wish: Wish, *, now: dt.datetime) -> GiftOrder:
    """The draft with these contents, new or changed; in the caller's transaction.

    OrderIsOver when it was paid meanwhile, OverTheLimit, BadInput. A page that is open for it is closed before.
    """
    location = online_location()
    amount_cents, item = _price_of(wish, location, now=now)
    check_buyer(wish.buyer_email, amount_cents, location, now=now, besides=order_id)
    fields = {
        "location": location,
        "amount_cents": amount_cents,
        "item": item,
        "way": wish.way,
        "recipient_name": wish.recipient_name,
        "recipient_email": wish.recipient_email if wish.way == GiftOrder.Way.EMAIL else "",
        "buyer_name": wish.buyer_name,
        "buyer_email": wish.buyer_email,
        "message": wish.message,
        "design": wish.design,
        "send_on": wish.send_on if wish.way == GiftOrder.Way.EMAIL else None,
    }
    _, is_new = GiftOrder.objects.get_or_create(pk=order_id, defaults={**fields, "made_at": now})
    if not is_new and not GiftOrder.objects.filter(pk=order_id, status=Status.DRAFT).update(**fields):
        raise OrderIsOver("This order is paid already.")
    return GiftOrder.objects.select_related("location", "item").get(pk=order_id)


def check_buyer(
    buyer_email: str, amount_cents: int, location: Location, *, now: dt.datetime, besides: uuid.UUID | None = None
) -> None:
    """OverTheLimit above $1,500 a buyer and day: nobody online can allow more (R15). Unpaid pages count too."""
    starts, _ = location.day_bounds(location.business_date(now))
    mine = GiftOrder.objects.filter(buyer_email__iexact=buyer_email).exclude(pk=besides or NO_ORDER)
    paid = mine.filter(status=Status.FULFILLED, ended_at__gte=starts)
    waiting = mine.filter(status=Status.DRAFT, pk__in=_with_live_page(mine))
    if _sum(paid) + _sum(waiting) + amount_cents > limits.BUYER_ALONE_CENTS:
        raise limits.OverTheLimit(
            f"Online one person buys at most ${dollars(limits.BUYER_ALONE_CENTS)} of gift cards a day. "
            "Come back tomorrow, or call us."
        )


def _with_live_page(orders: QuerySet[GiftOrder]) -> list[uuid.UUID]:
    drafts = {order.owner: order.pk for order in orders.filter(status=Status.DRAFT).order_by("-made_at")[:100]}
    live = HostedPage.objects.live().filter(owner__in=drafts).values_list("owner", flat=True)
    return [drafts[owner] for owner in live]


def _sum(orders: QuerySet[GiftOrder]) -> int:
    return orders.aggregate(sum=Sum("amount_cents"))["sum"] or 0


# The page to pay on --------------------------------------------------------------------------------------------------


def live_page(order: GiftOrder) -> HostedPage | None:
    """The page on which the order may be paid now."""
    return HostedPage.objects.live().filter(owner=order.owner).first()


def open_page(order: GiftOrder, *, now: dt.datetime) -> HostedPage:
    """The page at Stripe for the order's amount, to be made by `hosted.ask`; in the caller's transaction.

    Neither the addresses there nor its row tell the way to the card. PriceChanged when the treatment's price did.
    """
    if order.status != Status.DRAFT:
        raise OrderIsOver(f"This order is {order.get_status_display()}.")
    _must_cost_the_same(order, now=now)
    back = settings.SITE_URL + reverse("gift_back")
    return hosted.open_page(
        owner=order.owner,
        about=order.owner,
        purpose=HostedPage.Purpose.PAYMENT,
        location=order.location,
        amount_cents=order.amount_cents,
        description=f"Gift card, {Business.current().name}",
        client=None,
        email=order.buyer_email,
        success_url=f"{back}?session={{CHECKOUT_SESSION_ID}}",
        cancel_url=back,
        now=now,
    )


def _must_cost_the_same(order: GiftOrder, *, now: dt.datetime) -> None:
    if order.item is None:
        return
    prices = {item.pk: item.price_cents for item in treatments(order.location, now=now)}  # type: ignore[attr-defined]
    if prices.get(order.item.pk) != order.amount_cents:
        raise PriceChanged(f"The price of {order.item.name} has changed. Look at your order again.")


class ForgetDrafts:
    """A daily job: drops orders that nobody paid, with the names and addresses in them."""

    kind = "forget_gift_drafts"
    every = dt.timedelta(days=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        old = GiftOrder.objects.filter(status=Status.DRAFT, made_at__lt=now - DRAFTS_KEPT)
        old.exclude(pk__in=_with_live_page(old)).delete()
