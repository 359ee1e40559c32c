"""What the tests of the gateway ask for."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from payments.gateway import gateway
from payments.states import Attempt, PageAsked
from tests.builders import NOW
from tests.stripe_sim.stand_in import StandIn


def an_attempt(cents: int = 155_74, *, intent: str = "", create_try: int = 0) -> Attempt:
    uid = uuid.uuid4()
    return Attempt(uid, cents, create_try, {"attempt": str(uid), "sale": "s1", "env": "test"}, intent)


def opened(cents: int = 155_74) -> Attempt:
    """An attempt whose intent is made."""
    attempt = an_attempt(cents)
    return replace(attempt, intent_id=gateway().open_intent(attempt).id)


def paid(stripe: StandIn, cents: int = 155_74) -> Attempt:
    """An attempt whose card was held to a reader."""
    attempt, reader = opened(cents), stripe.reader()
    gateway().send_to_reader(attempt, reader.id, n=1)
    stripe.tell(f"readers/{reader.id}", do="tap")
    return attempt


A_PAGE = PageAsked("https://example.com/ok", "https://example.com/no", NOW + dt.timedelta(hours=2), "Dues", "cus_1")

EVERY_CALL: dict[str, Callable[[], Any]] = {
    "ensure_customer": lambda: gateway().ensure_customer(an_attempt()),
    "open_off_session_intent": lambda: gateway().open_off_session_intent(an_attempt(), "cus_1"),
    "confirm_off_session": lambda: gateway().confirm_off_session(an_attempt(intent="pi_1"), "pm_1"),
    "open_checkout": lambda: gateway().open_checkout(an_attempt(), A_PAGE),
    "open_card_setup": lambda: gateway().open_card_setup(an_attempt(), A_PAGE),
    "read_checkout": lambda: gateway().read_checkout("cs_1"),
    "expire_checkout": lambda: gateway().expire_checkout("cs_1"),
    "list_cards": lambda: gateway().list_cards("cus_1"),
    "read_card": lambda: gateway().read_card("pm_1"),
    "detach_card": lambda: gateway().detach_card("pm_1"),
    "open_intent": lambda: gateway().open_intent(an_attempt()),
    "read_intent": lambda: gateway().read_intent("pi_1"),
    "cancel_intent": lambda: gateway().cancel_intent(an_attempt(intent="pi_1")),
    "send_to_reader": lambda: gateway().send_to_reader(an_attempt(intent="pi_1"), "tmr_1", n=1),
    "read_reader": lambda: gateway().read_reader("tmr_1"),
    "cancel_reader": lambda: gateway().cancel_reader("tmr_1"),
    "register_reader": lambda: gateway().register_reader(code="x", label="Desk", place="UPT", address={}),
    "refund": lambda: gateway().refund(an_attempt(intent="pi_1")),
    "read_refund": lambda: gateway().read_refund("re_1"),
    "find_refund": lambda: gateway().find_refund("pi_1", attempt=uuid.uuid4()),
    "read_charge": lambda: gateway().read_charge("ch_1"),
    "iter_movements": lambda: list(gateway().iter_movements()),
    "iter_payouts": lambda: list(gateway().iter_payouts(created_gte=NOW)),
    "read_payout": lambda: gateway().read_payout("po_1"),
    "iter_disputes": lambda: list(gateway().iter_disputes(created_gte=NOW)),
    "read_dispute": lambda: gateway().read_dispute("dp_1"),
    "read_balance": lambda: gateway().read_balance(),
    "iter_events": lambda: list(gateway().iter_events(created_gte=NOW, types=["payout.paid"])),
}
