"""A bank takes the payment for a card back: what is left of it goes too, and never more (posting rule 43)."""

from django.utils import timezone

from giftcards.disputes import FreezeContestedCards, RevokeContestedCards
from giftcards.models import GiftCard
from ledger.journal import balances
from payments.disputes import hear_dispute
from payments.gateway import gateway
from payments.models import Charge
from tests.builders import custom
from tests.giftcards.buying import Shopper, the_card


def spends(shopper: Shopper, cents: int) -> None:
    desk = shopper.studio.desk.at(timezone.now()).rings_up(custom("Mat", cents, tax_category="exempt"))
    desk.tenders("gift_card", instrument=str(the_card().pk))
    desk.completes()


def contests(shopper: Shopper, outcome: str) -> None:
    """The buyer's bank takes the payment back, and decides; the worker hears of both."""
    dispute = str(shopper.stripe.tell("disputes", charge=Charge.objects.get().stripe_charge)["id"])
    hear_dispute(gateway().read_dispute(dispute), now=timezone.now())
    shopper.later(hours=2)
    shopper.works()
    FreezeContestedCards().run(now=timezone.now())
    shopper.stripe.tell(f"disputes/{dispute}", outcome=outcome)
    hear_dispute(gateway().read_dispute(dispute), now=timezone.now())
    shopper.later(hours=2)
    shopper.works()
    for _ in range(2):
        RevokeContestedCards().run(now=timezone.now())


def test_what_is_left_of_a_card_goes_and_what_was_spent_is_a_loss(shopper: Shopper) -> None:
    shopper.buys()
    spends(shopper, 50_00)

    contests(shopper, "lost")

    card = the_card()
    assert (card.status, card.balance_cents, card.paid_cents) == ("refunded", 0, 0)
    assert [move.kind for move in card.moves.all()] == ["sold", "used", "revoked"]
    found = balances()
    assert (found["6030 Chargeback losses"], found.get("2200 Gift cards outstanding", 0)) == (50_00, 0)
    shopper.is_right()


def test_a_card_that_was_not_used_leaves_no_loss(shopper: Shopper) -> None:
    shopper.buys()

    contests(shopper, "lost")

    assert "6030 Chargeback losses" not in balances()
    assert GiftCard.objects.get().balance_cents == 0
    shopper.is_right()


def test_a_dispute_that_is_won_takes_nothing(shopper: Shopper) -> None:
    shopper.buys()

    contests(shopper, "won")

    assert the_card().balance_cents == 120_00
    shopper.is_right()
