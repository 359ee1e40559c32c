"""Whether this process is alive, and whether it may be sent customers."""

import logging
from typing import TypedDict

from django.db import DEFAULT_DB_ALIAS, connections
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint
from api.schema import described
from ledger import guards

logger = logging.getLogger("footfall.api")


class HealthAnswer(TypedDict):
    """All is well."""

    status: str


class GuardsMissing(APIException):
    """The books are not protected: nothing may be sold until they are."""

    status_code = 503
    default_code = "guards_missing"
    default_detail = "The books are not guarded. Run `manage.py migrate`."


class Probe(Endpoint):
    authentication_classes = []
    permission_classes = []


class Alive(Probe):
    @described(name="is_alive", answers={200: HealthAnswer})
    def get(self, request: Request) -> Response:
        """This process answers."""
        return Response({"status": "ok"})


class Ready(Probe):
    @described(name="is_ready", answers={200: HealthAnswer})
    def get(self, request: Request) -> Response:
        """The database answers, and history is guarded in it; 503 otherwise."""
        if gone := guards.missing(connections[DEFAULT_DB_ALIAS]):
            logger.error("Guards of the books are missing: %s", ", ".join(gone))
            raise GuardsMissing
        return Response({"status": "ok"})
