"""The rows of a sale as they are stored: what reads them and what replaces them, each worked out once."""

import uuid
from functools import cache, partial
from typing import Any

from django.db.models import CharField, Exists, FilteredRelation, IntegerField, Model, QuerySet, Subquery, UUIDField

from pos.models import Receipt, Sale, SaleDiscount, SaleLine, SaleTax, Tender, Tip
from pos.writing import Change
from studio.prepared import Prepared, Slot

AROUND = ("client", "device", "opened_by", "changed_by", "completed_by", "exempted_by")
"""What is read with a sale in one statement."""
CONTENTS: tuple[type[Model], ...] = (SaleTax, SaleDiscount, Tip, SaleLine)
"""What new contents replace as a whole: what hangs on a line before the lines."""

_SALE: Any = Slot("sale", UUIDField())
_HAS = {
    "has_discounts": Exists(SaleDiscount.objects.filter(sale=_SALE)),
    "has_tenders": Exists(Tender.objects.filter(sale=_SALE)),
}


def _locked() -> "QuerySet[Any]":
    """The sale, locked, and whether it has discounts and tenders.

    They were looked up before the lock was waited for, at `seen_revision`: at another one they may be wrong.
    """
    seen = Subquery(Sale.objects.filter(pk=_SALE).values("revision")[:1])
    sales = Sale.objects.select_for_update(of=("self",)).select_related(*AROUND).filter(pk=_SALE).order_by()
    return sales.annotate(seen_revision=seen, **_HAS)


def _lines() -> "QuerySet[Any]":
    """A row for each line and each of its taxes; every row says what else there is to read of the sale."""
    return (
        SaleLine.objects.filter(sale=_SALE)
        .annotate(taxed=FilteredRelation("taxes"), **_HAS)
        .select_related("item", "therapist", "taxed")  # type: ignore[misc] # the plugin does not know filtered relations
        .order_by("position")
    )


_FOUND = Prepared(lambda: Sale.objects.select_related("location", *AROUND).filter(pk=_SALE).order_by())
_LOCKED: Prepared[Any] = Prepared(_locked)
_LINES: Prepared[Any] = Prepared(_lines)
_DISCOUNTS = Prepared(lambda: SaleDiscount.objects.filter(sale=_SALE).select_related("approver"))
_TIPS = Prepared(lambda: Tip.objects.filter(sale=_SALE).select_related("therapist").order_by("id"))
_TENDERS = Prepared(lambda: Tender.objects.filter(sale=_SALE).select_related("charge__reader"))
_RECEIPT = Prepared(lambda: Receipt.objects.filter(sale=_SALE, refund=None).select_related("location"))


def find(sale_id: uuid.UUID) -> Sale | None:
    """The sale with its location and who had to do with it."""
    return next(iter(_FOUND.rows(sale=sale_id)), None)


def lock(sale_id: uuid.UUID) -> Any:
    """The same without its location, locked until the transaction ends; it says what there is to read of it."""
    return next(iter(_LOCKED.rows(sale=sale_id)), None)


def was_waited_for(sale: Any) -> bool:
    """Whether somebody changed the sale while its lock was waited for, so that what it says of its parts is old."""
    return bool(sale.seen_revision != sale.revision)


def lines(sale: Sale) -> list[Any]:
    """The lines, each as often as it has taxes (`taxed`)."""
    return _of(sale, _LINES)


def discounts(sale: Sale) -> list[SaleDiscount]:
    return _of(sale, _DISCOUNTS)


def tips(sale: Sale) -> list[Tip]:
    return _of(sale, _TIPS)


def tenders(sale: Sale) -> list[Tender]:
    return _of(sale, _TENDERS)


def receipt(sale: Sale) -> Receipt | None:
    return next(iter(_of(sale, _RECEIPT)), None)


def _of(sale: Sale, parts: Prepared[Any]) -> list[Any]:
    """The stored parts of the sale, which know it."""
    rows = parts.rows(sale=sale.pk)
    for row in rows:
        row.sale = sale
    return rows


def change(sale: Sale, *, status: str, revision: int, gone: tuple[type[Model], ...]) -> bool:
    """Write the sale's own row and delete its rows of these tables, of tenders those that cover a line.

    False when it has no longer that status and revision.
    """
    fields = {name: getattr(sale, name) for name in _FIELDS}
    return bool(_change(gone).run(sale=sale.pk, read_status=status, read_revision=revision, **fields))


_FIELDS = {field.attname: Slot(field.attname, field) for field in Sale._meta.concrete_fields if not field.primary_key}


@cache
def _change(gone: tuple[type[Model], ...]) -> Change:
    rows = [_covers if model is Tender else partial(model._base_manager.filter, sale=_SALE) for model in gone]
    return Change(_unchanged, fields=_FIELDS, gone=rows)


def _unchanged() -> "QuerySet[Any]":
    read: Any = {"status": Slot("read_status", CharField()), "revision": Slot("read_revision", IntegerField())}
    return Sale.objects.filter(pk=_SALE, **read)


def _covers() -> "QuerySet[Any]":
    return Tender._base_manager.filter(sale=_SALE, line__isnull=False)
