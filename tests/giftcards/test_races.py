"""One card in many sales at once, on a database that lets them run side by side (R3, F3)."""

import uuid

import pytest
from django.db import transaction

from ledger.journal import balances
from pos import checkout
from pos.asked import AskedSale, AskedTender
from tests.books import books_are_clean
from tests.builders import NOW, build_studio, custom
from tests.giftcards.cards import sells_card
from tests.racing import race


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_fifty_tablets_never_spend_more_than_the_fifty_dollars_of_a_card() -> None:
    studio = build_studio()
    card = sells_card(studio.desk, 50_00)

    def spends_three_dollars(n: int) -> bool:
        with transaction.atomic():
            checkout.sell(
                sale_id=uuid.uuid4(),
                asked=AskedSale(lines=(custom("Tea", 3_00),)),
                tenders=[(uuid.uuid4(), AskedTender(kind="gift_card", instrument=str(card.pk), amount_cents=3_00))],
                desk=studio.desk.desk,
                now=NOW,
            )
        return True

    answers = race(50, spends_three_dollars)

    assert answers.count(True) == 16
    assert {type(answer).__name__ for answer in answers if answer is not True} == {"NotEnoughLeft"}
    card.refresh_from_db()
    assert (card.balance_cents, card.held_cents, card.paid_cents) == (2_00, 0, 2_00)
    assert balances() == {
        "1120 External terminal clearing": 50_00,
        "2200 Gift cards outstanding": -2_00,
        "4020 Retail": -48_00,
    }
    books_are_clean()
