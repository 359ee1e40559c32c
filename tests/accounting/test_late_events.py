"""A month is closed and the studio sells on: whatever comes late falls on the first open day, and nothing breaks."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.db import transaction

from giftcards.forgotten import ExpireCards
from giftcards.models import CardLaw
from ledger import periods
from ledger.models import Entry, Period
from memberships.expiry import ExpireSessions
from memberships.models import SessionLot
from payments import refunds
from payments.disputes import hear_dispute
from payments.gateway import gateway
from payments.reconciliation import FetchMovements
from payments.unsold import PutUnsoldAside
from pos import checkout
from studio.refusal import Refusal
from tests.accounting.months import FEBRUARY, MARCH, TENTH
from tests.books import books_are_clean
from tests.builders import NOW, START, Studio, of
from tests.giftcards.cards import sells_card
from tests.memberships.builders import buys, client, package, plan
from tests.memberships.members import House
from tests.payments.office import paid_but_open, sold
from tests.stripe_sim.stand_in import StandIn

pytestmark = pytest.mark.django_db
Close = Callable[..., Period]
either_way = pytest.mark.parametrize("closes", [periods.soft_close, periods.close])


@pytest.fixture
def february(studio: Studio, stripe: StandIn) -> None:
    """The clock of Stripe stands on the tenth of February."""
    stripe.tell("clock", now=TENTH.timestamp(), stop=True)


def closed(closes: Close, studio: Studio, month: dt.date = FEBRUARY, *, now: dt.datetime = NOW) -> None:
    with transaction.atomic():
        closes(month, by=studio.owner, now=now)


def late() -> dict[str, set[tuple[object, ...]]]:
    """Each kind of entry in March, with its day and the day it was meant for."""
    found: dict[str, set[tuple[object, ...]]] = {}
    for kind, on, meant in Entry.objects.filter(business_date__gte=MARCH).values_list(
        "kind", "business_date", "original_date"
    ):
        found.setdefault(kind, set()).add((on, meant))
    return found


@either_way
def test_card_money_of_a_closed_month_is_posted_on_the_first_open_day(
    studio: Studio, stripe: StandIn, reader: object, february: None, closes: Close
) -> None:
    basket = sold(studio.desk.at(TENTH), stripe, reader)
    abandoned = paid_but_open(studio.desk.at(TENTH), stripe, reader)
    dispute_id = str(stripe.tell("disputes", charge=basket.tenders[0].charge.stripe_charge)["id"])
    closed(closes, studio)

    FetchMovements().run(now=NOW)
    PutUnsoldAside().run(now=NOW)
    hear_dispute(gateway().read_dispute(dispute_id), now=NOW)
    stripe.tell("clock", now=NOW.timestamp(), stop=True)

    first = (MARCH, TENTH.date())
    assert late() == {"card_fee": {first}, "dispute": {first}, "unsold_charge": {first}}
    with transaction.atomic():
        checkout.complete_sale(sale_id=abandoned.sale.pk, desk=studio.desk.desk, now=NOW)
    assert late()["sale"] == {(NOW.date(), None)}
    books_are_clean()


@either_way
def test_a_sale_of_a_closed_month_is_given_back_to_the_card_today(
    studio: Studio, stripe: StandIn, reader: object, february: None, closes: Close
) -> None:
    basket = sold(studio.desk.at(TENTH), stripe, reader)
    FetchMovements().run(now=TENTH)
    closed(closes, studio)
    stripe.tell("clock", now=NOW.timestamp(), stop=True)

    given = studio.managers_desk.refunds(basket, (0, 1))
    refunds.send(given.tenders[0].tender.charge.refunds.get().pk, now=NOW)
    FetchMovements().run(now=NOW)

    assert late() == {"refund": {(NOW.date(), None)}, "card_refund": {(NOW.date(), None)}}
    books_are_clean()


@either_way
def test_the_desk_goes_on_with_what_a_closed_month_sold(studio: Studio, closes: Close) -> None:
    desk = studio.desk.at(TENTH)
    CardLaw.objects.all().delete()
    CardLaw.objects.create(state="OH", starts_on=START, source="for the test", min_years=0)
    package()
    (lot,) = buys(desk, client())
    SessionLot.objects.filter(pk=lot.pk).update(expires_on=NOW.date())
    card = sells_card(desk, 50_00)
    type(card).objects.filter(pk=card.pk).update(expires_on=NOW.date(), state="OH", issued_on=START, loaded_on=START)
    session = desk.opens_drawer(20_00)
    basket = desk.rings_up(of("massage-oil")).pays(cash=24_00)
    closed(closes, studio)

    studio.managers_desk.refunds(basket, (0, 1))
    studio.desk.closes_drawer(session, 19_00)
    studio.desk.opens_drawer(18_00)
    ExpireCards().run(now=NOW)
    ExpireSessions().run(now=NOW)

    today = {(NOW.date(), None)}
    assert late() == dict.fromkeys(["refund", "drawer_close", "drawer_open", "gift_card_expired", "expiry"], today)
    assert SessionLot.objects.get(pk=lot.pk).status == "converted"
    books_are_clean()


def test_a_month_that_is_closed_refuses_what_says_it_is_of_then(studio: Studio) -> None:
    closed(periods.close, studio)

    with pytest.raises(Refusal, match="February 2026 is closed in the books"):
        studio.desk.at(TENTH).rings_up(of("massage-oil")).pays(external=24_00)
    assert not Entry.objects.exists()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(clock: time_machine.Traveller, studio: Studio, stripe: StandIn) -> House:
    return House(studio, plan(), stripe, clock)


@either_way
def test_members_are_billed_after_the_month_in_which_they_joined_is_closed(house: House, closes: Close) -> None:
    member = house.member()
    april = dt.datetime(2026, 4, 2, 15, 0, tzinfo=dt.UTC)
    house.goes_to(april)
    closed(closes, house.studio, MARCH, now=april)

    house.bills()
    house.settles()

    member.refresh_from_db()
    assert member.paid_until == dt.date(2026, 5, 2)
    entries = Entry.objects.filter(business_date__gte=dt.date(2026, 4, 1))
    assert dict(entries.filter(kind="sale").values_list("business_date", "original_date")) == {april.date(): None}
    house.books_are_clean()
