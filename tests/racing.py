"""Real threads for race tests: all start at the same moment, each on its own database connection."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Answer = TypeVar("Answer")


def race(count: int, work: Callable[[int], Answer]) -> list[Answer | BaseException]:
    """Run work(0) .. work(count - 1) at once; what each returned or raised, in that order."""
    start = threading.Barrier(count)

    def lane(n: int) -> Answer:
        try:
            start.wait(timeout=60)
            return work(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=count) as threads:
        lanes = [threads.submit(lane, n) for n in range(count)]
    return [lane.exception() or lane.result() for lane in lanes]
