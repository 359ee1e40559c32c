"""A studio that sells plans, with Stripe's stand-in and one clock for all of them."""

from collections.abc import Iterator

import pytest
import time_machine

from memberships.models import Plan
from tests.builders import NOW, Studio
from tests.memberships import builders
from tests.memberships.members import House
from tests.stripe_sim.stand_in import StandIn


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock of the desk, the billing and Stripe: that Monday morning, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def plan(studio: Studio) -> Plan:
    """$79 a month for one credit."""
    return builders.plan()


@pytest.fixture
def house(clock: time_machine.Traveller, studio: Studio, stripe: StandIn, plan: Plan) -> House:
    """The studio, ready to bill."""
    return House(studio, plan, stripe, clock)
