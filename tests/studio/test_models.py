import datetime as dt
import itertools

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import example, given
from hypothesis import strategies as st

from studio.models import Business, Device, Grant, Location, Staff

NEW_YORK = "America/New_York"
# Half-hour clock changes, a day that never was, an offset of 45 minutes, changes at midnight and at one past it.
ODD_ZONES = [NEW_YORK, "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/Havana", "America/St_Johns"]


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def place(time_zone: str = NEW_YORK, cutoff: dt.time = dt.time(0, 0)) -> Location:
    return Location(code="SOHO", name="SoHo", time_zone=time_zone, day_cutoff=cutoff)


@pytest.mark.parametrize(
    ("at", "cutoff", "on"),
    [
        ("2026-02-01T04:59:56", "00:00", "2026-01-31"),
        ("2026-02-01T05:00:00", "00:00", "2026-02-01"),
        ("2026-02-01T05:00:01", "00:00", "2026-02-01"),
        ("2026-02-01T07:59:59", "03:00", "2026-01-31"),
        ("2026-02-01T08:00:00", "03:00", "2026-02-01"),
        ("2026-03-09T03:59:59", "00:00", "2026-03-08"),  # the spring night is over an hour early
        ("2026-03-08T06:59:59", "03:00", "2026-03-07"),  # 01:59:59, the next second is 03:00
        ("2026-03-08T07:00:00", "03:00", "2026-03-08"),
        ("2026-11-02T04:59:59", "00:00", "2026-11-01"),
        ("2026-11-01T07:59:59", "03:00", "2026-10-31"),
        ("2026-11-01T08:00:00", "03:00", "2026-11-01"),
    ],
)
def test_a_sale_belongs_to_the_local_day_after_the_cut_off(at, cutoff, on):
    location = place(cutoff=dt.time.fromisoformat(cutoff))

    assert location.business_date(utc(at)) == dt.date.fromisoformat(on)


@pytest.mark.parametrize(
    ("on", "cutoff", "starts", "ends", "hours"),
    [
        ("2026-03-08", "00:00", "2026-03-08T05:00", "2026-03-09T04:00", 23),
        ("2026-11-01", "00:00", "2026-11-01T04:00", "2026-11-02T05:00", 25),
        ("2026-03-07", "03:00", "2026-03-07T08:00", "2026-03-08T07:00", 23),
        ("2026-10-31", "03:00", "2026-10-31T07:00", "2026-11-01T08:00", 25),
        ("2026-07-04", "03:00", "2026-07-04T07:00", "2026-07-05T07:00", 24),
    ],
)
def test_a_day_has_23_hours_in_spring_and_25_in_autumn(on, cutoff, starts, ends, hours):
    bounds = place(cutoff=dt.time.fromisoformat(cutoff)).day_bounds(dt.date.fromisoformat(on))

    assert bounds == (utc(starts), utc(ends))
    assert bounds[1] - bounds[0] == dt.timedelta(hours=hours)


def test_the_days_of_a_month_with_a_clock_change_cover_it_without_gap_or_overlap():
    location = place()
    days = [location.day_bounds(dt.date(2026, 3, day)) for day in range(1, 32)]

    assert all(before[1] == after[0] for before, after in itertools.pairwise(days))
    assert sum((ends - starts for starts, ends in days), dt.timedelta(0)) == dt.timedelta(hours=743)


def test_an_hour_that_comes_twice_does_not_bring_yesterday_back():
    location = place(cutoff=dt.time(1, 30))

    first_time, second_time = utc("2026-11-01T05:40"), utc("2026-11-01T06:10")  # 01:40 summer time, 01:10 winter time
    assert location.business_date(first_time) == location.business_date(second_time) == dt.date(2026, 11, 1)


@given(
    at=st.integers(0, 28 * 366 * 86_400).map(lambda seconds: utc("2007-01-01") + dt.timedelta(seconds=seconds)),
    zone=st.sampled_from(ODD_ZONES),
    cutoff=st.times(max_value=dt.time(12, 0)),
)
@example(at=utc("2011-12-30T11:00"), zone="Pacific/Apia", cutoff=dt.time(0, 0))
@example(at=utc("2026-03-08T07:10"), zone=NEW_YORK, cutoff=dt.time(2, 30))
@example(at=utc("2010-11-07T02:40"), zone="America/St_Johns", cutoff=dt.time(0, 0))
def test_every_moment_lies_within_the_bounds_of_its_business_date_and_of_no_other(at, zone, cutoff):
    location = place(zone, cutoff)
    on = location.business_date(at)

    around = [on + dt.timedelta(days=days) for days in (-2, -1, 0, 1, 2)]
    assert [day for day in around if location.day_bounds(day)[0] <= at < location.day_bounds(day)[1]] == [on]


@pytest.mark.parametrize("code", ["S", "soho", "TOOLONG", "SO HO", "SOHO\n", ""])
def test_a_location_code_is_two_to_six_capitals_or_digits(code):
    with pytest.raises(ValidationError) as refused:
        Location(code=code, name="SoHo").clean_fields()

    assert set(refused.value.message_dict) == {"code"}


def test_a_time_zone_that_is_none_is_refused():
    with pytest.raises(ValidationError) as refused:
        Location(code="SOHO", name="SoHo", time_zone="New York").clean_fields()

    assert refused.value.message_dict == {"time_zone": ["“New York” is no IANA time zone; one is America/New_York."]}


@pytest.mark.django_db
def test_there_is_one_business_and_before_it_is_set_up_it_has_the_name_of_the_product():
    assert Business.current().name == "Footfall"

    Business.objects.create(name="Barefoot & Co.")

    assert Business.current().name == "Barefoot & Co."
    with pytest.raises(IntegrityError):
        Business.objects.create(id=2, name="Another")


def rows_that_break_a_promise() -> dict[str, object]:
    now = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)
    return {
        "one_main_location": lambda: [Location.objects.create(code=c, name=c, is_main=True) for c in ("AA", "BB")],
        "one_online_location": lambda: [
            Location.objects.create(code=c, name=c, takes_online=True) for c in ("A1", "B1")
        ],
        "day_cutoff_is_at_night": lambda: Location.objects.create(code="CC", name="C", day_cutoff=dt.time(18, 0)),
        "pairing_code_always_expires": lambda: Device.objects.create(
            name="D", location=Location.objects.create(code="DD", name="D"), pairing_code_hash="x", paired_at=now
        ),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("promise", list(rows_that_break_a_promise()))
def test_the_database_refuses_a_row_that_breaks(promise):
    with pytest.raises(IntegrityError, match=promise if "cutoff" in promise or "expires" in promise else None):
        rows_that_break_a_promise()[promise]()


@pytest.mark.django_db
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_role_is_granted_once_per_place_and_once_for_everywhere(everywhere, soho):
    ana = Staff.objects.create_user("ana", display_name="Ana")
    desk = Group.objects.get(name="desk")
    location = None if everywhere else soho
    Grant.objects.create(staff=ana, group=desk, location=location)

    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(staff=ana, group=desk, location=location)

    other_scope = Grant.objects.create(staff=ana, group=desk, location=soho if everywhere else None)
    assert other_scope.pk


@pytest.mark.django_db
def test_a_role_given_the_way_django_does_it_is_a_grant_for_every_location():
    ana = Staff.objects.create_user("ana", display_name="Ana")

    ana.groups.add(Group.objects.get(name="desk"))

    assert [str(grant) for grant in ana.grants.all()] == ["Ana is desk at every location"]


@pytest.mark.django_db
def test_a_person_has_no_password_unless_one_is_given():
    desk_person = Staff.objects.create_user("ana", display_name="Ana")
    owner = Staff.objects.create_superuser("olga", password="a long enough password", display_name="Olga")

    assert (desk_person.has_usable_password(), desk_person.is_staff, desk_person.is_superuser) == (False, False, False)
    assert (owner.check_password("a long enough password"), owner.is_staff, owner.is_superuser) == (True, True, True)
