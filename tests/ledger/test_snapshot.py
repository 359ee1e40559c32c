import datetime as dt

import pytest
from django.db import DatabaseError, connections, transaction

from ledger.models import Entry, Period
from ledger.snapshot import snapshot
from tests.ledger.books import sell


@pytest.mark.django_db(transaction=True, databases=["default", "reports"])
def test_a_snapshot_sees_one_instant_while_others_sell(place):
    sell(place, key="before")

    with snapshot() as using:
        first = Entry.objects.using(using).count()
        sell(place, key="meanwhile")
        second = Entry.objects.using(using).count()

    assert (using, first, second, Entry.objects.count()) == ("reports", 1, 1, 2)


@pytest.mark.django_db(transaction=True, databases=["default", "reports"])
def test_a_snapshot_begins_when_it_is_opened_and_not_with_the_first_question(place):
    with snapshot() as using:
        sell(place)
        assert Entry.objects.using(using).count() == 0


@pytest.mark.django_db(transaction=True, databases=["default", "reports"])
def test_a_snapshot_writes_nothing_and_holds_no_till_up(place):
    with pytest.raises(DatabaseError, match=r"read-?only"), snapshot() as using:
        Period.objects.using(using).create(month=dt.date(2026, 1, 1))

    assert not Period.objects.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "reports"])
def test_a_snapshot_within_a_snapshot_is_the_same(place):
    with snapshot() as outer:
        sell(place)
        with snapshot() as inner:
            assert (outer, inner, Entry.objects.using(inner).count()) == ("reports", "reports", 0)
    assert not connections["reports"].in_atomic_block


@pytest.mark.django_db
def test_inside_a_transaction_the_snapshot_is_that_transaction(place):
    with transaction.atomic():
        sell(place)
        with snapshot() as using:
            assert (using, Entry.objects.using(using).count()) == ("default", 1)
