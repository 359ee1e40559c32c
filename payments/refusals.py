"""What it means that Stripe did not do it: one of the five exceptions of `payments.states`."""

from typing import Any

from payments import reading
from payments.states import Busy, Declined, Indeterminate, Misuse, NeedsCustomer

UNEXPECTED_STATE = "payment_intent_unexpected_state"
BUSY = {
    "intent_invalid_state": UNEXPECTED_STATE,  # the readers' word for the same
    "lock_timeout": "lock_timeout",
    UNEXPECTED_STATE: UNEXPECTED_STATE,
    "terminal_reader_busy": "terminal_reader_busy",
    "terminal_reader_offline": "terminal_reader_offline",
}
"""What passes, whatever its HTTP status."""
UNCLEAR = frozenset({"rate_limit", "terminal_reader_timeout"})
"""What may come as a 400, though it says nothing of our request: the reader may have got it all the same."""
OUR_FAULT = frozenset({400, 401, 402, 403, 404})


def as_ours(error: Any, *, is_kept: bool) -> Exception:
    """The exception that says what to do about an error of Stripe's client.

    `is_kept` when Stripe keeps its answer under a key of ours, a 500 too.
    """
    told, status, what = error.error, error.http_status or 0, str(error)
    code = getattr(told, "code", None) or ""
    if (declined := reading.decline(told)) is not None:
        return NeedsCustomer() if declined.code == "authentication_required" else Declined(declined)
    if code in BUSY:
        return Busy(BUSY[code])
    if status == 409:
        return Busy(code or "conflict")
    if status in OUR_FAULT and code not in UNCLEAR:
        return Misuse(what, code=code or _kind(told), status=status)
    return Indeterminate(what, is_stored=is_kept and status >= 500, is_too_fast=status == 429)


def _kind(told: Any) -> str:
    """The mistake has no code: which key was used for two requests is told by its type alone."""
    return "idempotency_error" if getattr(told, "type", None) == "idempotency_error" else ""
