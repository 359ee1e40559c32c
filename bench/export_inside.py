"""What the export bench does, each command in a process of its own that answers with one line of JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounting.asked import Asked  # noqa: E402
from accounting.kinds import reports  # noqa: E402
from accounting.sales_export import SalesFile  # noqa: E402
from bench import history  # noqa: E402
from ledger.models import Posting  # noqa: E402
from pos.models import SaleLine  # noqa: E402
from studio.models import Device, Location, Staff  # noqa: E402
from tests import builders  # noqa: E402

COPY = """
COPY (
    SELECT s.business_date, s.completed_at, o.code, r.number, s.id, s.client_id, l.position, l.kind, l.category, i.code,
           l.name, t.display_name, l.quantity, l.list_cents, l.discount_cents, l.net_cents, l.tax_cents,
           l.covered_cents, s.tip_cents, s.rounding_cents, p.told
    FROM pos_sale s
    JOIN pos_saleline l ON l.sale_id = s.id
    JOIN studio_location o ON o.id = s.location_id
    LEFT JOIN pos_receipt r ON r.sale_id = s.id AND r.refund_id IS NULL
    LEFT JOIN pos_item i ON i.id = l.item_id
    LEFT JOIN studio_staff t ON t.id = l.therapist_id
    LEFT JOIN (SELECT sale_id, string_agg(kind || ' ' || amount_cents, '; ') AS told FROM pos_tender GROUP BY 1) p
           ON p.sale_id = s.id
    WHERE s.business_date IS NOT NULL
    ORDER BY s.business_date, s.location_id, s.completed_at, l.position
) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)
"""
"""The same columns in the same order, by the database alone."""


def grow(count: int) -> dict[str, int]:
    """About so many sale lines, copies of one sale of three, with all that belongs to them."""
    place, dana = Location.objects.get(), Staff.objects.get(username="dana")
    ana = Staff.objects.get(username="ana")
    device = Device.objects.get(name="Front tablet")
    desk = builders.TestDesk(builders.Desk(location=place, staff=dana, device=device), now=timezone.now())
    lines = (builders.of("ashiatsu-60", by=ana), builders.of("massage-oil"), builders.of("massage-oil", quantity=2))
    sold = desk.rings_up(*lines, tips=(builders.tip(ana, 20_00),))
    sold.tenders("external", amount_cents=50_00)
    sold.tenders("cash")
    sold.completes()
    each = Posting.objects.count()
    postings = Posting.objects.filter(entry__kind="sale").count()
    history.grow(count // len(lines) * postings)
    return {"lines": SaleLine.objects.count(), "postings": Posting.objects.count(), "before": each}


def _year() -> Asked:
    today = timezone.now().date()
    return Asked(today - timedelta(days=370), today + timedelta(days=2), tuple(Location.objects.all()))


def _streamed(pieces: Callable[[], Iterator[bytes]]) -> dict[str, float]:
    begun = time.perf_counter()
    first, size = 0.0, 0
    for piece in pieces():
        if piece and not first:
            first = time.perf_counter() - begun
        size += len(piece)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "first_ms": 1000 * first, "bytes": size, "peak_mb": peak}


def csv(_number: int) -> dict[str, float]:
    return _streamed(SalesFile("lines", "csv", _year()).pieces)


def xlsx(_number: int) -> dict[str, float]:
    return _streamed(SalesFile("lines", "xlsx", _year()).pieces)


def nothing(_number: int) -> dict[str, float]:
    """A file without rows: what a process of ours takes anyway."""
    empty = Asked(date(2001, 1, 1), date(2001, 1, 2), tuple(Location.objects.all()))
    return _streamed(SalesFile("lines", "csv", empty).pieces)


def copy(_number: int) -> dict[str, float]:
    def pieces() -> Iterator[bytes]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            with cursor.cursor.copy(COPY) as rows:  # type: ignore[attr-defined]
                yield from map(bytes, rows)

    return _streamed(pieces)


def books(_number: int) -> dict[str, float]:
    """Seconds of the trial balance of the last month, and of a plain sum of all postings by account."""
    year = _year()
    month = Asked(year.ends_on - timedelta(days=60), year.ends_on - timedelta(days=30), year.places)
    return {"report": _best(lambda: _read("trial-balance", month)), "plain": _best(_plain)}


def _read(slug: str, asked: Asked) -> None:
    for table in reports()[slug].tables(asked, using="default"):
        list(table.rows)


def _plain() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT account, sum(amount_cents) FROM ledger_posting GROUP BY account")
        cursor.fetchall()


def _best(work: Callable[[], None]) -> float:
    """The quickest of three, in seconds."""
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


COMMANDS: dict[str, Callable[[int], Any]] = {
    command.__name__: command for command in (grow, csv, xlsx, nothing, copy, books)
}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
