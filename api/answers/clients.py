"""Clients as the desk sees them."""

from typing import TypedDict

from api.answers.sale_rows import SaleRow, sale_rows
from api.answers.values import Day, Uuid, day_or_none
from pos.clients import History
from pos.models import Client, Sale, SaleLine


class ClientAnswer(TypedDict):
    """A client, and the business date of the last sale to them."""

    id: Uuid
    name: str
    email: str
    phone: str
    note: str
    tax_certificate: str
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


class RepeatedLine(TypedDict):
    """A line as it can be sold again: its item, how many, by whom."""

    item: str
    name: str
    quantity: int
    therapist: int | None


class LastVisitAnswer(TypedDict):
    """What a client had of the catalogue at the last visit; without one no day and no lines."""

    business_date: Day | None
    lines: list[RepeatedLine]


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


def last_visit_answer(found: tuple[Sale, list[SaleLine]] | None) -> LastVisitAnswer:
    sale, lines = found if found is not None else (None, [])
    return {
        "business_date": day_or_none(sale.business_date) if sale is not None else None,
        "lines": [_repeated(line) for line in lines],
    }


def _repeated(line: SaleLine) -> RepeatedLine:
    code = line.item.code if line.item is not None else ""
    return {"item": code, "name": line.name, "quantity": line.quantity, "therapist": line.therapist_id}


def client_answer(client: Client) -> ClientAnswer:
    """A client that `finding` has read to be told."""
    return {
        "id": str(client.pk),
        "name": client.name,
        "email": client.email,
        "phone": client.number,  # type: ignore[attr-defined]  # annotated by as_told()
        "note": client.note,
        "tax_certificate": client.tax_certificate,
        "last_visit_on": day_or_none(client.last_visit_on),  # type: ignore[attr-defined]  # annotated by as_told()
    }
