"""REP6: the sums of REP1 by location and month."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from accounting.asked import Asked
from accounting.reports.daily import COLUMNS as BY_DAY
from accounting.reports.daily import sums
from accounting.reports.selling import add
from accounting.tables import Column, Drawing, Form, Row, Table, total

NOT_SUMMED = ("expected_cents", "counted_cents", "over_short_cents")
"""What drawers held is told by the cash log."""
MONEY = tuple(column for column in BY_DAY if column.form == Form.MONEY and column.name not in NOT_SUMMED)
COLUMNS = (Column("month", "Month from", Form.DATE), Column("location", "Location"), *MONEY)


class SalesByMonth:
    """REP6, sales by location and month."""

    code: ClassVar[str] = "REP6"
    slug: ClassVar[str] = "months"
    group: ClassVar[str] = "Sales"
    title: ClassVar[str] = "Sales by location and month"
    meaning: ClassVar[str] = "What each location sold and took in in each month."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each month and location with sales; each is the sum of its days in REP1."""
        found: dict[tuple[dt.date, int], dict[str, Any]] = defaultdict(dict)
        names = [column.name for column in MONEY]
        for (day, place), cells in sums(asked, using=using).items():
            add(found[day.replace(day=1), place], names, [cells[name] for name in names])
        codes = {place.pk: place.code for place in asked.places}
        rows = [
            Row({**cells, "month": month, "location": codes[place]}) for (month, place), cells in sorted(found.items())
        ]
        drawing = Drawing("Net sales", height="net_cents", label="month")
        figures = ("net_cents", "tax_cents", "tips_cents", "collected_cents")
        return [
            Table("months", "By month", COLUMNS, rows, total(COLUMNS, rows, month="Total"), drawing, figures=figures)
        ]
