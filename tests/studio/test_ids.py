import datetime as dt

import time_machine

from studio.ids import new_id

MOMENT = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)


def test_an_id_is_a_uuid_of_version_7_that_carries_its_millisecond():
    with time_machine.travel(MOMENT, tick=False):
        made = new_id()

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(MOMENT.timestamp() * 1000)


def test_ids_sort_in_the_order_of_their_making():
    ids = []
    for milliseconds in range(200):
        with time_machine.travel(MOMENT + dt.timedelta(milliseconds=milliseconds), tick=False):
            ids.append(new_id())

    assert ids == sorted(ids)


def test_ids_of_one_millisecond_differ():
    with time_machine.travel(MOMENT, tick=False):
        ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
