"""How cards reach people: each mail once, at nine of its day, with the code in it and nowhere else (R14, R18, S2)."""

import base64
import datetime as dt
import io
import json
import logging
import smtplib
import zipfile
import zoneinfo
from email.mime.image import MIMEImage

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from giftcards import delivery, faces, links, printing
from giftcards.models import Delivery, GiftCard, GiftOrder
from jobs.models import OutboxMail
from pos.qr import qr_of
from studio.models import AuditRow
from tests.giftcards.buying import JONAS, MAYA, Shopper, letters, sendings, the_card, the_code, whole

TOKEN = {"Authorization": "Bearer token-of-the-mail-service"}


class Away(EmailBackend):
    """A mail server that does not answer."""

    def open(self) -> bool:
        raise ConnectionRefusedError("nobody there")


class Picky(EmailBackend):
    """A mail server that knows no Maya."""

    def send_messages(self, messages: object) -> int:
        for message in messages:  # type: ignore[attr-defined]
            if message.to == [MAYA]:
                raise smtplib.SMTPRecipientsRefused({MAYA: (550, b"5.1.1 no such user")})
        return super().send_messages(messages)  # type: ignore[arg-type]


def test_the_card_comes_by_mail_with_code_and_picture_in_text_and_html(shopper: Shopper) -> None:
    shopper.studio.business.email = "hello@massage-escape.example"
    shopper.studio.business.save()
    shopper.buys()

    shopper.works()

    [letter] = letters(MAYA)
    assert letter.subject == "Jonas sent you a massage at Massage Escape"
    assert letter.from_email == "Massage Escape <studio@example.com>"
    assert letter.reply_to == ["hello@massage-escape.example"]
    html = str(letter.alternatives[0][0])
    for part in (letter.body, html):
        for words in (the_code(), "$120", "Maya", "Jonas", "Breathe out.", links.card_address(the_card()), "Uptown"):
            assert words in part
    [picture] = letter.attachments
    assert isinstance(picture, MIMEImage)
    assert (picture["Content-ID"], "cid:gift-card-code" in html) == ("<gift-card-code>", True)
    assert picture.get_payload(decode=True)[:8] == b"\x89PNG\r\n\x1a\n"
    assert "multipart/related" in letter.message().as_string()
    [sending] = sendings()
    assert (sending.sent_to, letter.extra_headers["Message-ID"]) == (MAYA, sending.message_id)


def test_the_buyer_gets_receipt_and_copy_without_the_code_that_is_not_theirs(shopper: Shopper) -> None:
    order = shopper.buys()
    shopper.works()

    [letter] = letters(JONAS)

    said = whole(letter)
    assert the_code() not in said
    assert not letter.attachments
    for words in ("$120.00", order.number, the_card().last4, MAYA, links.order_address(order), "/r/"):
        assert words in said


def test_who_hands_it_over_gets_the_code(shopper: Shopper) -> None:
    shopper.buys(way="hand")
    shopper.works()

    [letter] = letters()

    assert (letter.to, the_code() in whole(letter), len(letter.attachments)) == ([JONAS], True, 1)


def test_nobody_reads_what_a_treatment_card_cost_but_its_buyer(shopper: Shopper) -> None:
    shopper.buys(what="treatment:ashiatsu-60")
    shopper.works()

    [letter] = letters(MAYA)
    page = Client().get(f"/g/{links.card_token(the_card())}").content.decode()

    assert "Ashiatsu 60" in whole(letter)
    assert "Ashiatsu 60" in page
    for said in (whole(letter), page):
        assert "110" not in said.replace(links.card_token(the_card()), "")
        assert "$" not in said
    assert "$110.00" in whole(letters(JONAS)[0])


@pytest.mark.parametrize(
    ("zone", "today", "wished", "leaves"),
    [
        ("America/New_York", "2026-03-02T15:00Z", "2026-03-07", "2026-03-07T14:00Z"),
        ("America/New_York", "2026-03-02T15:00Z", "2026-03-08", "2026-03-08T13:00Z"),  # the clock goes forward
        ("America/New_York", "2026-03-02T15:00Z", "2026-11-01", "2026-11-01T14:00Z"),  # and back
        ("Asia/Tokyo", "2027-03-01T15:00Z", "2028-02-29", "2028-02-29T00:00Z"),
        ("Pacific/Kiritimati", "2026-03-02T15:00Z", "2026-03-04", "2026-03-03T19:00Z"),
        ("America/New_York", "2026-03-02T15:00Z", "2026-03-02", "2026-03-02T15:00Z"),  # nine is over: now
    ],
)
def test_a_dated_card_leaves_at_nine_on_the_studios_clock(
    shopper: Shopper, zone: str, today: str, wished: str, leaves: str
) -> None:
    now, due = dt.datetime.fromisoformat(today), dt.datetime.fromisoformat(leaves)
    shopper.studio.location.time_zone = zone
    order = GiftOrder(location=shopper.studio.location, send_on=dt.date.fromisoformat(wished))

    assert delivery.send_at(order, now=now) == due
    assert due == now or due.astimezone(zoneinfo.ZoneInfo(zone)).hour == 9


def test_a_dated_card_is_sent_once_and_not_a_minute_early(shopper: Shopper) -> None:
    order = shopper.buys(send_on="2026-03-08")
    shopper.works()
    assert (letters(MAYA), len(letters(JONAS))) == ([], 1)
    assert "on 8 March 2026" in whole(letters(JONAS)[0])
    assert "Leaves for maya@example.com on 8 March 2026" in _order_page(shopper, order)

    shopper.clock.move_to(dt.datetime(2026, 3, 8, 12, 59, 50, tzinfo=dt.UTC))
    shopper.worker.run_once()
    assert letters(MAYA) == []
    shopper.later(minutes=1)
    shopper.works()
    shopper.later(days=1)
    shopper.works()

    assert len(letters(MAYA)) == 1


def _order_page(shopper: Shopper, order: GiftOrder) -> str:
    shopper.opens(shopper.page_of(order))
    return shopper.said()


def test_a_mail_server_that_is_away_for_a_day_gets_each_mail_once_it_is_back(
    shopper: Shopper, settings: Settings
) -> None:
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    shopper.buys()
    for _ in range(8):
        shopper.works()
        shopper.later(hours=3)
    assert (mail.outbox, Delivery.objects.filter(dead_at=None, sent_at=None).count()) == ([], 2)
    assert AuditRow.objects.filter(action="gift_card_code_revealed").count() == 0

    settings.EMAIL_BACKEND = works
    shopper.works()

    assert sorted(letter.to[0] for letter in letters()) == [JONAS, MAYA]
    assert AuditRow.objects.filter(action="gift_card_code_revealed").count() == 1
    shopper.is_right()


def test_no_code_and_no_way_to_one_lies_in_the_database_the_log_or_a_stored_mail(
    shopper: Shopper, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    order = shopper.buys()
    hand = shopper.buys(way="hand", buyer_email="b@example.com")
    shopper.works()
    shopper.opens(shopper.page_of(order))
    secret = [the_code_of(one) for one in (order, hand)]
    secret += [links.order_token(order), links.card_token(order.card)] if order.card is not None else []

    dump = everything() + caplog.text.replace(links.order_token(order), "")

    for code in secret:
        for form in (code, code.replace("-", ""), code.encode().hex(), base64.b64encode(code.encode()).decode()):
            assert form not in dump
    assert OutboxMail.objects.count() == 0


def the_code_of(order: GiftOrder) -> str:
    from_row = GiftCard.objects.get(pk=order.card_id)
    with transaction.atomic():
        return faces.reveal(from_row, order, why="look", now=timezone.now()).code


def everything() -> str:
    """Every cell of every table."""
    told = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            told.append(repr(cursor.fetchall()))
    return "".join(told)


# Put right -----------------------------------------------------------------------------------------------------------


def test_the_recipient_can_be_put_right_until_the_card_is_sent(shopper: Shopper) -> None:
    order = shopper.buys(send_on="2026-03-08")
    right = {"recipient_name": "Maja", "recipient_email": "maja@example.com"}

    answer = shopper.browser.post(shopper.page_of(order, "/recipient"), right, follow=True)
    assert "Changed. The card goes to the new address." in answer.content.decode()
    bad = shopper.browser.post(shopper.page_of(order, "/recipient"), right | {"recipient_email": "x"})
    shopper.clock.move_to(dt.datetime(2026, 3, 8, 13, 1, tzinfo=dt.UTC))
    shopper.works()
    late = shopper.browser.post(shopper.page_of(order, "/recipient"), {**right, "recipient_email": "z@example.com"})

    assert (bad.status_code, late.status_code) == (422, 409)
    assert "on its way already" in late.content.decode()
    [letter] = letters("maja@example.com")
    assert "For Maja" in letter.body
    assert letters(MAYA) + letters("z@example.com") == []


def test_a_mail_that_is_just_leaving_can_not_be_put_right(shopper: Shopper) -> None:
    order = shopper.buys()
    Delivery.objects.filter(kind="card").update(lease_until=timezone.now() + dt.timedelta(minutes=5))

    with transaction.atomic(), pytest.raises(delivery.AlreadySent):
        delivery.correct(order, name="Z", email="z@example.com", now=timezone.now())


def test_it_is_sent_again_five_times_a_day_at_most(shopper: Shopper) -> None:
    order = shopper.buys()
    early = shopper.browser.post(shopper.page_of(order, "/resend"))
    shopper.works()
    statuses = []
    for _ in range(7):
        statuses.append(shopper.browser.post(shopper.page_of(order, "/resend")).status_code)
        shopper.works()

    assert (early.status_code, statuses) == (409, [303] * 5 + [409, 409])
    assert len(letters(MAYA)) == 6
    assert len({letter.extra_headers["Message-ID"] for letter in letters(MAYA)}) == 6
    assert GiftCard.objects.count() == 1
    shopper.later(days=1)
    assert shopper.browser.post(shopper.page_of(order, "/resend")).status_code == 303


# Come back -----------------------------------------------------------------------------------------------------------


def says_that_it_bounced(sending: Delivery, **headers: str) -> int:
    body = json.dumps({"message_id": sending.message_id, "reason": "550 no such\nuser"})
    told = Client().post("/mail/bounces", body, content_type="application/json", headers=headers or TOKEN)
    return told.status_code


def test_a_mail_that_came_back_is_told_to_buyer_and_studio_and_leaves_again(shopper: Shopper) -> None:
    shopper.studio.business.email = "hello@massage-escape.example"
    shopper.studio.business.save()
    order = shopper.buys()
    shopper.works()
    [sending] = sendings()

    assert [says_that_it_bounced(sending) for _ in range(3)] == [204] * 3
    shopper.works()

    receipt, bounced = letters(JONAS)
    assert bounced.subject == "Your gift card did not reach Maya"
    assert links.order_address(order) in bounced.body
    assert the_code() not in whole(bounced)
    [to_studio] = [one for one in mail.outbox if one.to == ["hello@massage-escape.example"]]
    assert "Why: 550 no such user" in to_studio.body
    assert "came back" in _order_page(shopper, order)
    right = {"recipient_name": "Maya", "recipient_email": "right@example.com"}
    assert shopper.browser.post(shopper.page_of(order, "/recipient"), right).status_code == 303
    shopper.works()
    assert [len(letters(to)) for to in (MAYA, "right@example.com", JONAS)] == [1, 1, 2]
    assert receipt.subject == "Your gift card from Massage Escape"


def test_an_address_that_the_server_refuses_is_a_mail_that_came_back(shopper: Shopper, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Picky"
    shopper.buys()

    shopper.works()

    [sending] = sendings()
    assert sending.bounce_reason == "550 5.1.1 no such user"
    assert [letter.subject for letter in letters(JONAS)][-1] == "Your gift card did not reach Maya"


def test_only_the_mail_service_may_say_that_a_mail_came_back(shopper: Shopper, settings: Settings) -> None:
    shopper.buys()
    shopper.works()
    [sending] = sendings()

    assert says_that_it_bounced(sending, Authorization="Bearer wrong") == 403
    assert says_that_it_bounced(sending, Nothing="x") == 403
    assert Client().post("/mail/bounces", "[]", content_type="application/json", headers=TOKEN).status_code == 400
    settings.MAIL_BOUNCE_TOKEN = ""
    assert says_that_it_bounced(sending) == 404
    assert sendings()[0].bounced_at is None


@pytest.mark.parametrize("status", ["refunded", "blocked"])
def test_a_card_that_can_not_be_used_is_not_sent_on_its_day(shopper: Shopper, status: str) -> None:
    shopper.buys(send_on="2026-03-08")
    if status == "refunded":
        GiftCard.objects.update(balance_cents=0, paid_cents=0, status=status)
    else:
        GiftCard.objects.update(status=status)
    shopper.clock.move_to(dt.datetime(2026, 3, 8, 13, 1, tzinfo=dt.UTC))
    shopper.works()
    assert letters(MAYA) == []

    GiftCard.objects.update(status="active")
    shopper.later(days=1, hours=1)
    shopper.works()

    assert len(letters(MAYA)) == (1 if status == "blocked" else 0)


# The card itself -----------------------------------------------------------------------------------------------------


def test_the_recipients_page_shows_the_card_and_what_is_left(shopper: Shopper) -> None:
    shopper.buys(recipient_name="<b>Maya</b>", message="مرحبا 🌿")
    url = f"/g/{links.card_token(the_card())}"

    page = Client().get(url)

    html = page.content.decode()
    assert the_code() in html
    assert "&lt;b&gt;Maya&lt;/b&gt;" in html
    assert "مرحبا 🌿" in html
    assert "$120 left" in html
    assert page["Cache-Control"] == "private, no-store"
    assert page["X-Robots-Tag"] == "noindex"
    assert AuditRow.objects.filter(action="gift_card_code_revealed", reason="look").count() == 1


def test_a_card_that_can_not_be_used_shows_no_code(shopper: Shopper) -> None:
    order = shopper.buys()
    GiftCard.objects.update(status="blocked")
    url = f"/g/{links.card_token(the_card())}"

    assert the_code() not in Client().get(url).content.decode()
    assert "can not be used now" in Client().get(url).content.decode()
    assert [Client().get(address).status_code for address in (f"{url}.pdf", shopper.page_of(order, ".pdf"))] == [
        404
    ] * 2
    assert "can not be used now" in _order_page(shopper, order)


@pytest.mark.parametrize(("paper", "size"), [("letter", b"612 792"), ("a4", b"595.2756 841.8898"), ("x", b"612 792")])
def test_the_card_is_printed_on_letter_and_a4(shopper: Shopper, paper: str, size: bytes) -> None:
    order = shopper.buys(recipient_name="مَيّا", message="Viel Spaß 🌿\nשלום " + "w" * 200)

    answers = [
        shopper.opens(f"{url}?paper={paper}")
        for url in (shopper.page_of(order, ".pdf"), f"/g/{links.card_token(the_card())}.pdf")
    ]

    for answer in answers:
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert b"0 0 " + size in answer.content


def test_the_printed_code_is_at_least_25_millimetres_wide(shopper: Shopper) -> None:
    shopper.buys()
    code = qr_of(the_code())

    modules = code.size - 8

    assert printing.CODE_SIDE * modules / code.size >= 25


def test_what_the_papers_fonts_lack_is_left_to_be_written_by_hand() -> None:
    assert printing._printable("Viel Spaß 🌿 שלום Jo") == "Viel Spaß Jo"
    assert printing._printable("مَيّا") == ""


def test_an_order_for_many_is_a_zip_of_pages(shopper: Shopper) -> None:
    order = shopper.buys()
    face = faces.hidden(the_card(), order)

    packed = zipfile.ZipFile(io.BytesIO(printing.zipped([("Maya Ökafor/../x", face), ("שלום", face)])))

    last4 = the_card().last4
    assert packed.namelist() == [f"001-maya-okafor-x-{last4}.pdf", f"002-card-{last4}.pdf"]
    assert all(packed.read(name).startswith(b"%PDF") for name in packed.namelist())
