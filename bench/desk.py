"""What a tablet waits for between two sales, among very many clients: `python -m bench.desk`.

The catalogue, a search for a client, a look at a sale, and one line more on an open sale, each over real HTTP on a
connection that is kept; then the desk page under a finger, in Chromium where there is one. bench/README.md says how to
read the figures.
"""

import argparse
import http.client
import itertools
import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench import touch
from bench.machine import Machine, Server, cpu_seconds, machine

MOST_STATEMENTS, MOST_CPU_MS = 5, 5.0
WARM_UP = 30
WORDS = ("may", "oka", "maya oka", "ruth lind", "6145550", "samir.walsh", "zo")
OIL = {"item": "massage-oil"}

Request = tuple[str, str, dict[str, Any] | None]


@dataclass
class Work:
    """One thing a tablet does again and again, and what it came to."""

    name: str
    statements: int
    cpu_ms: float
    median_ms: float
    p95_ms: float

    @property
    def is_met(self) -> bool:
        return self.statements <= MOST_STATEMENTS and self.cpu_ms <= MOST_CPU_MS


class Tablet:
    """A connection that is kept, with a person signed on."""

    def __init__(self, server: Server, headers: dict[str, str]) -> None:
        self.headers = headers
        self.line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def ask(self, request: Request) -> Any:
        method, path, body = request
        content = json.dumps(body).encode() if body is not None else None
        self.line.request(method, f"/api/v1/{path}", content, self.headers)
        answer = self.line.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {said.decode(errors='replace')[:500]}")
        return json.loads(said) if said else None


def works(tablet: Tablet) -> Iterator[tuple[str, Callable[[int], Request]]]:
    """What is measured: a name, and the n-th request of it."""
    yield "the catalogue", lambda n: ("GET", "catalog", None)
    yield (
        "a search for a client",
        lambda n: ("GET", f"clients/?search={WORDS[n % len(WORDS)]}".replace(" ", "%20"), None),
    )
    sale = f"sales/{uuid.uuid4()}"
    tablet.ask(("PUT", sale, {"lines": [OIL, OIL, OIL]}))
    yield "a look at a sale", lambda n: ("GET", sale, None)
    revisions = itertools.count(tablet.ask(("GET", sale, None))["revision"])

    def one_more(n: int) -> Request:
        return "PUT", sale, {"lines": [OIL] * (1 + n % 5), "tip_cents": 0, "revision": next(revisions)}

    yield "one line more", one_more


def measure(bench: Machine, *, engine: str, asked: argparse.Namespace) -> list[Work]:
    """All works on one engine with that many clients."""
    postmaster = bench.start_postgresql() if engine == "postgresql" else None
    if engine == "postgresql":
        bench.create_database("desk")
    url = bench.database_url(engine, "desk")
    bench.call("bench.inside", "prepare", database_url=url)
    print(f"… {engine}: {asked.clients:,} clients", file=sys.stderr, flush=True)
    bench.call("bench.inside", "clients", asked.clients, database_url=url)
    counted = bench.call("bench.inside", "looks", database_url=url)
    headers = bench.call("bench.inside", "tablets", 1, database_url=url)[0]
    with bench.served(url, workers=1, threads=2) as server:
        tablet = Tablet(server, headers)
        return [
            _timed(tablet, name, request, counted[name], pids=(server.pid, postmaster), times=asked.requests)
            for name, request in works(tablet)
        ]


def _timed(
    tablet: Tablet,
    name: str,
    request: Callable[[int], Request],
    statements: int,
    *,
    pids: tuple[int | None, ...],
    times: int,
) -> Work:
    for n in range(WARM_UP):
        tablet.ask(request(n))
    before, seconds = cpu_seconds(*pids), []
    for n in range(WARM_UP, WARM_UP + times):
        started = time.perf_counter()
        tablet.ask(request(n))
        seconds.append(time.perf_counter() - started)
    used = cpu_seconds(*pids) - before
    tail = statistics.quantiles(seconds, n=20)[-1]
    return Work(name, statements, 1000 * used / times, 1000 * statistics.median(seconds), 1000 * tail)


def written(engine: str, clients: int, found: list[Work]) -> str:
    rows = [
        f"| {work.name} | {work.statements} | {work.cpu_ms:.1f} | {work.median_ms:.1f} | {work.p95_ms:.1f} "
        f"| {'met' if work.is_met else 'MISSED'} |"
        for work in found
    ]
    head = [
        f"\n## {engine}, {clients:,} clients",
        f"| work | statements (<= {MOST_STATEMENTS}) | CPU ms (<= {MOST_CPU_MS:.0f}) | median ms | p95 ms | target |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=300, help="of each work")
    parser.add_argument("--taps", type=int, default=30, help="of each kind on the desk page")
    parser.add_argument("--browser", action="store_true", help="only the desk page in Chromium")
    asked = parser.parse_args()
    met = asked.browser or _works_are_met(asked)
    if touch.CHROMIUM is None:
        print("\nNo Chromium: the desk page was not measured (apt install chromium).", file=sys.stderr)
        return 0 if met and not asked.browser else 1
    return 0 if _page_is_met(asked) and met else 1


def _works_are_met(asked: argparse.Namespace) -> bool:
    """Measure and print what the server does for a tablet; whether all of it is within the target."""
    engines = ("sqlite", "postgresql") if asked.engine == "both" else (asked.engine,)
    met = True
    for engine in engines:
        with machine(settings="config.settings") as bench:
            found = measure(bench, engine=engine, asked=asked)
        print(written(engine, asked.clients, found), flush=True)
        met = met and all(work.is_met for work in found)
    return met


def _page_is_met(asked: argparse.Namespace) -> bool:
    """Measure and print the desk page, on SQLite; whether all of it is within the target."""
    with machine(settings="config.settings") as bench:
        url = bench.database_url("sqlite", "page")
        bench.call("bench.inside", "prepare", database_url=url)
        load, taps = touch.touch(bench, url=url, rounds=asked.taps)
    print(touch.written(load, taps), flush=True)
    return load.is_met and all(tap.is_met for tap in taps)


if __name__ == "__main__":
    sys.exit(main())
