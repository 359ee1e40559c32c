"""How a client likes it: no health data, for every desk to see and to write down (R37)."""

import datetime as dt
from dataclasses import dataclass

from clientfile.models import Preferences
from pos.asked import Desk
from pos.models import Client
from studio import audit, rights
from studio.models import Right, Staff
from studio.refusal import BadInput

SOFTEST, DEEPEST = 1, 5


@dataclass(frozen=True, slots=True)
class AskedPreferences:
    """Pressure from 1 to 5, areas to avoid, oil, and the therapist to propose."""

    pressure: int | None = None
    avoid: str = ""
    oil: str = ""
    therapist_id: int | None = None


def of(client: Client) -> Preferences:
    """What is known, or an unsaved row that says nothing."""
    known = Preferences.objects.select_related("therapist").filter(client=client).first()
    return known or Preferences(client=client)


def put(*, client: Client, asked: AskedPreferences, desk: Desk, now: dt.datetime) -> Preferences:
    """Write down how the client likes it, as a whole; the same again changes nothing."""
    rights.require(desk.staff, Right.CLIENTS, desk.location)
    if asked.pressure is not None and not SOFTEST <= asked.pressure <= DEEPEST:
        raise BadInput("pressure", "Pressure is from 1 (light) to 5 (deep).")
    before = of(client)
    fields = {
        "pressure": asked.pressure,
        "avoid": asked.avoid.strip(),
        "oil": asked.oil.strip(),
        "therapist": _therapist(asked.therapist_id),
    }
    changed = [name for name, value in fields.items() if getattr(before, name) != value]
    if not changed:
        return before
    Preferences.objects.update_or_create(client=client, defaults=fields)
    audit.record(
        at=now,
        action="preferences_changed",
        actor=desk.staff,
        device=desk.device,
        location=desk.location,
        subject=client,
        after={"fields": changed},
    )
    return of(client)


def _therapist(therapist_id: int | None) -> Staff | None:
    if therapist_id is None:
        return None
    found = Staff.objects.filter(pk=therapist_id, is_active=True, is_therapist=True).first()
    if found is None:
        raise BadInput("therapist", "This therapist does not work here any more.")
    return found
