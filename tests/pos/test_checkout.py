"""A sale from the first tap to the books: every state, and everything that is refused on the way (R1, R3, T49)."""

import datetime as dt
import uuid

import pytest

from ledger import periods
from ledger.journal import balances
from ledger.models import Entry
from ledger.periods import PeriodClosed
from pos import checkout
from pos.asked import AskedSale, AskedTender
from pos.basket import SaleChanged
from pos.checkout import NothingToSell, NotPaid, SaleNotFound, SaleNotOpen, SameIdOtherContents
from pos.models import Client, Receipt, Sale, Tender
from pos.tenders import MoreThanDue, NothingDue
from studio.models import Location
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, beach, of, percent_off, person, tax, tip

OPEN = Sale.Status.OPEN
COMPLETED = Sale.Status.COMPLETED


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


# Completion -----------------------------------------------------------------------------------------------------------


def test_an_unpaid_sale_is_not_completed(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil")).tenders("external", amount_cents=23_99)

    with pytest.raises(NotPaid) as refused:
        desk.completes()

    assert refused.value.details == {"due_cents": 1}
    assert (Sale.objects.get().status, Entry.objects.count(), Receipt.objects.count()) == (OPEN, 0, 0)


def test_an_empty_sale_is_not_completed(desk: TestDesk) -> None:
    desk.rings_up()

    with pytest.raises(NothingToSell):
        desk.completes()


def test_a_tip_alone_is_a_sale(studio: Studio) -> None:
    sale = studio.desk.rings_up(tips=(tip(studio.ana, 10_00), tip(studio.bo, 5_00))).pays(external=15_00)

    assert (sale.sale.total_cents, sale.receipt.title) == (15_00, "UPT-000001")
    assert balances() == {"1120 External terminal clearing": 15_00, "2300 Tips payable": -15_00}
    books_are_clean()


def test_a_sale_that_is_all_discount_completes_without_a_tender(studio: Studio) -> None:
    desk = studio.managers_desk.rings_up(of("deep-tissue-60", by=studio.bo), discounts=(percent_off("100"),))

    with pytest.raises(NothingDue):
        desk.tenders("external")
    sale = desk.completes()

    assert (sale.tenders, sale.sale.total_cents, sale.receipt.title) == ([], 0, "UPT-000001")
    assert balances() == {"4010 Services": -100_00, "4900 Discounts and promotions": 100_00}
    books_are_clean()


def test_completing_twice_is_completing_once(desk: TestDesk) -> None:
    first = desk.rings_up(of("massage-oil")).pays(external=24_00)

    again = desk.later(minutes=1).completes()

    assert (again.sale.revision, again.receipt, again.sale.completed_at) == (first.sale.revision, first.receipt, NOW)
    assert (Entry.objects.count(), Receipt.objects.count()) == (1, 1)


def test_a_one_request_sale_sent_twice_is_one_sale(desk: TestDesk) -> None:
    desk.opens_drawer()
    sale_id, tenders = uuid.uuid4(), [(uuid.uuid4(), AskedTender(kind="cash", tendered_cents=30_00))]
    asked = AskedSale(lines=(of("massage-oil"),))

    first, again = (
        checkout.sell(sale_id=sale_id, asked=asked, tenders=tenders, desk=desk.desk, now=NOW) for _ in range(2)
    )

    assert (again.receipt, again.change_cents, again.sale.revision) == (first.receipt, 6_00, first.sale.revision)
    assert balances() == {"1010 Cash drawer": 24_00, "4020 Retail": -24_00}


def test_a_one_request_sale_that_is_not_paid_leaves_nothing(desk: TestDesk) -> None:
    desk.opens_drawer()

    with pytest.raises(NotPaid):
        desk.sells_at_once(of("massage-oil"), cash=20_00)

    assert (Sale.objects.count(), Tender.objects.count(), balances()) == (0, 0, {})


def test_a_one_request_sale_completes_what_was_rung_up_before(desk: TestDesk) -> None:
    desk.opens_drawer()
    rung_up = desk.rings_up(of("massage-oil")).last

    sale = desk.sells_at_once(of("massage-oil"), cash=24_00, sale_id=rung_up.sale.pk)

    assert (sale.sale.status, Sale.objects.count()) == (COMPLETED, 1)


def test_a_sale_names_its_client_and_no_stranger(desk: TestDesk) -> None:
    maria = Client.objects.create(id=uuid.uuid4(), name="Maria", created_at=NOW)

    assert desk.rings_up(of("massage-oil"), client_id=maria.pk).last.sale.client == maria
    with pytest.raises(BadInput, match="client: This client is not known"):
        desk.rings_up(of("massage-oil"), client_id=uuid.uuid4())


# The same request twice, and somebody faster --------------------------------------------------------------------------


def test_the_same_contents_again_change_nothing(desk: TestDesk) -> None:
    first = desk.rings_up(of("massage-oil")).last

    again = desk.later(minutes=1).changes(of("massage-oil"), revision=0)

    assert (again.sale.revision, [line.pk for line in again.lines]) == (
        first.sale.revision,
        [line.pk for line in first.lines],
    )


@pytest.mark.parametrize("behind", [1, -1])
def test_whoever_has_not_seen_the_last_revision_is_told_the_current_one(desk: TestDesk, behind: int) -> None:
    desk.rings_up(of("massage-oil"))
    current = desk.changes(of("massage-oil", quantity=2)).sale.revision

    with pytest.raises(SaleChanged) as refused:
        desk.changes(of("massage-oil", quantity=3), revision=current - behind)

    assert refused.value.details == {"revision": current}
    assert Sale.objects.get().net_cents == 48_00


def test_a_change_without_a_revision_is_refused(desk: TestDesk) -> None:
    sale_id = desk.rings_up(of("massage-oil")).last.sale.pk

    with pytest.raises(SaleChanged):
        desk.rings_up(of("massage-oil", quantity=2), sale_id=sale_id)


def test_a_tender_makes_the_revision_stale_that_was_seen_before_it(desk: TestDesk) -> None:
    seen = desk.rings_up(of("massage-oil")).last.sale.revision
    desk.tenders("external", amount_cents=1_00)

    with pytest.raises(SaleChanged):
        desk.changes(of("massage-oil", quantity=2), revision=seen)


def test_the_id_of_a_completed_sale_is_not_used_for_other_contents(desk: TestDesk) -> None:
    sale = desk.rings_up(of("massage-oil")).pays(external=24_00)

    assert desk.rings_up(of("massage-oil"), sale_id=sale.sale.pk).last.receipt == sale.receipt
    with pytest.raises(SameIdOtherContents, match="This sale is completed"):
        desk.rings_up(of("massage-oil", quantity=2), sale_id=sale.sale.pk)


# Changing what is partly paid -----------------------------------------------------------------------------------------


def test_a_sale_does_not_shrink_below_what_is_paid(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil", quantity=2)).tenders("external", amount_cents=30_00)

    with pytest.raises(MoreThanDue, match="More than this is already paid"):
        desk.changes(of("massage-oil"))

    assert (desk.last.due_cents, Sale.objects.get().net_cents) == (18_00, 48_00)


def test_a_paid_sale_that_grows_is_due_again(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil")).tenders("external")

    assert desk.changes(of("massage-oil", quantity=2)).due_cents == 24_00
    assert desk.pays(external=24_00).sale.total_cents == 48_00
    books_are_clean()


def test_changed_contents_leave_nothing_of_the_old_ones(studio: Studio) -> None:
    desk = studio.desk.rings_up(
        of("deep-tissue-60", by=studio.bo), discounts=(percent_off("10"),), tips=(tip(studio.bo, 20_00),)
    )

    changed = desk.changes(of("massage-oil"))

    stored = checkout.find_sale(changed.sale.pk, desk=desk.desk)
    assert ([line.name for line in stored.lines], stored.discounts, stored.tips, stored.due_cents) == (
        ["Massage oil"],
        [],
        [],
        24_00,
    )


def test_a_stored_sale_reads_in_the_order_in_which_it_was_rung_up(studio: Studio) -> None:
    places = [f"J{number:02}" for number in range(12)]
    tax(studio.location, "retail", *[(place, "0.005") for place in places])
    people = [person(f"therapist-{number:02}", is_therapist=True) for number in range(12)]

    rung_up = studio.desk.rings_up(of("massage-oil"), tips=tuple(tip(one, 1_00) for one in people)).last
    stored = checkout.find_sale(rung_up.sale.pk, desk=studio.desk.desk)

    assert [tip.therapist for tip in stored.tips] == people
    assert [row.jurisdiction for row in stored.taxes] == places


# Abandoning -----------------------------------------------------------------------------------------------------------


def test_abandoning_gives_held_tenders_back_and_posts_nothing(desk: TestDesk) -> None:
    desk.opens_drawer()
    desk.rings_up(of("massage-oil")).tenders("cash", amount_cents=10_00)
    desk.tenders("external", amount_cents=5_00)

    first, again = desk.abandons(), desk.abandons()

    assert (first.sale.status, again.sale.revision) == ("abandoned", first.sale.revision)
    assert set(Tender.objects.values_list("status", flat=True)) == {Tender.Status.RELEASED}
    assert balances() == {}
    books_are_clean()


def test_a_completed_sale_is_not_abandoned(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil")).pays(external=24_00)

    with pytest.raises(SaleNotOpen, match="This sale is completed"):
        desk.abandons()


def test_an_abandoned_sale_is_neither_changed_nor_completed(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil")).tenders("external")
    desk.abandons()

    with pytest.raises(SaleNotOpen, match="This sale is abandoned"):
        desk.changes(of("massage-oil", quantity=2))
    with pytest.raises(SaleNotOpen, match="This sale is abandoned"):
        desk.completes()


def test_whoever_may_not_sell_touches_no_sale(studio: Studio) -> None:
    rung_up = studio.desk.rings_up(of("massage-oil"))
    held = rung_up.tenders("external", amount_cents=1_00).tenders[0]
    accountant = rung_up.with_(person("abe", role="accountant"))
    accountant.last = rung_up.last

    for touch in (
        lambda: accountant.changes(of("massage-oil", quantity=2)),
        lambda: accountant.tenders("external"),
        lambda: accountant.drops(held),
        lambda: accountant.completes(),
        lambda: accountant.abandons(),
    ):
        with pytest.raises(NotAllowed):
            touch()


# Elsewhere ------------------------------------------------------------------------------------------------------------


def test_the_desk_of_another_location_sees_no_such_sale(studio: Studio) -> None:
    here = studio.desk.with_(studio.owner).rings_up(of("massage-oil"))
    held = here.tenders("external", amount_cents=1_00).tenders[0]
    there = here.at_location(beach())
    there.last = here.last

    for look in (
        lambda: checkout.find_sale(here.last.sale.pk, desk=there.desk),
        lambda: there.changes(of("massage-oil")),
        lambda: there.tenders("external"),
        lambda: there.drops(held),
        lambda: there.completes(),
        lambda: there.abandons(),
        lambda: there.voids(here.last),
        lambda: there.refunds(here.last, (0, 1)),
    ):
        with pytest.raises(SaleNotFound, match="There is no such sale here"):
            look()


# Which day it counts for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cutoff", "at", "on"),
    [
        ("00:00", "2026-02-01T04:59:56", "2026-01-31"),  # month end in New York (T49)
        ("00:00", "2026-02-01T05:00:01", "2026-02-01"),
        ("00:00", "2026-03-08T04:59:59", "2026-03-07"),  # the day of 23 hours
        ("00:00", "2026-03-08T05:00:00", "2026-03-08"),
        ("00:00", "2026-03-09T03:59:59", "2026-03-08"),
        ("00:00", "2026-03-09T04:00:00", "2026-03-09"),
        ("00:00", "2026-11-01T03:59:59", "2026-10-31"),  # the day of 25 hours
        ("00:00", "2026-11-01T04:00:00", "2026-11-01"),
        ("00:00", "2026-11-02T04:59:59", "2026-11-01"),
        ("00:00", "2026-11-02T05:00:00", "2026-11-02"),
        ("03:00", "2026-02-01T07:59:59", "2026-01-31"),
        ("03:00", "2026-02-01T08:00:00", "2026-02-01"),
        ("03:00", "2026-03-08T06:59:59", "2026-03-07"),
        ("03:00", "2026-03-08T07:00:00", "2026-03-08"),
        ("03:00", "2026-11-01T07:59:59", "2026-10-31"),
        ("03:00", "2026-11-01T08:00:00", "2026-11-01"),
    ],
)
def test_sale_and_entry_count_for_the_locations_day(studio: Studio, cutoff: str, at: str, on: str) -> None:
    Location.objects.update(day_cutoff=dt.time.fromisoformat(cutoff))
    desk = studio.desk.at_location(Location.objects.get()).at(utc(at))

    desk.rings_up(of("massage-oil")).pays(external=24_00)

    sale, entry = Sale.objects.get(), Entry.objects.get()
    day = dt.date.fromisoformat(on)
    assert (sale.business_date, entry.business_date, entry.occurred_at) == (day, day, utc(at))


def test_a_sale_counts_for_the_day_of_its_completion(desk: TestDesk) -> None:
    before_midnight = desk.at(utc("2026-03-03T04:59:00")).rings_up(of("massage-oil"))
    before_midnight.tenders("external")

    sale = before_midnight.later(minutes=2).completes()

    assert (sale.sale.business_date, sale.entry.business_date) == (dt.date(2026, 3, 3), dt.date(2026, 3, 3))


def test_a_closed_month_takes_no_sale_and_nothing_of_it_is_written(studio: Studio) -> None:
    late = studio.desk.at(utc("2026-02-28T20:00:00")).rings_up(of("massage-oil"))
    late.tenders("external")
    periods.close(dt.date(2026, 2, 1), by=studio.owner, now=NOW)

    with pytest.raises(PeriodClosed, match="February 2026 is closed"):
        late.completes()

    assert (Sale.objects.get().status, Tender.objects.get().status) == (OPEN, Tender.Status.HELD)
    assert (balances(), Receipt.objects.count()) == ({}, 0)
    books_are_clean()
