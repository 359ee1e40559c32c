"""The worked cases of gift cards, with the whole books: T09, T10, T11, T15."""

import datetime as dt
import uuid

import pytest
from django.db import transaction

from giftcards import life
from giftcards.forgotten import NotForgotten, count_as_income
from giftcards.law import cash_out_allowed
from giftcards.models import CardLaw
from ledger.journal import balances
from pos.drawer import expected_cents
from tests.books import books_are_clean
from tests.builders import NOW, Studio, build_studio, custom, of, tax, tip
from tests.giftcards.cards import card_for, card_of, sells_card

REVIEW = uuid.UUID("00000000-0000-4000-8000-000000000015")
HUNDRED = {"1120 External terminal clearing": 100_00, "2200 Gift cards outstanding": -100_00}


def test_t09_a_card_that_is_sold_is_a_debt_and_not_revenue(studio: Studio) -> None:
    sale = studio.desk.rings_up(card_for(100_00)).pays(external=100_00)

    card = card_of(sale)
    assert balances() == HUNDRED
    assert (card.status, card.balance_cents, card.paid_cents) == ("active", 100_00, 100_00)
    assert sale.sale.tax_cents == 0
    books_are_clean()


def test_t10_the_card_pays_a_part_of_a_massage_with_its_tip(studio: Studio) -> None:
    card = sells_card(studio.desk, 100_00)
    studio.desk.opens_drawer()

    desk = studio.desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 15_00),))
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.pays(cash=25_00)

    card.refresh_from_db()
    assert balances() == {
        "1010 Cash drawer": 25_00,
        "1120 External terminal clearing": 100_00,
        "4010 Services": -110_00,
        "2300 Tips payable": -15_00,
    }
    assert (card.balance_cents, card.held_cents, card.paid_cents) == (0, 0, 0)
    assert sale.tenders[0].reference == f"···{card.last4}, $0.00 left"
    books_are_clean()


def test_t11_what_is_left_after_taxed_retail_is_paid_out_where_the_law_says_so(law: None) -> None:
    studio = build_studio()
    studio.location.state = "CA"
    studio.location.save()
    tax(studio.location, "retail", ("CA", "0.0725"))
    session = studio.desk.opens_drawer(20_00)
    card = card_of(studio.desk.rings_up(card_for(50_00)).pays(cash=50_00))
    desk = studio.desk.rings_up(custom("Bamboo mat", 45_00))
    desk.tenders("gift_card", instrument=str(card.pk))
    desk.completes()

    card.refresh_from_db()
    right = cash_out_allowed(card, location=studio.location, now=NOW)
    with transaction.atomic():
        paid = life.cash_out(card, desk=studio.desk.desk, now=NOW)

    assert right is not None
    assert (right.amount_cents, paid.amount_cents) == (1_74, 1_74)
    assert "CA law, below $10.00" in right.sentence
    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("cashed_out", 0)
    assert balances() == {
        "1010 Cash drawer": 20_00 + 50_00 - 1_74,
        "1020 Cash safe": -20_00,
        "4020 Retail": -45_00,
        "2100 Sales tax payable": -3_26,
    }
    assert expected_cents(session) == 68_26
    books_are_clean()


def test_t15_income_from_a_forgotten_card_is_taken_back_as_far_as_it_turns_up(studio: Studio) -> None:
    CardLaw.objects.create(state="OH", starts_on=dt.date(2020, 1, 1), is_never_escheated=True, source="a test")
    desk = studio.managers_desk
    card = sells_card(desk.at(NOW - dt.timedelta(days=800)), 100_00)
    earlier = desk.at(NOW - dt.timedelta(days=740)).rings_up(custom("Mat", 40_00))
    earlier.tenders("gift_card", instrument=str(card.pk))
    earlier.completes()

    with transaction.atomic():
        counted = count_as_income(card, review_id=REVIEW, desk=desk.desk, now=NOW)
        again = count_as_income(card, review_id=REVIEW, desk=desk.desk, now=NOW)

    assert (counted, again) == (60_00, 0)
    before = {**HUNDRED, "4020 Retail": -40_00, "2200 Gift cards outstanding": -60_00}
    assert balances() == {**before, "2205 Gift card breakage recognized": 60_00, "4051 Breakage gift cards": -60_00}
    card.refresh_from_db()
    assert card.balance_cents == 60_00
    later = desk.later(days=39)
    later.rings_up(custom("Mat", 25_00)).tenders("gift_card", instrument=str(card.pk))
    sale = later.completes()
    after = {
        **HUNDRED,
        "2200 Gift cards outstanding": -35_00,
        "2205 Gift card breakage recognized": 35_00,
        "4020 Retail": -65_00,
        "4051 Breakage gift cards": -35_00,
    }
    assert balances() == after
    books_are_clean(now=later.now)
    later.voids(sale)
    assert balances() == {**before, "2205 Gift card breakage recognized": 60_00, "4051 Breakage gift cards": -60_00}
    books_are_clean(now=later.now)


def test_a_card_that_was_used_lately_is_not_forgotten(studio: Studio) -> None:
    card = sells_card(studio.managers_desk, 100_00)

    with pytest.raises(NotForgotten):
        count_as_income(card, review_id=REVIEW, desk=studio.managers_desk.desk, now=NOW)
