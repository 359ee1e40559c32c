"""The billing: every due charged once, whatever happens in between (R26, T23; STRIPE faults 6, 7)."""

import datetime as dt
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from jobs.leases import claim
from jobs.worker import Worker
from ledger.journal import balances
from memberships import dues, periods, renewals, runs
from memberships.models import BillingRun, Due, Membership, Plan
from payments import asking
from payments.charges import ChargeInFlight
from payments.models import CardRefund, Charge
from pos.asked import AskedCover
from pos.models import Sale, TaxRate
from studio.refusal import BadInput
from tests.builders import of, tax
from tests.memberships import builders
from tests.memberships.members import House, again, agrees, counts, credits_of, dues_of, month, saves_card
from tests.payments.interrupting import dies_at_write
from tests.payments.pages import CONFIRM, taken_cents

APRIL = dt.datetime(2026, 4, 2, 10, 0, tzinfo=dt.UTC)  # six in the morning in Columbus


def test_a_month_is_charged_granted_and_posted_in_one(house: House) -> None:
    ada = house.member()

    run = house.bills(APRIL)

    assert counts(run) == {"charged": 1, "charged_cents": 79_00}
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "paid")]
    assert credits_of(ada.client) == [(1, 79_00), (1, 79_00)]
    assert (again(ada).status, again(ada).paid_until) == ("active", dt.date(2026, 5, 2))
    assert balances() == {
        "1100 Stripe balance": 79_00,
        "1120 External terminal clearing": 79_00,
        "2220 Deferred member credits": -2 * 79_00,
    }
    assert taken_cents(house.stripe) == 79_00
    house.books_are_clean()


def test_a_run_that_is_begun_again_charges_nothing_more(house: House) -> None:
    house.member()
    house.bills(APRIL)

    assert counts(house.bills()) == {}
    assert counts(house.bills(APRIL + dt.timedelta(days=3))) == {}
    assert taken_cents(house.stripe) == 79_00
    assert BillingRun.objects.count() == 3


def test_a_credit_is_worth_what_was_billed_when_it_is_used(house: House) -> None:
    """T23: 79.00 is billed and one credit granted; the visit earns what the credit cost."""
    ada = house.member()
    house.bills(APRIL)

    cover = AskedCover(kind="credit")
    house.goes_to(APRIL + dt.timedelta(days=17))
    line = replace(of("deep-tissue-60", by=house.studio.ana), cover=cover)
    house.desk().rings_up(line, client_id=ada.client_id).pays()

    assert balances() == {
        "1100 Stripe balance": 79_00,
        "1120 External terminal clearing": 79_00,
        "2220 Deferred member credits": -79_00,
        "4010 Services": -79_00,
    }
    house.books_are_clean()


def test_what_is_taxed_when_it_is_billed_is_charged_with_its_tax(house: House) -> None:
    tax(house.studio.location, "service", ("OH", "0.0575"), ("FRANKLIN", "0.0175"))
    Plan.objects.update(tax_point="sale")
    ada = house.member()

    run = house.bills(APRIL)

    assert counts(run) == {"charged": 1, "charged_cents": 84_93}
    assert credits_of(ada.client) == [(1, 79_00), (1, 79_00)]
    assert balances()["2100 Sales tax payable"] == -2 * 5_93
    house.books_are_clean()


def test_a_tax_rate_that_changes_while_the_card_is_asked_is_that_of_the_asking(house: House) -> None:
    tax(house.studio.location, "service", ("OH", "0.0575"))
    Plan.objects.update(tax_point="sale")
    house.member()
    house.goes_to(dt.datetime(2026, 4, 3, 3, 59, tzinfo=dt.UTC))  # a minute to midnight in Columbus
    dues.make(now=timezone.now())
    charge = asked_for(Due.objects.get(status="due"))
    TaxRate.objects.update(ends_on=dt.date(2026, 4, 3))
    asking.ask(charge.pk, now=timezone.now())

    house.goes_to(dt.datetime(2026, 4, 3, 4, 5, tzinfo=dt.UTC))
    Worker(clock=timezone.now).run_once()

    assert Due.objects.get(starts_on=dt.date(2026, 4, 2)).status == "paid"
    assert Sale.objects.get(pk=charge.pk).tax_cents == 4_54
    house.books_are_clean()


def test_the_price_of_a_member_is_that_of_the_version_they_joined(house: House) -> None:
    house.member()
    Plan.objects.update(is_on_sale=False)
    builders.plan(cents=95_00, version=2)

    assert counts(house.bills(APRIL)) == {"charged": 1, "charged_cents": 79_00}


def test_members_are_charged_on_their_day_and_a_due_can_be_seen_a_week_before(house: House) -> None:
    ada = house.member()
    house.goes_to(dt.datetime(2026, 3, 26, 12, 0, tzinfo=dt.UTC))

    assert counts(house.bills()) == {}
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "due")]

    assert counts(house.bills(dt.datetime(2026, 4, 2, 3, 59, tzinfo=dt.UTC))) == {}  # still the first in Columbus
    assert counts(house.bills(dt.datetime(2026, 4, 2, 4, 0, tzinfo=dt.UTC))) == {"charged": 1, "charged_cents": 79_00}


def test_who_joined_on_the_31st_is_billed_to_the_end_of_february_and_back(house: House) -> None:
    house.goes_to(dt.datetime(2027, 1, 31, 15, 0, tzinfo=dt.UTC))
    ada = house.member()

    for number, day in ((2, 28), (3, 31), (4, 30), (5, 31)):
        run = house.bills(dt.datetime(2027, number, day, 15, 0, tzinfo=dt.UTC))
        assert counts(run) == {"charged": 1, "charged_cents": 79_00}, (number, day)

    assert again(ada).paid_until == dt.date(2027, 6, 30)


def test_who_joined_on_leap_day_is_billed_on_the_29th_and_in_february_on_the_28th(house: House) -> None:
    house.goes_to(dt.datetime(2028, 2, 29, 15, 0, tzinfo=dt.UTC))
    ada = house.member(plan=builders.plan("yearly", 500_00, interval_months=12))

    run = house.bills(dt.datetime(2029, 2, 28, 15, 0, tzinfo=dt.UTC))

    assert counts(run) == {"charged": 1, "charged_cents": 500_00}
    assert again(ada).paid_until == dt.date(2030, 2, 28)
    assert ada.anchor_on == dt.date(2028, 2, 29)


@pytest.mark.parametrize(
    ("zone", "joined", "charged"),
    [
        ("America/New_York", "2026-10-01T15:00", "2026-11-01T04:00"),  # the hour that comes twice is still to come
        ("America/New_York", "2026-02-08T15:00", "2026-03-08T05:00"),  # the night that skips an hour
        ("Australia/Lord_Howe", "2026-03-05T00:00", "2026-04-04T13:00"),  # half an hour of daylight saving
        ("Pacific/Apia", "2026-03-05T00:00", "2026-04-04T11:00"),
    ],
)
def test_a_day_begins_when_it_begins_at_the_home_location(house: House, zone: str, joined: str, charged: str) -> None:
    house.studio.location.time_zone = zone
    house.studio.location.save()
    house.goes_to(dt.datetime.fromisoformat(f"{joined}:00+00:00"))
    house.member()
    at = dt.datetime.fromisoformat(f"{charged}:00+00:00")

    assert counts(house.bills(at - dt.timedelta(minutes=1))) == {}
    assert counts(house.bills(at)) == {"charged": 1, "charged_cents": 79_00}
    assert counts(house.bills(at + dt.timedelta(hours=1))) == {}


def test_after_forty_days_without_a_worker_only_the_newest_month_is_charged(house: House) -> None:
    ada = house.member()

    run = house.bills(APRIL + dt.timedelta(days=40))

    assert counts(run) == {"charged": 1, "charged_cents": 79_00, "skipped": 1}
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "skipped"), ("2026-05-02", "paid")]
    assert (again(ada).skipped_in_a_row, again(ada).status) == (0, "active")
    assert counts(house.bills()) == {}
    assert taken_cents(house.stripe) == 79_00


def test_after_half_a_year_too_it_is_one_month(house: House) -> None:
    ada = house.member()

    run = house.bills(dt.datetime(2026, 9, 20, 15, 0, tzinfo=dt.UTC))

    assert counts(run) == {"charged": 1, "charged_cents": 79_00, "skipped": 5}
    assert again(ada).paid_until == dt.date(2026, 10, 2)


def test_whoever_dies_at_any_write_is_followed_by_one_who_finds_out(house: House) -> None:
    """Fault 7, N1: also after Stripe said yes. The next run comes 25 hours later: each month is paid, once."""
    ada = house.member(plan=builders.plan("long", rollover_cap=40))
    for n in range(1, 40):
        month_of = again(ada).paid_until
        house.goes_to(dt.datetime.combine(month_of, dt.time(15), dt.UTC))
        died = dies_at_write(n, house.bills)
        house.bills(timezone.now() + dt.timedelta(hours=25))
        assert again(ada).paid_until == periods.day_after(ada.anchor_on, n + 1), n
        assert taken_cents(house.stripe) == n * 79_00
        if not died:
            break
    assert not died
    assert n > 8
    assert len(credits_of(ada.client)) == n + 1
    house.books_are_clean()


def test_a_charge_that_was_paid_is_finished_by_whoever_comes_next(house: House) -> None:
    ada = house.member()
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    charge = asked_for(Due.objects.get(status="due"))
    asking.ask(charge.pk, now=APRIL)
    assert again(ada).paid_until == dt.date(2026, 4, 2)

    house.goes_to(APRIL + dt.timedelta(minutes=1))
    Worker(clock=timezone.now).run_once()

    assert again(ada).paid_until == dt.date(2026, 5, 2)
    assert again(charge).finished_at == APRIL + dt.timedelta(minutes=1)


def test_a_charge_is_finished_once_however_often_it_is_looked_at(house: House) -> None:
    ada = house.member()
    house.bills(APRIL)
    charge = Charge.objects.get(owner__startswith="due:")
    Charge.objects.update(finished_at=None)

    with transaction.atomic():
        renewals.finish(charge, now=timezone.now())

    assert credits_of(ada.client) == [(1, 79_00), (1, 79_00)]
    assert CardRefund.objects.count() == 0


def test_a_burst_of_too_many_requests_costs_nobody_a_try(house: House) -> None:
    """Fault 6."""
    ada, ben = house.member(), house.member("Ben")
    house.stripe.tell("faults", kind="rate_limit", path=CONFIRM, times=3)

    run = house.bills(APRIL)
    assert run.unclear + run.charged == 2
    for minutes in (1, 2, 4, 8):
        house.bills(APRIL + dt.timedelta(minutes=minutes))

    assert [again(ada).paid_until, again(ben).paid_until] == [dt.date(2026, 5, 2)] * 2
    assert set(Due.objects.values_list("tries", flat=True)) == {0}
    assert taken_cents(house.stripe) == 2 * 79_00


def test_a_month_that_is_waived_while_its_card_is_asked_is_given_back(house: House) -> None:
    """N14: the client cancels, the card pays all the same."""
    ada = house.member()
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    due = Due.objects.get(status="due")
    charge = asked_for(due)
    with transaction.atomic():
        dues.waive(dues.lock(due.pk), now=APRIL)
    asking.ask(charge.pk, now=APRIL)

    house.goes_to(APRIL + dt.timedelta(minutes=1))
    Worker(clock=timezone.now).run_once()

    assert CardRefund.objects.get().amount_cents == 79_00
    assert credits_of(ada.client) == [(1, 79_00)]
    house.settles()
    assert balances() == {
        "1100 Stripe balance": -2_59,
        "1120 External terminal clearing": 79_00,
        "2220 Deferred member credits": -79_00,
        "6010 Processing fees": 2_59,
    }


def test_a_month_that_stands_on_a_sale_is_not_charged_meanwhile(house: House) -> None:
    ada = house.member()
    house.goes_to(APRIL - dt.timedelta(days=1))
    dues.make(now=timezone.now())
    due = Due.objects.get(status="due")
    desk = house.desk().rings_up(month(due), client_id=ada.client_id)

    assert counts(house.bills(APRIL)) == {}
    desk.at(timezone.now())
    desk.now = timezone.now()
    desk.pays(external=79_00)

    assert again(due).status == "paid"
    assert counts(house.bills(APRIL + dt.timedelta(days=1))) == {}
    assert taken_cents(house.stripe) == 0


def test_a_month_whose_card_is_being_asked_can_not_be_paid_at_the_desk(house: House) -> None:
    ada = house.member()
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    due = Due.objects.get(status="due")
    charge = asked_for(due)

    with pytest.raises(ChargeInFlight):
        house.desk().rings_up(month(due), client_id=ada.client_id)
    asking.ask(charge.pk, now=APRIL)
    with pytest.raises(ChargeInFlight):  # it is paid, and the worker is about to note it
        house.desk().rings_up(month(due), client_id=ada.client_id)


def test_a_limit_charges_so_many_and_the_next_run_the_others(house: House) -> None:
    for name in ("Ada", "Ben", "Cy"):
        house.member(name)

    assert counts(house.bills(APRIL, limit=2)) == {"charged": 2, "charged_cents": 2 * 79_00}
    assert counts(house.bills()) == {"charged": 1, "charged_cents": 79_00}


def test_a_run_for_a_day_leaves_what_starts_later(house: House) -> None:
    house.member()
    house.goes_to(APRIL)

    assert counts(house.bills(on=dt.date(2026, 4, 1))) == {}
    assert counts(house.bills(on=dt.date(2026, 4, 2))) == {"charged": 1, "charged_cents": 79_00}
    with pytest.raises(BadInput):
        house.bills(on=dt.date(2026, 4, 4))


def test_a_dry_run_says_who_would_be_charged_what_and_changes_nothing(house: House) -> None:
    house.member()
    house.member("Ben", card="")
    out = StringIO()

    call_command("bill", "--dry-run", "--on", "2026-04-02", stdout=out)

    assert sorted(line.split("  ")[1:] for line in out.getvalue().splitlines()[:-1]) == [
        ["Ada", "Monthly", "$79.00", "charge Visa ···4242"],
        ["Ben", "Monthly", "$79.00", "mail a link: no card is saved"],
    ]
    assert out.getvalue().splitlines()[-1] == "1 would be charged, $79.00 in all. Nothing was changed."
    assert not Due.objects.filter(status="due").exists()
    assert not BillingRun.objects.exists()


def test_the_command_bills_and_prints_its_report(house: House) -> None:
    house.member()
    house.member("Ben", outcome="insufficient_funds")
    house.goes_to(APRIL)
    out = StringIO()

    call_command("bill", "--threads", "1", stdout=out)

    report = out.getvalue()
    assert "2 dues made" in report
    assert "charged   1, $79.00" in report
    assert "declined  1 (0 never with this card, 0 the client must act, 1 later, 0 soon)" in report


def test_the_worker_bills_by_itself_and_reports_every_day(house: House) -> None:
    ada = house.member()
    house.goes_to(APRIL)
    Worker(clock=timezone.now).run_once()
    house.goes_to(APRIL + dt.timedelta(seconds=30))
    Worker(clock=timezone.now).run_once()

    assert again(ada).paid_until == dt.date(2026, 5, 2)
    report = runs.report_of(APRIL - dt.timedelta(days=1), now=timezone.now())
    assert counts(report) == {"charged": 1, "charged_cents": 79_00}


def test_a_poisoned_due_does_not_keep_the_others_from_being_charged(house: House) -> None:
    """N28."""
    house.member(plan=builders.plan("cheap", 10))  # less than a card pays
    ben = house.member("Ben")

    run = house.bills(APRIL)

    assert counts(run) == {"charged": 1, "charged_cents": 79_00}
    assert again(ben).paid_until == dt.date(2026, 5, 2)
    assert "at least $0.50" in Due.objects.get(status="due").last_error


def test_a_membership_that_is_agreed_to_and_not_paid_is_not_billed(house: House) -> None:
    membership = agrees(builders.client(), house.plan, house.studio.location)
    saves_card(membership)

    assert counts(house.bills(APRIL)) == {}
    assert again(membership).status == Membership.Status.JOINING


@transaction.atomic
def asked_for(due: Due) -> Charge:
    """The charge of a due, made and not asked for."""
    (row,) = claim(renewals.to_charge(now=timezone.now()), now=timezone.now(), lease=dt.timedelta(minutes=1), limit=1)
    assert row == due
    charge = renewals.step(row, now=timezone.now())
    assert charge is not None
    return charge
