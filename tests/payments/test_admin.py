"""Cards and Stripe in the back office: readers are named and switched off, money is read."""

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import (
    BalanceTransaction,
    CardRefund,
    Charge,
    Dispute,
    Payout,
    Reader,
    StripeEvent,
)
from payments.reconciliation import FetchMovements
from studio.models import AuditRow, Location, Staff
from tests.builders import NOW, Studio, TestDesk
from tests.payments.money import sold as sold_before
from tests.payments.office import failed_refund, given_up_event, sold
from tests.stripe_sim.stand_in import StandIn

READ_ONLY = [Charge, CardRefund, StripeEvent, BalanceTransaction, Payout, Dispute]
WORK = [Charge, CardRefund, StripeEvent]
DISPUTE = {"amount_cents": 24_00, "status": "needs_response", "opened_at": NOW, "reason": "fraudulent"}
PAYOUT = {"status": "paid", "amount_cents": 23_30, "is_automatic": True, "created_at": NOW, "arrives_on": NOW.date()}


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:payments_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def owner(studio: Studio, client: Client) -> Client:
    client.force_login(Staff.objects.create_superuser("root", password="a long enough one", display_name="Root"))
    return client


@pytest.fixture
def rows(studio: Studio, desk: TestDesk, stripe: StandIn, reader: Reader) -> dict[type[Model], Model]:
    """One of everything."""
    basket = sold(desk, stripe, reader)
    desk.with_(studio.manager).refunds(basket, (0, 1))
    FetchMovements().run(now=NOW)
    charge = Charge.objects.get()
    return {
        Charge: charge,
        CardRefund: CardRefund.objects.get(),
        StripeEvent: given_up_event(),
        BalanceTransaction: BalanceTransaction.objects.all()[0],
        Payout: Payout.objects.create(stripe_id="po_1", **PAYOUT),
        Dispute: Dispute.objects.create(stripe_id="dp_1", charge=charge, **DISPUTE),
    }


@pytest.mark.parametrize("model", READ_ONLY)
def test_money_is_read_and_never_made_changed_or_deleted(
    owner: Client, rows: dict[type[Model], Model], model: type[Model]
) -> None:
    key = rows[model].pk

    assert owner.get(address(model, "changelist")).status_code == 200
    assert owner.get(address(model, "change", key)).status_code == 200
    assert owner.post(address(model, "change", key), {}).status_code == 403
    assert owner.get(address(model, "add")).status_code == 403
    assert owner.post(address(model, "delete", key), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Charge, "4242"),
        (CardRefund, "re_"),
        (StripeEvent, "payout.paid"),
        (BalanceTransaction, "ch_"),
        (Payout, "po_1"),
        (Dispute, "dp_1"),
    ],
)
def test_money_is_found_by_what_a_person_has_in_hand(
    owner: Client, rows: dict[type[Model], Model], model: type[Model], words: str
) -> None:
    if model is CardRefund:
        CardRefund.objects.update(stripe_id="re_1")

    found = owner.get(address(model, "changelist"), {"q": words}).context["cl"]
    nothing = owner.get(address(model, "changelist"), {"q": "nothing-like-this"}).context["cl"]

    assert found.result_count >= 1
    assert nothing.result_count == 0


def test_a_charge_is_found_by_its_id_and_leads_to_its_sale(owner: Client, rows: dict[type[Model], Model]) -> None:
    charge = Charge.objects.get()

    page = owner.get(address(Charge, "changelist"), {"q": str(charge.pk)})

    assert page.context["cl"].result_count == 1
    assert f'href="/admin/pos/sale/{charge.about[5:]}/change/"' in page.content.decode()


def test_rows_lead_to_what_they_are_about(owner: Client, rows: dict[type[Model], Model]) -> None:
    to_the_charge = f'href="/admin/payments/charge/{rows[Charge].pk}/change/"'

    assert to_the_charge in owner.get(address(CardRefund, "changelist")).content.decode()
    assert to_the_charge in owner.get(address(Dispute, "changelist")).content.decode()
    assert "?q=po_1" in owner.get(address(Payout, "changelist")).content.decode()
    assert "/admin/ledger/entry/" in owner.get(address(BalanceTransaction, "changelist")).content.decode()


@pytest.mark.parametrize("model", WORK)
def test_work_that_was_given_up_runs_again(owner: Client, rows: dict[type[Model], Model], model: type[Model]) -> None:
    row = rows[model]
    model._default_manager.update(dead_at=NOW, attempts=12)

    chosen = {"action": "run_these_again", "_selected_action": [row.pk]}
    assert owner.post(address(model, "changelist"), chosen).status_code == 302

    assert model._default_manager.values_list("dead_at", "attempts").get(pk=row.pk) == (None, 0)


def test_the_lists_cost_no_more_statements_for_more_rows(
    owner: Client, rows: dict[type[Model], Model], studio: Studio
) -> None:
    addresses = [address(model, "changelist") for model in READ_ONLY]
    for url in addresses:
        owner.get(url)
    few = [statements_of(owner, url) for url in addresses]

    for n in range(3):
        charge = sold_before(studio.location, 10_00)
        failed_refund(charge)
        Dispute.objects.create(stripe_id=f"dp_more_{n}", charge=charge, **DISPUTE)
        Payout.objects.create(stripe_id=f"po_more_{n}", **PAYOUT)
        given_up_event(2 + n)

    assert max(few) < 15
    assert [statements_of(owner, url) for url in addresses] == few


def statements_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


# Readers -------------------------------------------------------------------------------------------------------------


def test_a_reader_is_named_and_switched_off_and_that_leaves_a_trail(owner: Client, reader: Reader) -> None:
    answer = owner.post(address(Reader, "change", reader.pk), {"label": "Front desk"})

    assert answer.status_code == 302, answer.context["errors"]
    stripe_id = reader.stripe_id
    reader.refresh_from_db()
    assert (reader.label, reader.is_active, reader.stripe_id) == ("Front desk", False, stripe_id)
    row = AuditRow.objects.get(action="reader.changed")
    assert row.before == {"label": "Desk", "is_active": True}
    assert row.after == {"label": "Front desk", "is_active": False}


def test_two_readers_of_a_location_have_not_the_same_name(owner: Client, reader: Reader, studio: Studio) -> None:
    beach = Location.objects.create(code="BCH", name="Beach")
    Reader.objects.create(location=studio.location, stripe_id="tmr_2", label="Back")
    Reader.objects.create(location=beach, stripe_id="tmr_3", label="Beach bar")

    taken = owner.post(address(Reader, "change", reader.pk), {"label": "Back", "is_active": "on"})
    free = owner.post(address(Reader, "change", reader.pk), {"label": "Beach bar", "is_active": "on"})

    assert "Another reader of this location has this name." in taken.content.decode()
    assert free.status_code == 302


def test_a_reader_is_added_by_the_command_and_the_page_says_so(owner: Client, reader: Reader) -> None:
    page = owner.get(address(Reader, "changelist")).content.decode()

    assert "manage.py register_reader --location" in page
    assert owner.get(address(Reader, "add")).status_code == 403
    assert owner.post(address(Reader, "delete", reader.pk), {"post": "yes"}).status_code == 403
