"""From what is asked to what it costs: taxes, discounts and tips that add up to the cent (R5, R6, R7)."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.money import share_out
from pos.asked import AskedDiscount, AskedLine, AskedSale, AskedTip
from pos.kinds import line_kind
from pos.models import Sale, SaleLine, TaxRate
from pos.pricing import Priced, context, list_prices, price, suggest_tips
from studio.models import Location, Staff
from studio.refusal import BadInput
from tests.builders import Studio, custom, item, of, percent_off, tax, tip
from tests.soak import examples

TODAY = dt.date(2026, 3, 2)
CATEGORIES = ("service", "retail", "exempt")

properties = examples(50)
"""Each example replaces the tax rates of the one before."""

cents = st.integers(1, 300_00) | st.integers(1, 50) | st.just(100_000_00)
percents = st.decimals("0.01", 100, places=2) | st.just(Decimal(100))
rates = st.decimals("0", "0.15", places=6) | st.sampled_from([Decimal("0.0725"), Decimal("0.04"), Decimal("0.00375")])
rate_tables = st.fixed_dictionaries({category: st.lists(rates, max_size=4) for category in CATEGORIES})


@st.composite
def lines(draw: st.DrawFn) -> AskedLine:
    unit_cents, quantity = draw(cents), draw(st.integers(1, 7))
    percent = draw(st.none() | percents)
    by_amount = draw(st.booleans())
    discount = None
    if percent is not None:
        amount_cents = max(1, int(unit_cents * quantity * percent / 100))
        discount = AskedDiscount("goodwill", None, amount_cents) if by_amount else AskedDiscount("goodwill", percent)
    return AskedLine(
        kind="custom",
        name="Thing",
        unit_cents=unit_cents,
        quantity=quantity,
        tax_category=draw(st.sampled_from(CATEGORIES)),
        discount=discount,
    )


@st.composite
def sales(draw: st.DrawFn) -> AskedSale:
    discounts = tuple(AskedDiscount("promotion", percent) for percent in draw(st.lists(percents, max_size=2)))
    return AskedSale(lines=tuple(draw(st.lists(lines(), min_size=1, max_size=8))), discounts=discounts)


@st.composite
def places(draw: st.DrawFn) -> tuple[Location, dict[str, list[Decimal]]]:
    """A location that was never saved but has an id, and the rates of its jurisdictions by tax category."""
    place = Location(
        id=PLACE,
        tax_rounding=draw(st.sampled_from(Location.TaxRounding.values)),
        prices_include_tax=draw(st.booleans()),
    )
    return place, draw(rate_tables)


PLACE = 1


@pytest.fixture
def tax_office(db: None) -> Location:
    return Location.objects.create(id=PLACE, code="UPT", name="Uptown")


def price_of(asked: AskedSale, place: Location, on: dt.date = TODAY) -> Priced:
    """The sale as it costs at the location on that day."""
    sale, at = Sale(id=uuid.uuid4()), context(asked, location=place, on=on)
    return price(asked, sale=sale, lines=list_prices(asked, sale=sale, at=at), at=at)


def priced(asked: AskedSale, place: Location, table: dict[str, list[Decimal]]) -> Priced:
    """The sale as it costs at a location with those tax rates and no others."""
    TaxRate.objects.all().delete()
    TaxRate.objects.bulk_create(
        TaxRate(location_id=place.pk, tax_category=category, jurisdiction=f"J{number}", rate=rate, starts_on=TODAY)
        for category, table_rates in table.items()
        for number, rate in enumerate(table_rates)
    )
    return price_of(asked, place)


def half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


def expected_tax(place: Location, bundle: Sequence[SaleLine], combined: Fraction) -> int:
    paid = sum(line.list_cents - line.discount_cents for line in bundle)
    return half_up(paid * combined / (1 + combined) if place.prices_include_tax else paid * combined)


# Tax ------------------------------------------------------------------------------------------------------------------


@properties
@given(sales(), places())
def test_the_taxes_of_the_lines_add_up_to_the_tax_of_their_group_and_to_each_jurisdiction(
    tax_office: Location, asked: AskedSale, at: tuple[Location, dict[str, list[Decimal]]]
) -> None:
    place, table = at
    result = priced(asked, place, table)

    by_line: dict[uuid.UUID, int] = defaultdict(int)
    by_jurisdiction: dict[tuple[str, str], int] = defaultdict(int)
    for row in result.taxes:
        by_line[row.line.pk] += row.amount_cents
        by_jurisdiction[row.line.tax_category, row.jurisdiction] += row.amount_cents
    assert {line.pk: line.tax_cents for line in result.lines} == {line.pk: by_line[line.pk] for line in result.lines}
    for category, table_rates in table.items():
        group = [line for line in result.lines if line.tax_category == category]
        combined = sum(map(Fraction, table_rates), Fraction(0))
        if place.tax_rounding == Location.TaxRounding.ITEM:
            assert [line.tax_cents for line in group] == [expected_tax(place, [line], combined) for line in group]
            continue
        group_tax = expected_tax(place, group, combined)
        assert sum(line.tax_cents for line in group) == group_tax
        shares = share_out(group_tax, [int(rate * 10**6) for rate in table_rates]) if table_rates and group else []
        assert shares == [by_jurisdiction[category, f"J{number}"] for number in range(len(shares))]


@properties
@given(sales(), places())
def test_nothing_is_ever_negative(
    tax_office: Location, asked: AskedSale, at: tuple[Location, dict[str, list[Decimal]]]
) -> None:
    result = priced(asked, *at)

    for line in result.lines:
        assert min(line.net_cents, line.tax_cents, line.gross_cents, line.discount_cents, line.unit_cents) >= 0
        assert line.gross_cents >= line.net_cents
    assert all(row.amount_cents >= 0 for row in result.taxes)
    assert all(row.value_cents >= 0 for row in result.discounts)


@properties
@given(sales(), places())
def test_what_is_paid_is_the_price_less_the_discount_with_the_tax_inside_or_on_top(
    tax_office: Location, asked: AskedSale, at: tuple[Location, dict[str, list[Decimal]]]
) -> None:
    place, table = at
    result = priced(asked, place, table)

    for line, wish in zip(result.lines, asked.lines, strict=True):
        assert line.list_cents == wish.quantity * wish.unit_cents
        left = line.list_cents - line.discount_cents
        assert (line.paid_cents if place.prices_include_tax else line.net_cents) == left


@properties
@given(sales(), places())
def test_gross_income_less_the_discount_in_the_books_is_the_net(
    tax_office: Location, asked: AskedSale, at: tuple[Location, dict[str, list[Decimal]]]
) -> None:
    place, table = at
    result = priced(asked, place, table)

    for line in result.lines:
        combined = sum(map(Fraction, table[line.tax_category]), Fraction(0))
        inside = half_up(line.discount_cents * combined / (1 + combined)) if place.prices_include_tax else 0
        assert line.gross_cents - (line.discount_cents - inside) == line.net_cents
        assert sum(posting.amount_cents for posting in line_kind(line.kind).credits(line)) == -line.net_cents


def test_prices_that_include_tax_give_round_totals(studio: Studio) -> None:
    tax(studio.location, "retail", ("OH", "0.0575"), ("COUNTY", "0.0175"))
    studio.location.prices_include_tax = True

    result = price_of(
        AskedSale(lines=(of("massage-oil", quantity=2), custom("Basket", 9_99)), discounts=(percent_off("10"),)),
        studio.location,
    )

    assert [(line.paid_cents, line.tax_cents, line.gross_cents) for line in result.lines] == [
        (43_20, 3_01, 44_66),
        (8_99, 63, 9_29),
    ]
    assert sum(row.amount_cents for row in result.taxes) == 3_64


def test_a_rate_counts_from_its_first_day_until_the_day_before_its_end(studio: Studio) -> None:
    days = [dt.date(2026, 3, day) for day in (1, 2, 3)]
    for start, end, rate in ((days[0], days[1], "0.10"), (days[1], None, "0.20")):
        TaxRate.objects.create(
            location=studio.location,
            tax_category="retail",
            jurisdiction="OH",
            rate=Decimal(rate),
            starts_on=start,
            ends_on=end,
        )
    asked = AskedSale(lines=(custom("Basket", 1_00),))

    taxes = [price_of(asked, studio.location, day).lines[0].tax_cents for day in days]

    assert taxes == [10, 20, 20]


# Discounts ------------------------------------------------------------------------------------------------------------


@properties
@given(sales(), places())
def test_discounts_are_shared_out_to_the_cent_and_never_above_a_line(
    tax_office: Location, asked: AskedSale, at: tuple[Location, dict[str, list[Decimal]]]
) -> None:
    result = priced(asked, *at)

    assert sum(row.value_cents for row in result.discounts) == sum(line.discount_cents for line in result.lines)
    assert all(0 <= line.discount_cents <= line.list_cents for line in result.lines)


@properties
@given(sales(), st.data(), places())
def test_an_amount_off_the_sale_is_exactly_that_amount(
    tax_office: Location, asked: AskedSale, data: st.DataObject, at: tuple[Location, dict[str, list[Decimal]]]
) -> None:
    before = priced(asked, *at)
    left = sum(line.list_cents - line.discount_cents for line in before.lines)
    assume(left)
    amount_cents = data.draw(st.integers(1, left))

    after = priced(
        AskedSale(lines=asked.lines, discounts=(*asked.discounts, AskedDiscount("staff", None, amount_cents))), *at
    )

    assert after.discounts[-1].value_cents == amount_cents
    assert sum(line.list_cents - line.discount_cents for line in after.lines) == left - amount_cents


def test_a_discount_on_the_sale_is_taken_from_what_its_lines_have_left(studio: Studio) -> None:
    line = of("massage-oil", discount=percent_off("50"))

    sale = studio.managers_desk.rings_up(line, of("massage-oil"), discounts=(percent_off("10"),)).last

    assert [(line.discount_cents, line.net_cents) for line in sale.lines] == [(13_20, 10_80), (2_40, 21_60)]
    assert sale.lines[0].why == "List price; 50 % off this line (promotion); 10 % off the sale (promotion)"


# Tips -----------------------------------------------------------------------------------------------------------------


def served(*parts: tuple[str, int]) -> list[SaleLine]:
    """Services by therapist and list price; `oil` is sold by nobody."""
    people = {"ana": Staff(id=1, username="ana"), "bo": Staff(id=2, username="bo")}
    return [SaleLine(is_service=who in people, therapist=people.get(who), list_cents=cents) for who, cents in parts]


def test_twenty_percent_of_100_and_20_dollars_is_24_dollars_20_for_ana_and_4_for_bo() -> None:
    suggested = {tip.percent: tip for tip in suggest_tips(served(("ana", 100_00), ("bo", 20_00), ("oil", 50_00)))}

    assert {percent: tip.amount_cents for percent, tip in suggested.items()} == {18: 21_60, 20: 24_00, 25: 30_00}
    assert [(person.username, share) for person, share in suggested[20].shares] == [("ana", 20_00), ("bo", 4_00)]


def test_without_a_service_there_is_no_suggestion() -> None:
    assert suggest_tips(served(("oil", 50_00))) == []
    assert suggest_tips([]) == []


@properties
@given(st.lists(st.tuples(st.sampled_from(["ana", "bo", "oil"]), st.integers(1, 500_00)), max_size=6))
def test_the_shares_of_a_suggestion_add_up_to_it(parts: list[tuple[str, int]]) -> None:
    services = sum(cents for who, cents in parts if who != "oil")

    suggestions = suggest_tips(served(*parts))

    assert [tip.amount_cents for tip in suggestions] == [
        half_up(Fraction(services * percent, 100)) for percent in (18, 20, 25) if services
    ]
    assert all(sum(share for _, share in tip.shares) == tip.amount_cents for tip in suggestions)


def test_suggestions_are_on_the_list_price_before_discount_without_retail_and_tax(studio: Studio) -> None:
    tax(studio.location, "service", ("OH", "0.0725"))
    treatment = of("deep-tissue-60", by=studio.bo, discount=percent_off("50"))

    sale = studio.managers_desk.rings_up(treatment, of("massage-oil"), discounts=(percent_off("10"),)).last

    assert [tip.amount_cents for tip in suggest_tips(sale.lines)] == [18_00, 20_00, 25_00]


def test_one_tip_is_split_by_list_price_and_may_be_given_by_therapist_instead(studio: Studio) -> None:
    item("foot-bath", 20_00)
    services = (of("deep-tissue-60", by=studio.ana), of("foot-bath", by=studio.bo))

    split = studio.desk.rings_up(*services, tip_cents=24_00).last
    chosen = studio.desk.rings_up(*services, tips=(tip(studio.ana, 1_00), tip(studio.bo, 23_00))).last

    assert [(row.therapist, row.amount_cents) for row in split.tips] == [(studio.ana, 20_00), (studio.bo, 4_00)]
    assert [(row.therapist, row.amount_cents) for row in chosen.tips] == [(studio.ana, 1_00), (studio.bo, 23_00)]


def test_a_tip_of_nothing_is_no_tip(studio: Studio) -> None:
    sale = studio.desk.rings_up(of("deep-tissue-60", by=studio.ana), tips=(tip(studio.ana, 0),)).last

    assert (sale.tips, sale.due_cents) == ([], 100_00)


def test_who_gave_nothing_that_day_may_still_get_a_tip(studio: Studio) -> None:
    sale = studio.desk.rings_up(of("massage-oil"), tips=(tip(studio.bo, 5_00),)).last

    assert sale.due_cents == 29_00


@pytest.mark.parametrize(
    ("tips", "tip_cents", "sentence"),
    [
        (((1, 5_00), (1, 5_00)), 0, "tips: Name each therapist once"),
        (((1, 5_00),), 5_00, "tip_cents: Give one tip to be split, or the tips by therapist"),
        (((1, -1),), 0, r"tips: A tip is between \$0 and \$100,000"),
        (((1, 100_000_01),), 0, r"tips: A tip is between \$0 and \$100,000"),
        ((), -1, r"tips: A tip is between \$0 and \$100,000"),
        ((), 100_000_01, r"tips: A tip is between \$0 and \$100,000"),
        (((10**9, 5_00),), 0, "therapist: This therapist does not work here"),
    ],
)
def test_an_absurd_tip_is_refused(
    studio: Studio, tips: tuple[tuple[int, int], ...], tip_cents: int, sentence: str
) -> None:
    given_tips = tuple(AskedTip(studio.ana.pk if who == 1 else who, amount_cents) for who, amount_cents in tips)

    with pytest.raises(BadInput, match=sentence):
        studio.desk.rings_up(of("deep-tissue-60", by=studio.ana), tips=given_tips, tip_cents=tip_cents)


def test_a_tip_to_be_split_needs_somebody_who_served(studio: Studio) -> None:
    with pytest.raises(BadInput, match="tip_cents: Say for whom the tip is"):
        studio.desk.rings_up(of("massage-oil"), tip_cents=5_00)
