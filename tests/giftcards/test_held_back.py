"""A payment that Stripe calls risky: the card is sold and blocked, and leaves only when somebody has looked (R15)."""

import pytest
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from giftcards.models import GiftCard, GiftOrder
from jobs.models import OutboxMail
from payments.models import Charge
from studio.models import AuditRow, Business
from tests.giftcards.buying import JONAS, MAYA, Shopper, books, letters, the_card, the_code, whole
from tests.giftcards.test_office import Office, signed_on

pytestmark = pytest.mark.django_db(transaction=True)
OWED = {"1100 Stripe balance": 120_00, "2200 Gift cards outstanding": -120_00}


def buys_riskily(shopper: Shopper, **changes: str) -> GiftOrder:
    order = shopper.orders(**changes)
    shopper.pays("riskLevelElevated")
    shopper.comes_back(order)
    shopper.works()
    order.refresh_from_db()
    return order


def decides(shopper: Shopper, order: GiftOrder, decision: str) -> Office:
    office = signed_on(shopper.studio.owner)
    office.sends(f"held/{order.pk}", decision=decision)
    shopper.works()
    order.refresh_from_db()
    return office


def test_the_card_of_a_risky_payment_is_sold_blocked_and_not_sent(shopper: Shopper) -> None:
    Business.objects.update(email="studio@example.com")
    order = buys_riskily(shopper)
    shopper.later(days=2)
    shopper.works()

    assert Charge.objects.get().risk_level == "elevated"
    assert (order.status, the_card().status, the_card().balance_cents) == ("fulfilled", "blocked", 120_00)
    assert books() == OWED
    assert letters(MAYA) == []
    [receipt] = letters(JONAS)
    assert "We look at the payment before the card leaves." in receipt.body
    shopper.opens(shopper.page_of(order))
    assert "We look at the payment before the card leaves." in shopper.said()
    assert shopper.opens(shopper.page_of(order, ".pdf")).status_code == 404
    assert OutboxMail.objects.get(dedupe=f"gift-held:{order.pk}").subject == f"Look at gift card order {order.number}"
    shopper.is_right()


def test_once_the_owner_has_looked_it_is_sent_once(shopper: Shopper) -> None:
    order = buys_riskily(shopper)

    office = decides(shopper, order, "send")
    assert "The card is on its way." in office.says()
    office.sends(f"held/{order.pk}", decision="give_back")
    assert "Somebody has decided about this card already." in office.says()
    shopper.works()

    assert (the_card().status, order.held_at) == ("active", None)
    assert [the_code() in whole(letter) for letter in letters(MAYA)] == [True]
    assert AuditRow.objects.get(action="gift_card_let_go").actor == shopper.studio.owner
    shopper.is_right()


def test_a_buyer_who_hands_it_over_gets_the_code_only_then(shopper: Shopper) -> None:
    order = buys_riskily(shopper, way="hand", recipient_email="")
    assert [the_code() in whole(letter) for letter in letters(JONAS)] == [False]

    decides(shopper, order, "send")

    assert [the_code() in whole(letter) for letter in letters(JONAS)] == [False, True]


def test_its_money_may_go_back_instead(shopper: Shopper) -> None:
    order = buys_riskily(shopper)

    decides(shopper, order, "give_back")

    assert (order.status, the_card().status, the_card().balance_cents) == ("given_back", "refunded", 0)
    assert books() == {}
    assert letters(MAYA) == []
    assert "goes back to your card" in letters(JONAS)[-1].body
    shopper.opens(shopper.page_of(order))
    assert "We could not accept this payment." in shopper.said()
    shopper.is_right()


def test_a_card_that_was_stopped_for_another_reason_stays_so(shopper: Shopper) -> None:
    order = buys_riskily(shopper)
    GiftCard.objects.update(why_blocked="The payment for it is contested.")

    decides(shopper, order, "send")

    assert the_card().status == "blocked"


def test_who_may_not_look_after_cards_decides_nothing(shopper: Shopper) -> None:
    order = buys_riskily(shopper)

    stranger = Browser().post(f"/gift-cards/office/held/{order.pk}", {"decision": "send"})

    assert stranger.status_code == 302
    assert signed_on(shopper.studio.owner).sends(f"held/{order.pk}", decision="keep") == 404
    assert the_card().status == "blocked"


def test_a_studio_may_take_the_risk(shopper: Shopper, settings: Settings) -> None:
    settings.GIFT_CARDS_HELD_AT = []

    buys_riskily(shopper)

    assert (the_card().status, len(letters(MAYA))) == ("active", 1)
