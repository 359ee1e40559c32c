"""Faults on order: the next requests that match a rule are broken in its way.

A rule is `{"kind", "method", "path", "count", "seconds"}`; `path` is a pattern as of a shell, `*` by default.

| kind | the request's work | the answer |
|---|---|---|
| reset_before, reset_after | not done, done | connection reset |
| hang_before, hang_after (or hang) | not done, done | none for `seconds`, then reset |
| error_before | not done, nothing saved | 500 |
| error_saved | not done, saved under the key | 500 |
| error_after | done, the 500 is saved under the key | 500 |
| rate_limit | not done | 429 |
| lock_timeout | not done | 429 `lock_timeout` |
| latency | done after `seconds` | as usual |
"""

import fnmatch
import threading
from dataclasses import asdict, dataclass

from stripe_sim.errors import ApiError, Json, invalid

KINDS = (
    "reset_before",
    "reset_after",
    "hang_before",
    "hang_after",
    "error_before",
    "error_saved",
    "error_after",
    "rate_limit",
    "lock_timeout",
    "latency",
)


class Broken(Exception):
    """The connection ends here without an answer, after so many seconds."""

    def __init__(self, seconds: float = 0) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Fault:
    kind: str
    method: str = "*"
    path: str = "*"
    count: int = 1
    seconds: float = 30

    def matches(self, method: str, path: str) -> bool:
        return self.count > 0 and self.method in ("*", method) and fnmatch.fnmatchcase(path, self.path)

    @property
    def is_before(self) -> bool:
        return self.kind not in ("reset_after", "hang_after", "error_after")


NONE = Fault("none", count=0)


class Faults:
    """The rules that wait; each is used up `count` times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self.stopping = threading.Event()

    def add(self, rule: Json) -> Fault:
        kind = {"hang": "hang_after"}.get(rule.get("kind", ""), rule.get("kind"))
        if kind not in KINDS:
            raise invalid(f"kind must be one of {', '.join(KINDS)}", param="kind")
        fault = Fault(
            kind,
            rule.get("method", "*"),
            rule.get("path", "*"),
            int(rule.get("count", 1)),
            float(rule.get("seconds", 30)),
        )
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def waiting(self) -> list[Json]:
        with self._lock:
            return [asdict(rule) for rule in self._rules if rule.count > 0]

    def take(self, method: str, path: str) -> Fault:
        """The rule for this request, used up by one; NONE when there is none."""
        with self._lock:
            for rule in self._rules:
                if rule.matches(method, path):
                    rule.count -= 1
                    return rule
        return NONE

    def strike(self, fault: Fault) -> None:
        """Do what the fault does to a request, whichever side of its work we are on."""
        if fault.kind == "latency":
            self.stopping.wait(fault.seconds)
        elif fault.kind.startswith("reset"):
            raise Broken
        elif fault.kind.startswith("hang"):
            raise Broken(fault.seconds)
        elif fault.kind.startswith("error"):
            raise ApiError(500, "api_error", "An unknown error occurred.")
        elif fault.kind == "rate_limit":
            raise ApiError(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")
        elif fault.kind == "lock_timeout":
            message = "This object cannot be accessed right now because another request is accessing it."
            raise ApiError(429, "invalid_request_error", message, code="lock_timeout")
