"""The public balance check: one answer for every no, and few guesses (R19, S3, S4)."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from giftcards import balance_check, checks, life
from giftcards.balance_check import TooManyTries
from giftcards.codes import new_code
from giftcards.models import GiftCard
from studio.models import Throttle
from tests.builders import NOW, Studio
from tests.giftcards.cards import card_for_treatment, card_of, code_of, sells_card
from tests.racing import race


def guesses(address: str, *, now: dt.datetime = NOW, code: str = "") -> bool:
    """Whether the guess was looked at; a wrong one unless it says."""
    try:
        with transaction.atomic():
            balance_check.reserve(address, now=now)
    except TooManyTries:
        return False
    if balance_check.look(code or new_code(), now=now) is None:
        balance_check.missed(address, now=now)
    else:
        balance_check.found(address, now=now)
    return True


def test_a_holder_sees_what_is_left_and_nobodys_name(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)

    balance = balance_check.look(code_of(card), now=NOW)

    assert balance is not None
    assert (balance.last4, balance.balance_cents, balance.treatment) == (card.last4, 50_00, "")
    assert [use.face_cents for use in balance.uses] == [50_00]


def test_the_price_of_a_treatment_card_is_not_shown(studio: Studio) -> None:
    card = card_of(studio.desk.rings_up(card_for_treatment("ashiatsu-60")).pays(external=110_00))

    balance = balance_check.look(code_of(card), now=NOW)

    assert balance is not None
    assert (balance.balance_cents, balance.treatment, balance.uses) == (None, "Ashiatsu 60", ())


def test_unknown_blocked_inactive_and_expired_take_the_same_steps_to_the_same_answer(studio: Studio) -> None:
    blocked, expired, inactive = (sells_card(studio.desk, 50_00) for _ in range(3))
    life.block(blocked, why="lost", desk=studio.desk.desk, now=NOW)
    GiftCard.objects.filter(pk=expired.pk).update(expires_on=NOW.date())
    GiftCard.objects.filter(pk=inactive.pk).update(status="inactive", balance_cents=0, paid_cents=0)

    asked = []
    for code in (code_of(blocked), code_of(expired), code_of(inactive), new_code(), "an old card 123"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert balance_check.look(code, now=NOW) is None
        asked.append(len(queries))

    assert asked == [1, 1, 1, 1, 1]


def test_five_misses_lock_an_address_for_a_quarter_of_an_hour_and_nobody_else(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)

    assert [guesses("203.0.113.7") for _ in range(6)] == [True] * 5 + [False]
    assert guesses("203.0.113.7", code=code_of(card)) is False
    assert guesses("203.0.113.8", code=code_of(card))
    assert not guesses("203.0.113.7", now=NOW + dt.timedelta(minutes=14))
    assert guesses("203.0.113.7", now=NOW + dt.timedelta(minutes=16))


def test_a_holder_who_is_right_may_look_ten_times_in_ten_minutes(studio: Studio) -> None:
    code = code_of(sells_card(studio.desk, 50_00))

    assert [guesses("203.0.113.7", code=code) for _ in range(11)] == [True] * 10 + [False]
    assert guesses("203.0.113.7", code=code, now=NOW + dt.timedelta(minutes=11))


def test_ten_thousand_guesses_from_everywhere_stop_after_a_thousand_and_ring(studio: Studio) -> None:
    """Most of the thousand are counted at once: what is tried here is the end of it."""
    assert guesses("198.51.100.0")
    Throttle.objects.filter(key=balance_check.ALL_MISSES_KEY).update(used=balance_check.ALL_MISSES - 40)

    looked = sum(guesses(f"198.51.100.{n // 4}") for n in range(4, 400))

    assert looked == 40
    assert not guesses("203.0.113.7", code=code_of(sells_card(studio.desk, 50_00)))
    assert [problem.check for problem in checks.check_nobody_guesses_codes(using="default", now=NOW)] == ["R19"]
    later = NOW + dt.timedelta(minutes=61)
    assert guesses("203.0.113.7", now=later)
    assert not list(checks.check_nobody_guesses_codes(using="default", now=later))


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_of_sixty_guesses_at_once_five_are_looked_at() -> None:
    looked = race(60, lambda n: guesses("203.0.113.7"))

    assert sorted(looked, key=str) == [False] * 55 + [True] * 5
