"""More ways to pay by touch: a link that the client's own phone pays by, a card on file, and store credit."""

import re
import uuid

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.models import OutboxMail
from ledger.journal import balances
from payments.models import HostedPage
from pos import credit
from pos.models import Client, PayLink, Sale
from tests.browser.card_desk import CardDesk
from tests.browser.looking import Looker
from tests.browser.two_tablets import client
from tests.payments.pages import saves, told_by_bank


def asks_for_a_link(desk: CardDesk) -> None:
    desk.rings_up("deep-tissue-60")
    desk.till.tap("more-pay")
    desk.till.tap("pay-link")
    desk.sees("waiting")


def phone(desk: CardDesk) -> Page:
    """The client's phone, at the link that the code on the tablet holds."""
    browser = desk.till.page.context.browser
    assert browser is not None
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto(f"{desk.till.page.url.split('/desk/')[0]}/pay/{PayLink.objects.get().token}")
    return page


def test_the_client_scans_the_code_pays_on_a_phone_and_the_desk_goes_on(desk: CardDesk) -> None:
    asks_for_a_link(desk)
    expect(desk.till.part("qr")).to_be_visible()
    desk.till.shows("Scan to pay")

    looker = Looker(desk.till.page)
    looker.looks_at("pay-link-waiting")

    shown = phone(desk)
    shown.get_by_label("E-mail").fill("jo@example.com")
    shown.get_by_role("button", name=re.compile("Pay")).click()

    expect(shown.get_by_role("heading", name="Thank you")).to_be_visible()
    desk.is_done("Visa ···4242 $100.00")
    theirs = Looker(shown)
    theirs.looks_at("pay-link-paid")
    shown.context.close()
    assert looker.faults + theirs.faults == []
    assert balances()["1100 Stripe balance"] == 100_00
    assert Sale.objects.get().status == "completed"


def test_a_link_is_mailed_and_can_be_given_up(desk: CardDesk) -> None:
    asks_for_a_link(desk)

    desk.till.tap("link-mail")
    desk.till.part("email-address").fill("jo@example.com")
    desk.till.tap("email-send")
    expect(desk.till.part("email-sent")).to_contain_text("jo@example.com")
    desk.till.tap("sheet-close")
    desk.till.tap("card-back")

    expect(desk.till.part("card-screen")).to_have_count(0)
    assert (HostedPage.objects.get().status, OutboxMail.objects.get().to) == ("expired", "jo@example.com")
    shown = phone(desk)
    expect(shown.get_by_role("heading", name="This link has ended")).to_be_visible()
    shown.context.close()
    desk.till.tap("pay-external")
    desk.is_done("Other terminal $100.00")


def a_sale_for_jo(desk: CardDesk) -> Client:
    """A treatment for $100, rung up for a client whom the search finds."""
    jo = client(desk.till.studio, "Jo Reyes")
    desk.rings_up("deep-tissue-60")
    desk.till.part("client-search").fill("reyes")
    desk.till.tap("client-row")
    expect(desk.till.part("cart-client")).to_have_text("Jo Reyes")
    return jo


def test_store_credit_pays_a_part_and_another_terminal_the_rest(desk: CardDesk) -> None:
    jo = a_sale_for_jo(desk)
    manager = desk.till.studio.managers_desk.desk
    with transaction.atomic():
        credit.adjust(jo, 30_00, adjustment_id=uuid.uuid4(), why="the room was cold", desk=manager, now=timezone.now())

    desk.till.tap("more-pay")
    expect(desk.till.part("offer-store_credit")).to_be_enabled()
    looker = Looker(desk.till.page)
    looker.looks_at("more-pay-sheet")
    assert looker.faults == []
    desk.till.tap("offer-store_credit")
    expect(desk.till.part("parts")).to_contain_text("Store credit")
    desk.till.tap("pay-external")

    desk.is_done("Other terminal $70.00")
    assert balances()["6060 Promotions"] == 30_00
    assert "2230 Client credit" not in balances()


def test_a_card_on_file_is_declined_and_then_pays(desk: CardDesk) -> None:
    jo = a_sale_for_jo(desk)
    card = saves(desk.till.studio.location, client=jo.pk)
    told_by_bank(desk.sim, card, "insufficient_funds")

    desk.till.tap("more-pay")
    desk.till.tap_button("Visa ···4242 · $100.00")
    desk.sees("declined")
    desk.till.shows("Visa ···4242 declined: not enough money on the card.")
    told_by_bank(desk.sim, card, "approved")
    desk.till.tap("card-again")

    desk.is_done("Visa ···4242 $100.00")
    assert balances()["1100 Stripe balance"] == 100_00
