"""Bringing events to their endpoints: signed, retried, and on order dropped, doubled, delayed or out of order."""

import hashlib
import hmac
import http.client
import json
import sqlite3
import threading
import time
from urllib.parse import urlsplit

from stripe_sim.account import Account, render
from stripe_sim.errors import Json, invalid

MODES = ("drop", "double", "delay", "reorder")
TIMEOUT = 10
NEXT = (
    "SELECT seq, event, endpoint, tries FROM deliveries WHERE next_at <= ? AND NOT held ORDER BY next_at, seq LIMIT 1"
)
APART = 0.02  # seconds between deliveries that are to come in this order


def announce(account: Account, event: Json) -> None:
    """Write down a delivery for every endpoint that wants this event. Signatures and waiting use the real time."""
    endpoints = [
        endpoint for endpoint in account.store.all("webhook_endpoint", status="enabled") if _wants(endpoint, event)
    ]
    state = "pending" if endpoints else "delivered"
    event.update(pending_webhooks=len(endpoints), _state=state)
    account.store.put(event)
    for endpoint in endpoints:
        _plan(account, event, endpoint["id"])


def _wants(endpoint: Json, event: Json) -> bool:
    return "*" in endpoint["enabled_events"] or event["type"] in endpoint["enabled_events"]


def _plan(account: Account, event: Json, endpoint_id: str) -> None:
    rule = _take_rule(account, event["type"])
    mode, now = rule["mode"], time.time()
    if mode == "drop":
        return
    _add(account, event["id"], endpoint_id, now + (rule["seconds"] if mode == "delay" else 0), held=mode == "reorder")
    if mode == "double":
        _add(account, event["id"], endpoint_id, now + APART, held=False)
    if mode == "reorder" and rule["count"] == 0:
        release(account)


def _add(account: Account, event_id: str, endpoint_id: str, next_at: float, *, held: bool) -> None:
    values = (event_id, endpoint_id, next_at, held)
    account.store.db.execute(
        "INSERT INTO deliveries (event, endpoint, tries, next_at, held) VALUES (?, ?, 0, ?, ?)", values
    )


def release(account: Account) -> None:
    """Let the held deliveries go, the last one first."""
    held = account.store.db.execute("SELECT seq FROM deliveries WHERE held ORDER BY seq DESC").fetchall()
    for n, (seq,) in enumerate(held):
        account.store.db.execute(
            "UPDATE deliveries SET held = 0, next_at = ? WHERE seq = ?", (time.time() + n * APART, seq)
        )


# Rules ---------------------------------------------------------------------------------------------------------------


def add_rule(account: Account, rule: Json) -> Json:
    """`{"mode", "count", "types", "seconds"}`: what is to happen to the next `count` deliveries of these types."""
    if rule.get("mode") not in MODES:
        raise invalid(f"mode must be one of {', '.join(MODES)}", param="mode")
    whole = {"mode": rule["mode"], "count": int(rule.get("count", 1)), "types": rule.get("types", [])}
    whole["seconds"] = float(rule.get("seconds", 5))
    account.set("webhook_rules", [*rules(account), whole])
    return whole


def rules(account: Account) -> list[Json]:
    return [rule for rule in account.setting("webhook_rules") or [] if rule["count"] > 0]


def clear_rules(account: Account) -> None:
    account.set("webhook_rules", [])
    release(account)


def _take_rule(account: Account, event_type: str) -> Json:
    waiting = rules(account)
    for rule in waiting:
        if not rule["types"] or event_type in rule["types"]:
            rule["count"] -= 1
            account.set("webhook_rules", waiting)
            return rule
    return {"mode": "none", "count": 0, "seconds": 0}


# The courier ---------------------------------------------------------------------------------------------------------


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of the Stripe-Signature header."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Courier(threading.Thread):
    """Delivers what is due, one after the other, and keeps the account's appointments."""

    def __init__(self, account: Account, stopping: threading.Event) -> None:
        super().__init__(name="stripe-sim-courier", daemon=True)
        self._account, self._stopping = account, stopping

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self.deliver_next():
                    self._stopping.wait(0.05)
            except sqlite3.ProgrammingError:
                if not self._stopping.is_set():  # closed at the end of its time: nothing left to deliver
                    raise

    def deliver_next(self) -> bool:
        """Deliver one event; False when none was due."""
        store = self._account.store
        with store:
            self._account.catch_up()
            row = store.db.execute(NEXT, (time.time(),)).fetchone()
            event = store.find("event", row[1]) if row else None
            endpoint = store.find("webhook_endpoint", row[2]) if row else None
            if row:
                store.db.execute("UPDATE deliveries SET tries = tries + 1, next_at = NULL WHERE seq = ?", (row[0],))
        if row is None:
            return False
        taken = endpoint is None or event is None or post(endpoint, event)
        with store:
            self._note(row, taken=taken)
        return True

    def _note(self, row: tuple[int, str, str, int], *, taken: bool) -> None:
        seq, event_id, _, tries = row
        store, waits = self._account.store, self._account.terms.retries
        if taken:
            store.db.execute("DELETE FROM deliveries WHERE seq = ?", (seq,))
            if event := store.find("event", event_id):
                left = max(0, event["pending_webhooks"] - 1)
                store.put(event | {"pending_webhooks": left, "_state": "pending" if left else "delivered"})
        elif tries < len(waits):
            store.db.execute("UPDATE deliveries SET next_at = ? WHERE seq = ?", (time.time() + waits[tries], seq))


def post(endpoint: Json, event: Json) -> bool:
    """Send one event; True when the endpoint answered 2xx."""
    body = json.dumps(render(event), indent=2).encode()
    url = urlsplit(endpoint["url"])
    maker = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = maker(url.hostname or "", url.port, timeout=TIMEOUT)
    signed = signature(endpoint["_secret"], body, int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signed,
        "User-Agent": "Stripe/1.0 (stand-in)",
    }
    try:
        connection.request("POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body, headers)
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
