"""Reports about sales: whichever of them one looks at, the same days come to the same, on days made at random."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from accounting.asked import Asked
from accounting.kinds import reports
from accounting.tables import Table
from giftcards import issuing
from giftcards.models import GiftCard
from giftcards.moving import Because
from ledger.accounts import Account
from ledger.models import Posting
from pos.basket import Basket
from studio.models import Location
from tests.accounting.months import FEBRUARY, MARCH, TENTH
from tests.accounting.varied import a_varied_month
from tests.builders import Studio, TestDesk, beach, build_studio, custom, of, percent_off, tax, tip
from tests.giftcards.cards import card_for, card_for_treatment, card_of, code_of
from tests.memberships.builders import buys, client, package, visits
from tests.soak import examples

AGREEING = ("sales", "months", "items", "tenders", "therapists", "tips", "sales-tax", "deposits", "cash-log")


def asked(**chosen: str) -> Asked:
    return Asked(FEBRUARY, MARCH, tuple(Location.objects.order_by("pk")), chosen)


def tables(slug: str, what: Asked | None = None) -> dict[str, Table]:
    return {table.name: table for table in reports()[slug].tables(what or asked(), using="default")}


def sums(slug: str, table: str, what: Asked | None = None) -> dict[str, Any]:
    return cells(tables(slug, what)[table])


def cells(table: Table) -> dict[str, Any]:
    """The last line of a table."""
    assert table.total is not None
    return dict(table.total.cells)


def lines(table: Table, first: str) -> dict[Any, dict[str, Any]]:
    return {row.cells[first]: dict(row.cells) for row in table.rows}


# A day that is known -------------------------------------------------------------------------------------------------


def test_categories_and_items_come_to_net_sales_and_prepaid_value_stands_apart(studio: Studio) -> None:
    a_varied_month(studio)
    found = tables("items")

    oil = lines(found["items"], "item")["massage-oil"]
    assert (oil["quantity"], oil["quantity_back"], oil["gross_cents"], oil["net_cents"]) == (2, 1, 48_00, 24_00)
    assert (oil["discount_cents"], oil["refund_cents"], oil["tax_cents"]) == (-4_00, -20_00, 1_74)
    by_category = lines(found["categories"], "category")
    assert (by_category["Treatments"]["quantity"], by_category["Treatments"]["net_cents"]) == (3, 310_00)
    assert by_category["Retail"]["net_cents"] == 24_00
    prepaid = lines(found["prepaid"], "what")
    assert (prepaid["Gift cards"]["sold_cents"], prepaid["Gift cards"]["used_cents"]) == (120_00, -110_00)
    assert (prepaid["Packages"]["sold_cents"], prepaid["Packages"]["used_cents"]) == (450_00, -90_00)


def test_tenders_tell_what_was_paid_and_what_went_back(studio: Studio) -> None:
    a_varied_month(studio)
    found = lines(tables("tenders")["tenders"], "tender")

    cash = found["Cash"]
    assert (cash["count"], cash["sales_cents"], cash["voided_cents"], cash["net_cents"]) == (3, 301_48, -25_74, 275_74)
    assert cash["tips_cents"] == 20_00
    assert found["Other terminal"]["refunds_cents"] == -21_45
    assert found["Gift card"]["net_cents"] == 110_00


def test_a_therapist_has_treatments_net_sales_and_what_sessions_paid(studio: Studio) -> None:
    a_varied_month(studio)
    ana = lines(tables("therapists")["therapists"], "therapist")["Ana"]

    assert (ana["sessions"], ana["net_cents"], ana["packages_cents"], ana["retail_cents"]) == (3, 310_00, 90_00, 0)


def test_tax_is_told_by_rate_with_its_base_and_what_was_given_back(studio: Studio) -> None:
    a_varied_month(studio)
    found = tables("sales-tax")

    assert [dict(row.cells) for row in found["jurisdictions"].rows] == [
        {
            "location": "UPT",
            "jurisdiction": "OH-FRANKLIN",
            "rate": found["jurisdictions"].rows[0].cells["rate"],
            "gross_cents": 924_00,
            "exempt_cents": 880_00,
            "taxable_cents": 44_00,
            "computed_cents": 3_19,
            "collected_cents": 3_19,
            "rounding_cents": 0,
            "refunded_cents": -1_45,
            "due_cents": 1_74,
        }
    ]
    bases = dict(found["bases"].rows[0].cells)
    assert (bases["prepaid_cents"], bases["no_rate_cents"], bases["taxable_cents"]) == (570_00, 310_00, 44_00)


def test_the_cash_log_expects_what_the_drawer_should_hold(studio: Studio) -> None:
    a_varied_month(studio)
    drawer = dict(next(iter(tables("cash-log")["drawers"].rows)).cells)

    assert (drawer["float_cents"], drawer["sales_cents"], drawer["refunds_cents"]) == (50_00, 301_48, -25_74)
    assert (drawer["expected_cents"], drawer["over_short_cents"], drawer["dropped_cents"]) == (325_74, 0, 275_74)


# Midnight and daylight saving (T49) ----------------------------------------------------------------------------------


def test_a_sale_counts_on_the_day_of_its_location_around_midnight_and_changes_of_the_clock(studio: Studio) -> None:
    def sells_at(text: str) -> None:
        studio.desk.at(dt.datetime.fromisoformat(text)).rings_up(of("massage-oil")).pays(external=24_00)

    moments = ("2026-02-01T04:59:56Z", "2026-02-01T05:00:01Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z")
    for text in (*moments, "2026-03-09T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z"):
        sells_at(text)
    year = Asked(dt.date(2026, 1, 1), dt.date(2027, 1, 1), (studio.location,))

    by_day = {row.cells["business_date"]: row.cells["tickets"] for row in tables("sales", year)["days"].rows}
    assert by_day == {
        dt.date(2026, 1, 31): 1,
        dt.date(2026, 2, 1): 1,
        dt.date(2026, 3, 8): 2,
        dt.date(2026, 3, 9): 1,
        dt.date(2026, 11, 1): 2,
    }
    by_month = lines(tables("months", year)["months"], "month")
    assert {month.month: cells["net_cents"] for month, cells in by_month.items()} == {
        1: 24_00,
        2: 24_00,
        3: 72_00,
        11: 48_00,
    }


# Days made at random -------------------------------------------------------------------------------------------------

deeds = st.lists(
    st.tuples(
        st.sampled_from(["cash", "external", "check", "card", "promo", "mat", "package", "visit", "treatment", "tip"]),
        st.integers(1, 300_00),
        st.none() | st.integers(1, 90),
        st.sampled_from(["", "", "refund", "void"]),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=6,
)
setups = st.fixed_dictionaries(
    {
        "cash_rounding": st.sampled_from(["none", "nickel"]),
        "tax_rounding": st.sampled_from(["invoice", "item"]),
        "prices_include_tax": st.booleans(),
    }
)


@contextmanager
def undone() -> Iterator[None]:
    """What is made within is gone afterwards."""
    with transaction.atomic():
        transaction.get_connection().savepoint()
        yield
        transaction.set_rollback(True)


@given(setup=setups, done=deeds, elsewhere=st.booleans())
@examples(4)
def test_all_reports_agree_about_days_made_at_random(
    db: None, setup: dict[str, Any], done: list[tuple[str, int, int | None, str, int]], elsewhere: bool
) -> None:
    with undone():
        studio = build_studio(**setup)
        make(studio, done, elsewhere=elsewhere)
        all_agree(asked())
        for place in Location.objects.all():
            all_agree(Asked(FEBRUARY, MARCH, (place,)))


def make(studio: Studio, done: list[tuple[str, int, int | None, str, int]], *, elsewhere: bool) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("FRANKLIN", "0.015"))
    tax(studio.location, "service", ("OH", "0.0575"))
    package(tax_point="sale")
    who = client()
    there = beach() if elsewhere else studio.location
    managers = studio.managers_desk.with_(studio.owner)
    managers.at(TENTH).opens_drawer(100_00)
    if elsewhere:
        managers.at_location(there).at(TENTH).opens_drawer(0)
    card = card_of(managers.at(TENTH).rings_up(card_for(500_00)).pays(external=500_00))
    promo = issuing.prepare(location=studio.location, now=TENTH)
    issuing.give_away(card=promo, promo_cents=90_00, because=Because("given", now=TENTH, at=studio.location))
    for n, (deed, cents, percent, then, days) in enumerate(done, start=1):
        at = TENTH + dt.timedelta(days=days, minutes=n)
        place = there if n % 2 and deed in ("card", "mat") else studio.location
        desk = managers.at_location(place).at(at)
        off = (percent_off(str(percent)),) if percent else ()
        tips = (tip(studio.ana, cents // 10 + 1), tip(studio.bo, 3)) if cents % 2 else ()
        if deed == "package":
            buys(desk, who)
            continue
        if deed == "visit":
            buys(desk, who)
            sold = visits(desk, studio, who)
        elif deed == "treatment":
            desk.rings_up(card_for_treatment("ashiatsu-60")).tenders("external")
            desk.completes()
            continue
        else:
            mat = [custom("Mat", cents)]
            goods = mat if deed == "mat" else [of("ashiatsu-60", by=studio.ana), of("massage-oil", quantity=3)]
            if deed == "tip":
                goods, off, tips = [], (), (tip(studio.bo, cents),)
            desk.rings_up(*goods, discounts=off, tips=tips)
            sold = pays(desk, deed, cents, {"card": card, "promo": promo}.get(deed))
        after = desk.later(seconds=20)
        if then == "void":
            after.voids(sold)
        elif then == "refund" and sold.lines:
            after.refunds(sold, (0, 1), tips=(0,) if tips else ())


def pays(desk: TestDesk, deed: str, cents: int, card: GiftCard | None) -> Basket:
    """A part by the card, when there is one with something on it; the rest as the deed says, in cash otherwise."""
    if card is not None and (free := GiftCard.objects.get(pk=card.pk).balance_cents):
        part = min(free, 1_00 + cents % 4_00, desk.last.due_cents)
        desk.tenders("gift_card", instrument=code_of(card), amount_cents=part)
    if desk.last.due_cents > 0:
        desk.tenders({"external": "external", "check": "check"}.get(deed, "cash"))
    return desk.completes()


def all_agree(what: Asked) -> None:
    told = {slug: tables(slug, what) for slug in AGREEING}
    daily = cells(told["sales"]["days"])
    net = daily["net_cents"]
    assert net == cells(told["months"]["months"])["net_cents"]
    assert net == cells(told["items"]["categories"])["net_cents"]
    assert net == cells(told["therapists"]["therapists"])["net_cents"]
    of_items = cells(told["items"]["items"])
    assert {name: of_items[name] for name in ("gross_cents", "discount_cents", "refund_cents", "net_cents")} == {
        "gross_cents": daily["gross_services_cents"] + daily["gross_retail_cents"] + daily["fees_cents"],
        "discount_cents": daily["discounts_cents"],
        "refund_cents": daily["refunds_cents"],
        "net_cents": net,
    }
    z_holds(daily)
    tenders = cells(told["tenders"]["tenders"])
    tips = cells(told["tips"]["tips"])
    assert tips["tips_cents"] == daily["tips_cents"] == tips["open_cents"] - tips["opening_cents"] - tips["paid_cents"]
    assert tenders["tips_cents"] == daily["tips_cents"] - tips["back_cents"]
    assert cells(told["sales-tax"]["jurisdictions"])["due_cents"] == daily["tax_cents"]
    bases = cells(told["sales-tax"]["bases"])
    parts = ("prepaid_cents", "paid_before_cents", "exempt_cents", "no_rate_cents", "taxable_cents")
    assert bases["gross_cents"] == sum(bases[name] for name in parts)
    bridge_holds(told["deposits"], daily)
    drawers = cells(told["cash-log"]["drawers"])
    assert drawers["sales_cents"] + drawers["refunds_cents"] == daily["cash_cents"]
    if len(what.places) == Location.objects.count():
        tenders_are_the_books(tenders, daily)


def z_holds(daily: dict[str, Any]) -> None:
    """I38: net sales + tax + tips + prepaid sold - used + rounding is what came in."""
    moved = ("gift", "package", "membership", "credit")
    prepaid = sum(daily[f"{what}_{how}_cents"] for what in moved for how in ("sold", "used"))
    names = ("net_cents", "tax_cents", "tips_cents", "rounding_cents", "other_cents")
    assert prepaid + sum(daily[name] for name in names) == daily["collected_cents"]


def tenders_are_the_books(tenders: dict[str, Any], daily: dict[str, Any]) -> None:
    """All that paid is what came in and what prepaid value was used, with its promotional part."""
    used = sum(daily[f"{what}_used_cents"] for what in ("gift", "package", "membership", "credit"))
    promo = sum(
        Posting.objects.filter(account=Account.DISCOUNTS).exclude(tender="").values_list("amount_cents", flat=True)
    )
    assert tenders["net_cents"] == daily["collected_cents"] - used + promo


def bridge_holds(found: dict[str, Table], daily: dict[str, Any]) -> None:
    steps = [row.cells["amount_cents"] for row in found["collected"].rows]
    assert (
        sum(steps[:-3]) == sum(steps[-3:]) == daily["collected_cents"] == found["collected"].total.cells["amount_cents"]
    )
    for name in ("cash", "card", "terminal"):
        bank = found[name].total.cells["amount_cents"]
        assert sum(row.cells["amount_cents"] for row in found[name].rows) == bank
