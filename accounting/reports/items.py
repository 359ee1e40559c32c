"""REP3: what was sold, by category and by item; money of categories from the books, of items from their lines."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet, Sum

from accounting.asked import Asked
from accounting.filters import FILTERS
from accounting.reports.daily import SOLD, USED, sums
from accounting.reports.selling import SALES, add, income_kinds, lines_back, lines_sold, of_sales, sales_by, share
from accounting.tables import Cell, Column, Drawing, Form, Row, Table, total
from ledger.accounts import Account
from pos.models import SaleLine

MONEY = ("gross_cents", "discount_cents", "refund_cents", "net_cents")
QUANTITY = Column("quantity", "Sold", Form.COUNT, "Less what was voided; refunds are counted beside it.")
BACK = Column("quantity_back", "Given back", Form.COUNT)
TAX = Column("tax_cents", "Tax", Form.MONEY, "Charged with it less given back; of prepaid value too.")
SHARE = Column("share", "Share", Form.PERCENT, "Of net sales.")
CATEGORIES = (Column("category", "Category"), QUANTITY, BACK, *SALES, SHARE)
ITEMS = (Column("item", "Item"), Column("name", "Name"), *CATEGORIES[:3], *SALES, TAX, SHARE)
PREPAID = (
    Column("what", "What"),
    Column("sold_cents", "Sold", Form.MONEY, "A debt and no revenue; less refunds."),
    Column("used_cents", "Used", Form.MONEY, "What it paid; negative, for it is no new money."),
)
PERIODS = {"day": "Day", "week": "Week from", "month": "Month from"}
KINDS = {"custom": "Custom amounts", "freeze_fee": "Freeze fees", "exit_fee": "Fees for leaving early"}
PREPAID_NAMES = ("Gift cards", "Packages", "Dues and credits", "Store credit and deposits")
Line = tuple[str, str, str]
"""An item by category, code and name."""


class SalesByItem:
    """REP3, sales by category and item."""

    code: ClassVar[str] = "REP3"
    slug: ClassVar[str] = "items"
    group: ClassVar[str] = "Sales"
    title: ClassVar[str] = "Sales by category and item"
    meaning: ClassVar[str] = (
        "How many of each treatment and product were sold, at which discount, and what they came to."
    )
    filters: ClassVar[tuple[str, ...]] = ("category", "item", "group")

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """Categories and items have the same sum, the net sales of REP1; prepaid value stands by itself."""
        items = _items(asked, using=using)
        tables = [_item_table(items)]
        if "item" not in asked.chosen:
            tables.insert(0, _categories(asked, using=using))
        return [*tables, _prepaid(asked, using=using)]


def first_day(on: dt.date, group: str) -> dt.date:
    """The first day of the day, week or month that the day belongs to."""
    if group == "week":
        return on - dt.timedelta(days=on.weekday())
    return on.replace(day=1) if group == "month" else on


def name_of(category: str) -> str:
    """How people call a category; what has none is promotional value of gift cards."""
    return dict(FILTERS["category"].choices(())).get(category, category) or "Promotional value"


def _categories(asked: Asked, *, using: str) -> Table:
    """By category and, when asked so, by day, week or month."""
    group = asked.chosen.get("group", "")
    found: dict[tuple[Any, str], dict[str, Any]] = defaultdict(dict)
    postings = of_sales(asked, using=using)
    if category := asked.chosen.get("category"):
        postings = postings.filter(category=category)
    for day, name, *cents in sales_by(postings, "entry__business_date", "category"):
        add(found[_period(day, group), name], MONEY, cents)
    for day, name, quantity, back in _quantities(asked, using=using):
        add(found[_period(day, group), name], ("quantity", "quantity_back"), (quantity, back))
    net_cents = sum(cells.get("net_cents", 0) for cells in found.values())
    columns = (Column("period", PERIODS[group], Form.DATE), *CATEGORIES) if group else CATEGORIES
    rows = [_category_row(key, cells, net_cents) for key, cells in sorted(found.items())]
    sum_of = {columns[0].name: "Total"}
    drawing = None if group else Drawing("Net sales", height="net_cents", label="category")
    return Table("categories", "By category", columns, rows, total(columns, rows, **sum_of), drawing)


def _period(day: dt.date, group: str) -> dt.date | str:
    return first_day(day, group) if group else ""


def _category_row(key: tuple[Any, str], cells: Mapping[str, Any], net_cents: int) -> Row:
    period, category = key
    zeros = dict.fromkeys(("quantity", "quantity_back", *MONEY), 0)
    of_all = share(cells.get("net_cents", 0), net_cents)
    return Row({**zeros, **cells, "period": period or None, "category": name_of(category), "share": of_all})


def _quantities(asked: Asked, *, using: str) -> Iterator[tuple[dt.date, str, int, int]]:
    """How many lines of income were sold and given back, by day and category."""
    sold, back = _lines(asked, using=using)
    for day, category, n in sold.values_list("sale__business_date", "category").annotate(n=Sum("quantity")):
        yield day, category, n, 0
    rows = back.values_list("refund__business_date", "line__category")
    for day, category, n in rows.annotate(n=Sum("quantity")):
        yield day, category, 0, n


def _lines(asked: Asked, *, using: str) -> tuple["QuerySet[SaleLine]", Any]:
    """The lines of income that were sold, and those given back, of what was chosen."""
    sold = lines_sold(asked, using=using).filter(kind__in=income_kinds()).order_by()
    back = lines_back(asked, using=using).filter(line__kind__in=income_kinds()).order_by()
    if category := asked.chosen.get("category"):
        sold, back = sold.filter(category=category), back.filter(line__category=category)
    if code := asked.chosen.get("item"):
        sold, back = sold.filter(item__code=code), back.filter(line__item__code=code)
    return sold, back


# Items ---------------------------------------------------------------------------------------------------------------


def _items(asked: Asked, *, using: str) -> dict[Line, dict[str, Any]]:
    found: dict[Line, dict[str, Any]] = defaultdict(dict)
    sold, back = _lines(asked, using=using)
    rung_up = sold.values_list("category", "item__code", "item__name", "kind").annotate(
        n=Sum("quantity"), gross=Sum("gross_cents"), net=Sum("net_cents"), tax=Sum("tax_cents")
    )
    for category, code, name, kind, quantity, gross, net, tax in rung_up:
        names = ("quantity", "gross_cents", "discount_cents", "net_cents", "tax_cents")
        add(found[_item(category, code, name, kind)], names, (quantity, gross, net - gross, net, tax))
    given_back = back.values_list("line__category", "line__item__code", "line__item__name", "line__kind").annotate(
        n=Sum("quantity"), net=Sum("net_cents"), tax=Sum("tax_cents")
    )
    for category, code, name, kind, quantity, net, tax in given_back:
        back_names = ("quantity_back", "refund_cents", "net_cents", "tax_cents")
        add(found[_item(category, code, name, kind)], back_names, (quantity, -net, -net, -tax))
    if "item" not in asked.chosen:
        for line, cells in _without_lines(asked, using=using):
            add(found[line], MONEY, cells)
    return found


def _item(category: str, code: str | None, name: str | None, kind: str) -> Line:
    return category, code or "", name or KINDS.get(kind, kind)


def _without_lines(asked: Asked, *, using: str) -> Iterator[tuple[Line, Sequence[int]]]:
    """Income of no line: missed appointments, what refunded packages were used for, promotional value (a discount)."""
    postings = of_sales(asked, using=using)
    if category := asked.chosen.get("category"):
        postings = postings.filter(category=category)
    others = {
        ("no_show", "", "Missed appointments"): postings.filter(account=Account.NO_SHOW_FEES),
        ("package", "", "Sessions used of refunded packages"): postings.filter(
            account=Account.SERVICES, category="package"
        ),
        ("", "", "Promotional value of gift cards"): postings.filter(account=Account.DISCOUNTS, category=""),
    }
    for line, rows in others.items():
        for _, *cents in sales_by(rows, "account"):
            yield line, cents


def _item_table(items: Mapping[Line, Mapping[str, Any]]) -> Table:
    net_cents = sum(cells.get("net_cents", 0) for cells in items.values())
    zeros: dict[str, Cell] = {column.name: 0 for column in ITEMS if column.form in (Form.MONEY, Form.COUNT)}
    rows = [
        Row(
            {
                **zeros,
                **cells,
                "item": code,
                "name": name,
                "category": name_of(category),
                "share": share(cells.get("net_cents", 0), net_cents),
            }
        )
        for (category, code, name), cells in sorted(items.items())
    ]
    return Table("items", "By item", ITEMS, rows, total(ITEMS, rows, item="Total"))


def _prepaid(asked: Asked, *, using: str) -> Table:
    found = list(sums(asked, using=using).values())
    rows = [
        Row({"what": what, "sold_cents": _sum(found, sold), "used_cents": _sum(found, used)})
        for what, sold, used in zip(PREPAID_NAMES, SOLD, USED, strict=True)
    ]
    note = "Prepaid value is a debt until it is used, and never part of net sales."
    return Table("prepaid", "Prepaid value", PREPAID, rows, total(PREPAID, rows, what="Total"), note=note)


def _sum(found: Sequence[Mapping[str, Cell]], name: str) -> int:
    return sum(value for cells in found if isinstance(value := cells.get(name, 0), int))
