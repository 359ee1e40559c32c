"""The one place where the current time enters the API."""

import datetime as dt
from typing import cast

from django.http import HttpRequest
from django.utils import timezone


def moment_of(request: HttpRequest) -> dt.datetime:
    """When the request came in, in UTC; read once, so that all a request does happens at one moment."""
    return cast(dt.datetime, vars(request).setdefault("came_in_at", timezone.now()))
