"""A studio with one location, one tablet, and people who can be hired into its roles."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from studio.models import Device, Grant, Location, Staff

Hire = Callable[..., Staff]


@pytest.fixture
def soho() -> Location:
    return Location.objects.create(code="SOHO", name="SoHo", time_zone="America/New_York")


@pytest.fixture
def uptown() -> Location:
    return Location.objects.create(code="UP", name="Uptown", time_zone="America/New_York")


@pytest.fixture
def tablet(soho: Location) -> Device:
    return Device.objects.create(name="Front desk", location=soho)


@pytest.fixture
def hire() -> Hire:
    """hire("Ana", desk=soho, accountant=None): a person with a role at a location, or everywhere for None."""

    def hired(display_name: str, **roles: Location | None) -> Staff:
        staff = Staff.objects.create_user(display_name.lower(), display_name=display_name)
        for role, location in roles.items():
            Grant.objects.create(staff=staff, group=Group.objects.get(name=role), location=location)
        return staff

    return hired


@pytest.fixture
def ana(hire: Hire, soho: Location) -> Staff:
    return hire("Ana", desk=soho)
