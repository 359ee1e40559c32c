"""What a bench does with Footfall's own code, in a process of its own: `python -m bench.inside COMMAND [NUMBER]`.

Each command answers with one line of JSON. The database is that of DATABASE_URL.
"""

import cProfile
import io
import json
import pstats
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.management.base import CommandError  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from bench import history, till  # noqa: E402
from config.demo.people import FIRST, LAST  # noqa: E402
from ledger.chain import LinkEntries, unlinked  # noqa: E402
from pos.finding import keep_words  # noqa: E402
from pos.models import Client  # noqa: E402
from studio.devices import new_pairing_code, pair  # noqa: E402
from studio.models import Device, Location, Staff  # noqa: E402
from studio.sessions import sign_on  # noqa: E402
from tests import builders  # noqa: E402

DRAWER_TABLET = "Front tablet"
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def prepare(_number: int) -> dict[str, int]:
    """A small studio with taxes and an open drawer; who is who in it."""
    call_command("migrate", verbosity=0)
    with transaction.atomic(durable=True):
        studio = builders.build_studio()
        builders.tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.0175"))
        studio.desk.at(timezone.now()).opens_drawer(200_00)
    return {"ana": studio.ana.pk, "bo": studio.bo.pk}


def tablets(count: int) -> list[dict[str, str]]:
    """Paired tablets with a person signed on to each, the first with the open drawer: the headers they send."""
    names = [DRAWER_TABLET, *(f"Tablet {number}" for number in range(1, count))]
    with transaction.atomic(durable=True):
        return [_signed_on(name) for name in names]


def paired(_number: int) -> dict[str, str]:
    """The token of the tablet with the open drawer; nobody is signed on there."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        _, token = pair(code=new_pairing_code(Device.objects.get(name=DRAWER_TABLET), now=now), now=now)
    return {"device": token}


def grow(postings: int) -> dict[str, float]:
    """About that many postings of history, in the image of the newest sale, and how long that took."""
    started = time.monotonic()
    made = history.grow(postings)
    return {"postings": made, "seconds": time.monotonic() - started}


def statements(lines: int) -> dict[str, Any]:
    """The SQL statements of one sale with that many lines; BEGIN and COMMIT are not counted."""
    client, body = _client(), till.basket(_people(), lines=lines)
    _sell(client, body)  # the first one imports and caches
    with CaptureQueriesContext(connection) as captured:
        _sell(client, body)
    sql = [query["sql"] for query in captured.captured_queries]
    return {"sql": [text for text in sql if not text.startswith(TRANSACTION_WORDS)]}


def clients(count: int) -> dict[str, int]:
    """So many clients, found by their words."""
    for first in range(0, count, 1000):
        made = [_somebody(number) for number in range(first, min(first + 1000, count))]
        with transaction.atomic(durable=True):
            keep_words(Client.objects.bulk_create(made))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return {"clients": count}


def _somebody(number: int) -> Client:
    name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}{number // 450}"
    mail = f"{name.lower().replace(' ', '.')}@example.com"
    phone = f"+1614{number:07d}"
    return Client(id=uuid.uuid4(), name=name, email=mail, phone=phone, created_at=timezone.now())


def looks(_number: int) -> dict[str, int]:
    """The SQL statements of what a tablet asks between two sales, by the names that bench.desk gives them."""
    client = _client()
    sale, oil = till.address(uuid.uuid4()), {"item": "massage-oil"}
    revision = client.put(sale, {"lines": [oil] * 3}, format="json").json()["revision"]
    asks: dict[str, Callable[[], Any]] = {
        "the catalogue": lambda: client.get("/api/v1/catalog"),
        "a search for a client": lambda: client.get("/api/v1/clients/?search=maya%20oka"),
        "a look at a sale": lambda: client.get(sale),
        "one line more": lambda: client.put(sale, {"lines": [oil] * 4, "revision": revision}, format="json"),
    }
    return {name: _counted(ask) for name, ask in asks.items()}


def _counted(ask: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        if ask().status_code != 200:
            raise SystemExit("A request of the bench was refused.")
    return sum(not query["sql"].startswith(TRANSACTION_WORDS) for query in captured.captured_queries)


def books(_number: int) -> dict[str, Any]:
    """Link what is not linked, as the worker does, then hold the books against their promises."""
    started = time.monotonic()
    while unlinked().exists():  # a run of the job seals so many and no more
        LinkEntries.run(now=timezone.now())
    linked = time.monotonic()
    out = io.StringIO()
    try:
        call_command("check_books", stdout=out)
        problem = ""
    except CommandError as error:
        problem = f"{error}\n{out.getvalue()}"
    return {"problem": problem, "link_seconds": linked - started, "check_seconds": time.monotonic() - linked}


def profile(requests: int) -> dict[str, str]:
    """Where the time of so many sales goes within the process, by the function's own time and with all below it."""
    client, body = _client(), till.basket(_people())
    for _ in range(20):
        _sell(client, body)
    profiler = cProfile.Profile(time.thread_time)  # waiting for the disk costs no CPU
    profiler.enable()
    for _ in range(requests):
        _sell(client, body)
    profiler.disable()
    return {order: _table(profiler, order) for order in ("tottime", "cumulative")}


def _table(profiler: cProfile.Profile, order: str) -> str:
    out = io.StringIO()
    pstats.Stats(profiler, stream=out).sort_stats(order).print_stats(60)
    return out.getvalue()


def _signed_on(name: str) -> dict[str, str]:
    now = timezone.now()
    device, _ = Device.objects.get_or_create(name=name, location=Location.objects.get())
    device, token = pair(code=new_pairing_code(device, now=now), now=now)
    _, session = sign_on(device=device, staff=Staff.objects.get(username="dana"), now=now)
    return till.headers(token, session)


def _client() -> APIClient:
    with transaction.atomic(durable=True):
        headers = _signed_on(DRAWER_TABLET)
    return APIClient(headers=headers)


def _people() -> dict[str, int]:
    return {name: Staff.objects.get(username=name).pk for name in ("ana", "bo")}


def _sell(client: APIClient, body: dict[str, Any]) -> None:
    fresh = till.with_new_ids(body)
    answer = client.put(till.address(uuid.uuid4()), fresh, format="json")
    if answer.status_code != 201:
        raise SystemExit(f"{answer.status_code}: {answer.content.decode()[:2000]}")


COMMANDS: dict[str, Callable[[int], Any]] = {
    "prepare": prepare,
    "tablets": tablets,
    "paired": paired,
    "grow": grow,
    "clients": clients,
    "looks": looks,
    "statements": statements,
    "books": books,
    "profile": profile,
}


def main() -> None:
    command, *number = sys.argv[1:]
    print(json.dumps(COMMANDS[command](int(number[0]) if number else 0)))


if __name__ == "__main__":
    main()
