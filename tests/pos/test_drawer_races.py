"""Many tablets at one drawer: real threads on PostgreSQL, and books that are whole afterwards (R3, R8)."""

import uuid
from collections.abc import Iterator

import pytest

from ledger.accounts import Account
from ledger.journal import balance, balances
from pos.drawer import DrawerNotOpen, expected_cents
from pos.drawer_close import SalesInProgress
from pos.models import DrawerMovement, RefundTip, ZEntry, ZReport
from pos.movements import MoreThanOwed, NotEnoughCash
from studio.models import Device
from tests.books import books_are_clean
from tests.builders import Studio, build_studio, of, tip
from tests.pos.test_races import TABLETS, refusals, request, selling
from tests.racing import race

pytestmark = [pytest.mark.pg_only, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def studio(transactional_db: None) -> Iterator[Studio]:
    yield build_studio()
    books_are_clean()


def test_two_tablets_close_one_drawer_with_other_counts(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(100_00)

    answers = race(2, lambda n: request(lambda: desk.closes_drawer(session, 100_00 - n)))

    assert refusals(answers) == [DrawerNotOpen]
    assert ZReport.objects.count() == 1


def test_a_sale_and_the_close_come_at_once_and_the_z_counts_what_is_sold(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(0)

    def lane(n: int) -> object:
        if n == 0:
            return request(lambda: desk.closes_drawer(session, expected_cents(session), note="Counted in a hurry"))
        return request(selling(desk, uuid.uuid4(), uuid.uuid4()))

    answers = race(8, lane)

    sold = sum(not isinstance(answer, BaseException) for answer in answers[1:])
    assert set(refusals(answers)) <= {DrawerNotOpen, SalesInProgress}
    assert -balance(Account.RETAIL) == sold * 24_00
    z = ZReport.objects.first()
    assert z is None or z.net_cents == z.entries.count() * 24_00


def test_two_drawers_that_close_at_once_count_each_sale_once(studio: Studio) -> None:
    front_desk = studio.managers_desk
    desks = [
        front_desk.with_device(Device.objects.create(name=f"Tablet {n}", location=studio.location)) for n in range(4)
    ]
    sessions = [desk.opens_drawer(0, name=f"Drawer {n}") for n, desk in enumerate(desks)]
    for _ in range(6):
        front_desk.rings_up(of("massage-oil")).pays(external=24_00)

    answers = race(4, lambda n: request(lambda: desks[n].closes_drawer(sessions[n], 0)))

    assert refusals(answers) == []
    assert sorted(ZReport.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert ZEntry.objects.count() == 6
    assert ZReport.objects.get(number=4).grand_total_cents == 6 * 24_00


def test_tips_are_paid_out_once_by_two_tablets(studio: Studio) -> None:
    desk = studio.managers_desk
    first, second = desk.opens_drawer(100_00), desk.opens_drawer(100_00, name="Back")
    desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(external=132_00)

    answers = race(
        2, lambda n: request(lambda: desk.moves_cash((first, second)[n], "tip_payout", 22_00, to=studio.ana))
    )

    assert refusals(answers) == [MoreThanOwed]
    assert "2300 Tips payable" not in balances()


def test_a_tip_that_is_paid_out_and_given_back_at_once_is_borne_by_the_house_or_not_paid(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(100_00)
    sale = desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(external=132_00)

    def lane(n: int) -> object:
        if n:
            return request(lambda: desk.refunds(sale, tips=(0,)))
        return request(lambda: desk.moves_cash(session, "tip_payout", 22_00, to=studio.ana))

    refused = refusals(race(2, lane))

    assert refused in ([], [MoreThanOwed])
    assert RefundTip.objects.get().borne_cents == (0 if refused else 22_00)
    assert "2300 Tips payable" not in balances()


def test_the_last_cash_is_taken_once(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(50_00)

    answers = race(TABLETS, lambda _: request(lambda: desk.moves_cash(session, "drop", 20_00)))

    assert refusals(answers) == [NotEnoughCash] * (TABLETS - 2)
    assert balance(Account.CASH_DRAWER) == 10_00


def test_the_same_movement_by_twenty_requests_is_one(studio: Studio) -> None:
    desk, movement_id = studio.managers_desk, uuid.uuid4()
    session = desk.opens_drawer(50_00)

    answers = race(TABLETS, lambda _: request(lambda: desk.moves_cash(session, "drop", 20_00, movement_id=movement_id)))

    assert refusals(answers) == []
    assert DrawerMovement.objects.count() == 1
