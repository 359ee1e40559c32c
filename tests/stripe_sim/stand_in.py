"""A stand-in of one's own for a test, told to hurry, and the real SDK in front of it."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from stripe_sim import server
from stripe_sim.account import Terms
from tests.stripe_sim.honesty import Honesty

VERSION = "2026-10-28.endive"
QUICK = Terms(settle_after=0.0, refund_after=0.05, process_for=0.05, authorise_for=0.3, retries=(0.1, 0.1, 0.1))


def client_of(
    url: str, *, key: str = "sk_test_sim", http_client: stripe.HTTPClient | None = None
) -> stripe.StripeClient:
    """The client as the gateway makes it."""
    return stripe.StripeClient(
        key,
        stripe_version=VERSION,
        max_network_retries=0,
        http_client=http_client or stripe.RequestsClient(timeout=(30, 60)),
        base_addresses={"api": url},
    )


class StandIn:
    """`sdk` is Stripe's client, `tell` reaches the controls."""

    def __init__(self, running: server.Running, honesty: Honesty) -> None:
        self.url, self.running, self.honesty = running.url, running, honesty
        self.client = client_of(self.url)
        self.sdk = self.client.v1

    def tell(self, path: str, /, *, using: str = "POST", **order: Any) -> dict[str, Any]:
        """Order something at `/_sim/<path>`."""
        headers = {"Content-Type": "application/json"}
        body = json.dumps(order).encode() if using == "POST" else None
        request = urllib.request.Request(f"{self.url}/_sim/{path}", body, headers, method=using)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
            return told

    def event_types(self) -> list[str]:
        """All events, oldest first."""
        return [event.type for event in self.sdk.events.list({"limit": 100}).auto_paging_iter()][::-1]

    def pay(self, amount: int = 5000, card: str = "pm_card_visa", **params: Any) -> stripe.PaymentIntent:
        """A card payment in one go."""
        given = {"amount": amount, "currency": "usd", "allowed_payment_method_types": ["card"], "payment_method": card}
        return self.sdk.payment_intents.create({**given, "confirm": True, **params})

    def reader(self) -> stripe.terminal.Reader:
        """A reader at a new location."""
        address = {"line1": "1 Main St", "city": "Columbus", "state": "OH", "country": "US", "postal_code": "43004"}
        location = self.sdk.terminal.locations.create({"display_name": "Studio", "address": address})
        code = {"registration_code": "simulated-wpe", "location": location.id, "label": "Desk"}
        return self.sdk.terminal.readers.create(code)


@contextmanager
def stand_in(**options: Any) -> Iterator[StandIn]:
    """A stand-in on a free port in this process; whatever it says wrong fails the test."""
    honesty = Honesty()
    running = server.start(watch=honesty, **{"terms": QUICK, **options})
    try:
        yield StandIn(running, honesty)
        assert not honesty.problems, "\n".join(honesty.problems)
        assert not running.server.bugs, "\n".join(running.server.bugs)
    finally:
        running.stop()


def wait_for(what: Callable[[], Any], seconds: float = 5) -> Any:
    """What it gives once that is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("It did not come in time.")
