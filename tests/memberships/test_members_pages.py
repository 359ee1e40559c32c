"""The owner's pages about members: who sees whom, what the filters find, figures that add up to the rows."""

import datetime as dt
import html
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils import timezone

from memberships import figures
from memberships.figures import Month
from memberships.models import Cancellation, Membership
from studio.models import Grant, Location, Staff
from studio.plots import plot
from tests.builders import NOW, beach
from tests.memberships import builders
from tests.memberships.changing import cancels, freezes_for, hour_passes, morning
from tests.memberships.members import House


@dataclass
class Office:
    """Somebody's browser at the back office."""

    browser: Browser = field(default_factory=Browser)
    answer: Any = None

    def opens(self, path: str) -> int:
        self.answer = self.browser.get(path)
        return int(self.answer.status_code)

    def says(self) -> str:
        inner = re.sub(r"<(head|select)\b.*?</\1>", " ", self.answer.content.decode(), flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inner)).split())

    def names(self) -> list[str]:
        """Who is in the list."""
        return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', self.answer.content.decode())


def signed_on(staff: Staff) -> Office:
    staff.is_staff = True
    staff.save()
    office = Office()
    office.browser.force_login(staff)
    return office


@pytest.fixture
def office(house: House) -> Office:
    """The owner's."""
    return signed_on(house.studio.owner)


@pytest.fixture
def five(house: House) -> dict[str, Membership]:
    """One of each state, by their names."""
    builders.plan("double", 139_00, credits_per_cycle=2)
    made = {name: house.member(name) for name in ("Ada", "Ben", "Cleo", "Eve")}
    made["Dan"] = house.member("Dan", outcome="insufficient_funds")
    freezes_for(made["Ben"], 1)
    house.goes_to(morning(2026, 3, 12))
    cancels(made["Cleo"], note="moves to Rome")
    hour_passes(house, morning(2026, 4, 2))
    Membership.objects.filter(pk=made["Eve"].pk).update(status="joining")
    house.bills(morning(2026, 4, 2))
    return made


def test_the_address_says_which_members_are_listed(house: House, five: dict[str, Membership]) -> None:
    office = signed_on(house.studio.owner)
    everybody = ["Ada", "Ben", "Dan"]
    found = {
        "": everybody,
        "?state=active": ["Ada"],
        "?state=frozen": ["Ben"],
        "?state=past_due": ["Dan"],
        "?state=joining": ["Eve"],
        "?state=ended": ["Cleo"],
        "?state=nonsense": everybody,
        "?plan=double": [],
        "?plan=monthly&state=active": ["Ada"],
        "?location=UPT&name=BEN": ["Ben"],
        "?location=BCH": [],
        "?name=ada%40example": ["Ada"],
        "?page=99": everybody,
    }
    listed = {}
    for query in found:
        assert office.opens(f"/members/{query}") == 200
        listed[query] = office.names()
    assert listed == found


def test_who_has_cancelled_is_ending_until_the_day(office: Office, house: House) -> None:
    member = house.member()
    house.goes_to(morning(2026, 3, 12))
    cancels(member)
    signed = signed_on(house.studio.owner)
    signed.opens("/members/?state=ending")
    assert signed.names() == ["Ada"]
    assert "Ending April 2, 2026" in signed.says()
    signed.opens("/members/?state=active")
    assert signed.names() == []


def test_the_page_of_a_member_tells_all_that_happened_and_why(house: House, five: dict[str, Membership]) -> None:
    office = signed_on(house.studio.owner)
    office.opens(f"/members/{five['Cleo'].pk}/")

    told = office.says()
    number = Cancellation.objects.get().number
    assert f"{number} April 2, 2026 the client&#x27;s wish moves to Rome".replace("&#x27;", "'") in told
    assert "March 2, 2026 to April 2, 2026 $79.00 paid" in told
    office.opens(f"/members/{five['Dan'].pk}/")
    assert "insufficient_funds" in office.says()
    office.opens(f"/members/{five['Ben'].pk}/")
    assert "April 2, 2026 May 2, 2026 ordinary the client" in office.says()


def test_each_sees_the_members_of_the_locations_whose_books_they_see(house: House) -> None:
    there = house.member("Ben")
    house.member("Ada")
    Membership.objects.filter(pk=there.pk).update(location=beach())
    accountant = Staff.objects.create_user("ines", display_name="Ines")
    Grant.objects.create(
        staff=accountant, group=Group.objects.get(name="accountant"), location=Location.objects.get(code="BCH")
    )
    office = signed_on(accountant)

    office.opens("/members/")
    assert office.names() == ["Ben"]
    assert office.opens(f"/members/{there.pk}/") == 200
    assert office.opens(f"/members/{Membership.objects.get(client__name='Ada').pk}/") == 404
    office.opens("/members/?location=UPT")
    assert office.names() == []
    assert office.opens("/members/billing/") == 403  # it tells of all locations


@pytest.mark.parametrize("path", ["/members/", "/members/billing/", "/members/numbers/"])
def test_who_does_not_see_the_books_sees_nothing(house: House, path: str) -> None:
    assert signed_on(house.studio.desk_person).opens(path) == 403
    nobody = Office()
    assert nobody.opens(path) == 302
    assert nobody.answer["Location"].startswith("/accounts/login/")
    assert Office().browser.post(path).status_code in (302, 405)


def test_runs_are_shown_with_what_was_declined(house: House, five: dict[str, Membership]) -> None:
    office = signed_on(house.studio.owner)
    office.opens("/members/billing/")

    assert "April 2, 2026" in office.says()
    assert "$79.00" in office.says()


def test_figures_of_a_month_are_those_of_its_rows(house: House) -> None:
    house.member("Ada")
    ben = house.member("Ben")
    house.goes_to(morning(2026, 3, 12))
    cancels(ben)
    builders.visits(house.desk(), house.studio, ben.client, kind="credit")
    hour_passes(house, morning(2026, 4, 2))
    house.bills(morning(2026, 4, 2))
    march, april = figures.months([house.studio.location], now=timezone.now())[-2:]

    assert march == Month(dt.date(2026, 3, 1), 2, 158_00, 0, 2, 0, 1, 79_00, 0, 0)
    assert april == Month(dt.date(2026, 4, 1), 1, 79_00, 2, 0, 1, 2, 158_00, 0, 0)
    assert (march.churn_percent, april.churn_percent) == (None, 50.0)


def test_sessions_of_packages_are_owed_apart_from_credits(house: House) -> None:
    builders.package()
    builders.buys(house.desk(), builders.client("Ada"))
    last = figures.months([house.studio.location], now=timezone.now())[-1]
    assert (last.credits, last.sessions, last.sessions_cents) == (0, 5, 450_00)


def test_bars_have_their_table_under_them(house: House, office: Office) -> None:
    house.member()
    office.opens("/members/numbers/")
    page = office.answer.content.decode()

    assert page.count("<svg viewBox") == 3 + 1  # and the mark
    assert page.count("<rect") == 36
    assert "March 2026: $79.00" in page
    assert "March 2026 1 $79.00 0 1 0 – 1 $79.00 0 $0.00" in office.says()
    assert "<script" not in page


def test_twelve_months_need_the_same_few_questions_however_many_members(
    house: House, django_assert_max_num_queries: Any
) -> None:
    for name in ("Ada", "Ben", "Cleo"):
        house.member(name)
    with django_assert_max_num_queries(5):
        assert len(figures.months([house.studio.location], now=NOW)) == 12


def test_the_highest_bar_fills_the_plot_and_none_is_below_the_line() -> None:
    drawn = plot("Dues", [("Jan", 50, ""), ("Feb", 200, ""), ("Mar", -10, ""), ("Apr", 0, "")])
    assert [(bar.height, bar.y + bar.height) for bar in drawn.bars] == [(50, 200), (200, 200), (0, 200), (0, 200)]
    assert [bar.height for bar in plot("Nothing", [("Jan", 0, "")]).bars] == [0]
    assert plot("Empty", []).bars == []


def test_members_of_a_day_are_those_of_its_month(house: House, five: dict[str, Membership]) -> None:
    place, today = house.studio.location, house.studio.location.business_date(timezone.now())
    month = figures.months([place], now=timezone.now())[-1]
    first = month.starts_on
    days = [first + dt.timedelta(days=n) for n in range(-1, (today - first).days + 1)]
    crowds = figures.crowds([place], days, using="default")
    assert crowds[days[0]].members == month.members
    within = [crowds[day] for day in days[1:]]
    assert (sum(one.joined for one in within), sum(one.left for one in within)) == (month.joined, month.left)
    assert crowds[today].members == month.members + month.joined - month.left
    assert month.joined + month.members > 0
