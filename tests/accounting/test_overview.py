"""The owner's page: its figures are those of the reports, and last week stops at the same time of day."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.asked import Asked
from accounting.overview import MEASURES, Overview, overview, sum_of
from accounting.reports.daily import SOLD, USED, DailySales
from accounting.reports.therapists import SalesByTherapist
from accounting.reports.tips import Tips
from studio.models import Location
from tests.accounting.office import Books, signed_on
from tests.builders import NOW, Studio, beach, of, person, tip
from tests.giftcards.cards import card_for

DAY = dt.timedelta(days=1)
TUESDAY = NOW + DAY
"""Ten in the morning in New York."""


def seen(*places: Location, now: dt.datetime = TUESDAY) -> Overview:
    return overview(places, now=now, using="default")


def told(found: Overview, name: str) -> list[tuple[int, int]]:
    """The figure of each day of this week, and of the same day of last week."""
    return [(sum_of(day.cells, name), sum_of(day.before, name)) for day in found.days]


def sells(studio: Studio, at: dt.datetime, *, tip_cents: int = 0) -> None:
    tips = (tip(studio.ana, tip_cents),) if tip_cents else ()
    studio.desk.at(at).rings_up(of("ashiatsu-60", by=studio.ana), tips=tips).pays(cash=110_00 + tip_cents)


@pytest.fixture
def busy(studio: Studio) -> Studio:
    """Sales on both Mondays and Tuesdays, one of last Tuesday later than ten; a gift card, a refund, a void."""
    studio.desk.at(NOW - 8 * DAY).opens_drawer(500_00)
    for at in (NOW - 7 * DAY, TUESDAY - 7 * DAY, TUESDAY - 7 * DAY + dt.timedelta(minutes=1), NOW, TUESDAY):
        sells(studio, at, tip_cents=20_00)
    managers = studio.managers_desk.at(NOW)
    managers.rings_up(card_for(50_00)).pays(cash=50_00)
    managers.refunds(managers.rings_up(of("deep-tissue-60", by=studio.bo)).pays(cash=100_00), (0, 1))
    managers.voids(managers.rings_up(of("deep-tissue-60", by=studio.bo)).pays(cash=100_00))
    return studio


def test_last_week_stops_at_the_same_time_of_day(busy: Studio) -> None:
    found = seen(busy.location)
    assert told(found, "net_cents") == [(110_00, 110_00), (110_00, 110_00)]
    assert told(found, "visits") == [(1, 1), (1, 1)]
    later = seen(busy.location, now=TUESDAY + dt.timedelta(minutes=2))
    assert told(later, "net_cents")[-1] == (110_00, 220_00)
    assert told(later, "visits")[-1] == (1, 2)


def test_its_figures_are_those_of_the_reports(busy: Studio) -> None:
    found = seen(busy.location)
    asked = Asked(found.monday, found.today + DAY, (busy.location,))
    (days,) = DailySales().tables(asked, using="default")
    assert days.total is not None
    of_report = days.total.cells
    week = {one.name: sum(sum_of(day.cells, one.name) for day in found.days) for one in MEASURES}
    (tips,) = Tips().tables(asked, using="default")
    (therapists,) = SalesByTherapist().tables(asked, using="default")
    assert tips.total is not None
    assert therapists.total is not None
    assert week == {
        "net_cents": of_report["net_cents"],
        "visits": therapists.total.cells["sessions"],
        "tips_cents": tips.total.cells["tips_cents"],
        "prepaid_sold_cents": sum(int(str(of_report[name])) for name in SOLD),
        "prepaid_used_cents": -sum(int(str(of_report[name])) for name in USED),
        "collected_cents": of_report["collected_cents"],
    }
    assert week["prepaid_sold_cents"] == 50_00
    assert week["collected_cents"] == 310_00


def test_each_location_ends_last_week_on_its_own_clock(busy: Studio) -> None:
    there = beach()
    there.time_zone = "America/Los_Angeles"
    there.save()
    found = seen(busy.location, there)
    assert {place: cells["net_cents"] for place, cells in found.days[-1].cells.items()} == {busy.location.pk: 110_00}
    assert told(found, "net_cents") == told(seen(busy.location), "net_cents")


def test_an_hour_that_the_clocks_were_set_by_does_not_count(studio: Studio) -> None:
    # New York's clocks went forward on 8 March: ten o'clock was 15:00 UTC before and is 14:00 UTC now.
    studio.desk.opens_drawer(100_00)
    sells(studio, NOW)
    found = seen(studio.location, now=NOW + 7 * DAY - dt.timedelta(hours=1))
    assert told(found, "net_cents") == [(0, 110_00)]
    assert told(seen(studio.location, now=NOW + 7 * DAY - dt.timedelta(hours=1, minutes=1)), "net_cents") == [(0, 0)]


def test_it_asks_as_much_for_many_locations_as_for_one(busy: Studio) -> None:
    counts = []
    for places in ([busy.location], [busy.location, beach()]):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            seen(*places)
        counts.append(len(asked))
    assert counts == [5, 5]


# The page ------------------------------------------------------------------------------------------------------------


def page(studio: Studio, address: str = "/overview/") -> Books:
    books = signed_on(studio.owner)
    assert books.opens(address) == 200
    return books


def test_every_figure_leads_to_its_rows(studio: Studio) -> None:
    books = page(studio)
    links = [link for link in books.links() if link.startswith("/reports/") and "from=" in link]
    assert links
    assert [books.opens(link) for link in dict.fromkeys(links)] == [200] * len(set(links))


def test_one_location_can_be_looked_at_alone(studio: Studio) -> None:
    beach()
    books = page(studio, "/overview/?location=UPT")
    assert "Today by location" not in books.says()
    assert any("location=UPT" in link for link in books.links())
    assert books.opens("/overview/?location=XXX") == 400


def test_whoever_does_not_see_the_books_does_not_see_it(studio: Studio) -> None:
    assert signed_on(studio.desk_person).opens("/overview/") == 403
    assert signed_on(person("acca", role="accountant")).opens("/overview/") == 200
    assert Books().opens("/overview/") == 302
