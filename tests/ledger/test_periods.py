import datetime as dt
import threading
import time

import pytest
from django.db import connection, connections, transaction

from ledger.accounts import Account
from ledger.chain import SINGLE_HOLDER, head, unlinked
from ledger.checks import check_closed_months_are_untouched
from ledger.journal import balance
from ledger.models import Entry, Period
from ledger.periods import (
    EntriesNotLinked,
    MonthNotOver,
    PeriodAlreadyClosed,
    PeriodClosed,
    PeriodNotClosed,
    close,
    lock_open_period,
    open_day,
    reopen,
    soft_close,
)
from studio.models import AuditRow
from tests.ledger.books import JANUARY, sell
from tests.racing import race

pytestmark = pytest.mark.django_db

FIRST = dt.date(2026, 1, 1)


def states() -> list[tuple[object, ...]]:
    return list(Period.objects.values_list("month", "status", "closed_at", "closed_by__username"))


def test_closing_seals_the_entries_and_takes_no_more(place, owner, february):
    sell(place)

    close(dt.date(2026, 1, 17), by=owner, now=february)

    assert states() == [(FIRST, "closed", february, "olga")]
    assert (head().number, head().linked_at) == (1, february)
    with pytest.raises(PeriodClosed, match="January 2026 is closed"):
        sell(place, key="sale:2")
    assert balance(Account.RETAIL) == -24_00


def test_other_months_stay_open(place, owner, february):
    close(FIRST, by=owner, now=february)

    sell(place, at=february)
    sell(place, key="december", at=dt.datetime(2025, 12, 31, 15, 0, tzinfo=dt.UTC))

    assert Entry.objects.count() == 2


def test_a_month_without_entries_may_be_closed(owner, february):
    close(FIRST, by=owner, now=february)

    assert states() == [(FIRST, "closed", february, "olga")]


def test_a_month_is_closed_once(owner, february):
    close(FIRST, by=owner, now=february)

    with pytest.raises(PeriodAlreadyClosed, match="January 2026 is closed already"):
        close(FIRST, by=owner, now=february)


def test_a_month_is_over_when_it_is_over_everywhere(place, beach, owner):
    midnight_in_new_york = dt.datetime(2026, 2, 1, 5, 0, tzinfo=dt.UTC)

    with pytest.raises(MonthNotOver, match="January 2026 is not over at Beach"):
        close(FIRST, by=owner, now=midnight_in_new_york)
    with pytest.raises(MonthNotOver):
        close(FIRST, by=owner, now=midnight_in_new_york + dt.timedelta(hours=3, microseconds=-1))
    close(FIRST, by=owner, now=midnight_in_new_york + dt.timedelta(hours=3))


def test_a_late_night_still_belongs_to_the_month(place, owner):
    place.day_cutoff = dt.time(4, 0)
    place.save()

    with pytest.raises(MonthNotOver):
        close(FIRST, by=owner, now=dt.datetime(2026, 2, 1, 8, 59, tzinfo=dt.UTC))


def test_december_ends_with_the_year(owner):
    assert Period(month=dt.date(2025, 12, 1)).ends_on == dt.date(2026, 1, 1)
    with pytest.raises(PeriodNotClosed):
        reopen(dt.date(2025, 12, 1), by=owner, reason="", now=JANUARY)


def test_a_reopened_month_takes_entries_again_and_says_why(place, owner, february):
    close(FIRST, by=owner, now=february)
    later = february + dt.timedelta(days=1)

    reopen(FIRST, by=owner, reason="Forgotten invoice", now=later)

    assert states() == [(FIRST, "open", None, None)]
    sell(place)
    trail = AuditRow.objects.order_by("at").values_list("action", "actor__username", "reason", "before", "after")
    assert list(trail) == [
        ("period_closed", "olga", "", {}, {"month": "2026-01-01"}),
        ("period_reopened", "olga", "Forgotten invoice",
         {"month": "2026-01-01", "closed_at": "2026-02-10T15:00:00+00:00"}, {}),
    ]  # fmt: skip


def test_locking_an_open_month_costs_one_statement(place, django_assert_num_queries):
    lock_open_period(JANUARY.date())

    with django_assert_num_queries(1):
        lock_open_period(dt.date(2026, 1, 31))


# Closed but for corrections -------------------------------------------------------------------------------------------


def test_a_soft_closed_month_takes_corrections_and_nothing_else(place, owner, february):
    sell(place)

    soft_close(dt.date(2026, 1, 17), by=owner, now=february)

    with pytest.raises(PeriodClosed, match="January 2026 is closed"):
        sell(place, key="sale:2")
    sell(place, key="correction:1", kind="correction")
    assert list(Period.objects.values_list("month", "status", "soft_closed_at", "closed_at")) == [
        (FIRST, "soft", february, None)
    ]
    assert balance(Account.RETAIL) == -48_00


def test_late_events_pass_a_soft_closed_month_by(place, owner, february):
    soft_close(FIRST, by=owner, now=february)
    close(dt.date(2025, 12, 1), by=owner, now=february)

    assert open_day(dt.date(2025, 12, 24)) == dt.date(2026, 2, 1)
    assert open_day(dt.date(2025, 11, 30)) == dt.date(2025, 11, 30)


def test_a_soft_closed_month_is_closed_for_good_and_takes_no_corrections_then(place, owner, february):
    soft_close(FIRST, by=owner, now=february)
    close(FIRST, by=owner, now=february)

    with pytest.raises(PeriodClosed):
        sell(place, key="correction:1", kind="correction")


@pytest.mark.parametrize("earlier", [soft_close, close])
def test_a_closed_month_is_not_closed_softly(owner, february, earlier):
    earlier(FIRST, by=owner, now=february)

    with pytest.raises(PeriodAlreadyClosed):
        soft_close(FIRST, by=owner, now=february)


def test_a_month_that_is_not_over_is_not_closed_softly(place, owner):
    with pytest.raises(MonthNotOver):
        soft_close(FIRST, by=owner, now=JANUARY)


def test_a_soft_closed_month_is_reopened_like_any_other(place, owner, february):
    soft_close(FIRST, by=owner, now=february)

    reopen(FIRST, by=owner, reason="A drawer was forgotten", now=february)

    sell(place)
    assert states() == [(FIRST, "open", None, None)]


# At the same time -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_a_post_and_a_close_at_the_same_time_never_miss_each_other(place, owner, february):
    outcomes = set()
    for round_ in range(30):
        month = dt.datetime(2023 - round_ // 12, 1 + round_ % 12, 15, 15, 0, tzinfo=dt.UTC)
        sell(place, key=f"first:{round_}", at=month)

        def act(n: int, month: dt.datetime = month, round_: int = round_) -> object:
            if n:
                time.sleep(0.005 * (round_ % 8))
                return sell(place, key=f"{n}:{round_}", at=month)
            with transaction.atomic():
                return close(month.date(), by=owner, now=february)

        answers = race(4, act)
        posted = [answer for answer in answers[1:] if isinstance(answer, Entry)]
        refused = [answer for answer in answers[1:] if isinstance(answer, PeriodClosed)]

        assert isinstance(answers[0], Period)
        assert len(posted) + len(refused) == 3
        assert not unlinked().exists()
        outcomes |= {type(answer).__name__ for answer in answers[1:]}
    assert list(check_closed_months_are_untouched(using="default", now=february)) == []
    assert outcomes == {"Entry", "PeriodClosed"}  # otherwise the race was none


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_a_close_waits_for_a_sale_on_its_way_and_seals_it(place, owner, february):
    closed = threading.Event()

    def close_it() -> None:
        with transaction.atomic():
            close(FIRST, by=owner, now=february)
        closed.set()
        connections.close_all()

    closer = threading.Thread(target=close_it)
    with transaction.atomic():
        entry = sell(place)
        closer.start()
        assert not closed.wait(timeout=0.5)
    closer.join(timeout=60)

    assert closed.is_set()
    assert head().entry == entry


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_a_sale_waits_for_a_close_on_its_way_and_is_refused(place, owner, february):
    refusals: list[PeriodClosed] = []

    def try_to_sell() -> None:
        try:
            sell(place)
        except PeriodClosed as refusal:
            refusals.append(refusal)
        finally:
            connections.close_all()

    seller = threading.Thread(target=try_to_sell)
    with transaction.atomic():
        close(FIRST, by=owner, now=february)
        seller.start()
        seller.join(timeout=0.5)
        assert seller.is_alive()
    seller.join(timeout=60)

    assert len(refusals) == 1
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_the_first_sales_of_a_month_open_it_together(place):
    answers = race(8, lambda n: sell(place, key=str(n)))

    assert [type(answer) for answer in answers] == [Entry] * 8
    assert states() == [(FIRST, "open", None, None)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_a_month_is_not_closed_while_somebody_else_seals_its_entries(place, owner, february):
    sell(place)
    held, release = threading.Event(), threading.Event()

    def hold_the_chain() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SINGLE_HOLDER])
            held.set()
            release.wait(timeout=60)
        connections.close_all()

    holder = threading.Thread(target=hold_the_chain)
    holder.start()
    assert held.wait(timeout=60)
    with pytest.raises(EntriesNotLinked, match="1 entries of January 2026"), transaction.atomic():
        close(FIRST, by=owner, now=february)
    release.set()
    holder.join(timeout=60)

    assert Period.objects.get().status == "open"
