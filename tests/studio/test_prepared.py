"""A prepared query gives what the queryset gives, whatever comes into its slots."""

import pytest
from django.db.models import CharField, F, IntegerField

from studio.models import Location, Throttle
from studio.prepared import Prepared, PreparedDelete, PreparedUpdate, PreparedValues, Slot

BY_CODE: Prepared[Location] = Prepared(
    lambda: Location.objects.filter(code=Slot("code", CharField()), is_active=True).order_by("name")
)
NAMES = PreparedValues(lambda: Location.objects.filter(code=Slot("code", CharField())).values_list("name", "is_active"))


_KEY = {"key": Slot("key", CharField())}
COUNT = PreparedUpdate(lambda: Throttle.objects.filter(used__lt=2, **_KEY), used=F("used") + Slot("by", IntegerField()))
FORGET = PreparedDelete(lambda: Throttle.objects.filter(**_KEY))


@pytest.fixture
def counters(db, now):
    for key in ("one", "two"):
        Throttle.objects.create(key=key, window_started_at=now)


def used():
    return dict(Throttle.objects.values_list("key", "used"))


def test_an_update_changes_what_its_guard_lets_pass(counters, django_assert_num_queries):
    for changed in (1, 0):
        with django_assert_num_queries(1):
            assert COUNT.run(key="one", by=2) == changed

    assert used() == {"one": 2, "two": 0}


def test_an_update_tells_what_has_become_of_the_row(counters, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert COUNT.told("used", key="one", by=2) == (2,)

    assert COUNT.told("used", key="one", by=2) is None


def test_a_delete_takes_the_rows_that_are_meant(counters):
    assert [FORGET.run(key="one") for _ in range(2)] == [1, 0]

    assert used() == {"two": 0}


@pytest.mark.django_db
def test_values_come_in_the_order_in_which_they_are_named(soho, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert NAMES.tuples(code=soho.code) == [("SoHo", True)]

    assert NAMES.tuples(code="NONE") == []


@pytest.mark.django_db
def test_the_rows_are_those_of_the_queryset_and_cost_one_query(soho, uptown, django_assert_num_queries):
    for location in (soho, uptown, soho):
        with django_assert_num_queries(1):
            assert BY_CODE.rows(code=location.code) == [location]

    assert BY_CODE.rows(code="NONE") == []


@pytest.mark.django_db
def test_what_comes_into_a_slot_is_a_value_and_never_sql(soho):
    assert BY_CODE.rows(code="' OR 1=1 --") == []
    assert BY_CODE.rows(code="%s") == []


@pytest.mark.django_db
def test_a_row_is_read_anew_each_time(soho):
    assert BY_CODE.rows(code="SOHO")[0].name == "SoHo"

    Location.objects.update(name="SoHo South")

    assert BY_CODE.rows(code="SOHO")[0].name == "SoHo South"


@pytest.mark.django_db
def test_a_slot_without_its_value_is_an_error(soho):
    with pytest.raises(KeyError):
        BY_CODE.rows()
