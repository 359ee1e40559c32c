"""PINs: six digits that sign a person on to a paired tablet or give an approval (R6, R12).

A try has three phases, each committed by the caller before the next: `reserve_pin_try`, `pin_matches` with no
transaction open, and `pin_was_right` or `WrongPin`.
"""

import datetime as dt
import hashlib
import hmac
import itertools
import re

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F

from studio import throttle
from studio.models import Device, Staff, StaffSession
from studio.refusal import BadInput, Refusal

TRIES = 5
TRIES_PER = dt.timedelta(minutes=5)
DAILY_TRIES = 20
DAY = dt.timedelta(days=1)


class TooManyTries(Refusal):
    """No more PIN tries for now; `wait_seconds` in the details. A password still signs the person in elsewhere."""

    code = "pin_locked"

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__(
            f"Too many wrong PINs: wait {_in_words(wait)}.", wait_seconds=max(1, round(wait.total_seconds()))
        )


class WrongPin(Refusal):
    """The PIN is not this person's; `tries_left` in the details."""

    code = "wrong_pin"

    def __init__(self, tries_left: int) -> None:
        left = "1 try is left" if tries_left == 1 else f"{tries_left or 'no'} tries are left"
        super().__init__(f"That PIN is not right; {left}.", tries_left=tries_left)


def check_new_pin(pin: str) -> None:
    """`BadInput` unless the PIN is six plain digits that nobody would guess first."""
    if not re.fullmatch(r"[0-9]{6}", pin):
        raise BadInput("pin", "A PIN is 6 digits.")
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    if len(steps) == 1 or pin in (pin[:2] * 3, pin[:3] * 2):
        raise BadInput("pin", "That PIN is too easy to guess: no runs like 123456 and no repeats like 121212.")


def set_pin(staff: Staff, pin: str) -> None:
    """Give the person this PIN and end the sessions that the old one opened; `BadInput` when it is too easy."""
    check_new_pin(pin)
    staff.pin_hash = make_password(_peppered(pin))
    staff.save(update_fields=["pin_hash"])
    # Ended as of their last use: the next request on any tablet needs the new PIN.
    StaffSession.objects.filter(staff=staff, ended_at=None).update(ended_at=F("last_used_at"))


def reserve_pin_try(*, staff: Staff, device: Device, now: dt.datetime) -> int:
    """Count a try before its PIN is looked at and give how many are left after it; `TooManyTries` when none was (R6).

    Five in five minutes per person and tablet, locked for five minutes from the fifth; twenty a day per person.
    """
    short, daily = _keys(staff, device)
    if not throttle.reserve(key=short, limit=TRIES, per=TRIES_PER, now=now):
        raise TooManyTries(throttle.time_to_wait(key=short, per=TRIES_PER, now=now))
    throttle.wait_anew_when_spent(key=short, limit=TRIES, now=now)
    if not throttle.reserve(key=daily, limit=DAILY_TRIES, per=DAY, now=now):
        raise TooManyTries(throttle.time_to_wait(key=daily, per=DAY, now=now))
    return min(
        throttle.tries_left(key=short, limit=TRIES, per=TRIES_PER, now=now),
        throttle.tries_left(key=daily, limit=DAILY_TRIES, per=DAY, now=now),
    )


def pin_matches(staff: Staff, pin: str) -> bool:
    """Whether the PIN is the active person's; a person without a PIN costs the same work and never matches."""
    # Django runs the hasher on an empty hash too, so that the time does not tell who has a PIN.
    return check_password(_peppered(pin), staff.pin_hash if staff.is_active else "")


def pin_was_right(*, staff: Staff, device: Device, now: dt.datetime) -> None:
    """Give the try back: the tablet's count starts afresh, the day's count forgets this one try."""
    short, daily = _keys(staff, device)
    throttle.clear(key=short)
    throttle.give_back(key=daily, now=now)


def _keys(staff: Staff, device: Device) -> tuple[str, str]:
    return f"pin:{staff.pk}:{device.pk}", f"pin-day:{staff.pk}"


def _peppered(pin: str) -> str:
    # A stolen database alone can not be searched: a million PINs are few, the pepper is not in it.
    return hmac.new(settings.PIN_PEPPER.encode(), pin.encode(errors="backslashreplace"), hashlib.sha256).hexdigest()


def _in_words(wait: dt.timedelta) -> str:
    minutes = max(1, -(-wait // dt.timedelta(minutes=1)))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
