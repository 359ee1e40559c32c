"""A unit of work: all that a request writes, in one transaction, tried again as a whole when the database asks."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, transaction

from studio.refusal import Refusal

Answer = TypeVar("Answer")

REPEATS = 3
PATIENCE_SECONDS = 3.0
"""A unit that has waited this long for SQLite's one lock is not tried again: the tablet hears that it should."""

# What an untouched repeat can cure: a deadlock, a serialization failure, somebody who was faster with the same id.
_CLASHES = {"40P01", "40001"}
_TAKEN = {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
_BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"}


class IdTaken(Refusal):
    """A client-made id names another thing for good: the repeat did not find it as its own."""

    code = "same_id_other_contents"


def work(unit: Callable[[], Answer]) -> Answer:
    """What the unit answers, once it is committed; up to three repeats. The unit does nothing but database work."""
    started = time.monotonic()
    for repeats_left in range(REPEATS, -1, -1):
        try:
            return _once(unit)
        except DatabaseError as error:
            if repeats_left and _is_curable(error, time.monotonic() - started):
                continue
            if _is_id_of_something_else(error):
                raise IdTaken("This id was used before for something else. A new thing needs a new id.") from error
            raise
    raise AssertionError("unreachable")


def rehearse(unit: Callable[[], Answer]) -> Answer:
    """What the unit would answer, with everything it wrote rolled back (R40)."""

    def without_commit() -> Answer:
        answer = unit()
        transaction.set_rollback(True)
        return answer

    return work(without_commit)


def reason_of(error: DatabaseError) -> str:
    """The database's own name of what went wrong: an SQLSTATE, or SQLite's error name; empty when it gave none."""
    cause = error.__cause__
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "")


def _once(unit: Callable[[], Answer]) -> Answer:
    with transaction.atomic(durable=True):
        return unit()


def _is_curable(error: DatabaseError, waited_seconds: float) -> bool:
    reason = reason_of(error)
    return reason in _CLASHES | _TAKEN or (reason in _BUSY and waited_seconds < PATIENCE_SECONDS)


def _is_id_of_something_else(error: DatabaseError) -> bool:
    """A primary key that stays taken through all repeats is no race."""
    key = str(error).splitlines()[0]
    return reason_of(error) in _TAKEN and ("_pkey" in key or key.endswith(".id"))
