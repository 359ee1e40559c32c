"""Becoming a member: agreed to, begun by the first payment, with a card for the months to come (R32, rule 26)."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.worker import Worker
from ledger.journal import balances
from memberships import consents, joining
from memberships.consents import Agreed, OtherText
from memberships.joining import AlreadyMember, NotOnSale
from memberships.models import Consent, Due, Membership
from pos.models import SaleLine
from studio.refusal import BadInput
from tests.builders import NOW
from tests.memberships import builders
from tests.memberships.members import House, again, agrees, counts, credits_of, dues_of, first_month, joins, saves_card
from tests.payments.pages import taken_cents

APRIL = dt.datetime(2026, 4, 2, 10, 0, tzinfo=dt.UTC)


def test_joining_at_the_desk_takes_the_first_month_by_any_tender_and_grants_its_credit(house: House) -> None:
    ada = builders.client()
    membership = agrees(ada, house.plan, house.studio.location)
    assert membership.status == Membership.Status.JOINING
    desk = house.desk()
    desk.opens_drawer()

    basket = desk.rings_up(first_month(membership), client_id=ada.pk).pays(external=29_00, cash=50_00)

    assert balances() == {
        "1010 Cash drawer": 50_00,
        "1120 External terminal clearing": 29_00,
        "2220 Deferred member credits": -79_00,
    }
    found = again(membership)
    assert (found.status, found.anchor_on, found.paid_until) == ("active", dt.date(2026, 3, 2), dt.date(2026, 4, 2))
    assert credits_of(ada) == [(1, 79_00)]
    line = SaleLine.objects.get()
    assert (line.name, line.reference) == ("Monthly, Mar 2 to Apr 2", "1 session, until 2027-03-02")
    assert again(Due.objects.get()).sale_key == f"sale:{basket.sale.pk}"
    house.books_are_clean()


def test_who_agrees_today_and_pays_tomorrow_begins_tomorrow(house: House) -> None:
    membership = agrees(builders.client(), builders.plan("long", minimum_months=6), house.studio.location)
    house.goes_to(NOW + dt.timedelta(days=1))

    house.desk().rings_up(first_month(membership), client_id=membership.client_id).pays(external=79_00)

    assert dues_of(membership) == [("2026-03-03", "paid")]
    assert again(membership).paid_until == dt.date(2026, 4, 3)
    assert again(membership).minimum_until == dt.date(2026, 9, 3)


def test_what_a_client_agreed_to_is_kept_with_when_and_how(house: House) -> None:
    membership = agrees(builders.client(), house.plan, house.studio.location)

    kept = Consent.objects.get()
    assert membership.consent == kept
    assert (kept.at, kept.how, kept.signature) == (NOW, "desk", "Jo Reyes")
    assert kept.text_hash == consents.hash_of(kept.text)
    for words in ("$79.00", "every month", "I can cancel", "without asking me each time", "Massage Escape"):
        assert words in kept.text
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.update(text="I agree to everything")


def test_a_text_that_has_changed_since_it_was_shown_is_not_agreed_to(house: House) -> None:
    client, shown = builders.client(), consents.hash_of(consents.text_for(house.plan))
    house.plan.terms = "Bring your own towel."
    house.plan.save()

    with pytest.raises(OtherText), transaction.atomic():
        joining.join(
            membership_id=uuid.uuid4(),
            client=client,
            plan=house.plan,
            location=house.studio.location,
            agreed=Agreed(shown),
            now=NOW,
        )
    assert not Membership.objects.exists()


def test_the_same_request_again_is_the_same_membership(house: House) -> None:
    client, one = builders.client(), uuid.uuid4()
    first = agrees(client, house.plan, house.studio.location, membership_id=one)

    assert agrees(client, house.plan, house.studio.location, membership_id=one) == first
    assert Due.objects.count() == 1
    with pytest.raises(BadInput):
        agrees(builders.client("Bo Lee"), house.plan, house.studio.location, membership_id=one)


def test_a_plan_is_joined_once_and_again_after_its_end(house: House) -> None:
    client = builders.client()
    membership = joins(house.studio.desk, client, house.plan)

    with pytest.raises(AlreadyMember):
        agrees(client, house.plan, house.studio.location)
    Membership.objects.filter(pk=membership.pk).update(status="ended", ends_on=NOW.date(), end_reason="cancelled")
    assert agrees(client, house.plan, house.studio.location).status == "joining"


def test_who_did_not_pay_may_begin_again(house: House) -> None:
    client = builders.client()
    first = agrees(client, house.plan, house.studio.location)
    second = agrees(client, house.plan, house.studio.location)

    assert list(Membership.objects.all()) == [second]
    with pytest.raises(BadInput):
        house.desk().rings_up(first_month(first), client_id=client.pk)


def test_a_plan_that_is_not_sold_is_not_joined(house: House) -> None:
    house.plan.joins_online = False
    house.plan.save()
    client = builders.client()
    with pytest.raises(NotOnSale):
        agrees(client, house.plan, house.studio.location, how="online")
    house.plan.is_on_sale = False
    house.plan.save()
    with pytest.raises(NotOnSale):
        agrees(client, house.plan, house.studio.location)
    with pytest.raises(NotOnSale):
        joining.plan_on_sale("monthly")


def test_the_first_month_is_sold_to_the_one_who_agreed(house: House) -> None:
    membership = agrees(builders.client(), house.plan, house.studio.location)
    for client_id in (None, builders.client("Bo Lee").pk):
        with pytest.raises(BadInput):
            house.desk().rings_up(first_month(membership), client_id=client_id)


def test_a_card_is_saved_on_stripes_page_with_the_consent_it_belongs_to(house: House) -> None:
    membership = joins(house.studio.desk, builders.client(), house.plan)
    assert not joining.has_card(membership)

    card = saves_card(membership)

    assert card.consent == f"consent:{membership.consent_id}"
    assert joining.has_card(membership)
    assert counts(house.bills(APRIL)) == {"charged": 1, "charged_cents": 79_00}


def test_online_the_card_that_is_saved_pays_the_first_month_at_once(house: House) -> None:
    ada = builders.client()
    membership = agrees(ada, house.plan, house.studio.location, how="online")
    Worker(clock=timezone.now).run_once()
    assert again(membership).status == "joining"

    saves_card(membership)
    for seconds in (1, 10):
        house.goes_to(NOW + dt.timedelta(seconds=seconds))
        Worker(clock=timezone.now).run_once()

    assert (again(membership).status, credits_of(ada)) == ("active", [(1, 79_00)])
    assert taken_cents(house.stripe) == 79_00
    house.books_are_clean()


def test_online_a_card_that_says_no_begins_nothing_and_is_not_asked_again(house: House) -> None:
    membership = agrees(builders.client(), house.plan, house.studio.location, how="online")
    house.says(saves_card(membership), "insufficient_funds")

    for days in (0, 1, 3, 20):
        house.bills(NOW + dt.timedelta(days=days, minutes=1))

    assert again(membership).status == "joining"
    assert Due.objects.get().tries == 1
    assert credits_of(membership.client) == []


def test_voiding_the_sale_that_began_a_membership_ends_it(house: House) -> None:
    client = builders.client()
    membership = agrees(client, house.plan, house.studio.location)
    basket = house.desk().rings_up(first_month(membership), client_id=client.pk).pays(external=79_00)

    house.studio.managers_desk.voids(basket)

    found = again(membership)
    assert (found.status, found.end_reason) == ("ended", "by_studio")
    assert (credits_of(client), balances()) == ([], {})
    house.books_are_clean()


def test_refunding_what_began_a_membership_gives_the_unused_back_and_ends_it(house: House) -> None:
    client = builders.client()
    membership = agrees(client, house.plan, house.studio.location)
    basket = house.desk().rings_up(first_month(membership), client_id=client.pk).pays(external=79_00)

    house.studio.managers_desk.later(days=2).refunds(basket, (0, 1))

    assert again(membership).status == "ended"
    assert dues_of(membership) == [("2026-03-02", "refunded")]
    assert (credits_of(client), balances()) == ([], {})
