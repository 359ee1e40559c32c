"""The one-request sale over real HTTP, beside its rows written by plain SQL: `python -m bench.checkout`.

Three lines, a tip split to two therapists, tax of two jurisdictions, cash and an external card, completed, in one PUT.
All figures are of one run: the two kinds of work and the databases take turns, and medians of the rounds count.
bench/README.md says how to read them.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from bench import report, till
from bench.findings import Cost, Findings, Rush, Subject
from bench.machine import Machine, cpu_seconds, machine

ENGINES = ("sqlite", "postgresql")
AT_ONCE, SALES_AT_ONCE = 16, 25
BASE_POSTINGS = 20_000  # on an empty database PostgreSQL's cached plans of foreign keys are the wrong ones
WARM_UP = 60
PLAIN, INSIDE = "bench.plain_sql", "bench.inside"
PLAIN_WARM_UP = 20


@dataclass
class Bench:
    """The places of one run and how to use them."""

    place: Machine
    asked: argparse.Namespace
    findings: Findings = field(default_factory=Findings)
    postmaster: int | None = None

    def run(self) -> Findings:
        """Set up, measure by turns, let sixteen tablets in, and check the books."""
        for engine in self.engines:
            self.set_up(engine)
        with self.served():
            subjects = self.findings.subjects
            for subject in subjects:
                self.compare_rows(subject)
            for number in range(1, self.asked.rounds + 1):
                say(f"round {number} of {self.asked.rounds}")
                for subject in subjects:
                    self.sell(subject)
                    self.write_plainly(subject)
            for subject in self.findings.small.values():
                self.rush(subject)
        for subject in subjects:
            say(f"check_books, {subject.name}")
            subject.books = self.inside(subject.url, "books")
        return self.findings

    @property
    def engines(self) -> tuple[str, ...]:
        return ENGINES if self.asked.engine == "both" else (self.asked.engine,)

    def set_up(self, engine: str) -> None:
        """A small studio with a little history and, when asked for, its twin with much."""
        if engine == "postgresql":
            self.postmaster = self.place.start_postgresql()
            self.place.create_database("small")
        url = self.place.database_url(engine, "small")
        say(f"{engine}: a studio with {BASE_POSTINGS:,} postings")
        body = till.basket(self.inside(url, "prepare"))
        # Three lines last: the newest sale is what history and plain SQL copy.
        statements = {lines: self.inside(url, "statements", lines)["sql"] for lines in (1, 30, 3)}
        self.inside(url, "grow", BASE_POSTINGS)
        small = Subject(engine, BASE_POSTINGS, url, body, statements=statements)
        self.findings.small[engine] = small
        if self.asked.history:
            say(f"{engine}: {self.asked.history:,} postings more")
            twin = self.place.copy_database(url, "large")
            grown = self.inside(twin, "grow", self.asked.history)
            say(f"{engine}: that took {grown['seconds']:.0f} s")
            postings = BASE_POSTINGS + grown["postings"]
            self.findings.large[engine] = Subject(engine, postings, twin, body, statements=statements)

    @contextmanager
    def served(self) -> Iterator[None]:
        """A server for each database, warmed up, with a tablet signed on."""
        with ExitStack() as stack:
            for subject in self.findings.subjects:
                server = self.place.served(subject.url, workers=self.asked.workers, threads=self.asked.threads)
                subject.server = stack.enter_context(server)
                subject.tablets = self.inside(subject.url, "tablets", 1)
                self.sold(subject, WARM_UP)
            yield

    def compare_rows(self, subject: Subject) -> None:
        """What a sale of each kind adds to each table."""
        counted = [self.count(subject)]
        self.sold(subject, 2)
        counted.append(self.count(subject))
        self.place.call(PLAIN, "sell", 1, database_url=subject.url)
        counted.append(self.count(subject))
        subject.rows_over_http = _added(counted[0], counted[1], sales=2)
        subject.rows_plain = _added(counted[1], counted[2], sales=PLAIN_WARM_UP + 1)

    def sell(self, subject: Subject) -> None:
        """A round of A."""
        assert subject.server is not None
        app, database = cpu_seconds(subject.server.pid), cpu_seconds(self.of(subject))
        sold = self.sold(subject, self.asked.requests)
        app, database = cpu_seconds(subject.server.pid) - app, cpu_seconds(self.of(subject)) - database
        subject.latencies += sold.seconds
        subject.over_http.append(Cost.of(app, database, sum(sold.seconds), times=self.asked.requests))

    def write_plainly(self, subject: Subject) -> None:
        """A round of B."""
        times = self.asked.requests
        used = self.place.call(PLAIN, "sell", times, database_url=subject.url, postmaster=self.of(subject))
        subject.plain.append(Cost.of(used["app"], used["database"], used["seconds"], times=times))
        subject.plain_statements = used["statements"]

    def rush(self, subject: Subject) -> None:
        """Sixteen tablets at once."""
        assert subject.server is not None
        say(f"{AT_ONCE} tablets at once, {subject.name}")
        subject.tablets = self.inside(subject.url, "tablets", AT_ONCE)  # who waits ten minutes is signed off
        started = time.perf_counter()
        sold = till.sell_at_once(subject.server.port, tablets=subject.tablets, body=subject.body, times=SALES_AT_ONCE)
        subject.rush = Rush(AT_ONCE, sold.seconds, sold.errors, time.perf_counter() - started)

    def sold(self, subject: Subject, times: int) -> till.Sold:
        """So many sales of one tablet, none of which may fail."""
        assert subject.server is not None
        sold = till.sell(subject.server.port, tablet=subject.tablets[0], body=subject.body, times=times)
        if sold.errors:
            raise SystemExit(f"{subject.name}: {sold.errors[0]}\n{subject.server.log.read_text()[-3000:]}")
        return sold

    def count(self, subject: Subject) -> dict[str, int]:
        counted: dict[str, int] = self.place.call(PLAIN, "count", database_url=subject.url)
        return counted

    def inside(self, url: str, command: str, number: int = 0) -> Any:
        return self.place.call(INSIDE, command, number, database_url=url)

    def of(self, subject: Subject) -> int | None:
        """The database server whose CPU counts; SQLite works within our own process."""
        return self.postmaster if subject.engine == "postgresql" else None


def say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def main() -> int:
    asked = _arguments()
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _end)
    signal.alarm(asked.minutes * 60)
    with machine(settings=asked.settings) as place:
        if asked.profile:
            return _profile(Bench(place, asked))
        findings = Bench(place, asked).run()
    print(report.written(findings, asked))
    return 0 if report.all_met(findings) else 1


def _profile(bench: Bench) -> int:
    engine = bench.engines[0]
    bench.set_up(engine)
    tables = bench.inside(bench.findings.small[engine].url, "profile", bench.asked.requests)
    print(tables["tottime"], tables["cumulative"], sep="\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=[*ENGINES, "both"], default="both")
    parser.add_argument("--requests", type=int, default=300, help="sales in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--history", type=int, default=0, metavar="POSTINGS", help="measure also with so many more")
    parser.add_argument("--workers", type=int, default=2, help="of gunicorn")
    parser.add_argument("--threads", type=int, default=4, help="of each worker")
    parser.add_argument("--minutes", type=int, default=30, help="give up after so long")
    parser.add_argument("--settings", default="config.settings", help="another module, to see what a change is worth")
    parser.add_argument("--profile", action="store_true", help="instead of all that, where the time of a sale goes")
    return parser.parse_args()


def _added(before: dict[str, int], after: dict[str, int], *, sales: int) -> dict[str, float]:
    return {table: (after[table] - before[table]) / sales for table in after if after[table] != before[table]}


def _end(number: int, _frame: FrameType | None) -> None:
    if number == signal.SIGALRM:
        raise SystemExit("The bench took longer than --minutes allows.")
    say("stopped from outside")
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
