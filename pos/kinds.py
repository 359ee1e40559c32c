"""What can be a line of a sale and what can be a tender: the two sides that meet in a completed sale.

Each app that has something to sell, or a way to pay, implements one of these; `config/settings.py` lists them all.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, ClassVar, Protocol, cast

from django.conf import settings
from django.db.models import BigIntegerField, CharField, DateField
from django.utils.module_loading import import_string

from ledger.accounts import Account
from ledger.journal import Dimensions, Line, credit, debit
from pos.asked import MAX_CENTS, AskedLine, AskedTender
from pos.models import DrawerSession, Item, RefundLine, RefundTender, Sale, SaleLine, TaxCategory, Tender
from studio.models import Location, Staff
from studio.prepared import Prepared, Slot
from studio.refusal import BadInput, Refusal


class NotForSale(Refusal):
    """The item is unknown, withdrawn, or has no price at this location on this day."""

    code = "not_for_sale"


class NotQualified(Refusal):
    """The therapist lacks the training that the treatment requires."""

    code = "not_qualified"


@dataclass(frozen=True, slots=True)
class PricingContext:
    """Where and when a line is priced, and the therapists it names: id -> (person, ids of their qualifications)."""

    location: Location
    on: dt.date
    therapists: Mapping[int, tuple[Staff, frozenset[int]]]


class Payable(Protocol):
    """What a tender needs to know of the sale it pays."""

    sale: Sale

    @property
    def due_cents(self) -> int:
        """What is still to be paid."""
        ...

    def cash_drawer(self, session_id: uuid.UUID | None) -> DrawerSession:
        """The open drawer that takes the cash."""
        ...


class LineKind(Protocol):
    """Something to sell."""

    code: ClassVar[str]

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        """Unsaved lines in the order asked, at list price, checked; a fixed number of queries for all of them."""
        ...

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """The postings of the sold line; they sum to minus its net."""
        ...

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """Hand over what the line sold, within the completion's transaction."""
        ...

    def take_back(self, part: RefundLine) -> Iterator[Line]:
        """The postings of a refunded part; they sum to its net."""
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

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come, so that the sale must stay as it is."""
        return self.state in self.WAITING

    @property
    def has_ended(self) -> bool:
        """Whether nothing can become of it any more."""
        return self.state in self.ENDED


class TenderKind(Protocol):
    """A way to pay."""

    code: ClassVar[str]
    name: ClassVar[str]
    gives_back_cash: ClassVar[bool]
    """Whether a refund of it is paid from the drawer."""

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


def income_account(line: SaleLine) -> Account:
    """4010 for what a therapist does, 4020 for goods."""
    return Account.SERVICES if line.is_service else Account.RETAIL


class OverTheCounter:
    """What a treatment, a product and a custom amount have in common: income at list price, discount to 4900."""

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """Posting rules 1 and 5: income gross, the discount as contra income."""
        by: Dimensions = {"category": line.category, "therapist_id": line.therapist_id}
        yield credit(income_account(line), line.gross_cents, **by)
        yield debit(Account.DISCOUNTS, line.gross_cents - line.net_cents, **by)

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """Nothing to do: the client has it already."""

    def take_back(self, part: RefundLine) -> Iterator[Line]:
        """Posting rule 44: the net that was paid goes to 4910."""
        line = part.line
        yield debit(Account.REFUNDS, part.net_cents, category=line.category, therapist_id=line.therapist_id)


@lru_cache(maxsize=64)
def _shelf(count: int) -> "Prepared[Item]":
    """The query for so many items with their prices."""
    codes = [Slot(f"code_{n}", CharField()) for n in range(count)]
    location, on = Slot("location", BigIntegerField()), Slot("on", DateField())
    found = Item.objects.filter(code__in=codes).priced(location=cast(Any, location), on=cast(Any, on))
    return Prepared(lambda: found.order_by())


class CatalogueItem(OverTheCounter):
    """A treatment, an add-on or a retail product of the catalogue, at the price of the day."""

    code = "item"

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        codes = {f"code_{n}": code for n, code in enumerate(sorted({line.item for line in asked}))}
        items = _shelf(len(codes)).rows(location=at.location.pk, on=at.on, **codes)
        shelf = {item.code: item for item in items}
        return [self._line(line, shelf.get(line.item), at) for line in asked]

    def _line(self, asked: AskedLine, item: Item | None, at: PricingContext) -> SaleLine:
        if item is None:
            raise NotForSale(f"“{asked.item}” is not in the catalogue.", item=asked.item)
        unit_cents: int | None = item.price_cents  # type: ignore[attr-defined]  # annotated by priced()
        if not item.is_available or unit_cents is None:
            raise NotForSale(f"{item.name} is not for sale here today.", item=item.code)
        return SaleLine(
            kind=self.code,
            item=item,
            name=item.name,
            category=item.kind,
            tax_category=item.tax_category,
            is_service=item.is_service,
            therapist=self._therapist(asked, item, at),
            quantity=asked.quantity,
            unit_cents=unit_cents,
            list_cents=asked.quantity * unit_cents,
            why="List price",
        )

    def _therapist(self, asked: AskedLine, item: Item, at: PricingContext) -> Staff | None:
        if asked.therapist_id is None:
            if item.is_service:
                raise BadInput("therapist", f"Say who gives {item.name}.")
            return None
        therapist, qualifications = at.therapists[asked.therapist_id]
        needed = item.required_qualification_id
        if needed is not None and needed not in qualifications:
            raise NotQualified(f"{therapist} is not trained for {item.name}.", item=item.code, therapist=therapist.pk)
        return therapist


class CustomAmount(OverTheCounter):
    """Anything that is not in the catalogue: a name, an amount and a tax category typed at the desk."""

    code = "custom"

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        return [self._line(line, at) for line in asked]

    def _line(self, asked: AskedLine, at: PricingContext) -> SaleLine:
        if asked.unit_cents is None or not 0 < asked.unit_cents <= MAX_CENTS:
            raise BadInput("amount_cents", "A custom amount is between $0.01 and $100,000.")
        if not asked.name.strip():
            raise BadInput("name", "Say what the custom amount is for.")
        tax_category = asked.tax_category or TaxCategory.RETAIL
        if tax_category not in TaxCategory.values:
            raise BadInput("tax_category", "A custom amount is taxed as service, retail or exempt.")
        return SaleLine(
            kind=self.code,
            name=asked.name.strip(),
            category="custom",
            tax_category=tax_category,
            is_service=tax_category == TaxCategory.SERVICE,
            therapist=at.therapists[asked.therapist_id][0] if asked.therapist_id is not None else None,
            quantity=asked.quantity,
            unit_cents=asked.unit_cents,
            list_cents=asked.quantity * asked.unit_cents,
            why="Custom amount",
        )
