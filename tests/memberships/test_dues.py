"""Dues as lines of sales: paid once, at a desk or by the link, refunded as far as unused, voided (R26, rule 32)."""

import datetime as dt
import uuid

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from jobs.worker import Worker
from ledger.journal import balances
from memberships import dues, duesmail, paying, renewals, runs, states
from memberships.models import Due, Membership
from memberships.states import DueChanged, MembershipChanged
from payments import hosted
from payments.charges import ChargeInFlight
from payments.models import CardRefund, Charge, HostedPage
from pos import checkout
from pos.asked import AskedDiscount, AskedLine
from pos.basket import Basket
from pos.reversals import NotRefundable
from pos.voids import NotVoidable
from studio.refusal import BadInput
from tests.builders import beach, tax
from tests.memberships import builders
from tests.memberships.members import House, again, counts, credits_of, dues_of, month
from tests.payments.pages import pays, taken_cents
from tests.racing import race

APRIL = dt.datetime(2026, 4, 2, 10, 0, tzinfo=dt.UTC)


def owed_in_april(house: House, **more: object) -> Due:
    """A due whose card has said no."""
    house.member(outcome="insufficient_funds")
    house.bills(APRIL)
    return Due.objects.select_related("membership__client").get(status="due")


def uses_credit(house: House, membership: Membership) -> Basket:
    covered = builders.covered("deep-tissue-60", by=house.studio.ana, kind="credit")
    return house.desk().rings_up(covered, client_id=membership.client_id).pays()


# Made ahead ----------------------------------------------------------------------------------------------------------


def test_a_due_is_made_once_a_week_ahead_at_the_terms_of_the_plan(house: House) -> None:
    ada = house.member(plan=builders.plan("double", 140_00, credits_per_cycle=2))

    assert [dues.make(now=APRIL - dt.timedelta(days=days)) for days in (8, 7, 6, 0)] == [0, 1, 0, 0]

    made = ada.dues.get(status="due")
    assert (made.starts_on, made.ends_on) == (dt.date(2026, 4, 2), dt.date(2026, 5, 2))
    assert (made.amount_cents, made.units) == (140_00, 2)
    assert made.run_at == dt.datetime(2026, 4, 2, 4, tzinfo=dt.UTC)
    assert dues.due_now(ada) == made


def test_a_member_who_leaves_before_gets_no_due(house: House) -> None:
    ada = house.member()
    Membership.objects.update(ends_on=dt.date(2026, 4, 2))
    assert dues.make(now=APRIL) == 0
    Membership.objects.update(ends_on=dt.date(2026, 4, 3))
    assert dues.make(now=APRIL) == 1
    assert len(dues_of(ada)) == 2


# Paid ----------------------------------------------------------------------------------------------------------------


def test_a_due_is_paid_at_another_location_which_then_owes_its_credits(house: House) -> None:
    due = owed_in_april(house)
    desk = house.desk().with_(house.studio.owner).at_location(beach())

    desk.rings_up(month(due)).pays(external=79_00)

    assert again(due).status == "paid"
    lot = due.membership.client.session_lots.get(due_key=due.key)
    assert (lot.location.code, lot.value_cents) == ("BCH", 79_00)
    house.books_are_clean()


def test_a_due_is_paid_once_on_whichever_sale_is_first(house: House) -> None:
    due = owed_in_april(house)
    first = house.desk().rings_up(month(due))
    second = house.desk().rings_up(month(due))
    first.pays(external=79_00)

    with pytest.raises(DueChanged):
        second.pays(external=79_00)
    assert credits_of(due.membership.client) == [(1, 79_00), (1, 79_00)]
    with pytest.raises(dues.NothingOwed):
        house.desk().rings_up(month(due))


def test_no_discount_and_no_stored_value_pays_a_due(house: House) -> None:
    due = owed_in_april(house)
    asked = AskedLine(kind="dues", instrument=due.key, discount=AskedDiscount(reason="goodwill", amount_cents=1))
    with pytest.raises(BadInput):
        house.desk().rings_up(asked)
    basket = house.desk().rings_up(month(due)).last
    assert basket is not None
    assert (basket.due_cents, basket.payable_by_value_cents) == (79_00, 0)


@pytest.mark.parametrize("instrument", ["", "due:", "due:nothing", f"due:{uuid.UUID(int=5)}", str(uuid.UUID(int=5))])
def test_a_line_names_a_due_that_is_there(house: House, instrument: str) -> None:
    with pytest.raises(dues.NothingOwed):
        house.desk().rings_up(AskedLine(kind="dues", instrument=instrument))


def test_a_due_stands_on_a_sale_once(house: House) -> None:
    due = owed_in_april(house)
    with pytest.raises(BadInput):
        house.desk().rings_up(month(due), month(due))
    with pytest.raises(BadInput):
        house.desk().rings_up(AskedLine(kind="dues", instrument=due.key, quantity=2))


# The link ------------------------------------------------------------------------------------------------------------


def test_the_link_of_the_mail_leads_to_stripes_page_and_back_to_a_paid_month(house: House, client: Browser) -> None:
    due = owed_in_april(house)
    address = duesmail.pay_link(due).removeprefix("http://testserver")
    assert "$79.00" in client.get(address).content.decode()

    there = client.get(f"{address}/go")
    assert there.status_code == 302
    assert pays(there["Location"]) == 303
    answer = client.get(f"{address}/done")

    assert "Thank you" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert (again(due).status, again(due.membership).status) == ("paid", "active")
    house.books_are_clean()
    assert "is paid" in client.get(address).content.decode()
    assert client.get(f"{address}/go").status_code == 200


def test_a_forged_link_leads_nowhere(house: House, client: Browser) -> None:
    due = owed_in_april(house)
    token = duesmail.token_of(due)
    other = f"{uuid.UUID(int=3).hex}:{token.partition(':')[2]}"
    assert client.get(f"/pay/due/{other}").status_code == 404


def test_while_the_client_is_on_the_page_the_saved_card_is_not_asked(house: House) -> None:
    due = owed_in_april(house)
    with transaction.atomic():
        page = paying.open_page(due, now=timezone.now())
    hosted.ask(page, now=timezone.now())

    Due.objects.update(run_at=timezone.now())
    assert counts(house.bills()) == {}
    assert again(due).run_at == page.expires_at


def test_a_page_that_is_paid_after_the_desk_was_goes_back(house: House) -> None:
    due = owed_in_april(house)
    with transaction.atomic():
        page = paying.open_page(due, now=timezone.now())
    page = hosted.ask(page, now=timezone.now())
    basket = house.desk().rings_up(month(due)).last
    assert pays(page.url) == 303
    house.pays_at_desk(due)
    assert basket is not None
    assert HostedPage.objects.get(pk=page.pk).close_wanted_at is not None

    house.settles()

    assert CardRefund.objects.get().amount_cents == 79_00
    assert len(credits_of(due.membership.client)) == 2
    house.books_are_clean()


def test_a_page_is_not_opened_while_the_card_is_asked(house: House) -> None:
    house.member()
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    due = Due.objects.get(status="due")
    Worker(clock=timezone.now).work_one(renewals.DuesToCharge())
    with pytest.raises(ChargeInFlight), transaction.atomic():
        paying.open_page(due, now=timezone.now())


# Given back ----------------------------------------------------------------------------------------------------------


def test_a_month_that_was_charged_is_refunded_to_its_card_and_takes_its_credit_back(house: House) -> None:
    ada = house.member()
    house.bills(APRIL)
    basket = sale_of(house, Due.objects.get(starts_on=dt.date(2026, 4, 2)))

    house.studio.managers_desk.at(timezone.now()).refunds(basket, (0, 1))

    assert dues_of(ada)[1] == ("2026-04-02", "refunded")
    assert (credits_of(ada.client), again(ada).status) == ([(1, 79_00)], "active")
    house.settles()
    assert CardRefund.objects.get().amount_cents == 79_00
    assert counts(house.bills(APRIL + dt.timedelta(days=5))) == {}
    house.books_are_clean()


def test_what_is_used_of_a_month_does_not_come_back(house: House) -> None:
    ada = house.member(plan=builders.plan("double", 140_01, credits_per_cycle=2))
    first = sale_of(house, ada.dues.get())
    uses_credit(house, ada)
    manager = house.studio.managers_desk.at(timezone.now())

    refund = manager.refunds(first, (0, 1)).refund

    assert refund.net_cents == 70_01
    assert credits_of(ada.client) == []
    assert balances()["1120 External terminal clearing"] == 70_00
    house.books_are_clean()


def test_a_month_whose_credit_is_used_is_not_refunded(house: House) -> None:
    ada = house.member()
    basket = sale_of(house, ada.dues.get())
    uses_credit(house, ada)
    manager = house.studio.managers_desk.at(timezone.now())
    with pytest.raises(NotRefundable):
        manager.refunds(basket, (0, 1))
    with pytest.raises(NotVoidable):
        manager.voids(basket)


def test_tax_comes_back_for_the_part_that_was_not_used(house: House) -> None:
    tax(house.studio.location, "service", ("OH", "0.075"))
    ada = house.member(plan=builders.plan("double", 140_00, credits_per_cycle=2, tax_point="sale"))
    basket = sale_of(house, ada.dues.get())
    uses_credit(house, ada)

    refund = house.studio.managers_desk.at(timezone.now()).refunds(basket, (0, 1)).refund

    assert (basket.sale.tax_cents, refund.net_cents, refund.tax_cents) == (10_50, 70_00, 5_25)
    house.books_are_clean()


def test_a_voided_month_is_owed_again_and_can_be_paid_again(house: House) -> None:
    due = owed_in_april(house)
    basket = house.pays_at_desk(due)

    house.studio.managers_desk.at(timezone.now()).voids(basket)

    assert (again(due).status, credits_of(due.membership.client)) == ("due", [(1, 79_00)])
    assert again(due.membership).paid_until == dt.date(2026, 4, 2)
    house.pays_at_desk(due)
    assert (again(due).status, len(credits_of(due.membership.client))) == ("paid", 2)
    house.books_are_clean()


def test_a_month_that_a_card_paid_is_not_charged_again_when_its_sale_is_voided(house: House) -> None:
    ada = house.member()
    house.bills(APRIL)
    due = Due.objects.get(starts_on=dt.date(2026, 4, 2))

    house.studio.managers_desk.at(timezone.now()).voids(sale_of(house, due))

    assert again(due).status == "refunded"
    assert counts(house.bills(APRIL + dt.timedelta(days=2))) == {}
    assert len(credits_of(ada.client)) == 1
    house.books_are_clean()


# States --------------------------------------------------------------------------------------------------------------


def test_nobody_moves_a_row_from_a_state_that_it_has_left(house: House) -> None:
    ada = house.member()
    stale = again(ada)
    states.move(ada, Membership.Status.PAST_DUE)
    with pytest.raises(MembershipChanged):
        states.move(stale, Membership.Status.FROZEN)
    with pytest.raises(MembershipChanged):
        states.change(stale, renews=False)
    with pytest.raises(MembershipChanged):
        states.move(ada, Membership.Status.JOINING)
    with pytest.raises(DueChanged):
        states.move_due(ada.dues.get(), Due.Status.WAIVED)


# Side by side --------------------------------------------------------------------------------------------------------


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_four_runs_side_by_side_charge_every_due_once(house: House) -> None:
    """Fault 9."""
    members = [house.member(name) for name in ("Ada", "Ben", "Cy", "Dee", "Eve", "Flo")]
    house.goes_to(APRIL)

    found = race(4, lambda _: runs.bill(clock=timezone.now, threads=2))

    assert [one for one in found if isinstance(one, BaseException)] == []
    house.bills(APRIL + dt.timedelta(minutes=5))
    assert [again(one).paid_until for one in members] == [dt.date(2026, 5, 2)] * 6
    assert Charge.objects.filter(owner__startswith="due:").count() == 6
    assert taken_cents(house.stripe) == 6 * 79_00
    assert connection.vendor == "postgresql"


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_a_desk_and_a_worker_at_the_same_moment_take_the_month_once(house: House) -> None:
    ada = house.member()
    house.goes_to(APRIL)
    dues.make(now=APRIL)
    due = Due.objects.get(status="due")

    def takes(n: int) -> object:
        return house.bills() if n else house.pays_at_desk(due)

    race(2, takes)
    house.bills(APRIL + dt.timedelta(minutes=20))

    assert again(due).status == "paid"
    assert len(credits_of(ada.client)) == 2
    paid_at_desk = balances().get("1120 External terminal clearing", 0) - 79_00
    assert paid_at_desk + taken_cents(house.stripe) == 79_00


def sale_of(house: House, due: Due) -> Basket:
    """The sale that paid the due, as it is stored."""
    return checkout.find_sale(uuid.UUID(due.sale_key.removeprefix("sale:")), desk=house.desk().desk)
