"""How fast sales leave for spreadsheets, beside the database alone, and the books are read: `python -m bench.export`.

PostgreSQL only. bench/README.md says how to read the figures.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from typing import Any

from bench.machine import Machine, machine

INSIDE, EXPORT = "bench.inside", "bench.export_inside"
OF_COPY, SHEET_ROWS, MOST_MEGABYTES, FIRST_MS = 0.60, 50_000, 64, 100
Row = tuple[str, str, str, bool]


def main() -> int:
    asked = arguments()
    with machine(settings="config.settings") as place:
        place.start_postgresql()
        url = place.database_url("postgresql", "exported")
        place.create_database("exported")
        place.call(INSIDE, "prepare", database_url=url)
        there = place.call(EXPORT, "grow", asked.lines, database_url=url)
        print(
            f"{there['lines']:,} sale lines, {there['postings']:,} postings; medians of {asked.rounds} rounds by turns."
        )
        rows = [*exports(place, url, there["lines"], asked.rounds), *books(place, url, asked.rounds)]
    for what, figure, target, met in rows:
        print(f"{what:<52}{figure:>16}   {target:<14} {'met' if met else 'MISSED'}")
    return 0 if all(met for *_, met in rows) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, help="sale lines to export; a million is the target's")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is done")
    return parser.parse_args()


def exports(place: Machine, url: str, lines: int, rounds: int) -> Iterator[Row]:
    """CSV and Excel beside COPY, each in a process of its own, by turns."""
    names = ("nothing", "copy", "csv", "xlsx")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(place.call(EXPORT, name, database_url=url))
    middle = {
        name: {key: statistics.median(one[key] for one in found[name]) for key in found[name][0]} for name in names
    }
    speed = {name: lines / middle[name]["seconds"] for name in names}
    yield "COPY by PostgreSQL alone, rows/s", f"{speed['copy']:,.0f}", "", True
    share = speed["csv"] / speed["copy"]
    yield "CSV, rows/s", f"{speed['csv']:,.0f}", "", True
    yield "CSV / COPY", f"{share:.2f}", f">= {OF_COPY:g}", share >= OF_COPY
    yield "Excel, rows/s", f"{speed['xlsx']:,.0f}", f">= {SHEET_ROWS:,}", speed["xlsx"] >= SHEET_ROWS
    for name, title in (("csv", "CSV"), ("xlsx", "Excel")):
        first, peak = middle[name]["first_ms"], middle[name]["peak_mb"]
        above = peak - middle["nothing"]["peak_mb"]
        yield f"{title}: first byte, ms", f"{first:.0f}", f"< {FIRST_MS}", first < FIRST_MS
        yield f"{title}: peak of the process, MB", f"{peak:.0f}", f"<= {MOST_MEGABYTES}", peak <= MOST_MEGABYTES
        yield f"{title}: of it for the rows, MB", f"{above:.0f}", "", True


def books(place: Machine, url: str, rounds: int) -> Iterator[Row]:
    """A trial balance of a month beside one plain sum of everything."""
    found = [place.call(EXPORT, "books", database_url=url) for _ in range(rounds)]
    report, plain = (statistics.median(one[name] for one in found) for name in ("report", "plain"))
    yield "Trial balance of a month, ms", f"{1000 * report:.0f}", "", True
    yield "Plain SUM of all postings by account, ms", f"{1000 * plain:.0f}", "", True
    yield "Trial balance / plain SUM", f"{report / plain:.2f}", "<= 1", report <= plain


if __name__ == "__main__":
    sys.exit(main())
