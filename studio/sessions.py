"""Who is signed on to which tablet: a session per person and device, locked when idle (R12, S13)."""

import datetime as dt
import secrets
from typing import Any

from django.db.models import CharField, FilteredRelation, Q, QuerySet

from studio import rights
from studio.devices import mark_seen, token_hash
from studio.models import Device, Staff, StaffSession
from studio.prepared import Prepared, Slot
from studio.refusal import Refusal

IDLE = dt.timedelta(minutes=10)
ABSOLUTE = dt.timedelta(hours=12)
TOUCHED_EVERY = dt.timedelta(minutes=1)


class CannotSignOn(Refusal):
    """The tablet was revoked, or the person's account or PIN changed while the PIN was being checked."""

    code = "cannot_sign_on"


def sign_on(*, device: Device, staff: Staff, now: dt.datetime) -> tuple[StaffSession, str]:
    """A new session of the person on the device and its token, shown only here; ends whoever was signed on there."""
    # The UPDATE sees a revocation, and its row lock lets two people on one tablet sign on one after the other.
    if not Device.objects.filter(pk=device.pk, revoked_at=None).update(last_seen_at=now):
        raise CannotSignOn("This tablet is no longer paired.")
    unchanged = Staff.objects.filter(pk=staff.pk, is_active=True, pin_hash=staff.pin_hash)
    if not unchanged.select_for_update(no_key=True).exists():
        raise CannotSignOn(f"{staff} can not sign on: the account or its PIN has just changed.")
    StaffSession.objects.filter(device=device, ended_at=None).update(ended_at=now)
    token = secrets.token_urlsafe(32)
    session = StaffSession.objects.create(
        device=device, staff=staff, token_hash=token_hash(token), started_at=now, last_used_at=now
    )
    return session, token


def sign_off(session: StaffSession, *, now: dt.datetime) -> None:
    """End the session; one that has already ended keeps its moment."""
    StaffSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=now)
    session.refresh_from_db(fields=["ended_at"])


def find_session(device: Device, token: str, *, now: dt.datetime) -> StaffSession | None:
    """The session that the token opens on this device, with its person, while it is live; one query."""
    found = StaffSession.objects.select_related("staff").filter(device=device, token_hash=token_hash(token)).first()
    return _used(found, device, now)


def _signed_on() -> "QuerySet[Any]":
    session = FilteredRelation("sessions", condition=Q(sessions__token_hash=Slot("session", CharField())))
    return (
        Device.objects.annotate(found=session, rights=rights.InWords(staff="found__staff", location="location"))
        .select_related("location", "found__staff")  # type: ignore[misc] # the plugin does not know filtered relations
        .filter(token_hash=Slot("device", CharField()), revoked_at=None)
        .order_by()
    )


_SIGNED_ON: "Prepared[Any]" = Prepared(_signed_on)


def find_signed_on(
    device_token: str, session_token: str | None, *, now: dt.datetime
) -> tuple[Device, StaffSession | None] | None:
    """The device and, when live, the session with its person; None when the device is unknown or revoked; one query.

    The person comes with their rights at the device's location, so that `rights.can` asks no more.
    """
    found = _SIGNED_ON.rows(device=token_hash(device_token), session=token_hash(session_token or ""))
    if not found:
        return None
    device = found[0]
    mark_seen(device, now=now)
    used = _used(getattr(device, "found", None), device, now)  # the attribute is there only with a session
    if used is not None:
        rights.remember(used.staff, device.location, device.rights)
    return device, used


def _used(session: StaffSession | None, device: Device, now: dt.datetime) -> StaffSession | None:
    if session is None or not _is_live(session, now):
        return None
    session.device = device
    # Within a minute of the last mark nothing is written, so the idle lock falls after nine to ten minutes.
    if now - session.last_used_at >= TOUCHED_EVERY:
        StaffSession.objects.filter(pk=session.pk, ended_at=None).update(last_used_at=now)
        session.last_used_at = now
    return session


def _is_live(session: StaffSession, now: dt.datetime) -> bool:
    return (
        session.ended_at is None
        and session.staff.is_active
        and now - session.last_used_at < IDLE
        and now - session.started_at < ABSOLUTE
    )
