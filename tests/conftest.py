"""What every test stands on: a database that threads can share, guards that let a flush through, one fixed moment."""

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase
from pytest_django.fixtures import Settings

from ledger import guards
from payments.gateway import gateway
from payments.models import Reader
from tests import builders
from tests.stripe_sim.stand_in import StandIn, stand_in

NEEDS_POSTGRESQL = "needs PostgreSQL, this run is on SQLite: `make test-pg` runs it"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"pg_only: {NEEDS_POSTGRESQL}")
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        # A file and not memory: every thread and process of a test opens the same data by its own connection.
        folder = Path(tempfile.mkdtemp(prefix="footfall-tests-"))
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(folder / "test.sqlite3")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if connection.vendor == "postgresql":
        return
    for item in items:
        if item.get_closest_marker("pg_only"):
            item.add_marker(pytest.mark.skip(reason=NEEDS_POSTGRESQL))


@pytest.fixture(autouse=True, scope="session")
def flush_gets_past_the_guards() -> Iterator[None]:
    """Drop the guards before a test's tables are emptied; the flush's own post_migrate puts them back."""
    teardown = TransactionTestCase._fixture_teardown

    def drop_then_flush(case: TransactionTestCase) -> None:
        for alias in case._databases_names(include_mirrors=False):
            guards.drop(connections[alias])
        teardown(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", drop_then_flush)
        yield


@pytest.fixture
def now() -> dt.datetime:
    """A Monday morning in New York: 2026-03-02 15:00 UTC."""
    return dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)


@pytest.fixture
def studio(db: None) -> builders.Studio:
    """A small studio in Columbus, Ohio."""
    return builders.build_studio()


@pytest.fixture
def desk(studio: builders.Studio) -> builders.TestDesk:
    """Its tablet with a desk person signed on."""
    return studio.desk


@pytest.fixture
def stripe(settings: Settings) -> Iterator[StandIn]:
    """An empty account that the gateway talks to over HTTP; its clock starts at `now` (signatures keep real time)."""
    with stand_in() as sim:
        sim.tell("clock", now=builders.NOW.timestamp())
        settings.STRIPE_API_BASE = sim.url
        gateway.cache_clear()
        yield sim
        gateway.cache_clear()


@pytest.fixture
def reader(stripe: StandIn, studio: builders.Studio) -> Reader:
    """The reader on the studio's desk."""
    made = stripe.reader()
    return Reader.objects.create(location=studio.location, stripe_id=made.id, label=made.label)
