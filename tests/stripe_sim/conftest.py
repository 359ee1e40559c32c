"""The stand-in as a fixture."""

from collections.abc import Iterator

import pytest

from tests.stripe_sim.stand_in import StandIn, stand_in


@pytest.fixture
def sim() -> Iterator[StandIn]:
    """An empty stand-in; every answer and event of the test is checked against the surface."""
    with stand_in() as running:
        yield running
