"""Cards that clients let us charge later: one default, the new one at once, and nothing kept that was removed."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.worker import Worker
from payments import cards, hosted
from payments.cards import CardRemoved
from payments.models import Customer, HostedPage, SavedCard
from tests.builders import Studio
from tests.payments.asking import Counter
from tests.payments.pages import CLIENT, a_card_page, a_page, is_kept_at_stripe, pays, saves
from tests.stripe_sim.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("clock")

DETACH = "/v1/payment_methods/*/detach"


def remove(card: SavedCard) -> None:
    with transaction.atomic():
        cards.remove(card, now=timezone.now())


def make_default(card: SavedCard) -> None:
    with transaction.atomic():
        cards.make_default(card, now=timezone.now())


def test_a_saved_card_is_the_default_with_its_face_and_consent(studio: Studio, stripe: StandIn) -> None:
    card = saves(studio.location)

    assert (str(card), card.client, card.consent, card.is_default) == ("Visa ···4242", CLIENT, "card-2026-01", True)
    assert (card.exp_month, card.exp_year, card.fingerprint != "") == (12, 2028, True)
    assert cards.cards_of(CLIENT) == [card]
    assert HostedPage.objects.get().status == "saved"
    assert is_kept_at_stripe(card)


def test_a_card_is_saved_once_whoever_looks(counter: Counter) -> None:
    page = a_card_page(counter.studio.location)
    pays(page.url)

    counter.hears("checkout.session.completed")
    hosted.look(page, now=timezone.now())
    counter.hears()

    assert (SavedCard.objects.count(), page.status) == (1, "saved")


def test_the_new_card_is_used_from_now_on(studio: Studio, stripe: StandIn) -> None:
    old, new = saves(studio.location), saves(studio.location, "mastercard")

    assert (cards.default_card(CLIENT), cards.cards_of(CLIENT)) == (new, [new, old])
    make_default(old)
    assert (cards.default_card(CLIENT), cards.cards_of(CLIENT)) == (old, [old, new])


def test_the_same_card_saved_again_replaces_itself(studio: Studio, stripe: StandIn) -> None:
    old, new = saves(studio.location), saves(studio.location)
    Worker(clock=timezone.now).run_once()

    assert (cards.cards_of(CLIENT), is_kept_at_stripe(old), is_kept_at_stripe(new)) == ([new], False, True)


def test_clients_have_cards_of_their_own(studio: Studio, stripe: StandIn) -> None:
    other = uuid.UUID(int=8)
    mine, theirs = saves(studio.location), saves(studio.location, client=other)

    assert (cards.default_card(CLIENT), cards.default_card(other)) == (mine, theirs)
    assert Customer.objects.values("stripe_id").distinct().count() == 2


def test_the_database_holds_one_default(studio: Studio, stripe: StandIn) -> None:
    saves(studio.location)
    saves(studio.location, "mastercard")
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedCard.objects.update(is_default=True)


def test_a_removed_card_is_let_go_of_at_stripe(studio: Studio, stripe: StandIn) -> None:
    card = saves(studio.location)

    remove(card)
    assert (cards.cards_of(CLIENT), cards.default_card(CLIENT), is_kept_at_stripe(card)) == ([], None, True)
    cards.detach(card.pk, now=timezone.now())

    card.refresh_from_db()
    assert (card.detached_at is not None, is_kept_at_stripe(card)) == (True, False)
    cards.detach(card.pk, now=timezone.now())
    with pytest.raises(CardRemoved):
        make_default(card)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "error_after", "rate_limit"])
def test_letting_go_is_tried_until_it_is_so(studio: Studio, stripe: StandIn, kind: str) -> None:
    card = saves(studio.location)
    remove(card)
    stripe.tell("faults", kind=kind, path=DETACH)
    cards.detach(card.pk, now=timezone.now())
    card.refresh_from_db()
    assert card.detached_at is None

    Worker(clock=lambda: timezone.now() + cards.SOON * 2).run_once()

    card.refresh_from_db()
    assert (card.detached_at is not None, is_kept_at_stripe(card)) == (True, False)


def test_a_card_that_a_person_detaches_at_stripe_is_removed(counter: Counter) -> None:
    card = saves(counter.studio.location)
    counter.hears()
    counter.stripe.sdk.payment_methods.detach(card.stripe_method)

    counter.hears("payment_method.detached")

    card.refresh_from_db()
    assert (card.removed_at is not None, card.detached_at is not None, card.is_default) == (True, True, False)


def test_a_new_expiry_date_is_heard_of(counter: Counter) -> None:
    card = saves(counter.studio.location)
    counter.stripe.sdk.payment_methods.update(card.stripe_method, {"card": {"exp_month": 3, "exp_year": 2031}})

    counter.hears("payment_method.updated")

    card.refresh_from_db()
    assert (card.exp_month, card.exp_year, card.is_default) == (3, 2031, True)


def test_all_cards_of_a_client_are_brought_up_to_date(studio: Studio, stripe: StandIn) -> None:
    old, new = saves(studio.location), saves(studio.location, "mastercard")
    stripe.sdk.payment_methods.detach(old.stripe_method)

    cards.refresh(CLIENT, now=timezone.now())

    assert cards.cards_of(CLIENT) == [new]


def test_a_card_that_the_bank_refuses_is_not_saved(studio: Studio, stripe: StandIn) -> None:
    page = a_card_page(studio.location)

    assert pays(page.url, "chargeDeclined") == 402
    hosted.look(page, now=timezone.now())

    assert (page.status, cards.cards_of(CLIENT)) == ("open", [])


@pytest.mark.parametrize("kind", ["reset_after", "error_saved"])
def test_a_client_becomes_one_customer_whatever_gets_lost(studio: Studio, stripe: StandIn, kind: str) -> None:
    stripe.tell("faults", kind=kind, path="/v1/customers")
    given = {"owner": "card:x", "purpose": HostedPage.Purpose.SETUP, "amount_cents": 0, "client": CLIENT}
    page = hosted.ask(a_page(studio.location, **given), now=timezone.now())
    assert page.status == "unclear"

    page = hosted.ask(page, now=timezone.now() + cards.SOON)

    assert (page.status, len(stripe.sdk.customers.list().data)) == ("open", 1)
    assert stripe.sdk.checkout.sessions.list().data[0].customer == Customer.objects.get().stripe_id
