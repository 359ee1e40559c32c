"""Pages of Stripe's: made once, settled once whoever looks, and money that comes twice goes back."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from jobs.worker import Worker
from ledger.journal import balances
from payments import hosted, page_news, unsold
from payments.charges import CardWasCharged, WrongAmount
from payments.gateway import gateway
from payments.hosted import PageIsOpen
from payments.models import CardRefund, Charge, Customer, HostedPage, SavedCard
from studio.refusal import BadInput
from tests.builders import Studio
from tests.payments.asking import Counter
from tests.payments.interrupting import dies_at_write
from tests.payments.money import fetch, problems
from tests.payments.office import Office
from tests.payments.pages import (
    CLIENT,
    DUE,
    DUES_CENTS,
    SESSIONS,
    a_page,
    an_open_page,
    asked,
    page_ends,
    pays,
    queued,
    saves,
    taken_cents,
)
from tests.racing import race
from tests.stripe_sim.stand_in import StandIn
from tests.stripe_sim.test_checkout import visit

pytestmark = pytest.mark.usefixtures("clock")

Purpose = HostedPage.Purpose


def looked(page: HostedPage) -> HostedPage:
    found = hosted.look(page.pk, now=timezone.now())
    assert found is not None
    page.refresh_from_db()
    return page


def the_charge(owner: str = DUE) -> Charge:
    return Charge.objects.get(owner=owner)


def test_a_page_is_paid_and_the_client_comes_back(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location, about="sale:1", client=CLIENT)
    assert pays(page.url) == 303

    back = hosted.look(page.session_id or "", now=timezone.now())

    assert back is not None
    assert (back.pk, back.status, back.url, back.is_live) == (page.pk, "paid", "", False)
    charge = the_charge()
    assert (charge.status, charge.how, charge.amount_cents, charge.card) == (
        "succeeded",
        "hosted",
        DUES_CENTS,
        "Visa ···4242",
    )
    assert (charge.intent_id, charge.about, charge.client) == (back.intent_id, "sale:1", CLIENT)
    assert list(Charge.objects.ended(owner_prefix="owed:")) == [charge]


def test_a_page_says_nothing_of_the_client_but_our_ids(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location, about="sale:1", email="ada@example.com")
    session = stripe.sdk.checkout.sessions.retrieve(page.session_id or "")

    assert session.metadata is not None
    assert session.metadata.to_dict() == {"attempt": str(page.pk), "env": "test", "sale": "1"}
    assert (session.customer, session.customer_email) == (None, "ada@example.com")
    assert session.expires_at == int(page.expires_at.timestamp())


def test_looking_twice_is_as_once(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    pays(page.url)

    state = gateway().read_checkout(page.session_id or "")
    for _ in range(2):
        looked(page)
        page_news.settle_page(page.pk, state, now=timezone.now())

    assert (page.status, Charge.objects.count()) == ("paid", 1)


def test_the_browser_is_closed_and_no_webhook_comes(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    pays(page.url)

    now = timezone.now() + hosted.LOOK_AGAIN + dt.timedelta(seconds=1)
    Worker(clock=lambda: now).run_once()

    page.refresh_from_db()
    assert (page.status, the_charge().status) == ("paid", "succeeded")


@pytest.mark.parametrize("only", ["checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"])
def test_any_event_alone_settles_it(counter: Counter, only: str) -> None:
    page = an_open_page(counter.studio.location)
    pays(page.url)

    counter.hears(only)

    page.refresh_from_db()
    assert (page.status, the_charge().status) == ("paid", "succeeded")
    counter.hears()
    assert Charge.objects.count() == 1


def test_a_declined_card_leaves_the_page_open(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    assert pays(page.url, "chargeDeclined") == 402
    assert (looked(page).status, Charge.objects.exists()) == ("open", False)

    assert pays(page.url) == 303
    assert looked(page).status == "paid"


def test_the_same_page_is_opened_twice(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)

    again = hosted.ask(a_page(studio.location), now=timezone.now())

    assert (again.pk, again.url) == (page.pk, page.url)
    assert len(stripe.sdk.checkout.sessions.list().data) == 1


def test_the_price_is_edited_before_anybody_pays(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    with pytest.raises(PageIsOpen) as refused:
        a_page(studio.location, amount_cents=95_00)
    assert refused.value.page == page

    assert hosted.close(owner=DUE, now=timezone.now())
    new = an_open_page(studio.location, amount_cents=95_00)

    assert (pays(page.url), new.n) == (200, 2)
    assert pays(new.url) == 303
    assert (looked(new).status, the_charge().amount_cents, taken_cents(stripe)) == ("paid", 95_00, 95_00)


def test_who_is_faster_than_the_closing_has_paid(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    pays(page.url)

    assert hosted.expire(page, now=timezone.now()).status == "paid"
    assert the_charge().status == "succeeded"
    with pytest.raises(CardWasCharged):
        a_page(studio.location)


def test_a_closing_whose_answer_is_lost_is_tried_again(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    stripe.tell("faults", kind="reset_before", path=f"{SESSIONS}/*/expire")
    assert not hosted.close(owner=DUE, now=timezone.now())

    assert page_ends(page).status == "expired"
    assert stripe.sdk.checkout.sessions.retrieve(page.session_id or "").status == "expired"


def test_a_page_that_was_never_made_is_closed_without_stripe(studio: Studio, stripe: StandIn) -> None:
    page = a_page(studio.location)

    assert hosted.expire(page, now=timezone.now()).status == "expired"
    assert stripe.sdk.checkout.sessions.list().data == []


def test_a_page_that_comes_too_late_is_not_made(studio: Studio, stripe: StandIn) -> None:
    page = a_page(studio.location, lives_for=dt.timedelta(hours=1))

    assert hosted.ask(page, now=timezone.now() + dt.timedelta(minutes=40)).status == "expired"


def test_a_session_expires_while_the_client_is_on_the_page(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location, lives_for=dt.timedelta(hours=1))
    stripe.tell("clock", advance=3601)

    assert pays(page.url) == 200
    assert (looked(page).status, Charge.objects.exists(), taken_cents(stripe)) == ("expired", False, 0)
    assert an_open_page_later(studio).n == 2


def an_open_page_later(studio: Studio) -> HostedPage:
    return a_page(studio.location, now=timezone.now() + dt.timedelta(hours=2))


# Twice ---------------------------------------------------------------------------------------------------------------


def test_opened_twice_and_both_paid_gives_the_second_back(studio: Studio, stripe: StandIn) -> None:
    """The first page was taken for expired: a backup put back, say."""
    first = an_open_page(studio.location)
    HostedPage.objects.update(status="expired")
    second = an_open_page(studio.location)
    pays(second.url)
    looked(second)
    pays(first.url)

    page_news.hear_session(first.session_id or "", now=timezone.now())

    first.refresh_from_db()
    assert (first.status, second.status, the_charge().intent_id) == ("paid", "paid", second.intent_id)
    twice = the_charge(f"page:{first.pk}")
    assert (twice.how, twice.unsold_at is not None, twice.finished_at is not None) == ("hosted", True, True)
    assert balances() == {"1100 Stripe balance": DUES_CENTS, "2250 Refunds payable": -DUES_CENTS}
    Worker(clock=lambda: timezone.now() + dt.timedelta(minutes=1)).run_once()
    assert unsold.refund_of(twice) is not None
    assert CardRefund.objects.get().accepted_at is not None
    assert [refund.payment_intent for refund in stripe.sdk.refunds.list().data] == [first.intent_id]


def test_paid_while_a_saved_card_is_asked_for_the_same(studio: Studio, stripe: StandIn) -> None:
    """The card is taken back first; what the client paid is then the money."""
    page = an_open_page(studio.location)
    HostedPage.objects.update(status="expired")
    charge = queued(saves(studio.location), studio.location)
    HostedPage.objects.filter(pk=page.pk).update(status="open")
    pays(page.url)

    assert looked(page).status == "unclear"
    assert asked(charge).status == "cancelled"
    assert looked(page).status == "paid"

    paid = Charge.objects.get(owner=DUE, status="succeeded")
    assert (paid.n, paid.how, taken_cents(stripe)) == (2, "hosted", DUES_CENTS)


# What breaks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["reset_before", "reset_after", "error_before", "error_saved", "error_after", "rate_limit", "lock_timeout"]
)
def test_a_page_whose_making_has_no_answer_is_paid_once(studio: Studio, stripe: StandIn, kind: str) -> None:
    stripe.tell("faults", kind=kind, path=SESSIONS, method="POST")
    page = hosted.ask(a_page(studio.location), now=timezone.now())
    assert (page.url, page.is_live) == ("", True)

    for minute in range(3):
        page = hosted.ask(page, now=timezone.now() + dt.timedelta(minutes=minute))
    assert (page.status, pays(page.url)) == ("open", 303)

    assert (looked(page).status, Charge.objects.count(), taken_cents(stripe)) == ("paid", 1, DUES_CENTS)


@pytest.mark.parametrize("kind", ["reset_before", "error_before", "rate_limit"])
def test_a_look_without_an_answer_is_unclear_and_told_later(studio: Studio, stripe: StandIn, kind: str) -> None:
    page = an_open_page(studio.location)
    pays(page.url)
    stripe.tell("faults", kind=kind, path=f"{SESSIONS}/*")

    assert looked(page).status == "unclear"
    assert looked(page).status == "paid"


@pytest.mark.parametrize("purpose", [Purpose.PAYMENT, Purpose.SETUP])
def test_a_process_may_die_before_any_write(studio: Studio, stripe: StandIn, purpose: str) -> None:
    n = 1
    while True:
        client = uuid.UUID(int=n)
        cents = DUES_CENTS if purpose == Purpose.PAYMENT else 0
        page = a_page(studio.location, owner=f"owed:{n}", purpose=purpose, client=client, amount_cents=cents)
        died = dies_at_write(n, lambda page=page: opened_and_paid(page))
        if not page.url and page.session_id is None:
            for minute in range(1, 3):
                hosted.ask(page, now=timezone.now() + dt.timedelta(minutes=minute))
        if page.url:
            pays(page.url)
        assert page_ends(page).status == ("paid" if purpose == Purpose.PAYMENT else "saved"), n
        if not died:
            break
        n += 1
    assert n > 4
    assert Charge.objects.count() == (n if purpose == Purpose.PAYMENT else 0)
    assert SavedCard.objects.filter(is_default=True).count() == (0 if purpose == Purpose.PAYMENT else n)
    assert taken_cents(stripe) == cents * n
    assert Customer.objects.count() == n


def opened_and_paid(page: HostedPage) -> None:
    hosted.ask(page, now=timezone.now())
    pays(page.url)
    hosted.look(page, now=timezone.now())


def test_what_stripe_refuses_to_make_is_refused(studio: Studio, stripe: StandIn) -> None:
    page = hosted.ask(a_page(studio.location, amount_cents=100_000_000), now=timezone.now())

    assert (page.status, page.is_live) == ("refused", False)
    assert page.last_error.startswith("Misuse")


def test_another_amount_than_asked_for_needs_a_person(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    pays(page.url)
    HostedPage.objects.update(amount_cents=DUES_CENTS + 1)

    assert looked(page).status == "unclear"
    assert page.last_error.startswith("WrongAmount")
    with pytest.raises(WrongAmount):
        page_news.hear_session(page.session_id or "", now=timezone.now())
    assert not Charge.objects.exists()


def test_the_reconciliation_comes_before_anybody_has_looked(studio: Studio, stripe: StandIn) -> None:
    first = an_open_page(studio.location, owner="order:1")
    pays(first.url)
    looked(first)
    page = an_open_page(studio.location)
    pays(page.url)

    fetch(timezone.now())

    page.refresh_from_db()
    assert (page.status, the_charge().status) == ("paid", "succeeded")
    assert not Charge.objects.filter(owner__startswith="stripe:").exists()


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_four_who_look_at_once_make_one_charge(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    pays(page.url)

    found = race(4, lambda _: hosted.look(page.pk, now=timezone.now()))

    assert {one.status for one in found if isinstance(one, HostedPage)} == {"paid"}
    assert (len(found), Charge.objects.count()) == (4, 1)


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_four_who_open_one_at_once_have_the_same(studio: Studio, stripe: StandIn) -> None:
    found = race(4, lambda _: hosted.ask(a_page(studio.location), now=timezone.now()))

    assert len({one.pk for one in found if isinstance(one, HostedPage)}) == 1
    assert len(stripe.sdk.checkout.sessions.list().data) == 1


# Whose, and what a person sees ---------------------------------------------------------------------------------------


def test_a_session_that_is_not_ours_is_nobodys(studio: Studio, stripe: StandIn) -> None:
    other = stripe.sdk.checkout.sessions.create(
        {
            "mode": "setup",
            "currency": "usd",
            "allowed_payment_method_types": ["card"],
            "success_url": "https://example.com",
        }
    )
    assert hosted.look(other.id, now=timezone.now()) is None
    page_news.hear_session(other.id, now=timezone.now())
    assert not HostedPage.objects.exists()


def test_what_makes_no_page(studio: Studio, stripe: StandIn) -> None:
    for wrong in (
        {"amount_cents": 49},
        {"purpose": Purpose.SETUP, "amount_cents": 0},
        {"purpose": Purpose.SETUP, "client": CLIENT},
    ):
        with pytest.raises(BadInput):
            a_page(studio.location, **wrong)


def the_office(studio: Studio) -> Office:
    studio.owner.is_staff = True
    studio.owner.is_superuser = True
    studio.owner.save()
    return Office(studio.owner)


def test_an_unclear_page_is_shown_and_looked_at_again(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    pays(page.url)
    HostedPage.objects.update(status="unclear", created_at=timezone.now() - dt.timedelta(minutes=3))
    office = the_office(studio)
    assert office.sections == {"pages": 1}

    said = office.press(f"/trouble/pages/{page.pk}/look")

    assert said == ["It was paid."]
    assert office.press(f"/trouble/pages/{page.pk}/look") == ["It is clear meanwhile: It was paid."]


def test_pages_are_read_in_the_back_office(studio: Studio, stripe: StandIn) -> None:
    page, card = an_open_page(studio.location, client=CLIENT), saves(studio.location)
    office = the_office(studio)

    for address in ("hostedpage", "savedcard", "customer"):
        assert office.client.get(f"/admin/payments/{address}/").status_code == 200
    assert office.client.get(f"/admin/payments/hostedpage/{page.pk}/change/").status_code == 200
    assert office.client.get(f"/admin/payments/savedcard/{card.pk}/change/").status_code == 200


def test_a_bank_that_asks_first_on_the_page(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    assert pays(page.url, "authenticationRequired") == 303
    assert looked(page).status == "open"
    (intent,) = stripe.sdk.payment_intents.list().data

    assert visit(f"{stripe.url}/_sim/3ds/{intent.id}", outcome="approved")[0] == 303

    assert (looked(page).status, taken_cents(stripe)) == ("paid", DUES_CENTS)


def test_a_page_that_does_not_end_is_found_by_the_checks(studio: Studio, stripe: StandIn) -> None:
    page = an_open_page(studio.location)
    told = [f"pages: {page} is open, and was to end {page.expires_at:%Y-%m-%d %H:%M}."]

    assert problems(page.expires_at + dt.timedelta(hours=23)) == []
    assert problems(page.expires_at + dt.timedelta(hours=25)) == told
