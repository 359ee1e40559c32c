"""Every line of every sale, and every tender, as rows for spreadsheets, which the database writes itself.

Amounts of what is taken back are negative, so that every column of money adds up to the reports of the same days.
No row names a client. `accounting.exports.sales_columns` says what stands in a row; here some days at a time are read.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connections
from django.db.models import Count

from accounting.asked import Asked
from accounting.exports.cells import ENGINES, Ready
from accounting.exports.sales_columns import COLUMNS, LINES, PAID, PAID_BACK, REFUNDED, SOLD, TENDERS, Source, statement
from accounting.reports.daily import IN_THE_BOOKS
from accounting.reports.selling import income_kinds
from pos.models import Item, Refund, RefundLine, RefundTender, Sale, SaleLine, Tender
from studio.models import Staff

__all__ = ["COLUMNS", "LINES", "TENDERS", "rows"]
FIRST, AT_ONCE = 500, 4000
"""About so many sales are read at a time, or those of one day: few at first, so that the first bytes leave at once."""
Span = tuple[dt.date, dt.date]
"""Business days from the first to before the second."""
SOURCES: Mapping[str, tuple[Source, ...]] = {LINES: (SOLD, REFUNDED), TENDERS: (PAID, PAID_BACK)}


def rows(what: str, form: Ready, asked: Asked, *, using: str) -> Iterator[bytes]:
    """The rows of LINES or TENDERS, ready for the file, in the order of days; two statements for some thousand."""
    values = _known(form, asked, using)
    engine = ENGINES[connections[using].vendor]
    statements = [statement(source, form, engine) for source in SOURCES[what]]
    for span in _spans(asked, using):
        words = {"words": _pairs(form, ((text, text) for text in _texts(what, span, asked, using)))}
        for text in statements:
            yield from _read(text, {**values, **words, "since": span[0], "until": span[1]}, using)


def _spans(asked: Asked, using: str) -> Iterator[Span]:
    """Days one after another that have about AT_ONCE sales and refunds together, or one day that has more."""
    counts: Counter[dt.date] = Counter()
    for model in (Sale, Refund):
        found = model.objects.using(using).filter(**_within(asked, (asked.starts_on, asked.ends_on), ""))
        counts.update(dict(found.order_by().values_list("business_date").annotate(n=Count("pk"))))
    first, n, most = asked.starts_on, 0, FIRST
    for day in sorted(counts):
        if n and n + counts[day] > most:
            yield first, day
            first, n, most = day, 0, AT_ONCE
        n += counts[day]
    if n:
        yield first, asked.ends_on


def _within(asked: Asked, span: Span, prefix: str) -> dict[str, Any]:
    days = {f"{prefix}business_date__gte": span[0], f"{prefix}business_date__lt": span[1]}
    return {**days, f"{prefix}location__in": asked.places}


# What the statements look up -----------------------------------------------------------------------------------------


def _known(form: Ready, asked: Asked, using: str) -> dict[str, str]:
    """The cells of who, what and where by their keys, and what counts as income."""
    people = Staff.objects.using(using).values_list("pk", "display_name")
    return {
        "places": _pairs(form, ((place.pk, place.code) for place in asked.places)),
        "people": _pairs(form, people),
        "items": _pairs(form, Item.objects.using(using).values_list("pk", "code")),
        "income": json.dumps(income_kinds()),
        "standing": json.dumps([str(status) for status in IN_THE_BOOKS]),
    }


def _pairs(form: Ready, pairs: Iterable[tuple[Any, str]]) -> str:
    """Keys, raw texts and cells as JSON."""
    return json.dumps([[str(key), text, form.word(text)] for key, text in pairs])


def _texts(what: str, span: Span, asked: Asked, using: str) -> set[str]:
    """The texts that somebody typed in the rows of the days, each once."""
    found: set[str] = set()
    for model, prefix, names in TYPED[what]:
        told = model.objects.using(using).filter(**_within(asked, span, prefix)).order_by()
        for row in told.values_list(*names).distinct():
            found.update(row)
    return found - {""}


TYPED: Mapping[str, tuple[tuple[Any, str, tuple[str, ...]], ...]] = {
    LINES: (
        (SaleLine, "sale__", ("name", "category")),
        (RefundLine, "refund__", ("line__name", "line__category")),
    ),
    TENDERS: ((Tender, "sale__", ("reference",)), (RefundTender, "refund__", ("tender__reference",))),
}


# Reading -------------------------------------------------------------------------------------------------------------


def _read(text: str, values: Mapping[str, Any], using: str) -> Iterator[bytes]:
    """The rows of a statement of one column, as they come."""
    with connections[using].cursor() as cursor:
        if cursor.db.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY ({text}) TO STDOUT", values) as told:
                for row in told:
                    yield _unescaped(row)
        else:
            cursor.execute(text, values)
            while found := cursor.fetchmany(500):
                yield from (row.encode() for (row,) in found)


def _unescaped(row: Any) -> bytes:
    """A row of COPY: without its end, and with each backslash once. Cells have no control characters to escape."""
    told = bytes(row)[:-1]
    return told.replace(b"\\\\", b"\\") if b"\\" in told else told
