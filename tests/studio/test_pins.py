import datetime as dt

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher, check_password
from django.db import transaction

from studio.models import Device, Throttle
from studio.pins import TooManyTries, WrongPin, pin_matches, pin_was_right, reserve_pin_try, set_pin
from studio.refusal import BadInput
from studio.sessions import find_session, sign_on
from tests.racing import race

PIN = "481516"
MINUTE = dt.timedelta(minutes=1)


class CountingHasher(MD5PasswordHasher):
    """Counts how often a secret is hashed."""

    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashed += 1
        return super().encode(password, salt)


@pytest.fixture
def with_pin(ana):
    set_pin(ana, PIN)
    ana.refresh_from_db()
    return ana


@pytest.mark.django_db
def test_the_pin_that_was_set_matches_and_no_other_does(with_pin):
    others = ["481517", "", "48151", "4815166", "４８１５１６", "\ud800", " 481516", PIN + "\0"]

    assert pin_matches(with_pin, PIN)
    assert [pin for pin in others if pin_matches(with_pin, pin)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "４８１５１６", "48151\n", "-48151", " 48151"])
def test_a_pin_is_six_plain_digits(pin, ana):
    with pytest.raises(BadInput) as refused:
        set_pin(ana, pin)

    assert (refused.value.field, refused.value.sentence) == ("pin", "A PIN is 6 digits.")
    assert ana.pin_hash == ""


@pytest.mark.django_db
@pytest.mark.parametrize("pin", ["000000", "777777", "123456", "345678", "890123", "654321", "121212", "407407"])
def test_a_pin_that_is_guessed_first_is_refused(pin, ana):
    with pytest.raises(BadInput, match="too easy to guess"):
        set_pin(ana, pin)

    ana.refresh_from_db()
    assert ana.pin_hash == ""


@pytest.mark.django_db
def test_in_production_a_pin_is_argon2id_of_the_peppered_digits(with_pin, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    set_pin(with_pin, PIN)

    assert with_pin.pin_hash.startswith("argon2$argon2id$")
    assert not check_password(PIN, with_pin.pin_hash)
    settings.PIN_PEPPER = "another pepper"
    assert not pin_matches(with_pin, PIN)


@pytest.mark.django_db
def test_who_has_no_pin_or_was_deactivated_is_refused_after_the_same_work(ana, hire, settings):
    settings.PASSWORD_HASHERS = ["tests.studio.test_pins.CountingHasher"]
    set_pin(ana, PIN)
    gone = hire("Gus")
    set_pin(gone, PIN)
    gone.is_active = False
    hashed = {}
    for who, person, pin in [("wrong", ana, "111213"), ("no pin", hire("Nora"), PIN), ("gone", gone, PIN)]:
        CountingHasher.hashed = 0
        assert not pin_matches(person, pin)
        hashed[who] = CountingHasher.hashed

    assert hashed == {"wrong": 1, "no pin": 1, "gone": 1}


@pytest.mark.django_db
def test_five_wrong_pins_lock_the_person_on_that_tablet_for_five_minutes_from_the_fifth(with_pin, tablet, now):
    left = [reserve_pin_try(staff=with_pin, device=tablet, now=now + n * MINUTE) for n in range(5)]
    fifth = now + 4 * MINUTE

    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(TooManyTries) as locked:
        reserve_pin_try(staff=with_pin, device=tablet, now=fifth + MINUTE + dt.timedelta(seconds=10))
    assert locked.value.code == "pin_locked"
    assert locked.value.sentence == "Too many wrong PINs: wait 4 minutes."
    assert locked.value.details == {"wait_seconds": 230}
    with pytest.raises(TooManyTries, match="wait 1 minute\\."):
        reserve_pin_try(staff=with_pin, device=tablet, now=fifth + 5 * MINUTE - dt.timedelta(seconds=1))
    assert reserve_pin_try(staff=with_pin, device=tablet, now=fifth + 5 * MINUTE) == 4


@pytest.mark.django_db
def test_a_lock_holds_neither_on_another_tablet_nor_for_another_person(with_pin, hire, tablet, soho, now):
    for _ in range(5):
        reserve_pin_try(staff=with_pin, device=tablet, now=now)
    other_tablet = Device.objects.create(name="Back room", location=soho)

    assert reserve_pin_try(staff=with_pin, device=other_tablet, now=now) == 4
    assert reserve_pin_try(staff=hire("Nora"), device=tablet, now=now) == 4


@pytest.mark.django_db
def test_twenty_wrong_pins_lock_the_person_on_every_tablet_for_the_day(with_pin, soho, now):
    tablets = [Device.objects.create(name=f"Tablet {n}", location=soho) for n in range(5)]
    left = [reserve_pin_try(staff=with_pin, device=tablet, now=now) for tablet in tablets[:4] for _ in range(5)]

    assert left[-1] == 0
    with pytest.raises(TooManyTries, match="wait 1440 minutes"):
        reserve_pin_try(staff=with_pin, device=tablets[4], now=now)
    assert reserve_pin_try(staff=with_pin, device=tablets[4], now=now + dt.timedelta(days=1)) == 4


@pytest.mark.django_db
def test_the_daily_limit_shows_in_the_tries_that_are_left(with_pin, soho, now):
    tablets = [Device.objects.create(name=f"Tablet {n}", location=soho) for n in range(5)]
    for tablet in tablets[:4]:
        for _ in range(4):
            reserve_pin_try(staff=with_pin, device=tablet, now=now)

    assert reserve_pin_try(staff=with_pin, device=tablets[4], now=now) == 3  # 17 of 20, though only 1 of 5


@pytest.mark.django_db
def test_a_right_pin_costs_no_try_however_often_it_is_typed(with_pin, tablet, now):
    reserve_pin_try(staff=with_pin, device=tablet, now=now)
    for _ in range(50):
        reserve_pin_try(staff=with_pin, device=tablet, now=now)
        pin_was_right(staff=with_pin, device=tablet, now=now)

    assert dict(Throttle.objects.values_list("key", "used")) == {
        f"pin:{with_pin.pk}:{tablet.pk}": 0,
        f"pin-day:{with_pin.pk}": 1,
    }


@pytest.mark.django_db
def test_a_locked_pin_does_not_stop_the_password(with_pin, tablet, now):
    with_pin.set_password("a long enough password")
    with_pin.save()
    for _ in range(5):
        reserve_pin_try(staff=with_pin, device=tablet, now=now)

    assert authenticate(username="ana", password="a long enough password") == with_pin


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        (4, "That PIN is not right; 4 tries are left."),
        (1, "That PIN is not right; 1 try is left."),
        (0, "That PIN is not right; no tries are left."),
    ],
)
def test_a_wrong_pin_says_how_many_tries_are_left(left, sentence):
    refusal = WrongPin(left)

    assert (refusal.code, refusal.sentence, refusal.details) == ("wrong_pin", sentence, {"tries_left": left})


@pytest.mark.django_db
def test_a_new_pin_ends_the_sessions_of_the_old_one(with_pin, tablet, now):
    _, token = sign_on(device=tablet, staff=with_pin, now=now)
    assert find_session(tablet, token, now=now)

    set_pin(with_pin, "271828")

    assert find_session(tablet, token, now=now) is None


@pytest.mark.django_db(transaction=True)
def test_of_64_wrong_pins_at_once_exactly_five_are_looked_at(with_pin, tablet, now):
    def guess(n: int) -> str:
        try:
            with transaction.atomic(durable=True):
                reserve_pin_try(staff=with_pin, device=tablet, now=now)
        except TooManyTries:
            return "locked"
        return "right" if pin_matches(with_pin, f"{n:06}") else "wrong"

    answers = race(64, guess)

    assert {answer: answers.count(answer) for answer in set(answers)} == {"wrong": 5, "locked": 59}
    assert dict(Throttle.objects.values_list("key", "used")) == {
        f"pin:{with_pin.pk}:{tablet.pk}": 5,
        f"pin-day:{with_pin.pk}": 5,
    }
