"""The clients' screen by touch and by keyboard: finding, writing down, changing, and going on to a sale."""

import datetime as dt
import uuid

from django.utils import timezone
from playwright.sync_api import Route, expect

from pos.clients import put_client
from pos.models import Client
from studio.models import GroupRight, Right
from tests.browser.test_desk import starts_the_day, violations
from tests.browser.till import Till
from tests.builders import of, tip


def a_client(till: Till, name: str, phone: str = "", email: str = "", note: str = "") -> Client:
    return put_client(
        client_id=uuid.uuid4(),
        name=name,
        phone=phone,
        email=email,
        note=note,
        desk=till.studio.desk.desk,
        now=timezone.now(),
    )


def maya(till: Till) -> Client:
    return a_client(till, "Maya Okafor", "614 555 0123", "maya@example.com", "Likes the quiet room")


def at_the_clients(till: Till) -> None:
    starts_the_day(till)
    till.tap("nav-clients")
    expect(till.part("clients-search")).to_be_visible()


def test_a_client_is_found_while_one_types_and_a_new_one_is_saved_by_enter(till: Till) -> None:
    maya(till)
    a_client(till, "Jonas Lindqvist")
    at_the_clients(till)
    expect(till.part("client-line")).to_have_count(2)
    till.part("clients-search").press_sequentially("lindq")
    expect(till.part("client-line")).to_have_count(1)
    till.part("clients-search").fill("Ada Ng")
    till.shows("Nobody fits “Ada Ng”.")

    till.tap("clients-new")
    expect(till.part("file-name")).to_have_value("Ada Ng")
    expect(till.part("file-phone")).to_be_focused()
    till.page.keyboard.type("12")
    till.enter()
    till.shows("This is no phone number.")
    till.part("file-phone").fill("614 555 0199")
    till.page.reload()
    expect(till.part("file-phone")).to_have_value("614 555 0199")
    till.part("file-email").focus()
    till.enter()

    expect(till.part("client-card")).to_contain_text("(614) 555-0199")
    till.shows("No visits yet.")
    assert Client.objects.filter(name="Ada Ng").count() == 1


def test_the_same_phone_or_mail_is_pointed_out_before_saving(till: Till) -> None:
    at_the_clients(till)
    known = maya(till)
    till.tap("clients-new")
    till.part("file-name").fill("M. Okafor")
    till.part("file-phone").fill("(614) 555-0123")
    till.part("file-save").dblclick()

    expect(till.part("same")).to_contain_text("Maya Okafor")
    expect(till.part("file-save")).to_have_text("Save anyway")
    assert Client.objects.get() == known
    till.part("file-phone").fill("")
    expect(till.part("same")).to_have_count(0)
    till.part("file-email").fill("MAYA@example.com")
    expect(till.part("same")).to_contain_text("Maya Okafor")
    till.tap("file-save")
    till.tap_button("Save anyway")
    expect(till.part("client-card")).to_contain_text("M. Okafor")
    assert Client.objects.count() == 2


def test_the_card_tells_the_visits_and_leads_to_the_receipt_and_back(till: Till) -> None:
    client = maya(till)
    before = till.studio.desk.at(timezone.now() - dt.timedelta(days=3))
    before.rings_up(of("ashiatsu-60", by=till.studio.ana), client_id=client.pk).pays(external=110_00)
    at_the_clients(till)
    again = till.studio.desk.at(timezone.now())
    line = of("ashiatsu-60", by=till.studio.ana)
    again.rings_up(line, client_id=client.pk, tips=(tip(till.studio.ana, 20_00),)).pays(cash=130_00)
    till.tap("client-line")

    figures = till.part("client-figures")
    for words in ("Visits2", "Last visitToday", "Paid in all$240.00"):
        expect(figures).to_contain_text(words)
    expect(till.part("favourites")).to_contain_text("Ashiatsu 60 2 ×")
    till.part("receipt-row").first.click()
    expect(till.part("receipt")).to_contain_text("Tip for Ana")
    till.page.go_back()
    expect(till.part("client-card")).to_be_visible()
    till.page.go_back()
    till.shows("Choose a client to see their card.")


def test_a_card_is_changed_in_place_and_a_reload_loses_nothing_of_it(till: Till) -> None:
    client = maya(till)
    at_the_clients(till)
    till.tap("client-line")
    till.tap("client-edit")
    till.part("file-note").fill("Prefers Ana")
    till.page.reload()
    expect(till.part("file-note")).to_have_value("Prefers Ana")
    till.part("file-note").press("Enter")

    expect(till.part("client-note")).to_have_text("Prefers Ana")
    client.refresh_from_db()
    assert (client.note, client.phone, client.email) == ("Prefers Ana", "+16145550123", "maya@example.com")
    till.tap("client-edit")
    till.part("file-note").fill("private")
    till.tap("lock")
    expect(till.part("lock-screen")).to_be_visible()
    assert till.page.evaluate("Object.keys(sessionStorage).filter((name) => name.includes('draft'))") == []


def test_a_sale_is_started_for_the_client(till: Till) -> None:
    maya(till)
    at_the_clients(till)
    till.tap("client-line")
    till.tap_button("Start a sale for Maya")
    till.tap("item-deep-tissue-60")

    expect(till.part("total")).to_contain_text("100.00")
    expect(till.part("cart-client")).to_have_text("Maya Okafor")


def test_a_person_without_the_right_is_told_that_no_names_are_shown(till: Till) -> None:
    client = maya(till)
    GroupRight.objects.filter(right=Right.CLIENTS, group__name="desk").delete()
    starts_the_day(till)
    till.studio.managers_desk.at(timezone.now()).rings_up(of("massage-oil"), client_id=client.pk).pays(external=25_80)
    till.tap("nav-clients")
    till.shows("are not shown to you")
    till.tap("nav-receipts")
    till.shows("Names of clients are not shown to you.")
    till.part("receipt-row").first.click()

    expect(till.part("receipt")).to_contain_text("Massage oil")
    assert "Maya" not in till.page.content()


def test_without_the_server_the_clients_say_so_and_come_with_another_try(till: Till) -> None:
    maya(till)
    starts_the_day(till)

    def gone(route: Route) -> None:
        route.abort()

    till.page.route("**/api/v1/clients/**", gone)
    till.tap("nav-clients")
    till.shows("No connection to the studio’s server.")
    till.page.unroute("**/api/v1/clients/**", gone)
    till.tap("try-again")
    expect(till.part("client-line")).to_have_count(1)


def test_the_clients_screen_is_free_of_accessibility_violations_in_both_themes(till: Till) -> None:
    client = maya(till)
    at_the_clients(till)
    till.studio.desk.at(timezone.now()).rings_up(of("massage-oil"), client_id=client.pk).pays(cash=25_80)
    till.tap("clients-new")
    till.part("file-name").fill("Maya")
    till.part("file-email").fill("maya@example.com")
    expect(till.part("same")).to_be_visible()
    till.part("client-line").focus()
    till.enter()
    expect(till.part("client-card")).to_be_visible()
    for theme in ("light", "dark"):
        till.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert violations(till) == []
    till.tap("client-edit")
    assert violations(till) == []
