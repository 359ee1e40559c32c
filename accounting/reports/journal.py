"""REP22, the journal: every posting of the days that were asked for; what stands behind the figures elsewhere."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from accounting.asked import Asked
from accounting.tables import Column, Form, Row, Table
from ledger.accounts import Account
from ledger.models import Posting

DIMENSIONS = {
    "account": "account",
    "therapist": "therapist_id",
    "tender": "tender",
    "category": "category",
    "jurisdiction": "jurisdiction",
    "session": "drawer_session",
    "entry": "entry__kind",
}
"""What narrows postings: the name of the filter, and what it looks up."""
FILTERS = tuple(DIMENSIONS)
READ_AT_ONCE = 2000

COLUMNS = (
    Column("business_date", "Day", Form.DATE),
    Column("entry", "Event", Form.TEXT, "What happened; it leads to the whole entry."),
    Column("number", "No.", Form.COUNT, "The number of the entry in the chain; empty until it is linked."),
    Column("location", "Location"),
    Column("account", "Account"),
    Column("debit_cents", "Debit", Form.MONEY),
    Column("credit_cents", "Credit", Form.MONEY),
    Column("therapist", "Therapist"),
    Column("tender", "Tender"),
    Column("category", "Category"),
    Column("jurisdiction", "Jurisdiction"),
    Column("memo", "Memo"),
    Column("entry_id", "Entry"),
)
NAMED = (
    "entry__business_date",
    "entry__kind",
    "entry__link__number",
    "location__code",
    "account",
    "therapist__display_name",
    "tender",
    "category",
    "jurisdiction",
    "amount_cents",
    "entry__memo",
    "entry_id",
)


class Journal:
    """REP22, the journal by day."""

    code: ClassVar[str] = "REP22"
    slug: ClassVar[str] = "entries"
    group: ClassVar[str] = "Books"
    title: ClassVar[str] = "Journal"
    meaning: ClassVar[str] = "Every line of the books in the order of days; other reports' figures lead here."
    filters: ClassVar[tuple[str, ...]] = FILTERS

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each posting."""
        found = postings(asked, using=using)
        rows = found.order_by("entry__business_date", "entry__created_at", "entry_id", "position")
        return [Table(name="postings", title="Postings", columns=COLUMNS, rows=_rows(rows), total=_total(found))]


def postings(asked: Asked, *, using: str) -> "QuerySet[Posting]":
    """The postings of these days at these locations, narrowed by what was chosen of `FILTERS`."""
    chosen = {DIMENSIONS[name]: value for name, value in asked.chosen.items() if name in DIMENSIONS}
    return Posting.objects.using(using).filter(
        entry__business_date__gte=asked.starts_on,
        entry__business_date__lt=asked.ends_on,
        location__in=asked.places,
        **chosen,
    )


def address_of(entry_id: object) -> str:
    """Where the whole entry stands."""
    return reverse("entry", args=[entry_id])


def event(kind: str) -> str:
    """The kind of an entry as people read it."""
    return kind.replace("_", " ").capitalize()


def sides(amount_cents: int) -> dict[str, int | None]:
    """The amount on its side of the books; the other side is empty."""
    return {
        "debit_cents": amount_cents if amount_cents > 0 else None,
        "credit_cents": -amount_cents if amount_cents < 0 else None,
    }


def sums(found: "QuerySet[Posting]") -> dict[str, int]:
    """What the debits and the credits come to, in cents, both positive."""
    both = found.order_by().aggregate(
        debit=Sum("amount_cents", filter=Q(amount_cents__gt=0)),
        credit=Sum("amount_cents", filter=Q(amount_cents__lt=0)),
    )
    return {"debit_cents": int(both["debit"] or 0), "credit_cents": -int(both["credit"] or 0)}


def _total(found: "QuerySet[Posting]") -> Row:
    return Row({"business_date": None, **sums(found)})


def _rows(found: Any) -> Iterator[Row]:
    for day, kind, number, place, account, therapist, tender, category, tax, cents, memo, entry_id in found.values_list(
        *NAMED
    ).iterator(chunk_size=READ_AT_ONCE):
        cells = {
            "business_date": day,
            "entry": event(kind),
            "number": number,
            "location": place,
            "account": Account(account).title,
            "therapist": therapist,
            "tender": tender,
            "category": category,
            "jurisdiction": tax,
            "memo": memo,
            "entry_id": str(entry_id),
        }
        yield Row({**cells, **sides(cents)}, {"entry": address_of(entry_id)})
