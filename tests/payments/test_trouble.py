"""The owner's page of trouble: each kind appears, says what to do, is put right by a form, and goes."""

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from jobs.worker import Worker
from ledger import journal
from ledger.accounts import Account
from ledger.journal import balances, credit, debit
from ledger.models import Entry
from payments import refunds
from payments.disputes import hear_dispute
from payments.models import CardRefund, Charge, Reader, SyncPoint
from payments.reconciliation import FetchMovements
from payments.unsold import PutUnsoldAside
from studio.models import AuditRow, Location
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, person
from tests.payments.money import moves, stops
from tests.payments.office import (
    SLOW_REFUNDS,
    Office,
    asks_card,
    failed_refund,
    given_up_event,
    hold_card,
    paid_but_open,
    sold,
)
from tests.stripe_sim.stand_in import StandIn

DAY = dt.timedelta(days=1)
SOLD = {"1100 Stripe balance": 23_30, "4020 Retail": -24_00, "6010 Processing fees": 70}
"""Oil for $24, whose fee the worker has fetched."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """The clock stands at NOW until a test moves it."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def office(studio: Studio) -> Office:
    """The back office with the owner."""
    studio.owner.is_staff = True
    studio.owner.save()
    return Office(studio.owner)


def worker_at(now: dt.datetime) -> None:
    Worker(clock=lambda: now, name="test").run_once()


def trail() -> list[tuple[str, str]]:
    """What the owner did, and why."""
    return list(AuditRow.objects.filter(actor__username="olga").order_by("at", "id").values_list("action", "reason"))


def test_a_calm_studio_is_told_so(office: Office) -> None:
    assert office.sections == {}
    assert "All calm" in office.html


# Unclear cards -------------------------------------------------------------------------------------------------------


def test_an_unclear_card_shows_after_two_minutes_and_is_looked_at(
    office: Office, desk: TestDesk, stripe: StandIn, reader: Reader, clock: time_machine.Traveller
) -> None:
    stripe.tell("faults", kind="reset_after", path="/v1/payment_intents", count=1)
    asks_card(desk)
    charge = Charge.objects.get()
    assert office.sections == {}

    clock.shift(dt.timedelta(minutes=3))
    assert office.sections == {"charges": 1}
    assert "$24.00" in office.html
    assert "Stripe gave no clear answer." in office.html
    assert "Mon 2 Mar 2026, 10:00</time> · for 3\xa0minutes" in office.html
    assert f"Sale {charge.about[-6:]}" in office.html
    (look,) = office.addresses
    assert look == f"/trouble/charges/{charge.pk}/look"

    assert office.press(look) == ["It is waiting for the card."]
    assert office.press(look) == ["It is waiting for the card."]
    assert office.sections == {}
    hold_card(stripe, reader)
    assert office.press(look) == ["Visa ···4242 has paid $24.00. Its sale has not taken note of that yet."]
    worker_at(NOW + dt.timedelta(minutes=9))
    assert office.press(look) == ["It is clear meanwhile: Visa ···4242 has paid $24.00."]
    assert len(stripe.sdk.payment_intents.list().data) == 1
    assert balances() == SOLD
    assert trail() == [("charge.looked_again", "")] * 3
    books_are_clean(now=NOW + dt.timedelta(minutes=10))


def test_a_charge_that_was_given_up_shows_at_once_and_runs_again(
    office: Office, desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    asks_card(desk)
    hold_card(stripe, reader)
    Charge.objects.update(dead_at=NOW, attempts=12, last_error="Misuse: No such payment_intent")

    assert office.sections == {"charges": 1}
    assert "Footfall has stopped asking by itself." in office.html
    office.press(office.addresses[0])

    assert Charge.objects.values_list("status", "dead_at", "attempts").get() == ("succeeded", None, 0)
    assert office.sections == {}


def test_a_paid_charge_whose_sale_could_not_be_finished_is_run_again(
    office: Office, desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    paid_but_open(desk, stripe, reader)
    Charge.objects.update(dead_at=NOW, attempts=12, last_error="OutOfBalance: sale")

    assert office.sections == {"charges": 1}
    office.press(office.addresses[0])
    assert office.sections == {}
    worker_at(NOW + dt.timedelta(minutes=1))

    assert balances() == SOLD


# News from Stripe ----------------------------------------------------------------------------------------------------


def test_news_that_was_given_up_runs_again_one_by_one_or_all(office: Office) -> None:
    rows = [given_up_event(n) for n in range(3)]

    assert office.sections == {"events": 3}
    assert "KeyError: 'amount'" in office.html
    assert office.press("/trouble/events/evt_1/again") == ["1 runs again within seconds."]
    assert office.press("/trouble/events/evt_1/again") == ["It runs again already."]
    assert office.sections == {"events": 2}
    assert office.press("/trouble/events/again") == ["2 run again within seconds."]
    assert office.press("/trouble/events/again") == ["It runs again already."]

    assert office.sections == {}
    for row in rows:
        row.refresh_from_db()
        assert (row.dead_at, row.attempts, row.run_at) == (None, 0, NOW)
    rows_of_trail = AuditRow.objects.values_list("object_id", "after")
    assert sorted(rows_of_trail) == [("all", {"events": 2}), ("evt_1", {"events": 1})]


# Money without a sale ------------------------------------------------------------------------------------------------


def test_money_that_came_without_us_is_given_back_once(office: Office, stripe: StandIn) -> None:
    stops(stripe)
    SyncPoint.objects.create(name="stripe_books", at=NOW - DAY)
    stripe.pay(50_00, capture_method="automatic")
    FetchMovements().run(now=NOW)
    charge = Charge.objects.get()
    fee = balances()["6010 Processing fees"]
    assert balances()["2250 Refunds payable"] == -50_00

    assert office.sections == {"unsold": 1}
    assert "came to the Stripe account without Footfall" in office.html
    (back,) = office.addresses
    assert "Give $50.00 back to Visa ···4242" in office.html
    assert office.press(back)[0].startswith("$50.00 is on its way") or office.said == [
        "$50.00 went back to Visa ···4242."
    ]
    assert office.press(back) == ["This money waits for nobody: it was given back, or its sale was completed with it."]

    assert office.sections == {}
    FetchMovements().run(now=NOW)
    assert balances() == {"1100 Stripe balance": -fee, "6010 Processing fees": fee}
    assert CardRefund.objects.get().charge == charge
    assert len(stripe.sdk.refunds.list().data) == 1
    assert trail() == [("charge.given_back", "")]
    books_are_clean()


def test_money_of_an_open_sale_is_shown_and_only_its_sale_gives_it_back(
    office: Office, desk: TestDesk, stripe: StandIn, reader: Reader, clock: time_machine.Traveller
) -> None:
    paid_but_open(desk, stripe, reader)
    clock.shift(DAY)
    office.signs_on()
    PutUnsoldAside().run(now=NOW + DAY)
    charge = Charge.objects.get()

    assert office.sections == {"unsold": 1}
    assert "Its sale is still open." in office.html
    assert office.addresses == []
    (said,) = office.press(f"/trouble/charges/{charge.pk}/give-back")
    assert "Cancel the sale at the desk" in said
    assert balances() == {"1100 Stripe balance": 24_00, "2250 Refunds payable": -24_00}

    desk.completes()
    assert office.sections == {}
    assert balances() == {"1100 Stripe balance": 24_00, "4020 Retail": -24_00}
    assert office.press(f"/trouble/charges/{charge.pk}/give-back")[0].startswith("This money waits for nobody")
    books_are_clean(now=NOW + DAY)


def test_money_that_is_disputed_stays_and_the_owner_is_told(office: Office, stripe: StandIn) -> None:
    stops(stripe)
    SyncPoint.objects.create(name="stripe_books", at=NOW - DAY)
    stripe.pay(50_00, capture_method="automatic")
    FetchMovements().run(now=NOW)
    Charge.objects.update(disputed_at=NOW)

    assert office.sections == {"unsold": 1}
    assert "The bank decides who has the money" in office.html
    assert office.addresses == []
    (said,) = office.press(f"/trouble/charges/{Charge.objects.get().pk}/give-back")
    assert "disputes this charge" in said
    assert balances()["2250 Refunds payable"] == -50_00
    assert CardRefund.objects.count() == 0


# Refunds -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def owed(desk: TestDesk, studio: Studio, stripe: StandIn, reader: Reader, clock: time_machine.Traveller) -> CardRefund:
    """A refund of $24 that Stripe took, and that the client's bank sent back."""
    basket = sold(desk, stripe, reader)
    desk.with_(studio.manager).refunds(basket, (0, 1))
    refund = CardRefund.objects.get()
    refunds.send(refund.pk, now=NOW)
    refund.refresh_from_db()
    stripe.tell(f"refunds/{refund.stripe_id}", outcome="failed")
    refunds.hear_refund(refunds.gateway().read_refund(refund.stripe_id or ""), now=NOW)
    refund.refresh_from_db()
    return refund


RETURNED = {"4020 Retail": -24_00, "4910 Refunds and allowances": 24_00}


def test_a_refund_that_came_back_is_tried_again(office: Office, owed: CardRefund, stripe: StandIn) -> None:
    assert balances() == {"1100 Stripe balance": 24_00, "2250 Refunds payable": -24_00} | RETURNED
    assert office.sections == {"owed": 1}
    assert owed.failure in office.html
    again, paid = office.addresses

    told = office.press(again)
    assert told in (["$24.00 is on its way to Visa ···4242."], ["$24.00 went back to Visa ···4242."])
    assert office.press(again) == ["This refund is not waiting for anybody: it is on its way, or was paid."]
    assert office.press(paid, note="in cash") == [
        "This refund is not waiting for anybody: it is on its way, or was paid."
    ]

    assert office.sections == {}
    assert balances() == RETURNED
    assert len(stripe.sdk.refunds.list().data) == 2
    assert trail() == [("card_refund.tried_again", "")]
    books_are_clean()


def test_a_refund_that_is_refused_again_stays_owed(office: Office, owed: CardRefund, stripe: StandIn) -> None:
    intent = owed.charge.intent_id
    stripe.sdk.refunds.create({"payment_intent": intent or "", "amount": 24_00})

    (said,) = office.press(office.addresses[0])

    assert said == "$24.00 did not reach Visa ···4242. Stripe refused it."
    assert 'class="warning"' in office.html
    assert office.sections == {"owed": 1}
    assert "already been refunded" in office.html
    assert balances()["2250 Refunds payable"] == -24_00


def test_a_refund_that_came_back_is_paid_otherwise_with_a_note(office: Office, owed: CardRefund) -> None:
    _, paid = office.addresses

    assert office.press(paid, note="  ")[0].startswith("Write how it was paid")
    assert office.press(paid, note="x" * 201)[0].startswith("Write how it was paid")
    assert office.sections == {"owed": 1}
    assert office.press(paid, note="Check 1043, by mail") == ["$24.00 is noted as paid: Check 1043, by mail"]
    assert office.press(paid, note="Check 1043, by mail")[0].startswith("This refund is not waiting")

    assert office.sections == {}
    assert balances() == {"1050 Bank operating": -24_00, "1100 Stripe balance": 24_00} | RETURNED
    assert Entry.objects.get(kind="card_refund_paid").memo == "Check 1043, by mail"
    assert trail() == [("card_refund.paid_otherwise", "Check 1043, by mail")]
    books_are_clean()


def test_a_refund_that_stripe_did_not_answer_is_sent_once(
    office: Office,
    desk: TestDesk,
    studio: Studio,
    stripe: StandIn,
    reader: Reader,
    clock: time_machine.Traveller,
) -> None:
    basket = sold(desk, stripe, reader)
    desk.with_(studio.manager).refunds(basket, (0, 1))
    stripe.tell("faults", kind="reset_after", path="/v1/refunds", count=1)
    refunds.send(CardRefund.objects.get().pk, now=NOW)
    assert office.sections == {}

    clock.shift(dt.timedelta(minutes=3))
    assert office.sections == {"unsent": 1}
    (send,) = office.addresses
    office.press(send)
    office.press(send)

    assert office.sections == {}
    assert len(stripe.sdk.refunds.list().data) == 1
    assert balances() == RETURNED
    assert office.press(f"/trouble/refunds/{CardRefund.objects.get().pk}/again")[0].startswith("This refund is not")


def test_a_refund_on_its_way_that_was_given_up_is_looked_at_again(
    office: Office, desk: TestDesk, studio: Studio, stripe: StandIn, reader: Reader
) -> None:
    basket = sold(desk, stripe, reader)
    desk.with_(studio.manager).refunds(basket, (0, 1))
    refunds.send(CardRefund.objects.get().pk, now=NOW)
    CardRefund.objects.update(status="pending", dead_at=NOW, attempts=12)

    assert office.sections == {"unsent": 1}
    (send,) = office.addresses
    assert office.press(send) == ["$24.00 is on its way to Visa ···4242."]
    assert office.sections == {}
    worker_at(NOW)

    assert office.press(send) == ["It is clear meanwhile: $24.00 went back to Visa ···4242."]
    assert balances()["1100 Stripe balance"] == -70


def test_a_refund_under_way_for_a_week_is_told_and_troubles_nobody(
    office: Office,
    desk: TestDesk,
    studio: Studio,
    stripe: StandIn,
    reader: Reader,
    clock: time_machine.Traveller,
) -> None:
    stops(stripe)
    basket = sold(desk, stripe, reader, SLOW_REFUNDS)
    desk.with_(studio.manager).refunds(basket, (0, 1))
    refunds.send(CardRefund.objects.get().pk, now=NOW)
    clock.shift(dt.timedelta(days=7))
    office.signs_on()
    assert office.sections == {}

    clock.shift(dt.timedelta(days=1))
    office.signs_on()

    assert office.sections == {"slow": 1}
    assert "All calm" in office.html
    assert office.addresses == []


# Disputes and suspense -----------------------------------------------------------------------------------------------


def test_a_dispute_waits_for_an_answer_and_then_for_the_bank(
    office: Office, desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    stops(stripe)
    basket = sold(desk, stripe, reader)
    dispute = stripe.tell("disputes", charge=Charge.objects.get().stripe_charge)["id"]
    hear_dispute(refunds.gateway().read_dispute(dispute), now=NOW)

    assert office.sections == {"disputes": 1}
    assert f"Sale {str(basket.sale.pk)[-6:]}" in office.html
    assert "The cardholder says that they did not pay this. Their bank has taken the money" in office.html
    assert dispute in office.html

    stripe.sdk.disputes.update(dispute, {"evidence": {"customer_name": "Ada"}})
    hear_dispute(refunds.gateway().read_dispute(dispute), now=NOW)
    assert office.sections == {"deciding": 1}
    assert "All calm" in office.html

    stripe.tell(f"disputes/{dispute}", outcome="won")
    hear_dispute(refunds.gateway().read_dispute(dispute), now=NOW)
    assert office.sections == {}


def test_money_that_nobody_could_place_shows_until_an_entry_says_what_it_was(
    office: Office, studio: Studio, stripe: StandIn
) -> None:
    stops(stripe)
    SyncPoint.objects.create(name="stripe_books", at=NOW - DAY)
    movement = moves(stripe, "contribution", -25)
    FetchMovements().run(now=NOW)

    assert office.sections == {"suspense": 1}
    assert "$0.25" in office.html
    assert "It went from the Stripe balance, and Footfall can not tell what for." in office.html
    assert movement in office.html

    with transaction.atomic():
        journal.post(
            key="cleared",
            kind="manual",
            location=studio.location,
            occurred_at=NOW,
            now=NOW,
            lines=[
                debit(Account.PROCESSING_FEES, 25),
                credit(Account.STRIPE_SUSPENSE, 25, instrument=movement),
            ],
        )
    assert office.sections == {}


# Who may, and how much ----------------------------------------------------------------------------------------------


def test_an_accountant_looks_and_does_not_act(studio: Studio, owed: CardRefund) -> None:
    given_up_event()
    accountant = Office(person("aki", role="accountant", is_staff=True))

    assert accountant.sections == {"owed": 1, "events": 1}
    assert accountant.addresses == []
    assert "Only the owner can do something here." in accountant.html
    for path in (f"refunds/{owed.pk}/paid", f"refunds/{owed.pk}/again", "events/again", "events/evt_1/again"):
        assert accountant.client.post(f"/trouble/{path}", {"note": "cash"}).status_code == 403
    owed.refresh_from_db()
    assert owed.is_owed
    assert accountant.sections == {"owed": 1, "events": 1}


def test_an_accountant_of_one_location_sees_that_one_alone(studio: Studio, owed: CardRefund) -> None:
    given_up_event()
    beach = Location.objects.create(code="BCH", name="Beach")

    there = Office(person("aki", role="accountant", location=beach, is_staff=True))
    here = Office(person("ines", role="accountant", location=studio.location, is_staff=True))

    assert there.sections == {}
    assert here.sections == {"owed": 1}


def test_an_owner_of_one_location_does_not_act(studio: Studio, owed: CardRefund) -> None:
    franchisee = Office(person("frank", role="owner", location=studio.location, is_staff=True))

    assert franchisee.sections == {"owed": 1}
    assert franchisee.addresses == []


def test_a_superuser_without_a_role_sees_and_acts(studio: Studio, owed: CardRefund) -> None:
    boss = Office(person("root", is_staff=True, is_superuser=True))

    assert boss.sections == {"owed": 1}
    assert f'<a href="/admin/pos/sale/{owed.charge.about[5:]}/change/">' in boss.html
    assert len(boss.addresses) == 2


def test_who_is_not_of_the_back_office_gets_nowhere(studio: Studio, client: Client) -> None:
    event = given_up_event()

    assert client.get("/trouble/").headers["Location"] == "/accounts/login/?next=/trouble/"
    assert client.post("/trouble/events/again").headers["Location"] == "/accounts/login/?next=/trouble/"
    for nobody in (studio.desk_person, studio.owner, person("mo", role="manager", is_staff=True)):
        client.force_login(nobody)  # the owner has no password yet, the manager does not see the books
        assert client.get("/trouble/").status_code == 403
        assert client.post("/trouble/events/again").status_code == 403
    event.refresh_from_db()
    assert event.dead_at == NOW


def test_an_act_is_a_form_of_our_own_about_something_that_is_there(office: Office) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = office.client.cookies
    given_up_event()

    assert strict.post("/trouble/events/again").status_code == 403
    assert office.client.get("/trouble/events/again").status_code == 405
    for path in (f"charges/{uuid.uuid4()}/look", f"charges/{uuid.uuid4()}/give-back", f"refunds/{uuid.uuid4()}/again"):
        assert office.client.post(f"/trouble/{path}").status_code == 404
    assert office.press("/trouble/events/evt_none/again") == ["It runs again already."]
    assert office.sections == {"events": 1}


def test_the_page_is_not_kept_and_runs_no_script_of_others(office: Office) -> None:
    answer = office.client.get("/trouble/")

    assert "no-store" in answer.headers["Cache-Control"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in office.see()
    assert "style=" not in office.html


def test_many_things_cost_no_more_statements_than_few(
    office: Office, owed: CardRefund, django_assert_max_num_queries, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    given_up_event(0)
    with django_assert_max_num_queries(30) as few:
        office.see()
    for n in range(1, 120):
        given_up_event(n, at=NOW + dt.timedelta(seconds=n))
        failed_refund(owed.charge)

    with django_assert_num_queries(len(few)):
        office.see()

    assert office.sections == {"owed": 120, "events": 120}
    assert office.html.count("<h3 ") == 200
    assert office.html.count("And 20 more") == 2
    assert "evt_0" in office.html
    assert "evt_119" not in office.html
