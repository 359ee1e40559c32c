"""The client's own pages: who comes in and how, what they see, what they may change, and nothing of anybody else's."""

import datetime as dt
import json
import re
import uuid

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.models import OutboxMail
from memberships.models import Cancellation, Freeze, Membership, SignInLink, SignInWish
from memberships.portal.signing_in import ForgetLinks
from payments import cards
from payments.models import CardRefund
from tests.builders import NOW, of
from tests.memberships import builders
from tests.memberships.changing import hour_passes, mails_are_sent, morning
from tests.memberships.members import House, again, credits_of
from tests.memberships.visiting import Visitor
from tests.racing import race

MINUTE = dt.timedelta(minutes=1)
FOR_MEMBERSHIPS = ("my_freeze", "my_change", "my_cancel", "my_cancelled")
UNDOS = ("my_unfreeze", "my_keep", "my_stay")


@pytest.fixture
def visitor(house: House) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(house)


@pytest.fixture
def ada(house: House) -> Membership:
    """A member since that Monday, with a card."""
    return house.member()


@pytest.fixture
def signed_in(visitor: Visitor, ada: Membership) -> Visitor:
    """The same browser, signed in."""
    return visitor.signs_in(ada.client)


# Coming in -----------------------------------------------------------------------------------------------------------


def test_a_mailed_link_opens_the_pages_after_one_press_and_only_once(visitor: Visitor, ada: Membership) -> None:
    [link] = visitor.asks_for_link("ADA@example.com ")

    assert visitor.opens(link) == 200  # a program that looks at links does not use it up
    assert visitor.opens(link) == 200
    assert visitor.opens("/my/") == 303
    assert visitor.sends(link) == 303
    cookie = visitor.answer.cookies[settings.CLIENT_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert visitor.follows() == 200
    assert "Hello, Ada" in visitor.says()

    other = Visitor(visitor.house)
    assert other.sends(link) == 410
    assert "used already" in other.says()
    assert other.opens("/my/") == 303


def test_only_hashes_of_links_and_visits_are_kept(visitor: Visitor, ada: Membership) -> None:
    [link] = visitor.asks_for_link("ada@example.com")
    visitor.sends(link)
    token, visit = link.rsplit("/", 1)[1], visitor.browser.cookies[settings.CLIENT_COOKIE_NAME].value

    row = SignInLink.objects.get()
    kept = f"{row.token_hash} {row.visit_hash} {list(OutboxMail.objects.values_list('text', 'html'))}"
    assert token not in kept
    assert visit not in kept
    assert SignInWish.objects.count() == 0


def test_an_address_that_nobody_has_gets_the_same_answer_the_same_work_and_no_mail(
    visitor: Visitor, ada: Membership
) -> None:
    answers: list[object] = []
    queries: list[list[str]] = []
    for email in ("ada@example.com", "eve@example.com"):
        browser = Browser(REMOTE_ADDR=f"192.0.2.{len(answers)}")
        with CaptureQueriesContext(connection) as asked:
            answer = browser.post("/my/sign-in/", {"email": email})
        queries.append([query["sql"].split(" ", 1)[0] for query in asked.captured_queries])
        answers.append(
            (answer.status_code, answer["Location"], answer.content, browser.get(answer["Location"]).content)
        )

    assert answers[0] == answers[1]
    assert queries[0] == queries[1]
    before = len(mail.outbox)
    visitor.worker_works()
    assert [one.to for one in mail.outbox[before:] if "/my/in/" in str(one.body)] == [["ada@example.com"]]


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_begin_one_visit(visitor: Visitor, house: House, ada: Membership) -> None:
    [link] = visitor.asks_for_link("ada@example.com")
    assert sorted(race(4, lambda _: Browser().post(link).status_code)) == [303, 410, 410, 410]


def test_a_link_is_over_after_a_quarter_of_an_hour(visitor: Visitor, house: House, ada: Membership) -> None:
    [link] = visitor.asks_for_link("ada@example.com")
    house.goes_to(NOW + 15 * MINUTE)

    assert visitor.sends(link) == 410
    assert visitor.opens("/my/") == 303


def test_a_wish_that_waited_too_long_is_forgotten(visitor: Visitor, house: House, ada: Membership) -> None:
    visitor.sends("/my/sign-in/", email="ada@example.com")
    house.goes_to(NOW + 20 * MINUTE)
    before = len(mail.outbox)
    visitor.worker_works()

    assert [one for one in mail.outbox[before:] if "/my/in/" in str(one.body)] == []
    assert SignInWish.objects.count() == 0


def test_a_visit_ends_by_signing_out_everywhere_and_after_twelve_hours(signed_in: Visitor, house: House) -> None:
    copied = signed_in.browser.cookies[settings.CLIENT_COOKIE_NAME].value
    house.goes_to(NOW + dt.timedelta(hours=11, minutes=59))
    assert signed_in.opens("/my/") == 200
    house.goes_to(NOW + dt.timedelta(hours=12))
    assert signed_in.opens("/my/") == 303

    house.goes_to(NOW + dt.timedelta(hours=1))
    assert signed_in.opens("/my/") == 200
    assert signed_in.sends("/my/sign-out/") == 303
    thief = Browser()
    thief.cookies[settings.CLIENT_COOKIE_NAME] = copied
    assert thief.get("/my/").status_code == 303


def test_a_family_with_one_address_gets_a_link_for_each(visitor: Visitor, ada: Membership) -> None:
    ben = builders.client("Ben", email="ada@example.com", created_at=NOW + MINUTE)
    links = visitor.asks_for_link("ada@example.com")

    assert len(links) == 2
    visitor.sends(links[1])
    visitor.follows()
    assert f"Hello, {ben}" in visitor.says()


def test_whoever_asks_too_often_waits_whether_the_address_is_known_or_not(house: House, ada: Membership) -> None:
    for email in ("ada@example.com", "eve@example.com"):
        tries = [
            Browser(REMOTE_ADDR=f"198.51.100.{n}").post("/my/sign-in/", {"email": email}).status_code for n in range(4)
        ]
        assert tries == [303, 303, 303, 429]
    from_one = [Browser().post("/my/sign-in/", {"email": f"a{n}@example.com"}).status_code for n in range(11)]
    assert from_one == [303] * 10 + [429]


def test_what_is_no_address_is_said_beside_the_field(visitor: Visitor) -> None:
    for email in ("", "ada", "ada@", "a" * 300 + "@example.com"):
        assert visitor.sends("/my/sign-in/", email=email) == 422
    assert "This is no e-mail address" in visitor.says()
    assert SignInWish.objects.count() == 0


def test_links_that_are_over_are_forgotten_and_visits_are_not(signed_in: Visitor, house: House) -> None:
    ForgetLinks().run(now=NOW + dt.timedelta(hours=11))
    assert SignInLink.objects.count() == 1
    ForgetLinks().run(now=NOW + dt.timedelta(hours=13))
    assert SignInLink.objects.count() == 0


def test_pages_are_private_and_may_lead_to_stripe_and_nowhere_else(signed_in: Visitor, house: House) -> None:
    for path in ("/my/", "/my/sign-in/sent/", "/my/receipts/", "/my/card/", "/my/people/", "/my/data/", "/join/"):
        assert signed_in.opens(path) == 200, path
        assert signed_in.answer["Cache-Control"] == "private, no-store"
        assert signed_in.answer["Referrer-Policy"] == "same-origin"
        policy = signed_in.answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
    assert f"form-action 'self' {house.stripe.url}" in policy


# What is theirs ------------------------------------------------------------------------------------------------------


def test_the_first_page_tells_the_next_charge_what_is_left_and_the_last_receipts(
    signed_in: Visitor, house: House
) -> None:
    signed_in.opens("/my/")

    told = signed_in.says()
    assert "Next charge: $79.00 on April 2, 2026, to Visa ···4242." in told
    assert "Monthly until 1 Mar 2027 1 of 1 left" in told
    assert "UPT-000001" in told
    assert "✓ Active" in told


def test_a_member_who_is_past_due_is_led_to_pay(visitor: Visitor, house: House) -> None:
    member = house.member(outcome="insufficient_funds")
    house.bills(morning(2026, 4, 2))
    visitor.signs_in(member.client)
    visitor.opens("/my/")

    assert "$79.00 is still to be paid" in visitor.says()
    assert "/pay/due/" in visitor.answer.content.decode()
    assert "⚠ Past due" in visitor.says()


def test_another_card_is_saved_on_stripes_page_and_charged_at_once_for_what_is_owed(
    visitor: Visitor, house: House
) -> None:
    member = house.member(outcome="insufficient_funds")
    house.bills(morning(2026, 4, 2))
    visitor.signs_in(member.client)
    house.goes_to(morning(2026, 4, 2) + 5 * MINUTE)
    assert visitor.sends("/my/card/") == 303
    assert visitor.pays_at_stripe("mastercard") == 303
    assert visitor.opens("/my/card/saved/") == 303
    visitor.follows()

    assert "Your card is saved" in visitor.says()
    card = cards.default_card(member.client_id)
    assert card is not None
    assert (card.brand, card.consent) == ("mastercard", f"consent:{member.consent_id}")
    house.bills(morning(2026, 4, 2) + 6 * MINUTE)
    assert again(member).status == "active"
    house.books_are_clean()


def test_a_page_for_a_card_that_leads_elsewhere_is_closed_first(visitor: Visitor, house: House) -> None:
    member = house.member(card="")
    visitor.signs_in(member.client)
    visitor.sends("/my/card/")
    first = visitor.answer["Location"]
    visitor.sends("/my/card/")
    assert visitor.answer["Location"] == first
    visitor.opens("/my/card/saved/")
    visitor.follows()
    assert "No card was saved." in visitor.says()


def test_all_data_can_be_taken_away_and_nothing_that_staff_noted(visitor: Visitor, house: House) -> None:
    member = house.member()
    client = member.client
    type(client).objects.filter(pk=client.pk).update(note="talks a lot", phone="+16145550100")
    builders.household(client, builders.client("Ben"))
    builders.visits(house.desk(), house.studio, client, kind="credit")
    visitor.signs_in(again(client))
    assert visitor.opens("/my/data/") == 200

    assert visitor.answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    told = json.loads(visitor.answer.content)
    assert told["client"]["phone"] == "+16145550100"
    assert [one["plan"] for one in told["memberships"]] == ["Monthly, version 1"]
    assert [one["status"] for one in told["memberships"][0]["months"]] == ["paid"]
    assert sorted(move["kind"] for move in told["sessions"][0]["moves"]) == ["opened", "used"]
    assert sorted(line["name"] for sale in told["sales"] for line in sale["lines"]) == [
        "Deep tissue 60",
        "Monthly, Mar 2 to Apr 2",
    ]
    assert [one["card"] for one in told["saved_cards"]] == ["Visa ···4242"]
    assert told["agreements"][0]["text_hash"] == member.consent.text_hash
    assert told["household"] == ["Ben"]
    assert b"talks a lot" not in visitor.answer.content


def test_receipts_come_a_page_at_a_time_with_refunds_as_less(visitor: Visitor, house: House) -> None:
    client = builders.client("Ada")
    ana = house.studio.ana
    for _ in range(26):
        last = house.desk().rings_up(of("deep-tissue-60", by=ana), client_id=client.pk).pays(external=100_00)
    house.studio.managers_desk.at(NOW + MINUTE).refunds(last, (0, 1))
    visitor.signs_in(client)
    visitor.opens("/my/receipts/")

    assert "−$100.00" in visitor.says()
    assert visitor.answer.content.count(b"/r/") == 25
    visitor.opens("/my/receipts/?page=2")
    assert visitor.answer.content.count(b"/r/") == 2


def test_the_household_is_shown_from_both_sides(visitor: Visitor, house: House) -> None:
    ada, ben = builders.client("Ada"), builders.client("Ben")
    builders.household(ada, ben)
    visitor.signs_in(ada).opens("/my/people/")
    assert "Who may use my sessions Ben" in visitor.says()
    visitor.signs_in(ben).opens("/my/people/")
    assert "Whose sessions I may use Ada" in visitor.says()


# What may be changed -------------------------------------------------------------------------------------------------


def address(name: str, membership: Membership) -> str:
    return reverse(name, args=[membership.pk])


def test_a_freeze_does_exactly_what_was_shown(signed_in: Visitor, house: House, ada: Membership) -> None:
    path = address("my_freeze", ada)
    mails_are_sent()
    signed_in.opens(path)
    shown = [one for one in signed_in.sentences() if "May 2, 2026" in one]
    assert Freeze.objects.count() == 0
    assert mails_are_sent() == []

    assert signed_in.presses(path, "Freeze 1 month<") == 303
    freeze = Freeze.objects.get()
    assert shown == ["Frozen from April 2, 2026, and it goes on by itself on May 2, 2026."]
    assert (freeze.starts_on, freeze.ends_on) == (dt.date(2026, 4, 2), dt.date(2026, 5, 2))
    assert mails_are_sent() == ["Your membership is frozen"]
    signed_in.follows()
    assert "Will be frozen from April 2, 2026 to May 2, 2026." in signed_in.says()
    assert "Next charge: $79.00 on May 2, 2026" not in signed_in.says()

    hour_passes(house, morning(2026, 4, 2))
    signed_in.signs_in(ada.client).opens("/my/")
    assert "❄ Frozen" in signed_in.says()
    assert "Next charge: $79.00 on May 2, 2026" in signed_in.says()


def test_a_planned_freeze_is_taken_back_by_one_press(signed_in: Visitor, ada: Membership) -> None:
    signed_in.presses(address("my_freeze", ada), "Freeze 2 months")
    assert signed_in.sends(address("my_unfreeze", ada)) == 303

    assert Freeze.objects.get().undone_at is not None
    assert signed_in.sends(address("my_unfreeze", ada)) == 409


@pytest.mark.parametrize("months", ["", "0", "4", "-1", "x"])
def test_a_freeze_of_no_length_or_too_long_is_refused(signed_in: Visitor, ada: Membership, months: str) -> None:
    assert signed_in.sends(address("my_freeze", ada), months=months, shown="") == 422
    assert Freeze.objects.count() == 0


def test_what_would_do_something_else_than_was_shown_is_shown_again(
    signed_in: Visitor, house: House, ada: Membership
) -> None:
    signed_in.opens(address("my_cancel", ada))
    shown, form = signed_in.sentences(), _form_of(signed_in)
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")  # the session is used: no more money back

    assert signed_in.sends(address("my_cancel", ada), **form) == 409
    assert "Something has changed since" in signed_in.says()
    assert signed_in.sentences() != shown
    assert again(ada).cancel_number == ""


def test_cancelling_takes_two_clicks_offers_one_freeze_and_gives_a_number(
    signed_in: Visitor, house: House, ada: Membership
) -> None:
    house.goes_to(morning(2026, 3, 12))
    signed_in.signs_in(ada.client).opens("/my/")
    path = address("my_cancel", ada)
    assert f'href="{path}"' in signed_in.answer.content.decode()  # the first click
    mails_are_sent()
    assert signed_in.presses(path) == 303  # the second
    assert signed_in.follows() == 200

    number = Cancellation.objects.get().number
    assert number in signed_in.says()
    assert "It ends on April 2, 2026." in signed_in.sentences()
    assert mails_are_sent() == [f"Your cancellation {number}"]
    member = again(ada)
    assert (member.cancel_number, member.ends_on) == (number, dt.date(2026, 4, 2))
    assert signed_in.opens(path) == 303  # once more: the same number


def test_the_freeze_is_offered_once_and_never_after_cancelling(
    signed_in: Visitor, house: House, ada: Membership
) -> None:
    house.goes_to(morning(2026, 3, 12))
    signed_in.signs_in(ada.client).opens(address("my_cancel", ada))
    assert signed_in.says().count("Freeze it instead") == 1
    signed_in.presses(address("my_freeze", ada), "Freeze 1 month<")
    signed_in.opens(address("my_cancel", ada))
    assert "Freeze it instead" not in signed_in.says()


def test_a_cancellation_is_taken_back_until_the_end(signed_in: Visitor, house: House, ada: Membership) -> None:
    house.goes_to(morning(2026, 3, 12))
    signed_in.signs_in(ada.client).presses(address("my_cancel", ada))
    signed_in.opens("/my/")
    assert "Stay after all" in signed_in.says()
    assert signed_in.sends(address("my_stay", ada)) == 303
    signed_in.follows()

    assert "Next charge: $79.00 on April 2, 2026" in signed_in.says()
    assert again(ada).ends_on is None


def test_within_the_first_days_everything_goes_back_as_it_was_shown(visitor: Visitor, house: House) -> None:
    member = house.member()
    visitor.signs_in(member.client).opens(address("my_cancel", member))
    assert "It ends at once, and $79.00 is given back." in visitor.sentences()
    assert "Freeze it instead" not in visitor.says()
    assert visitor.presses(address("my_cancel", member)) == 303

    assert again(member).status == "ended"
    assert Cancellation.objects.get().refunded_cents == 79_00
    house.books_are_clean()


def test_another_plan_is_agreed_to_by_name_and_begins_at_the_renewal(
    signed_in: Visitor, house: House, ada: Membership
) -> None:
    builders.plan("double", 139_00, credits_per_cycle=2)
    path = address("my_change", ada)
    signed_in.opens(path)
    assert "Look at Double" in signed_in.says()
    page = f"{path}?plan=double"
    signed_in.opens(page)
    assert "Double begins on April 2, 2026 and costs $139.00 a month." in signed_in.sentences()
    form = _form_of(signed_in)

    assert signed_in.sends(path, **form) == 422
    assert signed_in.sends(path, **form, signature="Ada") == 303
    change = ada.changes.get()
    assert (change.to_plan.code, change.effective_on, change.consent.signature, change.consent.how) == (
        "double",
        dt.date(2026, 4, 2),
        "Ada",
        "online",
    )
    assert change.consent.address == "127.0.0.1"
    signed_in.opens("/my/")
    assert "Next charge: $139.00 on April 2, 2026" in signed_in.says()
    assert signed_in.sends(address("my_keep", ada)) == 303
    assert ada.changes.get().status == "undone"


def test_a_higher_plan_is_paid_for_at_once_and_is_there_at_once(
    signed_in: Visitor, house: House, ada: Membership
) -> None:
    asks_for_more_today(signed_in, ada)
    assert signed_in.pays_at_stripe() == 303
    assert signed_in.opens(f"/my/paid/change/{ada.changes.get().pk}/") == 303
    signed_in.follows()

    assert "Thank you, it is paid." in signed_in.says()
    assert (again(ada).plan.code, credits_of(ada.client)) == ("more", [(1, 100_00)])
    assert signed_in.opens(f"/my/paid/change/{ada.changes.get().pk}/") == 303  # once more changes nothing
    assert credits_of(ada.client) == [(1, 100_00)]
    house.books_are_clean()


def test_an_upgrade_is_made_by_the_worker_when_the_browser_does_not_come_back(
    signed_in: Visitor, house: House, ada: Membership
) -> None:
    asks_for_more_today(signed_in, ada)
    signed_in.pays_at_stripe()
    house.books_are_clean()
    assert again(ada).plan.code == "more"


def test_money_for_an_upgrade_that_can_not_be_any_more_goes_back(
    signed_in: Visitor, house: House, ada: Membership
) -> None:
    asks_for_more_today(signed_in, ada)
    builders.visits(house.desk(), house.studio, ada.client, kind="credit")  # the credit of the month is used
    signed_in.pays_at_stripe()
    signed_in.opens(f"/my/paid/change/{ada.changes.get().pk}/")

    assert again(ada).plan.code == "monthly"
    assert CardRefund.objects.get().amount_cents == 21_00
    house.books_are_clean()


def test_the_fee_for_leaving_early_is_paid_online_and_only_by_its_client(visitor: Visitor, house: House) -> None:
    strict = builders.plan("strict", 60_00, minimum_months=6, exit_fee_cents=50_00)
    member = house.member(plan=strict)
    house.goes_to(morning(2026, 3, 12))
    builders.visits(house.desk(), house.studio, member.client, kind="credit")
    visitor.signs_in(member.client).opens(address("my_cancel", member))
    assert "Leaving within the minimum term costs $40.00." in visitor.sentences()
    visitor.presses(address("my_cancel", member))
    pay = f"/my/pay/cancellation/{Cancellation.objects.get().pk}/"
    other = Visitor(house).signs_in(builders.client("Eve"))
    assert other.sends(pay) == 404
    assert other.opens(pay.replace("/pay/", "/paid/")) == 404

    visitor.opens("/my/")
    assert "Leaving Strict early: $40.00" in visitor.says()
    assert visitor.sends(pay) == 303
    visitor.pays_at_stripe()
    visitor.opens(pay.replace("/pay/", "/paid/"))
    assert Cancellation.objects.get().fee_sale_key != ""
    assert visitor.sends(pay) == 404  # nothing is owed any more
    house.books_are_clean()


@pytest.mark.parametrize("kind", ["due", "change", "freeze", "nonsense"])
def test_nothing_is_paid_that_is_not_there(signed_in: Visitor, kind: str) -> None:
    assert signed_in.sends(f"/my/pay/{kind}/{uuid.uuid4()}/") == 404
    assert signed_in.opens(f"/my/paid/{kind}/{uuid.uuid4()}/") == 404


def asks_for_more_today(visitor: Visitor, member: Membership) -> None:
    """The client asks for a plan of $100 at once, as it was shown; they are on the way to Stripe's page."""
    builders.plan("more", 100_00)
    visitor.opens(f"{address('my_change', member)}?plan=more")
    assert "$21.00 is to be paid today for the days left of this month." in visitor.sentences()
    assert visitor.sends(address("my_change", member), **_form_of(visitor), signature="Ada", when="now") == 303


def test_terms_that_changed_meanwhile_are_shown_again(signed_in: Visitor, ada: Membership) -> None:
    plan = builders.plan("double", 139_00, credits_per_cycle=2)
    path = address("my_change", ada)
    signed_in.opens(f"{path}?plan=double")
    form = _form_of(signed_in)
    type(plan).objects.filter(pk=plan.pk).update(terms="Bring a towel.")

    assert signed_in.sends(path, **form, signature="Ada") == 409
    assert "Bring a towel." in signed_in.says()
    assert ada.changes.count() == 0


def _form_of(visitor: Visitor) -> dict[str, str]:
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', visitor.answer.content.decode()))
    found.pop("csrfmiddlewaretoken")
    return found


# Nobody else's -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FOR_MEMBERSHIPS)
def test_pages_of_another_clients_membership_are_not_there(visitor: Visitor, house: House, name: str) -> None:
    theirs, mine = house.member("Ada"), house.member("Ben")
    visitor.signs_in(mine.client)

    assert visitor.opens(address(name, theirs)) == 404
    if name != "my_cancelled":
        assert visitor.sends(address(name, theirs), months="1", plan="monthly", shown="") == 404
    assert (Freeze.objects.count(), Cancellation.objects.count(), again(theirs).cancelled_at) == (0, 0, None)


@pytest.mark.parametrize("name", UNDOS)
def test_nobody_takes_back_what_another_client_wished(visitor: Visitor, house: House, name: str) -> None:
    theirs, mine = house.member("Ada"), house.member("Ben")
    visitor.signs_in(theirs.client).presses(address("my_freeze", theirs), "Freeze 1 month<")
    visitor.signs_in(mine.client)

    assert visitor.sends(address(name, theirs)) == 404
    assert Freeze.objects.get().undone_at is None


@pytest.mark.parametrize("name", FOR_MEMBERSHIPS + UNDOS)
def test_whoever_is_not_signed_in_is_asked_to(visitor: Visitor, ada: Membership, name: str) -> None:
    send = visitor.sends if name in UNDOS else visitor.opens
    assert send(address(name, ada)) == 303
    assert visitor.answer["Location"] == "/my/sign-in/"


def test_what_is_shown_and_taken_away_is_the_clients_alone(visitor: Visitor, house: House) -> None:
    house.member("Ada Lovelace")
    ben = house.member("Ben")
    visitor.signs_in(ben.client)
    for path in ("/my/", "/my/receipts/", "/my/card/", "/my/people/", "/my/data/"):
        visitor.opens(path)
        assert b"Lovelace" not in visitor.answer.content
        assert b"UPT-000001" not in visitor.answer.content


def test_nothing_is_changed_by_looking_and_nothing_without_a_page_of_ours(signed_in: Visitor, ada: Membership) -> None:
    for name in UNDOS:
        assert signed_in.opens(address(name, ada)) == 405
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies[settings.CLIENT_COOKIE_NAME] = signed_in.browser.cookies[settings.CLIENT_COOKIE_NAME].value
    assert strict.post(address("my_cancel", ada), {"shown": ""}).status_code == 403
    assert strict.get("/my/sign-out/").status_code == 405
