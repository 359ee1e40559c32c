"""Checkout tablets and programs: pairing them once, knowing them by their token, revoking them (R12)."""

import datetime as dt
import hashlib
import re
import secrets

from django.utils.crypto import salted_hmac

from studio import throttle
from studio.models import Device, StaffSession
from studio.refusal import Refusal

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that reads like something else: no I, L, O, 0, 1
CODE_LENGTH = 8
CODE_LASTS = dt.timedelta(minutes=15)
TRIES_PER_ADDRESS = 5
TRIES_OVERALL = 100
TRIES_PER = dt.timedelta(minutes=15)
SEEN_EVERY = dt.timedelta(minutes=1)
_OVERALL = "pair"


class WrongPairingCode(Refusal):
    """The code is unknown, used or expired; which of them is not told."""

    code = "wrong_pairing_code"


class TooManyPairingTries(Refusal):
    """No more pairing tries for now; `wait_seconds` in the details."""

    code = "pairing_locked"


def token_hash(token: str) -> str:
    """What is stored of a 256-bit token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).hexdigest()


def new_pairing_code(device: Device, *, now: dt.datetime) -> str:
    """A code of 8 characters that pairs a tablet as this device once within 15 minutes; an older code is void."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    device.pairing_code_hash, device.pairing_expires_at = _code_hash(code), now + CODE_LASTS
    device.save(update_fields=["pairing_code_hash", "pairing_expires_at"])
    return code


def reserve_pairing_try(*, address: str, now: dt.datetime) -> None:
    """Count a try before its code is looked at; `TooManyPairingTries` after 5 from the address or 100 from anywhere.

    Both within 15 minutes. The caller commits before it calls `pair`.
    """
    for key, limit in ((_address_key(address), TRIES_PER_ADDRESS), (_OVERALL, TRIES_OVERALL)):
        if not throttle.reserve(key=key, limit=limit, per=TRIES_PER, now=now):
            wait = throttle.time_to_wait(key=key, per=TRIES_PER, now=now)
            raise TooManyPairingTries(
                "Too many wrong pairing codes: wait a quarter of an hour.",
                wait_seconds=max(1, round(wait.total_seconds())),
            )


def pairing_was_right(*, address: str, now: dt.datetime) -> None:
    """Give the try back, so that a shop can pair many tablets in a row."""
    throttle.clear(key=_address_key(address))
    throttle.give_back(key=_OVERALL, now=now)


def pair(*, code: str, now: dt.datetime) -> tuple[Device, str]:
    """The device and its new token, shown only here; the code is used up. `WrongPairingCode` otherwise.

    Pairing again replaces the old token, ends the sessions it carried, and brings a revoked device back.
    """
    token = secrets.token_urlsafe(32)
    # One guarded UPDATE: of two tablets with the same code one is paired.
    paired = Device.objects.filter(pairing_code_hash=_code_hash(code), pairing_expires_at__gt=now).update(
        token_hash=token_hash(token),
        pairing_code_hash=None,
        pairing_expires_at=None,
        paired_at=now,
        last_seen_at=now,
        revoked_at=None,
    )
    if not paired:
        raise WrongPairingCode("That pairing code is not valid, or not any more. Ask for a new one.")
    device = Device.objects.select_related("location").get(token_hash=token_hash(token))
    _end_sessions(device, now)
    return device, token


def revoke(device: Device, *, now: dt.datetime) -> None:
    """Shut the device out from its next request on: token and pairing code are void, its staff sessions end."""
    device.token_hash = device.pairing_code_hash = device.pairing_expires_at = None
    device.revoked_at = now
    device.save(update_fields=["token_hash", "pairing_code_hash", "pairing_expires_at", "revoked_at"])
    _end_sessions(device, now)


def find_device(token: str, *, now: dt.datetime) -> Device | None:
    """The paired, unrevoked device that holds the token, with its location; one query."""
    device = Device.objects.select_related("location").filter(token_hash=token_hash(token), revoked_at=None).first()
    if device:
        mark_seen(device, now=now)
    return device


def mark_seen(device: Device, *, now: dt.datetime) -> None:
    """Note that the device was here; written at most once a minute."""
    if device.last_seen_at is None or now - device.last_seen_at >= SEEN_EVERY:
        Device.objects.filter(pk=device.pk).update(last_seen_at=now)
        device.last_seen_at = now


def _end_sessions(device: Device, now: dt.datetime) -> None:
    StaffSession.objects.filter(device=device, ended_at=None).update(ended_at=now)


def _code_hash(code: str) -> str:
    # Keyed, unlike the tokens: 40 bits without a key are found in a stolen database within minutes.
    plain = re.sub(r"[\s-]", "", code).upper()
    return salted_hmac(
        "studio.devices.pairing", plain.encode(errors="backslashreplace"), algorithm="sha256"
    ).hexdigest()


def _address_key(address: str) -> str:
    return f"pair:{address}"[:120]
