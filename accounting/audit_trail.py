"""The audit trail asked: who did what, when, where, with whose yes, on which device, to what, and its change (R39)."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import QueryDict

from accounting.ranges import DAY
from ledger.money import dollars
from studio.models import AuditRow, Device, Location, Staff
from studio.refusal import BadInput

A_PAGE = 100
USUAL_DAYS = 7
NAMES = ("from", "to", "action", "person", "approver", "location", "device", "object")
WORDLESS = "not shown"
"""What somebody without the right to see clients reads where people may have written a name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked for: days inclusive at the first location, and what else narrows it down, as said."""

    first: dt.date
    last: dt.date
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an event changed, as text; empty where there was nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the trail in words."""

    row: AuditRow
    day: str
    time: str
    what: str
    about: str
    key: str
    reason: str
    changes: Sequence[Change]

    @property
    def changed(self) -> str:
        """All changes on one line: "status: open → closed; amount: 12.00"."""
        return "; ".join(
            f"{one.name}: {one.before} → {one.after}" if one.before else f"{one.name}: {one.after}"
            for one in self.changes
        )


def read(said: QueryDict, *, today: dt.date) -> Asked:
    """The question of the address; `BadInput` names what can not be meant. Without days: the last seven."""
    given = {name: said.get(name, "").strip() for name in said}
    for name in given:
        if name not in (*NAMES, "after"):
            raise BadInput(name, f"“{name[:40]}” is nothing that can be asked here.")
    last = _day("to", given.get("to", ""), today)
    first = _day("from", given.get("from", ""), min(last, today) - (USUAL_DAYS - 1) * DAY)
    if last < first:
        raise BadInput("to", f"The range ends on {last} before it begins on {first}.")
    return Asked(first, last, {name: value for name, value in given.items() if value and name in NAMES})


def found(asked: Asked, places: Sequence[Location], *, sees_all: bool) -> "QuerySet[AuditRow]":
    """The rows, the newest first; those of no location only for who sees all of them."""
    within = Q(location__in=places) | Q(location=None) if sees_all else Q(location__in=places)
    starts_at, _ = places[0].day_bounds(asked.first)
    _, ends_at = places[0].day_bounds(asked.last)
    rows = AuditRow.objects.filter(within, at__gte=starts_at, at__lt=ends_at)
    for name, value in asked.said.items():
        if name not in ("from", "to"):
            rows = rows.filter(_NARROWS[name](value))
    return rows.select_related("actor", "approver", "device", "location").order_by("-at", "-pk")


def page(rows: "QuerySet[AuditRow]", *, after: str) -> tuple[list[AuditRow], str]:
    """A hundred rows after that place, and the place of the next hundred; empty at the end."""
    if after:
        at, key = _place(after)
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=key))
    shown = list(rows[: A_PAGE + 1])
    last = shown[A_PAGE - 1] if len(shown) > A_PAGE else None
    return shown[:A_PAGE], f"{last.at.isoformat()}_{last.pk}" if last else ""


def told(rows: Iterable[AuditRow], zone: ZoneInfo, *, with_words: bool) -> Iterator[Event]:
    """The rows in words; without `with_words` nothing that a person has typed, for it may name a client."""
    for row in rows:
        local = row.at.astimezone(row.location.zone if row.location else zone)
        yield Event(
            row=row,
            day=f"{local.day} {local:%b %Y}",
            time=f"{local:%H:%M:%S}",
            what=in_words(row.action),
            about=in_words(row.object_type.rpartition(".")[2]),
            key=row.object_id,
            reason=row.reason if with_words or not row.reason else WORDLESS,
            changes=list(_changes(row, with_words=with_words)),
        )


def in_words(code: str) -> str:
    """A code as people read it: "gift_card.changed" is "Gift card changed"."""
    return code.replace("_", " ").replace(".", " ").capitalize()


def choices(places: Sequence[Location]) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen, by name: value and words."""
    people = [(str(key), name) for key, name in Staff.objects.values_list("pk", "display_name")]
    actions = AuditRow.objects.order_by("action").values_list("action", flat=True).distinct()
    devices = Device.objects.filter(location__in=places).values_list("pk", "name")
    return {
        "action": [(code, in_words(code)) for code in actions],
        "person": people,
        "approver": people,
        "location": [(place.code, place.name) for place in places],
        "device": [(str(key), name) for key, name in devices],
    }


def _changes(row: AuditRow, *, with_words: bool) -> Iterator[Change]:
    for name in dict.fromkeys([*row.before, *row.after]):
        before, after = (_text(name, values.get(name), with_words=with_words) for values in (row.before, row.after))
        yield Change(in_words(name.removesuffix("_cents")), before, after)


def _text(name: str, value: Any, *, with_words: bool) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case int() if name == "cents" or name.endswith("_cents"):
            return dollars(value).replace("-", "−")
        case int() | float():
            return str(value)
        case list():
            return ", ".join(_text(name, one, with_words=with_words) for one in value)
        case str() if with_words or _is_code(value):
            return value
        case dict() if with_words:
            return ", ".join(f"{key} {_text(key, one, with_words=with_words)}" for key, one in value.items())
        case _:
            return WORDLESS


def _is_code(value: str) -> bool:
    """Whether it is a code, a day or a key of ours and no words of a person."""
    return value.replace("_", "").replace("-", "").replace(":", "").replace(".", "").isalnum() and value.islower()


# What an address says ------------------------------------------------------------------------------------------------


def _day(name: str, value: str, usual: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(value) if value else usual
    except ValueError as error:
        raise BadInput(name, "A day is written like 2026-10-01.") from error
    if not 2000 <= day.year <= 2099:
        raise BadInput(name, "A day lies between the years 2000 and 2099.")
    return day


def _place(after: str) -> tuple[dt.datetime, uuid.UUID]:
    at, _, key = after.partition("_")
    try:
        return dt.datetime.fromisoformat(at), uuid.UUID(key)
    except ValueError as error:
        raise BadInput("after", "There is no such place in the trail.") from error


def _number(name: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 9:
        raise BadInput(name, f"“{value[:40]}” is nobody.")
    return int(value)


def _device(value: str) -> Q:
    try:
        return Q(device=uuid.UUID(value))
    except ValueError as error:
        raise BadInput("device", f"“{value[:40]}” is no device.") from error


def _object(value: str) -> Q:
    """One thing by its key, or "pos.sale:<key>", or all things of a type."""
    kind, colon, key = value.rpartition(":")
    return Q(object_type=kind, object_id=key) if colon else Q(object_id=value) | Q(object_type=value)


_NARROWS = {
    "action": lambda value: Q(action=value),
    "person": lambda value: Q(actor=_number("person", value)),
    "approver": lambda value: Q(approver=_number("approver", value)),
    "location": lambda value: Q(location__code=value),
    "device": _device,
    "object": _object,
}
