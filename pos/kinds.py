"""What can be a line of a sale and what can be a tender: the two sides that meet in a completed sale.

Each app that has something to sell, or a way to pay, implements one of these; `config/settings.py` lists them all.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Protocol, runtime_checkable

from django.conf import settings
from django.utils.module_loading import import_string

from ledger.journal import Line
from pos.asked import AskedCover, AskedLine, AskedTender
from pos.models import Client, DrawerSession, RefundLine, RefundTender, Sale, SaleLine, TaxRate, Tender
from studio.models import Location, Staff
from studio.refusal import BadInput


@dataclass(frozen=True, slots=True)
class PricingContext:
    """Where, when and for whom lines are priced, and the therapists they name: id -> (person, their qualifications)."""

    location: Location
    on: dt.date
    therapists: Mapping[int, tuple[Staff, frozenset[int]]]
    client: Client | None = None
    rates: Mapping[str, Sequence[TaxRate]] | None = None
    """By tax category, where they were read for many sales at once."""
    known: Mapping[str, Any] = field(default_factory=dict)
    """What lines are about, by instrument, where the caller has locked it and seen that it may be sold."""


class Payable(Protocol):
    """What a tender needs to know of the sale it pays."""

    sale: Sale
    lines: list[SaleLine]

    @property
    def due_cents(self) -> int:
        """What is still to be paid."""
        ...

    @property
    def payable_by_value_cents(self) -> int:
        """What of it gift cards, store credit and the like may pay; below zero when they pay too much already (R4)."""
        ...

    @property
    def live_tenders(self) -> list[Tender]:
        """What is on the sale to pay it, held or settled."""
        ...

    def cash_drawer(self, session_id: uuid.UUID | None) -> DrawerSession:
        """The open drawer that takes the cash."""
        ...


@dataclass(frozen=True, slots=True)
class Back:
    """What comes back for a line: its net and the tax of each jurisdiction, in cents."""

    net_cents: int
    taxes: Mapping[str, int]


class LineKind(Protocol):
    """Something to sell."""

    code: ClassVar[str]
    takes_discounts: ClassVar[bool]
    """Whether a discount may be given on it (R6: never on gift cards and dues)."""
    needs_money: ClassVar[bool]
    """Whether only money buys it, and no gift card or store credit: gift cards themselves, reloads, dues (R4)."""

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        """Unsaved lines in the order asked, at list price, checked; a fixed number of queries for all of them."""
        ...

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """The postings of the sold line; they sum to minus its net."""
        ...

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """Hand over what the line sold, within the completion's transaction."""
        ...

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        """What comes back for `quantity` of the line when `before` came back earlier; NotRefundable and the like."""
        ...

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        """Take what was handed over back; the postings of the refunded part, which sum to its net."""
        ...

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        """Take what was handed over back because the sale is voided; a Refusal when it was used since."""
        ...


@runtime_checkable
class PromisesTreatments(Protocol):
    """A kind of line by which the client gets treatments later: a package, a plan (R36)."""

    def treatments(self, line: SaleLine) -> frozenset[int]:
        """The ids of the catalogue's items that it pays for."""
        ...


@runtime_checkable
class DeliversTogether(Protocol):
    """A kind of line that is handed over for many sales in a fixed number of statements."""

    def deliver_all(self, lines: Sequence[SaleLine], *, now: dt.datetime) -> None:
        """`deliver` for each of the lines, or for none."""
        ...


@runtime_checkable
class SettlesTogether(Protocol):
    """A way to pay that is settled for many sales in a fixed number of statements."""

    def settle_all(self, tenders: Sequence[Tender], *, now: dt.datetime) -> None:
        """`settle` for each of the tenders, or for none."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a payment has come that somebody else must answer: a state, and the sentence the cashier reads."""

    WAITING: ClassVar[frozenset[str]] = frozenset({"waiting", "checking", "cancelling"})
    ENDED: ClassVar[frozenset[str]] = frozenset({"paid", "cancelled"})

    state: str
    sentence: str
    card: str = ""
    tries: int = 0
    decline_code: str = ""
    reader_id: int | None = None
    reader: str = ""
    url: str = ""
    """Where the client pays, while that is possible."""
    is_over: bool = False
    """Whether nothing comes of this try any more, whatever its state: another one is a new one."""

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come, so that the sale must stay as it is."""
        return self.state in self.WAITING

    @property
    def has_ended(self) -> bool:
        """Whether nothing can become of it any more."""
        return self.is_over or self.state in self.ENDED


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a client has that could pay: which, what it is called, what is left of it, and until when.

    `items` are the codes of the treatments that it covers; none when it pays anything. `units` for what is counted in
    sessions, `amount_cents` for what is counted in money.
    """

    kind: str
    instrument: str
    name: str
    left: str
    units: int | None = None
    amount_cents: int | None = None
    expires_on: dt.date | None = None
    items: tuple[str, ...] = ()
    can_pay: bool = True


@dataclass(frozen=True, slots=True)
class Covering:
    """The sale whose lines are being covered: all its lines, where and when they are priced, the covers so far.

    `paid` is what the lines come to without tax, by position, once that is known: lines that sell what covers others.
    """

    sale: Sale
    lines: Sequence[SaleLine]
    at: PricingContext
    taken: Sequence[Tender]
    paid: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Cover:
    """How a line is covered: what is used of `instrument`, worth `value_cents`, and what the line costs on top."""

    instrument: str
    value_cents: int
    upcharge_cents: int
    why: str
    tax_was_paid: bool = False


class TenderKind(Protocol):
    """A way to pay."""

    code: ClassVar[str]
    name: ClassVar[str]
    gives_back_cash: ClassVar[bool]
    """Whether a refund of it is paid from the drawer."""
    is_stored_value: ClassVar[bool]
    """Whether it was paid before, so that it does not buy gift cards and the like (R4)."""
    at_once: ClassVar[bool]
    """Whether the desk takes it by one tap, with nothing else to choose or to wait for."""

    def find(self, code: str, *, now: dt.datetime) -> Offer | None:
        """What a typed or scanned code stands for, if it is one of this kind."""
        ...

    def offers(self, client: Client, *, location: Location, now: dt.datetime) -> Sequence[Offer]:
        """What the client has of this kind, in the order in which it should be used (R4)."""
        ...

    def cover(
        self, asked: AskedCover, line: SaleLine, *, tender_id: uuid.UUID, on: Covering, now: dt.datetime
    ) -> Cover:
        """Hold what covers the line for a tender of that id, and say what it is worth; a Refusal when it can not."""
        ...

    def check(self, tender: Tender, *, basket: Payable) -> None:
        """Refuse when the sale, as it now is, can not be paid so any more."""
        ...

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        """An unsaved tender that covers at most what is due, with its means reserved."""
        ...

    def ask(self, tender: Tender, *, now: dt.datetime) -> None:
        """Go on asking; called by the edge, between transactions."""
        ...

    def progress(self, tender: Tender) -> Progress | None:
        """How far it is; None for a way to pay that waits for nobody."""
        ...

    def try_again(self, tender: Tender, *, n: int, asked: AskedTender, now: dt.datetime) -> None:
        """Ask once more after a no, as try number `n`; the same number again changes nothing."""
        ...

    def debits(self, tender: Tender) -> Iterator[Line]:
        """The postings of the settled tender; they sum to its amount."""
        ...

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        """Make the reservation final, within the completion's transaction."""
        ...

    def drop(self, tender: Tender, *, now: dt.datetime) -> bool:
        """Undo the reservation because the desk takes the tender off; False while others have yet to answer."""
        ...

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        """Undo the reservation, whatever it takes, because the sale ends."""
        ...

    def let_go(self, tender: Tender, *, now: dt.datetime) -> None:
        """Begin to withdraw what was asked of others, so that it can be released once they have answered."""
        ...

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        """The postings of what goes back the way it came; they sum to minus its amount."""
        ...

    def undo(self, tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
        """What a void's exact mirror leaves to be posted, because the money is still elsewhere; they sum to zero."""
        ...

    def send_back(self, owner: str, *, now: dt.datetime) -> None:
        """Send what a refund's part or a void gives back (`owner` names it); by the edge, between transactions."""
        ...

    def progress_back(self, owner: str) -> Progress | None:
        """How far that is; None when it was given back at once."""
        ...


class PriceRule(Protocol):
    """Somebody who pays less than the list price, such as a member (R6, R25)."""

    def discounts(self, lines: Sequence[SaleLine], at: PricingContext) -> Mapping[int, tuple[int, str]]:
        """By index of the line: cents off its list price, and why. Covered lines are not asked about."""
        ...


@cache
def price_rules() -> tuple[PriceRule, ...]:
    """All price rules, in the order of the settings."""
    return tuple(import_string(path)() for path in settings.POS_PRICE_RULES)


@cache
def line_kind(code: str) -> LineKind:
    """The line kind of that code; `BadInput` for an unknown one."""
    for path in settings.POS_LINE_KINDS:
        kind: LineKind = import_string(path)()
        if kind.code == code:
            return kind
    raise BadInput("kind", f"There is no kind of line called “{code}”.")


@cache
def tender_kinds() -> tuple[TenderKind, ...]:
    """All ways to pay, in the order of the settings."""
    return tuple(import_string(path)() for path in settings.POS_TENDER_KINDS)


def tender_kind(code: str) -> TenderKind:
    """The tender kind of that code; `BadInput` for an unknown one."""
    for kind in tender_kinds():
        if kind.code == code:
            return kind
    raise BadInput("kind", f"There is no way to pay called “{code}”.")
