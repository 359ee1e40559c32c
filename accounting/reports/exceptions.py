"""REP21: what somebody should look at: taken back, given away, put right by hand, miscounted, reopened; who and why."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import F, Q

from accounting.asked import Asked
from accounting.filters import FILTERS, Choice
from accounting.reports.journal import address_of, event
from accounting.tables import Cell, Column, Form, Row, Table, total
from ledger.models import Entry
from pos.drawer_close import NOTE_ABOVE_CENTS
from pos.models import DrawerSession, Refund, Sale, SaleDiscount, SaleLine, Void
from studio.models import AuditRow, Location

KINDS: Sequence[Choice] = FILTERS["exception"].choices(())
BY_HAND = {
    "credit_adjusted": "Store credit changed",
    "entry_corrected": "Entry corrected",
    "period_reopened": "Month reopened",
    "gift_card_code_revealed": "Gift card code shown",
    "gift_card_expiry_set": "Expiry of a gift card set",
    "exit_fee_waived": "Exit fee waived",
    "no_show_waived": "No-show waived",
    "prepaid_imported": "Prepaid value imported",
    "drawer_correction": "Closed drawer corrected",
    "drawer_no_sale": "Drawer opened without a sale",
    "drawer_pay_out": "Paid out of the drawer",
    "card_refund.paid_otherwise": "Card refund paid otherwise",
    "charge.given_back": "Unsold charge given back",
}
"""The rows of the audit log that count, and how people call them."""

SUMS = (Column("kind", "Kind"), Column("n", "How many", Form.COUNT), Column("amount_cents", "Amount", Form.MONEY))
COLUMNS = (
    Column("at", "When", Form.MOMENT),
    Column("location", "Location"),
    Column("kind", "Kind"),
    Column("what", "What"),
    Column("amount_cents", "Amount", Form.MONEY, "What was taken back, given away or missing; 0 where none is told."),
    Column("by", "By"),
    Column("approver", "Approved by"),
    Column("reason", "Why"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One exception, of whatever kind."""

    kind: str
    at: dt.datetime
    location: str
    what: str
    amount_cents: int
    by: str
    approver: str
    reason: str
    link: str = ""


class Exceptions:
    """REP21, exceptions."""

    code: ClassVar[str] = "REP21"
    slug: ClassVar[str] = "exceptions"
    group: ClassVar[str] = "Control"
    title: ClassVar[str] = "Exceptions"
    meaning: ClassVar[str] = "What was taken back, given away or put right by hand: who did it, who agreed, and why."
    filters: ClassVar[tuple[str, ...]] = ("exception",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """How many of each kind, and each of them, the newest first."""
        wanted = asked.chosen.get("exception")
        sources = [source for kind, source in _SOURCES.items() if wanted in (None, kind)]
        found = sorted((one for source in sources for one in source(asked, using)), key=lambda one: one.at)
        rows = [_row(one) for one in reversed(found)]
        by_kind = list(_by_kind(found))
        return [
            Table(
                name="kinds",
                title="By kind",
                columns=SUMS,
                rows=by_kind,
                total=total(SUMS, by_kind, kind="Total"),
            ),
            Table(name="exceptions", title="Each of them", columns=COLUMNS, rows=rows),
        ]


def _by_kind(found: Sequence[Found]) -> Iterator[Row]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in found:
        sums[one.kind][0] += 1
        sums[one.kind][1] += one.amount_cents
    for kind, name in KINDS:
        if kind in sums:
            n, cents = sums[kind]
            yield Row({"kind": name, "n": n, "amount_cents": cents})


def _row(one: Found) -> Row:
    cells: dict[str, Cell] = {
        "at": one.at,
        "location": one.location,
        "kind": dict(KINDS)[one.kind],
        "what": one.what,
        "amount_cents": one.amount_cents,
        "by": one.by,
        "approver": one.approver,
        "reason": one.reason,
    }
    return Row(cells, {"what": one.link} if one.link else {})


def _days(asked: Asked, *, prefix: str = "") -> Q:
    named = {
        f"{prefix}business_date__gte": asked.starts_on,
        f"{prefix}business_date__lt": asked.ends_on,
        f"{prefix}location__in": asked.places,
    }
    return Q(**named)


def _entries(keys: Sequence[str], using: str) -> dict[str, str]:
    """Where the entries of these events stand, by key."""
    found = Entry.objects.using(using).filter(key__in=keys).values_list("key", "pk")
    return {key: address_of(pk) for key, pk in found}


def _named(person: Any) -> str:
    return person.display_name if person is not None else ""


def _why(taken: Any) -> str:
    return f"{taken.get_reason_display()}{': ' if taken.note else ''}{taken.note}"


def _voids(asked: Asked, using: str) -> Iterator[Found]:
    found = list(
        Void.objects.using(using).filter(_days(asked)).select_related("sale", "location", "requested_by", "approver")
    )
    links = _entries([f"void:{one.pk}" for one in found], using)
    for one in found:
        who = (_named(one.requested_by), _named(one.approver), _why(one))
        link = links.get(f"void:{one.pk}", "")
        yield Found("void", one.occurred_at, one.location.code, str(one.sale), one.sale.total_cents, *who, link)


def _refunds(asked: Asked, using: str) -> Iterator[Found]:
    found = list(
        Refund.objects.using(using).filter(_days(asked)).select_related("sale", "location", "requested_by", "approver")
    )
    links = _entries([f"refund:{one.pk}" for one in found], using)
    for one in found:
        who = (_named(one.requested_by), _named(one.approver), _why(one))
        link = links.get(f"refund:{one.pk}", "")
        yield Found("refund", one.occurred_at, one.location.code, f"On {one.sale}", one.total_cents, *who, link)


def _discounts(asked: Asked, using: str) -> Iterator[Found]:
    """Those beyond the desk's limit, which somebody agreed to."""
    found = list(
        SaleDiscount.objects.using(using)
        .filter(_days(asked, prefix="sale__"), approver__isnull=False, sale__completed_at__isnull=False)
        .select_related("sale__location", "sale__completed_by", "approver", "line")
    )
    links = _entries([f"sale:{one.sale_id}" for one in found], using)
    for one in found:
        what = one.line.name if one.line is not None else "The whole sale"
        who = (_named(one.sale.completed_by), _named(one.approver), one.get_reason_display())
        link = links.get(f"sale:{one.sale_id}", "")
        yield Found("discount", _done(one.sale), one.sale.location.code, what, one.value_cents, *who, link)


def _done(sale: Sale) -> dt.datetime:
    return sale.completed_at or sale.opened_at


def _customs(asked: Asked, using: str) -> Iterator[Found]:
    """What was sold at a price typed in, beside the catalogue."""
    found = list(
        SaleLine.objects.using(using)
        .filter(_days(asked, prefix="sale__"), kind="custom", sale__completed_at__isnull=False)
        .select_related("sale__location", "sale__completed_by")
    )
    links = _entries([f"sale:{one.sale_id}" for one in found], using)
    for one in found:
        who = (_named(one.sale.completed_by), "", one.why)
        link = links.get(f"sale:{one.sale_id}", "")
        yield Found("custom", _done(one.sale), one.sale.location.code, one.name, one.net_cents, *who, link)


def _drawers(asked: Asked, using: str) -> Iterator[Found]:
    """Counts that differ by more than wants a note."""
    closed = DrawerSession.objects.using(using).filter(_days(asked), status=DrawerSession.Status.CLOSED)
    differs = closed.annotate(off=F("counted_cents") - F("expected_cents")).exclude(
        off__gte=-NOTE_ABOVE_CENTS, off__lte=NOTE_ABOVE_CENTS
    )
    for one in differs.select_related("drawer", "location", "closed_by", "approver"):
        what = f"Z {one.z_number} of {one.drawer.name}"
        who = (_named(one.closed_by), _named(one.approver), one.note)
        at = one.closed_at or one.opened_at
        yield Found("drawer", at, one.location.code, what, one.over_short_cents or 0, *who)


def _by_hand(asked: Asked, using: str) -> Iterator[Found]:
    """What the audit log has; rows of no location belong to who sees every one."""
    first, _ = asked.places[0].day_bounds(asked.starts_on)
    after, _ = asked.places[0].day_bounds(asked.ends_on)
    here = Q(location__in=asked.places)
    if len(asked.places) == Location.objects.using(using).count():
        here |= Q(location=None)
    found = AuditRow.objects.using(using).filter(here, action__in=BY_HAND, at__gte=first, at__lt=after)
    for one in found.select_related("location", "actor", "approver"):
        place = one.location.code if one.location is not None else ""
        cents = one.after.get("amount_cents") if isinstance(one.after, dict) else None
        who = (_named(one.actor), _named(one.approver), one.reason)
        amount = cents if isinstance(cents, int) else 0
        yield Found("by_hand", one.at, place, BY_HAND[one.action], amount, *who)


def _late(asked: Asked, using: str) -> Iterator[Found]:
    found = Entry.objects.using(using).filter(_days(asked), original_date__isnull=False)
    for one in found.select_related("location", "made_by"):
        why = one.memo or f"Belongs to {one.original_date}"
        who = (_named(one.made_by), "", why)
        yield Found("late", one.created_at, one.location.code, event(one.kind), 0, *who, address_of(one.pk))


_SOURCES = {
    "void": _voids,
    "refund": _refunds,
    "discount": _discounts,
    "custom": _customs,
    "drawer": _drawers,
    "by_hand": _by_hand,
    "late": _late,
}
