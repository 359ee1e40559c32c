"""Flags: set on a client and lifted again by whoever may see health files, and which of them count today (R35)."""

import datetime as dt
import uuid
from dataclasses import dataclass

from clientfile import sealing
from clientfile.models import ClientFlag, Flag
from pos.asked import Desk
from pos.models import Client
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput, Refusal

LONGEST_NOTE = 500


class AnotherFlag(Refusal):
    """The id was used for another client's flag, or for one that is lifted."""

    code = "same_id_other_contents"


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A client's flag as it was set: from `starts_on` until the day before `ends_on`, with a note."""

    row: ClientFlag
    flag: Flag
    starts_on: dt.date
    ends_on: dt.date | None
    note: str

    def counts(self, on: dt.date) -> bool:
        """Whether it says anything on that day."""
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)

    def blocks(self, on: dt.date) -> bool:
        """Whether a therapist has to say yes on that day; one that only asks never does (R35)."""
        return self.counts(on) and self.flag.effect != Flag.Effect.ASK


def set_flag(
    *,
    flag_id: uuid.UUID,
    client: Client,
    code: str,
    starts_on: dt.date | None,
    ends_on: dt.date | None,
    note: str,
    desk: Desk,
    now: dt.datetime,
) -> ClientFlag:
    """Set a flag, or change one that is set, from today unless said otherwise; the tablet makes the id."""
    rights.require(desk.staff, Right.HEALTH, desk.location)
    today = desk.location.business_date(now)
    flag, starts_on = _known(code), starts_on or today
    _must_be_dated(flag, starts_on, ends_on)
    row = ClientFlag.objects.filter(pk=flag_id).first() or ClientFlag(pk=flag_id, client=client)
    if row.client_id != client.pk or row.lifted_at is not None:
        raise AnotherFlag("This flag was lifted or is another client's. Set a new one.")
    row.set_at, row.set_by = now, desk.staff
    contents = {
        "flag": flag.pk,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat() if ends_on else None,
        "note": _clean(note),
    }
    sealing.seal(row, contents)
    row.save()
    _record("health_flag_set", client, desk, now)
    return row


def lift_flag(*, flag_id: uuid.UUID, client: Client, desk: Desk, now: dt.datetime) -> None:
    """Lift a flag, so that it says nothing any more; one that is lifted stays so."""
    rights.require(desk.staff, Right.HEALTH, desk.location)
    rows = ClientFlag.objects.filter(pk=flag_id, client=client)
    if not rows.exists():
        raise BadInput("flag", "This client has no such flag.")
    if rows.filter(lifted_at=None).update(lifted_at=now, lifted_by=desk.staff):
        _record("health_flag_lifted", client, desk, now)


def set_on(client_id: uuid.UUID) -> list[OpenFlag]:
    """The client's flags that nobody has lifted, opened; one query when there is none, two otherwise."""
    rows = list(ClientFlag.objects.filter(client=client_id, lifted_at=None).select_related("set_by"))
    return _opened(rows)


def ever_set_on(client_id: uuid.UUID) -> list[OpenFlag]:
    """All flags that the client ever had, the lifted ones too, opened."""
    return _opened(list(ClientFlag.objects.filter(client=client_id).select_related("set_by", "lifted_by")))


def _opened(rows: list[ClientFlag]) -> list[OpenFlag]:
    if not rows:
        return []
    by_row = {row.pk: sealing.contents_of(row) for row in rows}
    flags = Flag.objects.in_bulk({contents["flag"] for contents in by_row.values()})
    return [
        OpenFlag(
            row=row,
            flag=flags[by_row[row.pk]["flag"]],
            starts_on=dt.date.fromisoformat(by_row[row.pk]["starts_on"]),
            ends_on=dt.date.fromisoformat(ends) if (ends := by_row[row.pk]["ends_on"]) else None,
            note=by_row[row.pk]["note"],
        )
        for row in rows
    ]


def _known(code: str) -> Flag:
    flag = Flag.objects.filter(code=code, is_active=True).first()
    if flag is None:
        raise BadInput("flag", "There is no such flag in the owner's list.")
    return flag


def _must_be_dated(flag: Flag, starts_on: dt.date, ends_on: dt.date | None) -> None:
    if ends_on is None and flag.effect == Flag.Effect.WAIT:
        raise BadInput("ends_on", "Say until which day to wait.")
    if ends_on is not None and ends_on <= starts_on:
        raise BadInput("ends_on", "A flag ends after the day on which it starts.")


def _clean(note: str) -> str:
    if len(note := note.strip()) > LONGEST_NOTE:
        raise BadInput("note", f"A note has at most {LONGEST_NOTE} characters.")
    return note


def _record(action: str, client: Client, desk: Desk, now: dt.datetime) -> None:
    """That it was done and by whom; never which flag it is."""
    audit.record(at=now, action=action, actor=desk.staff, device=desk.device, location=desk.location, subject=client)
