"""The checks of dues find what is wrong, and nothing else."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from ledger.checks import Problem
from memberships import duechecks
from memberships.models import Due, Membership, SessionLot
from tests.builders import NOW
from tests.memberships.members import House

Check = Callable[..., Iterator[Problem]]


def found(check: Check) -> int:
    return len(list(check(using="default", now=timezone.now())))


@pytest.mark.parametrize(
    ("check", "harm"),
    [
        (duechecks.check_paid_dues_have_granted, lambda: Due.objects.update(sale_key="")),
        (duechecks.check_paid_dues_have_granted, lambda: SessionLot.objects.update(due_key="")),
        (duechecks.check_paid_dues_have_granted, lambda: Due.objects.update(status="waived")),
        (duechecks.check_paid_months_count, lambda: Membership.objects.update(paid_until=NOW.date())),
        (duechecks.check_months_ahead_are_in_the_books, lambda: Membership.objects.update(ahead_cents=1)),
    ],
)
def test_a_due_that_went_wrong_is_found(house: House, check: Check, harm: Callable[[], object]) -> None:
    house.member()
    assert found(check) == 0
    harm()
    assert found(check) == 1


def test_billing_leaves_nothing_to_find(house: House) -> None:
    house.member()
    house.member("Ben", outcome="insufficient_funds")
    house.bills(NOW + dt.timedelta(days=31))
    checks = (
        duechecks.check_paid_dues_have_granted,
        duechecks.check_paid_months_count,
        duechecks.check_months_ahead_are_in_the_books,
    )
    assert [found(check) for check in checks] == [0, 0, 0]
