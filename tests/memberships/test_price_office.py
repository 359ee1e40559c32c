"""The owner's page for another price: who would be told is seen first, and only then somebody is."""

import datetime as dt

import pytest

from jobs.models import OutboxMail
from memberships.models import Change, Plan
from tests.memberships.members import House
from tests.memberships.test_members_pages import Office, signed_on

PAGE = "/members/prices/"


@pytest.fixture
def office(house: House) -> Office:
    """Of somebody who may add plans in the back office."""
    house.studio.owner.is_superuser = True
    return signed_on(house.studio.owner)


def wish(house: House, price: str = "89.00", days: int = 30) -> dict[str, str]:
    return {"plan": house.plan.code, "price": price, "days": str(days)}


def test_who_is_told_and_from_when_on_is_seen_before_anybody_is(house: House, office: Office) -> None:
    ada = house.member("Ada")
    mails = OutboxMail.objects.count()

    assert office.opens(f"{PAGE}?plan={house.plan.code}&price=89.00&days=30") == 200

    assert "$89.00 instead of $79.00" in office.says()
    assert "Ada" in office.says()
    assert "April 2, 2026" in office.says()
    assert (Plan.objects.count(), Change.objects.count(), OutboxMail.objects.count()) == (1, 0, mails)
    assert office.names() == [ada.client.name]


def test_the_button_sells_the_new_price_and_tells_the_members(house: House, office: Office) -> None:
    ada = house.member("Ada")

    answer = office.browser.post(PAGE, wish(house))

    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert Plan.objects.get(is_on_sale=True).price_cents == 89_00
    change = Change.objects.get(membership=ada)
    assert (change.effective_on, change.asked_by) == (dt.date(2026, 4, 2), house.studio.owner)
    assert OutboxMail.objects.filter(dedupe=f"plan-version:{change.pk}").exists()
    office.opens(PAGE)
    assert "costs $89.00 from now on" in office.says()


@pytest.mark.parametrize(
    ("price", "days", "says"),
    [
        ("free", 30, "Say what a period costs"),
        ("89.005", 30, "Say what a period costs"),
        ("NaN", 30, "Say what a period costs"),
        ("79", 30, "That is what it costs already."),
        ("89", 3, "Members are told 7 to 30 days ahead."),
    ],
)
def test_what_can_not_be_announced_is_said_and_changes_nothing(
    house: House, office: Office, price: str, days: int, says: str
) -> None:
    house.member("Ada")

    answer = office.browser.post(PAGE, wish(house, price, days))

    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert Plan.objects.get().price_cents == 79_00


def test_only_who_may_add_plans_sees_the_page(house: House) -> None:
    assert signed_on(house.studio.manager).opens(PAGE) == 403
    assert Office().opens(PAGE) == 302
