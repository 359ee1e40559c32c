"""Many rows in one guarded statement: what changed meanwhile is left as it is."""

import datetime as dt

import pytest

from payments.models import Pace
from studio.models import Location
from studio.rewriting import update_each
from tests.builders import Studio
from tests.memberships import builders

pytestmark = pytest.mark.django_db


def test_each_row_gets_values_of_its_own(studio: Studio) -> None:
    ada, ben = builders.client("Ada"), builders.client("Ben")
    ada.name, ben.name = "Ada Byron", "Ben O'Neil"

    assert update_each([ada, ben], ["name"], where={}) == {ada.pk, ben.pk}
    for client in (ada, ben):
        name = client.name
        client.refresh_from_db()
        assert client.name == name


def test_a_row_that_is_no_longer_as_it_was_is_left(studio: Studio) -> None:
    ada, ben = builders.client("Ada", email="a@example.com"), builders.client("Ben", email="b@example.com")
    type(ben).objects.filter(pk=ben.pk).update(email="new@example.com")
    ada.name, ben.name = "Ada Byron", "Benjamin"

    assert update_each([ada, ben], ["name"], where={}, same=["email"]) == {ada.pk}
    ben.refresh_from_db()
    assert ben.name == "Ben"


def test_where_takes_one_value_several_or_none(studio: Studio) -> None:
    location = Location.objects.get(pk=studio.location.pk)
    location.name = "Uptown"

    assert update_each([location], ["name"], where={"is_active": False}) == set()
    assert update_each([location], ["name"], where={"is_active": (True, False)}) == {location.pk}


def test_days_moments_and_nothing_are_kept_as_they_are(studio: Studio) -> None:
    ada = builders.member("11111111-1111-4111-8111-111111111111", builders.client(), code=builders.plan().code)
    ada.ends_on, ada.end_reason, ada.cancelled_at = dt.date(2026, 5, 1), "cancelled", None
    ada.joined_at += dt.timedelta(microseconds=7)
    joined_at = ada.joined_at

    assert update_each([ada], ["ends_on", "end_reason", "cancelled_at", "joined_at"], where={"cancelled_at": None})
    ada.refresh_from_db()
    assert (ada.ends_on, ada.cancelled_at, ada.joined_at) == (dt.date(2026, 5, 1), None, joined_at)


def test_no_rows_are_no_statement() -> None:
    assert update_each([], ["next_us"], where={}) == set()
    assert not Pace.objects.exists()
