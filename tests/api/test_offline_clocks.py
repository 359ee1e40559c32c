"""When an offline sale was made, whatever the tablet's clock says (R11)."""

import datetime as dt
import itertools

import pytest
from django.utils import timezone

from pos.models import DrawerSession
from studio.models import StaffSession
from tests.api.offline_sales import codes, iso, sends, told
from tests.api.till import Answer, Till
from tests.builders import NOW, Studio

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def drawer(till: Till) -> str:
    """The session that takes this tablet's cash, open since before the network went."""
    session = till.opens_drawer()
    DrawerSession.objects.update(opened_at=NOW - 2 * 60 * MINUTE)
    StaffSession.objects.update(started_at=NOW - 2 * 60 * MINUTE)
    return session


def sold_at(answer: Answer) -> dt.datetime:
    return dt.datetime.fromisoformat(answer["sold_at"])


@pytest.mark.parametrize("ahead", [-26 * 60, -45, 45, 26 * 60])
def test_a_clock_that_is_wrong_all_the_time_changes_nothing_about_the_moment(
    till: Till, studio: Studio, drawer: str, ahead: int
) -> None:
    body = told(studio, drawer_session=drawer)
    for name in ("sold_at", "sent_at"):
        body[name] = iso(dt.datetime.fromisoformat(body[name]) + ahead * MINUTE)

    answer = sends(till, body)

    assert (answer["status"], codes(answer)) == ("accepted", ["clock"])
    assert abs(sold_at(answer) - (NOW - 30 * MINUTE)) < MINUTE
    assert answer["told_at"] == body["sold_at"].replace("+00:00", "Z")


@pytest.mark.parametrize(("jump", "ago_ms"), list(itertools.product([-3 * 24 * 60, -5, 5, 3 * 24 * 60], [30 * 60_000])))
def test_a_clock_that_jumped_since_the_sale_is_corrected(
    till: Till, studio: Studio, drawer: str, jump: int, ago_ms: int
) -> None:
    body = told(studio, drawer_session=drawer, ago_ms=ago_ms)
    body["sent_at"] = iso(dt.datetime.fromisoformat(body["sent_at"]) + jump * MINUTE)

    answer = sends(till, body)

    assert abs(sold_at(answer) - (NOW - 30 * MINUTE)) < MINUTE
    assert answer["status"] == "accepted"


def test_a_tablet_that_slept_counts_too_little_and_its_clock_is_believed(
    till: Till, studio: Studio, drawer: str
) -> None:
    answer = sends(till, told(studio, drawer_session=drawer, ago_ms=60_000))

    assert abs(sold_at(answer) - (NOW - 30 * MINUTE)) < MINUTE


def test_no_sale_comes_from_the_future_or_from_before_the_last_answer(till: Till, studio: Studio, drawer: str) -> None:
    ahead = told(studio, drawer_session=drawer, minutes_ago=-90, ago_ms=None)
    long_ago = told(studio, drawer_session=drawer, minutes_ago=300, ago_ms=None)
    never = told(studio, drawer_session=drawer, ago_ms=None) | {"sold_at": "0001-01-01T00:00:00Z"}

    assert sold_at(sends(till, ahead)) <= timezone.now()
    for body in (long_ago, never):
        assert abs(sold_at(sends(till, body)) - (NOW - 40 * MINUTE)) < MINUTE
