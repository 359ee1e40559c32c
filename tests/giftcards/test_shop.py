"""The shop: what may be asked for, who may ask how often, and what it looks like without scripts (R15, R18, S19)."""

import datetime as dt
import gzip
import re

import pytest
from django.test import Client

from giftcards.models import GiftBonus, GiftOrder
from giftcards.shop import orders
from giftcards.shop.designs import DESIGNS
from payments.models import HostedPage
from pos.models import Price
from tests.builders import NOW
from tests.giftcards.buying import JONAS, MAYA, Shopper

SESSIONS = "/v1/checkout/sessions"


def test_the_front_door_leads_to_the_shop(shopper: Shopper) -> None:
    assert shopper.opens("/")["Location"] == "/gift-cards/"


def test_the_first_page_is_light_and_says_what_there_is(shopper: Shopper) -> None:
    html = shopper.opens("/gift-cards/").content
    css, script, palette = (
        shopper.opens(f"/static/{name}").getvalue()
        for name in ("giftcards/shop.css", "giftcards/shop.js", "studio/palette.css")
    )

    assert len(html) + len(css) + len(script) + len(palette) < 50_000
    assert html.count(b'name="what"') == 5 + 2
    assert html.count(b'name="design"') == len(DESIGNS) >= 4
    assert b"<script>" not in html
    assert b"onclick" not in html
    assert len(gzip.compress(html)) < 6_000


def test_an_order_goes_to_stripe_for_the_amount_that_was_chosen(shopper: Shopper) -> None:
    order = shopper.orders(what="other", amount="$80.50")

    page = HostedPage.objects.get()
    assert shopper.answer["Location"] == page.url != ""
    assert (page.owner, page.amount_cents, page.email) == (order.owner, 80_50, JONAS)
    assert (order.status, order.amount_cents, order.recipient_email, order.card) == ("draft", 80_50, MAYA, None)
    session = shopper.stripe.sdk.checkout.sessions.retrieve(str(page.session_id))
    assert (session.amount_total, session.customer_email) == (80_50, JONAS)


def test_a_browser_may_send_the_form_on_to_stripe_and_nowhere_else(shopper: Shopper) -> None:
    policy = shopper.opens("/gift-cards/")["Content-Security-Policy"]

    assert f"form-action 'self' {shopper.stripe.url}" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"what": "other", "amount": "24.99"}, "Choose an amount from $25.00 to $500.00."),
        ({"what": "other", "amount": "500.01"}, "Choose an amount from $25.00 to $500.00."),
        ({"what": "other", "amount": "80.505"}, "Write an amount in dollars, like 80 or 80.50."),
        ({"what": "other", "amount": "-80"}, "Write an amount in dollars"),
        ({"what": "other", "amount": "１２０"}, "Write an amount in dollars"),
        ({"what": "other", "amount": "1e3"}, "Write an amount in dollars"),
        ({"what": "999999.00"}, "Choose an amount from $25.00 to $500.00."),
        ({"what": "treatment:massage-oil"}, "This treatment is not sold as a gift card just now."),
        ({"what": ""}, "Choose what you give."),
        ({"recipient_name": "  "}, "Write the name of whom it is for."),
        ({"recipient_email": "maya"}, "This is no e-mail address."),
        ({"buyer_email": ""}, "Write your e-mail address"),
        ({"buyer_name": "J" * 300}, "A name has at most 80 characters; this one has 300."),
        ({"message": "m" * 301}, "A message has at most 300 characters; yours has 301."),
        ({"send_on": "2026-03-01"}, "Choose a day from today to 2027-03-02."),
        ({"send_on": "2027-03-03"}, "Choose a day from today to 2027-03-02."),
        ({"send_on": "2027-02-29"}, "Write the day like 2027-02-14"),
        ({"design": "../../etc/passwd"}, "Select a valid choice."),
        ({"way": "pigeon"}, "Select a valid choice."),
        ({"website": "http://spam.example"}, "Leave this field empty"),
    ],
)
def test_what_can_not_be_meant_is_said_beside_its_field(
    shopper: Shopper, changes: dict[str, str], sentence: str
) -> None:
    assert shopper.sends(**changes) == 422

    assert sentence in shopper.said()
    assert (GiftOrder.objects.count(), HostedPage.objects.count()) == (0, 0)
    html = shopper.answer.content.decode()
    [target] = re.findall(r'<li><a href="#([\w-]+)">', html)
    assert f'id="{target}"' in html


def test_the_form_keeps_what_was_typed_and_markup_stays_words(shopper: Shopper) -> None:
    nasty = '<script>alert("1")</script>'
    shopper.sends(recipient_name=nasty, message=f"{nasty} & more", buyer_email="")

    html = shopper.answer.content.decode()
    assert nasty not in html
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more" in html


def test_names_with_emoji_from_right_to_left_and_three_hundred_characters_are_kept(shopper: Shopper) -> None:
    long = "ש" * 149 + "\r\n" + "🌿" * 150

    order = shopper.orders(recipient_name="مَيّا 🎂", buyer_name="  Jo\u202enas\n\tO’Neil ", message=long)

    assert (order.recipient_name, order.buyer_name) == ("مَيّا 🎂", "Jonas O’Neil")
    assert order.message == long.replace("\r\n", "\n")
    assert len(order.message) == 300


@pytest.mark.parametrize("day", ["2026-03-02", "2027-03-02"])
def test_a_card_may_be_sent_from_today_to_a_year_ahead(shopper: Shopper, day: str) -> None:
    assert shopper.orders(send_on=day).send_on == dt.date.fromisoformat(day)


def test_the_29th_of_february_is_a_day_like_any_other(shopper: Shopper) -> None:
    shopper.clock.move_to(dt.datetime(2027, 3, 1, 15, 0, tzinfo=dt.UTC))

    assert shopper.orders(send_on="2028-02-29").send_on == dt.date(2028, 2, 29)
    assert shopper.sends(send_on="2028-03-01") == 422


def test_a_card_to_hand_over_needs_no_address_and_no_day(shopper: Shopper) -> None:
    order = shopper.orders(way="hand", recipient_name="", recipient_email="not an address", send_on="")

    assert (order.way, order.recipient_email, order.send_on) == ("hand", "", None)


def test_a_treatment_is_sold_at_the_price_of_the_day(shopper: Shopper) -> None:
    order = shopper.orders(what="treatment:ashiatsu-60", amount="1")

    assert (order.amount_cents, order.item and order.item.code) == (110_00, "ashiatsu-60")


def test_a_price_that_changed_since_is_said_before_anybody_pays_it(shopper: Shopper) -> None:
    order = shopper.orders(what="treatment:ashiatsu-60")
    HostedPage.objects.update(status="expired")
    assert order.item is not None
    Price.objects.create(item=order.item, price_cents=130_00, starts_on=NOW.date())

    shopper.answer = shopper.browser.post(shopper.page_of(order, "/pay"))

    assert shopper.answer.status_code == 409
    assert "The price of Ashiatsu 60 has changed." in shopper.said()


def test_a_promotion_shows_beside_its_amount(shopper: Shopper) -> None:
    GiftBonus.objects.create(name="Spring", pays_cents=200_00, adds_cents=40_00, starts_on=NOW.date())

    shopper.opens("/gift-cards/")

    assert "$200 + $40 on top" in shopper.said()


def test_the_same_form_twice_is_one_order(shopper: Shopper) -> None:
    token = re.findall(r'name="order" value="([^"]+)"', shopper.opens("/gift-cards/").content.decode())[0]

    shopper.orders(order=token)
    shopper.orders(order=token, what="165.00")

    order = GiftOrder.objects.get()
    live = HostedPage.objects.live().get()
    assert (order.amount_cents, live.amount_cents) == (165_00, 165_00)
    assert HostedPage.objects.exclude(pk=live.pk).get().status == "expired"


def test_an_order_can_not_be_taken_over_by_its_id(shopper: Shopper) -> None:
    order = shopper.orders()

    shopper.orders(order=str(order.pk), buyer_name="Mallory")
    shopper.orders(order=f"{order.pk.hex}.{'A' * 43}", buyer_name="Mallory")

    order.refresh_from_db()
    assert (order.buyer_name, GiftOrder.objects.count()) == ("Jonas", 3)
    assert shopper.opens(f"/gift-cards/orders/{order.pk.hex}.{'A' * 43}").status_code == 404
    assert shopper.opens(f"/g/{order.pk.hex}.{'A' * 43}").status_code == 404


def test_whoever_tries_a_thousand_times_makes_ten_pages_at_most(shopper: Shopper) -> None:
    statuses = [shopper.sends(buyer_email=f"b{n}@example.com") for n in range(40)]

    assert statuses[:10] == [303] * 10
    assert set(statuses[10:]) == {429}
    assert "Wait ten minutes" in shopper.said()
    assert len(list(shopper.stripe.sdk.checkout.sessions.list({"limit": 100}))) == 10
    assert GiftOrder.objects.count() == 10
    shopper.later(minutes=11)
    assert shopper.sends() == 303


def test_one_buyer_with_many_addresses_tries_twenty_times_a_day(shopper: Shopper) -> None:
    codes = [shopper.sends(Client(REMOTE_ADDR=f"203.0.113.{n}"), what="25.00", amount="") for n in range(22)]

    assert codes.count(303) <= orders.BUYERS_TRIES
    assert codes[-1] in (409, 429)


def test_one_buyer_gets_at_most_1500_dollars_a_day(shopper: Shopper) -> None:
    for _ in range(3):
        assert shopper.sends(what="other", amount="500") == 303

    assert shopper.sends(what="60.00", buyer_email=JONAS.upper()) == 409
    assert "at most $1,500.00" in shopper.said()
    assert GiftOrder.objects.count() == 3


def test_a_forged_form_is_refused(shopper: Shopper) -> None:
    assert shopper.sends(Client(enforce_csrf_checks=True)) == 403


def test_stripe_away_is_one_moment_and_no_second_order(shopper: Shopper) -> None:
    shopper.stripe.tell("faults", kind="reset_after", path=SESSIONS)
    assert shopper.sends() == 303
    order = GiftOrder.objects.get()

    assert shopper.answer["Location"] == shopper.page_of(order)
    shopper.opens(shopper.page_of(order))
    assert "One moment" in shopper.said()
    shopper.later(minutes=1)
    shopper.works()
    shopper.answer = shopper.browser.post(shopper.page_of(order, "/pay"))
    assert shopper.answer["Location"] == HostedPage.objects.get().url
    assert len(list(shopper.stripe.sdk.checkout.sessions.list({"limit": 100}))) == 1


def test_drafts_that_nobody_paid_are_forgotten(shopper: Shopper) -> None:
    shopper.orders()
    HostedPage.objects.update(status="expired")

    orders.ForgetDrafts().run(now=NOW + dt.timedelta(days=29))
    assert GiftOrder.objects.count() == 1
    orders.ForgetDrafts().run(now=NOW + dt.timedelta(days=31))
    assert GiftOrder.objects.count() == 0


@pytest.mark.parametrize("key", DESIGNS)
def test_each_design_is_a_small_picture(shopper: Shopper, key: str) -> None:
    answer = shopper.opens(f"/gift-cards/designs/{key}.svg")

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg ")
    assert len(answer.content) < 6_000


def test_the_page_about_ashiatsu_promises_no_cure(shopper: Shopper) -> None:
    shopper.opens("/ashiatsu/")

    assert "promises no cure" in shopper.said()
    assert shopper.opens("/gift-cards/designs/nothing.svg").status_code == 404
