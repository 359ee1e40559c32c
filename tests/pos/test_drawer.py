"""The drawer from float to blind count, with the books (R8, posting rules 64-66, I27)."""

import uuid

import pytest

from ledger.journal import balances
from pos import drawer
from pos.approvals import ApprovalNeeded
from pos.drawer import DrawerIsOpen, DrawerNotOpen
from pos.drawer_close import NoteNeeded, SalesInProgress
from pos.models import Drawer
from studio.models import Device
from studio.refusal import BadInput
from tests.builders import Studio, TestDesk, of


def test_the_first_float_comes_from_the_safe(desk: TestDesk) -> None:
    desk.opens_drawer(200_00)

    assert balances() == {"1010 Cash drawer": 200_00, "1020 Cash safe": -200_00}


def test_a_day_short_by_a_dollar_fifteen(studio: Studio) -> None:
    desk = studio.desk
    session = desk.opens_drawer(200_00)
    desk.rings_up(of("massage-oil")).pays(cash=30_00)

    closed = desk.closes_drawer(session, 222_85, left_cents=200_00)

    assert (closed.expected_cents, closed.over_short_cents, closed.z_number) == (224_00, -1_15, 1)
    assert balances() == {
        "1010 Cash drawer": 200_00,
        "1020 Cash safe": -177_15,
        "4020 Retail": -24_00,
        "6050 Cash over/short": 1_15,
    }


def test_the_next_day_starts_with_what_was_left_and_a_difference_is_over_or_short(studio: Studio) -> None:
    desk = studio.desk
    desk.closes_drawer(desk.opens_drawer(200_00), 200_00)

    session = desk.opens_drawer(195_00)

    assert balances() == {"1010 Cash drawer": 195_00, "1020 Cash safe": -200_00, "6050 Cash over/short": 5_00}
    assert drawer.expected_cents(session) == 195_00


def test_an_empty_drawer_gets_its_float_from_the_safe_again(studio: Studio) -> None:
    desk = studio.desk
    desk.closes_drawer(desk.opens_drawer(200_00), 200_00, left_cents=0)

    desk.opens_drawer(150_00)

    assert balances() == {"1010 Cash drawer": 150_00, "1020 Cash safe": -150_00}


def test_above_five_dollars_a_note_and_above_twenty_an_approval(studio: Studio) -> None:
    desk = studio.desk
    session = desk.opens_drawer(100_00)

    with pytest.raises(NoteNeeded, match=r"5\.01 over"):
        desk.closes_drawer(session, 105_01)
    with pytest.raises(ApprovalNeeded):
        desk.closes_drawer(session, 79_99, note="A twenty is missing.")
    closed = desk.closes_drawer(session, 80_00, note="A twenty is missing.")

    assert closed.over_short_cents == -20_00


def test_closing_twice_with_the_same_count_is_closing_once(studio: Studio) -> None:
    desk = studio.desk
    session = desk.opens_drawer(100_00)

    first, again = desk.closes_drawer(session, 100_00), desk.closes_drawer(session, 100_00)
    with pytest.raises(DrawerNotOpen, match="another count"):
        desk.closes_drawer(session, 99_00)

    assert first.z_number == again.z_number == 1


def test_a_drawer_with_cash_of_an_unfinished_sale_stays_open(studio: Studio) -> None:
    desk = studio.desk
    session = desk.opens_drawer(100_00)
    desk.rings_up(of("massage-oil")).tenders("cash", amount_cents=10_00)

    with pytest.raises(SalesInProgress):
        desk.closes_drawer(session, 110_00)


def test_a_sale_rung_up_before_the_drawer_closed_takes_no_cash_afterwards(studio: Studio) -> None:
    desk = studio.desk
    session = desk.opens_drawer()
    desk.rings_up(of("massage-oil"))
    studio.managers_desk.closes_drawer(session, 0)

    with pytest.raises(DrawerNotOpen, match="Open the drawer first"):
        desk.tenders("cash", tendered_cents=24_00)

    assert desk.tenders("external").due_cents == 0


def test_one_drawer_is_open_once(desk: TestDesk) -> None:
    desk.opens_drawer()

    with pytest.raises(DrawerIsOpen):
        desk.opens_drawer()


def test_a_tablet_takes_cash_in_its_own_drawer_and_asks_when_it_has_none_of_several(studio: Studio) -> None:
    desk = studio.desk
    mine = desk.opens_drawer(name="Front")
    desk.with_device(Device.objects.create(name="Back", location=studio.location)).opens_drawer(name="Back")
    third = desk.with_device(Device.objects.create(name="Third", location=studio.location))

    assert desk.rings_up(of("massage-oil")).tenders("cash").tenders[0].drawer_session == mine
    with pytest.raises(DrawerNotOpen, match="Several drawers"):
        third.rings_up(of("massage-oil")).tenders("cash")


@pytest.mark.parametrize("cents", [-1, 2**63])
def test_an_absurd_float_or_count_is_refused(studio: Studio, cents: int) -> None:
    desk = studio.desk
    with pytest.raises(BadInput, match="float_cents"):
        desk.opens_drawer(cents)
    session = desk.opens_drawer()
    with pytest.raises(BadInput, match="counted_cents"):
        desk.closes_drawer(session, cents)


def test_the_same_opening_again_is_one_opening(studio: Studio) -> None:
    which = Drawer.objects.create(location=studio.location, name="Front")
    session_id = uuid.uuid4()
    desk = studio.desk

    def open_with(float_cents: int) -> object:
        return drawer.open_drawer(
            session_id=session_id, drawer_id=which.pk, float_cents=float_cents, desk=desk.desk, now=desk.now
        )

    assert open_with(100_00) == open_with(100_00)
    with pytest.raises(drawer.SameIdOtherFloat):
        open_with(90_00)
    assert balances()["1010 Cash drawer"] == 100_00
