"""One entry of the books, whole: its postings, its place in the chain, the sale it came from; without the client."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from accounting import showing
from accounting.pages import moment, show
from accounting.reports.journal import event, sides
from accounting.tables import Cell, Column, Form, Row, Table, total
from accounting.visitors import for_books
from ledger.accounts import Account
from ledger.models import Entry, Posting
from pos.models import Receipt, Refund, SaleLine
from studio.models import Location

POSTINGS = (
    Column("account", "Account"),
    Column("debit_cents", "Debit", Form.MONEY),
    Column("credit_cents", "Credit", Form.MONEY),
    Column("location", "Location"),
    Column("therapist", "Therapist"),
    Column("category", "Category"),
    Column("tender", "Tender"),
    Column("jurisdiction", "Jurisdiction"),
    Column("instrument", "Instrument"),
)
LINES = (
    Column("name", "Line"),
    Column("therapist", "Therapist"),
    Column("quantity", "Quantity", Form.COUNT),
    Column("list_cents", "List price", Form.MONEY),
    Column("discount_cents", "Discount", Form.MONEY),
    Column("net_cents", "Net", Form.MONEY),
    Column("tax_cents", "Tax", Form.MONEY),
)


@require_safe
@for_books
def entry(request: HttpRequest, places: list[Location], entry_id: uuid.UUID) -> HttpResponseBase:
    """The entry with that id; 404 when it is of a location whose books the person does not see."""
    around = Entry.objects.select_related("location", "made_by", "link", "reverses", "reversed_by")
    found = around.filter(pk=entry_id, location__in=places).first()
    if found is None:
        raise Http404
    sale_id = _sale_of(found)
    tables = [_postings(found), *([_lines(sale_id)] if sale_id else [])]
    return show(
        request,
        "entry",
        entry=found,
        event=event(found.kind),
        number=getattr(getattr(found, "link", None), "number", None),
        hash=getattr(getattr(found, "link", None), "hash", ""),
        reversed_by=getattr(found, "reversed_by", None),
        occurred=moment(found.occurred_at.astimezone(found.location.zone)),
        written=moment(found.created_at.astimezone(found.location.zone)),
        receipts=_receipts(sale_id) if sale_id else [],
        sale_id=sale_id,
        tables=[showing.table(one, found.location.zone) for one in tables],
        names_clients=request.user.has_perm("pos.view_client") and request.user.has_perm("pos.view_sale"),
    )


def _sale_of(entry: Entry) -> uuid.UUID | None:
    """The sale that the entry is about, by its key; None for other events."""
    what, _, key = entry.key.partition(":")
    try:
        number = uuid.UUID(key.partition(":")[0])
    except ValueError:
        return None
    if what == "refund":
        return Refund.objects.filter(pk=number).values_list("sale_id", flat=True).first()
    return number if what in ("sale", "void", "void_back") else None


def _postings(entry: Entry) -> Table:
    found = Posting.objects.filter(entry=entry).select_related("location", "therapist").order_by("position")
    rows = [_posting(one) for one in found]
    return Table("postings", "Postings", POSTINGS, rows, total(POSTINGS, rows, account="Total"))


def _posting(one: Posting) -> Row:
    cells: dict[str, Cell] = {
        "account": Account(one.account).title,
        "location": one.location.code,
        "therapist": one.therapist.display_name if one.therapist is not None else "",
        "category": one.category,
        "tender": one.tender,
        "jurisdiction": one.jurisdiction,
        "instrument": one.instrument,
    }
    return Row({**cells, **sides(one.amount_cents)})


def _lines(sale_id: uuid.UUID) -> Table:
    found = SaleLine.objects.filter(sale=sale_id).select_related("therapist").order_by("position")
    rows = [
        Row(
            {
                "name": one.name,
                "therapist": one.therapist.display_name if one.therapist is not None else "",
                "quantity": one.quantity,
                "list_cents": one.list_cents,
                "discount_cents": one.discount_cents,
                "net_cents": one.net_cents,
                "tax_cents": one.tax_cents,
            }
        )
        for one in found
    ]
    return Table("lines", "The sale", LINES, rows, total(LINES, rows, name="Total"))


def _receipts(sale_id: uuid.UUID) -> Sequence[Any]:
    return list(Receipt.objects.filter(sale=sale_id).select_related("location").order_by("number"))
