"""REP19: what locations owe each other for value that one sold and another one redeemed."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from accounting.asked import Asked
from accounting.tables import Column, Form, Row, Table, total
from ledger.accounts import Account
from ledger.models import Posting

SETTLED = "location_settlement"
COLUMNS = (
    Column("seller", "Sold at", meaning="It was paid there; it owes."),
    Column("redeemer", "Used at", meaning="It did the work; it is owed."),
    Column("opening_cents", "Opening", Form.MONEY, "Owed before the first day."),
    Column("redeemed_cents", "Used", Form.MONEY, "Used there in the range, less what was given back."),
    Column("settled_cents", "Settled", Form.MONEY, "Paid from one to the other; negative."),
    Column("closing_cents", "Closing", Form.MONEY, "Owed after the last day (2500 of the seller)."),
    Column("mirror_cents", "Owed by the other's books", Form.MONEY, "The same by the other location (1400)."),
    Column("difference_cents", "Difference", Form.MONEY, "Must be 0."),
)


class BetweenLocations:
    """REP19, the matrix between locations."""

    code: ClassVar[str] = "REP19"
    slug: ClassVar[str] = "between-locations"
    group: ClassVar[str] = "What is owed"
    title: ClassVar[str] = "Between locations"
    meaning: ClassVar[str] = "Cards, sessions and credits that one location sold and another one redeemed."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each pair of locations that ever owed each other and of which one was asked for; in one query."""
        codes = {place.code for place in asked.places}
        rows = [_pair(row) for row in _by_pair(asked, using=using)]
        rows = [row for row in rows if codes & {row.cells["seller"], row.cells["redeemer"]}]
        return [Table("pairs", "Pair by pair", COLUMNS, rows, total(COLUMNS, rows, seller="Total"))]


def _by_pair(asked: Asked, *, using: str) -> Any:
    owes, before = Q(account=Account.DUE_TO_LOCATIONS), Q(entry__business_date__lt=asked.starts_on)
    settled = Q(entry__kind=SETTLED)
    rows = Posting.objects.using(using).filter(
        account__in=[Account.DUE_TO_LOCATIONS, Account.DUE_FROM_LOCATIONS], entry__business_date__lt=asked.ends_on
    )
    return (
        rows.order_by("instrument")
        .values("instrument")
        .annotate(
            opening=Coalesce(Sum("amount_cents", filter=owes & before), 0),
            redeemed=Coalesce(Sum("amount_cents", filter=owes & ~before & ~settled), 0),
            settled=Coalesce(Sum("amount_cents", filter=owes & ~before & settled), 0),
            mirror=Coalesce(Sum("amount_cents", filter=Q(account=Account.DUE_FROM_LOCATIONS)), 0),
        )
    )


def _pair(row: Any) -> Row:
    _, seller, redeemer = row["instrument"].split(":")
    closing = -int(row["opening"] + row["redeemed"] + row["settled"])
    return Row(
        {
            "seller": seller,
            "redeemer": redeemer,
            "opening_cents": -int(row["opening"]),
            "redeemed_cents": -int(row["redeemed"]),
            "settled_cents": -int(row["settled"]),
            "closing_cents": closing,
            "mirror_cents": int(row["mirror"]),
            "difference_cents": closing - int(row["mirror"]),
        }
    )
