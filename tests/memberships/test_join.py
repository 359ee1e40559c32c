"""Joining online: terms, a name, a card on Stripe's page, the first month at once; whatever the browser does."""

import datetime as dt
import re

import pytest
from django.core import mail

from jobs.models import OutboxMail
from ledger.journal import balances
from memberships import consents
from memberships.models import Consent, Membership, Plan
from memberships.portal import links
from payments import cards, hosted
from payments.models import Charge, HostedPage, SavedCard
from pos.models import Client
from tests.builders import NOW, tax
from tests.memberships import builders
from tests.memberships.members import House, again, credits_of, dues_of
from tests.memberships.visiting import Visitor
from tests.payments.pages import taken_cents, told_by_bank
from tests.racing import race

JOIN = "/join/monthly/"


@pytest.fixture
def visitor(house: House) -> Visitor:
    return Visitor(house)


def form(visitor: Visitor, **changes: str) -> dict[str, str]:
    """The form as it was shown, filled in."""
    visitor.opens(JOIN)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', visitor.answer.content.decode()))
    hidden.pop("csrfmiddlewaretoken")
    return {**hidden, "name": "Ada Lovelace", "email": "ada@example.com", "agree": "yes", "website": "", **changes}


def joins(visitor: Visitor, card: str = "visa", **changes: str) -> str:
    """All of it as far as our own page; its address."""
    filled = form(visitor, **changes)
    assert visitor.sends(JOIN, **filled) == 303, visitor.says()
    assert visitor.pays_at_stripe(card) == 303
    return f"/join/t/{filled['join']}"


def test_somebody_joins_with_a_card_and_is_a_member_at_once(visitor: Visitor, house: House) -> None:
    page = joins(visitor)
    assert visitor.opens(page) == 200

    assert "Welcome, Ada Lovelace" in visitor.says()
    assert "Next charge: $79.00 on April 2, 2026, to Visa ···4242." in visitor.sentences()
    member = Membership.objects.get()
    assert (member.status, member.paid_until) == ("active", dt.date(2026, 4, 2))
    assert (dues_of(member), credits_of(member.client)) == ([("2026-03-02", "paid")], [(1, 79_00)])
    assert balances() == {"1100 Stripe balance": 79_00, "2220 Deferred member credits": -79_00}
    assert taken_cents(house.stripe) == 79_00
    house.books_are_clean()


def test_what_was_agreed_to_is_kept_as_evidence(visitor: Visitor, house: House) -> None:
    joins(visitor)

    consent = Consent.objects.get()
    assert consent.text == consents.text_for(house.plan)
    assert consent.text_hash == consents.hash_of(consent.text)
    assert (consent.how, consent.signature, consent.address, consent.at) == (
        "online",
        "Ada Lovelace",
        "127.0.0.1",
        NOW,
    )
    [page] = HostedPage.objects.all()
    assert page.consent == f"consent:{consent.pk}"


def test_who_has_joined_is_mailed_what_they_agreed_to_once(visitor: Visitor, house: House) -> None:
    page = joins(visitor)
    visitor.opens(page)
    visitor.opens(page)

    [letter] = OutboxMail.objects.filter(dedupe__startswith="welcome:")
    assert (letter.to, letter.subject) == ("ada@example.com", "Welcome to Massage Escape")
    assert "Within the first 3 days I get everything back" in letter.text
    assert "charged again on April 2, 2026" in letter.text
    assert "Your own pages" in letter.html


def test_the_worker_finishes_when_the_browser_never_comes_back(visitor: Visitor, house: House) -> None:
    page = joins(visitor)
    house.settles()
    house.settles()

    assert Membership.objects.get().status == "active"
    visitor.opens(page)
    assert "Welcome, Ada Lovelace" in visitor.says()
    assert (Charge.objects.count(), taken_cents(house.stripe)) == (1, 79_00)


def test_the_same_form_twice_and_coming_back_twice_is_one_member_one_client_one_charge(
    visitor: Visitor, house: House
) -> None:
    filled = form(visitor)
    visitor.sends(JOIN, **filled)
    first = visitor.answer["Location"]
    visitor.sends(JOIN, **filled | {"name": "Ada King", "email": "king@example.com"})
    assert visitor.answer["Location"] == first
    client = Client.objects.get()
    assert (client.name, client.email) == ("Ada King", "king@example.com")

    visitor.pays_at_stripe()
    for _ in range(3):
        visitor.opens(f"/join/t/{filled['join']}")
    visitor.sends(JOIN, **filled)
    assert visitor.answer["Location"] == f"/join/t/{filled['join']}"
    assert (Membership.objects.count(), Client.objects.count(), Charge.objects.count()) == (1, 1, 1)
    assert taken_cents(house.stripe) == 79_00


def test_closing_stripes_page_charges_nothing_and_the_way_on_is_there(visitor: Visitor, house: House) -> None:
    filled = form(visitor)
    visitor.sends(JOIN, **filled)
    page = f"/join/t/{filled['join']}"
    visitor.opens(page)
    assert "Nothing was charged yet" in visitor.says()

    assert visitor.sends(f"{page}/card") == 303
    visitor.pays_at_stripe()
    visitor.opens(page)
    assert Membership.objects.get().status == "active"


def test_a_card_that_says_no_is_told_and_another_one_is_charged(visitor: Visitor, house: House) -> None:
    filled = form(visitor)
    visitor.sends(JOIN, **filled)
    visitor.pays_at_stripe()
    card = _saved(house)
    told_by_bank(house.stripe, card, "card_declined")
    page = f"/join/t/{filled['join']}"
    visitor.opens(page)
    assert "Your card said no" in visitor.says()
    assert Membership.objects.get().status == "joining"
    visitor.opens(page)  # looking again asks nobody
    assert Charge.objects.count() == 1

    house.goes_to(NOW + dt.timedelta(minutes=5))
    assert visitor.sends(f"{page}/card") == 303
    visitor.pays_at_stripe("mastercard")
    visitor.opens(page)
    assert "Welcome" in visitor.says()
    assert [charge.status for charge in Charge.objects.order_by("n")] == ["failed", "succeeded"]
    house.books_are_clean()


def _saved(house: House) -> SavedCard:
    """The card that Stripe has told us of, before anybody charges it."""
    hosted.look(HostedPage.objects.get(), now=NOW)
    card = cards.default_card(Client.objects.get().pk)
    assert card is not None
    return card


def test_who_has_not_finished_within_a_day_begins_again_and_is_never_charged(visitor: Visitor, house: House) -> None:
    page = joins(visitor)
    house.goes_to(NOW + dt.timedelta(days=1))

    assert visitor.opens(page) == 410
    assert "Let us begin again" in visitor.says()
    house.settles()
    assert Charge.objects.count() == 0
    joins(visitor)
    assert Membership.objects.filter(status="joining").count() >= 1


def test_a_known_address_is_no_proof_so_nothing_of_its_owner_is_touched(visitor: Visitor, house: House) -> None:
    ada = house.member()
    card = cards.default_card(ada.client_id)
    page = joins(visitor, "mastercard")
    visitor.opens(page)

    assert "Welcome" in visitor.says()
    assert Client.objects.filter(email="ada@example.com").count() == 2
    assert cards.default_card(ada.client_id) == card
    assert ada.client.memberships.count() == 1


def test_somebody_who_is_signed_in_joins_as_who_they_are(visitor: Visitor, house: House) -> None:
    ada = builders.client("Ada")
    visitor.signs_in(ada)
    page = joins(visitor, email="ignored@example.com", name="Ada L.")
    visitor.opens(page)

    member = Membership.objects.get()
    assert (member.client, member.consent.signature) == (ada, "Ada L.")
    assert again(ada).email == "ada@example.com"
    assert visitor.sends(JOIN, **form(visitor)) == 409
    assert "has Monthly already" in visitor.says()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Write your name."),
        ({"name": "A" * 121}, "A name has at most 120 characters."),
        ({"email": "ada"}, "Write your e-mail address"),
        ({"email": ""}, "Write your e-mail address"),
        ({"agree": ""}, "Tick the box"),
        ({"website": "http://spam.example"}, "Leave this field empty"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(visitor: Visitor, changes: dict[str, str], sentence: str) -> None:
    filled = form(visitor, **changes)

    assert visitor.sends(JOIN, **filled) == 422
    assert sentence in visitor.says()
    assert (Client.objects.count(), Membership.objects.count()) == (0, 0)
    html = visitor.answer.content.decode()
    [target] = re.findall(r'<li><a href="#(\w+)">', html)
    assert f'id="{target}"' in html
    assert f'value="{filled["join"]}"' in html


def test_terms_that_changed_while_the_form_was_open_are_shown_again(visitor: Visitor, house: House) -> None:
    filled = form(visitor)
    Plan.objects.update(terms="Bring a towel.")

    assert visitor.sends(JOIN, **filled) == 409
    assert "Bring a towel." in visitor.says()
    assert (Client.objects.count(), Membership.objects.count()) == (0, 0)


def test_plans_that_are_not_joined_online_are_not_there(visitor: Visitor, house: House) -> None:
    builders.plan("desk-only", joins_online=False)
    builders.plan("old", is_on_sale=False)
    visitor.opens("/join/")

    assert re.findall(r'href="/join/([\w-]+)/"', visitor.answer.content.decode()) == ["monthly"]
    assert [visitor.opens(f"/join/{code}/") for code in ("desk-only", "old", "none")] == [404, 404, 404]


def test_an_address_that_we_did_not_sign_is_not_there(visitor: Visitor, house: House) -> None:
    member = house.member()
    assert visitor.opens(f"/join/t/{member.pk.hex}.forged") == 404
    assert visitor.opens(f"/join/t/{links.token_of(member.pk)}x") == 404


def test_too_many_from_one_place_wait(house: House) -> None:
    statuses = []
    for n in range(11):
        visitor = Visitor(house)
        statuses.append(visitor.sends(JOIN, **form(visitor, email=f"a{n}@example.com")))
    assert statuses == [303] * 10 + [429]


def test_tax_that_is_due_at_sale_is_told_before_it_is_charged(visitor: Visitor, house: House) -> None:
    Plan.objects.update(tax_point="sale")
    tax(house.studio.location, "service", ("OH-FRANKLIN", "0.075"))
    filled = form(visitor)
    assert "$79.00 a month and tax is charged" in visitor.says()
    visitor.sends(JOIN, **filled)
    visitor.pays_at_stripe()
    visitor.opens(f"/join/t/{filled['join']}")
    assert "$84.93 is paid" in visitor.says()
    assert taken_cents(house.stripe) == 84_93


def test_no_mail_leaves_before_anything_is_paid(visitor: Visitor, house: House) -> None:
    visitor.sends(JOIN, **form(visitor))
    visitor.worker_works()
    assert mail.outbox == []


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_the_same_form_at_the_same_moment_is_one_member(visitor: Visitor, house: House) -> None:
    filled = form(visitor)
    visitors = [Visitor(house) for _ in range(4)]
    statuses = race(4, lambda n: visitors[n].sends(JOIN, **filled))

    assert statuses == [303] * 4
    assert (Membership.objects.count(), Client.objects.count(), Consent.objects.count()) == (1, 1, 1)
    assert HostedPage.objects.count() == 1


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_coming_back_in_many_windows_at_once_charges_once(visitor: Visitor, house: House) -> None:
    page = joins(visitor)
    visitors = [Visitor(house) for _ in range(4)]
    statuses = race(4, lambda n: visitors[n].opens(page))

    assert statuses == [200] * 4
    visitor.opens(page)
    assert "Welcome" in visitor.says()
    assert (Charge.objects.count(), taken_cents(house.stripe)) == (1, 79_00)
    house.books_are_clean()
