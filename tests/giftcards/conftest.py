"""The law as it is shipped: a database that another test has emptied has lost what its migration wrote; the shop."""

from collections.abc import Iterator
from importlib import import_module

import pytest
import time_machine
from pytest_django.fixtures import Settings

from giftcards.models import CardLaw
from tests.builders import NOW, Studio
from tests.giftcards.buying import Shopper
from tests.payments.asking import SECRET
from tests.stripe_sim.stand_in import StandIn

LAW = import_module("giftcards.migrations.0002_what_the_law_says")


@pytest.fixture
def law(db: None) -> None:
    CardLaw.objects.all().delete()
    LAW.write(CardLaw)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """One clock for the browser, the worker and Stripe; it runs from that Monday morning on."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def shopper(clock: time_machine.Traveller, settings: Settings, studio: Studio, stripe: StandIn) -> Shopper:
    """Somebody at the shop of the studio in Columbus."""
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    return Shopper(studio, stripe, clock)
