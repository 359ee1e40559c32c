"""REP13: what each therapist was given in tips and by which tender, what was paid to them, and what is still owed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import F, Q, Sum

from accounting.asked import Asked
from accounting.reports.selling import EVENTS, add
from accounting.reports.tip_shares import tip_shares
from accounting.tables import Column, Drawing, Form, Row, Table, total
from ledger.accounts import Account
from ledger.models import Posting
from pos.models import RefundTip
from studio.models import Staff

OTHERS = {"cash": "cash_cents", "check": "check_cents", "gift_card": "gift_cents"}
OTHERS |= {"store_credit": "credit_cents", "external": "terminal_cents"}
"""The column of a kind of tender; every other one is by card."""
COLUMNS = (
    Column("therapist", "Therapist"),
    Column("opening_cents", "Owed before", Form.MONEY, "What was not paid out when the first day began."),
    Column(
        "card_cents", "By card", Form.MONEY, "A tip is shared out over what paid the sale but sessions and credits."
    ),
    Column("terminal_cents", "Other terminal", Form.MONEY),
    Column("gift_cents", "Gift cards", Form.MONEY, "Promotional value pays no tip."),
    Column("credit_cents", "Store credit", Form.MONEY),
    Column("cash_cents", "Cash", Form.MONEY, "Through the drawer; cash handed to the therapist is not known here."),
    Column("check_cents", "Checks", Form.MONEY),
    Column("back_cents", "Given back", Form.MONEY),
    Column("tips_cents", "Tips", Form.MONEY, "By all tenders, less given back: the tips of the daily summary."),
    Column("paid_cents", "Paid out", Form.MONEY, "Everything else on the account: payroll, cash, corrections."),
    Column("open_cents", "Still owed", Form.MONEY, "Owed before + tips + paid out (2300)."),
)
GIVEN = tuple(column.name for column in COLUMNS[2:9])


class Tips:
    """REP13, tips by therapist."""

    code: ClassVar[str] = "REP13"
    slug: ClassVar[str] = "tips"
    group: ClassVar[str] = "Staff"
    title: ClassVar[str] = "Tips by therapist"
    meaning: ClassVar[str] = "Tips by card, gift card and cash, what was paid to each therapist and what is owed still."
    filters: ClassVar[tuple[str, ...]] = ("therapist",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each therapist who is owed something or was given a tip."""
        found: dict[int, dict[str, Any]] = defaultdict(lambda: dict.fromkeys((c.name for c in COLUMNS[1:]), 0))
        for _, therapist, kind, cents in tip_shares(asked, using=using):
            add(found[therapist], [OTHERS.get(kind, "card_cents")], [cents])
        for therapist, cents in _given_back(asked, using=using):
            add(found[therapist], ["back_cents"], [-cents])
        for therapist, *values in _posted(asked, using=using):
            add(found[therapist], ["opening_cents", "paid_cents", "open_cents"], values)
        chosen = asked.chosen.get("therapist")
        people = Staff.objects.using(using).filter(pk__in=found).order_by("display_name")
        names = {key: name for key, name in people.values_list("pk", "display_name") if chosen in (None, str(key))}
        rows = [_row(name, found[key]) for key, name in names.items() if any(found[key].values())]
        drawing = Drawing("Tips", height="tips_cents", label="therapist")
        figures = ("tips_cents", "open_cents")
        return [
            Table(
                "tips", "By therapist", COLUMNS, rows, total(COLUMNS, rows, therapist="Total"), drawing, figures=figures
            )
        ]


def _row(name: str, cells: dict[str, Any]) -> Row:
    return Row({**cells, "therapist": name, "tips_cents": sum(cells[given] for given in GIVEN)})


def _given_back(asked: Asked, *, using: str) -> Any:
    back = RefundTip.objects.using(using).filter(
        refund__business_date__gte=asked.starts_on,
        refund__business_date__lt=asked.ends_on,
        refund__location__in=asked.places,
    )
    from_tips = F("amount_cents") - F("borne_cents")
    return back.order_by().values_list(F("tip__therapist_id")).annotate(cents=Sum(from_tips))


def _posted(asked: Asked, *, using: str) -> Any:
    """What was owed before, what was paid in the range, and what is owed at its end, as credits in cents."""
    postings = Posting.objects.using(using).filter(
        account=Account.TIPS, entry__business_date__lt=asked.ends_on, location__in=asked.places
    )
    before = Q(entry__business_date__lt=asked.starts_on)
    rows = postings.exclude(therapist=None).order_by().values_list("therapist_id")
    return rows.annotate(
        opening=Sum(-F("amount_cents"), filter=before),
        paid=Sum(-F("amount_cents"), filter=~before & ~Q(entry__kind__in=EVENTS)),
        open=Sum(-F("amount_cents")),
    )
