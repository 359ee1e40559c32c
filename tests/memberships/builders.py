"""Clients, packages and plans to test with, and what is told of a lot."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.models import OutboxMail
from ledger import journal
from ledger.accounts import Account
from ledger.journal import debit
from memberships import lots, periods
from memberships.models import HouseholdMember, LotMove, Membership, Package, PackagePart, Plan, SessionLot
from pos.asked import AskedCover, AskedLine
from pos.models import Client, Item
from studio.models import Location, Staff
from tests.builders import NOW, Studio, TestDesk


def client(name: str = "Jo Reyes", **fields: Any) -> Client:
    """A client with a mail address, unless it says otherwise."""
    email = f"{name.split()[0].lower()}@example.com"
    return Client.objects.create(**{"id": uuid.uuid4(), "name": name, "email": email, "created_at": NOW, **fields})


def package(
    code: str = "five", cents: int = 450_00, units: int = 5, *, items: tuple[str, ...] = (), **fields: Any
) -> Package:
    """A package on sale of one part; for Ashiatsu and deep tissue unless it says otherwise."""
    made = Package.objects.create(
        code=code, price_cents=cents, **{"name": f"{units} sessions", "is_on_sale": True, **fields}
    )
    part(made, units, *(items or ("ashiatsu-60", "deep-tissue-60")))
    return made


def part(of: Package, units: int, *items: str) -> PackagePart:
    """One more part of a package."""
    made = PackagePart.objects.create(package=of, units=units, position=of.parts.count())
    made.items.set(Item.objects.filter(code__in=items))
    return made


def plan(
    code: str = "monthly", cents: int = 79_00, *, items: tuple[str, ...] = ("deep-tissue-60",), **fields: Any
) -> Plan:
    """A plan with one credit a month."""
    made = Plan.objects.create(code=code, price_cents=cents, **{"name": code.capitalize(), **fields})
    made.items.set(Item.objects.filter(code__in=items))
    return made


def household(owner: Client, *members: Client) -> None:
    """The members may use what the owner has."""
    for member in members:
        HouseholdMember.objects.create(owner=owner, member=member, added_at=NOW)


def of_package(code: str = "five", **more: Any) -> AskedLine:
    """A line that sells a package."""
    return AskedLine(kind="package", item=code, **more)


def covered(
    code: str, *, by: Staff, kind: str = "session", lot: SessionLot | None = None, line: int | None = None
) -> AskedLine:
    """A line for a treatment that a session pays for."""
    instrument = lot.instrument if lot is not None else ""
    cover = AskedCover(kind=kind, instrument=instrument, line=line)
    return AskedLine(kind="item", item=code, therapist_id=by.pk, cover=cover)


def buys(desk: TestDesk, who: Client, code: str = "five", **more: Any) -> list[SessionLot]:
    """The lots of a package that the client has bought, paid on the other terminal."""
    asked = of_package(code, **more)
    basket = desk.rings_up(asked, client_id=who.pk).tenders("external") and desk.completes()
    return list(SessionLot.objects.filter(sale_line=basket.lines[0].pk).order_by("pk"))


def visits(desk: TestDesk, studio: Studio, who: Client, code: str = "deep-tissue-60", **more: Any) -> Any:
    """A completed sale in which a session pays for the treatment; what it costs on top is paid on the terminal."""
    desk.rings_up(covered(code, by=studio.ana, **more), client_id=who.pk)
    assert desk.last is not None
    if desk.last.due_cents:
        desk.tenders("external")
    return desk.completes()


@transaction.atomic
def credit_of(studio: Studio, who: Client, cents: int = 79_00, *, units: int = 1, **more: Any) -> SessionLot:
    """Credits of a plan that were paid, as an opening balance."""
    terms = more.pop("plan", None) or plan(cents=cents)
    key = f"opening:{uuid.uuid4()}"
    lot = lots.open_lot(
        kind=SessionLot.Kind.CREDIT,
        client=who,
        location=studio.location,
        name=terms.name,
        units=units,
        paid_cents=cents,
        plan=terms,
        key=key,
        **{"now": NOW, **more},
    )
    lines = [debit(Account.OPENING_BALANCES, cents), lots.granted_value(lot, cents)]
    journal.post(key=key, kind="opening", location=studio.location, occurred_at=NOW, now=NOW, lines=lines)
    return lot


def told(lot: SessionLot) -> tuple[str, int, int]:
    """State, sessions and cents that are left, as stored."""
    lot.refresh_from_db()
    return lot.status, lot.units, lot.value_cents


def moves(lot: SessionLot) -> list[tuple[str, int, int]]:
    """What happened to the lot."""
    return list(LotMove.objects.filter(lot=lot).order_by("at", "id").values_list("kind", "units", "value_cents"))


def sent(*, now: dt.datetime = NOW) -> list[tuple[str, str]]:
    """To whom and about what the mails are that wait; they leave by this."""
    waiting = OutboxMail.objects.filter(sent_at=None)
    mails = list(waiting.order_by("queued_at", "pk").values_list("to", "subject"))
    waiting.update(sent_at=now)
    return mails


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def member(
    membership_id: str, owner: Client, *, code: str = "basic", joined_at: dt.datetime | None = None
) -> Membership:
    """A member of the plan since three weeks ago by today's clock, whose month is paid; no sale has paid for it."""
    at = joined_at or timezone.now() - days(21)
    place = Location.objects.get(is_main=True)
    on = place.business_date(at)
    return Membership.objects.create(
        id=membership_id,
        client=owner,
        plan=Plan.objects.get(code=code, is_on_sale=True),
        location=place,
        status=Membership.Status.ACTIVE,
        joined_at=at,
        anchor_on=on,
        paid_until=periods.day_after(on, 1),
    )
