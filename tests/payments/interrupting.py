"""A process that dies, and others who are faster: what tests of faults put between two statements."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tests.stripe_sim.stand_in import wait_for


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Dying:
    """Ends the process before its n-th write to the tables of payments."""

    n: int
    died: bool = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT")) and '"payments_' in sql:
            self.n -= 1
            if self.n == 0:
                self.died = True
                raise Killed
        return execute(sql, params, many, context)


@dataclass
class Meanwhile:
    """Lets somebody else work before the first statement that contains these words."""

    words: str
    work: Callable[[], Any]
    is_over: bool = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not self.is_over and self.words in sql:
            self.is_over = True
            self.work()
        return execute(sql, params, many, context)


@contextmanager
def meanwhile_at(words: str, work: Callable[[], Any]) -> Iterator[None]:
    """Somebody else is faster, by a statement."""
    other = Meanwhile(words, work)
    with connection.execute_wrapper(other):
        yield
    assert other.is_over


@contextmanager
def meanwhile(work: Callable[[], Any], *, once: Callable[[], bool]) -> Iterator[None]:
    """Somebody else does something, in a thread, once that is so."""

    def waits_and_works() -> None:
        wait_for(once)
        work()

    with ThreadPoolExecutor(1) as other:
        worked = other.submit(waits_and_works)
        yield
        worked.result(30)


def dies_at_write(n: int, work: Callable[[], Any]) -> bool:
    """Whether the process died before its n-th write: False when it came to its end."""
    dying = Dying(n)
    try:
        with connection.execute_wrapper(dying):
            work()
    except Killed:
        pass
    return dying.died
