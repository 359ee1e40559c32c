"""Clients as the desk sees them."""

from typing import TypedDict

from api.answers.sale_rows import SaleRow, sale_rows
from api.answers.values import Day, Uuid, day_or_none
from pos.clients import History
from pos.models import Client, Sale


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


class FavouriteAnswer(TypedDict):
    """A service the client comes for, and how often they had it."""

    name: str
    times: int


class ClientCardAnswer(TypedDict):
    """A client with what they have been here for; `paid_cents` is what they paid less what they got back."""

    client: ClientAnswer
    visits: int
    first_visit_on: Day | None
    paid_cents: int
    favourites: list[FavouriteAnswer]
    recent: list[SaleRow]


def client_card_answer(client: Client, history: History, recent: list[Sale]) -> ClientCardAnswer:
    return {
        "client": client_answer(client),
        "visits": history.visits,
        "first_visit_on": day_or_none(history.first_visit_on),
        "paid_cents": history.paid_cents,
        "favourites": [{"name": name, "times": times} for name, times in history.favourites],
        "recent": sale_rows(recent),
    }


def client_answer(client: Client) -> ClientAnswer:
    """A client that `finding` has read to be told."""
    return {
        "id": str(client.pk),
        "name": client.name,
        "email": client.email,
        "phone": client.number,  # type: ignore[attr-defined]  # annotated by as_told()
        "note": client.note,
        "last_visit_on": day_or_none(client.last_visit_on),  # type: ignore[attr-defined]  # annotated by as_told()
    }
