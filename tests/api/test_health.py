"""Alive is not yet ready: customers are sent only where the books are guarded."""

import pytest
from django.db import connection

from ledger import guards
from tests.api.till import Till, statements


@pytest.mark.django_db
def test_alive_asks_nobody() -> None:
    with statements() as found:
        answer = Till().get("/healthz")

    assert (answer.status, answer.body, found) == (200, {"status": "ok"}, [])


@pytest.mark.django_db
def test_ready_with_every_guard_in_place() -> None:
    assert Till().get("/readyz").body == {"status": "ok"}


@pytest.mark.django_db
def test_not_ready_without_guards() -> None:
    guards.drop(connection)

    assert Till().get("/readyz").refusal == (503, "guards_missing")
