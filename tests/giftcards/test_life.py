"""What becomes of a card outside of sales: blocked, replaced, merged, cashed out, expired, frozen (R15-R17)."""

import datetime as dt

import pytest
from django.db import transaction

from giftcards import forgotten, life
from giftcards.forgotten import ExpireCards
from giftcards.law import NotLawful, cash_out_allowed
from giftcards.life import CardIsHeld, NothingOnIt
from giftcards.limits import OverTheLimit
from giftcards.models import CardNotUsable, GiftCard
from ledger.journal import balances
from pos.approvals import ApprovalNeeded
from pos.drawer import DrawerNotOpen
from pos.models import Approval
from studio.models import AuditRow, Grant
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.builders import NOW, Studio, beach, custom
from tests.giftcards.cards import card_for_treatment, card_of, code_of, load_of, sells_card

EXTERNAL, CARDS = "1120 External terminal clearing", "2200 Gift cards outstanding"


def spends(studio: Studio, card: GiftCard, cents: int) -> None:
    desk = studio.desk.rings_up(custom("Mat", cents))
    desk.tenders("gift_card", instrument=str(card.pk))
    desk.completes()


def test_a_blocked_card_keeps_its_value_and_pays_again_after_somebody_said_yes(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    life.block(card, why="lost", desk=studio.desk.desk, now=NOW)
    life.block(card, why="lost", desk=studio.desk.desk, now=NOW)
    with pytest.raises(ApprovalNeeded):
        life.unblock(card, desk=studio.desk.desk, now=NOW)

    approval = studio.manager_approves(Approval.Action.GIFT_CARDS, card.pk, 50_00)
    life.unblock(card, desk=studio.desk.desk, now=NOW, approval_id=approval.pk)

    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("active", 50_00)
    assert AuditRow.objects.filter(action="gift_card_blocked").count() == 1
    with pytest.raises(BadInput):
        life.block(card, why=" ", desk=studio.desk.desk, now=NOW)


def test_a_card_that_is_reissued_has_a_new_code_and_the_old_one_pays_nothing(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    GiftCard.objects.filter(pk=card.pk).update(expires_on=dt.date(2033, 1, 1))
    desk = studio.managers_desk.desk

    with transaction.atomic():
        new = life.reissue(card, desk=desk, now=NOW)
        again = life.reissue(card, desk=desk, now=NOW)

    card.refresh_from_db()
    assert again == new
    assert (card.status, card.balance_cents, card.replaced_by) == ("replaced", 0, new)
    assert (new.balance_cents, new.paid_cents, new.expires_on) == (50_00, 50_00, dt.date(2033, 1, 1))
    with pytest.raises(CardNotUsable):
        studio.desk.rings_up(custom("Mat", 5_00)).tenders("gift_card", instrument=code_of(card))
    spends(studio, new, 20_00)
    books_are_clean()


def test_a_card_on_an_open_sale_is_not_moved(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    studio.desk.rings_up(custom("Mat", 20_00)).tenders("gift_card", instrument=str(card.pk))

    with pytest.raises(CardIsHeld):
        life.reissue(card, desk=studio.managers_desk.desk, now=NOW)


def test_cards_are_merged_into_one_that_keeps_the_latest_expiry(studio: Studio) -> None:
    one, two, three = (sells_card(studio.desk, cents) for cents in (10_00, 20_00, 30_00))
    GiftCard.objects.filter(pk=one.pk).update(expires_on=dt.date(2033, 1, 1))

    with transaction.atomic():
        merged = life.merge([two, three], into=one, desk=studio.managers_desk.desk, now=NOW)
        life.merge([two, three], into=one, desk=studio.managers_desk.desk, now=NOW)

    assert (merged.pk, merged.balance_cents, merged.expires_on) == (one.pk, 60_00, None)
    assert balances() == {EXTERNAL: 60_00, CARDS: -60_00}
    books_are_clean()


def test_cards_of_two_locations_are_merged_with_a_debt_between_them(studio: Studio) -> None:
    here = sells_card(studio.desk, 30_00)
    other = beach()
    Grant.objects.update(location=None)
    there = sells_card(studio.desk.at_location(other), 20_00)

    with transaction.atomic():
        life.merge([here], into=there, desk=studio.managers_desk.desk, now=NOW)

    assert balances(location=studio.location) == {EXTERNAL: 30_00, "2500 Due to locations": -30_00}
    assert balances(location=other) == {EXTERNAL: 20_00, CARDS: -50_00, "1400 Due from locations": 30_00}
    books_are_clean()


def test_what_can_not_be_merged(studio: Studio) -> None:
    value = sells_card(studio.desk, 50_00)
    treatment = card_of(studio.desk.rings_up(card_for_treatment("ashiatsu-60")).pays(external=110_00))
    desk = studio.managers_desk.desk
    with pytest.raises(CardNotUsable):
        life.merge([treatment], into=value, desk=desk, now=NOW)
    with pytest.raises(BadInput):
        life.merge([value], into=value, desk=desk, now=NOW)
    with pytest.raises(BadInput):
        life.merge([], into=value, desk=desk, now=NOW)
    big = sells_card(studio.managers_desk, 1_000_00)
    studio.managers_desk.rings_up(load_of(big, 960_00)).pays(external=960_00)
    with pytest.raises(OverTheLimit):
        life.merge([value], into=big, desk=desk, now=NOW)


def test_without_a_law_cash_is_goodwill_and_somebody_must_say_yes(studio: Studio, law: None) -> None:
    card = sells_card(studio.desk, 4_00)
    with pytest.raises(ApprovalNeeded):
        life.cash_out(card, desk=studio.desk.desk, now=NOW)
    approval = studio.manager_approves(Approval.Action.GIFT_CARDS, card.pk, 4_00)
    with pytest.raises(DrawerNotOpen), transaction.atomic():
        life.cash_out(card, desk=studio.desk.desk, now=NOW, approval_id=approval.pk)
    studio.desk.opens_drawer()

    with transaction.atomic():
        first = life.cash_out(card, desk=studio.desk.desk, now=NOW, approval_id=approval.pk)
        second = life.cash_out(card, desk=studio.desk.desk, now=NOW)

    assert first.amount_cents == second.amount_cents == 4_00
    assert balances() == {EXTERNAL: 4_00, "1010 Cash drawer": -4_00}
    books_are_clean()


def test_nobody_gets_cash_for_what_nobody_paid(studio: Studio) -> None:
    card = sells_card(studio.desk, 5_00)
    GiftCard.objects.filter(pk=card.pk).update(paid_cents=0, kind="promotional")

    with pytest.raises(NothingOnIt):
        life.cash_out(card, desk=studio.managers_desk.desk, now=NOW)


@pytest.mark.parametrize(
    ("state", "cents", "on", "allowed"),
    [
        ("CA", 14_99, "2026-04-01", True),
        ("CA", 15_00, "2026-04-01", False),
        ("CA", 9_99, "2026-03-31", True),
        ("CA", 10_00, "2026-03-31", False),
        ("CO", 5_00, "2026-03-31", True),
        ("CO", 5_01, "2026-03-31", False),
        ("NY", 4_99, "2026-03-31", True),
        ("NY", 5_00, "2026-03-31", False),
        ("VT", 99, "2026-03-31", True),
        ("VT", 1_00, "2026-03-31", False),
        ("MA", 5_00, "2026-03-31", True),
        ("MA", 10_00, "2026-03-31", True),
        ("MA", 10_01, "2026-03-31", False),
        ("OH", 1_00, "2026-03-31", False),
    ],
)
def test_the_desk_is_told_by_itself_when_the_holder_may_ask_for_cash(
    studio: Studio, law: None, state: str, cents: int, on: str, allowed: bool
) -> None:
    card = sells_card(studio.desk, 100_00)
    spends(studio, card, 100_00 - cents)
    GiftCard.objects.update(state=state)
    card.refresh_from_db()
    at = dt.datetime.combine(dt.date.fromisoformat(on), dt.time(17, 0), dt.UTC)

    right = cash_out_allowed(card, location=studio.location, now=at)

    assert (right is not None) == allowed
    assert right is None or right.amount_cents == cents


@pytest.mark.parametrize(
    ("state", "expires_on", "lawful"),
    [
        ("OH", "2031-03-02", True),
        ("OH", "2031-03-01", False),
        ("NY", "2035-03-02", True),
        ("NY", "2035-03-01", False),
        ("CA", "2060-01-01", False),
    ],
)
def test_a_card_expires_only_where_and_when_the_law_allows_it(
    studio: Studio, law: None, state: str, expires_on: str, lawful: bool
) -> None:
    card = sells_card(studio.desk, 50_00)
    GiftCard.objects.update(state=state)
    day = dt.date.fromisoformat(expires_on)
    if not lawful:
        with pytest.raises(NotLawful):
            forgotten.set_expiry(card, expires_on=day, desk=studio.desk.desk, now=NOW)
        return

    forgotten.set_expiry(card, expires_on=day, desk=studio.desk.desk, now=NOW)
    late = dt.datetime.combine(day, dt.time(17, 0), dt.UTC)
    ExpireCards().run(now=late - dt.timedelta(days=1))
    assert balances() == {EXTERNAL: 50_00, CARDS: -50_00}
    ExpireCards().run(now=late)
    ExpireCards().run(now=late)

    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("expired", 0)
    assert balances() == {EXTERNAL: 50_00, "4051 Breakage gift cards": -50_00}
    books_are_clean(now=late)
