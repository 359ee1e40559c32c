"""Another plan (R30, rule 33): an upgrade paid for the days left, everything else from a renewal on."""

import datetime as dt

import pytest
from django.utils import timezone

from ledger.journal import balances
from memberships.changes import NOW, ChangeGone, NotChangeable, OnlyAtRenewal
from memberships.consents import OtherText
from memberships.joining import AlreadyMember, NotOnSale
from memberships.models import Change, Consent, Membership, Plan, SessionLot
from pos.asked import AskedLine
from pos.models import Sale
from pos.reversals import NotRefundable
from pos.voids import NotVoidable
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.builders import tax
from tests.memberships import builders
from tests.memberships.changing import (
    changes_to,
    freezes_for,
    hour_passes,
    keeps_plan,
    mails_are_sent,
    morning,
    pays_for,
    told,
)
from tests.memberships.members import House, again, agrees, credits_of, dues_of

HALF_WAY = morning(2026, 4, 16)  # 15 of April's 30 days from 1 April are left


@pytest.fixture
def basic(house: House) -> Plan:
    return builders.plan("basic", 70_00)


@pytest.fixture
def plus(house: House) -> Plan:
    return builders.plan("plus", 100_00, items=("deep-tissue-60", "ashiatsu-60"))


@pytest.fixture
def ada(house: House, basic: Plan) -> Membership:
    """Joined the $70 plan on 1 April, and it is the 16th."""
    house.goes_to(morning(2026, 4, 1))
    membership = house.member("Ada", card="", plan=basic)
    house.goes_to(HALF_WAY)
    return membership


def test_an_upgrade_from_70_to_100_with_15_of_30_days_left_costs_15(house: House, ada: Membership, plus: Plan) -> None:
    asked = changes_to(ada, plus, NOW)
    assert (asked.proration_cents, asked.effective_on) == (15_00, dt.date(2026, 4, 16))
    assert again(ada).plan.code == "basic"

    paid = pays_for(house, "plan_upgrade", asked.key, client_id=ada.client_id)

    assert balances() == {"1120 External terminal clearing": 85_00, "2220 Deferred member credits": -85_00}
    assert again(ada).plan == plus
    assert again(ada).consent.plan == plus
    assert (again(asked).status, again(asked).sale_key) == ("done", f"sale:{paid.sale.pk}")
    lot = SessionLot.objects.get(client=ada.client)
    assert (lot.units, lot.value_cents, lot.paid_cents, lot.plan, lot.name) == (1, 85_00, 85_00, plus, "Plus")
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_the_upgraded_credit_pays_what_only_the_higher_plan_pays_and_all_of_it_is_income_then(
    house: House, ada: Membership, plus: Plan
) -> None:
    asked = changes_to(ada, plus, NOW)
    pays_for(house, "plan_upgrade", asked.key)

    builders.visits(house.desk(), house.studio, ada.client, "ashiatsu-60", kind="credit")

    assert balances()["4010 Services"] == -85_00
    assert "2220 Deferred member credits" not in balances()
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_an_odd_upgrade_is_rounded_half_up(house: House, basic: Plan) -> None:
    odd = builders.plan("odd", 70_25)  # 25 cents more
    house.goes_to(morning(2026, 4, 1))
    ada = house.member("Ada", card="", plan=basic)
    found = {}
    for day in (11, 13, 19, 21, 28):
        house.goes_to(morning(2026, 4, day))
        found[day] = changes_to(ada, odd, NOW).proration_cents
    assert found == {11: 17, 13: 15, 19: 10, 21: 8, 28: 3}  # 16.67, 15, 10, 8.33, 2.5


def test_a_used_credit_makes_it_an_upgrade_at_renewal(house: House, ada: Membership, plus: Plan) -> None:
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")

    with pytest.raises(OnlyAtRenewal, match="is used"):
        changes_to(ada, plus, NOW)
    assert changes_to(ada, plus).effective_on == dt.date(2026, 5, 1)


def test_a_credit_that_is_used_while_the_upgrade_is_on_the_sale_stops_the_sale(
    house: House, ada: Membership, plus: Plan
) -> None:
    asked = changes_to(ada, plus, NOW)
    desk = house.desk().rings_up(AskedLine(kind="plan_upgrade", instrument=asked.key))
    desk.tenders("external")
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")

    with pytest.raises((ChangeGone, OnlyAtRenewal)):
        desk.completes()
    assert again(ada).plan.code == "basic"


def test_what_an_upgrade_costs_holds_for_its_day(house: House, ada: Membership, plus: Plan) -> None:
    asked = changes_to(ada, plus, NOW)
    house.goes_to(morning(2026, 4, 17))

    with pytest.raises(ChangeGone, match="once more"):
        pays_for(house, "plan_upgrade", asked.key)
    assert changes_to(ada, plus, NOW).proration_cents == 14_00
    assert again(asked).status == "replaced"


def test_an_upgrade_that_nobody_paid_lapses(house: House, ada: Membership, plus: Plan) -> None:
    asked = changes_to(ada, plus, NOW)

    hour_passes(house, morning(2026, 4, 17))

    assert (again(asked).status, again(ada).plan.code) == ("undone", "basic")


def test_an_upgrade_is_not_paid_with_stored_value_nor_discounted_nor_twice(
    house: House, ada: Membership, plus: Plan
) -> None:
    asked = changes_to(ada, plus, NOW)
    pays_for(house, "plan_upgrade", asked.key)

    with pytest.raises(ChangeGone, match="done"):
        pays_for(house, "plan_upgrade", asked.key)
    with pytest.raises(BadInput):
        pays_for(house, "plan_upgrade", "due:1")


def test_a_voided_upgrade_is_as_if_it_had_not_been(house: House, ada: Membership, plus: Plan) -> None:
    asked = changes_to(ada, plus, NOW)
    paid = pays_for(house, "plan_upgrade", asked.key)

    house.studio.managers_desk.at(timezone.now()).voids(paid)

    assert balances() == {"1120 External terminal clearing": 70_00, "2220 Deferred member credits": -70_00}
    assert (again(ada).plan.code, again(asked).status) == ("basic", "undone")
    assert credits_of(ada.client) == [(1, 70_00)]
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_a_refunded_upgrade_lowers_the_credit_again(house: House, ada: Membership, plus: Plan) -> None:
    paid = pays_for(house, "plan_upgrade", changes_to(ada, plus, NOW).key)

    house.studio.managers_desk.at(timezone.now()).refunds(paid, (0, 1))

    assert balances() == {"1120 External terminal clearing": 70_00, "2220 Deferred member credits": -70_00}
    assert (again(ada).plan.code, credits_of(ada.client)) == ("basic", [(1, 70_00)])
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_an_upgrade_whose_credit_is_used_is_neither_voided_nor_refunded(
    house: House, ada: Membership, plus: Plan
) -> None:
    paid = pays_for(house, "plan_upgrade", changes_to(ada, plus, NOW).key)
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")
    manager = house.studio.managers_desk.at(timezone.now())

    with pytest.raises(NotVoidable):
        manager.voids(paid)
    with pytest.raises(NotRefundable):
        manager.refunds(paid, (0, 1))


def test_where_plans_are_taxed_at_sale_the_credit_rises_by_the_net(house: House) -> None:
    tax(house.studio.location, "service", ("OH", "0.10"))
    small = builders.plan("small", 70_00, tax_point="sale")
    big = builders.plan("big", 100_00, tax_point="sale")
    house.goes_to(morning(2026, 4, 1))
    bo = house.member("Bo", card="", plan=small)
    house.goes_to(HALF_WAY)

    pays_for(house, "plan_upgrade", changes_to(bo, big, NOW).key)

    assert balances() == {
        "1120 External terminal clearing": 93_50,
        "2100 Sales tax payable": -8_50,
        "2220 Deferred member credits": -85_00,
    }
    assert credits_of(bo.client) == [(1, 85_00)]
    mails_are_sent()
    books_are_clean(now=timezone.now())


# At renewal ----------------------------------------------------------------------------------------------------------


def test_a_downgrade_begins_at_the_renewal_and_its_due_is_the_lower_one(house: House, plus: Plan, basic: Plan) -> None:
    house.goes_to(morning(2026, 4, 1))
    bo = house.member("Bo", plan=plus)
    with pytest.raises(OnlyAtRenewal, match="costs no more"):
        changes_to(bo, basic, NOW)

    asked = changes_to(bo, basic)
    assert (asked.proration_cents, asked.effective_on) == (0, dt.date(2026, 5, 1))
    hour_passes(house, morning(2026, 4, 30))
    assert again(bo).plan == plus
    house.bills(morning(2026, 5, 1))

    assert again(bo).plan == basic
    assert again(asked).status == "done"
    assert credits_of(bo.client) == [(1, 100_00), (1, 70_00)]
    assert Sale.objects.latest("opened_at").total_cents == 70_00
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_a_due_that_was_made_ahead_is_remade_and_again_when_the_change_is_taken_back(
    house: House, ada: Membership, plus: Plan
) -> None:
    house.bills(morning(2026, 4, 26))
    due = ada.dues.get(status="due")
    assert due.amount_cents == 70_00

    changes_to(ada, plus)
    assert (again(due).amount_cents, again(due).plan) == (100_00, plus)
    keeps_plan(ada)

    assert (again(due).amount_cents, again(due).plan.code) == (70_00, "basic")
    hour_passes(house, morning(2026, 5, 1))
    assert again(ada).plan.code == "basic"


def test_one_that_a_card_said_no_to_stays_as_it_was_asked_for(house: House, basic: Plan, plus: Plan) -> None:
    house.goes_to(morning(2026, 4, 1))
    bo = house.member("Bo", plan=basic, outcome="insufficient_funds")
    house.bills(morning(2026, 5, 1))
    assert told(bo) == ("past_due", "2026-05-01")

    asked = changes_to(bo, plus)

    assert asked.effective_on == dt.date(2026, 6, 1)
    assert bo.dues.get(status="due").amount_cents == 70_00


def test_there_is_one_pending_change_and_the_last_word_counts(ada: Membership, plus: Plan) -> None:
    gold = builders.plan("gold", 150_00)
    first = changes_to(ada, plus)

    second = changes_to(ada, gold)

    assert (again(first).status, again(second).status) == ("replaced", "pending")
    assert changes_to(ada, gold) == second
    assert Change.objects.count() == 2
    assert Consent.objects.filter(client=ada.client).count() == 3


def test_a_change_while_frozen_begins_with_the_month_after_it(house: House, ada: Membership, plus: Plan) -> None:
    freezes_for(ada, 1)
    hour_passes(house, morning(2026, 5, 1))

    assert changes_to(ada, plus).effective_on == dt.date(2026, 6, 1)
    hour_passes(house, morning(2026, 6, 1))

    assert again(ada).plan == plus
    assert [due.amount_cents for due in ada.dues.filter(status="due")] == [100_00]


def test_a_change_wants_the_text_that_holds_now_and_a_plan_on_sale(ada: Membership, plus: Plan, basic: Plan) -> None:
    with pytest.raises(NotChangeable, match="already"):
        changes_to(ada, basic)
    Plan.objects.filter(pk=plus.pk).update(terms="Other terms.")
    with pytest.raises(OtherText):
        changes_to(ada, again(plus), seen=plus)
    Plan.objects.filter(pk=plus.pk).update(is_on_sale=False)
    with pytest.raises(NotOnSale):
        changes_to(ada, again(plus))
    with pytest.raises(NotChangeable):
        keeps_plan(ada)
    assert dues_of(ada) == [("2026-04-01", "paid")]


def test_a_plan_of_more_credits_begins_at_the_renewal(house: House, ada: Membership) -> None:
    double = builders.plan("double", 140_00, credits_per_cycle=2)

    with pytest.raises(OnlyAtRenewal, match="another kind"):
        changes_to(ada, double, NOW)
    changes_to(ada, double)
    house.bills(morning(2026, 4, 30))

    assert [(due.amount_cents, due.units) for due in ada.dues.filter(status="due")] == [(140_00, 2)]


def test_who_is_about_to_change_to_a_plan_does_not_join_it_too(house: House, ada: Membership, plus: Plan) -> None:
    asked = changes_to(ada, plus)

    with pytest.raises(AlreadyMember, match="about to change"):
        agrees(ada.client, plus, house.studio.location)
    Change.objects.update(status="undone")
    agrees(ada.client, plus, house.studio.location)
    Change.objects.update(status="pending")
    hour_passes(house, morning(2026, 5, 1))

    assert (again(asked).status, again(ada).plan.code) == ("undone", "basic")
