"""The account that the stand-in pretends to keep: its clock, its events, what it has still to do."""

import json
import secrets
import string
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from stripe_sim import surface
from stripe_sim.errors import Json
from stripe_sim.store import Store

Handler = Callable[["Account", Json], Json]
Task = Callable[["Account", str], None]
LETTERS = string.ascii_letters + string.digits

PAGING = {"limit", "starting_after", "ending_before", "created"}

ANSWERS: dict[str, Handler] = {}
KNOWN: dict[str, set[str]] = {}
TASKS: dict[str, Task] = {}


def operation(name: str, knows: str = "") -> Callable[[Handler], Handler]:
    """Register the answer to one operation of the surface, with the parameters it knows what to do with."""
    params = surface.OPERATIONS[name].params
    known = {*knows.split(), *(PAGING & params.keys()), "expand"}
    if unheard := known - params.keys() - {"expand"}:
        raise LookupError(f"{name} takes no {unheard}")

    def register(handler: Handler) -> Handler:
        ANSWERS[name] = handler
        KNOWN[name] = known
        return handler

    return register


def task(name: str) -> Callable[[Task], Task]:
    """Register what is done when an appointment made by `Account.later` comes up."""

    def register(handler: Task) -> Task:
        TASKS[name] = handler
        return handler

    return register


@dataclass(frozen=True)
class Terms:
    """What the account pays and how long things take; cents, millionths and seconds."""

    online_rate: int = 29_000
    online_cents: int = 30
    present_rate: int = 27_000
    present_cents: int = 5
    dispute_cents: int = 15_00
    countered_cents: int = 15_00
    settle_after: float = 0.3  # until charge.updated brings the balance transaction
    refund_after: float = 1.0  # until a slow refund succeeds or fails
    process_for: float = 1.0  # an intent that its card leaves in `processing`
    authorise_for: float = 3.0  # an inserted card is being asked for this long
    retries: tuple[float, ...] = (1, 5, 30, 120, 600, 3600)  # seconds between deliveries of an event

    def fee(self, amount: int, *, present: bool) -> int:
        rate, fixed = (self.present_rate, self.present_cents) if present else (self.online_rate, self.online_cents)
        return (amount * rate + 500_000) // 1_000_000 + fixed


@dataclass
class Account:
    """Everything a handler needs. Used by one thread at a time, under the store's lock."""

    store: Store
    terms: Terms = field(default_factory=Terms)
    base_url: str = ""
    request: Json | None = None  # {"id", "idempotency_key"} of the request being answered
    watch: Callable[[str, Any], None] | None = None  # told of every answer and event, by the tests
    announce: Callable[["Account", Json], None] | None = None  # set by delivery
    _moment: float | None = None

    # Clock -----------------------------------------------------------------------------------------------------------

    def now(self) -> float:
        if self._moment is not None:
            return self._moment
        stopped = self.setting("stopped_at")
        return float(stopped) if stopped is not None else time.time() + float(self.setting("offset") or 0)

    def created(self) -> int:
        return int(self.now())

    def set_clock(self, moment: float, *, stopped: bool) -> None:
        """Let it be that moment now, running on from there or standing still."""
        self.set("stopped_at", moment if stopped else None)
        self.set("offset", moment - time.time())

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Let it be that moment inside the block."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    def setting(self, name: str) -> Any:
        row = self.store.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def set(self, name: str, value: Any) -> None:
        self.store.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    # Agenda ----------------------------------------------------------------------------------------------------------

    def later(self, seconds: float, what: str, object_id: str) -> None:
        """Make an appointment on this account's clock."""
        due_at = self.now() + seconds
        self.store.db.execute("INSERT INTO agenda (due_at, what, object) VALUES (?, ?, ?)", (due_at, what, object_id))

    def catch_up(self) -> None:
        """Keep every appointment that has come due, each at its own moment."""
        while row := self._next_due():
            seq, due_at, what, object_id = row
            self.store.db.execute("DELETE FROM agenda WHERE seq = ?", (seq,))
            with self.at(due_at):
                TASKS[what](self, object_id)

    def _next_due(self) -> tuple[int, float, str, str] | None:
        query = "SELECT seq, due_at, what, object FROM agenda WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1"
        row: tuple[int, float, str, str] | None = self.store.db.execute(query, (self.now(),)).fetchone()
        return row

    # Objects ---------------------------------------------------------------------------------------------------------

    def new(self, kind: str, prefix: str, **values: Any) -> Json:
        """A new object of this kind, not yet stored."""
        dated = "created" if surface.has(kind, "created") else "_created"  # the latter orders lists and is never shown
        return surface.blank(kind) | {"id": new_id(prefix), dated: self.created()} | values

    def emit(self, event_type: str, obj: Json, *, before: Json | None = None) -> None:
        """Record an event with the object as it now is, and have it delivered."""
        data: Json = {"object": render(obj)} | ({"previous_attributes": before} if before is not None else {})
        event = self.new(
            "event",
            "evt",
            type=event_type,
            api_version=surface.TABLE["version"],
            data=data,
            pending_webhooks=0,
            request=self.request or {"id": None, "idempotency_key": None},
        )
        self.store.put(event)
        if self.announce:
            self.announce(self, event)
        if self.watch:
            self.watch("event", render(event))


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_" + "".join(secrets.choice(LETTERS) for _ in range(length))


def render(obj: Json) -> Json:
    """The object as Stripe shows it: without what the stand-in keeps for itself."""
    return {name: value for name, value in obj.items() if not name.startswith("_")}


def listing(account: Account, kind: str, params: Json, url: str, **equals: Any) -> Json:
    """One page of a list, as Stripe answers it."""
    found, has_more = account.store.page(kind, params, **equals)
    return {"object": "list", "url": url, "has_more": has_more, "data": found}


def merge_metadata(obj: Json, params: Json) -> None:
    """Stripe's rule: keys are added and replaced, an empty value takes a key away, an empty whole takes all away."""
    if "metadata" not in params:
        return
    if params["metadata"] is None:
        obj["metadata"] = {}
        return
    merged = (obj.get("metadata") or {}) | params["metadata"]
    obj["metadata"] = {name: value for name, value in merged.items() if value != ""}
