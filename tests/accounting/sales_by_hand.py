"""The rows of the sales export made by hand, value by value, as a second opinion on what the database writes."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Count

from accounting.asked import Asked
from accounting.exports.text import amount
from accounting.reports.daily import IN_THE_BOOKS
from accounting.reports.selling import income_kinds
from pos.models import Receipt, Refund, RefundLine, RefundTender, Sale, SaleLine, Tender, Void
from studio.models import Staff

LINES, TENDERS = "lines", "tenders"
SALE, REFUND, VOID = "sale", "refund", "void"
AT_ONCE = 1000
"""So many sales are in memory at a time, or those of one day."""
Span = tuple[dt.date, dt.date]
"""Business days from the first to before the second."""
Values = tuple[Any, ...]
"""The cells of one row in the order of its columns, read as a Column's form says."""

SALE_FIELDS = ("business_date", "id", "location_id", "client_id", "completed_at", "tip_cents", "rounding_cents")
LINE_FIELDS = ("sale_id", "position", "kind", "category", "item__code", "name", "therapist_id", "quantity")
LINE_MONEY = ("list_cents", "discount_cents", "net_cents", "tax_cents")
TENDER_FIELDS = ("sale_id", "kind", "amount_cents", "tendered_cents", "rounding_cents", "line__position", "reference")


def rows(what: str, asked: Asked, *, using: str) -> Iterator[Values]:
    """The rows of LINES or TENDERS in the order of days; a handful of queries for some thousand rows."""
    read = {LINES: _lines_of, TENDERS: _tenders_of}[what]
    around = _Days(asked, using)
    for days in _spans(asked, using):
        yield from read(around, days)


def _spans(asked: Asked, using: str) -> Iterator[Span]:
    """Days one after another that have about AT_ONCE sales and refunds together, or one day that has more."""
    counts: Counter[dt.date] = Counter()
    for model in (Sale, Refund):
        found = model.objects.using(using).filter(
            business_date__gte=asked.starts_on, business_date__lt=asked.ends_on, location__in=asked.places
        )
        counts.update(dict(found.order_by().values_list("business_date").annotate(n=Count("pk"))))
    first, n = asked.starts_on, 0
    for day in sorted(counts):
        if n and n + counts[day] > AT_ONCE:
            yield first, day
            first, n = day, 0
        n += counts[day]
    if n:
        yield first, asked.ends_on


class _Days:
    """What every row needs: who and where by key, and papers and heads of sales as they are read."""

    def __init__(self, asked: Asked, using: str) -> None:
        self.using = using
        self.places = asked.places
        self.codes = {place.pk: place.code for place in asked.places}
        self.names = dict(Staff.objects.using(using).filter(is_therapist=True).values_list("pk", "display_name"))
        self.income = frozenset(income_kinds())

    def of(self, model: Any, on: Span, prefix: str = "") -> Any:
        """The rows of a model that fall on the days at the places asked for."""
        name = f"{prefix}business_date"
        days = {f"{name}__gte": on[0], f"{name}__lt": on[1], f"{prefix}location__in": self.places}
        return model.objects.using(self.using).filter(**days).order_by()

    def sold(self, model: Any, on: Span, prefix: str = "sale__") -> Any:
        """The same of sales that are in the books."""
        return self.of(model, on, prefix).filter(**{f"{prefix}status__in": IN_THE_BOOKS})

    def name(self, therapist: int | None) -> str:
        """How the therapist is called; empty without one."""
        return self.names.get(therapist, "") if therapist is not None else ""

    def about(self, row: str, on: dt.date, at: dt.datetime, place: int, paper: int | None, sale: Any) -> Values:
        """The first cells; `sale` has id and client of the sale."""
        code = self.codes[place]
        client = str(sale[1]) if sale[1] is not None else ""
        return row, on, at, code, f"{code}-{paper:06}" if paper else "", str(sale[0]), client


# Lines ---------------------------------------------------------------------------------------------------------------


def _lines_of(around: _Days, on: Span) -> Iterator[Values]:
    yield from _sold_lines(around, on)
    yield from _refunded_lines(around, on)


def _sold_lines(around: _Days, on: Span) -> Iterator[Values]:
    """The lines of the day's sales; those of voided ones a second time with the signs turned."""
    sales = list(
        around.sold(Sale, on, "")
        .order_by("business_date", "location_id", "completed_at", "id")
        .values_list(*SALE_FIELDS)
    )
    if not sales:
        return
    papers = dict(around.sold(Receipt, on).filter(refund=None).values_list("sale_id", "number"))
    voids = dict(around.sold(Void, on).values_list("sale_id", "occurred_at"))
    tenders = _told(around.sold(Tender, on).exclude(status=Tender.Status.RELEASED))
    covers = {
        (sale, position): kind
        for sale, position, kind in around.sold(Tender, on)
        .exclude(line=None)
        .exclude(status=Tender.Status.RELEASED)
        .values_list("sale_id", "line__position", "kind")
    }
    lines = defaultdict(list)
    for line in (
        around.sold(SaleLine, on)
        .order_by("sale_id", "position")
        .values_list(*LINE_FIELDS, *LINE_MONEY, "covered_cents")
        .iterator(chunk_size=2000)
    ):
        lines[line[0]].append(line)
    for date, sale, place, client, at, tip, rounding in sales:
        told = tenders.get(sale, "")
        found = lines.pop(sale, None) or [_NOTHING]
        about = around.about(SALE, date, at, place, papers.get(sale), (sale, client))
        yield from _rows_of_sale(around, about, found, covers, (tip, rounding, told), sign=1)
        if sale in voids:
            about = around.about(VOID, date, voids[sale], place, papers.get(sale), (sale, client))
            yield from _rows_of_sale(around, about, found, covers, (tip, rounding, told), sign=-1)


_NOTHING: Values = (None, None, "", "", None, "", None, 0, 0, 0, 0, 0, None)
"""A sale of nothing but a tip."""


def _rows_of_sale(
    around: _Days, about: Values, lines: Sequence[Values], covers: Mapping[Any, str], whole: Values, *, sign: int
) -> Iterator[Values]:
    tip, rounding, told = whole
    for sale, position, kind, category, item, name, therapist, quantity, *money, covered in lines:
        list_cents, discount, net, tax = (sign * cents for cents in money)
        yield (
            *about,
            position,
            ("sales" if kind in around.income else "prepaid") if kind else "",
            category,
            item or "",
            name,
            around.name(therapist),
            sign * quantity,
            list_cents,
            -discount,
            net,
            tax,
            net + tax,
            covers.get((sale, position), "") if covered is not None else "",
            None if covered is None else sign * covered,
            sign * tip,
            sign * rounding,
            told,
        )
        tip = rounding = 0


def _refunded_lines(around: _Days, on: Span) -> Iterator[Values]:
    """What was given back on the day of sales of any day."""
    fields = (
        "business_date",
        "id",
        "sale_id",
        "sale__client_id",
        "location_id",
        "occurred_at",
        "tip_cents",
        "rounding_cents",
    )
    refunds = list(
        around.of(Refund, on).order_by("business_date", "location_id", "occurred_at", "id").values_list(*fields)
    )
    if not refunds:
        return
    papers = dict(around.of(Receipt, on, "refund__").values_list("refund_id", "number"))
    tenders = _told(around.of(RefundTender, on, "refund__"), of="refund_id", kind="tender__kind")
    about_line = ("kind", "category", "item__code", "name", "therapist_id")
    lines = defaultdict(list)
    for refund, *line in (
        around.of(RefundLine, on, "refund__")
        .order_by("refund_id", "line__position")
        .values_list(
            "refund_id",
            "line__position",
            *(f"line__{name}" for name in about_line),
            "quantity",
            "net_cents",
            "tax_cents",
        )
    ):
        position, kind, category, item, name, therapist, quantity, net, tax = line
        # Given back is what was paid: its list price and discount stay with the sale.
        lines[refund].append(
            (refund, position, kind, category, item, name, therapist, quantity, net, 0, net, tax, None)
        )
    for date, refund, sale, client, place, at, tip, rounding in refunds:
        about = around.about(REFUND, date, at, place, papers.get(refund), (sale, client))
        whole = (tip, rounding, tenders.get(refund, ""))
        yield from _rows_of_sale(around, about, lines.get(refund) or [_NOTHING], {}, whole, sign=-1)


def _told(tenders: Any, *, of: str = "sale_id", kind: str = "kind") -> dict[uuid.UUID, str]:
    """The tenders of each sale in one cell: "card 80.00; cash 20.00"."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    position = "position" if of == "sale_id" else "tender__position"
    for key, code, cents in tenders.order_by(of, position).values_list(of, kind, "amount_cents"):
        found[key].append(f"{code} {amount(cents)}")
    return {key: "; ".join(parts) for key, parts in found.items()}


# Tenders -------------------------------------------------------------------------------------------------------------


def _tenders_of(around: _Days, on: Span) -> Iterator[Values]:
    yield from _paid(around, on)
    yield from _paid_back(around, on)


def _paid(around: _Days, on: Span) -> Iterator[Values]:
    """What paid the day's sales; what paid voided ones a second time with the signs turned."""
    papers = dict(around.sold(Receipt, on).filter(refund=None).values_list("sale_id", "number"))
    voids = dict(around.sold(Void, on).values_list("sale_id", "occurred_at"))
    head = ("sale__business_date", "sale__location_id", "sale__client_id", "sale__completed_at")
    tenders = around.sold(Tender, on).exclude(status=Tender.Status.RELEASED)
    in_order = tenders.order_by("sale__business_date", "sale__location_id", "sale__completed_at", "sale_id", "position")
    for date, place, client, at, sale, *tender in in_order.values_list(*head, *TENDER_FIELDS).iterator(chunk_size=2000):
        about = around.about(SALE, date, at, place, papers.get(sale), (sale, client))
        yield *about, *_tender(tender, sign=1)
        if sale in voids:
            about = around.about(VOID, date, voids[sale], place, papers.get(sale), (sale, client))
            yield *about, *_tender(tender, sign=-1)


def _tender(tender: Sequence[Any], *, sign: int) -> Values:
    kind, cents, handed_over, rounding, line, reference = tender
    money = (sign * cents, sign * handed_over, sign * (handed_over - cents), sign * rounding)
    return kind, *money, line, reference


def _paid_back(around: _Days, on: Span) -> Iterator[Values]:
    """What went back on the days, the way it came."""
    papers = dict(around.of(Receipt, on, "refund__").values_list("refund_id", "number"))
    head = (
        "refund__business_date",
        "refund_id",
        "refund__sale_id",
        "refund__sale__client_id",
        "refund__location_id",
        "refund__occurred_at",
    )
    money = ("tender__kind", "amount_cents", "rounding_cents", "tender__line__position", "tender__reference")
    back = around.of(RefundTender, on, "refund__").order_by(
        "refund__business_date", "refund__location_id", "refund__occurred_at", "refund_id", "tender__position"
    )
    for date, refund, sale, client, place, at, kind, cents, rounding, line, reference in back.values_list(
        *head, *money
    ):
        about = around.about(REFUND, date, at, place, papers.get(refund), (sale, client))
        yield *about, *_tender((kind, cents, cents, rounding, line, reference), sign=-1)
