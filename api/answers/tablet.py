"""What a tablet knows of itself, its place and the people who may sign on to it."""

import datetime as dt
from typing import Annotated, TypedDict

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from api.answers.drawers import DrawerSessionAnswer, drawer_session_answer
from api.answers.values import Moment, Uuid, moment, moment_or_none
from api.auth import Tablet
from pos.models import DrawerSession
from studio import rights
from studio.models import Business, Device, Grant, Level, Location, Right, Staff, StaffSession

MOST = 200
"""No studio has more people or tablets at a location; the list is cut there."""


class PlaceAnswer(TypedDict):
    """Where the tablet stands."""

    code: str
    name: str


class LocationAnswer(PlaceAnswer):
    """Where the tablet stands, its clock (a sale before `day_cutoff` belongs to the day before), rounding and taxes."""

    time_zone: str
    day_cutoff: str
    prices_include_tax: bool
    cash_rounding: Annotated[str, Location.CashRounding]


class BusinessAnswer(TypedDict):
    """Whose tablet it is."""

    name: str
    currency: str


class TileAnswer(TypedDict):
    """Somebody who can sign on here with a PIN."""

    id: int
    name: str
    is_therapist: bool
    has_pin: bool


class SignedOnAnswer(TypedDict):
    """Who is signed on, and how far each right goes: allowed, approval or denied."""

    id: int
    name: str
    rights: dict[str, Annotated[str, Level]]


class OwnDeviceAnswer(TypedDict):
    """The tablet that asks, and all that its page needs to begin."""

    id: Uuid
    name: str
    business: BusinessAnswer
    location: LocationAnswer
    staff: list[TileAnswer]
    signed_on: SignedOnAnswer | None
    drawer_session: DrawerSessionAnswer | None
    demo: bool


class PairedDevice(TypedDict):
    """The tablet that was paired just now."""

    id: Uuid
    name: str
    location: PlaceAnswer


class PairedAnswer(TypedDict):
    """The paired tablet and its token, which is shown only here."""

    device: PairedDevice
    token: str


class DeviceAnswer(TypedDict):
    """A tablet of this location."""

    id: Uuid
    name: str
    created_at: Moment
    paired_at: Moment | None
    last_seen_at: Moment | None
    revoked_at: Moment | None


class DeviceCodeAnswer(DeviceAnswer):
    """A tablet and the code that pairs it, which is shown only here."""

    pairing_code: str
    pairing_expires_at: Moment


class StaffSessionAnswer(TypedDict):
    """A session on this tablet and its token, which is shown only here."""

    id: Uuid
    token: str
    staff: SignedOnAnswer


def own_device_answer(tablet: Tablet) -> OwnDeviceAnswer:
    device, session = tablet.device, tablet.session
    business, place = Business.current(), device.location
    drawer_session = _drawer_session(device)
    return {
        "id": str(device.pk),
        "name": device.name,
        "business": {"name": business.name, "currency": business.currency},
        "location": {
            "code": place.code,
            "name": place.name,
            "time_zone": place.time_zone,
            "day_cutoff": f"{place.day_cutoff:%H:%M}",
            "prices_include_tax": place.prices_include_tax,
            "cash_rounding": place.cash_rounding,
        },
        "staff": _tiles(place),
        "signed_on": signed_on_answer(session.staff, place) if session else None,
        "drawer_session": drawer_session_answer(drawer_session) if drawer_session else None,
        "demo": settings.DEMO,
    }


def signed_on_answer(staff: Staff, place: Location) -> SignedOnAnswer:
    if staff.rights_read_at != place.pk:
        rights.read(staff, place)
    levels = {right.value: rights.can(staff, right, place).value for right in Right}
    return {"id": staff.pk, "name": staff.display_name, "rights": levels}


def works_here(place: Location) -> Q:
    """Active people with a PIN and a role at the place or everywhere; they have a tile on its tablets."""
    grants = Grant.objects.filter(Q(location=place) | Q(location=None), staff=OuterRef("pk"))
    return Q(Exists(grants), is_active=True) & ~Q(pin_hash="")


def paired_answer(device: Device, token: str) -> PairedAnswer:
    place: PlaceAnswer = {"code": device.location.code, "name": device.location.name}
    return {"device": {"id": str(device.pk), "name": device.name, "location": place}, "token": token}


def device_answer(device: Device) -> DeviceAnswer:
    return {
        "id": str(device.pk),
        "name": device.name,
        "created_at": moment(device.created_at),
        "paired_at": moment_or_none(device.paired_at),
        "last_seen_at": moment_or_none(device.last_seen_at),
        "revoked_at": moment_or_none(device.revoked_at),
    }


def device_code_answer(device: Device, code: str, *, expires_at: dt.datetime) -> DeviceCodeAnswer:
    return {**device_answer(device), "pairing_code": code, "pairing_expires_at": moment(expires_at)}


def staff_session_answer(session: StaffSession, token: str, place: Location) -> StaffSessionAnswer:
    return {"id": str(session.pk), "token": token, "staff": signed_on_answer(session.staff, place)}


def _tiles(place: Location) -> list[TileAnswer]:
    people = Staff.objects.filter(works_here(place)).only("display_name", "is_therapist")
    return [
        {"id": staff.pk, "name": staff.display_name, "is_therapist": staff.is_therapist, "has_pin": True}
        for staff in people.order_by("display_name", "pk")[:MOST]
    ]


def _drawer_session(device: Device) -> DrawerSession | None:
    """The one that takes this tablet's cash: opened on it, or the only one that is open at its location."""
    here = DrawerSession.objects.filter(location=device.location_id, status=DrawerSession.Status.OPEN)
    found = list(here.select_related("drawer", "opened_by", "closed_by").order_by("opened_at")[:MOST])
    own = [session for session in found if session.device_id == device.pk]
    return own[0] if own else found[0] if len(found) == 1 else None
