"""REP20: every drawer from float to count, and who opened and closed it."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Q, Sum

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
    Column("moved_cents", "Paid in and out", Form.MONEY, "Gift cards cashed out, paid-ins and paid-outs."),
    Column("expected_cents", "Should hold", Form.MONEY, "Float and all that moved, before what went to the safe."),
    Column("counted_cents", "Counted", Form.MONEY),
    Column("over_short_cents", "Over/short", Form.MONEY, "Counted less expected; negative is short (6050)."),
    Column("dropped_cents", "To the safe", Form.MONEY, "Counted less what stayed in the drawer (1020)."),
    Column("note", "Note"),
)
WHOSE = {**dict.fromkeys(GIVES, "sales_cents"), **dict.fromkeys(TAKES_BACK, "refunds_cents")}


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
        found = list(
            sessions.select_related("drawer", "location", "opened_by", "closed_by", "approver").order_by("opened_at")
        )
        moved = _moved(sessions.values("pk"), using=using)
        rows = [_row(session, moved[session.pk]) for session in found]
        return [Table("drawers", "Drawers", COLUMNS, rows, total(COLUMNS, rows, business_date="Total"))]


def _moved(sessions: Iterable[Any], *, using: str) -> Mapping[uuid.UUID, Mapping[str, int]]:
    """What moved through each drawer, in cents; opening and closing by what they found and not by what they moved."""
    found: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    postings = Posting.objects.using(using).filter(drawer_session__in=sessions, account=Account.CASH_DRAWER)
    rows = postings.exclude(entry__kind__in=("drawer_open", "drawer_close")).order_by()
    for session, kind, all_cents, tips in rows.values_list("drawer_session", "entry__kind").annotate(
        cents=Sum("amount_cents"), tips=Sum("amount_cents", filter=Q(entry__kind__startswith="tip"), default=0)
    ):
        assert session is not None  # noqa: S101 - it was asked for
        found[session]["tips_cents"] += tips
        found[session][WHOSE.get(kind, "moved_cents")] += all_cents - tips
    opened = Posting.objects.using(using).filter(
        drawer_session__in=sessions, account=Account.CASH_OVER_SHORT, entry__kind="drawer_open"
    )
    for session, cents in opened.order_by().values_list("drawer_session").annotate(cents=Sum("amount_cents")):
        assert session is not None  # noqa: S101 - it was asked for
        found[session]["found_cents"] = -cents
    return found


def _row(session: DrawerSession, moved: Mapping[str, int]) -> Row:
    names = ("found_cents", "sales_cents", "refunds_cents", "tips_cents", "moved_cents")
    cells = {name: moved.get(name, 0) for name in names}
    through = sum(cells[name] for name in names[1:])
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
        }
    )
