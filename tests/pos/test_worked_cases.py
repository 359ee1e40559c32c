"""The worked cases of the books that need nothing but a desk: T01, T03, T04, T06, T08, with the whole books."""

import pytest

from ledger.journal import balances
from tests.builders import Studio, TestDesk, build_studio, custom, item, of, percent_off, tax, tip


@pytest.fixture
def ohio(studio: Studio) -> Studio:
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    return studio


def test_t01_cash_sale_of_a_massage_and_oil_with_a_tip(ohio: Studio) -> None:
    desk = ohio.desk
    desk.opens_drawer()

    sale = desk.rings_up(of("ashiatsu-60", by=ohio.ana), of("massage-oil"), tips=(tip(ohio.ana, 20_00),)).pays(
        cash=160_00
    )

    assert balances() == {
        "1010 Cash drawer": 155_74,
        "4010 Services": -110_00,
        "4020 Retail": -24_00,
        "2100 Sales tax payable": -1_74,
        "2300 Tips payable": -20_00,
    }
    assert sale.change_cents == 4_26
    assert sale.receipt is not None
    assert sale.receipt.title == "UPT-000001"


@pytest.mark.parametrize(("rounding", "taxes"), [("item", [32, 32, 32]), ("invoice", [32, 32, 31])])
def test_t03_tax_is_rounded_per_line_or_once_per_sale_as_the_location_says(
    db: None, rounding: str, taxes: list[int]
) -> None:
    studio = build_studio(tax_rounding=rounding)
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    item("lip-balm", 4_35, kind="retail", tax="retail")

    sale = studio.desk.rings_up(of("lip-balm"), of("lip-balm"), of("lip-balm")).last

    assert sale is not None
    assert [line.tax_cents for line in sale.lines] == taxes
    assert sale.sale.tax_cents == sum(taxes)


def test_t04_tax_of_three_jurisdictions_is_rounded_once_and_split_by_largest_remainder(studio: Studio) -> None:
    tax(studio.location, "retail", ("NY", "0.04"), ("NYC", "0.045"), ("MCTD", "0.00375"))
    desk = studio.desk
    desk.opens_drawer()

    sale = desk.rings_up(custom("Bamboo roller", 34_99)).pays(cash=38_10)

    assert {row.jurisdiction: row.amount_cents for row in sale.taxes} == {"NY": 1_40, "NYC": 1_58, "MCTD": 13}
    assert balances() == {"1010 Cash drawer": 38_10, "4020 Retail": -34_99, "2100 Sales tax payable": -3_11}


def test_t06_fifteen_percent_off_the_sale_is_shared_out_before_tax(ohio: Studio) -> None:
    item("hot-stone", 120_00)
    item("oil-set", 35_00, kind="retail", tax="retail")

    sale = ohio.managers_desk.rings_up(of("hot-stone", by=ohio.bo), of("oil-set"), discounts=(percent_off("15"),)).pays(
        external=133_91
    )

    assert [line.discount_cents for line in sale.lines] == [18_00, 5_25]
    assert balances() == {
        "1120 External terminal clearing": 133_91,
        "4900 Discounts and promotions": 23_25,
        "4010 Services": -120_00,
        "4020 Retail": -35_00,
        "2100 Sales tax payable": -2_16,
    }


def test_t08_only_the_cash_part_of_a_split_is_rounded_to_the_nickel(db: None) -> None:
    studio = build_studio(cash_rounding="nickel")
    tax(studio.location, "retail", ("OH", "0.0825"))
    desk: TestDesk = studio.desk
    desk.opens_drawer()

    sale = desk.rings_up(custom("Gift basket", 99_98)).pays(external=50_00, cash=58_25)

    assert sale.sale.tax_cents == 8_25
    assert balances() == {
        "1120 External terminal clearing": 50_00,
        "1010 Cash drawer": 58_25,
        "4020 Retail": -99_98,
        "2100 Sales tax payable": -8_25,
        "6070 Cash rounding": -2,
    }
