"""What the checkout is asked for, and from where: plain values that the edge has already parsed."""

import hashlib
import json
import uuid
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any

from studio.models import Device, Location, Staff

MAX_CENTS = 10_000_000
"""No single price, tip or tender is above $100,000: more is a slip of the finger."""
MAX_QUANTITY = 999
MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """Who asks, on which tablet, at which location."""

    location: Location
    staff: Staff
    device: Device | None = None


@dataclass(frozen=True, slots=True)
class AskedDiscount:
    """A percentage or an amount in cents off, with its reason code."""

    reason: str
    percent: Decimal | None = None
    amount_cents: int | None = None


@dataclass(frozen=True, slots=True)
class AskedPrice:
    """Another price in cents for one, with its reason code."""

    unit_cents: int
    reason: str


@dataclass(frozen=True, slots=True)
class AskedCover:
    """What pays for a line instead of money: a kind of tender and which session, credit or card of it.

    Without `instrument` the one that expires first; with `line` one that the line of that position sells in this sale.
    """

    kind: str
    instrument: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One position: something by its code, or a custom amount in cents.

    `instrument` names what the line is about where a code is not enough: the card to reload, the due to pay.
    """

    kind: str
    item: str = ""
    name: str = ""
    quantity: int = 1
    unit_cents: int | None = None
    tax_category: str = ""
    therapist_id: int | None = None
    discount: AskedDiscount | None = None
    price: AskedPrice | None = None
    cover: AskedCover | None = None
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class AskedTip:
    """A tip in cents for one therapist."""

    therapist_id: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class AskedSale:
    """The whole contents of a sale; either tips by therapist, or one amount to be split by R5.

    `tax_exempt` leaves the tax out, for a client who has a certificate (R7).
    """

    lines: tuple[AskedLine, ...] = ()
    client_id: uuid.UUID | None = None
    discounts: tuple[AskedDiscount, ...] = ()
    tips: tuple[AskedTip, ...] = ()
    tip_cents: int = 0
    tax_exempt: bool = False


@dataclass(frozen=True, slots=True)
class AskedTender:
    """A way to pay: how much of what is due (default all of it), what was handed over in cash, which card reader.

    `instrument` says which gift card or saved card; a code that was typed or scanned is found first (`codes`).
    """

    kind: str
    amount_cents: int | None = None
    tendered_cents: int | None = None
    reference: str = ""
    drawer_session_id: uuid.UUID | None = None
    reader_id: int | None = None
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class AskedRefundLine:
    """How many of a line come back."""

    line_id: uuid.UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class AskedRefundTip:
    """How much of a tip comes back, in cents."""

    tip_id: uuid.UUID
    amount_cents: int


@dataclass(frozen=True, slots=True)
class AskedRefund:
    """What of a sale is to be given back, and why."""

    reason: str
    lines: tuple[AskedRefundLine, ...] = ()
    tips: tuple[AskedRefundTip, ...] = ()
    note: str = ""
    drawer_session_id: uuid.UUID | None = None


Asked = AskedSale | AskedCover | AskedTender | AskedRefund


def fingerprint(asked: Asked) -> str:
    """A hash of the validated contents: the same request again has the same one, however it was written."""
    contents = json.dumps(asked, sort_keys=True, default=_written, separators=(",", ":"))
    return hashlib.sha256(contents.encode()).hexdigest()


def _written(part: Any) -> Any:
    """A part of what is asked by its fields, a number or an id as text."""
    return {field.name: getattr(part, field.name) for field in fields(part)} if is_dataclass(part) else str(part)
