"""REP8 and REP9: every card, lot and credit with something left on a day, and how old what is left is."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce

from accounting.asked import Asked
from accounting.tables import Cell, Column, Form, Row, Table, total
from giftcards.models import GiftCard, GiftCardMove
from ledger.subledgers import before
from memberships.models import LotMove, SessionLot
from memberships.subledger import moves_before
from pos.models import CreditMove
from studio.models import Location

OPEN = (
    Column("kind", "Kind"),
    Column("instrument", "Instrument", meaning="Masked: it pays nothing."),
    Column("location", "Sold at"),
    Column("client", "Client", meaning="The key of the client who has or bought it; empty when nobody is known."),
    Column("sold_on", "Sold", Form.DATE),
    Column("last_on", "Last activity", Form.DATE),
    Column("paid_cents", "Paid", Form.MONEY, "All that ever came on it and was paid for."),
    Column("face_cents", "Face left", Form.MONEY, "What it pays; the part of a promotion is in no account."),
    Column("units", "Sessions left", Form.COUNT),
    Column("left_cents", "Value left", Form.MONEY, "What is owed for it (22xx)."),
    Column("income_cents", "Counted as income", Form.MONEY, "Breakage recognized on it (2205)."),
    Column("expires_on", "Expires", Form.DATE),
    Column("state", "State", meaning="As it is today."),
)
AGES = ((30, "0–30 days"), (90, "31–90"), (180, "91–180"), (365, "181–365"), (730, "1–2 years"), (1095, "2–3 years"))
OLDER = ((1825, "3–5 years"), (36_500, "over 5 years"))
BUCKETS = tuple((days, f"to_{days}_days_cents", title) for days, title in (*AGES, *OLDER))
AGED = (
    Column("kind", "Kind"),
    Column("location", "Sold at"),
    *(Column(name, title, Form.MONEY) for _, name, title in BUCKETS),
    Column("left_cents", "Value left", Form.MONEY, "What is owed (22xx)."),
)
NOTE = "As it stood when the last day of the range was over, by the moves of cards, sessions and credits."
STATES = {**dict(GiftCard.Status.choices), **dict(SessionLot.Status.choices)}
KINDS = {SessionLot.Kind.PACKAGE: "Packages", SessionLot.Kind.CREDIT: "Member credits"}


@dataclass(frozen=True, slots=True)
class Open:
    """Something with a value left: what it is, whose, since when, and how much; amounts in cents."""

    kind: str
    instrument: str
    place: Location
    client: str
    sold_at: dt.datetime
    last_at: dt.datetime
    paid_cents: int
    face_cents: int
    left_cents: int
    units: int | None = None
    income_cents: int = 0
    expires_on: dt.date | None = None
    state: str = ""

    def row(self) -> Row:
        """Its line in the list."""
        cells: dict[str, Cell] = {column.name: getattr(self, column.name, None) for column in OPEN}
        days: dict[str, Cell] = {name: self.place.business_date(at) for name, at in self._moments()}
        return Row({**cells, **days, "location": self.place.code, "state": STATES.get(self.state, "")})

    def _moments(self) -> tuple[tuple[str, dt.datetime], ...]:
        return ("sold_on", self.sold_at), ("last_on", self.last_at)


class OpenInstruments:
    """REP8, open instruments at a date."""

    code: ClassVar[str] = "REP8"
    slug: ClassVar[str] = "open-instruments"
    group: ClassVar[str] = "What is owed"
    title: ClassVar[str] = "Open cards, sessions and credits"
    meaning: ClassVar[str] = "All that clients had not used up when the last day of the range was over, one by one."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each, the oldest of each kind first; in one query for each kind."""
        rows = [one.row() for one in outstanding(asked, using=using)]
        return [Table("open", "One by one", OPEN, rows, total(OPEN, rows, kind="Total"), note=NOTE)]


class AgedLiability:
    """REP9, aged liability."""

    code: ClassVar[str] = "REP9"
    slug: ClassVar[str] = "aged"
    group: ClassVar[str] = "What is owed"
    title: ClassVar[str] = "Aged liability"
    meaning: ClassVar[str] = "How long ago was sold, and last used, what clients have not used up."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """The same value twice: by the day of the sale and by the last activity."""
        found = list(outstanding(asked, using=using))
        sold = _aged(asked, [(one, one.sold_at) for one in found])
        used = _aged(asked, [(one, one.last_at) for one in found])
        return [
            Table("by-sale", "By day of sale", AGED, sold, total(AGED, sold, kind="Total"), note=NOTE),
            Table("by-activity", "By last activity", AGED, used, total(AGED, used, kind="Total"), note=NOTE),
        ]


def outstanding(asked: Asked, *, using: str) -> Iterator[Open]:
    """Each card, lot and store credit of these locations with something left at the end of the range."""
    places = {place.pk: place for place in asked.places}
    yield from _cards(asked.ends_on, places, using)
    yield from _lots(asked.ends_on, places, using)
    yield from _credits(asked.ends_on, places, using)


def _cards(ends_on: dt.date, places: Mapping[int, Location], using: str) -> Iterator[Open]:
    happened = before(ends_on, moment="at", place="location", using=using)
    moves = GiftCardMove.objects.using(using).filter(happened, card__location__in=places).order_by()
    bought = Q(kind__in=["sold", "loaded", "imported", "moved_in"])
    rows = moves.values("card_id", "card__last4", "card__location", "card__expires_on", "card__status").annotate(
        owner=Coalesce("card__holder", "card__buyer"),
        left=Sum("paid_cents"),
        face=Sum(F("paid_cents") + F("promo_cents")),
        income=Sum("breakage_cents"),
        paid=Coalesce(Sum("paid_cents", filter=bought), 0),
        first=Min("at"),
        last=Max("at", filter=~Q(kind="breakage")),
    )
    for row in rows.exclude(face=0, left=0).order_by("first", "card_id").iterator(chunk_size=2000):
        yield Open(
            "Gift cards",
            f"···{row['card__last4']}",
            places[row["card__location"]],
            str(row["owner"] or ""),
            row["first"],
            row["last"] or row["first"],
            int(row["paid"]),
            int(row["face"]),
            int(row["left"]),
            income_cents=int(row["income"]),
            expires_on=row["card__expires_on"],
            state=row["card__status"],
        )


def _lots(ends_on: dt.date, places: Mapping[int, Location], using: str) -> Iterator[Open]:
    certain, doubtful = moves_before(ends_on, using)
    about_midnight = LotMove.objects.using(using).filter(pk__in=[move.pk for move in doubtful])
    moves = (certain | about_midnight).filter(lot__location__in=places).order_by()
    names = ("lot_id", "lot__kind", "lot__location", "lot__client", "lot__expires_on", "lot__status")
    rows = moves.values(*names).annotate(
        paid=Coalesce(Sum("value_cents", filter=Q(kind__in=["opened", "received", "raised"])), 0),
        left=Sum("value_cents"),
        sessions=Sum("units"),
        first=Min("at"),
        last=Max("at"),
    )
    for row in rows.exclude(sessions=0, left=0).order_by("lot__kind", "first", "lot_id").iterator(chunk_size=2000):
        yield Open(
            KINDS[row["lot__kind"]],
            f"···{str(row['lot_id'])[-6:]}",
            places[row["lot__location"]],
            str(row["lot__client"]),
            row["first"],
            row["last"],
            int(row["paid"]),
            int(row["left"]),
            int(row["left"]),
            units=row["sessions"],
            expires_on=row["lot__expires_on"],
            state=row["lot__status"],
        )


def _credits(ends_on: dt.date, places: Mapping[int, Location], using: str) -> Iterator[Open]:
    in_sales = before(ends_on, moment="at", place="tender__sale__location", using=using)
    others = Q(tender=None) & before(ends_on, moment="at", place="credit__location", using=using)
    moves = CreditMove.objects.using(using).filter(in_sales | others, credit__location__in=places).order_by()
    rows = moves.values("credit_id", "credit__location", "credit__client").annotate(
        paid=Coalesce(Sum("amount_cents", filter=Q(amount_cents__gt=0)), 0),
        left=Sum("amount_cents"),
        first=Min("at"),
        last=Max("at"),
    )
    for row in rows.exclude(left=0).order_by("first", "credit_id").iterator(chunk_size=2000):
        yield Open(
            "Store credit",
            f"···{str(row['credit_id'])[-6:]}",
            places[row["credit__location"]],
            str(row["credit__client"]),
            row["first"],
            row["last"],
            int(row["paid"]),
            int(row["left"]),
            int(row["left"]),
        )


def _aged(asked: Asked, found: Sequence[tuple[Open, dt.datetime]]) -> list[Row]:
    """What is left by kind and location, each in the bucket of how many days that moment lies back."""
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: {name: 0 for _, name, _ in BUCKETS})
    for one, at in found:
        age = (asked.last_on - one.place.business_date(at)).days
        bucket = next((name for days, name, _ in BUCKETS if age <= days), BUCKETS[-1][1])
        sums[one.kind, one.place.code][bucket] += one.left_cents
    return [
        Row({"kind": kind, "location": place, **cells, "left_cents": sum(cells.values())})
        for (kind, place), cells in sorted(sums.items())
    ]
