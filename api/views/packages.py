"""What clients have paid ahead: looked at, given on, upgraded, its clock stopped, waived."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api.answers.lots import (
    LotAnswer,
    LotsAnswer,
    TransferAnswer,
    UpgradesAnswer,
    lots_of,
    read_lot,
    upgrade_answer,
)
from api.endpoint import Endpoint, created, run
from api.schema import described
from api.serializers.lots import Transfer, Waiver
from api.serializers.sales import DryRun
from memberships import lots, medical, noshows, transfers, upgrades
from memberships.models import SessionLot
from pos.models import Client
from studio.models import Right


class PrepaidEndpoint(Endpoint):
    """What the addresses of prepaid sessions share."""

    def does(self, unit: Callable[[], Mapping[str, Any]]) -> Response:
        """What the unit answers, with `?dry_run=1` after it was rolled back."""
        return Response(run(unit, dry=self.query(DryRun)["dry_run"]))

    def client(self, client_id: uuid.UUID) -> Client:
        self.require(Right.CLIENTS)
        found = Client.objects.filter(pk=client_id).first()
        if found is None:
            raise Http404
        return found

    def lot(self, lot_id: uuid.UUID) -> SessionLot:
        self.require(Right.CLIENTS)
        found = SessionLot.objects.select_related(*lots.AROUND).filter(pk=lot_id).first()
        if found is None:
            raise Http404
        return found


class ClientLots(PrepaidEndpoint):
    @described(name="list_client_lots", answers={200: LotsAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """All sessions that the client has and had, each lot with what happened to it."""
        return Response({"results": lots_of(self.client(client_id))})


class LotTransfer(PrepaidEndpoint):
    @described(
        name="transfer_sessions",
        request=Transfer,
        query=DryRun,
        answers={200: TransferAnswer, 201: TransferAnswer},
    )
    def put(self, request: Request, lot_id: uuid.UUID, transfer_id: uuid.UUID) -> Response:
        """Give sessions to another client; the tablet makes the id. Both are told by mail."""
        wanted = self.read(Transfer)
        source = self.lot(lot_id)
        dry = self.query(DryRun)["dry_run"]

        def unit() -> tuple[TransferAnswer, dt.datetime]:
            given = transfers.give(
                transfer_id=transfer_id,
                lot_id=lot_id,
                to=wanted["client"],
                units=wanted.get("units"),
                desk=self.desk,
                now=self.now,
            )
            return {"source": read_lot(source), "given": read_lot(given)}, given.opened_at

        answer, made_at = run(unit, dry=dry)
        return Response(answer) if dry else created(answer, at=made_at, now=self.now)

    @described(name="undo_transfer", query=DryRun, answers={200: LotAnswer})
    def delete(self, request: Request, lot_id: uuid.UUID, transfer_id: uuid.UUID) -> Response:
        """Take the sessions back that were given, as long as none of them is used."""
        given = self.lot(transfer_id)
        if given.came_from_id != lot_id:
            raise Http404
        return self.does(lambda: read_lot(transfers.undo(transfer_id=transfer_id, desk=self.desk, now=self.now)))


class LotUpgrades(PrepaidEndpoint):
    @described(name="list_upgrades", answers={200: UpgradesAnswer})
    def get(self, request: Request, lot_id: uuid.UUID) -> Response:
        """What the lot can be exchanged for by paying the difference, at its value now."""
        return Response({"results": [upgrade_answer(one) for one in upgrades.options(self.lot(lot_id))]})


class NoShowWaiver(PrepaidEndpoint):
    @described(name="waive_no_show", request=Waiver, query=DryRun, answers={200: LotAnswer})
    def put(self, request: Request, no_show_id: uuid.UUID) -> Response:
        """Give the session back that was taken for a missed appointment, within a week."""
        why = self.read(Waiver)["why"]

        def unit() -> LotAnswer:
            return read_lot(noshows.waive(no_show_id=no_show_id, why=why, desk=self.desk, now=self.now).lot)

        return self.does(unit)


class ClientClock(PrepaidEndpoint):
    @described(name="stop_clock", query=DryRun, answers={200: LotsAnswer})
    def put(self, request: Request, client_id: uuid.UUID) -> Response:
        """Stop the clock of all that the client has, for a medical pause: nothing expires until it goes on."""
        return self._clock(client_id, medical.stop)

    @described(name="resume_clock", query=DryRun, answers={200: LotsAnswer})
    def delete(self, request: Request, client_id: uuid.UUID) -> Response:
        """Let the clock go on; all lasts so many days longer as it stood still."""
        return self._clock(client_id, medical.resume)

    def _clock(self, client_id: uuid.UUID, change: Callable[..., object]) -> Response:
        client = self.client(client_id)
        on = self.desk.location.business_date(self.now)

        def unit() -> LotsAnswer:
            change(client, on=on, now=self.now, by=self.desk.staff)
            return {"results": lots_of(client)}

        return self.does(unit)
