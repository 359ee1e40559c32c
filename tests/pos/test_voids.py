"""Voids: the whole sale, on its own day, the exact mirror (R2, posting rule 48, I9)."""

import datetime as dt

import pytest

from ledger.journal import balances
from ledger.models import Entry
from pos.approvals import ApprovalNeeded
from pos.models import Sale, Tender
from pos.voids import NotVoidable
from studio.rights import NotAllowed
from tests.builders import Studio, of, tip


def test_a_void_leaves_the_books_as_if_nothing_had_been_sold(studio: Studio) -> None:
    desk = studio.managers_desk
    desk.opens_drawer(50_00)
    before = balances()
    sale = desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(cash=140_00)

    desk.voids(sale)

    assert balances() == before
    mirror = Entry.objects.get(kind="void")
    assert mirror.reverses == Entry.objects.get(kind="sale")
    assert Sale.objects.get().status == Sale.Status.VOIDED
    assert Tender.objects.get().status == Tender.Status.GIVEN_BACK


def test_voiding_twice_is_voiding_once(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("massage-oil")).pays(external=24_00)

    assert desk.voids(sale).pk == desk.voids(sale).pk
    assert Entry.objects.filter(kind="void").count() == 1


def test_a_sale_of_yesterday_is_refunded_and_not_voided(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("massage-oil")).pays(external=24_00)

    with pytest.raises(NotVoidable, match="another day"):
        desk.at(desk.now + dt.timedelta(days=1)).voids(sale)


def test_a_sale_whose_drawer_is_closed_is_refunded_and_not_voided(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer()
    sale = desk.rings_up(of("massage-oil")).pays(cash=24_00)
    desk.closes_drawer(session, 24_00)

    with pytest.raises(NotVoidable, match="drawer of this sale is closed"):
        desk.voids(sale)


def test_a_partly_refunded_sale_can_not_be_voided(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("massage-oil", quantity=2)).pays(external=48_00)
    desk.refunds(sale, (0, 1))

    with pytest.raises(NotVoidable, match="partly refunded"):
        desk.voids(sale)


def test_the_desk_needs_a_manager_to_void_and_a_therapist_may_not_even_ask(studio: Studio) -> None:
    sale = studio.desk.rings_up(of("massage-oil")).pays(external=24_00)

    with pytest.raises(ApprovalNeeded):
        studio.desk.voids(sale)
    with pytest.raises(NotAllowed):
        studio.desk.with_(studio.ana).voids(sale)
