"""A client's health file: what the desk may know of it, and what who treats them reads, each time on record (R37)."""

import datetime as dt
import uuid
from dataclasses import dataclass

from clientfile import flags, sealing
from clientfile.flags import OpenFlag
from clientfile.models import Flag, HealthNote, HealthRead, Intake
from pos.asked import Desk
from pos.models import Client
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput, Refusal

LONGEST_NOTE = 2000
INTAKE_LASTS = dt.timedelta(days=365)


class ReasonNeeded(Refusal):
    """Who does not treat clients reads a health file only for a reason of its own."""

    code = "reason_needed"


@dataclass(frozen=True, slots=True)
class Glance:
    """What the desk may know: whether a therapist has to look first, and how old the intake form is."""

    needs_check: bool
    intake_on: dt.date | None
    renews_intake: bool


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note, opened."""

    row: HealthNote
    text: str


@dataclass(frozen=True, slots=True)
class HealthFile:
    """All that is known of a client's health, and the flags that can be set."""

    flags: tuple[OpenFlag, ...]
    notes: tuple[WrittenNote, ...]
    intake_on: dt.date | None
    choices: tuple[Flag, ...]


def glance(client: Client, *, on: dt.date) -> Glance:
    """What the desk may know on that day; nothing of it says why."""
    intake = Intake.objects.filter(client=client).first()
    intake_on = intake.on if intake else None
    return Glance(
        needs_check=any(flag.blocks(on) for flag in flags.set_on(client.pk)),
        intake_on=intake_on,
        renews_intake=intake_on is not None and on - intake_on > INTAKE_LASTS,
    )


def read(client: Client, *, reason: HealthRead.Reason, desk: Desk, now: dt.datetime) -> HealthFile:
    """The whole file; who reads it and why is on record first. ReasonNeeded for one who treats nobody."""
    rights.require(desk.staff, Right.HEALTH, desk.location)
    if reason == HealthRead.Reason.TREATMENT and not desk.staff.is_therapist:
        raise ReasonNeeded("Only a therapist reads this to treat. Say why you need to see it.")
    HealthRead.objects.create(
        client=client, reader=desk.staff, device=desk.device, location=desk.location, at=now, reason=reason
    )
    return opened(client)


def opened(client: Client) -> HealthFile:
    """The whole file, for a caller who has put the read on record."""
    notes = HealthNote.objects.filter(client=client).select_related("written_by")
    intake = Intake.objects.filter(client=client).first()
    return HealthFile(
        flags=tuple(flags.set_on(client.pk)),
        notes=tuple(WrittenNote(note, sealing.contents_of(note)["text"]) for note in notes),
        intake_on=intake.on if intake else None,
        choices=tuple(Flag.objects.filter(is_active=True)),
    )


def write_note(*, note_id: uuid.UUID, client: Client, text: str, desk: Desk, now: dt.datetime) -> HealthNote:
    """Write a note down, or anew under the same id by the same person."""
    rights.require(desk.staff, Right.HEALTH, desk.location)
    if not 0 < len(text := text.strip()) <= LONGEST_NOTE:
        raise BadInput("text", f"A note has 1 to {LONGEST_NOTE} characters.")
    note = HealthNote.objects.filter(pk=note_id).first() or HealthNote(pk=note_id, client=client, written_by=desk.staff)
    if (note.client_id, note.written_by_id) != (client.pk, desk.staff.pk):
        raise flags.AnotherFlag("This note is somebody else's. Write a new one.")
    note.written_at = now
    sealing.seal(note, {"text": text})
    note.save()
    _record("health_note_written", client, desk, now)
    return note


def renew_intake(*, client: Client, on: dt.date, desk: Desk, now: dt.datetime) -> Intake:
    """The client has filled in the intake form on that day; the desk may take it in."""
    rights.require(desk.staff, Right.CLIENTS, desk.location)
    if on > desk.location.business_date(now):
        raise BadInput("on", "The form is of today or earlier.")
    intake, _ = Intake.objects.update_or_create(client=client, defaults={"on": on})
    _record("intake_renewed", client, desk, now)
    return intake


def _record(action: str, client: Client, desk: Desk, now: dt.datetime) -> None:
    audit.record(at=now, action=action, actor=desk.staff, device=desk.device, location=desk.location, subject=client)
