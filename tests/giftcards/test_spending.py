"""Cards that pay: parts, several, promotion, other locations, and what goes back to them (R2, R4, R13)."""

import datetime as dt

import pytest
from django.db import transaction

from giftcards import issuing, life
from giftcards.codes import WrongCode, new_code
from giftcards.finding import UnknownCard
from giftcards.kinds import NotForThisTreatment
from giftcards.models import CardNotUsable, GiftBonus, GiftCard
from giftcards.moving import Because
from giftcards.spending import PromotionPaysTreatments
from ledger.journal import balances
from pos import holdings
from pos.asked import AskedCover, AskedLine
from pos.models import Client, Price
from pos.models.stored import NotEnoughLeft
from pos.schedule import AbandonForgottenSales
from pos.tenders import MoreThanDue
from studio.ids import new_id
from studio.models import Grant
from tests.books import books_are_clean
from tests.builders import NOW, START, Studio, TestDesk, beach, custom, of, percent_off, tip
from tests.giftcards.cards import card_for_treatment, card_of, code_of, sells_card

EXTERNAL, CARDS = "1120 External terminal clearing", "2200 Gift cards outstanding"


def rings_up_a_mat(desk: TestDesk, cents: int = 30_00) -> TestDesk:
    return desk.rings_up(custom("Mat", cents))


def covered(by: GiftCard, studio: Studio, item: str = "ashiatsu-60") -> AskedLine:
    cover = AskedCover(kind="treatment_card", instrument=str(by.pk))
    return AskedLine(kind="item", item=item, therapist_id=studio.ana.pk, cover=cover)


def is_now(card: GiftCard) -> tuple[str, int, int, int]:
    card.refresh_from_db()
    return card.status, card.balance_cents, card.paid_cents, card.held_cents


def pay_80_get_100(studio: Studio) -> GiftCard:
    GiftBonus.objects.create(name="Spring", pays_cents=80_00, adds_cents=20_00, starts_on=START)
    return sells_card(studio.desk, 80_00)


def test_a_card_is_held_by_an_open_sale_and_paid_by_its_completion(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)

    desk = rings_up_a_mat(studio.desk)
    desk.tenders("gift_card", instrument=code_of(card).lower())

    assert is_now(card) == ("active", 50_00, 50_00, 30_00)
    assert balances() == {EXTERNAL: 50_00, CARDS: -50_00}
    books_are_clean()
    sale = desk.completes()
    assert is_now(card) == ("active", 20_00, 20_00, 0)
    assert sale.tenders[0].instrument == str(card.pk)
    assert sale.tenders[0].reference == f"···{card.last4}, $20.00 left"
    books_are_clean()


@pytest.mark.parametrize("how", ["drops", "parks", "abandons", "the worker"])
def test_what_a_sale_holds_is_free_again_when_it_ends_without_being_completed(studio: Studio, how: str) -> None:
    card = sells_card(studio.desk, 50_00)
    desk = rings_up_a_mat(studio.desk)
    basket = desk.tenders("gift_card", instrument=str(card.pk))

    if how == "drops":
        desk.drops(basket.tenders[0])
    elif how == "the worker":
        AbandonForgottenSales().run(now=NOW + dt.timedelta(minutes=31))
    else:
        getattr(desk, how)()

    assert is_now(card) == ("active", 50_00, 50_00, 0)
    books_are_clean()


def test_two_cards_whose_sum_exceeds_the_total_pay_the_total(studio: Studio) -> None:
    one, two = sells_card(studio.desk, 20_00), sells_card(studio.desk, 20_00)
    desk = rings_up_a_mat(studio.desk)
    desk.tenders("gift_card", instrument=str(one.pk))
    with pytest.raises(MoreThanDue):
        desk.tenders("gift_card", instrument=str(two.pk), amount_cents=20_00)

    desk.tenders("gift_card", instrument=str(two.pk))
    desk.completes()

    assert (is_now(one)[1], is_now(two)[1]) == (0, 10_00)
    books_are_clean()


def test_a_card_pays_no_more_than_is_free_on_it(studio: Studio) -> None:
    card = sells_card(studio.desk, 20_00)
    desk = rings_up_a_mat(studio.desk)

    with pytest.raises(NotEnoughLeft):
        desk.tenders("gift_card", instrument=str(card.pk), amount_cents=20_01)
    assert desk.tenders("gift_card", instrument=str(card.pk)).due_cents == 10_00
    with pytest.raises(NotEnoughLeft):
        rings_up_a_mat(studio.desk).tenders("gift_card", instrument=str(card.pk))


@pytest.mark.parametrize(
    ("named", "error"), [("7K4M-9XQP-2TRW-8HVC", WrongCode), (new_code(), UnknownCard)], ids=["mistyped", "of nobody"]
)
def test_a_code_that_is_none_of_ours_pays_nothing(studio: Studio, named: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        rings_up_a_mat(studio.desk).tenders("gift_card", instrument=named)


def test_a_card_that_is_blocked_while_a_sale_holds_it_pays_nothing(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    desk = rings_up_a_mat(studio.desk)
    basket = desk.tenders("gift_card", instrument=str(card.pk))
    life.block(card, why="lost", desk=studio.desk.desk, now=NOW)

    with pytest.raises(CardNotUsable):
        desk.completes()
    with pytest.raises(CardNotUsable):
        rings_up_a_mat(studio.desk).tenders("gift_card", instrument=str(card.pk))
    desk.drops(basket.tenders[0])
    assert is_now(card) == ("blocked", 50_00, 50_00, 0)
    books_are_clean()


def test_paid_and_promotional_parts_are_used_pro_rata_and_the_last_use_takes_all(studio: Studio) -> None:
    card = pay_80_get_100(studio)
    used = []
    for cents in (33_33, 33_33, 33_34):
        before = is_now(card)[2]
        desk = rings_up_a_mat(studio.desk, cents)
        desk.tenders("gift_card", instrument=str(card.pk))
        desk.completes()
        used.append(before - is_now(card)[2])

    assert used == [26_66, 26_66, 26_68]
    assert is_now(card) == ("active", 0, 0, 0)
    assert balances() == {EXTERNAL: 80_00, "4020 Retail": -100_00, "4900 Discounts and promotions": 20_00}
    books_are_clean()


def test_the_promotional_part_pays_no_tip(studio: Studio) -> None:
    card = issuing.prepare(location=studio.location, now=NOW, kind=GiftCard.Kind.PROMOTIONAL)
    issuing.give_away(card=card, promo_cents=150_00, because=Because("given", now=NOW, at=studio.location))
    desk = studio.desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 20_00),))

    with pytest.raises(PromotionPaysTreatments):
        desk.tenders("gift_card", instrument=str(card.pk), amount_cents=110_01)
    basket = desk.tenders("gift_card", instrument=str(card.pk))
    assert basket.tenders[0].amount_cents == 110_00
    with pytest.raises(PromotionPaysTreatments):
        desk.changes(of("massage-oil"), tips=(tip(studio.ana, 100_00),))
    desk.pays(external=20_00)

    assert balances() == {
        EXTERNAL: 20_00,
        "4010 Services": -110_00,
        "4900 Discounts and promotions": 110_00,
        "2300 Tips payable": -20_00,
    }
    books_are_clean()


def test_a_card_pays_tax_and_tip_too(studio: Studio) -> None:
    card = sells_card(studio.desk, 200_00)
    desk = studio.desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 20_00),))

    assert desk.tenders("gift_card", instrument=str(card.pk)).due_cents == 0


def test_a_card_sold_at_one_location_and_used_at_another_leaves_a_debt_between_them(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    other = beach()
    Grant.objects.update(location=None)

    desk = rings_up_a_mat(studio.desk.at_location(other))
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.completes()

    assert balances(location=studio.location) == {EXTERNAL: 50_00, CARDS: -20_00, "2500 Due to locations": -30_00}
    assert balances(location=other) == {"1400 Due from locations": 30_00, "4020 Retail": -30_00}
    books_are_clean()
    studio.managers_desk.at_location(other).refunds(sale, (0, 1))
    assert balances(location=studio.location) == {EXTERNAL: 50_00, CARDS: -50_00}
    assert balances(location=other) == {"4020 Retail": -30_00, "4910 Refunds and allowances": 30_00}
    books_are_clean()


def test_a_refund_in_pieces_gives_both_parts_back_to_the_cent(studio: Studio) -> None:
    card = pay_80_get_100(studio)
    desk = studio.managers_desk.rings_up(custom("A", 33_33), custom("B", 33_33), custom("C", 33_34))
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.completes()

    paid = []
    for line in range(3):
        studio.managers_desk.refunds(sale, (line, 1))
        paid.append(is_now(card)[2])

    assert paid == [26_66, 53_32, 80_00]
    assert is_now(card) == ("active", 100_00, 80_00, 0)
    assert balances() == {
        EXTERNAL: 80_00,
        CARDS: -80_00,
        "4020 Retail": -100_00,
        "4910 Refunds and allowances": 100_00,
    }
    books_are_clean()


def test_a_refund_to_a_blocked_card_goes_to_a_new_one_on_the_same_terms(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    desk = rings_up_a_mat(studio.desk)
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.completes()
    life.block(card, why="stolen", desk=studio.desk.desk, now=NOW)

    studio.managers_desk.refunds(sale, (0, 1))

    new = GiftCard.objects.exclude(pk=card.pk).get()
    assert is_now(card) == ("blocked", 20_00, 20_00, 0)
    assert is_now(new) == ("active", 30_00, 30_00, 0)
    assert (card.replaced_by, new.kind, new.location) == (new, card.kind, card.location)
    assert code_of(new) != code_of(card)
    books_are_clean()


def test_a_void_puts_the_card_back_as_it_was(studio: Studio) -> None:
    card = pay_80_get_100(studio)
    desk = rings_up_a_mat(studio.managers_desk, 33_33)
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.completes()

    studio.managers_desk.voids(sale)

    assert is_now(card) == ("active", 100_00, 80_00, 0)
    assert balances() == {EXTERNAL: 80_00, CARDS: -80_00}
    books_are_clean()


def test_a_void_for_a_card_replaced_meanwhile_goes_to_the_new_one(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    desk = rings_up_a_mat(studio.managers_desk)
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.completes()
    with transaction.atomic():
        new = life.reissue(card, desk=studio.managers_desk.desk, now=NOW)

    studio.managers_desk.voids(sale)

    assert (is_now(card)[:2], is_now(new)[:2]) == (("replaced", 0), ("active", 50_00))
    assert balances() == {EXTERNAL: 50_00, CARDS: -50_00}
    books_are_clean()


def test_a_treatment_card_honours_its_treatment_whatever_it_costs_by_now(studio: Studio) -> None:
    card = card_of(studio.desk.rings_up(card_for_treatment("ashiatsu-60")).pays(external=110_00))
    Price.objects.create(item=card.item, price_cents=150_00, starts_on=NOW.date())

    desk = studio.desk.rings_up(covered(card, studio))
    assert desk.last.due_cents == 0
    assert is_now(card) == ("active", 110_00, 110_00, 110_00)
    sale = desk.completes()

    assert sale.lines[0].net_cents == 110_00
    assert is_now(card) == ("active", 0, 0, 0)
    assert balances() == {EXTERNAL: 110_00, "4010 Services": -110_00}
    books_are_clean()
    studio.managers_desk.refunds(sale, (0, 1))
    assert is_now(card) == ("active", 110_00, 110_00, 0)
    assert balances() == {
        EXTERNAL: 110_00,
        CARDS: -110_00,
        "4010 Services": -110_00,
        "4910 Refunds and allowances": 110_00,
    }
    books_are_clean()
    again = studio.desk.rings_up(covered(card, studio)).completes()
    assert again.sale.net_cents == 110_00
    books_are_clean()


def test_a_treatment_card_is_worth_what_was_paid_when_it_is_spent_otherwise(studio: Studio) -> None:
    card = card_of(studio.desk.rings_up(card_for_treatment("ashiatsu-60")).pays(external=110_00))
    with pytest.raises(NotForThisTreatment):
        studio.desk.rings_up(covered(card, studio, item="deep-tissue-60"))

    desk = rings_up_a_mat(studio.desk)
    desk.tenders("gift_card", instrument=str(card.pk))
    desk.completes()

    assert is_now(card) == ("active", 80_00, 80_00, 0)
    with pytest.raises(NotForThisTreatment):
        studio.desk.rings_up(covered(card, studio))
    books_are_clean()


def test_a_changed_mind_about_a_cover_gives_the_card_free_again(studio: Studio) -> None:
    card = card_of(studio.desk.rings_up(card_for_treatment("ashiatsu-60")).pays(external=110_00))
    desk = studio.desk.rings_up(covered(card, studio))

    desk.changes(of("ashiatsu-60", by=studio.ana))

    assert is_now(card) == ("active", 110_00, 110_00, 0)
    desk.changes(covered(card, studio))
    desk.parks()
    assert is_now(card) == ("active", 110_00, 110_00, 0)
    books_are_clean()


def test_a_card_that_expired_pays_nothing_and_a_refund_gives_it_two_weeks(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    GiftCard.objects.filter(pk=card.pk).update(expires_on=dt.date(2026, 3, 5))
    desk = rings_up_a_mat(studio.desk)
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.completes()
    later = studio.managers_desk.later(days=5)
    with pytest.raises(CardNotUsable):
        rings_up_a_mat(later).tenders("gift_card", instrument=str(card.pk))

    later.refunds(sale, (0, 1))

    card.refresh_from_db()
    assert card.expires_on == dt.date(2026, 3, 21)
    rings_up_a_mat(later).tenders("gift_card", instrument=str(card.pk))


def test_a_client_is_offered_the_cards_they_hold_soonest_expiry_first_then_the_smallest(studio: Studio) -> None:
    client = Client.objects.create(id=new_id(), name="Kim", created_at=NOW)
    big, small, soon = (sells_card(studio.desk, cents) for cents in (80_00, 20_00, 50_00))
    GiftCard.objects.update(holder=client)
    GiftCard.objects.filter(pk=soon.pk).update(expires_on=dt.date(2032, 1, 1))

    offers = holdings.what_is_left(client, location=studio.location, now=NOW)

    assert [offer.instrument for offer in offers] == [str(card.pk) for card in (soon, small, big)]
    assert offers[1].left == "$20.00 left"
    life.block(small, why="lost", desk=studio.desk.desk, now=NOW)
    assert len(holdings.what_is_left(client, location=studio.location, now=NOW)) == 2


def test_a_discount_changes_what_the_card_may_pay(studio: Studio) -> None:
    card = sells_card(studio.desk, 100_00)
    desk = studio.desk.rings_up(of("massage-oil"))
    desk.tenders("gift_card", instrument=str(card.pk))

    with pytest.raises(MoreThanDue):
        desk.changes(of("massage-oil"), discounts=(percent_off("5"),))
