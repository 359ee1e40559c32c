"""How fast members are billed when Stripe costs nothing, and against its rate limit: `python -m bench.billing`.

PostgreSQL only. bench/README.md says how to read the figures.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.machine import Machine, machine

INSIDE = "bench.billing_inside"
LATENCY = "0.3,0.7"
BEFORE = 100
"""So many members were billed before: on empty tables PostgreSQL keeps plans for its foreign keys that are bad ones."""
UNLIMITED = "1000000"
MADE_A_SECOND, CHARGED_A_SECOND, MOST_MEGABYTES, OF_THE_LIMIT = 2500, 500, 100, 0.95
Row = tuple[str, str, str, bool]


def main() -> int:
    asked = arguments()
    with machine(settings="bench.billing_settings") as place:
        place.more = {"STRIPE_REQUESTS_PER_SECOND": UNLIMITED}
        postmaster = place.start_postgresql()
        rows = [*without_stripe(place, postmaster, asked.members)]
        rows += [at_a_limit(place, rate, asked) for rate in asked.rates]
        rows.append(flat(place, asked.many))
    for what, figure, target, met in rows:
        print(f"{what:<52}{figure:>16}   {target:<12} {'met' if met else 'MISSED'}")
    return 0 if all(met for *_, met in rows) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1000, help="whom to charge without Stripe's latency")
    parser.add_argument("--many", type=int, default=20_000, help="for how many dues are made to see the memory")
    parser.add_argument("--rates", type=int, nargs="*", default=[25, 50, 100], help="limits of requests a second")
    parser.add_argument("--seconds", type=int, default=30, help="how long each limit is held")
    parser.add_argument("--workers", type=int, default=4, help="how many share a limit")
    return parser.parse_args()


def without_stripe(place: Machine, postmaster: int, members: int) -> Sequence[Row]:
    """Dues made by one process, and dues charged, finished and posted by one process, by its and the database's CPU."""
    url = ready(place, "plain", members)
    made = place.call(INSIDE, "make", 0, database_url=url, postmaster=postmaster)
    charged = place.call(INSIDE, "charge", 1, database_url=url, postmaster=postmaster)
    must_be_paid(place, url, members)
    per_cpu, per_clock = members / charged["cpu"], members / charged["seconds"]
    rate = made["made"] / made["cpu"]
    return [
        row("Dues made, a second of CPU", f"{rate:.0f}", f">= {MADE_A_SECOND}", rate >= MADE_A_SECOND),
        row("Dues made, a second by the clock", f"{made['made'] / made['seconds']:.0f}", "", True),
        row("Dues billed, a second of CPU", f"{per_cpu:.1f}", f">= {CHARGED_A_SECOND}", per_cpu >= CHARGED_A_SECOND),
        row("Dues billed, a second by the clock", f"{per_clock:.1f}", "", True),
    ]


def at_a_limit(place: Machine, rate: int, asked: argparse.Namespace) -> Row:
    """How much of a limit several workers use that share it, when each answer takes 0.3 to 0.7 seconds."""
    members = rate * asked.seconds
    url = ready(place, f"rate_{rate}", members)
    place.call(INSIDE, "make", 0, database_url=url)
    place.more = {"STRIPE_REQUESTS_PER_SECOND": str(rate), "BENCH_LATENCY": LATENCY}
    threads = max(8, rate)  # so that one worker can hold the limit while the others are still starting
    with ThreadPoolExecutor(asked.workers) as workers:
        calls = [workers.submit(place.call, INSIDE, "charge", threads, database_url=url) for _ in range(asked.workers)]
        found: list[dict[str, Any]] = [call.result() for call in calls]
    place.more = {"STRIPE_REQUESTS_PER_SECOND": UNLIMITED}
    must_be_paid(place, url, members)
    busy = [one for one in found if one["asked"]]
    used = (members - 1) / (max(one["last"] for one in busy) - min(one["first"] for one in busy)) / rate
    return row(
        f"Of {rate} a second, {asked.workers} workers", f"{used:.0%}", f">= {OF_THE_LIMIT:.0%}", used >= OF_THE_LIMIT
    )


def flat(place: Machine, many: int) -> Row:
    """The memory that making dues takes, for so many members."""
    url = ready(place, "many", many)
    made = place.call(INSIDE, "make", 0, database_url=url)
    assert made["made"] == many
    megabytes = made["megabytes"]
    return row(
        f"Memory for {many:,} members", f"{megabytes:.0f} MB", f"<= {MOST_MEGABYTES}", megabytes <= MOST_MEGABYTES
    )


def ready(place: Machine, name: str, members: int) -> str:
    """A database with so many members of whom each is due today, and a few that were billed."""
    place.create_database(name)
    url = place.database_url("postgresql", name)
    place.call(INSIDE, "prepare", BEFORE, database_url=url)
    place.call(INSIDE, "make", 0, database_url=url)
    place.call(INSIDE, "charge", 1, database_url=url)
    place.call(INSIDE, "prepare", members, database_url=url)
    return url


def must_be_paid(place: Machine, url: str, members: int) -> None:
    """Every due, once."""
    left = place.call(INSIDE, "left", 0, database_url=url)
    if (left["paid"], left["due"]) != (BEFORE + members, 0):
        raise SystemExit(f"Of {BEFORE + members} dues {left['paid']} are paid and {left['due']} are not.")


def row(what: str, figure: str, target: str, met: bool) -> Row:
    return what, figure, target, met


if __name__ == "__main__":
    sys.exit(main())
