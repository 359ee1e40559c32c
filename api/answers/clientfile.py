"""A client's health file and preferences, as far as the one who asks may see them."""

from typing import Annotated, TypedDict

from api.answers.values import Day, Moment, Person, Uuid, day_or_none, moment, person, person_or_none
from clientfile.flags import OpenFlag
from clientfile.health import Glance, HealthFile, WrittenNote
from clientfile.models import Flag, Preferences
from clientfile.wishes import Copy


class GlanceAnswer(TypedDict):
    """What the desk may know: `needs_check` says that a therapist has to look first, and never why."""

    needs_check: bool
    intake_on: Day | None
    renews_intake: bool


class FlagChoice(TypedDict):
    """A flag of the owner's list."""

    code: str
    name: str
    effect: Annotated[str, Flag.Effect]
    hint: str


class FlagAnswer(FlagChoice):
    """A flag as it was set on the client."""

    id: Uuid
    starts_on: Day
    ends_on: Day | None
    note: str
    set_by: Person
    set_at: Moment


class HealthNoteAnswer(TypedDict):
    """A therapist's note."""

    id: Uuid
    text: str
    written_by: Person
    written_at: Moment


class HealthFileAnswer(TypedDict):
    """A client's health file; that it was read is on record."""

    flags: list[FlagAnswer]
    notes: list[HealthNoteAnswer]
    intake_on: Day | None
    choices: list[FlagChoice]


class PreferencesAnswer(TypedDict):
    """How a client likes it; pressure from 1 (light) to 5 (deep)."""

    pressure: int | None
    avoid: str
    oil: str
    therapist: Person | None


class MergedAnswer(TypedDict):
    """How much was moved to the client who stays, by what it is."""

    moved: dict[str, int]


class ClientDataAnswer(TypedDict):
    """All that is kept of a client: rows by what they are, every value as text; `sha256` is on record."""

    records: dict[str, list[dict[str, str]]]
    sha256: str


def client_data_answer(copy: Copy) -> ClientDataAnswer:
    return {"records": copy.records, "sha256": copy.sha256}


def glance_answer(glance: Glance) -> GlanceAnswer:
    return {
        "needs_check": glance.needs_check,
        "intake_on": day_or_none(glance.intake_on),
        "renews_intake": glance.renews_intake,
    }


def health_answer(file: HealthFile) -> HealthFileAnswer:
    return {
        "flags": [_flag(flag) for flag in file.flags],
        "notes": [_note(note) for note in file.notes],
        "intake_on": day_or_none(file.intake_on),
        "choices": [_choice(flag) for flag in file.choices],
    }


def preferences_answer(found: Preferences) -> PreferencesAnswer:
    return {
        "pressure": found.pressure,
        "avoid": found.avoid,
        "oil": found.oil,
        "therapist": person_or_none(found.therapist),
    }


def _choice(flag: Flag) -> FlagChoice:
    return {"code": flag.code, "name": flag.name, "effect": flag.effect, "hint": flag.hint}


def _flag(flag: OpenFlag) -> FlagAnswer:
    return {
        **_choice(flag.flag),
        "id": str(flag.row.pk),
        "starts_on": flag.starts_on.isoformat(),
        "ends_on": day_or_none(flag.ends_on),
        "note": flag.note,
        "set_by": person(flag.row.set_by),
        "set_at": moment(flag.row.set_at),
    }


def _note(note: WrittenNote) -> HealthNoteAnswer:
    return {
        "id": str(note.row.pk),
        "text": note.text,
        "written_by": person(note.row.written_by),
        "written_at": moment(note.row.written_at),
    }
