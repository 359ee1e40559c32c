"""What Stripe can tell us, as plain values, and the five ways in which asking it can end badly."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Group(StrEnum):
    """What a decline asks for (STRIPE "Off-session charges and dunning")."""

    NEVER = "never"
    CUSTOMER = "customer"
    LATER = "later"
    SOON = "soon"


@dataclass(frozen=True, slots=True)
class Decline:
    """A bank's no: Stripe's codes, and the group that says what to do about it."""

    code: str
    decline_code: str
    advice_code: str
    group: Group


@dataclass(frozen=True, slots=True)
class Card:
    """The card that was used, as far as a receipt may show it."""

    brand: str
    last4: str
    fingerprint: str = field(default="", compare=False)
    """The same for the same number, where Stripe tells it."""


@dataclass(frozen=True, slots=True)
class IntentState:
    """A PaymentIntent as it is now; amounts in cents, `status` is Stripe's own word."""

    id: str
    status: str
    amount_cents: int
    received_cents: int
    currency: str
    charge_id: str = ""
    card: Card | None = None
    decline: Decline | None = None
    created_at: dt.datetime | None = None
    succeeded_at: dt.datetime | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    risk_level: str = field(default="", compare=False)
    """What Stripe thinks of the payment: `normal`, `elevated`, `highest`; empty where it does not say."""


@dataclass(frozen=True, slots=True)
class CardState:
    """A card that Stripe keeps: `id` is its payment method, `customer` empty when it was detached."""

    id: str
    customer: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """A Checkout session as it is now; `status` is Stripe's: open, complete, expired; `url` only while it is open."""

    id: str
    status: str
    is_paid: bool
    amount_cents: int
    url: str
    intent: IntentState | None = None
    card: CardState | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageAsked:
    """What a Checkout page is to be: where it leads, until when it lives, whose it is."""

    success_url: str
    cancel_url: str
    expires_at: dt.datetime
    description: str = ""
    customer: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class ReaderAction:
    """What a reader was last told; `status` is in_progress, succeeded or failed, `decline` only for a bank's no."""

    type: str
    status: str
    intent_id: str = ""
    failure_code: str = ""
    decline: Decline | None = None
    charge_id: str = ""


@dataclass(frozen=True, slots=True)
class ReaderState:
    """A reader as Stripe knows it."""

    id: str
    label: str
    is_online: bool
    action: ReaderAction | None = None


@dataclass(frozen=True, slots=True)
class RefundState:
    """A refund as it is now; `status` is Stripe's: pending, requires_action, succeeded, failed, canceled."""

    id: str
    status: str
    amount_cents: int
    charge_id: str
    intent_id: str
    created_at: dt.datetime
    failure_reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChargeState:
    """A charge at Stripe, found by its id (money that may not be ours to know)."""

    id: str
    intent_id: str
    amount_cents: int
    is_paid: bool
    created_at: dt.datetime
    card: Card | None
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Movement:
    """A balance transaction: `net = amount - fee`, in cents; `source` is the id of the charge, refund, payout …"""

    id: str
    type: str
    category: str
    source: str
    amount_cents: int
    fee_cents: int
    net_cents: int
    created_at: dt.datetime
    available_on: dt.date


@dataclass(frozen=True, slots=True)
class PayoutState:
    """A payout as it is now."""

    id: str
    status: str
    amount_cents: int
    is_automatic: bool
    created_at: dt.datetime
    arrives_on: dt.date
    is_itemised: bool


@dataclass(frozen=True, slots=True)
class DisputeState:
    """A dispute as it is now."""

    id: str
    status: str
    reason: str
    amount_cents: int
    charge_id: str
    intent_id: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class EventState:
    """An event as Stripe tells it; `payload` is its JSON text."""

    id: str
    type: str
    object_id: str
    api_version: str
    is_live: bool
    created_at: dt.datetime
    payload: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is asked, from a row that is committed: idempotency keys and parameters come from nothing else."""

    uid: uuid.UUID
    amount_cents: int
    create_try: int
    metadata: dict[str, str]
    intent_id: str = ""


class Declined(Exception):
    """The bank said no."""

    def __init__(self, decline: Decline) -> None:
        super().__init__(decline.decline_code or decline.code)
        self.decline = decline


class NeedsCustomer(Exception):
    """The bank wants to see the cardholder; `url` is where, when Stripe gave one."""

    def __init__(self, url: str = "") -> None:
        super().__init__(url)
        self.url = url


class Busy(Exception):
    """Stripe or the reader is doing something else with it just now; `code` is Stripe's. Ask again soon."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Indeterminate(Exception):
    """No answer that says what happened: a timeout, a reset, a 5xx, a 429. `is_stored` for a 5xx, which Stripe keeps
    under the idempotency key and replays; `is_too_fast` for a 429."""

    def __init__(self, what: str, *, is_stored: bool = False, is_too_fast: bool = False) -> None:
        super().__init__(what)
        self.is_stored = is_stored
        self.is_too_fast = is_too_fast


class Misuse(Exception):
    """Stripe refused what we asked as wrong; `code` is Stripe's. Asking again does not help."""

    def __init__(self, what: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(what)
        self.code = code
        self.status = status


class BadSignature(Exception):
    """A body at the webhook that Stripe did not send to us, or not now."""


class Gateway(Protocol):
    """Stripe, asked from outside of any transaction. Every call may raise Busy, Indeterminate and Misuse."""

    def open_intent(self, attempt: Attempt) -> IntentState:
        """Make the intent for a card at a reader, unconfirmed; key `{uid}:create:{create_try}`."""

    def read_intent(self, intent_id: str) -> IntentState:
        """The one source of truth."""

    def cancel_intent(self, attempt: Attempt) -> IntentState:
        """Cancel the intent; Busy `payment_intent_unexpected_state` when it is too late for that: read it then."""

    def send_to_reader(self, attempt: Attempt, reader_id: str, *, n: int) -> ReaderState:
        """Present the intent on the reader, tipping skipped; Busy while it is occupied or the intent is past that."""

    def read_reader(self, reader_id: str) -> ReaderState:
        """What the reader does now."""

    def cancel_reader(self, reader_id: str) -> ReaderState:
        """Take back what the reader was told; Busy while a card is being authorised."""

    def register_reader(self, *, code: str, label: str, place: str, address: dict[str, str]) -> ReaderState:
        """Register a reader by the code on its screen, at a Terminal location made for `place`."""

    def ensure_customer(self, attempt: Attempt) -> str:
        """The customer of a client, whose id the attempt has; key `{uid}:customer:{create_try}`."""

    def open_off_session_intent(self, attempt: Attempt, customer: str) -> IntentState:
        """Make the intent for a saved card, unconfirmed; key `{uid}:create:{create_try}`."""

    def confirm_off_session(self, attempt: Attempt, method: str) -> IntentState:
        """Charge the card, its holder being away; key `{uid}:confirm:{create_try}`. Declined and NeedsCustomer are
        the bank's; Busy `payment_intent_unexpected_state` when the intent is past that: read it then."""

    def open_checkout(self, attempt: Attempt, asked: PageAsked) -> CheckoutState:
        """Make a page to pay `amount_cents` on; key `{uid}:page:{create_try}`."""

    def open_card_setup(self, attempt: Attempt, asked: PageAsked) -> CheckoutState:
        """Make a page to save a card of the customer on; key `{uid}:page:{create_try}`."""

    def read_checkout(self, session_id: str) -> CheckoutState:
        """The session with its intent or the card that was saved on it."""

    def expire_checkout(self, session_id: str) -> CheckoutState:
        """Close the page; Misuse when it is not open any more: read it then."""

    def list_cards(self, customer: str) -> list[CardState]: ...

    def read_card(self, method: str) -> CardState: ...

    def detach_card(self, method: str) -> CardState:
        """Have Stripe let go of the card; Misuse when it has already: read it then."""

    def refund(self, attempt: Attempt) -> RefundState:
        """Give back `amount_cents` of the intent; key `{uid}:refund:{create_try}`."""

    def read_refund(self, refund_id: str) -> RefundState: ...

    def find_refund(self, intent_id: str, *, attempt: uuid.UUID) -> RefundState | None:
        """The refund of that intent whose metadata names the attempt, if Stripe has one."""

    def read_charge(self, charge_id: str) -> ChargeState: ...

    def iter_movements(
        self, *, created_gte: dt.datetime | None = None, payout: str = "", source: str = ""
    ) -> Iterator[Movement]:
        """Balance transactions, newest first; of one payout or source when asked."""

    def iter_payouts(self, *, created_gte: dt.datetime) -> Iterator[PayoutState]: ...

    def read_payout(self, payout_id: str) -> PayoutState: ...

    def iter_disputes(self, *, created_gte: dt.datetime) -> Iterator[DisputeState]: ...

    def read_dispute(self, dispute_id: str) -> DisputeState: ...

    def read_balance(self) -> int:
        """Available and pending, in cents."""

    def read_event(self, body: bytes, header: str, *, now: dt.datetime) -> EventState:
        """The event in a webhook's body; BadSignature unless one of our secrets signed it within five minutes."""

    def iter_events(self, *, created_gte: dt.datetime, types: Iterable[str]) -> Iterator[EventState]:
        """Events of these types, oldest first."""
