"""A saved card is charged while its holder is away: once, whatever breaks, and what did not pay says what to do."""

import datetime as dt
import json
import uuid

import pytest
from django.utils import timezone

from jobs.worker import Worker
from payments import asking, cards, charges, hosted, off_session, page_news
from payments.cards import CardRemoved
from payments.charges import CardWasCharged, ChargeInFlight, WrongAmount
from payments.gateway import gateway
from payments.hosted import PageIsOpen
from payments.models import Charge, Reader, SavedCard, StripeEvent
from payments.states import IntentState, Misuse
from studio.refusal import BadInput
from tests.builders import NOW, Studio
from tests.payments.interrupting import dies_at_write
from tests.payments.money import fetch
from tests.payments.pages import (
    CLIENT,
    CONFIRM,
    CREATE,
    DUE,
    DUES_CENTS,
    a_page,
    an_open_page,
    asked,
    ends,
    intents,
    queued,
    saves,
    taken_cents,
    told_by_bank,
)
from tests.racing import race
from tests.stripe_sim.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("clock")

PAID = [("succeeded", DUES_CENTS)]


@pytest.fixture
def card(studio: Studio, stripe: StandIn) -> SavedCard:
    return saves(studio.location)


def test_a_saved_card_pays_while_its_holder_is_away(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    charge = queued(card, studio.location)
    assert (charge.status, charge.how, charge.card) == ("created", "off_session", "Visa ···4242")

    asked(charge)

    assert (charge.status, charge.card, charge.failure) == ("succeeded", "Visa ···4242", "")
    assert intents(stripe) == PAID
    assert list(Charge.objects.ended(owner_prefix="owed:")) == [charge]
    assert not Charge.objects.ended(owner_prefix="order:").exists()


def test_the_worker_asks_when_nobody_else_does(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    charge = queued(card, studio.location)

    Worker(clock=lambda: timezone.now() + dt.timedelta(seconds=1)).run_once()

    charge.refresh_from_db()
    assert charge.status == "succeeded"


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("lost_card", "never"),
        ("expired_card", "customer"),
        ("authentication_required", "customer"),
        ("insufficient_funds", "later"),
        ("processing_error", "soon"),
    ],
)
def test_a_decline_says_what_to_do_and_leaves_no_intent_open(
    studio: Studio, stripe: StandIn, card: SavedCard, code: str, group: str
) -> None:
    """Row 21."""
    told_by_bank(stripe, card, code)

    charge = asked(queued(card, studio.location))

    assert (charge.status, charge.failure) == ("failed", "declined")
    assert (charge.decline_code, charge.decline_group) == (code, group)
    assert (charge.has_ended, charge.cancel_wanted_at) == (True, None)
    assert intents(stripe) == [("canceled", 0)]
    assert list(Charge.objects.ended(owner_prefix="owed:")) == [charge]


def test_a_bank_that_wants_its_client_is_not_asked_again(studio: Studio, stripe: StandIn) -> None:
    """Row 21, by Stripe's own test card."""
    card = saves(studio.location)
    SavedCard.objects.filter(pk=card.pk).update(is_default=False)
    intent = stripe.sdk.setup_intents.create(
        {
            "customer": str(stripe.sdk.payment_methods.retrieve(card.stripe_method).customer),
            "payment_method": "pm_card_authenticationRequired",
            "allowed_payment_method_types": ["card"],
        }
    )
    SavedCard.objects.filter(pk=card.pk).update(stripe_method=str(intent.payment_method))
    stripe.sdk.payment_methods.attach(str(intent.payment_method), {"customer": str(intent.customer)})
    card.refresh_from_db()

    charge = asked(queued(card, studio.location))

    assert (charge.status, charge.decline_group) == ("failed", "customer")
    assert charge.decline_code == "authentication_required"


def test_a_new_try_is_a_new_intent_after_the_old_one_is_cancelled(
    studio: Studio, stripe: StandIn, card: SavedCard
) -> None:
    told_by_bank(stripe, card, "insufficient_funds")
    first = asked(queued(card, studio.location))
    told_by_bank(stripe, card, "approved")

    second = asked(queued(card, studio.location))

    assert (first.n, second.n, second.status) == (1, 2, "succeeded")
    assert intents(stripe) == [("canceled", 0), ("succeeded", DUES_CENTS)]
    with pytest.raises(CardWasCharged):
        queued(card, studio.location)


def test_nothing_is_asked_beside_a_charge_that_may_still_pay(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    queued(card, studio.location)
    with pytest.raises(ChargeInFlight):
        queued(card, studio.location)
    with pytest.raises(ChargeInFlight):
        a_page(studio.location)
    with pytest.raises(BadInput):
        off_session.charge_card(
            owner="owed:x", about="", location=studio.location, client=CLIENT, card=card, amount_cents=49, now=NOW
        )


def test_nothing_is_asked_beside_an_open_page(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    page = an_open_page(studio.location)
    with pytest.raises(PageIsOpen) as refused:
        queued(card, studio.location)
    assert refused.value.page == page

    assert hosted.close(owner=DUE, now=timezone.now())
    assert asked(queued(card, studio.location)).status == "succeeded"


def test_another_clients_card_is_not_charged(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    card.client = uuid.uuid4()
    with pytest.raises(CardRemoved):
        off_session.charge_card(
            owner=DUE, about="", location=studio.location, client=CLIENT, card=card, amount_cents=100, now=NOW
        )


# What breaks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CREATE, CONFIRM])
@pytest.mark.parametrize(
    "kind", ["reset_before", "reset_after", "error_before", "error_saved", "error_after", "rate_limit", "lock_timeout"]
)
def test_a_lost_answer_charges_once_and_is_no_try(
    studio: Studio, stripe: StandIn, card: SavedCard, path: str, kind: str
) -> None:
    """Rows 2, 3, 5 and 6, for a saved card."""
    stripe.tell("faults", kind=kind, path=path, method="POST")
    charge = queued(card, studio.location)

    first = asked(charge)
    assert (first.has_ended, first.failure, first.attempts) == (False, "", 0)
    ends(charge)

    assert (charge.status, charge.n, Charge.objects.count()) == ("succeeded", 1, 1)
    assert [intent for intent in intents(stripe) if intent[1]] == PAID


def test_a_decline_whose_answer_was_lost_is_read_and_not_repeated(
    studio: Studio, stripe: StandIn, card: SavedCard
) -> None:
    told_by_bank(stripe, card, "insufficient_funds")
    stripe.tell("faults", kind="reset_after", path=CONFIRM)
    charge = queued(card, studio.location)
    asked(charge)
    assert charge.is_live

    ends(charge)

    assert (charge.status, charge.decline_group) == ("failed", "later")
    assert len(stripe.sdk.charges.list().data) == 1


def test_a_failed_charge_has_not_failed_before_its_intent_is_cancelled(
    studio: Studio, stripe: StandIn, card: SavedCard
) -> None:
    told_by_bank(stripe, card, "insufficient_funds")
    stripe.tell("faults", kind="reset_before", path="/v1/payment_intents/*/cancel")
    charge = asked(queued(card, studio.location))
    assert (charge.is_live, charge.failure) == (True, "declined")
    with pytest.raises(ChargeInFlight):
        queued(card, studio.location)

    ends(charge)

    assert (charge.status, intents(stripe)) == ("failed", [("canceled", 0)])


@pytest.mark.parametrize("outcome", ["approved", "insufficient_funds"])
def test_a_process_may_die_before_any_write(studio: Studio, stripe: StandIn, card: SavedCard, outcome: str) -> None:
    """Row 7: between Stripe's answer and our commit, and everywhere else."""
    told_by_bank(stripe, card, outcome)
    n = 1
    while True:
        charge = queued(card, studio.location, owner=f"owed:{n}")
        if not dies_at_write(n, lambda charge=charge: asked(charge)):
            break
        ends(charge)
        assert charge.status == ("succeeded" if outcome == "approved" else "failed"), n
        n += 1
    assert n > 4
    ended = [("succeeded", DUES_CENTS)] if outcome == "approved" else [("canceled", 0)]
    left = [intent for intent in intents(stripe) if intent[0] != "requires_payment_method"]
    assert left == ended * n


def test_the_webhook_before_the_answer(
    studio: Studio, stripe: StandIn, card: SavedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 12."""
    confirm = gateway().confirm_off_session

    def and_the_event_is_faster(*args: object) -> IntentState:
        state = confirm(*args)  # type: ignore[arg-type]
        page_news.hear_intent(gateway().read_intent(state.id), now=timezone.now())
        return state

    monkeypatch.setattr(gateway(), "confirm_off_session", and_the_event_is_faster)
    charge = asked(queued(card, studio.location))

    assert (charge.status, Charge.objects.count()) == ("succeeded", 1)


def test_another_amount_than_asked_for_needs_a_person(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    charge = queued(card, studio.location)
    stripe.tell("faults", kind="reset_after", path=CONFIRM)
    asked(charge)
    Charge.objects.filter(pk=charge.pk).update(amount_cents=DUES_CENTS - 1)

    asked(charge, later=1000)

    assert charge.is_live
    assert "WrongAmount" in charge.last_error
    assert charge.intent_id is not None
    with pytest.raises(WrongAmount):
        charges.settle(charge.pk, gateway().read_intent(charge.intent_id), now=NOW)


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_two_workers_and_one_charge(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    """Row 9."""
    charge = queued(card, studio.location)

    race(4, lambda _: asking.ask(charge.pk, now=timezone.now()))

    assert (ends(charge).status, intents(stripe)) == ("succeeded", PAID)


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_two_who_charge_the_same_due_make_one_charge(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    """Row 9, before any worker."""
    found = race(4, lambda _: queued(card, studio.location))

    assert [type(one) for one in found].count(Charge) == 1
    assert [type(one) for one in found].count(ChargeInFlight) == 3


def test_a_month_under_a_burst_of_429_charges_everybody_once(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    """Row 6."""
    stripe.tell("faults", kind="rate_limit", path="/v1/payment_intents*", count=12)
    due = [queued(card, studio.location, owner=f"owed:{n}") for n in range(10)]

    for minute in range(0, 120, 2):
        clock = timezone.now() + dt.timedelta(minutes=minute)
        Worker(clock=lambda clock=clock: clock).run_once()
        if not Charge.objects.exclude(status="succeeded").exists():
            break

    assert {Charge.objects.get(pk=charge.pk).status for charge in due} == {"succeeded"}
    assert (Charge.objects.count(), [one for one in intents(stripe) if one[1]]) == (10, PAID * 10)


# The card ------------------------------------------------------------------------------------------------------------


def test_a_card_that_was_declined_fifteen_times_in_thirty_days_is_not_asked(
    studio: Studio, stripe: StandIn, card: SavedCard
) -> None:
    """Row 21: the caps."""
    told_by_bank(stripe, card, "insufficient_funds")
    for n in range(off_session.MOST_DECLINES):
        assert asked(queued(card, studio.location, owner=f"owed:{n}")).failure == "declined"
    told_by_bank(stripe, card, "approved")

    tired = asked(queued(card, studio.location))
    assert (tired.status, tired.failure, tired.decline_group) == ("failed", "tired_out", "customer")
    assert (tired.intent_id, len(intents(stripe))) == (None, off_session.MOST_DECLINES)

    later = queued(card, studio.location, now=timezone.now() + dt.timedelta(days=31))
    assert later.status == "created"


def test_a_queued_charge_takes_the_new_card_and_no_extra_try(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    """Row 22."""
    charge = queued(card, studio.location)
    new = saves(studio.location, "mastercard")
    assert new.brand == "mastercard"

    asked(charge)

    assert (charge.status, charge.card, charge.saved_card) == ("succeeded", "Mastercard ···4444", new)
    assert (Charge.objects.count(), intents(stripe)) == (1, PAID)


def test_a_card_replaced_in_the_middle_of_a_doubt_is_not_asked_again(
    studio: Studio, stripe: StandIn, card: SavedCard
) -> None:
    """Row 22: the bank was not reached with the old card, which is gone then."""
    stripe.tell("faults", kind="error_saved", path=CONFIRM)
    charge = asked(queued(card, studio.location))
    assert charge.status == "unknown"
    cards.remove(card, now=timezone.now())
    new = saves(studio.location, "mastercard")

    ends(charge)

    assert (charge.status, charge.saved_card, intents(stripe)) == ("succeeded", new, PAID)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_card_that_is_gone_fails_for_the_client_to_act(
    studio: Studio, stripe: StandIn, card: SavedCard, is_known: bool
) -> None:
    charge = queued(card, studio.location)
    if is_known:
        cards.remove(card, now=timezone.now())
    else:
        stripe.sdk.payment_methods.detach(card.stripe_method)

    asked(charge)

    assert (charge.status, charge.failure, charge.decline_group) == ("failed", "card_gone", "customer")
    assert intents(stripe) == [("canceled", 0)]
    assert cards.cards_of(CLIENT) == []


def test_what_stripe_refuses_of_a_card_that_is_there_is_our_mistake(
    studio: Studio, stripe: StandIn, card: SavedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> IntentState:
        raise Misuse("no such thing", status=400)

    monkeypatch.setattr(gateway(), "confirm_off_session", refuses)
    charge = asked(queued(card, studio.location))

    assert (charge.is_live, charge.failure, charge.last_error) == (True, "", "Misuse: no such thing")


def test_a_charge_taken_back_before_it_was_asked_never_reaches_stripe(
    studio: Studio, stripe: StandIn, card: SavedCard
) -> None:
    charge = queued(card, studio.location)
    charges.want_cancel(charge, now=NOW)

    assert (asked(charge).status, intents(stripe)) == ("cancelled", [])
    charges.want_cancel(charge, now=NOW)
    assert asked(charge).cancel_wanted_at is not None


def test_a_failed_charge_is_not_asked_again_because_somebody_gives_it_up(
    studio: Studio, stripe: StandIn, card: SavedCard
) -> None:
    told_by_bank(stripe, card, "insufficient_funds")
    charge = asked(queued(card, studio.location))
    charges.want_cancel(charge, now=NOW)

    assert not Charge.objects.to_be_asked().exists()


def test_its_money_is_known_as_ours(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    """The reconciliation comes before whoever asked has heard."""
    stripe.tell("faults", kind="reset_after", path=CONFIRM)
    charge = asked(queued(card, studio.location))

    fetch(timezone.now())

    charge.refresh_from_db()
    assert (charge.status, Charge.objects.count(), taken_cents(stripe)) == ("succeeded", 1, DUES_CENTS)


def test_a_saved_card_in_doubt_keeps_no_desk_from_asking(
    studio: Studio, stripe: StandIn, card: SavedCard, reader: Reader
) -> None:
    for n in range(5):
        charge = queued(card, studio.location, owner=f"owed:{n}")
        held = {"lease_until": NOW + dt.timedelta(days=1), "lease_token": uuid.uuid4()}
        Charge.objects.filter(pk=charge.pk).update(doubts=1, status="unknown", **held)
    mine = charges.take(
        owner="tender:1", about="", location=studio.location, amount_cents=1_00, reader=reader, now=timezone.now()
    )

    assert asked(mine).status == "sent"


def test_three_without_an_answer_make_the_others_wait(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    due = [queued(card, studio.location, owner=f"owed:{n}") for n in range(5)]
    stripe.tell("faults", kind="reset_before", path="/v1/payment_intents*", count=100)

    now = timezone.now() + dt.timedelta(seconds=1)
    Worker(clock=lambda: now).run_once()

    assert Charge.objects.filter(doubts=1).count() == 3
    assert Charge.objects.filter(status="created", attempts=0, doubts=0).count() == len(due) - 3


def test_events_of_a_charge_and_its_card_are_worked(studio: Studio, stripe: StandIn, card: SavedCard) -> None:
    charge = asked(queued(card, studio.location))
    for n, kind in enumerate(["payment_intent.succeeded", "payment_intent.payment_failed"]):
        StripeEvent.objects.create(
            event_id=f"evt_{n}",
            type=kind,
            object_id=charge.intent_id or "",
            created_at=NOW,
            received_at=NOW,
            run_at=NOW,
            payload=json.dumps({}),
            came_by="webhook",
        )
    Worker(clock=timezone.now).run_once()

    assert not StripeEvent.objects.filter(done_at=None).exists()
    charge.refresh_from_db()
    assert charge.status == "succeeded"
