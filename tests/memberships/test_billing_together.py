"""Many dues in one transaction: few statements, and what is wrong with one does not touch the others."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from jobs.worker import Worker
from ledger.journal import balances
from memberships import dues, renewals
from memberships.models import BillingRun, Due, SessionLot
from memberships.renewals import DuesToCharge, EndedDues
from memberships.runs import BillDues
from payments import asking
from payments.models import Charge
from pos.models import Receipt, Sale
from tests.memberships import builders
from tests.memberships.members import House, again, counts, month
from tests.memberships.test_renewals import APRIL
from tests.payments.pages import taken_cents

pytestmark = pytest.mark.django_db
NAMES = ("Ada", "Ben", "Cy", "Dee", "Eve", "Flo")


def test_a_second_member_costs_hardly_a_statement_more(house: House) -> None:
    house.member("Zoe")
    with CaptureQueriesContext(connection) as one:
        house.bills(APRIL)
    house.goes_to(dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC))
    for name in NAMES:
        house.member(name)
    house.goes_to(APRIL)
    with CaptureQueriesContext(connection) as six:
        run = house.bills(threads=8)

    assert counts(run) == {"charged": 6, "charged_cents": 6 * 79_00}
    assert len(six) <= len(one) + 40
    assert taken_cents(house.stripe) == 7 * 79_00
    house.books_are_clean()


def test_the_worker_bills_many_side_by_side_too(house: House) -> None:
    members = [house.member(name) for name in NAMES]
    ben = house.member("Ben", outcome="insufficient_funds")
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    worker = Worker(clock=timezone.now)

    with CaptureQueriesContext(connection) as asked:
        assert BillDues().work_some(worker) == len(NAMES) + 1

    assert len(asked) < 40 * len(NAMES)  # one by one it takes more than sixty for each
    assert {again(one).paid_until for one in members} == {dt.date(2026, 5, 2)}
    assert again(ben).status == "past_due"
    assert not BillingRun.objects.exists()
    house.books_are_clean()


def test_a_worker_that_stops_takes_note_of_what_it_has_asked(house: House, settings: Settings) -> None:
    settings.STRIPE_REQUESTS_PER_SECOND = 2
    for name in NAMES:
        house.member(name)
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    worker = Worker(clock=timezone.now)
    worker.stop()

    BillDues().work_some(worker)

    paid = Charge.objects.filter(owner__startswith="due:", status="succeeded")
    assert 0 < paid.count() < len(NAMES)
    assert not Charge.objects.filter(owner__startswith="due:").exclude(pk__in=paid.exclude(finished_at=None)).exists()
    house.books_are_clean()


def test_receipts_of_one_batch_are_numbered_without_gaps(house: House) -> None:
    for name in NAMES:
        house.member(name)
    before = list(Receipt.objects.values_list("number", flat=True))

    house.bills(APRIL, threads=4)

    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    assert numbers == list(range(min(before), min(before) + len(before) + len(NAMES)))
    assert Charge.objects.filter(owner__startswith="due:", finished_at=None).count() == 0


def test_what_is_out_of_the_ordinary_goes_its_own_way_beside_the_others(house: House) -> None:
    """A card that says no, nobody's card, a month on a sale, a full bank: each as if it were alone."""
    ada = house.member("Ada")
    ben = house.member("Ben", outcome="insufficient_funds")
    cy = house.member("Cy", card="")
    dee = house.member("Dee", plan=builders.plan("full", 50_00, rollover_cap=1, at_the_cap="stop"))

    run = house.bills(APRIL, threads=3)

    assert counts(run) == {"charged": 1, "charged_cents": 79_00, "declined_later": 1, "skipped": 1}
    assert [again(one).status for one in (ada, ben, cy, dee)] == ["active", "past_due", "past_due", "active"]
    assert taken_cents(house.stripe) == 79_00
    house.books_are_clean()


@pytest.mark.parametrize("status", ["open", "parked"])
def test_a_month_that_stands_on_a_sale_at_the_desk_is_left_to_it(house: House, status: str) -> None:
    ada, ben = house.member("Ada"), house.member("Ben")
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    owed = Due.objects.get(membership=ada, status="due")
    house.desk().rings_up(month(owed), client_id=ada.client_id)
    Sale.objects.filter(status="open").update(status=status)

    run = house.bills()

    assert counts(run) == {"charged": 1, "charged_cents": 79_00}
    assert (again(owed).status, again(owed).last_error) == ("due", "on an open sale")
    assert again(ben).paid_until == dt.date(2026, 5, 2)


def test_one_that_is_wrong_leaves_the_others_of_its_batch_as_they_are(house: House) -> None:
    members = [house.member(name) for name in ("Ada", "Ben", "Cy")]
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    charged = paid_charges()
    wrong = charged[1]
    Charge.objects.filter(pk=wrong.pk).update(amount_cents=1_00)  # not what the month costs

    Worker(clock=timezone.now).try_rows(EndedDues(), charged, now=timezone.now())

    assert balances() == {
        "1100 Stripe balance": 2 * 79_00,
        "1120 External terminal clearing": 3 * 79_00,
        "2220 Deferred member credits": -5 * 79_00,
    }
    assert sorted(again(one).paid_until for one in members) == [dt.date(2026, 4, 2), *[dt.date(2026, 5, 2)] * 2]
    assert "WrongAmount" in again(wrong).last_error
    assert again(wrong).finished_at is None


def test_a_charge_twice_in_one_batch_is_finished_once(house: House) -> None:
    ada = house.member()
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    (charge,) = paid_charges()

    EndedDues().work_all([charge], now=timezone.now())
    renewals.finish_all(Due.objects.get(starts_on=dt.date(2026, 4, 2)), now=timezone.now())

    assert SessionLot.objects.filter(client=ada.client).count() == 2


def paid_charges() -> list[Charge]:
    """The charges of all dues that have come up, paid and not finished, with a lease on each."""
    rows = DuesToCharge(keeps=dt.timedelta(minutes=5))
    rows.work_all(list(Due.objects.filter(status="due").order_by("pk")), now=timezone.now())
    Charge.objects.update(lease_until=None)
    for charge in rows.made:
        asking.ask(charge.pk, now=timezone.now())
    return list(Charge.objects.filter(status="succeeded", finished_at=None).order_by("pk"))
