"""The accountant's pages: which reports there are, and each of them; the address is the whole question."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounting import ranges, showing
from accounting.answers import Answer, answer
from accounting.asking import Question, read
from accounting.filters import FILTERS
from accounting.kinds import Report, reports
from accounting.visitors import for_books
from studio.models import Business, Location


@require_safe
@for_books
def index(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Every report with what it answers; those of last month are a tap away."""
    return show(request, "index", groups=by_group(reports().values()))


@require_safe
@for_books
def report(request: HttpRequest, places: list[Location], slug: str) -> HttpResponse:
    """One report, asked as the address says; 404 for one that there is not, 400 for what can not be meant."""
    found = report_of(slug)
    now = timezone.now()
    question = read(request.GET, filters=found.filters, places=places, now=now)
    with answer(found, question, now=now) as told:
        context = _answered(told)
    return show(request, "report", report=found, **asked_for(question, found.filters, places), **context)


def show(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    """A page of the accountant, with the reports at its side."""
    around = {"business": Business.current(), "here": name, "rail": by_group(reports().values())}
    return render(request, f"accounting/{name}.html", {**around, **context})


def report_of(slug: str) -> Report:
    """The report of that part of the address; 404 for another one."""
    found = reports().get(slug)
    if found is None:
        raise Http404
    return found


def by_group(listed: Iterable[Report]) -> dict[str, list[Report]]:
    """The reports under their headings, both in the order of the settings."""
    groups: dict[str, list[Report]] = {}
    for one in listed:
        groups.setdefault(one.group, []).append(one)
    return groups


def asked_for(question: Question, filters: Sequence[str], places: Sequence[Location]) -> dict[str, Any]:
    """What the page's form and links need of the question."""
    asked = question.asked
    first = asked.places[0]
    return {
        "question": question,
        "along": _along(question),
        "asked": asked,
        "range": ranges.told((asked.starts_on, asked.ends_on)),
        "range_before": ranges.told(ranges.before((asked.starts_on, asked.ends_on))),
        "presets": [_preset(question, name, title) for name, (title, _) in ranges.PRESETS.items()],
        "choices": _choices(question, filters, places),
        "clocks": clocks_of(asked.places),
        "policies": [(place.name, policies_of(place)) for place in asked.places],
        "zone": first.time_zone,
    }


def _answered(told: Answer) -> dict[str, Any]:
    zone = told.question.asked.places[0].zone
    return {
        "figures": showing.figures(told),
        "tables": showing.tables(told),
        "as_of": moment(told.as_of.astimezone(zone)),
        "dated": "?" + urlencode(told.question.dated),
    }


def _along(question: Question) -> str:
    """What goes along to another report: the days and the place."""
    kept = {name: question.said[name] for name in ("preset", "from", "to", "location") if name in question.said}
    return f"?{urlencode(kept)}" if kept else ""


def moment(at: dt.datetime) -> str:
    """A moment on its own clock: "1 Nov 2026, 08:15 EST"."""
    return f"{at.day} {at:%b %Y, %H:%M} {at:%Z}"


def _preset(question: Question, name: str, title: str) -> dict[str, Any]:
    address = question.address(**{"preset": name, "from": "", "to": ""})
    return {"title": title, "address": address, "is_here": question.preset == name}


def _choices(question: Question, filters: Sequence[str], places: Sequence[Location]) -> list[dict[str, Any]]:
    """The filters with a list to choose from, and what is chosen; a single location is no choice."""
    named = [FILTERS["location"], *(FILTERS[name] for name in filters)]
    found = [(one, one.choices(places)) for one in named]
    return [
        {"filter": one, "choices": choices, "chosen": question.said.get(one.name, "")}
        for one, choices in found
        if len(choices) > 1 or question.said.get(one.name)
    ]


def clocks_of(places: Sequence[Location]) -> list[str]:
    """When the business day of each location ends: "America/New_York · business day ends 03:00"; equals are one."""
    by_end: dict[str, list[str]] = {}
    for place in places:
        ends = "at midnight" if place.day_cutoff == dt.time(0) else f"{place.day_cutoff:%H:%M}"
        zones = by_end.setdefault(ends, [])
        if place.time_zone not in zones:
            zones.append(place.time_zone)
    return [f"{', '.join(zones)} · business day ends {ends}" for ends, zones in by_end.items()]


def policies_of(place: Location) -> str:
    """How the location counts, in a sentence; printed with every report."""
    prices = "Prices include tax" if place.prices_include_tax else "Tax is added to prices"
    rounding = f"tax is rounded {place.get_tax_rounding_display()}, cash {place.get_cash_rounding_display()}"
    return f"{prices}; {rounding}."
