"""A studio whose Stripe survives what we kill."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from payments.gateway import gateway
from tests.builders import NOW, build_studio
from tests.chaos.desk import Desk
from tests.chaos.dying import kill_the_rest
from tests.chaos.stripe_process import StripeProcess, stripe_process


@pytest.fixture(scope="session")
def stripe_of_all() -> Iterator[StripeProcess]:
    with stripe_process() as stripe:
        yield stripe


@pytest.fixture
def desk(stripe_of_all: StripeProcess, settings: Settings, transactional_db: None) -> Iterator[Desk]:
    """A desk in a new studio with an empty account; its clock starts at `NOW`."""
    stripe_of_all.starts_anew(NOW)
    settings.STRIPE_API_BASE = stripe_of_all.url
    gateway.cache_clear()
    yield Desk(build_studio(), stripe_of_all)
    kill_the_rest()
    gateway.cache_clear()
