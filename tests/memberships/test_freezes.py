"""A pause of whole months (R29, rule 34): whose dues, whose credits, whose minimum term."""

import datetime as dt

import pytest
from django.utils import timezone

from ledger.journal import balances
from memberships.dues import ChargeInFlight
from memberships.feekinds import FeeNotOwed
from memberships.freezes import FreezeBegan, NotFreezable
from memberships.models import Membership, Plan, SessionLot
from payments.models import Charge
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.memberships import builders
from tests.memberships.changing import (
    cancels,
    freezes_for,
    hour_passes,
    mails_are_sent,
    morning,
    pays_for,
    told,
    unfreezes,
)
from tests.memberships.members import House, again, credits_of, dues_of


@pytest.fixture
def ada(house: House) -> Membership:
    """Joined on 2 March without a card."""
    return house.member("Ada", card="")


def test_a_freeze_begins_at_the_renewal_and_ends_by_itself(house: House, ada: Membership) -> None:
    planned = freezes_for(ada, 2)
    assert (planned.starts_on, planned.ends_on, planned.fee_cents) == (dt.date(2026, 4, 2), dt.date(2026, 6, 2), 0)
    assert told(ada) == ("active", "2026-04-02")

    hour_passes(house, morning(2026, 4, 2))
    assert told(ada) == ("frozen", "2026-06-02")
    hour_passes(house, morning(2026, 6, 1))
    assert told(ada) == ("frozen", "2026-06-02")
    hour_passes(house, morning(2026, 6, 2))

    assert told(ada) == ("active", "2026-06-02")
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-06-02", "due")]
    assert credits_of(ada.client) == [(1, 79_00)]
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_no_card_is_asked_while_it_is_frozen(house: House) -> None:
    bo = house.member("Bo")
    freezes_for(bo, 1)
    hour_passes(house, morning(2026, 4, 2))

    house.bills(morning(2026, 4, 20))
    assert Charge.objects.count() == 0
    hour_passes(house, morning(2026, 5, 2))
    house.bills()

    assert dues_of(bo) == [("2026-03-02", "paid"), ("2026-05-02", "paid")]
    assert Charge.objects.count() == 1


def test_the_minimum_term_moves_by_the_same_time(house: House) -> None:
    plan = builders.plan("year", minimum_months=12)
    bo = house.member("Bo", card="", plan=plan)
    assert bo.minimum_until == dt.date(2027, 3, 2)
    freezes_for(bo, 3)

    hour_passes(house, morning(2026, 4, 2))

    assert again(bo).minimum_until == dt.date(2027, 6, 2)


def test_months_of_31_days_do_not_drift(house: House) -> None:
    house.goes_to(morning(2026, 3, 31))
    bo = house.member("Bo", card="")
    assert told(bo) == ("active", "2026-04-30")

    planned = freezes_for(bo, 1)
    hour_passes(house, morning(2026, 4, 30))

    assert planned.ends_on == dt.date(2026, 5, 31)
    assert told(bo) == ("frozen", "2026-05-31")


def test_a_due_that_was_made_ahead_is_taken_back_and_made_again_when_the_freeze_is_undone(
    house: House, ada: Membership
) -> None:
    house.bills(morning(2026, 3, 28))
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "due")]

    freezes_for(ada, 1)
    assert dues_of(ada) == [("2026-03-02", "paid")]
    house.bills()
    assert dues_of(ada) == [("2026-03-02", "paid")]
    unfreezes(ada)

    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "due")]
    hour_passes(house, morning(2026, 4, 2))
    assert told(ada) == ("active", "2026-04-02")


def test_it_can_not_be_undone_once_it_began(house: House, ada: Membership) -> None:
    freezes_for(ada, 1)
    hour_passes(house, morning(2026, 4, 2))

    with pytest.raises(FreezeBegan, match="2026-05-02"):
        unfreezes(ada)


def test_on_the_day_of_renewal_it_begins_at_once_if_the_month_is_not_paid(house: House, ada: Membership) -> None:
    house.bills(morning(2026, 3, 30))
    house.goes_to(morning(2026, 4, 2))

    freezes_for(ada, 1)

    assert told(ada) == ("frozen", "2026-05-02")
    assert dues_of(ada) == [("2026-03-02", "paid")]


def test_on_the_day_of_renewal_it_begins_a_month_later_if_the_month_is_paid(house: House) -> None:
    bo = house.member("Bo")
    house.bills(morning(2026, 4, 2))

    assert freezes_for(bo, 1).starts_on == dt.date(2026, 5, 2)


def test_while_the_card_is_being_asked_nothing_is_frozen(house: House) -> None:
    bo = house.member("Bo")
    house.bills(morning(2026, 3, 30))
    due = bo.dues.get(status="due")
    Charge.objects.create(
        owner=due.key,
        about="test",
        location=bo.location,
        how=Charge.How.OFF_SESSION,
        client=bo.client_id,
        saved_card_id=_card(bo),
        amount_cents=79_00,
        created_at=timezone.now(),
        run_at=timezone.now(),
    )

    with pytest.raises(ChargeInFlight):
        freezes_for(bo, 1)
    assert told(bo) == ("active", "2026-04-02")


def _card(membership: Membership) -> object:
    from_page = membership.client.pk
    found = Charge._meta.get_field("saved_card").related_model.objects.get(client=from_page)
    return found.pk


def test_who_is_past_due_asks_too_late(house: House, ada: Membership) -> None:
    house.bills(morning(2026, 4, 3))
    assert told(ada) == ("past_due", "2026-04-02")

    with pytest.raises(NotFreezable, match="before the renewal"):
        freezes_for(ada, 1)


def test_three_months_in_twelve_are_all(house: House, ada: Membership) -> None:
    with pytest.raises(BadInput, match="1 to 3"):
        freezes_for(ada, 4)
    freezes_for(ada, 2)
    hour_passes(house, morning(2026, 4, 2))
    hour_passes(house, morning(2026, 6, 2))
    house.pays_at_desk(ada.dues.get(status="due"))

    with pytest.raises(BadInput, match="1 to 1"):
        freezes_for(ada, 2)
    freezes_for(ada, 1)
    hour_passes(house, morning(2026, 7, 2))
    hour_passes(house, morning(2026, 8, 2))
    house.pays_at_desk(ada.dues.get(status="due"))

    with pytest.raises(NotFreezable, match="are used"):
        freezes_for(ada, 1)


def test_the_same_freeze_again_is_the_same_one_and_another_is_refused(ada: Membership) -> None:
    first = freezes_for(ada, 1)

    assert freezes_for(ada, 1) == first
    with pytest.raises(NotFreezable, match="Take it back first"):
        freezes_for(ada, 2)


def test_a_cancelled_membership_is_not_frozen(house: House, ada: Membership) -> None:
    house.goes_to(morning(2026, 3, 20))
    cancels(ada)

    with pytest.raises(NotFreezable, match="ends on 2026-04-02"):
        freezes_for(ada, 1)


def test_a_freeze_fee_is_income_of_the_day_it_is_paid_and_is_paid_once(house: House) -> None:
    bo = house.member("Bo", card="", plan=builders.plan("dear", freeze_fee_cents=10_00))
    planned = freezes_for(bo, 2)
    assert planned.fee_cents == 20_00

    paid = pays_for(house, "freeze_fee", planned.key)

    assert balances() == {
        "1120 External terminal clearing": 79_00 + 20_00,
        "2220 Deferred member credits": -79_00,
        "4030 Membership dues": -20_00,
    }
    assert again(planned).fee_sale_key == f"sale:{paid.sale.pk}"
    with pytest.raises(FeeNotOwed):
        pays_for(house, "freeze_fee", planned.key)
    house.studio.managers_desk.at(timezone.now()).voids(paid)
    assert again(planned).fee_sale_key == ""
    mails_are_sent()
    books_are_clean(now=timezone.now())


def test_a_medical_freeze_begins_today_and_stops_the_clock_of_what_was_paid(house: House) -> None:
    bo = house.member("Bo", card="", plan=builders.plan("dear", freeze_fee_cents=10_00))
    lot = SessionLot.objects.get(client=bo.client)
    assert lot.expires_on == dt.date(2027, 3, 2)
    house.goes_to(morning(2026, 3, 12))

    begun = freezes_for(bo, 6, reason="medical")

    assert (begun.starts_on, begun.ends_on, begun.fee_cents) == (dt.date(2026, 3, 12), dt.date(2026, 9, 12), 0)
    assert told(bo) == ("frozen", "2026-10-02")  # the 21 days that were paid are still to come
    assert again(lot).stopped_on == dt.date(2026, 3, 12)
    hour_passes(house, morning(2026, 9, 12))
    assert told(bo) == ("active", "2026-10-02")
    assert again(lot).stopped_on is None
    assert again(lot).expires_on == dt.date(2027, 3, 2) + dt.timedelta(days=184)


def test_a_medical_freeze_of_somebody_past_due_waives_the_month(house: House, ada: Membership) -> None:
    house.bills(morning(2026, 4, 5))

    freezes_for(ada, 2, reason="medical")

    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "waived")]
    assert told(ada) == ("frozen", "2026-06-02")


def test_a_plan_without_pauses_has_none(house: House) -> None:
    bo = house.member("Bo", card="", plan=Plan.objects.get(pk=builders.plan("hard", freeze_months_a_year=0).pk))

    with pytest.raises(NotFreezable):
        freezes_for(bo, 1)
