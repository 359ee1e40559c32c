"""Processes that die, or stop, at a moment of our choice: each SQL statement, COMMIT and call to Stripe is two moments.

A fork of the test is the process; the parent must have no thread that holds a lock, and no open connection.
"""

import faulthandler
import gc
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from django.db import connection, connections

from payments.gateway import gateway

QUIET = "q"  # around a statement within a transaction or one that only reads: it leaves nothing behind
WRITE = "w"  # around a statement that writes and is a transaction of its own
COMMIT = "c"
STRIPE = "s"
EVERY_KIND = QUIET + WRITE + COMMIT + STRIPE
LONGEST_LIFE_SECONDS = 240
"""A process that hangs tells where, and ends: whoever waits for it must not hang too."""


@dataclass
class Moments:
    """The moments of a block, by their kinds; at number `at` it sends this process a signal."""

    at: int = -1
    signal: int = signal.SIGKILL
    of: str = EVERY_KIND
    passed: str = ""

    def around(self, kind: str, work: Callable[[], Any]) -> Any:
        """The moment before, the work, the moment after."""
        self._pass(kind)
        answer = work()
        self._pass(kind)
        return answer

    def _pass(self, kind: str) -> None:
        if kind not in self.of:
            return
        if len(self.passed) == self.at:
            os.kill(os.getpid(), self.signal)
        self.passed += kind

    @contextmanager
    def counted(self) -> Iterator["Moments"]:
        """Count within the block; in a process that ends with it, for COMMIT and HTTP stay wrapped."""
        commit, send = connection._commit, requests.Session.send
        connection._commit = lambda: self.around(COMMIT, commit)  # type: ignore[method-assign]
        requests.Session.send = lambda session, request, **how: self.around(  # type: ignore[method-assign]
            STRIPE, lambda: send(session, request, **how)
        )
        with connection.execute_wrapper(self._statement):
            yield self

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        kind = QUIET if connection.in_atomic_block or sql.startswith("SELECT") else WRITE
        return self.around(kind, lambda: execute(sql, params, many, context))


@dataclass
class Child:
    """A fork, and what it tells us."""

    pid: int
    told_by: int

    def waits(self) -> int:
        """Wait until it has ended or stopped; the signal that did it, 0 when it came to its end."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return os.WSTOPSIG(status)
        LIVING.pop(self.pid)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, "".join(self.told())
            return 0
        return os.WTERMSIG(status)

    def goes_on(self) -> int:
        """Let one that stopped go on; how it ends."""
        os.kill(self.pid, signal.SIGCONT)
        return self.waits()

    def is_killed(self) -> None:
        """Whatever it does just now."""
        os.kill(self.pid, signal.SIGKILL)
        self.waits()

    def told(self) -> list[str]:
        """Its lines, once it has ended."""
        with os.fdopen(self.told_by) as lines:
            return lines.readlines()


LIVING: dict[int, Child] = {}


def kill_the_rest() -> None:
    """End whoever a failed test has left, however they fare: one that failed must not keep the others alive."""
    while LIVING:
        pid, child = LIVING.popitem()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(child.told_by)


def fork(work: Callable[[Callable[[str], None]], None]) -> Child:
    """A process that does the work and ends; `work` is given a function that tells us a line."""
    connections.close_all()
    told_by, tells = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks in a process with threads: ours hold no lock
        pid = os.fork()
    if pid:
        os.close(tells)
        return LIVING.setdefault(pid, Child(pid, told_by))
    _live(work, tells)
    raise AssertionError("unreachable")


def _leaves_to_the_parent() -> list[Any]:
    """Connections to the database that the parent still has open: neither used nor closed here.

    Once a browser was started, the parent's thread counts as asynchronous and Django keeps its connections in another
    place there than before; here it does not, and would go on with the old ones, side by side with all other forks.
    """
    inherited = [(one, one.connection) for one in connections.all(initialized_only=True)]
    for one, _ in inherited:
        one.connection = None
    return inherited


def _live(work: Callable[[Callable[[str], None]], None], tells: int) -> None:
    """The whole life of the child; it never comes back into the test."""
    end = 0
    gc.disable()  # it would copy all of the parent to look at it
    faulthandler.dump_traceback_later(LONGEST_LIFE_SECONDS, exit=True, file=tells)
    kept = _leaves_to_the_parent()  # noqa: F841 - as long as it lives, nobody closes them
    try:
        gateway.cache_clear()  # its connections are the parent's
        work(lambda line: os.write(tells, f"{line}\n".encode()) and None)
    except BaseException:  # whatever it was, the parent tells it
        os.write(tells, traceback.format_exc().encode())
        end = 1
    finally:
        sys.stderr.flush()
        os._exit(end)
