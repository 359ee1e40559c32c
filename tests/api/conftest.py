"""Tills in the studio, on the same Monday morning."""

from collections.abc import Iterator

import pytest
import time_machine

from pos.models import Drawer
from tests.api.till import Till, till_of
from tests.builders import NOW, Studio


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """The clock runs from 2026-03-02 15:00 UTC on."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def till(studio: Studio) -> Till:
    """A tablet with Dana of the desk signed on; there is one drawer."""
    Drawer.objects.create(location=studio.location, name="Front")
    return till_of(studio.desk_person, studio.location)


@pytest.fixture
def managers_till(studio: Studio, till: Till) -> Till:
    """Another tablet, with Mara the manager signed on."""
    return till_of(studio.manager, studio.location)
