"""A desk with a tablet, a reader, Stripe's stand-in and one clock for all of them."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django.fixtures import Settings

from payments.models import Reader
from pos.models import Drawer
from tests.api.till import till_of
from tests.builders import NOW, Studio
from tests.payments.asking import SECRET, Counter
from tests.stripe_sim.stand_in import StandIn


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock of the desk, the worker and Stripe; it runs from that Monday morning on."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def counter(
    clock: time_machine.Traveller, settings: Settings, studio: Studio, stripe: StandIn, reader: Reader
) -> Counter:
    """The desk, open, with a worker that has nothing to do yet."""
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    Drawer.objects.create(location=studio.location, name="Front")
    till, managers_till = (till_of(person, studio.location) for person in (studio.desk_person, studio.manager))
    made = Counter(studio=studio, till=till, managers_till=managers_till, reader=reader, stripe=stripe, clock=clock)
    made.worker.run_once()
    return made
