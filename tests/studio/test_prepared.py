"""A prepared query gives what the queryset gives, whatever comes into its slots."""

import pytest
from django.db.models import CharField

from studio.models import Location
from studio.prepared import Prepared, PreparedValues, Slot

BY_CODE: Prepared[Location] = Prepared(
    lambda: Location.objects.filter(code=Slot("code", CharField()), is_active=True).order_by("name")
)
NAMES = PreparedValues(lambda: Location.objects.filter(code=Slot("code", CharField())).values_list("name", "is_active"))


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
