"""How many credits can be banked, and what one more does (R27, rules 31, 31a)."""

import datetime as dt

import pytest
from django.utils import timezone

from jobs.models import OutboxMail
from ledger.journal import balances
from memberships import rollover
from memberships.models import LotMove, Membership, Plan, SessionLot
from payments.models import Charge
from pos.models import ClientCredit
from tests.books import books_are_clean
from tests.builders import NOW
from tests.memberships import builders
from tests.memberships.changing import mails_are_sent, morning
from tests.memberships.members import House, agrees, credits_of, dues_of, first_month


def months_pass(house: House, membership: Membership, *months: int) -> None:
    """The member pays the months at the desk, each on its day."""
    for month in months:
        house.bills(morning(2026, month, 3))
        house.pays_at_desk(membership.dues.filter(status="due").latest("starts_on"))


@pytest.fixture
def small(house: House) -> Plan:
    """Three credits can be banked."""
    return builders.plan("small", 79_01, rollover_cap=3)


def test_the_cap_is_six_unless_the_plan_says_otherwise(house: House) -> None:
    assert (house.plan.rollover_cap, house.plan.at_the_cap) == (6, "convert")


def test_at_the_cap_the_oldest_credit_becomes_store_credit_at_what_was_paid_for_it(house: House, small: Plan) -> None:
    ada = house.member("Ada", card="", plan=small)
    months_pass(house, ada, 4, 5)
    assert rollover.banked(ada, on=dt.date(2026, 5, 3)) == 3
    assert not ClientCredit.objects.exists()

    months_pass(house, ada, 6)

    assert rollover.banked(ada, on=dt.date(2026, 6, 3)) == 3
    assert ClientCredit.objects.get(client=ada.client).balance_cents == 79_01
    oldest = SessionLot.objects.filter(client=ada.client).earliest("opened_at")
    assert builders.moves(oldest) == [("opened", 1, 79_01), ("converted", -1, -79_01)]
    assert balances() == {
        "1120 External terminal clearing": 4 * 79_01,
        "2220 Deferred member credits": -3 * 79_01,
        "2230 Client credit": -79_01,
    }
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_the_member_is_told_one_before_the_cap_and_when_one_goes(house: House, small: Plan) -> None:
    ada = house.member("Ada", card="", plan=small)
    assert not OutboxMail.objects.filter(subject__contains="waiting").exists()

    months_pass(house, ada, 4)
    (near,) = OutboxMail.objects.filter(subject="You have 2 sessions waiting")
    assert near.to == "ada@example.com"
    assert "You can keep 3; with more than that your oldest one becomes store credit" in near.text
    months_pass(house, ada, 5, 6)

    (gone,) = OutboxMail.objects.filter(subject="About your sessions of Small")
    assert "Your oldest session became store credit, worth what you paid for it. It is worth $79.01." in gone.text
    assert OutboxMail.objects.filter(subject__contains="waiting").count() == 1


def test_who_has_used_one_keeps_all(house: House, small: Plan) -> None:
    ada = house.member("Ada", card="", plan=small)
    months_pass(house, ada, 4, 5)
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")

    months_pass(house, ada, 6)

    assert credits_of(ada.client) == [(1, 79_01)] * 3
    assert not ClientCredit.objects.exists()


def test_a_plan_that_stops_neither_charges_nor_grants_until_one_is_used(house: House) -> None:
    plan = builders.plan("stops", rollover_cap=1, at_the_cap="stop")
    ada = house.member("Ada", plan=plan)

    house.bills(morning(2026, 4, 2))
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "skipped")]
    assert Charge.objects.count() == 0
    ada.refresh_from_db()
    assert (ada.status, ada.skipped_in_a_row) == ("active", 0)
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")
    house.bills(morning(2026, 5, 2))

    assert dues_of(ada)[-1] == ("2026-05-02", "paid")
    assert credits_of(ada.client) == [(1, 79_00)]
    assert "skipped" not in [status for _, status in dues_of(ada)[2:]]


def test_a_plan_that_forfeits_says_so_before_and_the_value_is_income_then(house: House) -> None:
    plan = builders.plan("hard", rollover_cap=2, at_the_cap="forfeit")
    ada = house.member("Ada", card="", plan=plan)
    near = OutboxMail.objects.get(subject="You have 1 session waiting")
    assert "your oldest one is lost" in near.text

    months_pass(house, ada, 4, 5)

    assert balances() == {
        "1120 External terminal clearing": 3 * 79_00,
        "2220 Deferred member credits": -2 * 79_00,
        "4053 Breakage member credits": -79_00,
    }
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_of_several_credits_a_month_only_as_many_go_as_are_too_many(house: House) -> None:
    plan = builders.plan("double", 150_01, credits_per_cycle=2, rollover_cap=3)
    ada = house.member("Ada", card="", plan=plan)

    months_pass(house, ada, 4)

    assert credits_of(ada.client) == [(1, 75_01), (2, 150_01)]  # 7500 and 7501: the last takes the rest
    assert ClientCredit.objects.get(client=ada.client).balance_cents == 75_00
    assert LotMove.objects.filter(kind="converted").count() == 1
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_a_credit_that_an_open_sale_uses_stays(house: House) -> None:
    plan = builders.plan("single", rollover_cap=1)
    ada = house.member("Ada", card="", plan=plan)
    desk = house.studio.desk.at(NOW)
    held = desk.rings_up(
        builders.covered("deep-tissue-60", by=house.studio.ana, kind="credit"), client_id=ada.client_id
    )

    months_pass(house, ada, 4)

    assert held.last is not None
    assert credits_of(ada.client) == [(1, 79_00), (1, 79_00)]


def test_credits_of_another_membership_do_not_count(house: House) -> None:
    plan, other = builders.plan("one", rollover_cap=1), builders.plan("two", 50_00)
    ada = house.member("Ada", card="", plan=plan)
    second = agrees(ada.client, other, house.studio.location)
    house.desk().rings_up(first_month(second), client_id=ada.client_id).pays(external=50_00)

    assert sorted(credits_of(ada.client)) == [(1, 50_00), (1, 79_00)]
