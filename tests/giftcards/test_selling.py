"""Cards sold, loaded, refunded, voided: by the lines of a sale (R2, R13-R15, R17)."""

import datetime as dt
import uuid

import pytest
from django.db import transaction

from giftcards import issuing
from giftcards.limits import OverTheLimit
from giftcards.models import CardNotUsable, GiftBonus, GiftCard
from giftcards.selling import CardWasUsed
from ledger.journal import balances
from pos.approvals import ApprovalNeeded
from pos.models import Approval, Client
from pos.reversals import NotRefundable
from pos.tenders import PaysNoValue
from studio.models import AuditRow
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, custom, of, percent_off
from tests.giftcards.cards import card_for, card_for_treatment, card_of, code_of, load_of, sells_card

EXTERNAL, CARDS = "1120 External terminal clearing", "2200 Gift cards outstanding"


def pays_with(desk: TestDesk, card: GiftCard, cents: int) -> None:
    desk.rings_up(custom("Mat", cents)).tenders("gift_card", instrument=str(card.pk))
    desk.completes()


def some_client() -> Client:
    return Client.objects.create(id=uuid.uuid4(), name="Kim", created_at=NOW)


def test_several_cards_on_one_line_are_several_cards(studio: Studio) -> None:
    sale = studio.desk.rings_up(card_for(50_00, quantity=3), card_for(20_00)).pays(external=170_00)

    cards = issuing.cards_of(sale.sale)
    assert [card.balance_cents for card in cards] == [50_00, 50_00, 50_00, 20_00]
    assert len({code_of(card) for card in cards}) == 4
    assert sale.lines[0].reference == "3 cards"
    books_are_clean()


def test_a_completed_sale_that_is_asked_for_again_makes_no_second_card(studio: Studio) -> None:
    desk = studio.desk.rings_up(card_for(50_00))
    desk.pays(external=50_00)
    desk.completes()

    assert GiftCard.objects.count() == 1


@pytest.mark.parametrize("cents", [0, -5_00, 99, 1_000_01, None])
def test_a_card_is_sold_for_a_dollar_to_a_thousand(studio: Studio, cents: int | None) -> None:
    with pytest.raises(BadInput):
        studio.desk.rings_up(card_for(cents))


def test_there_is_no_discount_on_a_card(studio: Studio) -> None:
    desk = studio.managers_desk.rings_up(card_for(100_00), of("massage-oil"), discounts=(percent_off("10"),))

    assert [line.discount_cents for line in desk.last.lines] == [0, 2_40]


def test_a_card_does_not_buy_a_card_or_a_load(studio: Studio) -> None:
    card = sells_card(studio.desk, 100_00)

    for line in (card_for(50_00), load_of(card, 20_00)):
        desk = studio.desk.rings_up(line)
        with pytest.raises(PaysNoValue):
            desk.tenders("gift_card", instrument=str(card.pk))
    desk = studio.desk.rings_up(card_for(50_00), of("massage-oil"))
    assert desk.tenders("gift_card", instrument=str(card.pk)).tenders[0].amount_cents == 24_00
    with pytest.raises(PaysNoValue):
        desk.changes(card_for(50_00))


def test_pay_80_get_100_keeps_20_as_promotion_off_the_books(studio: Studio) -> None:
    GiftBonus.objects.create(name="Spring", pays_cents=80_00, adds_cents=20_00, starts_on=dt.date(2026, 3, 1))

    card = sells_card(studio.desk, 80_00)

    assert (card.balance_cents, card.paid_cents, card.promo_cents) == (100_00, 80_00, 20_00)
    assert balances() == {EXTERNAL: 80_00, CARDS: -80_00}
    pays_with(studio.desk, card, 50_00)
    assert balances() == {EXTERNAL: 80_00, CARDS: -40_00, "4020 Retail": -50_00, "4900 Discounts and promotions": 10_00}
    books_are_clean()


def test_a_load_adds_to_the_same_card_and_the_same_account(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)

    sale = studio.desk.rings_up(load_of(card, 30_00)).pays(external=30_00)

    card.refresh_from_db()
    assert (card.balance_cents, card.paid_cents) == (80_00, 80_00)
    assert sale.lines[0].reference == f"···{card.last4}, $80.00 on it"
    assert balances() == {EXTERNAL: 80_00, CARDS: -80_00}
    books_are_clean()


def test_a_card_comes_to_two_thousand_at_most(studio: Studio) -> None:
    card = sells_card(studio.desk, 1_000_00)
    with pytest.raises(OverTheLimit):
        studio.desk.rings_up(load_of(card, 1_000_00), load_of(card, 1_00)).pays(external=1_001_00)
    studio.managers_desk.rings_up(load_of(card, 1_000_00)).pays(external=1_000_00)

    with pytest.raises(OverTheLimit):
        studio.desk.rings_up(load_of(card, 1_00))


def test_what_was_spent_today_still_counts_for_the_day_of_the_card(studio: Studio) -> None:
    desk = studio.managers_desk
    card = sells_card(desk, 1_000_00)
    desk.rings_up(load_of(card, 1_000_00)).pays(external=1_000_00)
    pays_with(desk, card, 500_00)

    with pytest.raises(OverTheLimit):
        desk.rings_up(load_of(card, 100_00)).pays(external=100_00)
    tomorrow = desk.later(days=1)
    tomorrow.rings_up(load_of(card, 100_00)).pays(external=100_00)


def test_above_1500_a_buyer_and_day_somebody_else_must_say_yes(studio: Studio) -> None:
    client = some_client()
    sells_card(studio.desk, 1_000_00, client_id=client.pk)
    desk = studio.desk.rings_up(card_for(600_00), client_id=client.pk)
    desk.tenders("external")

    with pytest.raises(ApprovalNeeded) as refusal:
        desk.completes()
    assert refusal.value.details["amount_cents"] == 600_00
    studio.manager_approves(Approval.Action.GIFT_CARDS, desk.last.sale.pk, 600_00)
    desk.completes()

    assert GiftCard.objects.filter(status="active").count() == 2
    books_are_clean()


def test_above_ten_thousand_a_person_and_day_nobody_can_say_yes(studio: Studio) -> None:
    client = some_client()
    desk = studio.managers_desk
    desk.rings_up(card_for(1_000_00, quantity=10), client_id=client.pk).pays(external=10_000_00)

    with pytest.raises(OverTheLimit):
        desk.rings_up(card_for(1_00), client_id=client.pk).pays(external=1_00)
    desk.later(days=1).rings_up(card_for(1_00), client_id=client.pk).pays(external=1_00)


def test_a_void_takes_the_card_back_and_its_code_pays_nothing(studio: Studio) -> None:
    sale = studio.managers_desk.rings_up(card_for(50_00)).pays(external=50_00)

    studio.managers_desk.voids(sale)

    card = GiftCard.objects.get()
    assert (card.status, card.balance_cents, card.paid_cents) == ("inactive", 0, 0)
    assert balances() == {}
    desk = studio.desk.rings_up(of("massage-oil"))
    with pytest.raises(CardNotUsable):
        desk.tenders("gift_card", instrument=code_of(card))
    books_are_clean()


def test_a_sale_whose_card_was_used_can_not_be_voided(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(card_for(50_00)).pays(external=50_00)
    pays_with(desk, card_of(sale), 10_00)

    with pytest.raises(CardWasUsed):
        desk.voids(sale)
    assert GiftCard.objects.get().balance_cents == 40_00


def test_a_plastic_card_is_active_only_by_a_completed_sale_and_inactive_again_by_its_void(studio: Studio) -> None:
    desk = studio.managers_desk
    plastic = issuing.prepare(location=studio.location, now=NOW)
    code = code_of(plastic)
    desk.rings_up(card_for(50_00, instrument=code))
    plastic.refresh_from_db()
    assert plastic.status == "inactive"

    sale = desk.pays(external=50_00)
    plastic.refresh_from_db()
    assert (plastic.status, plastic.balance_cents) == ("active", 50_00)
    assert code not in sale.lines[0].instrument
    with pytest.raises(CardNotUsable):
        desk.rings_up(card_for(50_00, instrument=code))
    desk.voids(sale)
    plastic.refresh_from_db()
    assert plastic.status == "inactive"
    desk.rings_up(card_for(20_00, instrument=code)).pays(external=20_00)
    plastic.refresh_from_db()
    assert plastic.balance_cents == 20_00
    books_are_clean()


def test_one_plastic_card_is_not_on_a_sale_twice(studio: Studio) -> None:
    plastic = issuing.prepare(location=studio.location, now=NOW)
    line = card_for(50_00, instrument=plastic.serial)

    with pytest.raises(BadInput):
        studio.desk.rings_up(line, line)


def test_a_refund_of_an_unused_card_closes_it(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(card_for(50_00)).pays(external=50_00)

    desk.refunds(sale, (0, 1))

    card = GiftCard.objects.get()
    assert (card.status, card.balance_cents) == ("refunded", 0)
    assert balances() == {}
    books_are_clean()


def test_a_refund_of_a_card_partly_spent_gives_back_what_is_unused(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(card_for(50_00)).pays(external=50_00)
    pays_with(desk, card_of(sale), 20_00)

    given = desk.refunds(sale, (0, 1))

    assert given.refund.total_cents == 30_00
    assert GiftCard.objects.get().status == "refunded"
    assert balances() == {EXTERNAL: 20_00, "4020 Retail": -20_00}
    books_are_clean()


def test_a_card_that_is_used_up_or_on_another_sale_is_not_refunded(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(card_for(50_00)).pays(external=50_00)
    other = studio.desk.rings_up(of("massage-oil"))
    other.tenders("gift_card", instrument=str(card_of(sale).pk))
    with pytest.raises(NotRefundable):
        desk.refunds(sale, (0, 1))
    other.abandons()
    pays_with(desk, card_of(sale), 50_00)

    with pytest.raises(NotRefundable):
        desk.refunds(sale, (0, 1))


def test_of_several_cards_of_a_line_those_with_most_left_go_back_first(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(card_for(50_00, quantity=3)).pays(external=150_00)
    first, *_ = issuing.cards_of(sale.sale)
    pays_with(desk, first, 50_00)

    assert desk.refunds(sale, (0, 2)).refund.total_cents == 100_00
    with pytest.raises(NotRefundable):
        desk.refunds(sale, (0, 1))
    books_are_clean()


def test_a_load_is_refunded_without_closing_the_card(studio: Studio) -> None:
    desk = studio.managers_desk
    card = sells_card(desk, 50_00)
    load = desk.rings_up(load_of(card, 30_00)).pays(external=30_00)

    desk.refunds(load, (0, 1))

    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("active", 50_00)
    assert balances() == {EXTERNAL: 50_00, CARDS: -50_00}
    books_are_clean()


def test_a_treatment_card_costs_what_the_treatment_costs_today(studio: Studio) -> None:
    card = card_of(studio.desk.rings_up(card_for_treatment("ashiatsu-60")).pays(external=110_00))

    assert (card.kind, card.item.code, card.paid_cents) == ("treatment", "ashiatsu-60", 110_00)
    assert balances() == {EXTERNAL: 110_00, CARDS: -110_00}


def test_each_look_at_a_code_is_noted_and_needs_the_right(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)

    with transaction.atomic():
        code = issuing.reveal(card, why="print", now=NOW, desk=studio.desk.desk)
    assert code == code_of(card)
    row = AuditRow.objects.get(action="gift_card_code_revealed")
    assert (row.actor, row.object_id, row.reason) == (studio.desk_person, str(card.pk), "print")
    assert code not in str(row.__dict__)
    with pytest.raises(NotAllowed):
        issuing.reveal(card, why="print", now=NOW, desk=studio.desk.with_(studio.ana).desk)
