"""The owner's page: the figures of today large, under them this week day by day beside last week."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounting import pages, showing
from accounting.overview import MEASURES, Day, Measure, Overview, overview, sum_of
from accounting.ranges import DAY
from accounting.showing import Figure, ShownTable
from accounting.tables import Cell, Column, Form, Row, Table, total
from accounting.visitors import for_books
from ledger.snapshot import snapshot
from pos import offline_review
from studio.models import Location
from studio.plots import beside
from studio.refusal import BadInput

PLACES = (
    Column("location", "Location"),
    *(Column(one.name, one.title, one.form) for one in MEASURES),
)
MEMBERS = (
    Column("what", "Members"),
    Column("now", "This week", Form.COUNT),
    Column("before", "Last week", Form.COUNT, "Up to the same day of last week."),
    Column("change", "Change", Form.PERCENT),
)


@require_safe
@for_books
def page(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Today and this week at the locations whose books the person sees; `?location=` shows one of them."""
    here = _here(request.GET.get("location", ""), places)
    now = timezone.now()
    with snapshot() as using:
        found = overview(here, now=now, using=using)
    code = here[0].code if len(here) < len(places) else ""
    return pages.show(
        request,
        "overview",
        places=places,
        chosen=code,
        as_of=pages.moment(now.astimezone(here[0].zone)),
        clocks=pages.clocks_of(here),
        today=f"{found.today:%A} {found.today.day} {found.today:%B}",
        figures=list(figures(found, code)),
        tables=list(tables(found, code)),
        members=_members(found),
        by_place=_by_place(found) if len(here) > 1 else None,
        offline_waiting=offline_review.waiting(here).count(),
        rail=None,
    )


def _here(code: str, places: Sequence[Location]) -> list[Location]:
    here = [place for place in places if not code or place.code == code]
    if not here:
        raise BadInput("location", "There is no such location among those whose books you see.")
    return here


# Today ---------------------------------------------------------------------------------------------------------------


def figures(found: Overview, code: str) -> Iterator[tuple[Figure, str]]:
    """The sums of today with their change from the same day of last week, and where the rows behind each are."""
    day = found.days[-1]
    for one in MEASURES:
        now, before = sum_of(day.cells, one.name), sum_of(day.before, one.name)
        yield showing.figure(one.title, one.form, now, before), _address(one.report, day.on, day.on, code)
    crowd, was = found.members[day.on], found.members[day.before_on]
    yield showing.figure("Members", Form.COUNT, crowd.members, was.members), "/members/numbers/" + _at(code)


def _address(report: str, first: dt.date, last: dt.date, code: str) -> str:
    said = {"from": f"{first}", "to": f"{last}", **({"location": code} if code else {})}
    return f"/reports/{report}/?{urlencode(said)}"


def _at(code: str) -> str:
    return f"?{urlencode({'location': code})}" if code else ""


# The week ------------------------------------------------------------------------------------------------------------


def tables(found: Overview, code: str) -> Iterator[ShownTable]:
    """For each figure a plot of this week beside last week, and under it the table."""
    for one in MEASURES:
        rows = [_row(found, one, n, code) for n in range(len(found.days))]
        shown = showing.table(
            Table(one.name, one.title, _columns(one), rows, _total(rows), note=one.meaning), _zone(found)
        )
        yield replace(shown, plot=beside(f"{one.title}, this week beside last week", list(_bars(found, one))))


def _columns(one: Measure) -> tuple[Column, ...]:
    return (
        Column("day", "Day"),
        Column("now", "This week", one.form),
        Column("before", "Last week", one.form),
        Column("change", "Change", Form.PERCENT),
    )


def _row(found: Overview, one: Measure, n: int, code: str) -> Row:
    day = found.days[n]
    now, before = sum_of(day.cells, one.name), sum_of(day.before, one.name)
    so_far = " so far" if day.on == found.today else ""
    links = {"now": _address(one.report, day.on, day.on, code)}
    if not so_far:
        links["before"] = _address(one.report, day.before_on, day.before_on, code)
    cells: dict[str, Cell] = {"day": f"{day.on:%a} {day.on.day} {day.on:%b}{so_far}", "now": now, "before": before}
    return Row({**cells, "change": showing.changed_by(now, before)}, links)


def _total(rows: Sequence[Row]) -> Row:
    now, before = (sum(_int(row.cells[name]) for row in rows) for name in ("now", "before"))
    return Row({"day": "Week so far", "now": now, "before": before, "change": showing.changed_by(now, before)})


def _int(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


def _bars(found: Overview, one: Measure) -> Iterator[tuple[str, tuple[float, str], tuple[float, str]]]:
    """A pair for each day of the week; the coming ones are empty."""
    for day in found.days:
        now, before = sum_of(day.cells, one.name), sum_of(day.before, one.name)
        told, was = (showing.text_of(value, one.form, _zone(found)) for value in (now, before))
        named, before_named = f"{day.on:%a} {day.on.day} {day.on:%b}", f"{day.before_on.day} {day.before_on:%b}"
        yield f"{day.on:%a}", (now, f"{named}: {told}"), (before, f"{before_named}: {was}")
    yield from _coming(found)


def _coming(found: Overview) -> Iterator[tuple[str, tuple[float, str], tuple[float, str]]]:
    for n in range(len(found.days), 7):
        yield f"{found.monday + n * DAY:%a}", (0, ""), (0, "")


def _zone(found: Overview) -> ZoneInfo:
    return found.places[0].zone


# Members and locations -----------------------------------------------------------------------------------------------


def _members(found: Overview) -> ShownTable:
    now = [found.members[day.on] for day in found.days]
    before = [found.members[day.before_on] for day in found.days]
    counted = (
        ("At the end", now[-1].members, before[-1].members),
        ("Joined", sum(one.joined for one in now), sum(one.joined for one in before)),
        ("Left", sum(one.left for one in now), sum(one.left for one in before)),
    )
    rows = [
        Row({"what": what, "now": this, "before": last, "change": showing.changed_by(this, last)})
        for what, this, last in counted
    ]
    shown = showing.table(Table("members", "Members", MEMBERS, rows), _zone(found))
    bars = [(f"{day.on:%a}", _crowd(found, day.on), _crowd(found, day.before_on)) for day in found.days]
    bars += _coming(found)
    return replace(shown, plot=beside("Members at the end of each day, this week beside last week", bars))


def _crowd(found: Overview, on: dt.date) -> tuple[float, str]:
    members = found.members[on].members
    return members, f"{on.day} {on:%b}: {members}"


def _by_place(found: Overview) -> list[ShownTable]:
    """What each location did today, and in the week so far."""
    told = (("today", "Today by location", found.days[-1:]), ("week", "This week by location", found.days))
    return [showing.table(_places(found, name, title, days), _zone(found)) for name, title, days in told]


def _places(found: Overview, name: str, title: str, days: Sequence[Day]) -> Table:
    rows = []
    for place in found.places:
        here = [day.cells.get(place.pk, {}) for day in days]
        sums: dict[str, Cell] = {one.name: sum(cells.get(one.name, 0) for cells in here) for one in MEASURES}
        links = {one.name: _address(one.report, days[0].on, found.today, place.code) for one in MEASURES}
        rows.append(Row({**sums, "location": place.name}, links))
    return Table(name, title, PLACES, rows, total(PLACES, rows, location="All"))
