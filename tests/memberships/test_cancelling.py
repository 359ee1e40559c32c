"""Leaving (R31, rules 31, 32, 34): when it ends, what it costs, what is given back, and changing one's mind."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.models import OutboxMail
from ledger.journal import balances
from memberships import cancelling, leaving, renewals
from memberships.asking import ONLINE
from memberships.cancelling import NotCancellable
from memberships.expiry import ExpireSessions
from memberships.feekinds import FeeNotOwed
from memberships.leaving import Fee
from memberships.models import Cancellation, MemberPrice, Membership, SessionLot
from payments import asking
from payments.models import Charge
from pos.approvals import ApprovalNeeded
from pos.models import Approval, ClientCredit, Item
from studio.models import AuditRow
from tests.books import books_are_clean
from tests.builders import of
from tests.memberships import builders
from tests.memberships.changing import (
    cancels,
    changes_to,
    freezes_for,
    hour_passes,
    mails_are_sent,
    morning,
    pays_for,
    stays,
    told,
)
from tests.memberships.members import House, again, credits_of, dues_of

Why = Cancellation.Why


@pytest.fixture
def ada(house: House) -> Membership:
    """Joined on 2 March; it is the 20th."""
    membership = house.member("Ada", card="")
    house.goes_to(morning(2026, 3, 20))
    return membership


# When ----------------------------------------------------------------------------------------------------------------


def test_it_ends_with_the_time_that_is_paid_and_nothing_more_is_charged(house: House) -> None:
    bo = house.member("Bo")
    house.goes_to(morning(2026, 3, 20))

    cancellation = cancels(bo).cancellation

    assert (cancellation.ends_on, cancellation.fee_cents) == (dt.date(2026, 4, 2), 0)
    assert len(cancellation.number) == 8
    assert again(bo).cancel_number == cancellation.number
    assert told(bo) == ("active", "2026-04-02")
    hour_passes(house, morning(2026, 4, 1))
    assert told(bo)[0] == "active"
    hour_passes(house, morning(2026, 4, 2))
    house.bills()
    assert (told(bo)[0], again(bo).end_reason, again(bo).ends_on) == ("ended", "cancelled", dt.date(2026, 4, 2))
    assert Charge.objects.count() == 0
    assert dues_of(bo) == [("2026-03-02", "paid")]


def test_notice_runs_to_the_end_of_the_period_in_which_it_is_over(house: House) -> None:
    plan = builders.plan("slow", notice_days=30)
    bo = house.member("Bo", plan=plan)
    house.goes_to(morning(2026, 3, 20))

    assert cancels(bo).cancellation.ends_on == dt.date(2026, 5, 2)
    house.bills(morning(2026, 4, 2))
    house.bills(morning(2026, 5, 1))

    assert dues_of(bo) == [("2026-03-02", "paid"), ("2026-04-02", "paid")]


def test_who_owes_a_month_ends_at_once_and_owes_nothing(house: House, ada: Membership) -> None:
    house.bills(morning(2026, 4, 5))
    assert told(ada)[0] == "past_due"

    cancellation = cancels(ada).cancellation

    assert cancellation.ends_on == dt.date(2026, 4, 5)
    assert told(ada)[0] == "ended"
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "waived")]


def test_who_is_frozen_ends_at_once(house: House, ada: Membership) -> None:
    freezes_for(ada, 2)
    hour_passes(house, morning(2026, 4, 2))

    cancels(ada)
    hour_passes(house, morning(2026, 6, 2))

    assert told(ada)[0] == "ended"
    assert again(ada).ends_on == dt.date(2026, 4, 2)


def test_what_was_planned_does_not_happen(house: House, ada: Membership) -> None:
    change = changes_to(ada, builders.plan("plus", 100_00))
    planned = freezes_for(ada, 1)

    cancels(ada)
    hour_passes(house, morning(2026, 4, 2))

    assert (again(change).status, again(planned).began_at) == ("undone", None)
    assert told(ada)[0] == "ended"


def test_the_client_keeps_a_confirmation_with_its_number(house: House, ada: Membership) -> None:
    number = cancels(ada).cancellation.number

    (mail,) = OutboxMail.objects.filter(subject=f"Your cancellation {number}")
    assert (mail.to, "It ends on April 2, 2026." in mail.text, number in mail.text) == ("ada@example.com", True, True)
    stays(ada)
    assert OutboxMail.objects.filter(subject="Your membership goes on").count() == 1


def test_cancelling_twice_is_one_cancellation(ada: Membership) -> None:
    assert cancels(ada).cancellation == cancels(ada).cancellation
    assert list(AuditRow.objects.filter(action="membership_cancelled").values_list("after__fee_cents", flat=True)) == [
        0
    ]


def test_credits_can_be_used_for_90_days_more_and_then_become_store_credit(house: House, ada: Membership) -> None:
    cancels(ada)
    hour_passes(house, morning(2026, 4, 2))
    assert SessionLot.objects.get(client=ada.client).expires_on == dt.date(2026, 7, 1)

    house.goes_to(morning(2026, 6, 30))
    ExpireSessions().run(now=timezone.now())
    assert credits_of(ada.client) == [(1, 79_00)]
    house.goes_to(morning(2026, 7, 1))
    ExpireSessions().run(now=timezone.now())

    assert credits_of(ada.client) == []
    assert ClientCredit.objects.get(client=ada.client).balance_cents == 79_00
    assert balances() == {"1120 External terminal clearing": 79_00, "2230 Client credit": -79_00}
    mails_are_sent()
    books_are_clean(now=timezone.now())


# Changing one's mind -------------------------------------------------------------------------------------------------


def test_taken_back_before_the_end_it_goes_on_as_if_nothing_had_been(house: House) -> None:
    bo = house.member("Bo")
    house.bills(morning(2026, 3, 28))
    cancels(bo)
    assert dues_of(bo) == [("2026-03-02", "paid")]

    undone = stays(bo)
    house.bills(morning(2026, 4, 2))

    assert undone.undone_at is not None
    assert (again(bo).ends_on, again(bo).cancel_number, told(bo)) == (None, "", ("active", "2026-05-02"))
    assert dues_of(bo) == [("2026-03-02", "paid"), ("2026-04-02", "paid")]


def test_after_the_end_it_is_too_late(house: House, ada: Membership) -> None:
    with pytest.raises(NotCancellable, match="not cancelled"):
        stays(ada)
    cancels(ada)
    hour_passes(house, morning(2026, 4, 2))

    with pytest.raises(NotCancellable, match="join again"):
        stays(ada)


# While the card is asked (N14) ---------------------------------------------------------------------------------------


def asked_card(house: House) -> tuple[Membership, Charge]:
    """A member whose card is to be asked for April, and the charge."""
    bo = house.member("Bo")
    house.bills(morning(2026, 3, 30))
    house.goes_to(morning(2026, 4, 2))
    due = bo.dues.get(status="due")
    with transaction.atomic():
        charge = renewals.step(due, now=timezone.now())
    assert charge is not None
    return bo, charge


def test_a_card_that_had_not_been_asked_is_not_asked_any_more(house: House) -> None:
    bo, charge = asked_card(house)

    cancels(bo)
    assert told(bo)[0] == "active"
    house.bills()
    hour_passes(house)

    assert again(charge).status == "cancelled"
    assert told(bo)[0] == "ended"
    assert dues_of(bo) == [("2026-03-02", "paid"), ("2026-04-02", "waived")]
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_a_card_that_was_faster_has_paid_for_a_month_and_the_end_moves_to_its_end(house: House) -> None:
    bo, charge = asked_card(house)
    asking.ask(charge.pk, now=timezone.now())
    assert again(charge).status == "succeeded"

    assert cancels(bo).cancellation.ends_on == dt.date(2026, 4, 2)
    with transaction.atomic():
        renewals.finish(again(charge), now=timezone.now())
    hour_passes(house)

    assert told(bo) == ("active", "2026-05-02")
    assert again(bo).ends_on == dt.date(2026, 5, 2)
    assert Cancellation.objects.get().ends_on == dt.date(2026, 5, 2)
    assert credits_of(bo.client) == [(1, 79_00), (1, 79_00)]
    hour_passes(house, morning(2026, 5, 2))
    assert told(bo)[0] == "ended"


# What leaving early costs --------------------------------------------------------------------------------------------


@pytest.fixture
def bound(house: House) -> Membership:
    """A year at $79 with an exit fee of $150, joined on 2 March; further treatments cost $85 instead of $100."""
    plan = builders.plan("year", minimum_months=12, exit_fee_cents=150_00)
    MemberPrice.objects.create(plan=plan, item=Item.objects.get(code="deep-tissue-60"), price_cents=85_00)
    return house.member("Bo", card="", plan=plan)


def test_the_fee_is_the_least_of_fixed_fee_remaining_dues_and_discount_received(
    house: House, bound: Membership
) -> None:
    desk = house.studio.desk
    house.goes_to(morning(2026, 3, 10))
    april = dt.date(2026, 4, 2)
    assert leaving.fee(bound, ends_on=april) == Fee(150_00, 11 * 79_00, 0)
    builders.visits(house.desk(), house.studio, bound.client, kind="credit")
    assert leaving.fee(bound, ends_on=april) == Fee(150_00, 11 * 79_00, 21_00)
    desk.at(timezone.now()).rings_up(of("deep-tissue-60", by=house.studio.ana), client_id=bound.client_id).pays(
        external=85_00
    )
    assert leaving.fee(bound, ends_on=april) == Fee(150_00, 11 * 79_00, 36_00)
    assert leaving.fee(bound, ends_on=dt.date(2027, 2, 2)).remaining_cents == 79_00
    assert leaving.fee(bound, ends_on=dt.date(2027, 3, 2)) == Fee(0, 0, 0)

    house.goes_to(morning(2026, 3, 20))
    cancellation = cancels(bound).cancellation

    assert (cancellation.full_fee_cents, cancellation.fee_cents) == (36_00, 36_00)


def left_early(house: House, bound: Membership, why: Cancellation.Why = Why.OWN_WISH) -> Cancellation:
    """Cancelled on 20 March after a visit that saved $21."""
    builders.visits(house.desk(), house.studio, bound.client, kind="credit")
    house.goes_to(morning(2026, 3, 20))
    return cancels(bound, why=why).cancellation


def test_the_fee_is_income_of_the_day_it_is_paid(house: House, bound: Membership) -> None:
    cancellation = left_early(house, bound)

    paid = pays_for(house, "exit_fee", cancellation.key)

    assert balances() == {
        "1120 External terminal clearing": 79_00 + 21_00,
        "4010 Services": -79_00,
        "4030 Membership dues": -21_00,
    }
    assert again(cancellation).fee_sale_key == f"sale:{paid.sale.pk}"
    with pytest.raises(FeeNotOwed):
        pays_for(house, "exit_fee", cancellation.key)
    with pytest.raises(NotCancellable, match="Refund it"):
        stays(bound)
    house.studio.managers_desk.at(timezone.now()).refunds(paid, (0, 1))
    assert balances()["4910 Refunds and allowances"] == 21_00
    mails_are_sent()
    books_are_clean(now=timezone.now())


@pytest.mark.parametrize("why", [Why.DEATH, Why.DISABILITY, Why.MEDICAL, Why.MOVED])
def test_for_some_reasons_leaving_costs_nothing(house: House, bound: Membership, why: Cancellation.Why) -> None:
    cancellation = left_early(house, bound, why)

    assert (cancellation.full_fee_cents, cancellation.fee_cents) == (21_00, 0)
    with pytest.raises(FeeNotOwed):
        pays_for(house, "exit_fee", cancellation.key)


def test_a_manager_may_waive_the_fee_and_the_desk_may_not(house: House, bound: Membership) -> None:
    cancellation = left_early(house, bound)
    studio = house.studio

    with pytest.raises(ApprovalNeeded), transaction.atomic():
        cancelling.waive_fee(membership_id=bound.pk, desk=studio.desk.desk, now=timezone.now())
    approval = studio.manager_approves(Approval.Action.DISCOUNT, bound.pk, 21_00, now=timezone.now())
    with transaction.atomic():
        cancelling.waive_fee(membership_id=bound.pk, desk=studio.desk.desk, now=timezone.now(), approval_id=approval.pk)

    assert again(cancellation).fee_cents == 0
    assert again(cancellation).waived_by == studio.manager
    assert AuditRow.objects.get(action="exit_fee_waived").approver == studio.manager


# Within the first days -----------------------------------------------------------------------------------------------


def test_within_three_days_and_unused_everything_is_given_back(house: House) -> None:
    bo = house.member("Bo", card="")
    house.goes_to(morning(2026, 3, 5))

    done = cancels(bo)

    assert (done.cancellation.refunded_cents, done.cancellation.ends_on) == (79_00, dt.date(2026, 3, 5))
    assert done.given is not None
    assert (told(bo)[0], again(bo).end_reason) == ("ended", "cooled_off")
    assert dues_of(bo) == [("2026-03-02", "refunded")]
    assert balances() == {}
    assert credits_of(bo.client) == []
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_online_the_client_needs_nobody_for_it(house: House) -> None:
    bo = house.member("Bo", card="")

    with transaction.atomic():
        done = cancelling.cancel(membership_id=bo.pk, asker=ONLINE, now=timezone.now())

    assert (done.cancellation.refunded_cents, done.cancellation.how) == (79_00, "online")


def test_on_the_fourth_day_or_used_it_is_a_cancellation_like_any_other(house: House) -> None:
    late, used = house.member("Bo", card=""), house.member("Cy", card="")
    builders.visits(house.desk(), house.studio, used.client, kind="credit")

    assert cancels(used).cancellation.refunded_cents == 0
    house.goes_to(morning(2026, 3, 6))
    cancelled = cancels(late).cancellation

    assert (cancelled.refunded_cents, cancelled.ends_on) == (0, dt.date(2026, 4, 2))


def test_one_offer_to_freeze_and_none_after_cancelling(house: House, ada: Membership) -> None:
    assert cancelling.may_freeze_instead(ada, now=timezone.now())
    cancels(ada)
    assert not cancelling.may_freeze_instead(again(ada), now=timezone.now())
