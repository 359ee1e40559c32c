"""REP20: every drawer from float to count, and who opened and closed it."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Sum
from django.urls import reverse

from accounting.asked import Asked
from accounting.reports.daily import GIVES, TAKES_BACK
from accounting.tables import Column, Form, Row, Table, total
from ledger.accounts import Account
from ledger.models import Posting
from pos.models import DrawerSession

COLUMNS = (
    Column("business_date", "Day", Form.DATE),
    Column("location", "Location"),
    Column("drawer", "Drawer"),
    Column("z", "Z"),
    Column("opened_at", "Opened", Form.MOMENT),
    Column("opened_by", "By"),
    Column("closed_at", "Closed", Form.MOMENT),
    Column("closed_by", "By"),
    Column("approver", "Approved by"),
    Column("float_cents", "Float", Form.MONEY, "Counted into it when it was opened."),
    Column("found_cents", "Over/short at opening", Form.MONEY, "Float less what the last close had left (6050)."),
    Column("sales_cents", "Cash from sales", Form.MONEY),
    Column("refunds_cents", "Given back", Form.MONEY, "Cash refunds and voids."),
    Column("tips_cents", "Tips paid", Form.MONEY),
    Column("paid_in_cents", "Paid in", Form.MONEY, "Change from the safe or the bank, what was left of a pay-out."),
    Column("paid_out_cents", "Paid out", Form.MONEY, "Small expenses, each with its slip (6080)."),
    Column("drops_cents", "Drops", Form.MONEY, "To the safe while the drawer was open (1020)."),
    Column("moved_cents", "Other moves", Form.MONEY, "Gift cards cashed out and the like."),
    Column("expected_cents", "Should hold", Form.MONEY, "Float and all that moved, before the close."),
    Column("counted_cents", "Counted", Form.MONEY),
    Column("over_short_cents", "Over/short", Form.MONEY, "Counted less expected; negative is short (6050)."),
    Column("dropped_cents", "To the safe", Form.MONEY, "At the close: counted less what stayed in the drawer (1020)."),
    Column("corrected_cents", "Corrected", Form.MONEY, "What turned out later about a closed drawer (6050)."),
    Column("note", "Note"),
)
MOVES = {"pay_in": "paid_in_cents", "pay_out": "paid_out_cents", "drop": "drops_cents", "tip_payout": "tips_cents"}
WHOSE = {**dict.fromkeys(GIVES, "sales_cents"), **dict.fromkeys(TAKES_BACK, "refunds_cents"), **MOVES}
THROUGH = (
    "sales_cents",
    "refunds_cents",
    "tips_cents",
    "paid_in_cents",
    "paid_out_cents",
    "drops_cents",
    "moved_cents",
)


class CashLog:
    """REP20, the cash log."""

    code: ClassVar[str] = "REP20"
    slug: ClassVar[str] = "cash-log"
    group: ClassVar[str] = "Cash"
    title: ClassVar[str] = "Cash log"
    meaning: ClassVar[str] = "Each drawer from float to count: what came in and went out, over or short, and who."
    filters: ClassVar[tuple[str, ...]] = ("drawer",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each drawer that was opened on these days, in that order."""
        sessions = DrawerSession.objects.using(using).filter(
            business_date__gte=asked.starts_on, business_date__lt=asked.ends_on, location__in=asked.places
        )
        if drawer := asked.chosen.get("drawer"):
            sessions = sessions.filter(drawer=int(drawer))
        around = ("drawer", "location", "opened_by", "closed_by", "approver", "z")
        found = list(sessions.select_related(*around).order_by("opened_at"))
        moved = _moved([session.pk for session in found], using=using)
        rows = [_row(session, moved[session.pk]) for session in found]
        return [Table("drawers", "Drawers", COLUMNS, rows, total(COLUMNS, rows, business_date="Total"))]


def _moved(sessions: Iterable[Any], *, using: str) -> Mapping[uuid.UUID, Mapping[str, int]]:
    """What moved through each drawer, in cents; opening and closing by what they found and not by what they moved."""
    found: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    postings = Posting.objects.using(using).filter(drawer_session__in=sessions, account=Account.CASH_DRAWER)
    rows = postings.exclude(entry__kind__in=("drawer_open", "drawer_close")).order_by()
    for session, kind, cents in rows.values_list("drawer_session", "entry__kind").annotate(cents=Sum("amount_cents")):
        assert session is not None  # noqa: S101 - it was asked for
        found[session][WHOSE.get(kind, "moved_cents")] += cents
    differences = Posting.objects.using(using).filter(drawer_session__in=sessions, account=Account.CASH_OVER_SHORT)
    names = {"drawer_open": "found_cents", "drawer_correction": "corrected_cents"}
    rows = differences.filter(entry__kind__in=names).order_by()
    for session, kind, cents in rows.values_list("drawer_session", "entry__kind").annotate(cents=Sum("amount_cents")):
        assert session is not None  # noqa: S101 - it was asked for
        found[session][names[kind]] = -cents
    return found


def _row(session: DrawerSession, moved: Mapping[str, int]) -> Row:
    cells = {name: moved.get(name, 0) for name in ("found_cents", *THROUGH, "corrected_cents")}
    through = sum(cells[name] for name in THROUGH)
    is_closed = session.counted_cents is not None
    return Row(
        {
            **cells,
            "business_date": session.business_date,
            "location": session.location.code,
            "drawer": session.drawer.name,
            "z": str(session.z_number or ""),
            "opened_at": session.opened_at,
            "opened_by": session.opened_by.display_name,
            "closed_at": session.closed_at,
            "closed_by": session.closed_by.display_name if session.closed_by else "",
            "approver": session.approver.display_name if session.approver else "",
            "float_cents": session.float_cents,
            "expected_cents": session.float_cents + through,
            "counted_cents": session.counted_cents,
            "over_short_cents": session.over_short_cents,
            "dropped_cents": (session.counted_cents or 0) - (session.left_cents or 0) if is_closed else None,
            "note": session.note,
        },
        {"z": reverse("z", args=[session.pk])} if hasattr(session, "z") else {},
    )
