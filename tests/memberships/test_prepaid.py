"""Months that are paid ahead or given: one sale, a grant each month, no renewal by itself (R34)."""

import datetime as dt
import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from ledger.journal import balances
from memberships import prepaid
from memberships.models import Membership, Plan
from memberships.prepaidkind import NotMember, PaidElsewhere
from pos.asked import AskedLine
from pos.basket import Basket
from pos.models import Client
from pos.reversals import NotRefundable
from pos.voids import NotVoidable
from studio.refusal import BadInput
from tests.builders import NOW, beach
from tests.memberships import builders
from tests.memberships.members import House, again, counts, credits_of, dues_of, joins, saves_card
from tests.payments.pages import taken_cents

APRIL = dt.datetime(2026, 4, 2, 10, 0, tzinfo=dt.UTC)
MONTH = dt.timedelta(days=31)


@transaction.atomic
def arranged(house: House, client: Client, plan: Plan | None = None) -> Membership:
    return prepaid.arrange(
        membership_id=uuid.uuid4(),
        client=client,
        plan=plan or house.plan,
        location=house.studio.location,
        now=timezone.now(),
    )


def months(membership: Membership, count: int) -> AskedLine:
    return AskedLine(kind="prepaid", item=membership.plan.code, instrument=str(membership.pk), quantity=count)


def pays_ahead(house: House, membership: Membership, count: int, payer: Client | None = None) -> Basket:
    desk = house.desk().rings_up(months(membership, count), client_id=(payer or membership.client).pk)
    assert desk.last is not None
    return desk.pays(external=desk.last.due_cents)


def grants(house: House, when: dt.datetime) -> None:
    house.goes_to(when)
    prepaid.GrantMonthsAhead().run(now=timezone.now())


def test_three_months_at_once_are_three_dated_grants_and_the_end(house: House) -> None:
    ada = arranged(house, builders.client())

    pays_ahead(house, ada, 3)
    assert balances() == {
        "1120 External terminal clearing": 237_00,
        "2220 Deferred member credits": -79_00,
        "2225 Deferred dues": -158_00,
    }
    house.books_are_clean()
    for n in (1, 2):
        grants(house, NOW + n * MONTH)
        assert len(credits_of(ada.client)) == n + 1
    assert balances() == {"1120 External terminal clearing": 237_00, "2220 Deferred member credits": -237_00}
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "paid"), ("2026-05-02", "paid")]
    assert again(ada).status == "active"

    grants(house, NOW + 3 * MONTH)
    found = again(ada)
    assert (found.status, found.end_reason, found.ends_on) == ("ended", "ran_out", dt.date(2026, 6, 2))
    assert credits_of(ada.client) == [(1, 79_00)] * 3
    house.books_are_clean()


def test_a_month_is_granted_once_however_often_the_job_runs(house: House) -> None:
    ada = arranged(house, builders.client())
    pays_ahead(house, ada, 3)
    for _ in range(3):
        grants(house, APRIL)
    assert len(credits_of(ada.client)) == 2


def test_months_of_uneven_cents_add_up_to_what_was_paid(house: House) -> None:
    location = house.studio.location
    location.prices_include_tax = True
    location.save()
    plan = builders.plan("taxed", 33_33, tax_point="sale")
    ada = arranged(house, builders.client(), plan)
    basket = pays_ahead(house, ada, 3)

    for n in (1, 2):
        grants(house, NOW + n * MONTH)

    assert sum(cents for _, cents in credits_of(ada.client)) == basket.sale.net_cents
    assert again(ada).ahead_cents == 0


def test_a_present_is_paid_by_one_and_used_by_the_other(house: House) -> None:
    giver, ada = builders.client("Bo Lee"), arranged(house, builders.client())

    basket = pays_ahead(house, ada, 2, payer=giver)

    assert basket.sale.client == giver
    assert (credits_of(giver), credits_of(ada.client)) == ([], [(1, 79_00)])
    assert again(ada).consent is None


def test_what_is_paid_ahead_is_never_charged_to_a_card(house: House) -> None:
    ada = arranged(house, builders.client())
    pays_ahead(house, ada, 2)
    saves = joins(house.studio.desk, ada.client, builders.plan("other", 10_00))
    saves_card(saves)

    for n in range(1, 4):
        house.bills(NOW + n * MONTH)
        grants(house, timezone.now())

    assert taken_cents(house.stripe) == 3 * 10_00
    assert again(ada).status == "ended"


def test_a_member_who_pays_ahead_is_charged_again_when_that_is_used_up(house: House) -> None:
    ada = house.member()
    house.goes_to(APRIL - dt.timedelta(days=3))
    house.bills()
    assert dues_of(ada)[1] == ("2026-04-02", "due")  # made ahead already
    pays_ahead(house, ada, 2)

    for n in (1, 2):
        grants(house, NOW + n * MONTH)
        assert counts(house.bills()) == {}
    assert again(ada).paid_until == dt.date(2026, 6, 2)

    assert counts(house.bills(NOW + 3 * MONTH)) == {"charged": 1, "charged_cents": 79_00}
    assert [status for _, status in dues_of(ada)] == ["paid"] * 4
    house.books_are_clean()


def test_who_is_past_due_pays_what_is_owed_and_months_ahead_in_one(house: House) -> None:
    ada = house.member(outcome="insufficient_funds")
    house.bills(APRIL)

    pays_ahead(house, ada, 2)

    found = again(ada)
    assert (found.status, found.paid_ahead, found.paid_until) == ("active", 1, dt.date(2026, 5, 2))
    house.books_are_clean()


def test_what_is_unused_of_months_paid_ahead_comes_back_together(house: House) -> None:
    ada = arranged(house, builders.client())
    basket = pays_ahead(house, ada, 3)
    house.desk().rings_up(
        builders.covered("deep-tissue-60", by=house.studio.ana, kind="credit"), client_id=ada.client_id
    ).pays()
    grants(house, APRIL)
    manager = house.studio.managers_desk.at(timezone.now())
    with pytest.raises(NotRefundable):
        manager.refunds(basket, (0, 1))

    manager.refunds(basket, (0, 3))

    assert balances() == {"1120 External terminal clearing": 79_00, "4010 Services": -79_00}
    found = again(ada)
    assert (found.status, found.paid_ahead, found.ahead_cents) == ("ended", 0, 0)
    grants(house, APRIL + MONTH)
    assert credits_of(ada.client) == []
    house.books_are_clean()


def test_a_sale_of_months_ahead_is_voided_as_a_whole_or_not_at_all(house: House) -> None:
    ada = arranged(house, builders.client())
    basket = pays_ahead(house, ada, 2)
    house.studio.managers_desk.voids(basket)
    assert (balances(), again(ada).status, credits_of(ada.client)) == ({}, "ended", [])

    ben = arranged(house, builders.client("Ben Fox"))
    basket = pays_ahead(house, ben, 2)
    house.desk().rings_up(
        builders.covered("deep-tissue-60", by=house.studio.ana, kind="credit"), client_id=ben.client_id
    ).pays()
    with pytest.raises(NotVoidable):
        house.studio.managers_desk.voids(basket)
    house.books_are_clean()


def test_months_are_paid_at_home_and_for_a_membership_that_lives(house: House) -> None:
    ada = arranged(house, builders.client())
    with pytest.raises(PaidElsewhere):
        house.desk().with_(house.studio.owner).at_location(beach()).rings_up(months(ada, 2))
    for count in (0, 25):
        with pytest.raises(BadInput):
            house.desk().rings_up(months(ada, count))
    Membership.objects.update(status="ended", ends_on=NOW.date(), end_reason="cancelled")
    with pytest.raises(NotMember):
        house.desk().rings_up(months(ada, 2))
