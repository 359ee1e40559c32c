import datetime as dt
import hashlib

import pytest
from django.db import transaction

from studio.devices import (
    ALPHABET,
    TooManyPairingTries,
    WrongPairingCode,
    find_device,
    new_pairing_code,
    pair,
    pairing_was_right,
    reserve_pairing_try,
    revoke,
)
from studio.models import Device
from studio.sessions import find_session, sign_on
from tests.racing import race

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.django_db
def test_a_pairing_code_is_eight_characters_that_can_not_be_misread(tablet, now):
    code = new_pairing_code(tablet, now=now)

    assert len(code) == 8
    assert set(code) <= set(ALPHABET)
    assert set("ILO01") & set(ALPHABET) == set()


@pytest.mark.django_db
def test_a_code_pairs_the_tablet_once(tablet, now):
    code = new_pairing_code(tablet, now=now)

    device, token = pair(code=code, now=now)

    assert (device, device.location, device.paired_at) == (tablet, tablet.location, now)
    assert find_device(token, now=now) == tablet
    with pytest.raises(WrongPairingCode):
        pair(code=code, now=now)


@pytest.mark.django_db
def test_a_code_may_be_typed_in_small_letters_and_groups(tablet, now):
    code = new_pairing_code(tablet, now=now).lower()

    device, _ = pair(code=f" {code[:4]}-{code[4:]} ", now=now)

    assert device == tablet


@pytest.mark.django_db
def test_a_code_expires_after_a_quarter_of_an_hour(tablet, now):
    code = new_pairing_code(tablet, now=now)

    with pytest.raises(WrongPairingCode) as refused:
        pair(code=code, now=now + 15 * MINUTE)
    assert refused.value.code == "wrong_pairing_code"
    assert pair(code=code, now=now + 15 * MINUTE - dt.timedelta(seconds=1))[0] == tablet


@pytest.mark.django_db
def test_a_new_code_voids_the_one_before(tablet, now):
    old = new_pairing_code(tablet, now=now)
    new_pairing_code(tablet, now=now)

    with pytest.raises(WrongPairingCode):
        pair(code=old, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["", "AAAAAAAA", "\ud800", "--------"])
def test_an_unknown_code_pairs_nothing(code, tablet, now):
    with pytest.raises(WrongPairingCode):
        pair(code=code, now=now)


@pytest.mark.django_db
def test_neither_token_nor_code_is_in_the_database_and_the_code_not_even_by_a_plain_hash(tablet, now):
    code = new_pairing_code(tablet, now=now)
    kept_of_the_code = str(Device.objects.values().get())
    _, token = pair(code=code, now=now)
    kept_of_the_token = Device.objects.values().get()

    assert code not in kept_of_the_code
    assert hashlib.sha256(code.encode()).hexdigest() not in kept_of_the_code
    assert token not in str(kept_of_the_token)
    assert kept_of_the_token["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert len(token) == 43  # 256 bits in base64


@pytest.mark.django_db
def test_five_tries_from_an_address_and_a_right_one_gives_them_back(now):
    for _ in range(5):
        reserve_pairing_try(address="203.0.113.7", now=now)

    with pytest.raises(TooManyPairingTries) as locked:
        reserve_pairing_try(address="203.0.113.7", now=now + MINUTE)
    assert (locked.value.code, locked.value.details) == ("pairing_locked", {"wait_seconds": 14 * 60})
    reserve_pairing_try(address="203.0.113.8", now=now)
    pairing_was_right(address="203.0.113.7", now=now)
    reserve_pairing_try(address="203.0.113.7", now=now + MINUTE)


@pytest.mark.django_db
def test_a_hundred_tries_from_anywhere(now):
    for n in range(100):
        reserve_pairing_try(address=f"198.51.100.{n}", now=now)

    with pytest.raises(TooManyPairingTries):
        reserve_pairing_try(address="203.0.113.7", now=now)
    reserve_pairing_try(address="203.0.113.9", now=now + 15 * MINUTE)


@pytest.fixture
def token(tablet, now) -> str:
    return pair(code=new_pairing_code(tablet, now=now), now=now)[1]


@pytest.mark.django_db
def test_a_revoked_tablet_is_dead_at_its_next_request_and_so_are_its_sessions(tablet, token, ana, now):
    _, session_token = sign_on(device=tablet, staff=ana, now=now)

    revoke(tablet, now=now)

    assert find_device(token, now=now) is None
    assert find_session(tablet, session_token, now=now) is None


@pytest.mark.django_db
def test_revoking_voids_a_pairing_code_that_is_out(tablet, now):
    code = new_pairing_code(tablet, now=now)
    revoke(tablet, now=now)

    with pytest.raises(WrongPairingCode):
        pair(code=code, now=now)


@pytest.mark.django_db
def test_pairing_again_brings_a_revoked_tablet_back_with_another_token(tablet, token, now):
    revoke(tablet, now=now)

    _, new_token = pair(code=new_pairing_code(tablet, now=now), now=now)

    assert find_device(new_token, now=now) == tablet
    assert find_device(token, now=now) is None


@pytest.mark.django_db
def test_pairing_again_ends_the_sessions_of_the_tablet_before(tablet, token, ana, now):
    _, session_token = sign_on(device=tablet, staff=ana, now=now)

    pair(code=new_pairing_code(tablet, now=now), now=now)

    assert find_session(tablet, session_token, now=now) is None


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", "x" * 43, "\ud800"])
def test_no_device_is_found_by_a_token_that_none_has(wrong, tablet, token, now):
    assert find_device(wrong, now=now) is None


@pytest.mark.django_db
def test_finding_a_device_is_one_query_and_marks_it_seen_once_a_minute(token, now, django_assert_num_queries):
    with django_assert_num_queries(1):
        device = find_device(token, now=now + dt.timedelta(seconds=59))
        assert device.location.name == "SoHo"
    with django_assert_num_queries(2):
        find_device(token, now=now + MINUTE)

    assert Device.objects.get().last_seen_at == now + MINUTE


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_tablets_with_the_same_code_one_is_paired(tablet, now):
    code = new_pairing_code(tablet, now=now)

    def try_to_pair(_: int) -> str:
        try:
            with transaction.atomic(durable=True):
                return pair(code=code, now=now)[1]
        except WrongPairingCode:
            return "refused"

    answers = race(16, try_to_pair)

    [token] = set(answers) - {"refused"}
    assert answers.count("refused") == 15
    assert find_device(token, now=now) == tablet
