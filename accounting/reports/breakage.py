"""REP10 and REP11: what became of the cards of each month, and which forgotten value a state may ask for."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Count, DateField, Max, Min, Q, Sum
from django.db.models.functions import Coalesce, TruncDate, TruncMonth

from accounting.asked import Asked
from accounting.tables import Cell, Column, Form, Row, Table, total
from giftcards.models import CardLaw, GiftCard, GiftCardMove, UnclaimedLaw
from ledger.money import at_rate
from ledger.subledgers import before
from pos.models import ClientCredit, CreditMove
from studio.models import Location

Kind = GiftCardMove.Kind
BOUGHT = (Kind.SOLD, Kind.LOADED, Kind.IMPORTED, Kind.UNSOLD)
USED = (Kind.USED, Kind.RESTORED)
WORKBOOK = (
    Column("cohort", "Sold in", Form.DATE, "The first day of the month in which the cards were issued."),
    Column("cards", "Cards", Form.COUNT),
    Column("sold_cents", "Paid", Form.MONEY, "What was paid for them and loaded on them, less voided sales."),
    Column("used_cents", "Used", Form.MONEY, "What of that has paid sales by the last day of the range."),
    Column("other_cents", "Otherwise gone", Form.MONEY, "Refunded, cashed out, expired, revoked, or moved."),
    Column("left_cents", "Left", Form.MONEY, "What is still owed on them (2200)."),
    Column("left_percent", "Left, of 100", Form.PERCENT, "What of what was paid is not used by now."),
    Column("income_cents", "Counted as income", Form.MONEY, "Breakage recognized by the last day (2205)."),
    Column("this_period_cents", "In this range", Form.MONEY, "What of that was recognized in the range."),
    Column("remaining_cents", "Not counted", Form.MONEY, "What is left and was not counted as income."),
)
UNCLAIMED = (
    Column("state", "State", meaning="The card's own, otherwise that of the location that sold it."),
    Column("kind", "Kind"),
    Column("instrument", "Instrument", meaning="Its public name: it pays nothing."),
    Column("client", "Client", meaning="The key of the client who holds or bought it; empty when nobody is known."),
    Column("issued_on", "Issued", Form.DATE),
    Column("last_used_on", "Last activity", Form.DATE),
    Column("dormant_on", "Dormant from", Form.DATE, "Empty: there is no row of the law for its state."),
    Column("balance_cents", "Left", Form.MONEY),
    Column("state_percent", "State's part", Form.PERCENT),
    Column("reportable_cents", "Reportable", Form.MONEY, "What the state may ask for by the last day of the range."),
    Column("property_code", "Property code"),
    Column("status", "Status"),
    Column("source", "By"),
)


class BreakageWorkbook:
    """REP10, breakage workbook."""

    code: ClassVar[str] = "REP10"
    slug: ClassVar[str] = "breakage"
    group: ClassVar[str] = "What is owed"
    title: ClassVar[str] = "Breakage workbook"
    meaning: ClassVar[str] = "What became of the gift cards of each month, and what of them was counted as income."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each month in which cards were issued, the oldest first; in two queries."""
        rows = [_cohort(row) for row in _by_cohort(asked, using)]
        return [
            Table(
                name="breakage",
                title="Cards by the month of their issue",
                columns=WORKBOOK,
                rows=rows,
                total=total(WORKBOOK, rows, cohort=None),
                note="Method: remote. Income is recognized card by card, after two years without use, where the law "
                "lets the house keep it, and with somebody's approval; nothing happens by itself.",
            )
        ]


class UnclaimedProperty:
    """REP11, unclaimed property."""

    code: ClassVar[str] = "REP11"
    slug: ClassVar[str] = "unclaimed"
    group: ClassVar[str] = "What is owed"
    title: ClassVar[str] = "Unclaimed property"
    meaning: ClassVar[str] = "Gift cards and store credit that nobody uses, and what their states may ask for."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each card and credit with something left, those that are dormant the longest first."""
        law = _Law(asked.last_on, using)
        rows = [law.row(one) for one in (*_cards(asked, using), *_credits(asked, using))]
        rows.sort(key=_longest_first)
        return [
            Table(
                name="unclaimed",
                title="What is left, by how long it rests",
                columns=UNCLAIMED,
                rows=rows,
                total=total(UNCLAIMED, rows, state="Total"),
                note="No legal advice. A row of the law that no lawyer has confirmed says so; nothing is posted.",
            )
        ]


# By the month of issue -----------------------------------------------------------------------------------------------


def _by_cohort(asked: Asked, using: str) -> Iterable[Any]:
    happened = before(asked.ends_on, moment="at", place="location", using=using)
    in_range = ~before(asked.starts_on, moment="at", place="location", using=using)
    moves = GiftCardMove.objects.using(using).filter(happened, card__location__in=asked.places)
    issued = Coalesce("card__issued_on", TruncDate("card__made_at"), output_field=DateField())
    return (
        moves.order_by()
        .values(cohort=TruncMonth(issued))
        .annotate(
            sold=Coalesce(Sum("paid_cents", filter=Q(kind__in=BOUGHT)), 0),
            used=Coalesce(Sum("paid_cents", filter=Q(kind__in=USED)), 0),
            left=Coalesce(Sum("paid_cents"), 0),
            income=Coalesce(Sum("breakage_cents"), 0),
            lately=Coalesce(Sum("breakage_cents", filter=in_range), 0),
            cards=Count("card", distinct=True),
        )
        .order_by("cohort")
    )


def _cohort(row: Any) -> Row:
    sold, used, left = int(row["sold"]), -int(row["used"]), int(row["left"])
    return Row(
        {
            "cohort": row["cohort"],
            "cards": row["cards"],
            "sold_cents": sold,
            "used_cents": used,
            "other_cents": sold - used - left,
            "left_cents": left,
            "left_percent": (Decimal(100 * left) / sold).quantize(Decimal("0.1")) if sold else None,
            "income_cents": int(row["income"]),
            "this_period_cents": int(row["lately"]),
            "remaining_cents": left - int(row["income"]),
        }
    )


# What nobody uses ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Resting:
    """Something with a balance: what it is, whose, and when it was issued and last used."""

    kind: str
    state: str
    instrument: str
    client: str
    issued_on: dt.date
    last_used_on: dt.date
    balance_cents: int


class _Law:
    """The rows of the law on a day, by state and kind; read once."""

    def __init__(self, on: dt.date, using: str) -> None:
        self.on = on
        self.rules = {(row.state, row.kind): row for row in UnclaimedLaw.objects.using(using).in_force(on=on)}
        laws = CardLaw.objects.using(using).filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on)
        self.exempt = set(laws.filter(is_never_escheated=True).values_list("state", flat=True))

    def row(self, one: _Resting) -> Row:
        """One thing with what its state may ask for."""
        rule = self.rules.get((one.state, one.kind))
        is_exempt = one.kind == UnclaimedLaw.Kind.GIFT_CARD and bool({one.state, ""} & self.exempt)
        cells: dict[str, Cell] = {
            "state": one.state,
            "kind": UnclaimedLaw.Kind(one.kind).label,
            "instrument": one.instrument,
            "client": one.client,
            "issued_on": one.issued_on,
            "last_used_on": one.last_used_on,
            "balance_cents": one.balance_cents,
            "reportable_cents": 0,
            "status": "stays with the house" if is_exempt else "no row of the law",
        }
        return Row(cells if rule is None or is_exempt else {**cells, **self._by(rule, one)})

    def _by(self, rule: UnclaimedLaw, one: _Resting) -> dict[str, Cell]:
        dormant_on = rule.dormant_on(issued_on=one.issued_on, last_used_on=one.last_used_on)
        is_dormant = dormant_on <= self.on
        share_cents = at_rate(one.balance_cents, Decimal(rule.state_percent) / 100)
        confirmed = "" if rule.standing == UnclaimedLaw.Standing.CONFIRMED else ", not confirmed by a lawyer"
        return {
            "dormant_on": dormant_on,
            "state_percent": Decimal(rule.state_percent),
            "reportable_cents": share_cents if is_dormant else 0,
            "property_code": rule.property_code,
            "status": ("dormant" if is_dormant else "rests") + confirmed,
            "source": rule.source,
        }


def _cards(asked: Asked, using: str) -> Iterator[_Resting]:
    happened = before(asked.ends_on, moment="at", place="location", using=using)
    moves = GiftCardMove.objects.using(using).filter(happened, card__location__in=asked.places).order_by()
    sums = moves.values("card").annotate(
        left=Sum("paid_cents"), first=Min("at"), last=Max("at", filter=~Q(kind=Kind.BREAKAGE))
    )
    left = {row["card"]: row for row in sums.filter(left__gt=0)}
    cards = GiftCard.objects.using(using).filter(pk__in=moves.values("card")).select_related("location")
    for card in cards.order_by("pk").iterator(chunk_size=2000):
        if (row := left.get(card.pk)) is not None:
            zone: Location = card.location
            yield _Resting(
                UnclaimedLaw.Kind.GIFT_CARD,
                card.state or card.location.state,
                card.serial,
                str(card.holder_id or card.buyer_id or ""),
                card.issued_on or zone.business_date(row["first"]),
                zone.business_date(row["last"] or row["first"]),
                int(row["left"]),
            )


def _credits(asked: Asked, using: str) -> Iterator[_Resting]:
    happened = before(asked.ends_on, moment="at", place="credit__location", using=using)
    moves = CreditMove.objects.using(using).filter(happened, credit__location__in=asked.places).order_by()
    sums = moves.values("credit").annotate(left=Sum("amount_cents"), first=Min("at"), last=Max("at"))
    left = {row["credit"]: row for row in sums.filter(left__gt=0)}
    found = ClientCredit.objects.using(using).filter(pk__in=moves.values("credit")).select_related("location")
    for credit in found.order_by("pk").iterator(chunk_size=2000):
        if (row := left.get(credit.pk)) is not None:
            yield _Resting(
                UnclaimedLaw.Kind.STORE_CREDIT,
                credit.location.state,
                str(credit),
                str(credit.client_id),
                credit.location.business_date(row["first"]),
                credit.location.business_date(row["last"]),
                int(row["left"]),
            )


def _longest_first(row: Row) -> tuple[bool, dt.date, str]:
    dormant_on = row.cells.get("dormant_on")
    known = isinstance(dormant_on, dt.date)
    return not known, dormant_on if isinstance(dormant_on, dt.date) else dt.date.max, str(row.cells["instrument"])
