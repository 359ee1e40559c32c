"""All that an X or Z says, as it is stored and sent; amounts in cents as people read them, moments in UTC.

The names of the columns are those of the day's summary; `None` is what nobody knows yet, or what is not told.
"""

from typing import TypedDict

VERSION = 1
"""Of the form below; a stored Z names the one it was made in."""


class Money(TypedDict):
    """What the sales came to and what they brought in; the columns of the daily summary."""

    gross_services_cents: int
    gross_retail_cents: int
    fees_cents: int
    discounts_cents: int
    refunds_cents: int
    net_cents: int
    tax_cents: int
    tips_cents: int
    gift_sold_cents: int
    package_sold_cents: int
    membership_sold_cents: int
    credit_sold_cents: int
    gift_used_cents: int
    package_used_cents: int
    membership_used_cents: int
    credit_used_cents: int
    rounding_cents: int
    other_cents: int
    collected_cents: int | None
    cash_cents: int | None
    card_cents: int
    check_cents: int
    terminal_cents: int


class Cash(TypedDict):
    """The drawer from its float to its count; what is `None` is not told yet."""

    float_cents: int
    found_cents: int
    sales_cents: int | None
    back_cents: int | None
    paid_in_cents: int
    paid_out_cents: int
    dropped_cents: int
    tips_paid_cents: int
    other_cents: int | None
    expected_cents: int | None
    counted_cents: int | None
    over_short_cents: int | None
    left_cents: int | None
    to_safe_cents: int | None


class Brand(TypedDict):
    """What one brand of cards paid, less what went back to it."""

    brand: str
    amount_cents: int


class Pieces(TypedDict):
    """How many notes or coins of a value were counted."""

    value_cents: int
    pieces: int


class Moved(TypedDict):
    """Cash that moved without a sale; negative is out."""

    number: int
    kind: str
    reason: str
    note: str
    therapist: str
    amount_cents: int
    at: str
    by: str
    approver: str


class Approved(TypedDict):
    """How often others said yes to something, and to how much."""

    action: str
    count: int
    amount_cents: int


class Carried(TypedDict):
    """A parked sale that the next drawer finds."""

    id: str
    name: str
    total_cents: int


class Contents(TypedDict):
    """All that a Z says."""

    version: int
    location: str
    location_name: str
    drawer: str
    business_date: str
    opened_at: str
    opened_by: str
    closed_at: str | None
    closed_by: str
    approver: str
    note: str
    tickets: int
    first_receipt: str
    last_receipt: str
    refunds: int
    voids: int
    voided_cents: int
    money: Money
    cards: list[Brand]
    cash: Cash
    pieces: list[Pieces]
    movements: list[Moved]
    approvals: list[Approved]
    carried_over: list[Carried]
