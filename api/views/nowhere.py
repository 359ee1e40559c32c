"""Every address below /api/ that leads nowhere."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request

from api.endpoint import Endpoint


class Nowhere(Endpoint):
    """A 404 in the form of the API's other problems, whatever is sent and whoever sends it."""

    authentication_classes = []
    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404
