"""A session that is taken for an appointment that was missed."""

import uuid

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api.answers.no_shows import NoShowAnswer, no_show_answer
from api.endpoint import Endpoint, run
from api.schema import described
from api.serializers.no_shows import MissedAppointment
from api.serializers.sales import DryRun
from memberships import noshows, upgrades
from pos.models import Client
from studio.models import Right


class NoShow(Endpoint):
    @described(name="take_session", request=MissedAppointment, query=DryRun, answers={200: NoShowAnswer})
    def put(self, request: Request, no_show_id: uuid.UUID) -> Response:
        """Take one session for an appointment that was missed or cancelled too late; the tablet makes the id."""
        self.require(Right.SELL)
        asked = self.read(MissedAppointment)

        def unit() -> NoShowAnswer:
            move = noshows.take(
                no_show_id=no_show_id,
                client=_client(asked["client"]),
                reason=asked["reason"],
                lot_id=upgrades.lot_in(asked.get("instrument", "")),
                desk=self.desk,
                now=self.now,
            )
            return no_show_answer(move)

        return Response(run(unit, dry=self.query(DryRun)["dry_run"]))


def _client(client_id: uuid.UUID) -> Client:
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise Http404
    return client
