"""A till over HTTP: what a program sends and hears, with the OpenAPI file held against every answer."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio import devices, sessions
from studio.models import AuditRow, Device, Location, Staff
from tests.api.openapi import hold_to_promise

PREFIX = "/api/v1/"
NOT_WORK = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any
    cookies: Any

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    @property
    def code(self) -> str:
        """The stable code of a problem."""
        return self.body["code"]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a problem."""
        return self.status, self.body["code"]

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with each field."""
        return {error["field"]: error["message"] for error in self.body["errors"]}


@dataclass
class Till:
    """A tablet, paired or not, with a person signed on or not."""

    device: Device | None = None
    staff: Staff | None = None
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.send("PUT", path, {} if body is None else body)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", path, {} if body is None else body)

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send JSON, or bytes as they are."""
        address = path if path.startswith("/") else PREFIX + path
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        response = self.client.generic(
            method, address, data, "application/json", headers={**self.headers, **(headers or {})}
        )
        content = response.content
        answer = Answer(
            response.status_code, json.loads(content) if content else None, response.headers, response.cookies
        )
        content_type = response.headers.get("Content-Type", "").split(";")[0]
        hold_to_promise(
            method, address.split("?")[0], status=answer.status, content_type=content_type, body=answer.body
        )
        return answer

    def opens_drawer(self, float_cents: int = 100_00) -> str:
        """The id of a drawer session that takes this tablet's cash."""
        drawer = self.get("drawers/").body[0]["id"]
        session_id = str(uuid.uuid4())
        assert self.put(f"drawer-sessions/{session_id}", {"drawer": drawer, "float_cents": float_cents}).status == 201
        return session_id

    def sells(self, *lines: dict[str, Any], sale: str = "", tenders: Any = None, **more: Any) -> Answer:
        """The one-request sale; paid on the other terminal unless it says how."""
        tenders = [{"id": str(uuid.uuid4()), "kind": "external"}] if tenders is None else tenders
        body = {"lines": list(lines), "tenders": tenders, "complete": True, **more}
        return self.put(f"sales/{sale or uuid.uuid4()}", body)


def pair(device: Device) -> Till:
    """A till on that tablet, with nobody signed on."""
    now = timezone.now()
    code = devices.new_pairing_code(device, now=now)
    device, token = devices.pair(code=code, now=now)
    return Till(device, headers={"Authorization": f"Device {token}"})


def sign_on(till: Till, staff: Staff) -> Till:
    """The same tablet with that person signed on."""
    assert till.device is not None
    with transaction.atomic():
        _, token = sessions.sign_on(device=till.device, staff=staff, now=timezone.now())
    return Till(till.device, staff, {**till.headers, "Staff-Session": token})


def till_of(staff: Staff, place: Location) -> Till:
    """A tablet of its own for that person."""
    return sign_on(pair(Device.objects.create(name=f"{staff}’s tablet", location=place)), staff)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements of a block, without the marks of its transactions."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found.extend(query["sql"] for query in captured.captured_queries if not query["sql"].startswith(NOT_WORK))


def new() -> str:
    """An id made by the tablet."""
    return str(uuid.uuid4())


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of the books and the desk, to show that a refused request changed none of them."""
    kept = [*apps.get_app_config("pos").get_models(), *apps.get_app_config("ledger").get_models(), Device, AuditRow]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in kept}


def nothing_changes(request: Callable[[], Answer]) -> Answer:
    """The answer to a request that must not change a row, and that must be a problem with a sentence."""
    before = rows()
    answer = request()
    assert rows() == before
    assert answer.status >= 400
    assert answer["detail"].endswith(".")
    assert answer["title"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer
