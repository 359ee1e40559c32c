"""Units of work: tried again as a whole when the database asks, never by half, and races on one id (F8)."""

import sqlite3
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client as Browser

from api import units
from pos.models import Client, Counter, Sale
from tests.api.till import Answer, Till, new
from tests.builders import NOW, Studio
from tests.racing import race

MANY = 8


def client(client_id: uuid.UUID, name: str = "Maya") -> Client:
    return Client(id=client_id, name=name, created_at=NOW)


class Taken:
    """A unit that finds its id taken so many times."""

    def __init__(self, times: int) -> None:
        self.left, self.tries, self.taken = times, 0, uuid.uuid4()
        client(self.taken).save(force_insert=True)

    def __call__(self) -> str:
        self.tries += 1
        client(uuid.uuid4(), "written by half").save(force_insert=True)
        if self.left:
            self.left -= 1
            client(self.taken).save(force_insert=True)
        return "done"


@pytest.mark.django_db
@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_unit_is_tried_again_as_a_whole(times: int) -> None:
    unit = Taken(times)

    assert units.work(unit) == "done"

    assert unit.tries == times + 1
    assert Client.objects.filter(name="written by half").count() == 1


@pytest.mark.django_db
def test_an_id_that_stays_taken_is_refused_after_three_repeats() -> None:
    unit = Taken(99)

    with pytest.raises(units.IdTaken):
        units.work(unit)

    assert unit.tries == 4
    assert not Client.objects.filter(name="written by half").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("patience", "tries"), [(60.0, 4), (0.0, 1)])
def test_a_unit_that_has_waited_long_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, patience: float, tries: int
) -> None:
    monkeypatch.setattr(units, "PATIENCE_SECONDS", patience)
    tried = []

    def unit() -> None:
        tried.append(1)
        busy = sqlite3.OperationalError("database is locked")
        busy.sqlite_errorname = "SQLITE_BUSY"
        raise OperationalError(str(busy)) from busy

    with pytest.raises(OperationalError):
        units.work(unit)

    assert len(tried) == tries


@pytest.mark.django_db
def test_a_broken_promise_is_not_tried_again(studio: Studio) -> None:
    tries = []

    def unit() -> None:
        tries.append(1)
        Sale(
            id=uuid.uuid4(),
            location=studio.location,
            opened_by=studio.manager,
            opened_at=NOW,
            last_request_at=NOW,
            status="completed",
            fingerprint="x",
        ).save(force_insert=True)

    with pytest.raises(IntegrityError):
        units.work(unit)

    assert len(tries) == 1


@pytest.mark.django_db
def test_a_rehearsal_leaves_nothing() -> None:
    answer = units.rehearse(lambda: client(uuid.uuid4()).save(force_insert=True) or Client.objects.count())

    assert answer == 1
    assert Client.objects.count() == 0


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_of_two_units_in_a_deadlock_both_end_well(studio: Studio) -> None:
    for name in ("a", "b"):
        Counter.objects.create(location=studio.location, name=name)
    both_hold_one = threading.Barrier(2, timeout=60)

    def unit(order: tuple[str, str]) -> Callable[[], str]:
        tries = []

        def count() -> str:
            tries.append(1)
            Counter.next(location=studio.location, name=order[0])
            if len(tries) == 1:
                both_hold_one.wait()
            Counter.next(location=studio.location, name=order[1])
            return "done"

        return count

    answers = race(2, lambda number: units.work(unit(("a", "b") if number else ("b", "a"))))

    assert answers == ["done", "done"]
    assert dict(Counter.objects.values_list("name", "value")) == {"a": 2, "b": 2}


@pytest.mark.django_db(transaction=True)
class TestOneRequestSentManyTimes:
    def send(self, till: Till, request: Callable[[Till], Answer]) -> list[Answer]:
        answers = race(MANY, lambda _: request(replace(till, client=Browser())))
        for answer in answers:
            assert isinstance(answer, Answer), answer
        return answers  # type: ignore[return-value]

    def test_a_whole_sale_is_one_sale(self, till: Till, studio: Studio) -> None:
        till.opens_drawer()
        sale, tender = new(), new()

        answers = self.send(
            till,
            lambda mine: mine.sells(
                {"item": "ashiatsu-60", "therapist": studio.ana.pk},
                {"item": "massage-oil"},
                sale=sale,
                tip_cents=20_00,
                tenders=[{"id": tender, "kind": "cash", "tendered_cents": 200_00}],
            ),
        )

        assert sorted(answer.status for answer in answers) == [200] * (MANY - 1) + [201]
        assert all(answer.body == answers[0].body for answer in answers)
        assert Sale.objects.count() == 1

    def test_a_refund_is_one_refund(self, till: Till) -> None:
        sale = till.sells({"item": "massage-oil", "quantity": 2})
        path = f"sales/{sale['id']}/refunds/{new()}"
        body = {"lines": [{"line": sale["lines"][0]["id"], "quantity": 1}], "reason": "returned"}

        answers = self.send(till, lambda mine: mine.put(path, body))

        assert sorted(answer.status for answer in answers) == [200] * (MANY - 1) + [201]
        assert all(answer.body == answers[0].body for answer in answers)

    def test_a_client_is_one_client(self, till: Till) -> None:
        path = f"clients/{new()}"

        answers = self.send(till, lambda mine: mine.put(path, {"name": "Maya"}))

        assert sorted(answer.status for answer in answers) == [200] * (MANY - 1) + [201]

    def test_a_drawer_is_opened_once(self, till: Till) -> None:
        drawer, path = till.get("drawers/").body[0]["id"], f"drawer-sessions/{new()}"

        answers = self.send(till, lambda mine: mine.put(path, {"drawer": drawer, "float_cents": 100_00}))

        assert sorted(answer.status for answer in answers) == [200] * (MANY - 1) + [201]

    def test_two_refunds_of_one_piece_are_one(self, till: Till) -> None:
        sale = till.sells({"item": "massage-oil"})
        body = {"lines": [{"line": sale["lines"][0]["id"], "quantity": 1}], "reason": "returned"}

        answers = self.send(till, lambda mine: mine.put(f"sales/{sale['id']}/refunds/{new()}", body))

        assert sorted(answer.status for answer in answers) == [201] + [409] * (MANY - 1)

    def test_wrong_pins_at_once_are_five(self, studio: Studio, till: Till) -> None:
        body = {"staff": studio.manager.pk, "pin": "000001"}

        answers = self.send(till, lambda mine: mine.post("staff-sessions/", body))

        assert sorted(answer.status for answer in answers) == [409] * 5 + [429] * (MANY - 5)
