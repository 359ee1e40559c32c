"""REP2: the X of every drawer that is open now; what the Z of REP1 will be, without a number."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import OuterRef, Subquery, Sum

from accounting.asked import Asked
from accounting.tables import Cell, Column, Form, Row, Table, total
from ledger.accounts import Account
from ledger.models import Posting
from pos.models import DrawerSession

SOLD, GIVEN_BACK = ("sale", "no_show"), ("refund", "void", "void_back")
LONGEST_OPEN = dt.timedelta(days=60)
"""How far behind a link its moves are looked for."""
COLUMNS = (
    Column("drawer", "Drawer"),
    Column("location", "Location"),
    Column("opened_at", "Opened", Form.MOMENT),
    Column("opened_by", "By"),
    Column("float_cents", "Float", Form.MONEY, "What was counted into it."),
    Column("sales_cents", "Cash from sales", Form.MONEY),
    Column("back_cents", "Given back", Form.MONEY, "Cash refunds and voids."),
    Column("paid_in_cents", "Paid in", Form.MONEY, "Change from the safe or the bank, what was left of a pay-out."),
    Column("paid_out_cents", "Paid out", Form.MONEY, "Small expenses and tips, each with its slip."),
    Column("drops_cents", "Drops", Form.MONEY, "What went to the safe since."),
    Column("moved_cents", "Other moves", Form.MONEY, "Gift cards cashed out and the like."),
    Column("expected_cents", "Should hold", Form.MONEY, "Float and all that moved since."),
)


class OpenDrawers:
    """REP2, the X report."""

    code: ClassVar[str] = "REP2"
    slug: ClassVar[str] = "open-drawers"
    group: ClassVar[str] = "Cash"
    title: ClassVar[str] = "Open drawers (X)"
    meaning: ClassVar[str] = "What each drawer that is open at this moment should hold; the range does not matter."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each open drawer."""
        sessions = list(_open(asked, using=using))
        moved = _moved(sessions, using=using)
        rows = [_row(session, moved[session.pk]) for session in sessions]
        return [
            Table(
                name="drawers", title="Open now", columns=COLUMNS, rows=rows, total=total(COLUMNS, rows, drawer="Total")
            )
        ]


def _open(asked: Asked, *, using: str) -> Any:
    """The open sessions, each with what the drawer's last one left in it."""
    closed = DrawerSession.objects.filter(drawer=OuterRef("drawer"), status=DrawerSession.Status.CLOSED)
    left = Subquery(closed.order_by("-z_number").values("left_cents")[:1])
    found = DrawerSession.objects.using(using).filter(location__in=asked.places, status=DrawerSession.Status.OPEN)
    return found.select_related("drawer", "location", "opened_by").annotate(left_before=left).order_by("opened_at")


def _moved(sessions: Sequence[DrawerSession], *, using: str) -> Mapping[Any, Mapping[str, int]]:
    """What each kind of event moved through each drawer since it was opened, in cents."""
    rows = (
        Posting.objects.using(using)
        .filter(account=Account.CASH_DRAWER, drawer_session__in=[session.pk for session in sessions])
        .order_by()
        .values_list("drawer_session", "entry__kind")
        .annotate(cents=Sum("amount_cents"))
    )
    found: dict[Any, dict[str, int]] = defaultdict(dict)
    for session, kind, cents in rows:
        found[session][kind] = int(cents)
    return found


def _row(session: Any, moved: Mapping[str, int]) -> Row:
    sold, back = (sum(moved.get(kind, 0) for kind in kinds) for kinds in (SOLD, GIVEN_BACK))
    # The opening brings what was left up to the float.
    counted = {*SOLD, *GIVEN_BACK, "drawer_open", "pay_in", "pay_out", "tip_payout", "drop"}
    cells: dict[str, Cell] = {
        "drawer": session.drawer.name,
        "location": session.location.code,
        "opened_at": session.opened_at,
        "opened_by": session.opened_by.display_name,
        "float_cents": session.float_cents,
        "sales_cents": sold,
        "back_cents": back,
        "paid_in_cents": moved.get("pay_in", 0),
        "paid_out_cents": moved.get("pay_out", 0) + moved.get("tip_payout", 0),
        "drops_cents": moved.get("drop", 0),
        "moved_cents": sum(cents for kind, cents in moved.items() if kind not in counted),
        "expected_cents": (session.left_before or 0) + sum(moved.values()),
    }
    until = session.business_date + LONGEST_OPEN
    behind = f"/reports/entries/?from={session.business_date}&to={until}&session={session.pk}"
    return Row(cells, {"drawer": behind, "sales_cents": f"{behind}&entry=sale"})
