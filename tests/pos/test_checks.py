"""Each check of pos/checks.py finds nothing in whole books, and finds what somebody with a database shell breaks."""

import inspect
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection, models, transaction

from ledger.checks import Problem
from ledger.models import Entry, Posting
from pos import checks
from pos.basket import Basket
from pos.models import (
    Counter,
    DrawerSession,
    Receipt,
    Refund,
    RefundLine,
    RefundTax,
    RefundTender,
    RefundTip,
    Sale,
    SaleLine,
    SaleTax,
    Tender,
    Tip,
    ZEntry,
    ZReport,
)
from pos.refunds import GivenBack
from tests.books import books_are_clean
from tests.builders import NOW, Studio, of, percent_off, tax, tip
from tests.ledger.books import without_guards

Check = Callable[..., Iterator[Problem]]
CHECKS = [check for name, check in inspect.getmembers(checks, inspect.isfunction) if name.startswith("check_")]


@pytest.fixture(autouse=True)
def undone(db: None) -> Iterator[None]:
    """What a test leaves broken is rolled back before the foreign keys are looked at."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Day:
    """A small day with something of everything: a sale partly given back, a void, an open sale, a closed drawer."""

    sale: Basket
    refund: GivenBack
    voided: Basket
    half_paid: Basket
    closed: DrawerSession


@pytest.fixture
def day(studio: Studio) -> Day:
    tax(studio.location, "retail", ("OH", "0.0575"), ("FRANKLIN", "0.015"))
    desk, day = studio.managers_desk, Day()
    session = desk.opens_drawer(100_00)
    treatment = of("ashiatsu-60", by=studio.ana, discount=percent_off("10"))
    day.sale = desk.rings_up(treatment, of("massage-oil", quantity=2), tips=(tip(studio.ana, 20_00),)).pays(
        external=100_00, cash=80_00
    )
    day.refund = desk.refunds(day.sale, (1, 1), tips=(0,))
    day.voided = desk.rings_up(of("massage-oil"), tips=(tip(studio.bo, 1_00),)).pays(cash=30_00)
    desk.voids(day.voided)
    day.closed = desk.closes_drawer(session, 120_00, left_cents=100_00, note="Off.")
    day.half_paid = desk.rings_up(of("massage-oil")).tenders("external", amount_cents=5_00)
    return day


def found(check: Check) -> list[str]:
    return [f"{problem.check}: {problem.what}" for problem in check(using="default", now=NOW)]


def tamper(model: type[models.Model], pk: object, **values: object) -> None:
    """UPDATE by raw SQL, past the models and the guards."""
    fields = [model._meta.get_field(name) for name in values]
    sets = ", ".join(f"{field.column} = %s" for field in fields)
    prepared = [
        field.get_db_prep_value(value, connection) for field, value in zip(fields, values.values(), strict=True)
    ]
    key = model._meta.pk.get_db_prep_value(pk, connection)
    with without_guards(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {sets} WHERE {model._meta.pk.column} = %s", [*prepared, key])
        assert cursor.rowcount == 1


def remove(model: type[models.Model], **those: object) -> None:
    """DELETE by raw SQL; what refers to the rows is left in the air until the test rolls back."""
    with without_guards(), connection.cursor() as cursor:
        for pk in model._base_manager.filter(**those).values_list("pk", flat=True):
            key = model._meta.pk.get_db_prep_value(pk, connection)
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE {model._meta.pk.column} = %s", [key])


def test_a_whole_day_passes_every_check(day: Day) -> None:
    assert {check.__name__: found(check) for check in CHECKS} == {check.__name__: [] for check in CHECKS}
    books_are_clean()


def test_every_check_runs_with_the_others() -> None:
    listed = {path for path in settings.BOOK_CHECKS if path.startswith("pos.checks.")}

    assert listed == {f"pos.checks.{check.__name__}" for check in CHECKS}


def test_no_books_at_all_pass_every_check(studio: Studio) -> None:
    assert [problem for check in CHECKS for problem in found(check)] == []


# I27 Drawers ----------------------------------------------------------------------------------------------------------


def test_a_drawer_that_holds_something_else_than_was_left_in_it_is_found(day: Day) -> None:
    tamper(DrawerSession, day.closed.pk, left_cents=99_99)

    assert found(checks.check_drawer_is_as_counted) == ["I27: Front (UPT), Z 1: books 10000, left 9999"]


def test_cash_posted_to_a_closed_drawer_is_found(day: Day) -> None:
    posting = Posting.objects.filter(entry__kind="sale", account=1120).first()
    tamper(Posting, posting.pk, account=1010, drawer_session=day.closed.pk)

    assert found(checks.check_drawer_is_as_counted) == ["I27: Front (UPT), Z 1: books 20000, left 10000"]


def test_only_the_session_in_which_it_went_wrong_is_named(studio: Studio, day: Day) -> None:
    desk = studio.managers_desk.later(hours=1)
    desk.closes_drawer(desk.opens_drawer(100_00), 100_00)
    tamper(DrawerSession, day.closed.pk, left_cents=90_00)

    problems = found(checks.check_drawer_is_as_counted)

    assert problems[0] == "I27: Front (UPT), Z 1: books 10000, left 9000"


# I28 Tenders ----------------------------------------------------------------------------------------------------------


def test_a_tender_that_is_not_what_was_owed_is_found(day: Day) -> None:
    tamper(Tender, day.sale.tenders[0].pk, amount_cents=99_99)

    assert found(checks.check_tenders_pay_the_sale) == [f"I28: {day.sale.sale.pk}: paid 17047, owed 17048"]


def test_a_tender_taken_off_a_completed_sale_is_found(day: Day) -> None:
    tamper(Tender, day.sale.tenders[0].pk, status="released")

    assert found(checks.check_tenders_pay_the_sale) == [f"I28: {day.sale.sale.pk}: paid 7048, owed 17048"]


def test_a_tender_missing_from_a_voided_sale_is_found(day: Day) -> None:
    remove(Tender, sale=day.voided.sale)

    assert found(checks.check_tenders_pay_the_sale) == [f"I28: {day.voided.sale.pk}: paid 0, owed 2674"]


# I29 Lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["net_cents", "discount_cents", "tip_cents"])
def test_a_sale_that_is_not_the_sum_of_its_parts_is_found(day: Day, column: str) -> None:
    tamper(Sale, day.sale.sale.pk, **{column: getattr(day.sale.sale, column) + 1})

    assert found(checks.check_lines_add_up_to_the_sale) == [
        f"I29: {day.sale.sale.pk}: the parts do not add up to the sale"
    ]


def test_an_open_sale_that_is_not_the_sum_of_its_parts_is_found(day: Day) -> None:
    remove(SaleTax, sale=day.half_paid.sale)
    remove(SaleLine, sale=day.half_paid.sale)

    assert found(checks.check_lines_add_up_to_the_sale) == [
        f"I29: {day.half_paid.sale.pk}: the parts do not add up to the sale"
    ]


def test_a_jurisdiction_that_does_not_add_up_to_its_line_is_found(day: Day) -> None:
    row = next(row for row in day.sale.taxes if row.jurisdiction == "OH")
    tamper(SaleTax, row.pk, amount_cents=row.amount_cents + 1)

    assert found(checks.check_lines_add_up_to_the_sale) == [f"I29: {row.line_id}: jurisdictions 349, tax 348"]


# I30 Refunds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "value"), [("quantity", 3), ("net_cents", 48_01), ("tax_cents", 3_49)])
def test_a_line_given_back_beyond_what_was_sold_is_found(day: Day, column: str, value: int) -> None:
    part = day.refund.lines[0]
    tamper(RefundLine, part.pk, **{column: value})

    assert found(checks.check_refunds_stay_within_the_sale) == [f"I30: line {part.line_id}: more given back than sold"]


def test_a_tip_given_back_beyond_what_was_given_is_found(day: Day) -> None:
    part = day.refund.tips[0]
    tamper(RefundTip, part.pk, amount_cents=20_01)

    assert found(checks.check_refunds_stay_within_the_sale) == [f"I30: tip {part.tip_id}: more given back than given"]


def test_a_tender_given_back_beyond_what_was_paid_is_found(day: Day) -> None:
    part = day.refund.tenders[0]
    tamper(RefundTender, part.pk, amount_cents=70_49)

    assert found(checks.check_refunds_stay_within_the_sale) == [
        f"I30: tender {part.tender_id}: more given back than paid",
        f"I30: refund {day.refund.refund.pk}: paid 7049, owed 4574",
    ]


def test_a_refund_that_is_not_paid_as_owed_is_found(day: Day) -> None:
    tamper(Refund, day.refund.refund.pk, rounding_cents=1)

    assert found(checks.check_refunds_stay_within_the_sale) == [
        f"I30: refund {day.refund.refund.pk}: paid 4574, owed 4574"
    ]


# I31 Tax --------------------------------------------------------------------------------------------------------------


def test_tax_in_the_books_that_was_not_charged_is_found(day: Day) -> None:
    row = next(row for row in day.sale.taxes if row.jurisdiction == "FRANKLIN")
    tamper(SaleTax, row.pk, jurisdiction="ATLANTIS")

    assert found(checks.check_tax_is_as_charged) == [
        "I31: ATLANTIS: books 0, sales 72",
        "I31: FRANKLIN: books 36, sales -36",
    ]


def test_tax_given_back_and_not_in_the_books_is_found(day: Day) -> None:
    part = next(part for part in day.refund.taxes if part.jurisdiction == "OH")
    tamper(RefundTax, part.pk, amount_cents=0)

    assert found(checks.check_tax_is_as_charged) == ["I31: OH: books 138, sales 276"]


# I32 Tips -------------------------------------------------------------------------------------------------------------


def test_a_tip_that_went_to_another_therapist_in_the_books_is_found(studio: Studio, day: Day) -> None:
    posting = Posting.objects.get(account=2300, entry__kind="refund")
    tamper(Posting, posting.pk, therapist=studio.bo.pk)

    assert sorted(found(checks.check_tips_are_as_given)) == [
        f"I32: therapist {studio.ana.pk}: books 2000, tips 0",
        f"I32: therapist {studio.bo.pk}: books -2000, tips 0",
    ]


def test_a_tip_that_nobody_gave_is_found(studio: Studio, day: Day) -> None:
    tamper(Tip, day.sale.tips[0].pk, amount_cents=20_01)

    assert found(checks.check_tips_are_as_given) == [f"I32: therapist {studio.ana.pk}: books 0, tips 1"]


# Every sale in the books ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sale", "refund", "void"])
def test_what_is_not_in_the_books_is_found(day: Day, kind: str) -> None:
    ids = {"sale": day.sale.sale.pk, "refund": day.refund.refund.pk, "void": day.voided.sale.pk}
    entry = Entry.objects.get(key=f"{kind}:{ids[kind]}")
    remove(ZEntry, entry=entry)
    remove(Posting, entry=entry)
    remove(Entry, pk=entry.pk)

    assert found(checks.check_every_sale_is_in_the_books) == [f"sales: {entry.key} is not in the books"]


def test_an_entry_without_its_sale_is_found(day: Day) -> None:
    entry = Entry.objects.get(key=f"sale:{day.sale.sale.pk}")
    tamper(Entry, entry.pk, key="sale:made-up")

    assert found(checks.check_every_sale_is_in_the_books) == [
        f"sales: sale:{day.sale.sale.pk} is not in the books",
        "sales: sale:made-up is in the books without its row",
    ]


def test_a_sale_made_open_again_is_found(day: Day) -> None:
    tamper(Sale, day.sale.sale.pk, status="open")

    assert found(checks.check_every_sale_is_in_the_books) == [
        f"sales: sale:{day.sale.sale.pk} is in the books without its row"
    ]


def test_a_sale_marked_void_without_its_mirror_is_found(day: Day) -> None:
    tamper(Sale, day.sale.sale.pk, status="voided")

    assert found(checks.check_every_sale_is_in_the_books) == [f"sales: void:{day.sale.sale.pk} is not in the books"]


# Receipts and Z -------------------------------------------------------------------------------------------------------


def test_a_missing_receipt_in_the_middle_is_found(day: Day) -> None:
    remove(Receipt, number=2)

    assert found(checks.check_receipts_have_no_gaps) == ["receipts: UPT: 2 receipts up to number 3"]


def test_a_missing_first_receipt_is_found(day: Day) -> None:
    remove(Receipt, number=1)

    assert found(checks.check_receipts_have_no_gaps) == ["receipts: UPT: 2 receipts up to number 3"]


def test_a_missing_last_receipt_is_found(day: Day) -> None:
    remove(Receipt, number=3)

    assert found(checks.check_receipts_have_no_gaps) == ["receipts: UPT receipt 3: the last receipt is 2"]


def test_missing_receipts_are_found_also_when_the_counter_is_turned_back(day: Day) -> None:
    remove(Receipt, number=3)
    tamper(Counter, Counter.objects.get(name="receipt").pk, value=2)

    assert found(checks.check_everything_has_its_receipt) != []


def test_a_missing_z_is_found(studio: Studio, day: Day) -> None:
    for hours in (1, 2):
        desk = studio.managers_desk.later(hours=hours)
        desk.closes_drawer(desk.opens_drawer(100_00), 100_00)
    remove(ZEntry, z__session__z_number=2)
    remove(ZReport, session__z_number=2)
    remove(DrawerSession, z_number=2)

    assert found(checks.check_receipts_have_no_gaps) == ["Z: UPT: 2 closes up to Z 3"]


# Holds ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["abandoned", "voided"])
def test_a_hold_that_outlives_its_sale_is_found(day: Day, status: str) -> None:
    tamper(Sale, day.half_paid.sale.pk, status=status, completed_at=NOW, business_date=NOW.date())

    assert found(checks.check_no_hold_outlives_its_sale) == [
        f"holds: tender {day.half_paid.tenders[0].pk} is held, its sale {status}"
    ]


def test_a_settled_tender_on_an_open_sale_is_found(day: Day) -> None:
    tamper(Tender, day.half_paid.tenders[0].pk, status="settled")

    assert [problem for check in CHECKS for problem in found(check)] != []  # it claims money that is in no entry
