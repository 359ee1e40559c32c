"""The card readers of the tablet's location."""

from typing import TypedDict

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint
from api.schema import described
from payments import keys
from payments.models import Reader
from studio.models import Right


class ReaderAnswer(TypedDict):
    """A reader that can be asked for a card; with the stand-in, the page on which its card is held."""

    id: int
    label: str
    simulator_url: str | None


class ReaderList(Endpoint):
    @described(name="list_readers", answers={200: list[ReaderAnswer]})
    def get(self, request: Request) -> Response:
        """The card readers here, by name."""
        self.require(Right.SELL)
        here = Reader.objects.filter(location=self.desk.location, is_active=True).order_by("label")
        return Response([_reader(reader) for reader in here[:50]])


def _reader(reader: Reader) -> ReaderAnswer:
    simulated = f"{settings.STRIPE_API_BASE}/_sim/readers/{reader.stripe_id}" if keys.is_stand_in() else None
    return {"id": reader.pk, "label": reader.label, "simulator_url": simulated}
