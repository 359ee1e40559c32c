"""Two tabs send the same queue at once, and the first request comes with them: each sale is one (R3, R11)."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from ledger.journal import balances
from pos.models import OfflineSale, Receipt, Sale
from studio.models import StaffSession
from tests.api.offline_sales import told
from tests.api.till import Answer, Till, till_of
from tests.books import books_are_clean
from tests.builders import Studio, build_studio
from tests.racing import race

pytestmark = [pytest.mark.pg_only, pytest.mark.django_db(transaction=True)]

QUEUE = 12


@pytest.fixture
def studio(transactional_db: None) -> Iterator[Studio]:
    yield build_studio()
    books_are_clean(now=timezone.now())


@pytest.fixture
def tabs(studio: Studio) -> list[Till]:
    """Four tabs of one tablet, with Dana signed on since long."""
    till = till_of(studio.desk_person, studio.location)
    StaffSession.objects.update(started_at=timezone.now() - dt.timedelta(hours=1))
    return [Till(till.device, till.staff, till.headers) for _ in range(4)]


def answers(found: list[Any]) -> list[Answer]:
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return found


def test_four_tabs_send_one_queue_at_once(studio: Studio, tabs: list[Till]) -> None:
    drawer = str(studio.desk.opens_drawer(100_00).pk)
    queue = {str(uuid.uuid4()): told(studio, drawer_session=drawer) for _ in range(QUEUE)}

    def sends_all(n: int) -> list[Answer]:
        return [tabs[n].put(f"offline-sales/{offline_id}", body) for offline_id, body in queue.items()]

    heard = [answer for tab in answers(race(len(tabs), sends_all)) for answer in tab]  # type: ignore[attr-defined]

    assert {answer["status"] for answer in heard} == {"accepted"}
    assert Sale.objects.filter(status="completed").count() == Receipt.objects.count() == QUEUE
    assert OfflineSale.objects.count() == QUEUE
    assert balances()["1010 Cash drawer"] == 100_00 + QUEUE * 120_00


def test_the_first_request_arrives_together_with_what_was_finished_offline(studio: Studio, tabs: list[Till]) -> None:
    drawer = str(studio.desk.opens_drawer(100_00).pk)
    bodies = {str(uuid.uuid4()): told(studio, drawer_session=drawer) for _ in range(QUEUE)}
    line = {"item": "deep-tissue-60", "therapist": studio.bo.pk}

    def sends(n: int) -> list[Answer]:
        found = []
        for sale_id, body in bodies.items():
            paid = {"id": body["cash"]["id"], "kind": "cash", "tendered_cents": 140_00, "drawer_session": drawer}
            if n % 2:
                found.append(tabs[n].put(f"offline-sales/{sale_id}", body))
            else:
                found.append(tabs[n].sells(line, sale=sale_id, tenders=[paid], tip_cents=20_00))
        return found

    heard = [answer for tab in answers(race(len(tabs), sends)) for answer in tab]  # type: ignore[attr-defined]

    assert {answer.status for answer in heard} <= {200, 201, 409}
    assert sum(answer.status == 201 for answer in heard) >= QUEUE
    assert set(OfflineSale.objects.values_list("status", flat=True)) == {"accepted"}
    assert Sale.objects.filter(status="completed").count() == OfflineSale.objects.count() == QUEUE
    assert balances()["1010 Cash drawer"] == 100_00 + QUEUE * 120_00
