"""The one way to Stripe: asked outside of any transaction, answering in plain values or by one of five exceptions.

Nothing is tried twice here: who asks keeps a row, and decides by it when to ask again and under which key.
"""

import datetime as dt
import functools
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import stripe
from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from payments import calling, reading, refusals
from payments.states import (
    Attempt,
    BadSignature,
    CardState,
    ChargeState,
    CheckoutState,
    DisputeState,
    EventState,
    Gateway,
    Indeterminate,
    IntentState,
    Movement,
    PageAsked,
    PayoutState,
    ReaderState,
    RefundState,
)

VERSION = "2026-10-28.endive"
SIGNED_WITHIN_SECONDS = 300
PAGE = 100
MOST_TYPES = 20
"""By so many types at most Stripe filters events."""

stripe.enable_telemetry = False  # it would keep an id of this machine in a file of its own

S = TypeVar("S", bound=stripe.StripeObject)


@functools.cache
def gateway() -> Gateway:
    """The process's one gateway."""
    made: Gateway = import_string(settings.PAYMENTS_GATEWAY)()
    return made


class StripeGateway(Gateway):
    """Stripe by its own client (`payments.states.Gateway` says what each method promises)."""

    def __init__(self) -> None:
        self._stripe = _client().v1

    # Payments at a reader --------------------------------------------------------------------------------------------

    def open_intent(self, attempt: Attempt) -> IntentState:
        """A key that was used before replays what was answered then: read the intent before believing its status."""
        params: Any = {
            "amount": attempt.amount_cents,
            "currency": "usd",
            "allowed_payment_method_types": ["card_present"],
            "capture_method": "automatic",
            "metadata": attempt.metadata,
        }
        key = f"{attempt.uid}:create:{attempt.create_try}"
        return reading.intent(
            _ask("payment_intent", self._stripe.payment_intents.create, params, {"idempotency_key": key}, is_kept=True)
        )

    def read_intent(self, intent_id: str) -> IntentState:
        params: Any = {"expand": ["latest_charge"]}
        return reading.intent(_ask("payment_intent", self._stripe.payment_intents.retrieve, intent_id, params))

    def cancel_intent(self, attempt: Attempt) -> IntentState:
        """Without a key: a refusal kept under it would be repeated when it is no longer true."""
        params: Any = {"expand": ["latest_charge"]}
        return reading.intent(_ask("payment_intent", self._stripe.payment_intents.cancel, attempt.intent_id, params))

    def send_to_reader(self, attempt: Attempt, reader_id: str, *, n: int) -> ReaderState:
        """Under a new key each time, which names the try for who reads Stripe's log.

        A key of the try's own would replay "offline" or a 500 for a day, and "in progress" when the reader has long
        been told something else. To present an intent twice is harmless: it succeeds only once.
        """
        config = {"skip_tipping": True, "enable_customer_cancellation": True}
        params: Any = {"payment_intent": attempt.intent_id, "process_config": config}
        options: Any = {"idempotency_key": f"{attempt.uid}:present:{n}:{uuid.uuid4()}"}
        readers = self._stripe.terminal.readers
        return reading.reader(_ask("terminal.reader", readers.process_payment_intent, reader_id, params, options))

    def read_reader(self, reader_id: str) -> ReaderState:
        return reading.reader(_ask("terminal.reader", self._stripe.terminal.readers.retrieve, reader_id))

    def cancel_reader(self, reader_id: str) -> ReaderState:
        return reading.reader(_ask("terminal.reader", self._stripe.terminal.readers.cancel_action, reader_id))

    def register_reader(self, *, code: str, label: str, place: str, address: dict[str, str]) -> ReaderState:
        location = self._terminal_location(place) or self._new_terminal_location(place, address)
        params: Any = {"registration_code": code, "label": label, "location": location}
        return reading.reader(_ask("terminal.reader", self._stripe.terminal.readers.create, params))

    def _terminal_location(self, place: str) -> str | None:
        listed: Iterator[stripe.terminal.Location] = _every(self._stripe.terminal.locations.list, {})
        return next((told.id for told in listed if told.metadata.to_dict().get("place") == place), None)

    def _new_terminal_location(self, place: str, address: dict[str, str]) -> str:
        params: Any = {"display_name": place, "address": address, "metadata": {"place": place}}
        return _ask("terminal.location", self._stripe.terminal.locations.create, params).id

    # Saved cards, and Stripe's own pages ------------------------------------------------------------------------------

    def ensure_customer(self, attempt: Attempt) -> str:
        params: Any = {"metadata": attempt.metadata}
        options: Any = {"idempotency_key": f"{attempt.uid}:customer:{attempt.create_try}"}
        return _ask("customer", self._stripe.customers.create, params, options, is_kept=True).id

    def open_off_session_intent(self, attempt: Attempt, customer: str) -> IntentState:
        """As `open_intent`: what is replayed is no longer the truth."""
        params: Any = {
            "amount": attempt.amount_cents,
            "currency": "usd",
            "customer": customer,
            "allowed_payment_method_types": ["card"],
            "capture_method": "automatic",
            "metadata": attempt.metadata,
        }
        options: Any = {"idempotency_key": f"{attempt.uid}:create:{attempt.create_try}"}
        return reading.intent(
            _ask("payment_intent", self._stripe.payment_intents.create, params, options, is_kept=True)
        )

    def confirm_off_session(self, attempt: Attempt, method: str) -> IntentState:
        params: Any = {"payment_method": method, "off_session": True, "expand": ["latest_charge"]}
        options: Any = {"idempotency_key": f"{attempt.uid}:confirm:{attempt.create_try}"}
        confirm = self._stripe.payment_intents.confirm
        return reading.intent(_ask("payment_intent", confirm, attempt.intent_id, params, options, is_kept=True))

    def open_checkout(self, attempt: Attempt, asked: PageAsked) -> CheckoutState:
        price = {
            "currency": "usd",
            "unit_amount": attempt.amount_cents,
            "product_data": {"name": asked.description},
        }
        params = _page(attempt, asked) | {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"metadata": attempt.metadata, "capture_method": "automatic"},
        }
        if asked.email and not asked.customer:
            params["customer_email"] = asked.email
        return self._open_page(attempt, params)

    def open_card_setup(self, attempt: Attempt, asked: PageAsked) -> CheckoutState:
        intent = {"metadata": attempt.metadata}
        return self._open_page(attempt, _page(attempt, asked) | {"mode": "setup", "setup_intent_data": intent})

    def _open_page(self, attempt: Attempt, params: Any) -> CheckoutState:
        options: Any = {"idempotency_key": f"{attempt.uid}:page:{attempt.create_try}"}
        sessions = self._stripe.checkout.sessions
        return reading.checkout(_ask("checkout.session", sessions.create, params, options, is_kept=True))

    def read_checkout(self, session_id: str) -> CheckoutState:
        params: Any = {"expand": ["payment_intent.latest_charge", "setup_intent.payment_method"]}
        return reading.checkout(_ask("checkout.session", self._stripe.checkout.sessions.retrieve, session_id, params))

    def expire_checkout(self, session_id: str) -> CheckoutState:
        return reading.checkout(_ask("checkout.session", self._stripe.checkout.sessions.expire, session_id))

    def list_cards(self, customer: str) -> list[CardState]:
        listed = _every(functools.partial(self._stripe.customers.payment_methods.list, customer), {"type": "card"})
        return [reading.card(told) for told in listed]

    def read_card(self, method: str) -> CardState:
        return reading.card(_ask("payment_method", self._stripe.payment_methods.retrieve, method))

    def detach_card(self, method: str) -> CardState:
        return reading.card(_ask("payment_method", self._stripe.payment_methods.detach, method))

    # Refunds ---------------------------------------------------------------------------------------------------------

    def refund(self, attempt: Attempt) -> RefundState:
        """After any doubt `find_refund` comes first: the refund may exist though Stripe answered 500."""
        params: Any = {
            "payment_intent": attempt.intent_id,
            "amount": attempt.amount_cents,
            "metadata": attempt.metadata,
        }
        options: Any = {"idempotency_key": f"{attempt.uid}:refund:{attempt.create_try}"}
        return reading.refund(_ask("refund", self._stripe.refunds.create, params, options, is_kept=True))

    def read_refund(self, refund_id: str) -> RefundState:
        return reading.refund(_ask("refund", self._stripe.refunds.retrieve, refund_id))

    def find_refund(self, intent_id: str, *, attempt: uuid.UUID) -> RefundState | None:
        listed = map(reading.refund, _every(self._stripe.refunds.list, {"payment_intent": intent_id}))
        return next((found for found in listed if found.metadata.get("attempt") == str(attempt)), None)

    # The balance and what moves it -----------------------------------------------------------------------------------

    def read_charge(self, charge_id: str) -> ChargeState:
        return reading.charge(_ask("charge", self._stripe.charges.retrieve, charge_id))

    def iter_movements(
        self, *, created_gte: dt.datetime | None = None, payout: str = "", source: str = ""
    ) -> Iterator[Movement]:
        params: dict[str, Any] = _since(created_gte) if created_gte else {}
        params |= {name: value for name, value in (("payout", payout), ("source", source)) if value}
        listed = filter(reading.is_of_balance, _every(self._stripe.balance_transactions.list, params))
        return map(reading.movement, listed)

    def iter_payouts(self, *, created_gte: dt.datetime) -> Iterator[PayoutState]:
        return map(reading.payout, _every(self._stripe.payouts.list, _since(created_gte)))

    def read_payout(self, payout_id: str) -> PayoutState:
        return reading.payout(_ask("payout", self._stripe.payouts.retrieve, payout_id))

    def iter_disputes(self, *, created_gte: dt.datetime) -> Iterator[DisputeState]:
        return map(reading.dispute, _every(self._stripe.disputes.list, _since(created_gte)))

    def read_dispute(self, dispute_id: str) -> DisputeState:
        return reading.dispute(_ask("dispute", self._stripe.disputes.retrieve, dispute_id))

    def read_balance(self) -> int:
        return reading.balance(_ask("balance", self._stripe.balance.retrieve))

    # Events ----------------------------------------------------------------------------------------------------------

    def read_event(self, body: bytes, header: str, *, now: dt.datetime) -> EventState:
        try:
            text = body.decode()
            _check_signature(text, header, now=now)
            return reading.event(json.loads(text), text)
        except (ValueError, OverflowError, RecursionError) as error:
            raise BadSignature(f"Not an event: {type(error).__name__}") from error

    def iter_events(self, *, created_gte: dt.datetime, types: Iterable[str]) -> Iterator[EventState]:
        wanted = sorted(set(types))
        filtered: dict[str, Any] = {"types": wanted} if len(wanted) <= MOST_TYPES else {}
        for told in self._events_from(created_gte, filtered):
            if told.type in wanted:
                whole = told.to_dict(for_json=True)
                yield reading.event(whole, json.dumps(whole))

    def _events_from(self, since: dt.datetime, filtered: dict[str, Any]) -> Iterator[stripe.Event]:
        """Stripe lists newest first, unless it starts behind an older event."""
        before: Any = {"created": {"lt": int(since.timestamp())}, "limit": 1}
        older = _ask("list", self._stripe.events.list, before).data
        if older:
            yield from _every(self._stripe.events.list, filtered | {"ending_before": older[0].id})
        else:
            yield from reversed(list(_every(self._stripe.events.list, filtered | _since(since))))


# Asking --------------------------------------------------------------------------------------------------------------


def _client() -> stripe.StripeClient:
    timeout = (calling.CONNECT_SECONDS, calling.ANSWER_SECONDS)
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        stripe_version=VERSION,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout, session=calling.Session()),
        base_addresses={"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {},
    )


def _ask(kind: str, call: Callable[..., S], *args: Any, is_kept: bool = False) -> S:
    """What Stripe answers, an object of that kind; `is_kept` when it keeps the answer under a key of ours."""
    assert_no_transaction()
    try:
        answer = call(*args)
    except stripe.StripeError as error:
        raise refusals.as_ours(error, is_kept=is_kept) from error
    if getattr(answer, "object", None) != kind:
        raise Indeterminate(f"An answer that is no {kind}")
    return answer


def _every(call: Callable[..., Any], params: dict[str, Any]) -> Iterator[Any]:
    """All that is listed, page by page; upwards from `ending_before`."""
    upwards = "ending_before" in params
    page = _ask("list", call, {"limit": PAGE, **params})
    while True:
        yield from reversed(page.data) if upwards else page.data
        if not (page.data and page.has_more):
            return
        page = _ask("list", page.previous_page if upwards else page.next_page)


def _page(attempt: Attempt, asked: PageAsked) -> dict[str, Any]:
    """What pages to pay on and to save a card on have in common; nothing of it may change from one try to the next."""
    params: dict[str, Any] = {
        "allowed_payment_method_types": ["card"],
        "success_url": asked.success_url,
        "cancel_url": asked.cancel_url,
        "expires_at": int(asked.expires_at.timestamp()),
        "client_reference_id": str(attempt.uid),
        "metadata": attempt.metadata,
    }
    return params | ({"customer": asked.customer} if asked.customer else {})


def _since(moment: dt.datetime) -> dict[str, Any]:
    return {"created": {"gte": int(moment.timestamp())}}


def assert_no_transaction() -> None:
    """While Stripe is asked no lock is held, and what it is asked for is committed."""
    for connection in connections.all(initialized_only=True):
        # A TestCase's own transaction stands for the empty database before it.
        if not all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise AssertionError("Stripe is asked outside of any transaction.")


# Signatures ----------------------------------------------------------------------------------------------------------


def _check_signature(text: str, header: str, *, now: dt.datetime) -> None:
    """BadSignature unless signed by one of our secrets, and within five minutes of now on either side."""
    pairs = [part.partition("=") for part in header.split(",")]
    (signed_at,) = (value for name, _, value in pairs if name == "t")
    if abs(int(now.timestamp()) - int(signed_at)) > SIGNED_WITHIN_SECONDS:
        raise BadSignature("Signed at another time.")
    if not header.isascii() or not any(_is_signed(text, header, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        raise BadSignature("Signed with none of our secrets.")


def _is_signed(text: str, header: str, secret: str) -> bool:
    try:
        # Its own tolerance reads the clock and lets the future pass: `_check_signature` does both.
        stripe.WebhookSignature.verify_header(text, header, secret, tolerance=None)
    except stripe.SignatureVerificationError:
        return False
    return True
