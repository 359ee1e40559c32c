"""Years of sales in minutes: the newest sale copied by INSERT ... SELECT, spread over the year before today.

Every copy is whole (sale, lines, taxes, tips, tenders, receipt, balanced entry), so that every table and index a sale
writes to is as large as it would be, and `check_books` finds all of it in order. The guards stay on.
"""

import datetime as dt
from itertools import pairwise

from django.db import connection, models, transaction
from django.utils import timezone

from ledger.models import Entry, Period, Posting
from pos.models import Counter, Receipt, Sale, SaleLine, SaleTax, Tender, Tip

BATCH = 20_000
YEAR = dt.timedelta(days=364)

# One row for each copy. `stem` begins the time-ordered ids of that copy; their ends are those of the sale copied.
SCHEDULE = {
    "postgresql": """
        CREATE TEMPORARY TABLE bench_copy AS
        SELECT n, n + {last} AS number, gen_random_uuid() AS sale,
               lpad(to_hex({from_ms} + n + {last}), 12, '0') || '7000' AS stem, d AS day,
               d + time '17:00' + n % 7200 * interval '1 second' AS moment
        FROM (SELECT n, DATE '{start}' + (n * {days} / {total})::int AS d FROM generate_series(1, {total}::bigint) n) x
    """,
    "sqlite": """
        CREATE TEMPORARY TABLE bench_copy AS
        WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < {total})
        SELECT n, n + {last} AS number, lower(hex(randomblob(16))) AS sale,
               printf('%012x7000', {from_ms} + n + {last}) AS stem,
               date('{start}', (n * {days} / {total}) || ' days') AS day,
               datetime('{start} 17:00', (n * {days} / {total}) || ' days', (n % 7200) || ' seconds') AS moment
        FROM x
    """,
}
ORDERED_ID = {
    "postgresql": "(c.stem || right(t.{name}::text, 17))::uuid",
    "sqlite": "c.stem || substr(t.{name}, 17)",
}
RANDOM_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
TOKEN = {"postgresql": "left(replace(gen_random_uuid()::text, '-', ''), 22)", "sqlite": "lower(hex(randomblob(11)))"}
DASHED = {
    "postgresql": "c.sale::text",
    "sqlite": "substr(c.sale, 1, 8) || '-' || substr(c.sale, 9, 4) || '-' || substr(c.sale, 13, 4) || '-' "
    "|| substr(c.sale, 17, 4) || '-' || substr(c.sale, 21)",
}
MOMENT = {"postgresql": "c.moment AT TIME ZONE 'UTC'", "sqlite": "c.moment || '.000000'"}
MOMENTS = ("opened_at", "last_request_at", "completed_at", "occurred_at", "created_at", "issued_at")


def grow(postings: int) -> int:
    """Copy the newest sale until there are about that many postings more, then ANALYZE; how many there are more."""
    template = Sale.objects.order_by("-completed_at")[:1].get()
    entry = Entry.objects.get(key=f"sale:{template.pk}")
    copies = postings // entry.postings.count()
    if not copies:
        return 0
    counter = Counter.objects.get(location=template.location, name="receipt")
    with connection.cursor() as cursor:
        _relax(cursor)
        _schedule(cursor, copies, counter.value)
        for first, after in pairwise([*range(1, copies + 1, BATCH), copies + 1]):
            with transaction.atomic(durable=True):
                _copy(cursor, template, entry, f"c.n >= {first} AND c.n < {after}")
        Counter.objects.filter(pk=counter.pk).update(value=counter.value + copies)
        cursor.execute("DROP TABLE bench_copy")
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return copies * entry.postings.count()


def _relax(cursor: object) -> None:
    if connection.vendor == "postgresql":  # the limits are made for tills
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET {limit} = 0")  # type: ignore[attr-defined]
        cursor.execute("SET jit = off")  # type: ignore[attr-defined]


def _schedule(cursor: object, copies: int, last: int) -> None:
    start = timezone.now().date() - YEAR - dt.timedelta(days=2)
    from_ms = int(dt.datetime.combine(start, dt.time(), dt.UTC).timestamp()) * 1000
    sql = SCHEDULE[connection.vendor].format(
        total=copies, last=last, start=start.isoformat(), days=YEAR.days, from_ms=from_ms
    )
    cursor.execute(sql)  # type: ignore[attr-defined]
    cursor.execute("CREATE INDEX bench_copy_n ON bench_copy (n)")  # type: ignore[attr-defined]
    months = {(start + dt.timedelta(days=day)).replace(day=1) for day in range(YEAR.days + 1)}
    Period.objects.bulk_create([Period(month=month) for month in sorted(months)], ignore_conflicts=True)


def _copy(cursor: object, sale: Sale, entry: Entry, which: str) -> None:
    for model in (Sale, SaleLine, SaleTax, Tip, Tender, Posting, Entry, Receipt):
        kept = {Entry: "id", Posting: "entry_id", Sale: "id"}.get(model, "sale_id")
        source = entry if model in (Entry, Posting) else sale
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        names = ", ".join(field.column for field in fields)
        values = ", ".join(_value(model, field.column) for field in fields)
        cursor.execute(  # type: ignore[attr-defined]
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} "
            f"FROM bench_copy c CROSS JOIN {model._meta.db_table} t WHERE t.{kept} = %s AND {which} ORDER BY c.n",
            [source.pk if connection.vendor == "postgresql" else source.pk.hex],
        )


def _value(model: type[models.Model], name: str) -> str:
    """What a column of a copy is; as in the sale copied unless it must be new."""
    vendor = connection.vendor
    ordered = ORDERED_ID[vendor].format(name=name)
    new = {
        (Sale, "id"): "c.sale",
        (Tender, "id"): RANDOM_ID[vendor],
        (Entry, "key"): f"'sale:' || {DASHED[vendor]}",
        (Receipt, "number"): "c.number",
        (Receipt, "token"): TOKEN[vendor],
    }
    if name in MOMENTS:
        return MOMENT[vendor]
    everywhere = {"id": ordered, "line_id": ordered, "entry_id": ordered, "sale_id": "c.sale", "business_date": "c.day"}
    return new.get((model, name)) or everywhere.get(name, f"t.{name}")
