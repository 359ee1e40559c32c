"""Periods are counted from the day somebody joined and never drift (R26, N11)."""

import datetime as dt
from fractions import Fraction
from itertools import pairwise

import pytest

from memberships import periods
from memberships.models import Membership, Plan
from memberships.periods import Period

D = dt.date.fromisoformat


@pytest.mark.parametrize(
    ("anchor", "months", "day"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-12-30", 2, "2024-02-29"),
        ("2026-03-15", -2, "2026-01-15"),
        ("2026-03-15", 0, "2026-03-15"),
    ],
)
def test_a_day_some_months_later_is_the_anchors_or_the_last_of_the_month(anchor: str, months: int, day: str) -> None:
    assert periods.day_after(D(anchor), months) == D(day)


def test_who_joins_on_the_31st_is_charged_on_the_last_day_of_short_months_and_on_the_31st_again() -> None:
    found = [periods.period(D("2026-01-31"), n) for n in range(4)]
    assert found == [
        Period(D("2026-01-31"), D("2026-02-28")),
        Period(D("2026-02-28"), D("2026-03-31")),
        Period(D("2026-03-31"), D("2026-04-30")),
        Period(D("2026-04-30"), D("2026-05-31")),
    ]


def test_periods_of_several_months_follow_each_other_without_gaps() -> None:
    found = [periods.period(D("2024-11-30"), n, months=3) for n in range(40)]
    assert all(one.ends_on == two.starts_on for one, two in pairwise(found))
    assert found[1] == Period(D("2025-02-28"), D("2025-05-30"))


@pytest.mark.parametrize("anchor", ["2024-01-31", "2024-02-29", "2023-08-30", "2026-03-15"])
def test_a_period_that_starts_where_the_last_ended_is_the_next_of_the_anchor(anchor: str) -> None:
    starts_on = D(anchor)
    for n in range(60):
        expected = periods.period(D(anchor), n)
        assert periods.starting(D(anchor), starts_on) == expected
        starts_on = expected.ends_on


@pytest.mark.parametrize(
    ("on", "months"), [("2026-02-27", 0), ("2026-02-28", 1), ("2026-03-30", 1), ("2026-01-30", -1)]
)
def test_months_are_counted_when_they_are_whole(on: str, months: int) -> None:
    assert periods.months_since(D("2026-01-31"), D(on)) == months


def test_what_is_left_of_a_period_is_counted_in_days() -> None:
    april = Period(D("2026-04-01"), D("2026-05-01"))
    assert april.left(D("2026-04-16")) == Fraction(15, 30)
    assert (april.left(D("2026-03-01")), april.left(D("2026-06-01"))) == (1, 0)


@pytest.mark.parametrize(
    ("on", "starts_on", "ends_on"),
    [
        ("2026-02-27", "2026-01-31", "2026-02-28"),
        ("2026-02-28", "2026-02-28", "2026-03-31"),
        ("2026-05-30", "2026-04-30", "2026-05-31"),
        ("2025-12-31", "2025-12-31", "2026-01-31"),
    ],
)
def test_the_period_of_a_day_is_found_however_far_it_is_paid(on: str, starts_on: str, ends_on: str) -> None:
    member = Membership(plan=Plan(interval_months=1), anchor_on=D("2026-01-31"), paid_until=D("2026-03-31"))
    assert periods.current_period(member, on=D(on)) == Period(D(starts_on), D(ends_on))


def test_the_next_period_starts_where_the_paid_ones_end() -> None:
    member = Membership(plan=Plan(interval_months=3), anchor_on=D("2026-01-31"), paid_until=D("2026-02-28"))
    assert periods.next_period(member) == Period(D("2026-02-28"), D("2026-05-31"))
