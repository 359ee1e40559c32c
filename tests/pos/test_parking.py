"""A sale put aside and taken up again (R1, R9)."""

import datetime as dt

import pytest

from ledger.journal import balances
from payments.charges import ChargeInFlight
from payments.models import CardRefund, Reader
from pos import checkout
from pos.basket import Basket, SaleChanged
from pos.checkout import NothingToSell, SaleNotOpen
from pos.models import Price, Sale
from pos.schedule import AbandonForgottenSales
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, of
from tests.pos.test_cards import asks_card, hold_card
from tests.stripe_sim.stand_in import StandIn


def test_a_parked_sale_holds_nothing_and_waits_longer_than_half_an_hour(desk: TestDesk) -> None:
    desk.opens_drawer(100_00)
    desk.rings_up(of("massage-oil")).tenders("cash", tendered_cents=10_00)

    parked = desk.parks("Maya, back at five")
    AbandonForgottenSales().run(now=NOW + dt.timedelta(hours=30))

    assert (parked.sale.status, parked.sale.label, parked.sale.parked_at) == ("parked", "Maya, back at five", NOW)
    assert [tender.status for tender in parked.tenders] == ["released"]
    assert Sale.objects.get().status == "parked"
    books_are_clean()


def test_another_tablet_resumes_it_by_its_contents_at_the_price_of_then(desk: TestDesk, studio: Studio) -> None:
    revision = desk.rings_up(of("massage-oil")).parks().sale.revision
    Price.objects.update(price_cents=25_00)

    manager = studio.managers_desk.later(hours=2)
    manager.last = desk.last
    resumed = manager.changes(of("massage-oil"), revision=revision)

    assert (resumed.sale.status, resumed.sale.label, resumed.sale.parked_at) == ("open", "", None)
    assert resumed.due_cents == 25_00
    assert manager.pays(external=25_00).sale.status == "completed"


def test_only_one_of_two_tablets_resumes_it(desk: TestDesk) -> None:
    revision = desk.rings_up(of("massage-oil")).parks().sale.revision
    desk.changes(of("massage-oil"), revision=revision)

    with pytest.raises(SaleChanged):
        desk.changes(of("massage-oil", quantity=2), revision=revision)


def test_parked_twice_is_parked_once_and_a_completed_sale_never(desk: TestDesk) -> None:
    once = desk.rings_up(of("massage-oil")).parks("one").sale.revision
    assert desk.parks("two").sale.revision == once

    done = desk.rings_up(of("massage-oil")).pays(external=24_00)
    with pytest.raises(SaleNotOpen):
        desk.parks()
    assert done.sale.status == "completed"


def test_an_empty_sale_is_not_parked(desk: TestDesk) -> None:
    desk.rings_up()
    with pytest.raises(NothingToSell):
        desk.parks()


def test_a_parked_sale_takes_no_payment_and_can_be_given_up(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil")).parks()

    with pytest.raises(SaleNotOpen):
        desk.tenders("external")
    assert desk.abandons().sale.status == "abandoned"


def test_a_sale_with_a_card_in_flight_is_not_parked_and_a_paid_part_goes_back(
    desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    basket: Basket = asks_card(desk.rings_up(of("massage-oil")), amount_cents=10_00)
    with pytest.raises(ChargeInFlight):
        desk.parks()

    hold_card(stripe, reader)
    checkout.ask(basket, now=NOW)
    desk.parks()

    assert CardRefund.objects.get().amount_cents == 10_00
    assert balances() == {"1100 Stripe balance": 10_00, "2250 Refunds payable": -10_00}
    books_are_clean()
