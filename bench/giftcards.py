"""Gift cards among very many: looked up by their code, and paying a sale: `python -m bench.giftcards`.

Two databases on one PostgreSQL, a small and a large one, each with its own web server; rounds go from one to the other,
so that what else the machine does falls on both. bench/README.md says how to read the figures.
"""

import argparse
import statistics
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from bench.desk import Request, Tablet
from bench.machine import Machine, cpu_seconds, machine

MOST_LOOK_MS, MOST_REDEEM_MS, MOST_GROWTH = 4.0, 8.0, 1.1
SMALL = 10_000
KNOWN, TABLETS = 40, 40
WARM_UP = 20
LOOK, BY_CARD, OTHERWISE = "a look-up by code", "a sale paid by card", "the same sale otherwise"


@dataclass
class Place:
    """A database with so many cards, tablets at its server, and the CPU milliseconds of each round by work."""

    cards: int
    pids: tuple[int | None, ...]
    tablets: Iterator[Tablet]
    codes: Iterator[str]
    instruments: Iterator[str] = field(default_factory=lambda: cycle(()))
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, request: Request) -> Any:
        """By the next tablet: each may look up thirty codes a minute."""
        return next(self.tablets).ask(request)

    def look(self) -> Any:
        return self.ask(("POST", "codes", {"code": next(self.codes)}))

    def sell(self, tender: dict[str, Any]) -> Any:
        body = {"lines": [{"item": "massage-oil"}], "tenders": [{"id": str(uuid.uuid4()), **tender}]}
        return next(self.tablets).ask(("PUT", f"sales/{uuid.uuid4()}", body))

    def by_card(self) -> Any:
        return self.sell({"kind": "gift_card", "instrument": next(self.instruments)})

    def otherwise(self) -> Any:
        return self.sell({"kind": "external"})

    def median_ms(self, work: str) -> float:
        return statistics.median(self.rounds[work])

    @property
    def redeem_ms(self) -> float:
        """What a sale costs more because a card pays it."""
        pairs = zip(self.rounds[BY_CARD], self.rounds[OTHERWISE], strict=True)
        return statistics.median(card - other for card, other in pairs)


def measure(bench: Machine, asked: argparse.Namespace) -> list[Place]:
    """The small and the large place, round by round in turn."""
    postmaster = bench.start_postgresql()
    with ExitStack() as ending:
        places = [_place(bench, cards, postmaster, ending) for cards in (SMALL, asked.cards)]
        for place in places:
            found = [place.look() for _ in range(KNOWN)]
            place.instruments = cycle([offer["instrument"] for offer in found])
        for _ in range(asked.rounds):
            for place in places:
                _round(place, asked.requests)
        return places


def _place(bench: Machine, cards: int, postmaster: int, ending: ExitStack) -> Place:
    name = f"cards{cards}"
    bench.create_database(name)
    url = bench.database_url("postgresql", name)
    print(f"… {cards:,} cards", file=sys.stderr, flush=True)
    bench.call("bench.giftcards_inside", "prepare", cards, database_url=url)
    codes = bench.call("bench.giftcards_inside", "known", KNOWN, database_url=url)
    headers = bench.call("bench.inside", "tablets", TABLETS, database_url=url)
    server = ending.enter_context(bench.served(url, workers=1, threads=2))
    return Place(cards, (server.pid, postmaster), cycle([Tablet(server, one) for one in headers]), cycle(codes))


def _round(place: Place, times: int) -> None:
    works: dict[str, Callable[[], Any]] = {LOOK: place.look, BY_CARD: place.by_card, OTHERWISE: place.otherwise}
    for name, work in works.items():
        for _ in range(WARM_UP if name not in place.rounds else 1):
            work()
        before = cpu_seconds(*place.pids)
        for _ in range(times):
            work()
        place.rounds.setdefault(name, []).append(1000 * (cpu_seconds(*place.pids) - before) / times)


def written(small: Place, large: Place) -> tuple[str, bool]:
    """The figures beside their targets, and whether all are met."""
    rows = [
        ("look-up, CPU ms", small.median_ms(LOOK), large.median_ms(LOOK), MOST_LOOK_MS),
        ("redemption, CPU ms", small.redeem_ms, large.redeem_ms, MOST_REDEEM_MS),
    ]
    growth = [
        (f"growth, {name}", large.median_ms(name) / small.median_ms(name), MOST_GROWTH) for name in (LOOK, BY_CARD)
    ]
    lines = [
        f"| PostgreSQL | {small.cards:,} cards | {large.cards:,} cards | target | |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {one:.1f} | {many:.1f} | <= {most:.0f} | {_word(many <= most)} |"
            for name, one, many, most in rows
        ),
        *(f"| {name} | 1 | {ratio:.2f} | <= {most} | {_word(ratio <= most)} |" for name, ratio, most in growth),
        *(
            f"| {name}, CPU ms | {small.median_ms(name):.1f} | {large.median_ms(name):.1f} | | |"
            for name in (BY_CARD, OTHERWISE)
        ),
    ]
    met = all(many <= most for _, _, many, most in rows) and all(ratio <= most for _, ratio, most in growth)
    return "\n".join(lines), met


def _word(met: bool) -> str:
    return "met" if met else "MISSED"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", type=int, default=1_000_000, help="in the large database; 10000000 in a release")
    parser.add_argument("--requests", type=int, default=100, help="of each work in a round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with machine(settings="config.settings") as bench:
        text, met = written(*measure(bench, asked))
    print(text)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
