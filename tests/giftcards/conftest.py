"""The law as it is shipped: a database that another test has emptied has lost what its migration wrote; the shop."""

from collections.abc import Iterator
from importlib import import_module

import pytest
import time_machine
from pytest_django.fixtures import Settings

from giftcards.models import CardLaw
from tests.builders import NOW, Studio
from tests.giftcards.buying import Shopper
from tests.stripe_sim.stand_in import StandIn

LAW = import_module("giftcards.migrations.0002_what_the_law_says")


@pytest.fixture
def law(db: None) -> None:
    CardLaw.objects.all().delete()
    LAW.write(CardLaw)


@pytest.fixture
def shopper(settings: Settings, studio: Studio, stripe: StandIn) -> Iterator[Shopper]:
    """Somebody at the shop of the studio in Columbus, on that Monday morning at ten."""
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_the_shop"]
    with time_machine.travel(NOW, tick=True) as clock:
        made = Shopper(studio, stripe, clock)
        made.works()
        yield made
