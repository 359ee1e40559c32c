"""What refers to a client, app by app: told to them on request, and forgotten when they ask for it (R37).

`CLIENT_RECORDS` in the settings lists the apps; a test sees to it that no column that names a client is left out.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from jobs.models import OutboxMail
from ledger.money import dollars
from pos.finding import keep_words
from pos.models import Client, ClientCredit, ClientWord, Sale
from studio.refusal import Refusal

Rows = list[dict[str, str]]
FORGOTTEN = "Forgotten client"
NOBODY = "forgotten@example.invalid"


class NotMovable(Refusal):
    """The client's row has something that can not change its owner so; the sentence says what to do with it first."""

    code = "not_movable"


class ClientRecords(Protocol):
    """What one app keeps of clients."""

    covers: ClassVar[frozenset[str]]
    """The columns that name a client, as `app.Model.column`."""

    def tell(self, client: Client) -> Mapping[str, Rows]:
        """All of it in words and numbers, by what it is."""
        ...

    def unsettled(self, client: Client, *, now: dt.datetime) -> Sequence[str]:
        """What must be settled before the client is forgotten, one sentence each."""
        ...

    def move(self, gone: Client, into: Client, *, now: dt.datetime) -> Mapping[str, int]:
        """Give what the one has to the other, who is the same person; how many by what it is. NotMovable if it can not.

        What is history stays with the old row, which stays for it.
        """
        ...

    def forget(self, client: Client, *, now: dt.datetime) -> None:
        """Take away what says who the client was; amounts and dates stay."""
        ...


@cache
def all_records() -> tuple[ClientRecords, ...]:
    """Every app's, in the order of the settings: the client's own row is the last."""
    return tuple(import_string(path)() for path in settings.CLIENT_RECORDS)


def rows_of(found: "QuerySet[Any]", *columns: str) -> Rows:
    """The rows as texts, by column; nothing is an empty text."""
    return [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in found.values(*columns)
    ]


class Sales:
    """The client's row, sales, store credit and mails."""

    covers: ClassVar[frozenset[str]] = frozenset(
        {"pos.ClientWord.client", "pos.Sale.client", "pos.ClientCredit.client", "ledger.Posting.client"}
    )

    def tell(self, client: Client) -> Mapping[str, Rows]:
        sales = Sale.objects.filter(client=client).order_by("opened_at", "pk")
        lines = sales.exclude(lines=None).order_by("opened_at", "pk", "lines__position")
        mails = OutboxMail.objects.filter(to=client.email) if client.email else OutboxMail.objects.none()
        me = Client.objects.filter(pk=client.pk)
        return {
            "client": rows_of(me, "id", "name", "email", "phone", "note", "tax_certificate", "created_at"),
            "sales": rows_of(sales, "id", "status", "business_date", "net_cents", "tax_cents", "tip_cents"),
            "lines": rows_of(lines, "id", "lines__name", "lines__quantity", "lines__net_cents"),
            "store_credit": rows_of(
                ClientCredit.objects.filter(client=client), "id", "location__name", "balance_cents"
            ),
            "mails": rows_of(mails.order_by("queued_at"), "subject", "queued_at", "sent_at"),
        }

    def unsettled(self, client: Client, *, now: dt.datetime) -> Sequence[str]:
        open_ones = Sale.objects.filter(client=client, status__in=[Sale.Status.OPEN, Sale.Status.PARKED])
        credits = ClientCredit.objects.filter(client=client).filter(Q(balance_cents__gt=0) | Q(held_cents__gt=0))
        left = sum(credit.balance_cents for credit in credits)
        return [
            *(["A sale is open or parked: finish it or clear it."] if open_ones.exists() else []),
            *([f"{dollars(left)} of store credit is left: use it or pay it out."] if credits else []),
        ]

    def move(self, gone: Client, into: Client, *, now: dt.datetime) -> Mapping[str, int]:
        """Sales change their client and their entries stay; store credit of the old row has to be used first."""
        if open_ones := self.unsettled(gone, now=now):
            raise NotMovable(" ".join(open_ones))
        moved = Sale.objects.filter(client=gone).update(client=into)
        filled = [name for name in ("email", "phone", "note", "tax_certificate") if not getattr(into, name)]
        for name in filled:
            setattr(into, name, getattr(gone, name))
        into.save(update_fields=filled)
        gone.name, gone.email, gone.phone, gone.note, gone.tax_certificate = (
            f"{gone.name[:100]} (merged)",
            "",
            "",
            "",
            "",
        )
        gone.save(update_fields=["name", "email", "phone", "note", "tax_certificate"])
        ClientWord.objects.filter(client=gone).delete()
        keep_words([into])
        return {"sales": moved}

    def forget(self, client: Client, *, now: dt.datetime) -> None:
        if client.email:
            OutboxMail.objects.filter(to=client.email, sent_at=None).delete()
            OutboxMail.objects.filter(to=client.email).update(to=NOBODY, subject="", text="", html="")
        Sale.objects.filter(client=client).exclude(label="").update(label="")
        client.name, client.email, client.phone, client.note, client.tax_certificate = FORGOTTEN, "", "", "", ""
        client.save(update_fields=["name", "email", "phone", "note", "tax_certificate"])
        keep_words([client])
