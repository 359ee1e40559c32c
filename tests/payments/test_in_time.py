"""Things are handed on when their moment has come, the earliest first, and none after the end."""

import time

from payments.in_time import InTime


def test_the_earliest_is_taken_first_in_whatever_order_they_came() -> None:
    queue: InTime[str] = InTime()
    queue.put("second", at=-1.0)
    queue.put("third", at=-1.0)
    queue.put("first", at=-2.0)
    queue.start()

    assert [queue.take() for _ in range(3)] == ["first", "second", "third"]
    queue.close()


def test_nothing_is_taken_before_its_moment_though_others_pass_by() -> None:
    queue: InTime[str] = InTime()
    queue.start()
    moment = time.monotonic() + 0.05
    queue.put("later", at=moment)
    queue.put("at once", at=0.0)

    assert queue.take() == "at once"
    assert queue.take() == "later"
    assert time.monotonic() >= moment
    queue.close()


def test_what_waits_at_the_end_is_left() -> None:
    queue: InTime[str] = InTime()
    queue.start()
    queue.put("tomorrow", at=time.monotonic() + 86_400)
    queue.close()

    assert [queue.take(), queue.take()] == [None, None]
