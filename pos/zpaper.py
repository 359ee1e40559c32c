"""An X or Z in words, section by section, for the screen, the roll and the letter: computed once, printed as it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import cast

from ledger.money import dollars
from pos.models import Approval, DrawerCorrection, DrawerMovement, ZReport
from pos.zcontents import Contents

SALES = (
    ("gross_services_cents", "Services"),
    ("gross_retail_cents", "Retail"),
    ("fees_cents", "Fees"),
    ("discounts_cents", "Discounts"),
    ("refunds_cents", "Refunds"),
)
BEYOND = (
    ("tax_cents", "Tax"),
    ("tips_cents", "Tips"),
    ("gift_sold_cents", "Gift cards sold"),
    ("package_sold_cents", "Packages sold"),
    ("membership_sold_cents", "Dues paid"),
    ("credit_sold_cents", "Credit and deposits in"),
    ("gift_used_cents", "Gift cards used"),
    ("package_used_cents", "Package sessions used"),
    ("membership_used_cents", "Member credits used"),
    ("credit_used_cents", "Credit and deposits used"),
    ("rounding_cents", "Rounding"),
    ("other_cents", "Between locations, other"),
)
COLLECTED = (("cash_cents", "Cash"), ("card_cents", "Cards"), ("check_cents", "Checks"), ("terminal_cents", "Terminal"))
DRAWER = (
    ("float_cents", "Float"),
    ("found_cents", "Over/short at opening"),
    ("sales_cents", "Cash from sales"),
    ("back_cents", "Cash given back"),
    ("paid_in_cents", "Paid in"),
    ("paid_out_cents", "Paid out"),
    ("tips_paid_cents", "Tips paid out"),
    ("dropped_cents", "To the safe during the day"),
    ("other_cents", "Gift cards cashed out, other"),
)
COUNTED = (
    ("expected_cents", "Should be there"),
    ("counted_cents", "Counted"),
    ("over_short_cents", "Over/short"),
    ("to_safe_cents", "To the safe at the close"),
    ("left_cents", "Stays in the drawer"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the paper: words, and an amount in cents or a text on the right."""

    label: str
    amount_cents: int | None = None
    text: str = ""
    is_sum: bool = False

    @property
    def right(self) -> str:
        """What stands on the right: the amount, else the text."""
        return dollars(self.amount_cents) if self.amount_cents is not None else self.text


@dataclass(frozen=True, slots=True)
class Section:
    """Some lines under a title."""

    title: str
    rows: list[Row]


def sections(told: Contents, *, corrections: Sequence[DrawerCorrection] = ()) -> list[Section]:
    """The paper in the order in which it is read; sections without a line are left out."""
    money = cast(Mapping[str, int | None], told["money"])
    found = [
        Section("Sales", [*_some(money, SALES), *_always(money, (("net_cents", "Net sales"),)), *_counts(told)]),
        Section("Beyond sales", list(_some(money, BEYOND))),
        Section("Collected", list(_collected(told, money))),
        Section("Drawer", list(_drawer(told))),
        Section("Count", [Row(_piece(one["value_cents"]), text=f"× {one['pieces']}") for one in told["pieces"]]),
        Section("Cash moved", list(_movements(told))),
        Section("Approvals", list(_approvals(told))),
        Section("Carried over", [Row(one["name"], one["total_cents"]) for one in told["carried_over"]]),
        Section("Corrected since", list(_corrections(corrections))),
    ]
    return [section for section in found if section.rows]


def _some(cells: Mapping[str, int | None], names: Sequence[tuple[str, str]]) -> Iterator[Row]:
    """Those that are not zero and that may be told."""
    for name, label in names:
        if cells[name]:
            yield Row(label, cells[name])


def _always(cells: Mapping[str, int | None], names: Sequence[tuple[str, str]]) -> Iterator[Row]:
    for name, label in names:
        if cells[name] is not None:
            yield Row(label, cells[name], is_sum=True)


def _counts(told: Contents) -> Iterator[Row]:
    yield Row("Tickets", text=str(told["tickets"]))
    if told["first_receipt"]:
        yield Row("Receipts", text=f"{told['first_receipt']} to {told['last_receipt']}")
    if told["refunds"]:
        yield Row("Refunds", text=f"× {told['refunds']}")
    if told["voids"]:
        yield Row(f"Voids × {told['voids']}", told["voided_cents"])


def _collected(told: Contents, money: Mapping[str, int | None]) -> Iterator[Row]:
    for name, label in COLLECTED:
        yield from _some(money, ((name, label),))
        if name == "card_cents":
            brands = told["cards"]
            yield from (Row(f"– {one['brand'].replace('_', ' ').title()}", one["amount_cents"]) for one in brands)
    yield from _always(money, (("collected_cents", "Collected"),))


def _drawer(told: Contents) -> Iterator[Row]:
    cash = cast(Mapping[str, int | None], told["cash"])
    yield Row("Float", cash["float_cents"])
    yield from _some(cash, DRAWER[1:])
    yield from _always(cash, COUNTED)
    if told["note"]:
        yield Row("Note", text=told["note"])
    if told["approver"]:
        yield Row("Accepted by", text=told["approver"])


def _piece(value_cents: int) -> str:
    return f"${value_cents // 100}" if value_cents >= 100 else f"{value_cents} ¢"


def _movements(told: Contents) -> Iterator[Row]:
    for one in told["movements"]:
        what = DrawerMovement.Kind(one["kind"]).label.capitalize()
        words = ", ".join(word for word in (one["therapist"], one["reason"], one["note"]) if word)
        who = f"by {one['by']}" + (f", approved by {one['approver']}" if one["approver"] else "")
        yield Row(f"No. {one['number']} {what}{': ' if words else ''}{words} ({who})", one["amount_cents"] or None)


def _approvals(told: Contents) -> Iterator[Row]:
    for one in told["approvals"]:
        label = Approval.Action(one["action"]).label.capitalize()
        yield Row(f"{label} × {one['count']}", one["amount_cents"])


def _corrections(corrections: Sequence[DrawerCorrection]) -> Iterator[Row]:
    for one in corrections:
        who = f"{one.made_by}, approved by {one.approver}" if one.approver else str(one.made_by)
        label = f"{one.made_at:%Y-%m-%d} {one.get_about_display().capitalize()}: {one.why} (by {who})"
        yield Row(label, one.amount_cents)


def title(told: Contents, *, number: int | None) -> str:
    """ "Z 12" once it is closed, "X" before."""
    return f"X · {told['drawer']}" if number is None else f"Z {number} · {told['drawer']}"


def heading(told: Contents, *, zone: tzinfo, z: ZReport | None) -> list[str]:
    """Where, when, by whom; and of a Z the grand total and the head of the chain of entries."""
    lines = [
        f"{told['location_name']} ({told['location']}), {told['business_date']}",
        f"Opened {_when(told['opened_at'], zone)} by {told['opened_by']}",
    ]
    if told["closed_at"]:
        lines.append(f"Closed {_when(told['closed_at'], zone)} by {told['closed_by']}")
    if z is not None:
        lines.append(f"Net sales of all Zs so far: {dollars(z.grand_total_cents)}")
        lines.append(f"Books sealed up to entry {z.chain_number}: {z.chain_hash}")
    return lines


def _when(moment: str, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M}"
