"""A tablet over real HTTP: the one-request sale, sold one after another or by many at once."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.machine import HOST

CATALOGUE = ("ashiatsu-60", "deep-tissue-60", "massage-oil")
PATIENCE_SECONDS = 60


def headers(device: str, session: str) -> dict[str, str]:
    """What a paired tablet with a person signed on sends, through one proxy that ends its https."""
    return {
        "Authorization": f"Device {device}",
        "Staff-Session": session,
        "Content-Type": "application/json",
        "Host": HOST,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.7",
    }


def address(sale_id: uuid.UUID) -> str:
    return f"/api/v1/sales/{sale_id}"


def basket(people: dict[str, int], *, lines: int = 3) -> dict[str, Any]:
    """Two treatments by two therapists and two bottles of oil, over and over up to `lines`; a tip; cash and a card."""
    treatments = [{"item": CATALOGUE[0], "therapist": people["ana"]}, {"item": CATALOGUE[1], "therapist": people["bo"]}]
    different = [*treatments, {"item": CATALOGUE[2], "quantity": 2}]
    return {
        "lines": [different[number % 3] for number in range(lines)],
        "tip_cents": 42_00,
        "tenders": [{"kind": "cash", "amount_cents": 60_00, "tendered_cents": 100_00}, {"kind": "external"}],
        "complete": True,
    }


def with_new_ids(body: dict[str, Any]) -> dict[str, Any]:
    """The same sale with tenders that were never there before."""
    return {**body, "tenders": [{**tender, "id": str(uuid.uuid4())} for tender in body["tenders"]]}


@dataclass
class Sold:
    """What came of selling: seconds for each sale, by the clock, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def sell(port: int, *, tablet: dict[str, str], body: dict[str, Any], times: int) -> Sold:
    """One tablet sells the same over and over, on one connection that is kept."""
    sold = Sold()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    for _ in range(times):
        content = json.dumps(with_new_ids(body)).encode()
        started = time.perf_counter()
        try:
            line.request("PUT", address(uuid.uuid4()), content, tablet)
            answer = line.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            sold.errors.append(repr(error))
            line.close()
            continue
        sold.seconds.append(time.perf_counter() - started)
        if answer.status != 201:
            sold.errors.append(f"{answer.status} {said.decode(errors='replace')[:500]}")
    line.close()
    return sold


def sell_at_once(port: int, *, tablets: Sequence[dict[str, str]], body: dict[str, Any], times: int) -> Sold:
    """Each tablet sells so many times, all at the same time."""
    results: list[Sold] = []
    threads = [
        threading.Thread(
            target=lambda tablet=tablet: results.append(sell(port, tablet=tablet, body=body, times=times)), daemon=True
        )
        for tablet in tablets
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Sold([s for sold in results for s in sold.seconds], [e for sold in results for e in sold.errors])
