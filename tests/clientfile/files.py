"""Clients with flags, as tests need them."""

import datetime as dt
import uuid
from typing import Any

from django.contrib.auth.models import Group

from clientfile import flags
from clientfile.models import Flag
from pos.asked import Desk
from pos.models import Client
from studio.models import Grant, Qualification, Staff
from studio.pins import set_pin
from tests.builders import NOW, Studio

PIN = "528491"


def treats(studio: Studio, someone: Staff) -> Staff:
    """A therapist with a PIN, as the owner makes one."""
    Grant.objects.get_or_create(staff=someone, group=Group.objects.get(name="therapist"), location=studio.location)
    set_pin(someone, PIN)
    return someone


def flag(code: str = "pregnancy", effect: str = "block", **fields: Any) -> Flag:
    """A flag of the owner's list, about Ashiatsu unless told otherwise."""
    training, _ = Qualification.objects.get_or_create(code="ashiatsu", defaults={"name": "Ashiatsu"})
    fields.setdefault("training", training)
    return Flag.objects.create(code=code, effect=effect, **{"name": code.capitalize(), **fields})


def client(name: str = "Maya Okafor", **fields: Any) -> Client:
    return Client.objects.create(pk=uuid.uuid4(), name=name, created_at=NOW, **fields)


def flags_on(studio: Studio, someone: Client, kind: Flag, *, by: Staff | None = None, **fields: Any) -> uuid.UUID:
    """Set the flag on the client in the name of a therapist; the id of what was set."""
    given: dict[str, Any] = {"starts_on": None, "ends_on": None, "note": "", "now": NOW - dt.timedelta(days=1)}
    desk = Desk(location=studio.location, staff=by or treats(studio, studio.ana))
    flag_id = uuid.uuid4()
    flags.set_flag(flag_id=flag_id, client=someone, code=kind.code, desk=desk, **{**given, **fields})
    return flag_id
