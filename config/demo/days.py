"""Ninety days at the desk, rung up through the real checkout: the demo can never show an impossible state."""

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction

from config.demo import cards, prepaid
from config.demo.catalogue import ADDONS, RETAIL, TREATMENTS
from payments import charges
from payments.models import Reader
from pos import checkout, drawer, drawer_close, movements, refunds, tips_owed, voids
from pos.asked import AskedDiscount, AskedLine, AskedRefund, AskedRefundLine, AskedSale, AskedTender, Desk
from pos.basket import Basket
from pos.models import Client, Drawer, DrawerSession, Item, SaleLine
from pos.movements import AskedMovement
from studio.models import Location, Staff

FLOAT_CENTS = 200_00
OPENS, CLOSES = dt.time(10), dt.time(19, 30)
VISITS = (0, 6, 7, 8, 10, 13, 9)
"""Visits per weekday, Monday first; Monday is closed."""
SATURDAY = 5


@dataclass
class Place:
    """One location with its desk, its therapists by training, and a random source of its own."""

    location: Location
    desk: Desk
    manager: Desk
    till: Drawer
    therapists: dict[str, list[Staff]]
    clients: Sequence[Client]
    chance: random.Random
    joiners: list[Client] = field(default_factory=list)
    reader: Reader | None = None
    yesterday: list[Basket] = field(default_factory=list)


def run(places: Sequence[Place], *, since: dt.date, until: dt.datetime) -> Iterator[dt.date]:
    """Every business day from `since` to the moment `until`, at all places; yields each day when it is done.

    The last day stays open.
    """
    day = since
    while any(_at(place, day, OPENS) <= until for place in places):
        for place in places:
            if VISITS[day.weekday()] and (start := _at(place, day, OPENS)) <= until:
                _day(place, day, start=start, until=until)
        morning = min(_at(place, day, OPENS) for place in places)
        if morning <= until:
            prepaid.bill(morning)
        night = max(_at(place, day, dt.time(23, 30)) for place in places)
        if night <= until and any(place.reader for place in places):
            cards.end_day(night)
        yield day
        day += dt.timedelta(days=1)


def _at(place: Place, day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, place.location.zone).astimezone(dt.UTC)


def _day(place: Place, day: dt.date, *, start: dt.datetime, until: dt.datetime) -> None:
    end = _at(place, day, CLOSES)
    session = _open(place, now=start)
    if place.joiners:
        last = len(place.joiners) == 1
        prepaid.join(place.joiners.pop(), desk=place.desk, chance=place.chance, now=start, declines=last)
    _refund_of_yesterday(place, now=start + dt.timedelta(minutes=10))
    visits = VISITS[day.weekday()] + place.chance.randint(-2, 2)
    moments = sorted(start + place.chance.random() * (end - start) for _ in range(visits))
    baskets = [_visit(place, now=moment) for moment in moments if moment <= until]
    if baskets and place.chance.random() < 0.15:
        _void(place, baskets.pop(), now=min(end, until))
    place.yesterday = baskets
    if end <= until:
        _move_cash(place, session, day, now=end)
        _close(place, session, now=end)


def _open(place: Place, *, now: dt.datetime) -> DrawerSession:
    with transaction.atomic(durable=True):
        return drawer.open_drawer(
            session_id=_id(place), drawer_id=place.till.pk, float_cents=FLOAT_CENTS, desk=place.desk, now=now
        )


def _move_cash(place: Place, session: DrawerSession, day: dt.date, *, now: dt.datetime) -> None:
    """Some days laundry is paid, on Saturdays tips, and what fills the drawer goes to the safe; a chance of its own."""
    chance = random.Random(f"{place.location.code} {day}")  # noqa: S311 - a demo
    asked = []
    if chance.random() < 0.3:
        asked.append(AskedMovement("pay_out", chance.randrange(900, 4800, 25), "laundry"))
    if day.weekday() == SATURDAY:
        owed = tips_owed.owed_here(place.location)
        asked += [AskedMovement("tip_payout", min(cents, 100_00), therapist_id=who.pk) for who, cents in owed[:3]]
    if chance.random() < 0.4:
        asked.append(AskedMovement("drop", 100_00))
    for one in asked:
        with transaction.atomic(durable=True):
            if one.amount_cents + FLOAT_CENTS <= drawer.expected_cents(session):
                movement_id = uuid.UUID(int=chance.getrandbits(128), version=4)
                movements.put_movement(
                    session_id=session.pk, movement_id=movement_id, asked=one, desk=place.desk, now=now
                )


def _close(place: Place, session: DrawerSession, *, now: dt.datetime) -> None:
    """Mostly right to the cent, sometimes a coin off."""
    with transaction.atomic(durable=True):
        counted_cents = drawer.expected_cents(session) + place.chance.choice([0] * 7 + [-1_15, 50, -25])
        drawer_close.close_drawer(
            session_id=session.pk,
            counted_cents=counted_cents,
            left_cents=min(counted_cents, FLOAT_CENTS),
            desk=place.desk,
            now=now,
        )


def _visit(place: Place, *, now: dt.datetime) -> Basket:
    """A client, a treatment, perhaps more, a tip, and a way to pay: rung up, then paid and completed."""
    sale_id, asked = _id(place), _wish(place, on=place.location.business_date(now))
    with transaction.atomic(durable=True):
        basket = checkout.put_sale(sale_id=sale_id, asked=asked, desk=place.desk, now=now)
    tenders = [(_id(place), tender) for tender in _tenders(place, basket)]

    def sell() -> Basket:
        with transaction.atomic(durable=True):
            return checkout.sell(sale_id=sale_id, asked=asked, tenders=tenders, desk=place.desk, now=now)

    basket = sell()
    if basket.waiting_tenders:
        _hold_card(place, basket, now=now)
        basket = sell()
    return basket


def _hold_card(place: Place, basket: Basket, *, now: dt.datetime) -> None:
    """The client holds a card to the reader; now and then the first one is declined."""
    assert place.reader is not None  # noqa: S101 - only then a card is asked for
    cards.it_is(now)
    checkout.ask(basket, now=now)
    if place.chance.random() < 0.04:
        cards.hold(place.reader, chance=place.chance, number=cards.DECLINED)
        checkout.ask(basket, now=now)
        for tender in basket.tenders:
            if tender.charge is not None:
                with transaction.atomic(durable=True):
                    charges.present_again(tender.charge, n=2, reader=None, now=now)
        checkout.ask(basket, now=now)
    cards.hold(place.reader, chance=place.chance)
    checkout.ask(basket, now=now)


def _wish(place: Place, *, on: dt.date) -> AskedSale:
    chance = place.chance
    client = chance.choice(place.clients) if chance.random() < 0.9 else None
    code, _, _, cents, needs = chance.choices(TREATMENTS, weights=[9, 4, 5, 4, 2, 3, 6])[0]
    therapist = chance.choice(place.therapists[needs] or place.therapists[""])
    if not place.therapists[needs]:
        code = "deep-tissue-60"
    cover = prepaid.cover_for(client, code, on=on) if client is not None else None
    lines = [AskedLine(kind="item", item=code, therapist_id=therapist.pk, cover=cover)]
    if client is not None and cover is None and chance.random() < 0.06:
        lines.append(prepaid.package_line(chance))
    if chance.random() < 0.25:
        lines.append(AskedLine(kind="item", item=chance.choice(ADDONS)[0], therapist_id=therapist.pk))
    if chance.random() < 0.3:
        lines.append(AskedLine(kind="item", item=chance.choice(RETAIL)[0], quantity=chance.choice([1, 1, 1, 2])))
    discounts = (AskedDiscount(reason="goodwill", percent=Decimal(10)),) if chance.random() < 0.06 else ()
    tip_cents = chance.choices([0, cents // 5, cents // 4], weights=[2, 6, 2])[0]
    client_id = client.pk if client is not None else None
    return AskedSale(lines=tuple(lines), client_id=client_id, discounts=discounts, tip_cents=tip_cents)


def _tenders(place: Place, basket: Basket) -> list[AskedTender]:
    by_card = "card" if place.reader is not None else "external"
    if not basket.due_cents:
        return []
    way = place.chance.choices(["card", "cash", "check", "split"], weights=[60, 28, 4, 8])[0]
    if way == "cash":
        note = 20_00
        return [AskedTender(kind="cash", tendered_cents=-(-basket.cash_due_cents // note) * note)]
    if way == "check":
        return [AskedTender(kind="check", reference=str(place.chance.randint(1000, 1999)))]
    if way == "split":
        return [AskedTender(kind=by_card, amount_cents=basket.due_cents // 2), AskedTender(kind="cash")]
    slip = "" if place.reader is not None else f"slip {place.chance.randint(100, 999)}"
    return [AskedTender(kind=by_card, reference=slip)]


def _refund_of_yesterday(place: Place, *, now: dt.datetime) -> None:
    """Now and then somebody brings back yesterday's retail."""
    for basket in place.yesterday:
        goods = [line for line in basket.lines if line.category == Item.Kind.RETAIL]
        if goods and place.chance.random() < 0.2:
            _refund(place, basket, goods, now=now)
            return


def _refund(place: Place, basket: Basket, goods: list[SaleLine], *, now: dt.datetime) -> None:
    lines = tuple(AskedRefundLine(line.pk, line.quantity) for line in goods)
    with transaction.atomic(durable=True):
        given = refunds.refund_sale(
            sale_id=basket.sale.pk,
            refund_id=_id(place),
            asked=AskedRefund(reason="returned", lines=lines),
            desk=place.manager,
            now=now,
        )
    _send(place, now=now, back=lambda: refunds.send_back(given, now=now))


def _void(place: Place, basket: Basket, *, now: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        void = voids.void_sale(sale_id=basket.sale.pk, reason="mistake", desk=place.manager, now=now)
    _send(place, now=now, back=lambda: voids.send_back(void, now=now))


def _send(place: Place, *, now: dt.datetime, back: Callable[[], object]) -> None:
    if place.reader is not None:
        cards.it_is(now)
    back()


def _id(place: Place) -> uuid.UUID:
    return uuid.UUID(int=place.chance.getrandbits(128), version=4)
