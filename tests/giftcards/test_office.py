"""The owner's pages about gift cards: lists, orders for many, plastic, free and imported cards."""

import html
import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from giftcards import life
from giftcards.models import CardBatch, Delivery, GiftCard, GiftOrder
from jobs.models import OutboxMail
from jobs.worker import Worker
from ledger.journal import balances
from payments.models import Dispute
from pos.models import Receipt, Sale
from studio.ids import new_id
from studio.models import AuditRow, Staff
from tests.books import books_are_clean
from tests.builders import Studio, custom
from tests.giftcards.buying import Shopper
from tests.giftcards.cards import card_for, code_of, sells_card

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = "name,amount,email,message\n" + "".join(
    f"Guest {number},{50 if number % 2 else 75},guest{number}@example.com,\n" for number in range(9)
)
PEOPLE += "Guest nine,50,,For you alone\n"


@dataclass
class Office:
    """Somebody's browser at the back office."""

    browser: Browser = field(default_factory=Browser)
    answer: Any = None

    def opens(self, path: str) -> int:
        self.answer = self.browser.get(f"/gift-cards/office/{path}")
        return int(self.answer.status_code)

    def sends(self, path: str, **fields: Any) -> int:
        """Send a form; what it led to is the answer."""
        fields = {"location": "UPT", "key": str(new_id())} | fields
        self.answer = self.browser.post(f"/gift-cards/office/{path}", fields, follow=True)
        return int(self.answer.status_code)

    def says(self) -> str:
        inner = re.sub(r"<(head|select|textarea)\b.*?</\1>", " ", self.answer.content.decode(), flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inner)).split())


def signed_on(staff: Staff) -> Office:
    staff.is_staff = True
    staff.save()
    office = Office()
    office.browser.force_login(staff)
    return office


@pytest.fixture
def office(studio: Studio) -> Office:
    """The owner's."""
    return signed_on(studio.owner)


def order(**changes: Any) -> dict[str, Any]:
    """An order for ten."""
    file = SimpleUploadedFile("people.csv", PEOPLE.encode())
    fields = {"buyer_name": "Acme", "buyer_email": "office@acme.example", "message": "Thank you", "design": "bars"}
    return fields | {"paid_by": "external", "reference": "Transfer 17", "file": file} | changes


def test_an_order_for_many_is_one_sale_with_one_receipt_and_a_card_for_each(office: Office) -> None:
    assert office.sends("order/", **order()) == 200
    Worker(clock=timezone.now).run_once()

    assert "10 gift cards, $625.00" in office.says()
    sale = Sale.objects.get()
    assert Receipt.objects.filter(sale=sale).count() == 1
    assert balances() == {"1120 External terminal clearing": 625_00, "2200 Gift cards outstanding": -625_00}
    gifts = GiftOrder.objects.filter(sale=sale).select_related("card")
    assert {(gift.recipient_name, gift.card and gift.card.balance_cents) for gift in gifts if gift.card} == {
        (f"Guest {number if number < 9 else 'nine'}", 50_00 if number % 2 else 75_00) for number in range(10)
    }
    assert Delivery.objects.filter(kind="card").count() == 9
    [receipt] = [letter for letter in mail.outbox if letter.to == ["office@acme.example"]]
    assert "625.00" in receipt.body
    for gift in gifts:
        letters = [letter for letter in mail.outbox if letter.to == [gift.recipient_email]]
        assert [code_of(gift.card) in letter.body for letter in letters if gift.card] == [True] * len(letters)
    books_are_clean(now=timezone.now())


def test_an_order_sent_twice_is_made_once(office: Office) -> None:
    key = str(new_id())
    for _ in range(2):
        assert office.sends("order/", **order(key=key)) == 200

    assert (Sale.objects.count(), GiftCard.objects.count(), Delivery.objects.count()) == (1, 10, 9)
    assert OutboxMail.objects.count() == 1


def test_a_check_says_what_would_be_sold_and_changes_nothing(office: Office) -> None:
    office.sends("order/", **order(check="1"))

    assert "10 cards, $625.00 in all. Nothing is sold yet." in office.says()
    assert not Sale.objects.exists()
    assert not GiftCard.objects.exists()
    assert "Guest nine,50,,For you alone" in office.answer.content.decode()


def test_every_wrong_row_of_an_order_is_named(office: Office) -> None:
    wrong = PEOPLE.replace("Guest 2,75", "Guest 2,seventy").replace("guest4@example.com", "guest4")
    office.sends("order/", **order(file=SimpleUploadedFile("people.csv", wrong.encode())))

    assert "Line 4: “seventy” is no amount in dollars." in office.says()
    assert "Line 6: “guest4” is no e-mail address." in office.says()
    assert not Sale.objects.exists()


def test_an_order_of_nine_is_no_order_for_many(office: Office) -> None:
    office.sends("order/", **order(file=SimpleUploadedFile("people.csv", PEOPLE.rsplit("Guest nine", 1)[0].encode())))
    assert "10 to 500 cards; here are 9" in office.says()


def test_the_zip_has_a_pdf_for_each_card_and_each_code_is_noted(office: Office, studio: Studio) -> None:
    office.sends("order/", **order())
    sale = Sale.objects.get()
    before = AuditRow.objects.filter(action="gift_card_code_revealed").count()

    assert office.sends(f"order/{sale.pk}/cards.zip") == 200

    folder = zipfile.ZipFile(io.BytesIO(office.answer.content))
    assert len(folder.namelist()) == 10
    assert all(folder.read(name).startswith(b"%PDF") for name in folder.namelist())
    assert AuditRow.objects.filter(action="gift_card_code_revealed").count() == before + 10
    assert office.opens(f"order/{sale.pk}/cards.zip") == 404


def test_a_box_of_plastic_is_made_and_its_codes_go_to_the_printer(office: Office, studio: Studio) -> None:
    office.sends("plastic/", name="First box", count="3")
    batch = CardBatch.objects.get()

    assert "First box" in office.says()
    assert office.sends(f"plastic/{batch.pk}/codes.csv") == 200
    lines = office.answer.content.decode().splitlines()
    assert lines[0] == "serial,code"
    assert {line.split(",")[1] for line in lines[1:]} == {code_of(card) for card in batch.cards.all()}
    assert set(batch.cards.values_list("status", flat=True)) == {"inactive"}


def test_a_plastic_card_is_active_by_its_sale_and_inactive_again_by_a_void(office: Office, studio: Studio) -> None:
    office.sends("plastic/", name="Printed", text="code\nABC-1\nABC-2\n")
    card = GiftCard.objects.order_by("pk")[0]
    desk = studio.desk.at(timezone.now())
    sold = desk.rings_up(card_for(50_00, instrument=str(card.pk))).pays(external=50_00)
    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("active", 50_00)

    studio.managers_desk.at(timezone.now()).voids(sold)

    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("inactive", 0)


def test_a_box_needs_a_number_or_codes_and_not_both(office: Office) -> None:
    office.sends("plastic/", name="Box")
    assert "Say how many to make" in office.says()
    office.sends("plastic/", name="Box", count="3", text="code\nABC-1\n")
    assert "one of them" in office.says()
    office.sends("plastic/", name="Box", text="code\nABC-1\nABC-1\n", check="1")
    assert "Line 2: This code is in the file twice." in office.says()
    assert not CardBatch.objects.exists()


def test_a_card_that_is_given_away_is_mailed_and_costs_nothing_in_the_books(office: Office) -> None:
    key, until = str(new_id()), timezone.now().date().replace(year=timezone.now().year + 1, day=1).isoformat()
    fields = {
        "key": key,
        "amount": "25",
        "expires_on": until,
        "why": "apology",
        "to": "Maya",
        "email": "maya@example.com",
    }
    for _ in range(2):
        assert office.sends("promotion/", **fields) == 200
    Worker(clock=timezone.now).run_once()

    card = GiftCard.objects.get()
    assert (card.kind, card.balance_cents, card.paid_cents, card.status) == ("promotional", 25_00, 0, "active")
    assert balances() == {}
    assert code_of(card) in mail.outbox[0].body
    assert f"···{card.last4}" in office.says()


def test_a_card_that_is_given_away_must_end_and_say_why(office: Office) -> None:
    office.sends("promotion/", amount="25", expires_on="2020-01-01", why="apology")
    assert "ends on a day to come" in office.says()
    office.sends("promotion/", amount="lots", expires_on="2030-01-01", why="")
    assert "is no amount in dollars" in office.says()
    assert not GiftCard.objects.exists()


def test_old_cards_are_checked_then_taken_over_against_opening_balances(office: Office) -> None:
    rows = "code,balance,issued_on,expires_on\nOLD-1,40.00,2024-03-31,\nOLD-2,12.50,2025-01-02,\n"
    office.sends("import/", name="Old till", text=rows, check="1")
    assert "2 cards with $52.50. Nothing is taken over yet." in office.says()
    assert not GiftCard.objects.exists()

    office.sends("import/", name="Old till", text=rows)

    assert balances() == {"2200 Gift cards outstanding": -52_50, "3900 Opening balances": 52_50}
    assert "2 cards with $52.50 are taken over." in office.says()


def test_the_list_finds_cards_and_never_shows_a_code(office: Office, studio: Studio) -> None:
    first, second = sells_card(studio.desk, 80_00), sells_card(studio.desk, 30_00)
    with transaction.atomic():
        life.block(second, why="lost", desk=studio.desk.desk, now=timezone.now())

    office.opens("?status=active")
    assert f"···{first.last4}" in office.says()
    assert f"···{second.last4}" not in office.says()
    office.opens(f"?last4={second.last4}&left=left")
    assert "1 is found" in office.says()
    office.opens(f"cards/{second.pk}/")
    page = office.answer.content.decode()
    assert "gift_card_blocked" in page
    assert code_of(second) not in page
    assert second.code_mac not in page
    office.opens("contested/")
    assert "lost" in office.says()


def test_contested_cards_are_listed_with_where_they_were_spent(shopper: Shopper) -> None:
    ordered = shopper.buys()
    assert ordered.card is not None
    desk = shopper.studio.desk.at(timezone.now()).rings_up(custom("Mat", 50_00))
    desk.tenders("gift_card", instrument=str(ordered.card.pk))
    desk.completes()
    Dispute.objects.create(
        stripe_id="dp_1",
        charge=ordered.charge,
        status="needs_response",
        reason="fraudulent",
        amount_cents=120_00,
        opened_at=timezone.now(),
    )

    office = signed_on(shopper.studio.owner)
    office.opens("contested/")

    assert "dp_1: $120.00" in office.says()
    assert f"···{ordered.card.last4} $50.00" in office.says()


def test_whoever_may_not_see_the_books_or_look_after_cards_is_shut_out(studio: Studio, office: Office) -> None:
    card = sells_card(studio.desk, 80_00)
    desk_person = signed_on(studio.desk_person)
    manager = signed_on(studio.manager)
    stranger = Office()

    assert [desk_person.opens(path) for path in ("", f"cards/{card.pk}/", "order/", "import/")] == [403] * 4
    assert [manager.opens(path) for path in ("", f"cards/{card.pk}/", "order/", "plastic/")] == [403, 403, 200, 200]
    assert [stranger.opens(path) for path in ("", "order/")] == [302, 302]
    assert office.opens("") == 200
