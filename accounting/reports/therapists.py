"""REP5: what each therapist sold; money from the books, sessions and hours from the lines."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import F, Sum

from accounting.asked import Asked
from accounting.reports.selling import GROSS, SALES, add, credited, lines_back, lines_sold, of_sales, sales_by, share
from accounting.tables import Column, Drawing, Form, Row, Table, total
from ledger.accounts import Account
from studio.models import Staff

SERVED = ("treatment", "addon")
COVERS = {"session": "packages_cents", "credit": "credits_cents", "treatment_card": "cards_cents"}
COLUMNS = (
    Column("therapist", "Therapist"),
    Column("sessions", "Treatments", Form.COUNT, "Given less given back; add-ons are not counted."),
    Column("minutes", "Minutes", Form.COUNT, "Of treatments and add-ons, as the catalogue says."),
    *SALES,
    Column("retail_cents", "Of it retail", Form.MONEY, "Goods at list price (4020)."),
    Column("packages_cents", "Paid by sessions", Form.MONEY, "Value of package sessions, before refunds."),
    Column("credits_cents", "Paid by credits", Form.MONEY, "Value of member credits, before refunds."),
    Column("cards_cents", "Paid by treatment cards", Form.MONEY, "Value of cards for a treatment, before refunds."),
    Column("share", "Share", Form.PERCENT, "Of net sales."),
)


class SalesByTherapist:
    """REP5, sales by therapist."""

    code: ClassVar[str] = "REP5"
    slug: ClassVar[str] = "therapists"
    group: ClassVar[str] = "Sales"
    title: ClassVar[str] = "Sales by therapist"
    meaning: ClassVar[str] = "How many treatments each therapist gave, how long, and what they came to."
    filters: ClassVar[tuple[str, ...]] = ("therapist",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each therapist, and one for what was sold by nobody in particular."""
        found = _found(asked, using=using)
        if chosen := asked.chosen.get("therapist"):
            found = {key: cells for key, cells in found.items() if str(key) == chosen}
        net_cents = sum(cells.get("net_cents", 0) for cells in found.values())
        names = dict(
            Staff.objects.using(using).filter(pk__in=[key for key in found if key]).values_list("pk", "display_name")
        )
        zeros: dict[str, Any] = {column.name: 0 for column in COLUMNS if column.form in (Form.MONEY, Form.COUNT)}
        rows = [
            Row(
                {
                    **zeros,
                    **cells,
                    "therapist": names.get(key or 0, "No therapist"),
                    "share": share(cells.get("net_cents", 0), net_cents),
                }
            )
            for key, cells in sorted(found.items(), key=lambda one: (one[0] is None, names.get(one[0] or 0, "")))
        ]
        drawing = Drawing("Net sales", height="net_cents", label="therapist")
        return [Table("therapists", "By therapist", COLUMNS, rows, total(COLUMNS, rows, therapist="Total"), drawing)]


def _found(asked: Asked, *, using: str) -> dict[int | None, dict[str, Any]]:
    found: dict[int | None, dict[str, Any]] = defaultdict(dict)
    postings = of_sales(asked, using=using)
    for key, *cents in sales_by(postings, "therapist_id"):
        add(found[key], [column.name for column in SALES], cents)
    retail = postings.filter(account__in=GROSS).order_by().values_list("therapist_id")
    for key, cents in retail.annotate(cents=credited([Account.RETAIL])):
        add(found[key], ["retail_cents"], [cents])
    _add_times(found, asked, using=using)
    covered = lines_sold(asked, using=using).exclude(covered_cents=None).order_by()
    for key, kind, cents in covered.values_list("therapist_id", "cover__kind").annotate(cents=Sum("covered_cents")):
        add(found[key], [COVERS.get(kind, "cards_cents")], [cents])
    return dict(found)


def _add_times(found: dict[int | None, dict[str, Any]], asked: Asked, *, using: str) -> None:
    """Treatments and minutes, those given back taken off."""
    sold = lines_sold(asked, using=using).filter(category__in=SERVED).order_by()
    back = lines_back(asked, using=using).filter(line__category__in=SERVED).order_by()
    for rows, of, sign in ((sold, "", 1), (back, "line__", -1)):
        grouped = rows.values_list(f"{of}therapist_id", f"{of}category")
        for key, category, n, minutes in grouped.annotate(
            n=Sum("quantity"), minutes=Sum(F("quantity") * F(f"{of}item__minutes"))
        ):
            add(found[key], ["minutes"], [sign * (minutes or 0)])
            if category == "treatment":
                add(found[key], ["sessions"], [sign * n])
