"""Sessions given to somebody else: a whole lot or some of it; both are told, and it can be undone until used (R24).

The account stays as it is (posting rule 25); the entry only says for which lot, and so for whom, it is owed (I15).
"""

import datetime as dt
import uuid

from django.template.loader import render_to_string

from jobs.outbox import queue_mail
from ledger import journal
from memberships import lots, packages
from memberships.models import LotMove, SessionLot
from pos.asked import Desk
from pos.checkout import SameIdOtherContents
from pos.models import Client
from studio import audit, rights
from studio.models import Business, Right
from studio.refusal import BadInput, Refusal

Status = SessionLot.Status


class NotTransferable(Refusal):
    """These sessions are for their owner, or for the household of a member."""

    code = "not_transferable"


class TransferUsed(Refusal):
    """A session was used since, so that it can not be undone."""

    code = "transfer_used"


def give(
    *, transfer_id: uuid.UUID, lot_id: uuid.UUID, to: uuid.UUID, units: int | None, desk: Desk, now: dt.datetime
) -> SessionLot:
    """The new lot of the client `to`, with so many sessions of the other one, or all; the tablet makes its id.

    The same request again is the same lot.
    """
    rights.require(desk.staff, Right.CLIENTS, desk.location)
    known = SessionLot.objects.select_related(*lots.AROUND).filter(pk=transfer_id).first()
    if known is not None:
        return _the_same(known, lot_id=lot_id, to=to, units=units)
    lot, receiver = _lot(lot_id), _receiver(to)
    _must_be_transferable(lot, receiver)
    values = lots.values_of_next(lot, lot.free_units if units is None else units)
    cents = lots.take(
        lot,
        LotMove.Kind.GIVEN,
        values=values,
        leaves=Status.TRANSFERRED,
        now=now,
        key=f"given:{transfer_id}",
        made_by=desk.staff,
        why=f"Given to {receiver}",
    )
    given = _open(lot, receiver, transfer_id, units=len(values), cents=cents, now=now)
    _post(lot, given, cents, key=f"transfer:{transfer_id}", desk=desk, now=now)
    _record("lot_given", given, desk=desk, now=now)
    for client in (lot.client, receiver):
        _tell(given, client, what="given", now=now)
    return given


def undo(*, transfer_id: uuid.UUID, desk: Desk, now: dt.datetime) -> SessionLot:
    """The lot that the sessions came from, which has them again; once, and again the same answer."""
    rights.require(desk.staff, Right.CLIENTS, desk.location)
    given = _lot(transfer_id)
    if given.came_from_id is None:
        raise BadInput("transfer", "This lot was not given by anybody.")
    source = lots.lock(given.came_from_id)
    if LotMove.objects.filter(key=f"transfer-undone:{transfer_id}").exists():
        return source
    if given.status != Status.OPEN or given.free_units != given.granted_units:
        raise TransferUsed(f"{given.client} has used {given.name} since, or is about to.")
    key = f"transfer-undone:{transfer_id}"
    units = given.units
    cents = lots.take_all(
        given, LotMove.Kind.GIVEN, leaves=Status.TRANSFERRED, now=now, key=key, made_by=desk.staff, why="Undone"
    )
    lots.bring_back(
        source,
        LotMove.Kind.RECEIVED,
        units=units,
        value_cents=cents,
        now=now,
        key=f"{key}:back",
        made_by=desk.staff,
        why="Transfer undone",
    )
    _post(given, source, cents, key=key, desk=desk, now=now)
    _record("lot_transfer_undone", given, desk=desk, now=now)
    for client in (source.client, given.client):
        _tell(given, client, what="undone", now=now)
    return source


def _lot(lot_id: uuid.UUID) -> SessionLot:
    try:
        return lots.lock(lot_id)
    except SessionLot.DoesNotExist as error:
        raise BadInput("lot", "There are no such sessions.") from error


def _receiver(client_id: uuid.UUID) -> Client:
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise BadInput("client", "This client is not known.")
    return client


def _the_same(known: SessionLot, *, lot_id: uuid.UUID, to: uuid.UUID, units: int | None) -> SessionLot:
    is_same = (known.came_from_id, known.client_id) == (lot_id, to)
    if not is_same or units not in (None, known.granted_units):
        raise SameIdOtherContents("This transfer was already made with other contents.")
    return known


def _must_be_transferable(lot: SessionLot, receiver: Client) -> None:
    if lot.client_id == receiver.pk:
        raise BadInput("client", "These sessions are this client's already.")
    if lot.status != Status.OPEN:
        raise lots.closed(lot)
    if lot.part is None:
        raise NotTransferable("Credits of a membership are shared with the household and guests, not given away.")
    if not lot.part.package.is_transferable:
        raise NotTransferable(f"{lot.name} can not be given to somebody else.")


def _open(
    lot: SessionLot, receiver: Client, transfer_id: uuid.UUID, *, units: int, cents: int, now: dt.datetime
) -> SessionLot:
    """With the terms of the lot that it comes from: sold where, until when, taxed or not."""
    return lots.open_lot(
        kind=SessionLot.Kind(lot.kind),
        client=receiver,
        location=lot.location,
        name=lot.name,
        units=units,
        paid_cents=cents,
        now=now,
        part=lot.part,
        expires_on=lot.expires_on,
        tax_was_paid=lot.tax_was_paid,
        came_from=lot,
        lot_id=transfer_id,
        key=f"received:{transfer_id}",
    )


def _post(source: SessionLot, to: SessionLot, cents: int, *, key: str, desk: Desk, now: dt.datetime) -> None:
    journal.post(
        key=key,
        kind="transfer",
        location=source.location,
        occurred_at=now,
        now=now,
        lines=[lots.locked_value(source, cents), lots.granted_value(to, cents)],
        made_by=desk.staff,
    )


def _record(action: str, given: SessionLot, *, desk: Desk, now: dt.datetime) -> None:
    audit.record(
        at=now,
        action=action,
        actor=desk.staff,
        device=desk.device,
        location=desk.location,
        subject=given,
        after={"units": given.granted_units, "value_cents": given.paid_cents, "from": str(given.came_from_id)},
    )


def _tell(given: SessionLot, client: Client, *, what: str, now: dt.datetime) -> None:
    if not client.email:
        return
    business = Business.current()
    giver = given.came_from.client if given.came_from is not None else given.client
    sessions = packages.sessions(given.granted_units)
    words = {
        "business": business,
        "client": client,
        "giver": giver,
        "receiver": given.client,
        "sessions": sessions,
        "name": given.name,
        "use_by": packages.last_day(given.expires_on) if given.expires_on is not None else "",
    }
    queue_mail(
        dedupe=f"lot-{what}:{given.pk}:{client.pk}",
        to=client.email,
        subject=f"{sessions} of {given.name}, {business.name}",
        text=render_to_string(f"memberships/mail/sessions_{what}.txt", words),
        now=now,
    )
