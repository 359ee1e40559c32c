import datetime as dt

import pytest

from studio.models import Location, Staff


@pytest.fixture
def place(db) -> Location:
    return Location.objects.create(code="UPT", name="Uptown", time_zone="America/New_York")


@pytest.fixture
def beach(db) -> Location:
    return Location.objects.create(code="BCH", name="Beach", time_zone="America/Los_Angeles")


@pytest.fixture
def anna(db) -> Staff:
    return Staff.objects.create_user("anna", display_name="Anna", is_therapist=True)


@pytest.fixture
def owner(db) -> Staff:
    return Staff.objects.create_user("olga", display_name="Olga")


@pytest.fixture
def february() -> dt.datetime:
    """A moment in February 2026, when January is over everywhere."""
    return dt.datetime(2026, 2, 10, 15, 0, tzinfo=dt.UTC)
