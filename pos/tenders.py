"""The ways to pay that need nobody else: cash, check, and a card terminal that is not connected to us (R4)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.money import dollars, nickel
from pos.asked import MAX_CENTS, AskedCover, AskedTender
from pos.kinds import Cover, Covering, Offer, Payable, Progress
from pos.models import Client, RefundTender, SaleLine, Tender
from studio.models import Location
from studio.refusal import BadInput, Refusal


class NothingDue(Refusal):
    """The sale is paid already."""

    code = "nothing_due"


class MoreThanDue(Refusal):
    """Only cash gives change."""

    code = "more_than_due"


class PaysNoValue(Refusal):
    """Gift cards, reloads and dues are paid with money (R4)."""

    code = "pays_no_stored_value"


class PaysAnything:
    """A way to pay that no client owns, that has no code, and that covers no line."""

    code: ClassVar[str]
    is_stored_value: ClassVar[bool] = False
    at_once: ClassVar[bool] = False

    def find(self, code: str, *, now: dt.datetime) -> Offer | None:
        return None

    def offers(self, client: Client, *, location: Location, now: dt.datetime) -> Sequence[Offer]:
        return ()

    def cover(
        self, asked: AskedCover, line: SaleLine, *, tender_id: uuid.UUID, on: Covering, now: dt.datetime
    ) -> Cover:
        raise BadInput("cover", "Only a session, a credit or a treatment card pays for a single line.")

    def check(self, tender: Tender, *, basket: Payable) -> None:
        """It pays for whatever is on the sale."""


class PlainTender(PaysAnything):
    """A debit when settled, a credit when given back, and nothing to reserve."""

    account: ClassVar[Account]
    gives_back_cash: ClassVar[bool] = False

    def debits(self, tender: Tender) -> Iterator[Line]:
        yield debit(self.account, tender.amount_cents, tender=self.code, drawer_session=tender.drawer_session_id)

    def ask(self, tender: Tender, *, now: dt.datetime) -> None:
        """Nobody has to be asked."""

    def progress(self, tender: Tender) -> Progress | None:
        return None

    def try_again(self, tender: Tender, *, n: int, asked: AskedTender, now: dt.datetime) -> None:
        raise BadInput("n", f"{tender.get_status_display().capitalize()} already: there is nothing to try again.")

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        """Nothing was reserved."""

    def drop(self, tender: Tender, *, now: dt.datetime) -> bool:
        self.release(tender, now=now)
        return True

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        """Nothing was reserved; the desk hands back what it took."""

    def let_go(self, tender: Tender, *, now: dt.datetime) -> None:
        """Nobody was asked."""

    def undo(self, tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
        """The desk hands back what it took: the mirror has said it all."""
        yield from ()

    def send_back(self, owner: str, *, now: dt.datetime) -> None:
        """The desk handed it over."""

    def progress_back(self, owner: str) -> Progress | None:
        return None

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        yield credit(self.account, part.amount_cents, tender=self.code, drawer_session=part.drawer_session_id)


def wanted_cents(asked: AskedTender, due_cents: int) -> int:
    """How much of what is due this tender shall pay; all of it unless it says."""
    if due_cents <= 0:
        raise NothingDue("This sale is paid already.")
    if asked.amount_cents is None:
        return due_cents
    if not 0 < asked.amount_cents <= MAX_CENTS:
        raise BadInput("amount_cents", "An amount to pay is between $0.01 and $100,000.")
    return asked.amount_cents


class Cash(PlainTender):
    """Notes and coins: the one tender that gives change and that may round to five cents (posting rules 1 and 8)."""

    code = "cash"
    name = "Cash"
    account = Account.CASH_DRAWER
    gives_back_cash = True
    at_once = True

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        part_cents = min(wanted_cents(asked, basket.due_cents), basket.due_cents)
        payable_cents = self._payable_cents(basket, part_cents)
        tendered_cents = payable_cents if asked.tendered_cents is None else asked.tendered_cents
        if not (0 < tendered_cents <= MAX_CENTS or tendered_cents == payable_cents):
            raise BadInput("tendered_cents", "Cash handed over is between $0.01 and $100,000.")
        if tendered_cents < payable_cents:
            # Too little for the rounded sum: it pays to the cent, a part of the split or all of it in odd coins.
            part_cents = payable_cents = min(tendered_cents, part_cents)
        return Tender(
            id=tender_id,
            kind=self.code,
            amount_cents=payable_cents,
            tendered_cents=tendered_cents,
            rounding_cents=payable_cents - part_cents,
            drawer_session=basket.cash_drawer(asked.drawer_session_id),
        )

    def _payable_cents(self, basket: Payable, part_cents: int) -> int:
        """What the client must hand over: the last part of a sale is rounded where the location rounds cash (T08)."""
        rounds = basket.sale.location.cash_rounding == Location.CashRounding.NICKEL
        return nickel(part_cents) if rounds and part_cents == basket.due_cents else part_cents


def exactly_cents(asked: AskedTender, due_cents: int) -> int:
    """How much a tender pays that gives no change; MoreThanDue when that is more than is due."""
    amount_cents = asked.tendered_cents or wanted_cents(asked, due_cents)
    if amount_cents > due_cents:
        raise MoreThanDue(f"Only ${dollars(due_cents)} is due, and only cash gives change.")
    if amount_cents <= 0:
        raise BadInput("amount_cents", "An amount to pay is between $0.01 and $100,000.")
    return amount_cents


class NoChange(PlainTender):
    """A tender that pays exactly what it says."""

    at_once = True

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        amount_cents = exactly_cents(asked, basket.due_cents)
        return Tender(
            id=tender_id,
            kind=self.code,
            amount_cents=amount_cents,
            tendered_cents=amount_cents,
            reference=asked.reference.strip(),
        )


class Check(NoChange):
    """A paper check, kept until it is deposited; what is refunded on it is paid in cash from the drawer."""

    code = "check"
    name = "Check"
    account = Account.CHECKS
    gives_back_cash = True

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        yield credit(Account.CASH_DRAWER, part.amount_cents, tender=self.code, drawer_session=part.drawer_session_id)


class ExternalTerminal(NoChange):
    """A card terminal that is not connected to Footfall; the desk types what it charged there."""

    code = "external"
    name = "Other terminal"
    account = Account.EXTERNAL_TERMINAL
