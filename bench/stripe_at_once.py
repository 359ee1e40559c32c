"""A Stripe that says yes to every saved card, at once or after a while: what billing costs without it."""

import datetime as dt
import random
import time
import uuid

from payments.gateway import StripeGateway
from payments.states import Attempt, Card, IntentState

SLOWEST: list[float] = []
"""Between which seconds each answer comes; empty: at once."""
asked: list[float] = []
"""When intents were made, by `time.monotonic`: one for each turn that was taken."""


class AtOnce(StripeGateway):
    """Only what a saved card's charge needs; the ids are made up."""

    def __init__(self) -> None:
        """Nobody is called."""

    def ensure_customer(self, attempt: Attempt) -> str:
        _wait()
        return f"cus_{attempt.uid.hex}"

    def open_off_session_intent(self, attempt: Attempt, customer: str) -> IntentState:
        asked.append(time.monotonic())
        _wait()
        return IntentState(f"pi_{uuid.uuid4().hex}", "requires_confirmation", attempt.amount_cents, 0, "usd")

    def confirm_off_session(self, attempt: Attempt, method: str) -> IntentState:
        _wait()
        cents = attempt.amount_cents
        return IntentState(
            attempt.intent_id,
            "succeeded",
            cents,
            cents,
            "usd",
            charge_id=f"ch_{uuid.uuid4().hex}",
            card=Card("visa", "4242"),
            succeeded_at=dt.datetime.now(dt.UTC),
        )


def _wait() -> None:
    if SLOWEST:
        time.sleep(random.uniform(*SLOWEST))
