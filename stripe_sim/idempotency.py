"""Idempotency keys as Stripe keeps them: any answer of work that began is replayed, a saved 500 too, for 24 hours."""

import json
from typing import Any

from stripe_sim.account import Account
from stripe_sim.errors import ApiError, Json

KEPT_SECONDS = 24 * 3600
LONGEST = 255
# Not saved: refused before the work began, or told to come back.
UNSAVED = (401, 404, 409, 429)


class Begun:
    """A request that may do its work; afterwards `save` or `forget`."""

    def __init__(self, account: Account, key: str | None, request_id: str) -> None:
        self._db, self.key, self.request_id = account.store.db, key, request_id

    def save(self, status: int, body: Json) -> None:
        text = json.dumps(body)
        self._db.execute("UPDATE keys SET status = ?, body = ? WHERE key = ?", (status, text, self.key))

    def forget(self) -> None:
        self._db.execute("DELETE FROM keys WHERE key = ? AND status IS NULL", (self.key,))


class Replayed(Exception):
    """This key has been answered before, with this."""

    def __init__(self, status: int, body: Json, request_id: str) -> None:
        super().__init__(request_id)
        self.status, self.body, self.request_id = status, body, request_id


def begin(account: Account, key: str | None, request: tuple[str, str, Any], request_id: str) -> Begun:
    """Reserve the key, or raise: Replayed, idempotency_error (other request), 409 (still being worked on)."""
    if key is None:
        return Begun(account, None, request_id)
    if not 0 < len(key) <= LONGEST:
        raise ApiError(400, "invalid_request_error", f"Idempotency keys have 1 to {LONGEST} characters.")
    prune(account)
    described = json.dumps(request, sort_keys=True)
    query = "SELECT request, request_id, status, body FROM keys WHERE key = ?"
    row = account.store.db.execute(query, (key,)).fetchone()
    if row is None:
        values = (key, described, account.now(), request_id)
        account.store.db.execute("INSERT INTO keys (key, request, used_at, request_id) VALUES (?, ?, ?, ?)", values)
        return Begun(account, key, request_id)
    _check_same(key, row[0], described)
    if row[2] is None:
        message = (
            f"There is currently another in-progress request using this Idempotent Key: {key}. Please try again later."
        )
        raise ApiError(409, "idempotency_error", message, code="idempotency_key_in_use")
    raise Replayed(row[2], json.loads(row[3]), row[1])


def _check_same(key: str, before: str, now: str) -> None:
    if before == now:
        return
    was, is_now = json.loads(before)[:2], json.loads(now)[:2]
    what = "endpoint" if was != is_now else "parameters"
    message = f"Keys for idempotent requests can only be used with the same {what} they were first used with. "
    raise ApiError(
        400, "idempotency_error", message + f"Try using a key other than '{key}' if you meant another request."
    )


def prune(account: Account) -> None:
    """Forget keys older than a day of the account's clock, and those whose request died with the process."""
    account.store.db.execute("DELETE FROM keys WHERE used_at <= ?", (account.now() - KEPT_SECONDS,))


def forget_unfinished(account: Account) -> None:
    """At start: nothing is in progress."""
    account.store.db.execute("DELETE FROM keys WHERE status IS NULL")


def is_saved(status: int, error: Json) -> bool:
    """Whether an answer is kept: not those given before the work began."""
    return status not in UNSAVED and not str(error.get("code", "")).startswith("parameter")
