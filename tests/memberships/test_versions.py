"""Another price (R25, R32): a new version, told ahead, begun at a renewal; and a reminder each year."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.models import OutboxMail
from memberships import versions
from memberships.changes import NotChangeable
from memberships.models import Change, MemberPrice, Membership, Plan
from pos.models import Item
from studio.refusal import BadInput
from tests.memberships import builders
from tests.memberships.changing import AT_DESK, cancels, changes_to, hour_passes, keeps_plan, morning
from tests.memberships.members import House, again, dues_of


@pytest.fixture
def ada(house: House) -> Membership:
    """Pays $79 by card, on the 2nd."""
    return house.member("Ada")


def announces(cents: int, *, days: int = 14) -> Plan:
    with transaction.atomic():
        return versions.announce("monthly", notice_days=days, asker=AT_DESK, now=timezone.now(), price_cents=cents)


def test_a_new_price_counts_from_the_first_renewal_after_the_notice(house: House, ada: Membership) -> None:
    house.goes_to(morning(2026, 3, 25))

    new = announces(89_00)

    change = Change.objects.get()
    assert change.effective_on == dt.date(2026, 5, 2)  # 2 April is less than 14 days away
    house.bills(morning(2026, 4, 2))
    assert again(ada).plan.version == 1
    house.bills(morning(2026, 5, 2))
    assert [due.amount_cents for due in ada.dues.order_by("starts_on")] == [79_00, 79_00, 89_00]
    assert again(ada).plan == new
    assert again(ada).consent.plan.version == 1
    assert dues_of(ada)[-1] == ("2026-05-02", "paid")


def test_a_notice_that_is_over_by_the_renewal_counts_from_that_one(house: House, ada: Membership) -> None:
    house.goes_to(morning(2026, 3, 26))

    announces(89_00, days=7)

    assert Change.objects.get().effective_on == dt.date(2026, 4, 2)


def test_members_are_told_what_they_pay_from_when_and_how_to_leave(house: House, ada: Membership) -> None:
    announces(89_00)

    (mail,) = OutboxMail.objects.filter(to="ada@example.com", subject__startswith="Monthly changes")
    assert "from April 2, 2026 on, Monthly costs $89.00 instead of $79.00" in mail.text
    assert "you can cancel before that day" in mail.text
    assert "I pay $89.00" in mail.text


def test_the_new_version_is_sold_from_now_on_with_all_that_the_old_one_had(house: House) -> None:
    table = Item.objects.get(code="deep-tissue-60")
    MemberPrice.objects.create(plan=house.plan, item=table, price_cents=85_00)

    new = announces(89_00)

    assert (new.version, new.price_cents, new.is_on_sale) == (2, 89_00, True)
    assert not again(house.plan).is_on_sale
    assert list(new.items.all()) == [table]
    assert [(row.item, row.price_cents) for row in new.member_prices.all()] == [(table, 85_00)]
    assert again(house.plan).member_prices.count() == 1


def test_told_is_7_to_30_days_ahead(house: House) -> None:
    for days in (6, 31):
        with pytest.raises(BadInput, match="7 to 30"):
            announces(89_00, days=days)


def test_who_leaves_or_changes_anyway_is_left_alone(house: House, ada: Membership) -> None:
    bo = house.member("Bo", card="")
    changes_to(bo, builders.plan("plus", 100_00))
    house.goes_to(morning(2026, 3, 20))
    cancels(ada)

    announces(89_00)

    assert [change.to_plan.code for change in Change.objects.filter(status="pending")] == ["plus"]


def test_what_all_were_told_of_can_not_be_taken_back_by_one(house: House, ada: Membership) -> None:
    announces(89_00)

    with pytest.raises(NotChangeable, match="told of"):
        keeps_plan(ada)


def test_a_second_announcement_replaces_the_first(house: House, ada: Membership) -> None:
    announces(89_00)
    last = announces(95_00)

    assert {one.to_plan.version: one.status for one in Change.objects.all()} == {2: "replaced", 3: "pending"}
    house.bills(morning(2026, 4, 2))
    assert again(ada).plan == last


def test_every_year_members_are_reminded_what_they_pay(house: House, ada: Membership) -> None:
    hour_passes(house, morning(2026, 9, 2))
    assert not OutboxMail.objects.filter(subject="Your membership").exists()

    hour_passes(house, morning(2027, 3, 2))
    hour_passes(house, morning(2027, 3, 4))

    (mail,) = OutboxMail.objects.filter(subject="Your membership")
    assert "a member since March 2, 2026. Monthly costs $79.00 every month" in mail.text


def test_who_joined_on_29_february_is_reminded_on_1_march(house: House) -> None:
    house.goes_to(morning(2028, 2, 29))
    house.member("Leap", card="")

    hour_passes(house, morning(2029, 3, 1))

    assert OutboxMail.objects.filter(subject="Your membership", to="leap@example.com").count() == 1
