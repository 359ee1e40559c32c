"""Sessions given to somebody else, whole or some, told to both, undone until used (R24, posting rule 25)."""

import uuid

import pytest
from django.db import transaction

from ledger.journal import balances
from ledger.models import Posting
from memberships import lots, transfers
from memberships.models import SessionLot
from pos.checkout import SameIdOtherContents
from pos.models import Client
from studio.models import AuditRow
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.builders import Studio, TestDesk
from tests.memberships.builders import buys, client, covered, credit_of, moves, of_package, package, sent, told, visits


@transaction.atomic
def gives(
    desk: TestDesk, lot: SessionLot, to: Client, units: int | None = None, *, transfer_id: uuid.UUID | None = None
) -> SessionLot:
    transfer_id = transfer_id or uuid.uuid4()
    return transfers.give(transfer_id=transfer_id, lot_id=lot.pk, to=to.pk, units=units, desk=desk.desk, now=desk.now)


@transaction.atomic
def undoes(desk: TestDesk, given: SessionLot) -> SessionLot:
    return transfers.undo(transfer_id=given.pk, desk=desk.desk, now=desk.now)


def test_some_sessions_go_with_their_value_and_both_are_told(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package(cents=499_99, validity_months=12)
    [lot] = buys(desk, jo)

    given = gives(desk, lot, kim, 2)

    assert told(lot) == ("open", 3, 300_00)
    assert told(given) == ("open", 2, 199_99)
    assert (given.client, given.expires_on, given.came_from_id) == (kim, lot.expires_on, lot.pk)
    assert moves(lot)[1:] == [("given", -2, -199_99)]
    assert moves(given) == [("received", 2, 199_99)]
    assert sent() == [
        ("jo@example.com", "2 sessions of 5 sessions, Massage Escape"),
        ("kim@example.com", "2 sessions of 5 sessions, Massage Escape"),
    ]
    assert balances() == {"1120 External terminal clearing": 499_99, "2210 Deferred packages": -499_99}
    assert AuditRow.objects.filter(action="lot_given").count() == 1
    visits(desk, studio, kim)
    assert told(given) == ("open", 1, 100_00)
    books_are_clean()


def test_a_whole_lot_goes_and_comes_back(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package()
    [lot] = buys(desk, jo)
    given = gives(desk, lot, kim)
    assert told(lot) == ("transferred", 0, 0)
    assert set(Posting.objects.filter(entry__kind="transfer").values_list("instrument", "amount_cents")) == {
        (lot.instrument, 450_00),
        (given.instrument, -450_00),
    }
    sent()

    back = undoes(desk, given)

    assert back.pk == lot.pk
    assert (told(lot), told(given)) == (("open", 5, 450_00), ("transferred", 0, 0))
    assert len(sent()) == 2
    assert undoes(desk, given).pk == lot.pk
    assert (told(lot), sent()) == (("open", 5, 450_00), [])
    books_are_clean()


def test_what_was_used_since_is_not_undone(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package()
    [lot] = buys(desk, jo)
    given = gives(desk, lot, kim, 2)
    desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=kim.pk)
    with pytest.raises(transfers.TransferUsed):
        undoes(studio.desk, given)

    desk.completes()

    with pytest.raises(transfers.TransferUsed):
        undoes(studio.desk, given)
    assert (told(lot), told(given)) == (("open", 3, 270_00), ("open", 1, 90_00))


def test_the_same_transfer_again_is_the_same_one_and_other_contents_are_refused(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package()
    [lot] = buys(desk, jo)
    transfer_id = uuid.uuid4()
    given = gives(desk, lot, kim, 2, transfer_id=transfer_id)

    assert gives(desk, lot, kim, 2, transfer_id=transfer_id).pk == given.pk
    with pytest.raises(SameIdOtherContents):
        gives(desk, lot, kim, 3, transfer_id=transfer_id)

    assert told(lot) == ("open", 3, 270_00)


def test_what_can_not_be_given(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package()
    package("own", 450_00, is_transferable=False)
    [lot] = buys(desk, jo)
    [own] = buys(desk, jo, "own")
    credits = credit_of(studio, jo)
    desk.rings_up(covered("deep-tissue-60", by=studio.ana, lot=lot), client_id=jo.pk)

    for wrong, to, units, refusal in (
        (lot, kim, 6, lots.NoSessionLeft),
        (lot, kim, 5, lots.NoSessionLeft),  # one of them is held
        (lot, kim, 0, lots.NoSessionLeft),
        (lot, jo, 1, BadInput),
        (own, kim, 1, transfers.NotTransferable),
        (credits, kim, 1, transfers.NotTransferable),
    ):
        with pytest.raises(refusal):
            gives(studio.desk, wrong, to, units)
    with pytest.raises(BadInput):
        undoes(studio.desk, lot)
    assert sent() == []


def test_a_refund_leaves_what_was_given_away_with_its_new_owner(desk: TestDesk, studio: Studio) -> None:

    jo, kim = client(), client("Kim Doe")
    package()
    sold = desk.rings_up(of_package(), client_id=jo.pk).tenders("external") and desk.completes()
    [lot] = SessionLot.objects.all()
    given = gives(desk, lot, kim, 2)
    visits(desk, studio, jo)

    refund = studio.managers_desk.later(days=20).refunds(sold, (0, 1))

    # 450 paid, 180 given away, 100 used
    assert refund.refund.net_cents == 170_00
    assert (told(lot)[0], told(given)) == ("refunded", ("open", 2, 180_00))
    sent()
    books_are_clean()
