"""Who else uses what a member has paid (R33): the household, and guests three times a year for the difference."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.models import OutboxMail
from ledger.journal import balances
from memberships import household
from memberships.household import HouseholdFull, NotShared
from memberships.models import MemberPrice, Membership, Plan, SessionLot, Users
from pos.models import Client, Item
from tests.books import books_are_clean
from tests.memberships import builders
from tests.memberships.changing import AT_DESK, mails_are_sent, morning
from tests.memberships.members import House


@pytest.fixture
def ada(house: House) -> Membership:
    """A member with five credits; further treatments cost her $85 instead of $100."""
    plan = builders.plan("five", 400_00, credits_per_cycle=5)
    MemberPrice.objects.create(plan=plan, item=Item.objects.get(code="deep-tissue-60"), price_cents=85_00)
    return house.member("Ada", card="", plan=plan)


def adds(owner: Client, member: Client) -> None:
    with transaction.atomic():
        household.add(owner=owner, member=member, asker=AT_DESK, now=timezone.now())


def test_a_household_has_four_members_at_most(ada: Membership) -> None:
    family = [builders.client(f"Member{number} Reyes") for number in range(5)]
    for member in family[:4]:
        adds(ada.client, member)
    adds(ada.client, family[0])

    with pytest.raises(HouseholdFull):
        adds(ada.client, family[4])
    with transaction.atomic():
        household.remove(owner=ada.client, member_id=family[0].pk, asker=AT_DESK, now=timezone.now())
    adds(ada.client, family[4])

    assert household.members_of(ada.client) == family[1:]


def test_the_household_pays_nothing_on_top_and_the_owner_gets_a_mail(house: House, ada: Membership) -> None:
    ben = builders.client("Ben Reyes")
    adds(ada.client, ben)

    sold = builders.visits(house.desk(), house.studio, ben, kind="credit")

    assert sold.lines[0].upcharge_cents == 0
    (mail,) = OutboxMail.objects.filter(subject="Ben Reyes used one of your sessions")
    assert (mail.to, "4 are left of it" in mail.text) == ("ada@example.com", True)
    assert balances()["4010 Services"] == -80_00
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_the_owner_gets_no_mail_for_what_they_use_themselves(house: House, ada: Membership) -> None:
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")

    assert not OutboxMail.objects.filter(subject__contains="used one").exists()


def uses_as_guest(house: House, guest: Client, lot: SessionLot) -> int:
    """What the guest has paid on top, in cents."""
    sold = builders.visits(house.desk(), house.studio, guest, kind="credit", lot=lot)
    return int(sold.lines[0].upcharge_cents)


def test_a_guest_pays_the_list_price_less_the_member_price_three_times_a_year(house: House, ada: Membership) -> None:
    gus, lot = builders.client("Gus Ford"), SessionLot.objects.get(client=ada.client)

    assert [uses_as_guest(house, gus, lot) for _ in range(3)] == [15_00, 15_00, 15_00]
    assert OutboxMail.objects.filter(subject="Gus Ford used one of your sessions").count() == 3
    with pytest.raises(NotShared, match="3 sessions in twelve months"):
        uses_as_guest(house, gus, lot)
    assert uses_as_guest(house, builders.client("Hal Ford"), lot) == 15_00  # another guest is another matter
    assert balances()["4010 Services"] == -4 * (80_00 + 15_00)
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_what_a_guest_gave_back_does_not_count(house: House, ada: Membership) -> None:
    gus, lot = builders.client("Gus Ford"), SessionLot.objects.get(client=ada.client)
    first = builders.visits(house.desk(), house.studio, gus, kind="credit", lot=lot)
    house.studio.managers_desk.at(timezone.now()).refunds(first, (0, 1))

    assert household.guest_uses(lot, gus, on=dt.date(2026, 3, 2)) == 0


def test_twelve_months_later_it_begins_anew(house: House, ada: Membership) -> None:
    gus, lot = builders.client("Gus Ford"), SessionLot.objects.get(client=ada.client)
    for _ in range(3):
        uses_as_guest(house, gus, lot)

    assert household.guest_uses(lot, gus, on=dt.date(2027, 3, 1)) == 3
    assert household.guest_uses(lot, gus, on=dt.date(2027, 3, 3)) == 0


def test_a_plan_for_the_owner_only_is_for_nobody_else(house: House, ada: Membership) -> None:
    Plan.objects.update(users=Users.OWNER)
    ben, lot = builders.client("Ben Reyes"), SessionLot.objects.get(client=ada.client)
    adds(ada.client, ben)

    with pytest.raises(NotShared, match="only"):
        uses_as_guest(house, ben, lot)
    house.goes_to(morning(2026, 3, 3))
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")
