import datetime as dt
from typing import Any

import pytest

from accounting.asked import Asked
from accounting.reports.between import BetweenLocations
from accounting.reports.outstanding import AgedLiability, OpenInstruments
from accounting.reports.rollforward import MOVES, RollForward, means
from accounting.tables import Row
from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from studio.models import Location
from tests.accounting.months import FEBRUARY, MARCH, TENTH
from tests.accounting.varied import a_varied_month
from tests.builders import Studio, beach, of
from tests.giftcards.cards import code_of, sells_card

pytestmark = pytest.mark.django_db
JANUARY, APRIL = dt.date(2026, 1, 1), dt.date(2026, 4, 1)


def rows(asked: Asked) -> list[Row]:
    (table,) = RollForward().tables(asked, using="default")
    return list(table.rows)


def of_kind(asked: Asked, kind: str, place: Location) -> dict[str, Any]:
    """What is not zero in the row of that kind."""
    (row,) = [row for row in rows(asked) if (row.cells["kind"], row.cells["location"]) == (kind, place.code)]
    return {name: cell for name, cell in row.cells.items() if isinstance(cell, int) and cell}


def closes(row: Row) -> bool:
    """I18: the opening and all moves are the closing, which is what the rows behind the books say."""
    cells: dict[str, Any] = dict(row.cells)
    moved = sum(cells[name] for name in MOVES)
    return cells["opening_cents"] + moved == cells["closing_cents"] and cells["difference_cents"] == 0


def test_each_debt_is_rolled_forward_from_what_it_was_to_what_it_is(studio: Studio) -> None:
    a_varied_month(studio)
    asked = Asked(FEBRUARY, MARCH, (studio.location,))

    assert of_kind(asked, "Gift cards", studio.location) == {
        "sold_cents": 120_00,
        "used_here_cents": -110_00,
        "closing_cents": 10_00,
        "closing_count": 1,
        "counted_cents": 10_00,
    }
    assert of_kind(asked, "Packages", studio.location) == {
        "sold_cents": 450_00,
        "used_here_cents": -90_00,
        "closing_cents": 360_00,
        "closing_count": 1,
        "counted_cents": 360_00,
    }


def test_a_month_opens_with_what_the_one_before_it_closed_with(studio: Studio) -> None:
    a_varied_month(studio)

    three = rows(Asked(JANUARY, APRIL, (studio.location,)))

    assert three
    assert all(closes(row) for row in three)
    cards = [row.cells for row in three if row.cells["kind"] == "Gift cards"]
    assert [row["closing_cents"] for row in cards] == [10_00, 10_00]
    assert (cards[1]["opening_cents"], cards[1]["opening_count"]) == (10_00, 1)
    (table,) = RollForward().tables(Asked(JANUARY, APRIL, (studio.location,)), using="default")
    assert table.total is not None
    assert closes(table.total)
    assert table.total.cells["closing_cents"] == 370_00


def test_a_sale_that_is_voided_leaves_nothing_sold(studio: Studio) -> None:
    desk = studio.desk.at(TENTH)
    card = sells_card(desk, 200_00)
    used = desk.rings_up(of("ashiatsu-60", by=studio.ana)).tenders("gift_card", instrument=code_of(card))
    paid = desk.completes()
    assert used.sale.pk == paid.sale.pk

    studio.managers_desk.at(TENTH).later(minutes=1).voids(paid)

    found = of_kind(Asked(FEBRUARY, MARCH, (studio.location,)), "Gift cards", studio.location)
    assert found == {"sold_cents": 200_00, "closing_cents": 200_00, "closing_count": 1, "counted_cents": 200_00}


def test_a_card_that_pays_elsewhere_is_owed_to_that_location(studio: Studio) -> None:
    card = sells_card(studio.desk.at(TENTH), 200_00)
    other = beach()
    desk = studio.desk.at(TENTH).with_(studio.owner).at_location(other).rings_up(of("ashiatsu-60", by=studio.ana))
    desk.tenders("gift_card", instrument=code_of(card))
    desk.completes()
    asked = Asked(FEBRUARY, MARCH, (studio.location, other))

    found = of_kind(asked, "Gift cards", studio.location)
    (table,) = BetweenLocations().tables(asked, using="default")
    (pair,) = table.rows

    assert found["used_elsewhere_cents"] == -110_00
    assert "used_here_cents" not in found
    assert dict(pair.cells) == {
        "seller": studio.location.code,
        "redeemer": "BCH",
        "opening_cents": 0,
        "redeemed_cents": 110_00,
        "settled_cents": 0,
        "closing_cents": 110_00,
        "mirror_cents": 110_00,
        "difference_cents": 0,
    }


def test_what_nobody_thought_of_is_an_adjustment_and_a_difference(studio: Studio) -> None:
    journal.post(
        key="by hand",
        kind="nobody_thought_of",
        location=studio.location,
        occurred_at=TENTH,
        now=TENTH,
        lines=[debit(Account.BANK, 5_00), credit(Account.GIFT_CARDS, 5_00, instrument="?")],
    )

    found = of_kind(Asked(FEBRUARY, MARCH, (studio.location,)), "Gift cards", studio.location)

    assert found == {"adjusted_cents": 5_00, "closing_cents": 5_00, "closing_count": 1, "difference_cents": 5_00}


@pytest.mark.parametrize("kind", ["refund", "no_show", "expiry", "void", "anything"])
def test_every_posting_on_a_debt_has_a_column(kind: str) -> None:
    sides = [(adds, tender) for adds in (True, False) for tender in (True, False)]
    assert {means(kind, adds=adds, is_tender=tender, is_elsewhere=False) for adds, tender in sides} <= set(MOVES)


@pytest.mark.parametrize("ends_on", [dt.date(2026, 2, 10), dt.date(2026, 2, 11), APRIL])
def test_what_is_open_one_by_one_is_what_the_books_owe(studio: Studio, ends_on: dt.date) -> None:
    a_varied_month(studio)
    asked = Asked(FEBRUARY, ends_on, (studio.location,))

    closing = sum(int(str(row.cells["closing_cents"])) for row in rows(asked) if row.cells["month"] == _last(asked))
    (listed,) = OpenInstruments().tables(asked, using="default")
    aged = AgedLiability().tables(asked, using="default")

    assert closing == (0 if ends_on == dt.date(2026, 2, 10) else 370_00)
    assert [table.total.cells["left_cents"] for table in (listed, *aged) if table.total] == [closing] * 3


def test_what_is_open_says_how_much_of_it_is_left(studio: Studio) -> None:
    card = a_varied_month(studio)

    (table,) = OpenInstruments().tables(Asked(FEBRUARY, MARCH, (studio.location,)), using="default")
    cells, lot = (row.cells for row in table.rows)

    assert (cells["instrument"], cells["paid_cents"], cells["left_cents"]) == (f"···{card.last4}", 120_00, 10_00)
    assert (cells["sold_on"], cells["state"]) == (dt.date(2026, 2, 10), "active")
    assert (lot["kind"], lot["units"], lot["paid_cents"], lot["left_cents"]) == ("Packages", 4, 450_00, 360_00)


def _last(asked: Asked) -> dt.date:
    return asked.last_on.replace(day=1)
