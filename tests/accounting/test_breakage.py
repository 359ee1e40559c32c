import datetime as dt
import uuid

import pytest
from django.db import transaction

from accounting.asked import Asked
from accounting.reports.breakage import BreakageWorkbook, UnclaimedProperty
from giftcards import forgotten, life
from giftcards.models import CardLaw, GiftCard, UnclaimedLaw
from ledger.journal import balances
from pos.asked import Desk
from tests.builders import NOW, START, Studio, custom
from tests.giftcards.cards import code_of, sells_card

pytestmark = pytest.mark.django_db
LONG_AGO = dt.datetime(2021, 2, 10, 15, 0, tzinfo=dt.UTC)
SINCE, UNTIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)


@pytest.fixture
def card(studio: Studio) -> GiftCard:
    """Sold for $100 five years ago, $40 of it used a month later."""
    sold = sells_card(studio.desk.at(LONG_AGO), 100_00)
    desk = studio.desk.at(LONG_AGO + dt.timedelta(days=30)).rings_up(custom("Mat", 40_00))
    desk.tenders("gift_card", instrument=code_of(sold))
    desk.completes()
    return GiftCard.objects.get(pk=sold.pk)


def asked(studio: Studio, since: dt.date = SINCE, until: dt.date = UNTIL) -> Asked:
    return Asked(since, until, (studio.location,))


def rows(report: object, question: Asked) -> list[dict[str, object]]:
    (table,) = report.tables(question, using="default")
    return [dict(row.cells) for row in table.rows]


def says(**fields: object) -> UnclaimedLaw:
    UnclaimedLaw.objects.all().delete()
    told = {"state": "OH", "starts_on": START, "dormancy_years": 5, "source": "for the test"}
    return UnclaimedLaw.objects.create(**{**told, **fields})


def test_the_workbook_says_what_became_of_the_cards_of_a_month(studio: Studio, card: GiftCard) -> None:
    CardLaw.objects.create(state="OH", starts_on=START, is_never_escheated=True, source="for the test")
    with transaction.atomic():
        desk = Desk(location=studio.location, staff=studio.owner, device=studio.device)
        forgotten.count_as_income(card, review_id=uuid.uuid4(), desk=desk, now=NOW)

    (row,) = rows(BreakageWorkbook(), asked(studio))

    assert row == {
        "cohort": dt.date(2021, 2, 1),
        "cards": 1,
        "sold_cents": 100_00,
        "used_cents": 40_00,
        "other_cents": 0,
        "left_cents": 60_00,
        "left_percent": 60,
        "income_cents": 60_00,
        "this_period_cents": 60_00,
        "remaining_cents": 0,
    }
    assert balances()["2205 Gift card breakage recognized"] == 60_00
    (earlier,) = rows(BreakageWorkbook(), asked(studio, dt.date(2021, 2, 1), dt.date(2021, 3, 1)))
    assert (earlier["used_cents"], earlier["left_cents"], earlier["income_cents"]) == (0, 100_00, 0)


def test_what_a_state_may_ask_for_is_listed_with_its_part(studio: Studio, card: GiftCard) -> None:
    says(state_percent=60, property_code="SC14")

    (row,) = rows(UnclaimedProperty(), asked(studio))

    assert row == {
        "state": "OH",
        "kind": "gift cards",
        "instrument": card.serial,
        "client": "",
        "issued_on": dt.date(2021, 2, 10),
        "last_used_on": dt.date(2021, 3, 12),
        "dormant_on": dt.date(2026, 3, 12),
        "balance_cents": 60_00,
        "state_percent": 60,
        "reportable_cents": 36_00,
        "property_code": "SC14",
        "status": "dormant, not confirmed by a lawyer",
        "source": "for the test",
    }


@pytest.mark.parametrize(
    ("law", "dormant_on", "reportable", "status"),
    [
        ({"dormancy_years": 6}, dt.date(2027, 3, 12), 0, "rests, not confirmed by a lawyer"),
        ({"counts_from": "issue"}, dt.date(2026, 2, 10), 60_00, "dormant, not confirmed by a lawyer"),
        ({"standing": "confirmed", "checked_on": START}, dt.date(2026, 3, 12), 60_00, "dormant"),
        ({"state": "NY"}, None, 0, "no row of the law"),
        ({"ends_on": SINCE}, None, 0, "no row of the law"),
        ({"kind": "store_credit"}, None, 0, "no row of the law"),
    ],
)
def test_the_law_says_when_and_whether(
    studio: Studio, card: GiftCard, law: dict[str, object], dormant_on: dt.date | None, reportable: int, status: str
) -> None:
    says(**law)

    (row,) = rows(UnclaimedProperty(), asked(studio))

    assert (row.get("dormant_on"), row["reportable_cents"], row["status"]) == (dormant_on, reportable, status)


def test_what_the_law_leaves_to_the_house_is_not_reportable(studio: Studio, card: GiftCard) -> None:
    says()
    CardLaw.objects.create(state="OH", starts_on=START, is_never_escheated=True, source="for the test")

    (row,) = rows(UnclaimedProperty(), asked(studio))

    assert (row["reportable_cents"], row["status"]) == (0, "stays with the house")


def test_a_card_that_is_cashed_out_is_not_listed(studio: Studio, card: GiftCard) -> None:
    owner = studio.desk.with_(studio.owner)
    owner.opens_drawer(100_00)
    with transaction.atomic():
        life.cash_out(card, desk=owner.desk, now=NOW)

    assert rows(UnclaimedProperty(), asked(studio)) == []
    (before,) = rows(UnclaimedProperty(), asked(studio, dt.date(2026, 1, 1), dt.date(2026, 2, 1)))
    assert before["balance_cents"] == 60_00
