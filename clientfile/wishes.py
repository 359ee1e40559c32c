"""What a client may ask of the studio: a copy of all that is kept of them, and to be forgotten (R37)."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from clientfile.models import HealthRead
from pos.asked import Desk
from pos.client_records import FORGOTTEN, Rows, all_records
from pos.models import Client
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput, Refusal


class NotSettled(Refusal):
    """The client still has something here; `open` in the details says what."""

    code = "not_settled"


@dataclass(frozen=True, slots=True)
class Copy:
    """All that is kept of a client, by what it is, and the SHA-256 that is on record for it."""

    records: dict[str, Rows]
    sha256: str


def hand_out(client: Client, *, desk: Desk, now: dt.datetime) -> Copy:
    """A copy of everything, health too; that it was handed out is on record, with its hash and the rows in it."""
    rights.require(desk.staff, Right.CLIENT_DATA, desk.location)
    asked = HealthRead.Reason.CLIENT_ASKED
    HealthRead.objects.create(
        client=client, reader=desk.staff, device=desk.device, location=desk.location, at=now, reason=asked
    )
    records = {name: rows for app in all_records() for name, rows in app.tell(client).items()}
    digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
    counts = {"rows": sum(len(rows) for rows in records.values()), "sha256": digest}
    _record("client_data_given", client, desk, now, counts)
    return Copy(records, digest)


def forget(client: Client, *, desk: Desk, now: dt.datetime) -> Client:
    """Name, contact and health are gone for good, sales keep their totals; NotSettled while anything is owed."""
    rights.require(desk.staff, Right.CLIENT_DATA, desk.location)
    client = Client.objects.select_for_update().get(pk=client.pk)
    left = [sentence for app in all_records() for sentence in app.unsettled(client, now=now)]
    if left:
        raise NotSettled("Settle this first: " + " ".join(left), open=left)
    if client.name == FORGOTTEN:
        return client
    for app in all_records():
        app.forget(client, now=now)
    _record("client_forgotten", client, desk, now, {})
    return client


def merge(gone: Client, into: Client, *, desk: Desk, now: dt.datetime) -> dict[str, int]:
    """Two rows of one person become one: how much was moved, by what it is. The old row stays for history, unnamed."""
    rights.require(desk.staff, Right.CLIENT_DATA, desk.location)
    if gone.pk == into.pk:
        raise BadInput("into", "This is the same client.")
    both = Client.objects.select_for_update().filter(pk__in=[gone.pk, into.pk]).order_by("pk").in_bulk()
    moved = {
        name: count for app in all_records() for name, count in app.move(both[gone.pk], both[into.pk], now=now).items()
    }
    _record("clients_merged", gone, desk, now, {"into": str(into.pk), **moved})
    return moved


def _record(action: str, client: Client, desk: Desk, now: dt.datetime, after: Mapping[str, object]) -> None:
    audit.record(
        at=now,
        action=action,
        actor=desk.staff,
        device=desk.device,
        location=desk.location,
        subject=client,
        after=after,
    )
