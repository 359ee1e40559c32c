"""A missed appointment takes a session, with a reason, and can be waived for a week (R22, posting rule 53)."""

import uuid

import pytest
from django.db import transaction

from ledger.journal import balances
from memberships import lots, noshows
from memberships.models import LotMove, SessionLot
from pos.checkout import SameIdOtherContents
from pos.models import Client
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, beach
from tests.memberships.builders import buys, client, credit_of, days, moves, package, told


@transaction.atomic
def takes(
    desk: TestDesk,
    who: Client,
    reason: str = "no_show",
    *,
    lot: SessionLot | None = None,
    no_show_id: uuid.UUID | None = None,
) -> LotMove:
    return noshows.take(
        no_show_id=no_show_id or uuid.uuid4(),
        client=who,
        reason=reason,
        lot_id=lot.pk if lot else None,
        desk=desk.desk,
        now=desk.now,
    )


@transaction.atomic
def waives(desk: TestDesk, no_show_id: uuid.UUID, why: str = "The bus broke down") -> LotMove:
    return noshows.waive(no_show_id=no_show_id, why=why, desk=desk.desk, now=desk.now)


def test_one_tap_takes_the_next_session_as_a_fee(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=499_99)
    [lot] = buys(desk, jo)

    takes(desk, jo)

    assert told(lot) == ("open", 4, 400_00)
    assert balances() == {
        "1120 External terminal clearing": 499_99,
        "2210 Deferred packages": -400_00,
        "4040 No-show and late-cancel fees": -99_99,
    }
    books_are_clean()


def test_a_credit_is_taken_too(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    lot = credit_of(studio, jo)

    takes(desk, jo, "late_cancel", lot=lot)

    assert told(lot) == ("used", 0, 0)
    assert LotMove.objects.get(kind="no_show").why == "cancelled less than 24 hours before"
    assert balances() == {"3900 Opening balances": 79_00, "4040 No-show and late-cancel fees": -79_00}
    books_are_clean()


def test_it_is_waived_within_a_week_with_the_exact_mirror(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=499_99, validity_months=12)
    [lot] = buys(desk, jo)
    no_show_id = uuid.uuid4()
    late = desk.later(days=364)
    takes(late, jo, no_show_id=no_show_id)

    waives(late.later(days=7), no_show_id)

    assert told(lot) == ("open", 5, 499_99)
    assert lot.expires_on == (NOW + days(364 + 7 + 14)).date()
    assert moves(lot)[1:] == [("no_show", -1, -99_99), ("waived", 1, 99_99)]
    assert balances() == {"1120 External terminal clearing": 499_99, "2210 Deferred packages": -499_99}
    waives(late.later(days=7), no_show_id)
    assert told(lot) == ("open", 5, 499_99)
    books_are_clean(now=NOW + days(371))


def test_after_a_week_it_is_too_late(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package()
    [lot] = buys(desk, jo)
    no_show_id = uuid.uuid4()
    takes(desk, jo, no_show_id=no_show_id)

    with pytest.raises(noshows.TooLateToWaive):
        waives(desk.later(days=7, seconds=1), no_show_id)

    assert told(lot) == ("open", 4, 360_00)


def test_the_same_request_takes_one_session(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package()
    [lot] = buys(desk, jo)
    no_show_id = uuid.uuid4()

    first, second = takes(desk, jo, no_show_id=no_show_id), takes(desk, jo, no_show_id=no_show_id)

    assert first == second
    assert told(lot) == ("open", 4, 360_00)
    with pytest.raises(SameIdOtherContents):
        takes(desk, jo, "late_cancel", no_show_id=no_show_id)


def test_what_is_refused(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package()
    [lot] = buys(desk, jo)

    with pytest.raises(BadInput):
        takes(desk, jo, "bad mood")
    with pytest.raises(lots.NoSessionLeft):
        takes(desk, kim)
    with pytest.raises(lots.NoSessionLeft):
        takes(desk, kim, lot=lot)
    with pytest.raises(BadInput):
        waives(desk, uuid.uuid4())
    with pytest.raises(NotAllowed):
        takes(desk.with_(studio.ana), jo)
    assert told(lot) == ("open", 5, 450_00)


def test_at_another_location_the_fee_is_theirs_and_the_seller_owes_it(desk: TestDesk, studio: Studio) -> None:
    jo, shore = client(), beach()
    package()
    buys(desk, jo)
    no_show_id = uuid.uuid4()
    away = studio.desk.with_(studio.owner).at_location(shore)

    takes(away, jo, no_show_id=no_show_id)

    assert balances(location=shore) == {
        "1400 Due from locations": 90_00,
        "4040 No-show and late-cancel fees": -90_00,
    }
    books_are_clean()
    waives(away, no_show_id)
    assert balances(location=shore) == {}
    books_are_clean()
