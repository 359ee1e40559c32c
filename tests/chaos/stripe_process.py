"""The stand-in's process from outside: what a test tells it, and what it has to say about money."""

import datetime as dt
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.error import HTTPError

import stripe

from tests.stripe_sim.stand_in import client_of

ADDRESS = {"line1": "1 Main St", "city": "Columbus", "state": "OH", "country": "US", "postal_code": "43004"}
APPROVED, DECLINED, REFUND_FAILS = "4242424242424242", "4000000000009995", "4000000000005126"


class StripeProcess:
    """An account behind HTTP that nobody of ours can take down."""

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def sdk(self) -> Any:
        """Stripe's own client, for the parent: a fork must not talk on its connections."""
        return client_of(self.url).v1

    @cached_property
    def place(self) -> str:
        made = self.sdk.terminal.locations.create({"display_name": "Studio", "address": ADDRESS})
        return str(made.id)

    def starts_anew(self, now: dt.datetime) -> None:
        """An empty account in fair weather, at that moment."""
        self.tell("weather", rough=False, customers=False)
        self.tell("reset")
        self.__dict__.pop("place", None)
        self.is_now(now)

    def is_now(self, now: dt.datetime) -> None:
        self.tell("clock", now=now.timestamp())

    def reader(self) -> str:
        """The id of a new reader."""
        asked = {"registration_code": "simulated-wpe", "location": self.place, "label": "Desk"}
        return str(self.sdk.terminal.readers.create(asked).id)

    def tell(self, path: str, **order: Any) -> dict[str, Any]:
        """Order something at `/_sim/<path>`."""
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.url}/_sim/{path}", json.dumps(order).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
            return told

    def hold(self, reader: str, number: str = APPROVED) -> None:
        """A card is held to the reader; nothing happens when it asks for none."""
        try:
            self.tell(f"readers/{reader}", do="tap", card=number)
        except HTTPError as refused:
            if refused.code != 400:
                raise

    def every(self, listed: Any) -> Iterator[stripe.StripeObject]:
        """All objects of a list, with the weather as it is."""
        return iter(listed({"limit": 100}).auto_paging_iter())

    def balance_cents(self) -> int:
        """Available and pending."""
        balance = self.sdk.balance.retrieve()
        return sum(part.amount for part in (*balance.available, *balance.pending))


@contextmanager
def stripe_process(seed: int = 0) -> Iterator[StripeProcess]:
    """A stand-in of one's own; a bug in it fails the test."""
    command = [sys.executable, "-m", "tests.chaos.rough_stripe", str(seed)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, process.communicate()[1]
            yield StripeProcess(url)
        finally:
            process.terminate()
            _, bugs = process.communicate(timeout=60)
    assert process.returncode == 0, bugs
