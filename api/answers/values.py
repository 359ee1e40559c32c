"""How single values are written in answers, with types that the OpenAPI file is drawn from."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, NotRequired, TypedDict

from ledger.accounts import Account
from ledger.journal import Line
from ledger.models import Entry
from pos.kinds import Progress
from pos.qr import qr_of
from studio.models import Staff

Uuid = Annotated[str, "uuid"]
Moment = Annotated[str, "date-time"]
Day = Annotated[str, "date"]
Address = Annotated[str, "uri"]
Rate = Annotated[str, "decimal"]


class ChargeAnswer(TypedDict):
    """How far a payment or refund is that the bank must answer: `state`, and the sentence for the cashier.

    A payment is waiting, checking, cancelling, declined, cancelled_at_reader, reader_gone, reader_failed, card_gone,
    tired_out, paid or cancelled; a refund is sending, on_its_way, given_back, failed or paid_otherwise. Where the
    client pays on a phone, `url` is the way there and `qr` its code.
    """

    state: str
    sentence: str
    card: str
    tries: int
    decline_code: str
    reader: "ReaderName | None"
    url: str
    qr: "QrAnswer | None"


class QrAnswer(TypedDict):
    """A QR code: `path` draws its black modules in a square of `size` by `size`, as in an SVG."""

    size: int
    path: str


class ReaderName(TypedDict):
    """A card reader."""

    id: int
    label: str


class Person(TypedDict):
    """Somebody who works here."""

    id: int
    name: str


class EntryRow(TypedDict):
    """What an entry does to one account; debit positive, credit negative."""

    account: str
    amount_cents: int


class Rehearsal(TypedDict):
    """What a dry run adds: the entry that would be posted, and whether somebody else must approve first."""

    entry: NotRequired[list[EntryRow]]
    approval_needed: NotRequired[bool]


def moment(at: dt.datetime) -> str:
    """UTC with a Z."""
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def moment_or_none(at: dt.datetime | None) -> str | None:
    return moment(at) if at is not None else None


def day_or_none(on: dt.date | None) -> str | None:
    return on.isoformat() if on is not None else None


def decimal(number: Decimal) -> str:
    """Without trailing zeros, so that a number read back is written as it was before."""
    return f"{number.normalize():f}"


def person(staff: Staff) -> Person:
    return {"id": staff.pk, "name": staff.display_name}


def person_or_none(staff: Staff | None) -> Person | None:
    return person(staff) if staff is not None else None


def entry_of(entry: Entry | None) -> list[EntryRow]:
    """What a written entry does, by account in the order of its postings; nothing without one."""
    postings = entry.postings.order_by("position") if entry is not None else ()
    return _by_account((Account(posting.account), posting.amount_cents) for posting in postings)


def entry_from(lines: Iterable[Line]) -> list[EntryRow]:
    """What an entry of these lines would do, by account in their order."""
    return _by_account((line.account, line.amount_cents) for line in lines)


def _by_account(amounts: Iterable[tuple[Account, int]]) -> list[EntryRow]:
    sums: dict[Account, int] = {}
    for account, cents in amounts:
        sums[account] = sums.get(account, 0) + cents
    return [{"account": account.title, "amount_cents": cents} for account, cents in sums.items() if cents]


def charge_answer(how: Progress | None) -> ChargeAnswer | None:
    if how is None:
        return None
    return {
        "state": how.state,
        "sentence": how.sentence,
        "card": how.card,
        "tries": how.tries,
        "decline_code": how.decline_code,
        "reader": {"id": how.reader_id, "label": how.reader} if how.reader_id is not None else None,
        "url": how.url,
        "qr": qr_answer(how.url) if how.url else None,
    }


def qr_answer(text: str) -> QrAnswer:
    code = qr_of(text)
    return {"size": code.size, "path": code.path}
