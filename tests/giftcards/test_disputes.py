"""Cards whose payment is contested, and cards that the house sells online (R15)."""

import datetime as dt

import pytest
from django.db import transaction

from giftcards import disputes, issuing, life
from giftcards.disputes import FreezeContestedCards
from giftcards.models import GiftCard
from ledger.journal import balances
from payments.models import Dispute
from pos.asked import AskedSale
from pos.online import sell_paid
from studio.ids import new_id
from tests.builders import NOW, Studio, custom
from tests.giftcards.cards import card_for
from tests.payments.money import paid


@pytest.fixture
def contested(studio: Studio) -> Dispute:
    """A card of $50 that was sold online; its buyer contests the payment."""
    charge = paid(studio.location, 50_00)
    with transaction.atomic():
        prepared = issuing.prepare(location=studio.location, now=NOW)
        asked = AskedSale(lines=(card_for(50_00, instrument=str(prepared.pk)),))
        for sale_id in [new_id()] * 2:
            sell_paid(sale_id=sale_id, asked=asked, charge=charge, location=studio.location, now=NOW)
    return Dispute.objects.create(
        stripe_id="dp_1", charge=charge, status="needs_response", reason="fraudulent", amount_cents=50_00, opened_at=NOW
    )


def test_an_order_that_was_paid_online_activates_its_prepared_card_once(contested: Dispute) -> None:
    card = GiftCard.objects.get()

    assert (card.status, card.balance_cents) == ("active", 50_00)
    assert balances() == {"1100 Stripe balance": 50_00, "2200 Gift cards outstanding": -50_00}


def test_a_dispute_freezes_what_is_left_and_lists_where_it_was_spent(studio: Studio, contested: Dispute) -> None:
    card = GiftCard.objects.get()
    desk = studio.desk.rings_up(custom("Mat", 20_00))
    desk.tenders("gift_card", instrument=str(card.pk))
    sale = desk.completes()

    FreezeContestedCards().run(now=NOW)

    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("blocked", 30_00)
    assert [(use.sale, use.face_cents) for use in disputes.where_spent(contested)] == [(sale.sale, 20_00)]


def test_a_card_that_a_person_lets_pay_again_is_not_frozen_twice_for_one_dispute(
    studio: Studio, contested: Dispute
) -> None:
    FreezeContestedCards().run(now=NOW)
    card = GiftCard.objects.get()
    life.unblock(card, desk=studio.managers_desk.desk, now=NOW)

    FreezeContestedCards().run(now=NOW + dt.timedelta(minutes=5))

    card.refresh_from_db()
    assert card.status == "active"


def test_the_cards_of_a_dispute_that_is_over_are_left_alone(contested: Dispute) -> None:
    Dispute.objects.update(closed_at=NOW, status="won")

    FreezeContestedCards().run(now=NOW)

    assert GiftCard.objects.get().status == "active"
