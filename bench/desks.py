"""Tablets over real HTTP that go on as long as one wants, some for cash and some by card; and who holds the cards."""

import contextlib
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from bench import till

CASH_TABLETS, CARD_TABLETS = 4, 4
CASH_PAUSE_SECONDS, CARD_PAUSE_SECONDS, TAP_PAUSE_SECONDS = 0.05, 1.0, 0.1
PATIENCE_SECONDS = 60
SETTLED_WITHIN_SECONDS = 420  # after much doubt Stripe is asked again every five minutes
OIL = {"lines": [{"item": "massage-oil"}], "complete": True}


@dataclass
class Sales:
    """What was heard in one mode: seconds of each answer, by the way to pay, and what went wrong."""

    cash: list[float] = field(default_factory=list)
    card: list[float] = field(default_factory=list)
    card_statuses: dict[int, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def cash_p95(self) -> float:
        return quantiles(self.cash, n=20)[-1] if len(self.cash) > 1 else float("nan")


class Desks:
    """Tablets at work in threads, and the clients who hold cards to the readers."""

    def __init__(self, port: int, tablets: list[dict[str, str]], readers: dict[str, int], stripe: str) -> None:
        self.port, self.stripe = port, stripe
        self.ending, self.closing = threading.Event(), threading.Event()
        self.sales, self.begun, self.completed = Sales(), 0, 0
        cash, card = tablets[:CASH_TABLETS], tablets[CASH_TABLETS:]
        work = [threading.Thread(target=self._sells_for_cash, args=(tablet,), daemon=True) for tablet in cash]
        for tablet, (reader, reader_id) in zip(card, readers.items(), strict=True):
            work.append(threading.Thread(target=self._sells_by_card, args=(tablet, reader_id), daemon=True))
            threading.Thread(target=self._holds_cards, args=(reader,), daemon=True).start()
        self.threads = work
        for thread in work:
            thread.start()

    def ends(self) -> None:
        """Begin no sale any more; those by card are brought to their end first."""
        self.ending.set()
        until = time.monotonic() + SETTLED_WITHIN_SECONDS
        for thread in self.threads:
            thread.join(max(0.0, until - time.monotonic()))
        self.closing.set()

    def _sells_for_cash(self, tablet: dict[str, str]) -> None:
        while not self.ending.wait(CASH_PAUSE_SECONDS):
            sales, tender = self.sales, {"id": str(uuid.uuid4()), "kind": "cash", "tendered_cents": 50_00}
            status, seconds, said = self._sends(tablet, uuid.uuid4(), OIL | {"tenders": [tender]})
            sales.cash.append(seconds)
            if status != 201:
                sales.errors.append(f"cash: {status} {said}")

    def _sells_by_card(self, tablet: dict[str, str], reader: int) -> None:
        while not self.ending.is_set():
            sale, tender = uuid.uuid4(), {"id": str(uuid.uuid4()), "kind": "card", "reader": reader}
            self.begun += 1
            while not self.closing.is_set() and not self._is_over(tablet, sale, tender):
                time.sleep(CARD_PAUSE_SECONDS)

    def _is_over(self, tablet: dict[str, str], sale: uuid.UUID, tender: dict[str, Any]) -> bool:
        """One request of a card sale, and whether it was the last."""
        sales = self.sales
        status, seconds, said = self._sends(tablet, sale, OIL | {"tenders": [tender]})
        sales.card.append(seconds)
        sales.card_statuses[status] = sales.card_statuses.get(status, 0) + 1
        if status not in (200, 201, 202):
            sales.errors.append(f"card: {status} {said}")
            return True
        is_completed = status != 202 and json.loads(said)["status"] == "completed"
        self.completed += is_completed
        return is_completed

    def _sends(self, tablet: dict[str, str], sale: uuid.UUID, body: dict[str, Any]) -> tuple[int, float, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        started = time.perf_counter()
        try:
            line.request("PUT", till.address(sale), json.dumps(body).encode(), tablet)
            answer = line.getresponse()
            status, said = answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            status, said = 0, repr(error)
        finally:
            line.close()
        return status, time.perf_counter() - started, said

    def _holds_cards(self, reader: str) -> None:
        """Whenever it asks for one; refused when it does not."""
        while not self.closing.wait(TAP_PAUSE_SECONDS):
            with contextlib.suppress(urllib.error.HTTPError, OSError):
                tell(self.stripe, f"readers/{reader}", do="tap")


def tell(stripe: str, path: str, **order: Any) -> dict[str, Any]:
    """What the stand-in answers to an order."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{stripe}/_sim/{path}", json.dumps(order).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own address
        told: dict[str, Any] = json.load(answer)
        return told
