"""REP12 and REP26: sales tax by jurisdiction and rate, what was exempt and why, and the tax on prepaid value sold."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from accounting.asked import Asked
from accounting.reports.items import name_of
from accounting.reports.selling import KEPT, add, income_kinds, lines_sold
from accounting.tables import Column, Form, Row, Table, total
from ledger.money import at_rate
from pos.models import Receipt, RefundTax, SaleTax, TaxCategory

JURISDICTIONS = (
    Column("location", "Location"),
    Column("jurisdiction", "Jurisdiction"),
    Column("rate", "Rate", Form.PERCENT),
    Column("gross_cents", "Gross sales", Form.MONEY, "All of the location without tax, prepaid value sold too."),
    Column("exempt_cents", "Not taxed", Form.MONEY, "The table below says why."),
    Column("taxable_cents", "Taxable", Form.MONEY, "What this rate was charged on, before refunds."),
    Column("computed_cents", "Computed", Form.MONEY, "Rate × taxable."),
    Column("collected_cents", "Collected", Form.MONEY, "As charged, sale by sale (2100)."),
    Column("rounding_cents", "Difference", Form.MONEY, "Collected less computed: every sale is rounded by itself."),
    Column("refunded_cents", "Given back", Form.MONEY, "With refunds of these days, at the cents that were charged."),
    Column("due_cents", "Net due", Form.MONEY, "Collected + given back."),
)
BASES = (
    Column("location", "Location"),
    Column("gross_cents", "Gross sales", Form.MONEY, "After discounts, without tax; prepaid value sold too."),
    Column("prepaid_cents", "Prepaid value", Form.MONEY, "Gift cards, packages and dues that are taxed when used."),
    Column("paid_before_cents", "Taxed before", Form.MONEY, "Sessions whose tax was paid when they were sold."),
    Column("exempt_cents", "Exempt", Form.MONEY, "Items of the category that is never taxed."),
    Column("certificate_cents", "Exempt clients", Form.MONEY, "Sales to clients with a certificate: the table below."),
    Column("no_rate_cents", "No rate", Form.MONEY, "Items that no jurisdiction here taxed on that day."),
    Column("taxable_cents", "Taxable", Form.MONEY),
)
EXEMPT = (
    Column("day", "Day", Form.DATE),
    Column("location", "Location"),
    Column("receipt", "Receipt"),
    Column("certificate", "Certificate"),
    Column("approver", "Approved by"),
    Column("net_cents", "Sold without tax", Form.MONEY, "What would have been taxed, after discounts."),
)
PREPAID = (
    Column("what", "What"),
    Column("jurisdiction", "Jurisdiction"),
    Column("base_cents", "Sold", Form.MONEY, "What tax was charged on."),
    Column("tax_cents", "Tax", Form.MONEY),
    Column("refunded_cents", "Given back", Form.MONEY),
)
USED = (Column("what", "Used by"), Column("used_cents", "Used without tax", Form.MONEY, "Value of it that was used."))
COVERS = {"session": "Package sessions", "credit": "Member credits"}
BEFORE = Case(When(tax_was_paid=True, then=F("covered_cents")), default=Value(0))
Place = tuple[int, str, Decimal]
"""A location by its key, a jurisdiction and a rate."""


class SalesTax:
    """REP12, sales tax by jurisdiction."""

    code: ClassVar[str] = "REP12"
    slug: ClassVar[str] = "sales-tax"
    group: ClassVar[str] = "Tax"
    title: ClassVar[str] = "Sales tax by jurisdiction"
    meaning: ClassVar[str] = "What was taxed at which rate, what was not and why, and what is due to whom."
    filters: ClassVar[tuple[str, ...]] = ("jurisdiction",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each jurisdiction and rate of a location, and one of bases for each location."""
        bases = _bases(asked, using=using)
        codes = {place.pk: place.code for place in asked.places}
        rows = [
            Row({"location": codes[place], **cells})
            for place, cells in sorted(bases.items(), key=lambda one: codes[one[0]])
        ]
        return [
            _due(asked, bases, codes, using=using),
            Table("bases", "What was taxed", BASES, rows, total(BASES, rows, location="Total")),
            _exempt(asked, using=using),
        ]


def _due(asked: Asked, bases: dict[int, dict[str, int]], codes: dict[int, str], *, using: str) -> Table:
    found: dict[Place, dict[str, int]] = defaultdict(dict)
    charged = _charged(asked, using=using).values_list("sale__location_id", "jurisdiction", "rate")
    for place, jurisdiction, rate, base, cents in charged.annotate(base=_base("line__"), cents=Sum("amount_cents")):
        add(found[place, jurisdiction, rate], ["taxable_cents", "collected_cents"], [base, cents])
    for place, jurisdiction, rate, cents in _given_back(asked, using=using):
        add(found[place, jurisdiction, rate], ["refunded_cents"], [-cents])
    rows = [
        _due_row(key, cells, bases.get(key[0], {}).get("gross_cents", 0), codes[key[0]])
        for key, cells in sorted(found.items(), key=lambda one: (codes[one[0][0]], one[0][1:]))
    ]
    sum_of = total(JURISDICTIONS, rows, location="Total", gross_cents=None, exempt_cents=None, taxable_cents=None)
    note = "A sale may be taxed by several jurisdictions, so gross and taxable have no sum here."
    return Table("jurisdictions", "By jurisdiction", JURISDICTIONS, rows, sum_of, note=note, figures=("due_cents",))


def _due_row(key: Place, cells: dict[str, int], gross_cents: int, code: str) -> Row:
    _, jurisdiction, rate = key
    taxable, collected, back = (cells.get(f"{name}_cents", 0) for name in ("taxable", "collected", "refunded"))
    computed = at_rate(taxable, rate)
    return Row(
        {
            "location": code,
            "jurisdiction": jurisdiction,
            "rate": (rate * 100).normalize() + Decimal(0),
            "gross_cents": gross_cents,
            "exempt_cents": gross_cents - taxable,
            "taxable_cents": taxable,
            "computed_cents": computed,
            "collected_cents": collected,
            "rounding_cents": collected - computed,
            "refunded_cents": back,
            "due_cents": collected + back,
        }
    )


def _base(prefix: str) -> Any:
    """What of lines was taxed: their net, less what covers them if that was taxed when it was sold."""
    before = Case(When(**{f"{prefix}tax_was_paid": True}, then=F(f"{prefix}covered_cents")), default=Value(0))
    return Sum(F(f"{prefix}net_cents") - before)


def _charged(asked: Asked, *, using: str) -> "QuerySet[SaleTax]":
    charged = SaleTax.objects.using(using).filter(
        sale__business_date__gte=asked.starts_on,
        sale__business_date__lt=asked.ends_on,
        sale__location__in=asked.places,
        sale__status__in=KEPT,
    )
    return charged.filter(**_chosen(asked)).order_by()


def _back(asked: Asked, *, using: str) -> "QuerySet[RefundTax]":
    back = RefundTax.objects.using(using).filter(
        refund__business_date__gte=asked.starts_on,
        refund__business_date__lt=asked.ends_on,
        refund__location__in=asked.places,
    )
    return back.filter(**_chosen(asked)).order_by()


def _chosen(asked: Asked) -> dict[str, str]:
    wanted = asked.chosen.get("jurisdiction")
    return {"jurisdiction": wanted} if wanted else {}


def _given_back(asked: Asked, *, using: str) -> Iterator[tuple[int, str, Decimal, int]]:
    """Tax given back, at the rate at which it was charged."""
    then = SaleTax.objects.filter(line=OuterRef("line"), jurisdiction=OuterRef("jurisdiction"))
    back = _back(asked, using=using).annotate(rate=Subquery(then.values("rate")[:1]))
    rows = back.values_list("refund__location_id", "jurisdiction", "rate")
    yield from rows.annotate(cents=Sum("amount_cents"))


def _bases(asked: Asked, *, using: str) -> dict[int, dict[str, int]]:
    """By location: everything sold, what was taxed, and the rest by its reason."""
    names = [column.name for column in BASES[1:]]
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    taxed = Exists(SaleTax.objects.filter(line=OuterRef("pk")))
    lines = lines_sold(asked, using=using).order_by().annotate(taxed=taxed, income=Q(kind__in=income_kinds()))
    lines = lines.annotate(certified=~Q(sale__tax_certificate=""))
    grouped = lines.values_list("sale__location_id", "taxed", "income", "tax_category", "certified")
    for place, *why, net, before in grouped.annotate(net=Sum("net_cents"), before=Sum(BEFORE)):
        cells = found[place]
        cells["gross_cents"] += net
        cells["paid_before_cents"] += before
        cells[_reason(*why)] += net - before
    return dict(found)


def _reason(is_taxed: bool, is_income: bool, category: str, is_certified: bool) -> str:
    if is_taxed:
        return "taxable_cents"
    if not is_income:
        return "prepaid_cents"
    if category == TaxCategory.EXEMPT:
        return "exempt_cents"
    return "certificate_cents" if is_certified else "no_rate_cents"


def _exempt(asked: Asked, *, using: str) -> Table:
    """A row for each sale to a client with a certificate; no names, for accountants see none."""
    lines = lines_sold(asked, using=using).order_by().exclude(sale__tax_certificate="")
    lines = lines.filter(kind__in=income_kinds()).exclude(tax_category=TaxCategory.EXEMPT)
    number = Receipt.objects.filter(sale=OuterRef("sale"), refund=None).values("number")[:1]
    named = lines.annotate(receipt=Subquery(number)).values_list(
        "sale__business_date",
        "sale__location__code",
        "receipt",
        "sale__tax_certificate",
        "sale__exempted_by__display_name",
    )
    found = named.annotate(net=Sum("net_cents") - Sum(BEFORE)).order_by("sale__business_date", "receipt")
    rows = [
        Row(
            {"day": day, "location": place, "receipt": f"{place}-{number:06d}", "certificate": certificate}
            | {"approver": approver or "", "net_cents": net}
        )
        for day, place, number, certificate, approver, net in found
    ]
    return Table("exempt", "Exempt by certificate", EXEMPT, rows, total(EXEMPT, rows, day="Total"))


class PrepaidTax:
    """REP26, tax on prepaid value sold."""

    code: ClassVar[str] = "REP26"
    slug: ClassVar[str] = "prepaid-tax"
    group: ClassVar[str] = "Tax"
    title: ClassVar[str] = "Tax on prepaid value"
    meaning: ClassVar[str] = (
        "Tax charged when packages and dues were sold, and their sessions that are not taxed again."
    )
    filters: ClassVar[tuple[str, ...]] = ("jurisdiction",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """What was sold with tax by kind and jurisdiction, and what of such value was used."""
        found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_CELLS, 0))
        sold = _charged(asked, using=using).exclude(line__kind__in=income_kinds())
        rows = sold.values_list("line__category", "jurisdiction")
        for category, place, base, cents in rows.annotate(base=Sum("line__net_cents"), cents=Sum("amount_cents")):
            add(found[category, place], ["base_cents", "tax_cents"], [base, cents])
        back = _back(asked, using=using).exclude(line__kind__in=income_kinds())
        for category, place, cents in back.values_list("line__category", "jurisdiction").annotate(
            n=Sum("amount_cents")
        ):
            add(found[category, place], ["refunded_cents"], [-cents])
        told = [
            Row({"what": name_of(category), "jurisdiction": place, **cells})
            for (category, place), cells in sorted(found.items())
        ]
        return [
            Table("sold", "Sold with tax", PREPAID, told, total(PREPAID, told, what="Total", base_cents=None)),
            _used(asked, using=using),
        ]


_CELLS = ("base_cents", "tax_cents", "refunded_cents")


def _used(asked: Asked, *, using: str) -> Table:
    lines = lines_sold(asked, using=using).filter(tax_was_paid=True).order_by()
    grouped = lines.values_list("cover__kind").annotate(cents=Sum("covered_cents"))
    rows = [Row({"what": COVERS.get(kind, kind), "used_cents": cents}) for kind, cents in sorted(grouped)]
    return Table("used", "Used without tax", USED, rows, total(USED, rows, what="Total"))
