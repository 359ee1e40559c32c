"""Locations pay each other what cards of one were used for at another (posting rule 75)."""

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from ledger.journal import balances
from ledger.models import Entry
from pos import settling
from pos.checkout import SameIdOtherContents
from studio.models import Location
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.books import books_are_clean
from tests.builders import NOW, Studio, beach, custom
from tests.giftcards.cards import sells_card

TOMORROW = NOW.date().replace(day=3)


@pytest.fixture
def other(studio: Studio) -> Location:
    """The beach, where a card of Uptown has paid for a mat of $30."""
    place = beach()
    card = sells_card(studio.desk, 100_00)
    there = studio.desk.with_(studio.owner).at_location(place).rings_up(custom("Mat", 30_00, tax_category="exempt"))
    there.tenders("gift_card", instrument=str(card.pk))
    there.completes()
    return place


@transaction.atomic
def pays(studio: Studio, other: Location, cents: int, *, settlement_id: uuid.UUID | None = None) -> Entry:
    return settling.settle(
        settlement_id=settlement_id or uuid.uuid4(),
        debtor=studio.location,
        creditor=other,
        amount_cents=cents,
        made_by=studio.owner,
        now=NOW,
    )


def test_what_is_owed_is_paid_and_both_debts_are_gone(studio: Studio, other: Location) -> None:
    [owed] = settling.what_is_owed(until=TOMORROW)
    assert (owed.debtor, owed.creditor, owed.amount_cents) == (studio.location, other, 30_00)

    pays(studio, other, 30_00)

    assert balances(location=studio.location) == {
        "1050 Bank operating": -30_00,
        "1120 External terminal clearing": 100_00,
        "2200 Gift cards outstanding": -70_00,
    }
    there = balances(location=other)
    assert there.pop("1050 Bank operating") == 30_00
    assert list(there.values()) == [-30_00]
    assert settling.what_is_owed(until=TOMORROW) == []
    books_are_clean(now=NOW)


def test_a_transfer_told_twice_is_booked_once(studio: Studio, other: Location) -> None:
    same = uuid.uuid4()
    assert pays(studio, other, 10_00, settlement_id=same) == pays(studio, other, 10_00, settlement_id=same)
    assert settling.what_is_owed(until=TOMORROW)[0].amount_cents == 20_00


def test_another_transfer_under_the_same_id_is_refused_and_nothing_booked(studio: Studio, other: Location) -> None:
    told = uuid.uuid4()
    pays(studio, other, 20_00, settlement_id=told)
    before = balances()

    with pytest.raises(SameIdOtherContents):
        pays(studio, other, 10_00, settlement_id=told)

    assert balances() == before


def test_nobody_pays_more_than_is_owed_nor_the_wrong_way_nor_nothing(studio: Studio, other: Location) -> None:
    with pytest.raises(settling.NothingToSettle, match=r"owes .* \$30.00"):
        pays(studio, other, 30_01)
    with pytest.raises(BadInput):
        pays(studio, other, 0)
    with pytest.raises(settling.NothingToSettle), transaction.atomic():
        settling.settle(
            settlement_id=uuid.uuid4(),
            debtor=other,
            creditor=studio.location,
            amount_cents=1,
            made_by=studio.owner,
            now=NOW,
        )


def test_whoever_does_not_see_the_books_settles_nothing(studio: Studio, other: Location) -> None:
    with pytest.raises(NotAllowed), transaction.atomic():
        settling.settle(
            settlement_id=uuid.uuid4(),
            debtor=studio.location,
            creditor=other,
            amount_cents=1_00,
            made_by=studio.manager,
            now=NOW,
        )


@pytest.mark.django_db(transaction=True)
def test_the_command_lists_what_is_owed_and_books_the_transfer(studio: Studio, other: Location) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="--by"):
        call_command("settle_locations", pay=["UPT", "BCH"], stdout=io.StringIO())

    call_command("settle_locations", stdout=out)
    call_command("settle_locations", pay=["UPT", "BCH"], by="olga", stdout=out)
    call_command("settle_locations", stdout=out)

    assert out.getvalue().splitlines() == [
        "UPT owes BCH $30.00",
        "UPT owes BCH $30.00",
        "Booked: UPT has paid BCH $30.00.",
        "No location owes another one anything.",
    ]
