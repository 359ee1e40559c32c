"""Things that wait for a moment of their own, handed on when it has come: no thread sleeps with one in its hand."""

import heapq
import threading
import time
from queue import SimpleQueue
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class InTime(Generic[Thing]):
    """A queue for many threads, from which each thing can be taken from its moment on, the earliest first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Thing]] = []
        self._changed = threading.Condition()
        self._ready: SimpleQueue[Thing | None] = SimpleQueue()
        self._count = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._hand_on, daemon=True)

    @property
    def late(self) -> int:
        """How many could be taken, and nobody has time for them."""
        return self._ready.qsize()

    def start(self) -> None:
        """Begin to hand on."""
        self._thread.start()

    def put(self, thing: Thing, *, at: float) -> None:
        """Have it taken at that moment of `time.monotonic`, or soon after."""
        with self._changed:
            self._count += 1
            heapq.heappush(self._waiting, (at, self._count, thing))
            self._changed.notify()

    def take(self) -> Thing | None:
        """The next one whose moment has come, waited for; None once the queue is closed."""
        thing = self._ready.get()
        if self._is_closed:
            self._ready.put(None)  # for whoever else waits
            return None
        return thing

    def close(self) -> None:
        """Nothing is taken any more, whether its moment has come or not."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._ready.put(None)
        self._thread.join()

    def _hand_on(self) -> None:
        with self._changed:
            while not self._is_closed:
                left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if left is not None and left <= 0:
                    self._ready.put(heapq.heappop(self._waiting)[2])
                else:
                    self._changed.wait(left)
