"""Many saved cards asked side by side: threads speak with Stripe, and the caller's thread alone with the database.

Each charge has its look (`payments.off_session`). Their calls run at once, each in its turn of the pace that all
workers share; what they want of the database meanwhile is done together. Whoever dies leaves what a look by itself
leaves: rows that say how far it came, held until their lease ends.
"""

import datetime as dt
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings

from jobs.leases import LeaseLost, again, failed
from payments import asking, customers, off_session, pace
from payments.gateway import assert_no_transaction
from payments.in_time import InTime
from payments.models import Charge
from payments.states import Busy, Indeterminate
from payments.wishes import Call, Keep, Look, Send, Settle, Turn, Wish

logger = logging.getLogger(__name__)

AT_FIRST, AT_ONCE = 25, 200
"""So many rows in one transaction, and begun and not yet asked for at most: few at first, twice as many each time they
came through, so that somebody who never lives long gets somewhere too."""
AHEAD = dt.timedelta(seconds=1)
"""Turns are taken when the last one is so near: what is asked is not to pause while answers are being noted."""
HEAP = dt.timedelta(seconds=0.5)
"""Turns for so long are taken at once: a desk that charges a saved card does not wait long behind them."""
FARTHEST = dt.timedelta(seconds=30)
"""A turn that is farther off is not waited for; nobody sleeps for it, but the lease of its charge runs."""
LEAST_THREADS, MOST_THREADS = 8, 256
TOGETHER = (Keep, Send, Settle)


@dataclass(slots=True)
class _Going:
    """A charge that is being looked at: its look, and from which moment on its next call may be made."""

    charge: Charge
    look: Look[None]
    starts: float = 0.0


@dataclass(slots=True)
class _Pending:
    """What some looks want of the database, and since when the first of them waits."""

    since: float = 0.0
    wishes: list[tuple[_Going, Any]] = field(default_factory=list)


def threads_wanted() -> int:
    """How many threads keep up with the pace: each charge is asked for twice, and an answer takes up to a second."""
    return min(MOST_THREADS, max(LEAST_THREADS, round(2 * settings.STRIPE_REQUESTS_PER_SECOND)))


class SideBySide:
    """Charges whose lease the caller has, being asked; `open` makes one."""

    def __init__(self, *, threads: int, clock: Callable[[], dt.datetime]) -> None:
        self.clock = clock
        self.is_away = False
        """Whether several in a row had no answer: nothing more is to be begun."""
        self._untold = 0
        self.heap = AT_FIRST
        """How many are begun together; the more, the longer it goes well."""
        self._turns_until = clock()
        self._calling = 0
        self._calls: InTime[tuple[_Going, Call]] = InTime()
        self._answers: SimpleQueue[tuple[_Going, Any, Exception | None]] = SimpleQueue()
        self._pending: dict[type[Any], _Pending] = {kind: _Pending() for kind in TOGETHER}
        self._threads = [threading.Thread(target=self._calls_stripe, daemon=True) for _ in range(threads)]

    @property
    def going(self) -> int:
        """How many charges are being asked."""
        return self._calling + sum(len(pending.wishes) for pending in self._pending.values())

    @property
    def room(self) -> int:
        """How many more may be begun just now, so that nobody takes turns long before they come; few at a time cost as
        much as many."""
        if self.is_away or (self.going and self._turns_until - self.clock() > AHEAD):
            return 0
        heap = min(self.heap, pace.turns_within(HEAP))
        return heap if self._calls.late <= heap // 2 else 0

    def begin(self, charges: Sequence[Charge]) -> list[Charge]:
        """Ask these too; those that came to their end at once."""
        now = self.clock()
        ids = customers.known({charge.client for charge in charges if charge.client is not None})
        going = []
        for charge in charges:
            customer = ids.get(charge.client, "") if charge.client is not None else ""
            going.append(_Going(charge, off_session.look(charge, now=now, customer=customer)))
        return self._go_on([(one, None, None) for one in going])

    def turn(self) -> list[Charge]:
        """Wait a moment for answers and go on by them; the charges that came to their end, their lease still held."""
        ended = self._go_on(list(self._heard()))
        for kind in TOGETHER:
            ended += self._do_together(kind)
        return ended

    def _heard(self) -> Iterator[tuple[_Going, Any, Exception | None]]:
        """The answers that are there; the first of them is waited for, but not beyond what else is to be done."""
        wait = min((self._left(kind) for kind in TOGETHER), default=_MOMENT)
        while self._calling:
            try:
                told = self._answers.get(timeout=max(0.0, min(wait, _MOMENT)))
            except Empty:
                return
            wait = 0.0
            self._calling -= 1
            yield told

    def _left(self, kind: type[Any]) -> float:
        """In how many seconds the wishes of that kind are to be done."""
        pending = self._pending[kind]
        if not pending.wishes:
            return _MOMENT
        if not self._calling or len(pending.wishes) >= AT_ONCE:
            return 0
        latest: float = pending.since + kind.MAY_WAIT
        return latest - time.monotonic()

    def _do_together(self, kind: type[Any]) -> list[Charge]:
        if self._left(kind) > 0 or not self._pending[kind].wishes:
            return []
        some, self._pending[kind] = self._pending[kind].wishes, _Pending()
        try:
            results = kind.together([wish for _, wish in some])
        except Exception as error:  # each look hears it, and each charge is tried again by itself
            logger.warning("%d of %s failed together: %s", len(some), kind.__name__, error)
            results = [error] * len(some)
        else:
            self.heap = min(AT_ONCE, 2 * self.heap) if kind is Settle else self.heap
        return self._go_on([(one, *_told(result)) for (one, _), result in zip(some, results, strict=True)])

    def _go_on(self, told: Sequence[tuple[_Going, Any, Exception | None]]) -> list[Charge]:
        """Tell looks what came of their wishes and see to the next ones; the charges that came to their end."""
        ended: list[Charge] = []
        rested: list[Charge] = []
        turns: dict[str, list[_Going]] = defaultdict(list)
        for one, result, error in told:
            try:
                wish = one.look.send(result) if error is None else one.look.throw(error)
            except StopIteration:
                self._untold = 0
                (ended if one.charge.has_ended else rested).append(one.charge)
            except Exception as unanswered:  # as in the worker: one that fails stops none of the others
                self._give_back(one.charge, unanswered)
            else:
                self._see_to(one, wish, turns)
        self._rest(rested)
        for name, waiting in turns.items():
            ended += self._take_turns(name, waiting)
        return ended

    def _see_to(self, one: _Going, wish: Wish, turns: dict[str, list[_Going]]) -> None:
        if isinstance(wish, Turn):
            turns[wish.name].append(one)
        elif isinstance(wish, Call):
            self._call(one, wish)
        else:
            pending = self._pending[type(wish)]
            pending.since = pending.since or time.monotonic()
            pending.wishes.append((one, wish))

    def _take_turns(self, name: str, waiting: Sequence[_Going]) -> list[Charge]:
        now, at = self.clock(), time.monotonic()
        moments = pace.reserve_all(name, len(waiting), now=now)
        if name == pace.OFF_SESSION:
            self._turns_until = moments[-1]
        told: list[tuple[_Going, Any, Exception | None]] = []
        for one, moment in zip(waiting, moments, strict=True):
            one.starts = at + max(0.0, (moment - now).total_seconds())
            told.append((one, None, Busy("pace") if moment - now > FARTHEST else None))
        return self._go_on(told)

    def _rest(self, charges: Sequence[Charge]) -> None:
        """The bank still thinks about these: they are looked at again."""
        for charge in charges:
            try:
                again(charge, run_at=self.clock() + asking.LOOK_AGAIN, doubts=0)
            except LeaseLost:
                logger.warning("The lease of %s ran out before its work was done.", charge)

    def _give_back(self, charge: Charge, told: Exception) -> None:
        self._untold = self._untold + 1 if isinstance(told, Indeterminate) else 0
        self.is_away = self.is_away or self._untold >= asking.AWAY_AFTER
        try:
            if isinstance(told, asking.UNANSWERED):
                asking.put_off(charge, told, now=self.clock())
            else:
                logger.error("%s failed.", charge, exc_info=told)
                failed(charge, error=f"{type(told).__name__}: {told}", now=self.clock())
        except LeaseLost:
            logger.warning("The lease of %s ran out before its work was done.", charge)

    # Threads ---------------------------------------------------------------------------------------------------------

    def _call(self, one: _Going, call: Call) -> None:
        assert_no_transaction()
        self._calling += 1
        self._calls.put((one, call), at=one.starts)

    def _calls_stripe(self) -> None:
        """One thread: the earliest call whose turn has come; no database."""
        while (waiting := self._calls.take()) is not None:
            one, call = waiting
            self._answers.put((one, *_called(call)))

    @contextmanager
    def running(self) -> Iterator["SideBySide"]:
        """With its threads; what has not been called at the end of the block is left to others."""
        self._calls.start()
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._calls.close()
            for thread in self._threads:
                thread.join()


_MOMENT = 0.2
"""So many seconds at most are waited for an answer before something else is looked at."""


def _called(call: Call) -> tuple[Any, Exception | None]:
    try:
        return call.ask(), None
    except Exception as error:  # the look knows what to make of it, or whoever had it begun
        return None, error


def _told(result: Any) -> tuple[Any, Exception | None]:
    return (None, result) if isinstance(result, Exception) else (result, None)
