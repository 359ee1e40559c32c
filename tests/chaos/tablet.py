"""A tablet that sends whole HTTP requests to our code in its own process, each at a moment that it says."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import time_machine
from django.test import Client

from studio.models import Device, Staff
from tests.api.till import PREFIX, pair, sign_on


@dataclass(frozen=True)
class Ask:
    """A request of the API, fit to be sent again."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """What came back."""

    status: int
    body: dict[str, Any]

    @property
    def sale_status(self) -> str:
        return str(self.body.get("status", "")) if self.status < 400 else ""

    @property
    def charge_states(self) -> list[str]:
        """How far the payments are that others must answer for."""
        charges = [tender["charge"] for tender in self.body.get("tenders", []) if self.status < 400]
        return [charge["state"] for charge in charges if charge]


class Tablet:
    """A paired tablet; whoever is signed off by the clock signs on again."""

    def __init__(self, device: Device, staff: Staff, *, now: dt.datetime) -> None:
        self.staff = staff
        with time_machine.travel(now, tick=False):
            self.till = sign_on(pair(device), staff)
        self.client = Client()

    def sends(self, ask: Ask, *, now: dt.datetime) -> Heard:
        """Send it, once more when somebody must sign on first."""
        with time_machine.travel(now, tick=False):
            heard = self._sends(ask)
            if heard.status == 401:
                self.till = sign_on(self.till, self.staff)
                heard = self._sends(ask)
        return heard

    def _sends(self, ask: Ask) -> Heard:
        answer = self.client.generic(
            ask.method, PREFIX + ask.path, json.dumps(ask.body), "application/json", headers=self.till.headers
        )
        return Heard(answer.status_code, json.loads(answer.content or "{}"))


def new() -> str:
    return str(uuid.uuid4())
