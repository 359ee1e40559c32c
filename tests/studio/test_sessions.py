import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from studio.devices import new_pairing_code, pair, revoke
from studio.models import Device, Level, Right, Staff, StaffSession
from studio.pins import set_pin
from studio.rights import can
from studio.sessions import CannotSignOn, find_session, find_signed_on, sign_off, sign_on
from tests.racing import race

MINUTE = dt.timedelta(minutes=1)
SECOND = dt.timedelta(seconds=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def device_token(tablet, now) -> str:
    return pair(code=new_pairing_code(tablet, now=now), now=now)[1]


@pytest.fixture
def token(tablet, device_token, ana, now) -> str:
    return sign_on(device=tablet, staff=ana, now=now)[1]


@pytest.mark.django_db
def test_a_person_who_signed_on_is_found_by_the_token(tablet, token, ana, now):
    session = find_session(tablet, token, now=now + MINUTE)

    assert (session.staff, session.device, session.started_at, session.last_used_at) == (ana, tablet, now, now + MINUTE)


@pytest.mark.django_db
def test_a_session_is_bound_to_its_tablet(token, soho, now):
    stolen_with = Device.objects.create(name="Back room", location=soho)

    assert find_session(stolen_with, token, now=now) is None


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", "x" * 43, "\ud800"])
def test_a_wrong_token_opens_nothing(wrong, tablet, token, now):
    assert find_session(tablet, wrong, now=now) is None


@pytest.mark.django_db
def test_ten_idle_minutes_lock_the_session_for_good(tablet, token, now):
    assert find_session(tablet, token, now=now + 10 * MINUTE) is None
    assert find_session(tablet, token, now=now + 60 * MINUTE) is None


@pytest.mark.django_db
def test_use_keeps_a_session_open(tablet, token, now):
    last = now
    for _ in range(5):
        last += 10 * MINUTE - SECOND
        assert find_session(tablet, token, now=last)

    assert find_session(tablet, token, now=last + 10 * MINUTE) is None


@pytest.mark.django_db
def test_after_twelve_hours_a_session_ends_however_busy(tablet, token, now):
    at = now
    while at < now + 12 * HOUR - 5 * MINUTE:
        at += 5 * MINUTE
        found = find_session(tablet, token, now=min(at, now + 12 * HOUR - SECOND))
        assert found

    assert find_session(tablet, token, now=now + 12 * HOUR) is None


@pytest.mark.django_db
def test_signing_off_ends_the_session_and_doing_it_again_changes_nothing(tablet, ana, now):
    session, token = sign_on(device=tablet, staff=ana, now=now)

    sign_off(session, now=now + MINUTE)
    sign_off(session, now=now + 2 * MINUTE)

    assert session.ended_at == now + MINUTE
    assert find_session(tablet, token, now=now + MINUTE) is None


@pytest.mark.django_db
def test_the_next_person_on_the_tablet_ends_the_session_before(tablet, token, hire, now):
    nora = hire("Nora")
    _, next_token = sign_on(device=tablet, staff=nora, now=now + MINUTE)

    assert find_session(tablet, token, now=now + MINUTE) is None
    assert find_session(tablet, next_token, now=now + MINUTE).staff == nora


@pytest.mark.django_db
def test_a_person_may_be_signed_on_to_two_tablets(tablet, token, soho, ana, now):
    other = Device.objects.create(name="Back room", location=soho)
    _, other_token = sign_on(device=other, staff=ana, now=now)

    assert find_session(tablet, token, now=now)
    assert find_session(other, other_token, now=now)


@pytest.mark.django_db
def test_every_sign_on_makes_another_token_and_only_its_hash_is_kept(tablet, ana, now):
    tokens = {sign_on(device=tablet, staff=ana, now=now)[1] for _ in range(3)}

    assert len(tokens) == 3
    assert {len(token) for token in tokens} == {43}
    kept = str(list(StaffSession.objects.values()))
    assert [token for token in tokens if token in kept] == []


@pytest.mark.django_db
def test_a_deactivated_person_is_signed_off_at_the_next_request(tablet, token, now):
    Staff.objects.update(is_active=False)

    assert find_session(tablet, token, now=now) is None


@pytest.mark.django_db
def test_nobody_signs_on_to_a_revoked_tablet(tablet, ana, now):
    revoke(tablet, now=now)

    with pytest.raises(CannotSignOn, match="This tablet is no longer paired"):
        sign_on(device=tablet, staff=ana, now=now)
    assert StaffSession.objects.count() == 0


@pytest.mark.django_db
def test_who_was_deactivated_while_the_pin_was_checked_does_not_sign_on(tablet, ana, now):
    Staff.objects.filter(pk=ana.pk).update(is_active=False)

    with pytest.raises(CannotSignOn, match="Ana can not sign on"):
        sign_on(device=tablet, staff=ana, now=now)


@pytest.mark.django_db
def test_whose_pin_changed_while_the_old_one_was_checked_does_not_sign_on(tablet, ana, now):
    set_pin(Staff.objects.get(pk=ana.pk), "481516")

    with pytest.raises(CannotSignOn):
        sign_on(device=tablet, staff=ana, now=now)


@pytest.mark.django_db
def test_a_tablet_never_has_two_open_sessions(tablet, token, ana, now):
    with pytest.raises(IntegrityError):
        StaffSession.objects.create(device=tablet, staff=ana, token_hash="x", started_at=now, last_used_at=now)


@pytest.mark.django_db
def test_finding_a_session_is_one_query_and_is_written_down_once_a_minute(
    tablet, token, now, django_assert_num_queries
):
    with django_assert_num_queries(1):
        session = find_session(tablet, token, now=now + 59 * SECOND)
        assert session.staff.display_name == "Ana"
        assert session.device.location.name == "SoHo"
    with django_assert_num_queries(2):
        find_session(tablet, token, now=now + MINUTE)

    assert StaffSession.objects.get().last_used_at == now + MINUTE


@pytest.mark.django_db
def test_tablet_and_person_are_found_together_in_one_query(
    tablet, device_token, token, ana, now, django_assert_num_queries
):
    with django_assert_num_queries(1):
        device, session = find_signed_on(device_token, token, now=now + 59 * SECOND)
        assert (device, device.location.name) == (tablet, "SoHo")
        assert (session.staff, session.staff.display_name, session.device) == (ana, "Ana", tablet)


@pytest.mark.django_db
def test_tablet_and_person_are_marked_as_seen_once_a_minute(device_token, token, now, django_assert_num_queries):
    with django_assert_num_queries(3):
        find_signed_on(device_token, token, now=now + MINUTE)

    assert Device.objects.get().last_seen_at == now + MINUTE
    assert StaffSession.objects.get().last_used_at == now + MINUTE


@pytest.mark.django_db
@pytest.mark.parametrize("session_token", [None, "", "x" * 43])
def test_a_tablet_is_found_without_a_person_when_nobody_is_signed_on(
    session_token, tablet, device_token, token, now, django_assert_num_queries
):
    with django_assert_num_queries(1):
        assert find_signed_on(device_token, session_token, now=now) == (tablet, None)


@pytest.mark.django_db
def test_a_session_of_another_tablet_is_not_found_with_this_one(tablet, device_token, soho, ana, now):
    other = Device.objects.create(name="Back room", location=soho)
    _, other_session = sign_on(device=other, staff=ana, now=now)

    assert find_signed_on(device_token, other_session, now=now) == (tablet, None)


@pytest.mark.django_db
def test_together_they_obey_the_same_limits(tablet, device_token, token, ana, now):
    assert find_signed_on(device_token, token, now=now + 10 * MINUTE) == (tablet, None)
    Staff.objects.update(is_active=False)
    assert find_signed_on(device_token, token, now=now) == (tablet, None)
    revoke(tablet, now=now)
    assert find_signed_on(device_token, token, now=now) is None


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_sign_on_at_once_the_last_one_stays(tablet, hire, now):
    people = [hire(f"Person {n}") for n in range(16)]

    def sign_on_now(n: int) -> str:
        with transaction.atomic(durable=True):
            return sign_on(device=tablet, staff=people[n], now=now)[1]

    tokens = race(16, sign_on_now)

    assert len(set(tokens)) == 16
    assert [bool(find_session(tablet, token, now=now)) for token in tokens].count(True) == 1
    assert StaffSession.objects.filter(ended_at=None).count() == 1


@pytest.mark.django_db
def test_the_person_comes_with_their_rights_there_and_asking_for_one_costs_no_query(
    tablet, device_token, hire, uptown, now, django_assert_num_queries
):
    dana = hire("Dana", desk=tablet.location, owner=uptown)
    session_token = sign_on(device=tablet, staff=dana, now=now)[1]

    with django_assert_num_queries(1):
        device, session = find_signed_on(device_token, session_token, now=now)
        levels = [can(session.staff, right, device.location) for right in (Right.SELL, Right.VOID, Right.DEVICES)]

    assert levels == [Level.ALLOWED, Level.APPROVAL, Level.DENIED]
    assert can(session.staff, Right.DEVICES, uptown) == Level.ALLOWED
