"""Members, packages and credits of an older system: from a CSV file, all or nothing, as opening balances (rule 78).

Columns: kind (member, package, credit), number (of the old system, unique), name, email, phone, code (of the package or
plan), location, since; for members also paid_until; for the others bought, left, value, use_by and, in bundles, part.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.db.models import QuerySet

from ledger import journal
from ledger.accounts import Account
from ledger.journal import debit
from memberships import lots
from memberships.models import LotMove, Membership, Package, PackagePart, Plan, SessionLot
from pos import clients
from pos.asked import MAX_CENTS, Desk
from pos.models import Client
from studio import audit
from studio.ids import new_id
from studio.models import Location, Staff
from studio.refusal import BadInput, Refusal

ALWAYS = ("kind", "number", "name", "code", "location", "since")
COLUMNS = (*ALWAYS, "email", "phone", "paid_until", "bought", "left", "value", "use_by", "part")
DAY = dt.timedelta(days=1)


class BadRows(Refusal):
    """Rows that can not be read or fit nothing here; nothing was written. `problems` says which and why."""

    code = "bad_rows"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"{len(problems)} of the rows can not be imported; nothing was written.", problems=problems)
        self.problems = problems


@dataclass
class Imported:
    """What an import has made; sums in cents by account."""

    clients: int = 0
    members: int = 0
    packages: int = 0
    credits: int = 0
    cents: dict[Account, int] = field(default_factory=dict)

    def __str__(self) -> str:
        rows = f"{self.members} members, {self.packages} packages, {self.credits} credits"
        return f"{rows}, {self.clients} new clients"


def import_prepaid(text: str, *, by: Staff, now: dt.datetime) -> Imported:
    """Write everything that the file says in the caller's transaction; BadRows when anything in it is wrong."""
    rows = _rows(text)
    reader = _Reader(by=by, now=now)
    problems = [f"Row {number}, {error.field}: {error.sentence}" for number, error in reader.take(rows)]
    if problems:
        raise BadRows(problems)
    audit.record(
        at=now,
        action="prepaid_imported",
        actor=by,
        after={"summary": str(reader.made), **{account.title: cents for account, cents in reader.made.cents.items()}},
    )
    return reader.made


def _rows(text: str) -> list[dict[str, str]]:
    """The file's rows by column; BadRows when a column is missing or unknown."""
    table = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="", restval="")
    names = [name.strip().lower() for name in table.fieldnames or ()]
    problems = [f"The column “{name}” is missing." for name in ALWAYS if name not in names]
    problems += [f"There is no column “{name}”." for name in names if name not in COLUMNS]
    if problems:
        raise BadRows(problems)
    table.fieldnames = names
    rows = [{name: str(value).strip() for name, value in row.items()} for row in table]
    if not rows:
        raise BadRows(["There are no rows."])
    return rows


class _Reader:
    """Reads row by row, remembers whom and what it has seen."""

    def __init__(self, *, by: Staff, now: dt.datetime) -> None:
        self.by, self.now = by, now
        self.made = Imported()
        self.numbers: set[str] = set()
        self.clients: dict[str, Client] = {}
        self.locations = {place.code: place for place in Location.objects.all()}

    def take(self, rows: list[dict[str, str]]) -> Iterator[tuple[int, BadInput]]:
        """Write the rows; yields the number of each that is wrong, as a spreadsheet counts, and what is."""
        kinds = {"member": self._member, "package": self._package, "credit": self._credit}
        for number, row in enumerate(rows, start=2):
            try:
                self._must_be_new(row)
                if row["kind"].lower() not in kinds:
                    raise BadInput("kind", "is member, package or credit.")
                kinds[row["kind"].lower()](row)
            except BadInput as error:
                yield number, error

    def _must_be_new(self, row: dict[str, str]) -> None:
        number = row["number"]
        if not 0 < len(number) <= 40:
            raise BadInput("number", "is missing, or longer than 40 characters.")
        if number in self.numbers:
            raise BadInput("number", f"{number} is in the file twice.")
        self.numbers.add(number)
        if LotMove.objects.filter(key=_key(number)).exists():
            raise BadInput("number", f"{number} was imported before.")

    def _member(self, row: dict[str, str]) -> None:
        plan, place, since = _plan(row), self._location(row), _day(row, "since")
        paid_until = _day(row, "paid_until")
        if paid_until <= since:
            raise BadInput("paid_until", "is not after the day of joining.")
        if paid_until < place.business_date(self.now):
            raise BadInput("paid_until", "is in the past: give the day of the next payment.")
        client = self._client(row)
        if Membership.objects.filter(client=client, plan=plan).exclude(status=Membership.Status.ENDED).exists():
            raise BadInput("code", f"{client} has this membership already.")
        Membership.objects.create(
            client=client,
            plan=plan,
            location=place,
            status=Membership.Status.ACTIVE,
            joined_at=place.day_bounds(since)[0],
            anchor_on=since,
            paid_until=paid_until,
        )
        self.made.members += 1

    def _package(self, row: dict[str, str]) -> None:
        part = _part(row)
        taxed = part.package.tax_point == "sale"
        self._lot(row, SessionLot.Kind.PACKAGE, part=part, name=part.package.name, tax_was_paid=taxed)
        self.made.packages += 1

    def _credit(self, row: dict[str, str]) -> None:
        plan = _plan(row)
        self._lot(row, SessionLot.Kind.CREDIT, plan=plan, name=plan.name, tax_was_paid=plan.tax_point == "sale")
        self.made.credits += 1

    def _lot(
        self,
        row: dict[str, str],
        kind: SessionLot.Kind,
        *,
        name: str,
        tax_was_paid: bool,
        part: PackagePart | None = None,
        plan: Plan | None = None,
    ) -> None:
        place, since = self._location(row), _day(row, "since")
        left, cents = _whole(row, "left"), _cents(row)
        bought = _whole(row, "bought") if row.get("bought") else left
        if bought < left:
            raise BadInput("left", "is more than was bought.")
        use_by = _day(row, "use_by") if row.get("use_by") else None
        if use_by is not None and use_by < place.business_date(self.now):
            raise BadInput("use_by", "is over already: import it as store credit, or give another day.")
        lot = lots.open_lot(
            kind=kind,
            client=self._client(row),
            location=place,
            name=name,
            units=left,
            paid_cents=cents,
            now=place.day_bounds(since)[0],
            part=part,
            plan=plan,
            expires_on=use_by + DAY if use_by is not None else None,
            tax_was_paid=tax_was_paid,
            key=_key(row["number"]),
        )
        SessionLot.objects.filter(pk=lot.pk).update(granted_units=bought)
        self._post(lot, cents, key=_key(row["number"]))

    def _post(self, lot: SessionLot, cents: int, *, key: str) -> None:
        """Rule 78: one entry for each, so that the account is what the lots are from the first day."""
        journal.post(
            key=key,
            kind="opening",
            location=lot.location,
            occurred_at=self.now,
            now=self.now,
            lines=[debit(Account.OPENING_BALANCES, cents), lots.granted_value(lot, cents)],
            made_by=self.by,
        )
        self.made.cents[lot.account] = self.made.cents.get(lot.account, 0) + cents

    def _location(self, row: dict[str, str]) -> Location:
        place = self.locations.get(row["location"].upper())
        if place is None:
            raise BadInput("location", f"There is no location “{row['location']}”.")
        return place

    def _client(self, row: dict[str, str]) -> Client:
        """The client of that address or number, here or in the rows before; else a new one."""
        marks = [mark for mark in (row.get("email", "").lower(), row.get("phone", "")) if mark] or [row["name"].lower()]
        known = next((self.clients[mark] for mark in marks if mark in self.clients), None) or _find(row)
        client = known or self._new_client(row)
        self.clients |= dict.fromkeys(marks, client)
        return client

    def _new_client(self, row: dict[str, str]) -> Client:
        desk = Desk(location=self._location(row), staff=self.by)
        self.made.clients += 1
        return clients.put_client(
            client_id=new_id(),
            name=row["name"],
            email=row.get("email", ""),
            phone=row.get("phone", ""),
            desk=desk,
            now=self.now,
        )


def _key(number: str) -> str:
    return f"import:{number}"


def _find(row: dict[str, str]) -> Client | None:
    """A client who is here already: by mail address, else by number; by name only when neither is given."""
    everybody: QuerySet[Client] = Client.objects.order_by("created_at")
    if row.get("email"):
        return everybody.filter(email__iexact=row["email"]).first()
    if row.get("phone"):
        return everybody.filter(phone=row["phone"]).first()
    return everybody.filter(name__iexact=row["name"], email="", phone="").first()


def _plan(row: dict[str, str]) -> Plan:
    plan = Plan.objects.filter(code=row["code"]).order_by("-is_on_sale", "-version").first()
    if plan is None:
        raise BadInput("code", f"There is no plan “{row['code']}”.")
    return plan


def _part(row: dict[str, str]) -> PackagePart:
    package = Package.objects.filter(code=row["code"]).order_by("-is_on_sale", "-version").first()
    if package is None:
        raise BadInput("code", f"There is no package “{row['code']}”.")
    parts = list(package.parts.all())
    number = _whole(row, "part") if row.get("part") else 1
    if number > len(parts) or (len(parts) > 1 and not row.get("part")):
        raise BadInput("part", f"{package} has {len(parts)} parts: say which one, from 1.")
    return parts[number - 1]


def _day(row: dict[str, str], name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(row.get(name, ""))
    except ValueError as error:
        raise BadInput(name, "is no day: write 2026-03-31.") from error


def _whole(row: dict[str, str], name: str) -> int:
    text = row.get(name, "")
    if not text.isdecimal() or not 0 < int(text) <= 999:
        raise BadInput(name, "is a whole number from 1 to 999.")
    return int(text)


def _cents(row: dict[str, str]) -> int:
    try:
        exact = Decimal(row.get("value", "").replace(",", "").removeprefix("$")) * 100
    except InvalidOperation as error:
        raise BadInput("value", "is no amount: write 270.00.") from error
    if not exact.is_finite() or exact != int(exact) or not 0 <= exact <= MAX_CENTS:
        raise BadInput("value", "is an amount of dollars and cents, $100,000 at most.")
    return int(exact)
