"""A price of its own for a line, given away, raised or lowered, and a sale without tax (R6, R7)."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest

from accounting.asked import Asked
from accounting.reports.sales_tax import SalesTax
from ledger.journal import balances
from pos.approvals import ApprovalNeeded
from pos.asked import AskedLine, AskedPrice
from pos.models import Approval, Client
from pos.receipts import print_out
from studio.refusal import BadInput
from tests.builders import NOW, Studio, custom, of, percent_off, tax


def at(cents: int, line: AskedLine, reason: str = "goodwill") -> AskedLine:
    """The line at another price for one."""
    return replace(line, price=AskedPrice(unit_cents=cents, reason=reason))


@pytest.fixture
def taxed(studio: Studio) -> Studio:
    """Oil is taxed in two jurisdictions, 7.5 % in all."""
    tax(studio.location, "retail", ("OH", "0.0575"), ("OH-FRANKLIN", "0.0175"))
    return studio


@pytest.fixture
def church(db: None) -> Client:
    """A client with a certificate."""
    return Client.objects.create(id=uuid.uuid4(), name="St. Ann", tax_certificate="OH-12-345", created_at=NOW)


# Another price --------------------------------------------------------------------------------------------------------


def test_a_lower_price_is_a_discount_with_its_reason_and_tax_on_what_is_left(taxed: Studio) -> None:
    sale = taxed.desk.rings_up(at(20_00, of("massage-oil", quantity=2))).pays(external=43_00)

    line, given = sale.lines[0], sale.discounts[0]
    assert (line.unit_cents, line.list_cents, line.discount_cents, line.net_cents) == (24_00, 48_00, 8_00, 40_00)
    assert (given.amount_cents, given.value_cents, given.unit_cents, given.reason) == (8_00, 8_00, 20_00, "goodwill")
    assert balances() == {
        "1120 External terminal clearing": 43_00,
        "2100 Sales tax payable": -3_00,
        "4020 Retail": -48_00,
        "4900 Discounts and promotions": 8_00,
    }


def test_a_higher_price_is_income_and_always_needs_a_yes(taxed: Studio) -> None:
    sale_id, dear = uuid.uuid4(), at(30_00, of("massage-oil", quantity=2), "service")
    with pytest.raises(ApprovalNeeded) as refused:
        taxed.desk.rings_up(dear, sale_id=sale_id)
    yes = taxed.manager_approves(Approval.Action.DISCOUNT, sale_id, 12_00)

    sale = taxed.desk.rings_up(dear, sale_id=sale_id, approval_id=yes.pk).pays(external=64_50)

    line, given = sale.lines[0], sale.discounts[0]
    assert refused.value.details == {"action": "discount", "object": str(sale_id), "amount_cents": 12_00}
    assert (line.list_cents, line.discount_cents, line.net_cents) == (60_00, 0, 60_00)
    assert line.why == "$30.00 instead of $24.00 (something went wrong)"
    assert (given.value_cents, given.unit_cents, given.approver) == (-12_00, 30_00, taxed.manager)
    assert balances() == {
        "1120 External terminal clearing": 64_50,
        "2100 Sales tax payable": -4_50,
        "4020 Retail": -60_00,
    }


def test_what_is_given_away_needs_a_yes_even_below_the_limit(studio: Studio) -> None:
    with pytest.raises(ApprovalNeeded):
        studio.desk.rings_up(at(0, custom_oil()))
    free = studio.managers_desk.rings_up(at(0, custom_oil())).last

    assert (free.sale.total_cents, free.lines[0].discount_cents) == (0, 24_00)


def test_a_raised_price_takes_a_discount_of_the_sale_to_the_cent(studio: Studio) -> None:
    desk = studio.managers_desk
    lines = (at(30_01, of("massage-oil")), of("massage-oil"), at(10_00, of("massage-oil")))

    sale = desk.rings_up(*lines, discounts=(percent_off("10"),)).last

    assert [line.discount_cents for line in sale.lines] == [3_00, 2_40, 15_00]
    assert (sale.sale.list_cents, sale.sale.discount_cents, sale.sale.net_cents) == (78_01, 20_40, 57_61)
    assert sorted(row.value_cents for row in sale.discounts) == [-6_01, 6_40, 14_00]


def test_a_yes_to_one_price_is_none_to_a_higher_one(studio: Studio) -> None:
    sale_id = uuid.uuid4()
    yes = studio.manager_approves(Approval.Action.DISCOUNT, sale_id, 6_00)
    desk = studio.desk.rings_up(at(30_00, of("massage-oil")), sale_id=sale_id, approval_id=yes.pk)

    desk.changes(at(29_00, of("massage-oil")))

    for line in (at(31_00, of("massage-oil")), at(4_00, of("massage-oil"))):
        with pytest.raises(ApprovalNeeded):
            desk.changes(line)


def test_a_price_of_its_own_belongs_to_an_item_and_stands_alone(studio: Studio) -> None:
    for line in (
        at(5_00, custom("Candle", 9_00)),
        at(5_00, of("massage-oil", discount=percent_off("5"))),
        at(5_00, of("massage-oil"), "because"),
        at(5_00, AskedLine(kind="gift_card", unit_cents=50_00)),
    ):
        with pytest.raises(BadInput):
            studio.managers_desk.rings_up(line)


def custom_oil() -> AskedLine:
    return of("massage-oil")


# Without tax ----------------------------------------------------------------------------------------------------------


def test_an_exempt_client_pays_no_tax_and_the_certificate_stays_on_the_sale(taxed: Studio, church: Client) -> None:
    sale_id, exempt = uuid.uuid4(), {"client_id": church.pk, "tax_exempt": True}
    with pytest.raises(ApprovalNeeded) as refused:
        taxed.desk.rings_up(of("massage-oil"), sale_id=sale_id, **exempt)
    yes = taxed.manager_approves(Approval.Action.TAX_EXEMPTION, sale_id, 0)
    desk = taxed.desk.rings_up(of("massage-oil"), sale_id=sale_id, approval_id=yes.pk, **exempt)
    desk.changes(of("massage-oil", quantity=2), **exempt)

    sale = desk.pays(external=48_00)

    assert refused.value.details == {"action": "tax_exemption", "object": str(sale_id), "amount_cents": 0}
    assert (sale.sale.tax_certificate, sale.sale.exempted_by, sale.taxes) == ("OH-12-345", taxed.manager, [])
    assert balances() == {"1120 External terminal clearing": 48_00, "4020 Retail": -48_00}
    assert ("No sales tax", "", "Exempt by certificate OH-12-345") in [
        (row.label, row.amount, row.note) for row in print_out(sale.receipt).sums
    ]


def test_the_sales_tax_report_lists_what_was_sold_without_tax(taxed: Studio, church: Client) -> None:
    taxed.managers_desk.rings_up(of("massage-oil"), client_id=church.pk, tax_exempt=True).pays(external=24_00)
    taxed.desk.rings_up(of("massage-oil")).pays(external=25_80)
    day = taxed.location.business_date(NOW)
    asked = Asked(starts_on=day, ends_on=day + dt.timedelta(days=1), places=(taxed.location,))

    _, bases, exempt = SalesTax().tables(asked, using="default")

    assert [row.cells["certificate_cents"] for row in bases.rows] == [24_00]
    assert [(row.cells["taxable_cents"], row.cells["no_rate_cents"]) for row in bases.rows] == [(24_00, 0)]
    assert [(row.cells["certificate"], row.cells["net_cents"]) for row in exempt.rows] == [("OH-12-345", 24_00)]


def test_without_the_wish_or_for_another_client_there_is_tax_again(taxed: Studio, church: Client) -> None:
    desk = taxed.managers_desk.rings_up(of("massage-oil"), client_id=church.pk, tax_exempt=True)

    basket = desk.changes(of("massage-oil"), client_id=church.pk)

    assert (basket.sale.tax_certificate, basket.sale.tax_cents) == ("", 1_80)
    with pytest.raises(BadInput, match="certificate"):
        desk.changes(of("massage-oil"), tax_exempt=True)


def test_where_prices_include_tax_an_exempt_client_pays_the_price_without_it(studio: Studio, church: Client) -> None:
    studio.location.prices_include_tax = True
    studio.location.save()
    tax(studio.location, "retail", ("VAT", "0.20"))

    sale = studio.managers_desk.rings_up(of("massage-oil"), client_id=church.pk, tax_exempt=True).pays(external=20_00)

    assert (sale.sale.net_cents, sale.sale.tax_cents) == (20_00, 0)
    assert [(row.amount, row.note[:6]) for row in print_out(sale.receipt).sums] == [("-4.00", "Exempt")]
