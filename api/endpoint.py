"""What every address of the API has in common: one moment of time, the desk that asks, answers that nobody keeps."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from api import units
from api.auth import desk_of, tablet_of
from api.clock import moment_of
from pos.asked import Desk
from studio import rights
from studio.models import Device, Right

Answer = TypeVar("Answer")


class Endpoint(APIView):
    """An address for a signed-on tablet: it translates, makes one domain call in a unit of work, translates back."""

    http_method_names = ["get", "put", "post", "delete", "head"]

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Cache-Control": "no-store"}

    @property
    def now(self) -> dt.datetime:
        """The moment of this request."""
        return moment_of(self.request._request)

    @property
    def desk(self) -> Desk:
        """Who asks, on which tablet, where."""
        return desk_of(self.request)

    @property
    def device(self) -> Device:
        """The tablet that asks, with its location."""
        return tablet_of(self.request).device

    def require(self, right: Right) -> None:
        """Nothing when the person may do it alone here; otherwise `NotAllowed`."""
        rights.require(self.desk.staff, right, self.desk.location)

    def read(self, shape: type[BaseSerializer[Any]]) -> Any:
        """The request's body, valid and normalised; ValidationError names what is wrong with it."""
        return _valid(shape, self.request.data)

    def query(self, shape: type[BaseSerializer[Any]]) -> Any:
        """The query's parameters, valid and normalised; the last of repeated ones counts."""
        return _valid(shape, dict(self.request.query_params.items()))


def run(unit: Callable[[], Answer], *, dry: object) -> Answer:
    """What the unit answers: rolled back when `dry`, committed otherwise."""
    return units.rehearse(unit) if dry else units.work(unit)


def created(answer: Mapping[str, Any], *, at: dt.datetime, now: dt.datetime) -> Response:
    """201 when the thing was made by this very request, 200 when it was there before."""
    return Response(answer, status=201 if at == now else 200)


def _valid(shape: type[BaseSerializer[Any]], data: object) -> Any:
    if shape not in _READERS:
        _READERS[shape] = shape()
    return _READERS[shape].run_validation(data)


_READERS: dict[type[BaseSerializer[Any]], BaseSerializer[Any]] = {}
"""One of a shape for all requests: it keeps nothing of what it reads, and to make its fields takes longer than that."""
