"""REP24: what belongs to an earlier month than the one it was posted in, because that one was closed by then (I7)."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import F, Q, Sum
from django.db.models.functions import TruncMonth

from accounting.asked import Asked
from accounting.reports.journal import address_of, event
from accounting.tables import Column, Form, Row, Table, total
from ledger.models import Entry

COLUMNS = (
    Column("business_date", "Posted on", Form.DATE, "The day whose reports and exports have it."),
    Column("original_date", "Belongs to", Form.DATE, "The day on which it happened, or that it corrects."),
    Column("entry", "Event", Form.TEXT, "What happened; it leads to the whole entry."),
    Column("location", "Location"),
    Column("occurred_at", "Happened", Form.MOMENT),
    Column("created_at", "Written", Form.MOMENT),
    Column("amount_cents", "Amount", Form.MONEY, "The sum of its debits."),
    Column("made_by", "By"),
    Column("why", "Why"),
    Column("entry_id", "Entry"),
)


class LateArrivals:
    """REP24, late arrivals."""

    code: ClassVar[str] = "REP24"
    slug: ClassVar[str] = "late"
    group: ClassVar[str] = "Control"
    title: ClassVar[str] = "Late arrivals"
    meaning: ClassVar[str] = "What was posted in the range but belongs to an earlier month."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each entry whose original day lies in an earlier month."""
        rows = list(_rows(_late(asked, using=using)))
        return [
            Table(
                name="late",
                title="Posted later",
                columns=COLUMNS,
                rows=rows,
                total=total(COLUMNS, rows, business_date=None),
                note="Closed months never change: what comes late is posted on the first open day, with its own day.",
            )
        ]


def _late(asked: Asked, *, using: str) -> Any:
    found = Entry.objects.using(using).filter(
        business_date__gte=asked.starts_on,
        business_date__lt=asked.ends_on,
        location__in=asked.places,
        original_date__lt=TruncMonth("business_date"),
    )
    return found.annotate(
        cents=Sum("postings__amount_cents", filter=Q(postings__amount_cents__gt=0)),
        by=F("made_by__display_name"),
        code=F("location__code"),
    ).order_by("business_date", "created_at", "id")


def _rows(found: Any) -> Iterator[Row]:
    for entry in found:
        cells = {
            "business_date": entry.business_date,
            "original_date": entry.original_date,
            "entry": event(entry.kind),
            "location": entry.code,
            "occurred_at": entry.occurred_at,
            "created_at": entry.created_at,
            "amount_cents": int(entry.cents or 0),
            "made_by": entry.by or "",
            "why": entry.memo or ("Takes back what was posted then." if entry.reverses_id else ""),
            "entry_id": str(entry.pk),
        }
        yield Row(cells, {"entry": address_of(entry.pk)})
