"""Clients as the desk sees them."""

from typing import TypedDict

from api.answers.values import Day, Uuid, day_or_none
from pos.models import Client


class ClientAnswer(TypedDict):
    """A client, and the business date of the last sale to them."""

    id: Uuid
    name: str
    email: str
    phone: str
    note: str
    last_visit_on: Day | None


class ClientPage(TypedDict):
    """A page of clients, by name."""

    next: str | None
    previous: str | None
    results: list[ClientAnswer]


def client_answer(client: Client) -> ClientAnswer:
    """A client that `clients.search` has found, with its last visit."""
    return {
        "id": str(client.pk),
        "name": client.name,
        "email": client.email,
        "phone": str(client.phone),
        "note": client.note,
        "last_visit_on": day_or_none(client.last_visit_on),  # type: ignore[attr-defined]  # annotated by search()
    }
