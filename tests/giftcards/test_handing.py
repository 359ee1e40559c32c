"""Cards that the house brings to people by mail and on paper, and what is told when a mail is lost."""

import datetime as dt

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from giftcards import handing, life
from giftcards.bounces import TellOfLostMails
from giftcards.delivery import Deliveries, TooManyMails
from giftcards.handing import Gift
from giftcards.models import CardNotUsable, Delivery, GiftCard, GiftOrder
from jobs import leases
from jobs.leases import MAX_TRIES
from jobs.models import OutboxMail
from studio.models import AuditRow, GroupRight, Level, Right
from studio.rights import NotAllowed
from tests.builders import NOW, Studio, TestDesk
from tests.giftcards.buying import Shopper, letters
from tests.giftcards.cards import code_of, sells_card

TO_MAYA = Gift(to="Maya", email="maya@example.com", by="Jonas", message="Breathe out.")


@transaction.atomic
def mails(desk: TestDesk, card: GiftCard, gift: Gift = TO_MAYA, *, now: dt.datetime = NOW) -> Delivery:
    return handing.mail_card(card, gift, desk=desk.desk, now=now)


def sends(row: Delivery, *, now: dt.datetime = NOW) -> None:
    """The worker takes the row and sends it."""
    with transaction.atomic():
        [taken] = leases.claim(Deliveries().claimable(now=now), now=now, lease=Deliveries.lease, limit=5)
    Deliveries().work(taken, now=now)


@pytest.mark.django_db(transaction=True)
def test_a_card_sold_at_the_desk_is_mailed_with_names_and_words_and_its_code_lies_nowhere(studio: Studio) -> None:
    card = sells_card(studio.desk, 80_00)

    sends(mails(studio.desk, card))

    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["maya@example.com"], "Jonas sent you a massage at Massage Escape")
    assert code_of(card) in letter.body
    assert "Breathe out." in letter.body
    order = GiftOrder.objects.get()
    assert (order.sale_id, order.card_id, order.charge_id) == (card.sold_line and card.sold_line.sale_id, card.pk, None)
    assert not OutboxMail.objects.exists()
    assert AuditRow.objects.filter(action="gift_card_mailed", actor=studio.desk_person).exists()


@pytest.mark.django_db(transaction=True)
def test_without_a_giver_the_mail_comes_from_the_studio(studio: Studio) -> None:
    card = sells_card(studio.desk, 80_00)

    sends(mails(studio.desk, card, Gift(email="maya@example.com")))

    assert mail.outbox[0].subject == "A gift card from Massage Escape"
    assert "A gift card of Massage Escape for you." in mail.outbox[0].body


def test_a_wrong_address_is_put_right_before_it_leaves_and_afterwards(studio: Studio) -> None:
    card = sells_card(studio.desk, 80_00)
    first = mails(studio.desk, card)

    assert mails(studio.desk, card, Gift(email="maya@example.org")).pk == first.pk

    Delivery.objects.update(sent_at=NOW, sent_to="maya@example.org")
    second = mails(studio.desk, card, Gift(email="maya@example.net"))
    order = GiftOrder.objects.get()
    assert (second.n, order.recipient_email, order.recipient_name) == (2, "maya@example.net", "Maya")


def test_a_card_is_mailed_at_most_six_times_a_day(studio: Studio) -> None:
    card = sells_card(studio.desk, 80_00)
    for _ in range(6):
        mails(studio.desk, card)
        Delivery.objects.update(sent_at=NOW)

    with pytest.raises(TooManyMails):
        mails(studio.desk, card)


def test_whoever_may_not_see_codes_neither_mails_nor_prints_one(studio: Studio) -> None:
    card = sells_card(studio.desk, 80_00)
    GroupRight.objects.filter(right=Right.REVEAL_CODES, group__name="desk").update(level=Level.DENIED)

    with pytest.raises(NotAllowed):
        mails(studio.desk, card)
    with pytest.raises(NotAllowed):
        handing.on_paper(card, desk=studio.desk.desk, now=NOW)


def test_a_blocked_card_is_neither_mailed_nor_printed(studio: Studio) -> None:
    card = life.block(sells_card(studio.desk, 80_00), why="lost", desk=studio.desk.desk, now=NOW)

    with pytest.raises(CardNotUsable):
        mails(studio.desk, card)
    with pytest.raises(CardNotUsable):
        handing.on_paper(card, desk=studio.desk.desk, now=NOW)


def test_a_printed_card_is_noted_and_its_address_shows_the_pdf(studio: Studio, client: object) -> None:
    card = sells_card(studio.desk, 80_00)

    url = handing.on_paper(card, desk=studio.desk.desk, now=timezone.now())

    answer = client.get(url[url.index("/g/") :])  # type: ignore[attr-defined]
    assert (answer.status_code, answer.content[:4]) == (200, b"%PDF")
    assert AuditRow.objects.filter(action="gift_card_code_revealed", reason="print", actor=studio.desk_person).exists()


def test_a_mail_that_the_sender_gives_up_is_told_to_buyer_and_studio_once(shopper: Shopper) -> None:
    shopper.studio.business.email = "studio@example.com"
    shopper.studio.business.save()
    order = shopper.buys()
    Delivery.objects.filter(kind="card").update(dead_at=timezone.now(), attempts=MAX_TRIES)

    for _ in range(2):
        TellOfLostMails().run(now=timezone.now())
    shopper.works()

    subjects = [letter.subject for letter in letters(to="studio@example.com")]
    assert subjects == [f"A gift card mail came back: {order.number}"]
    assert [letter.subject for letter in letters(to="jonas@example.com")][-1] == "Your gift card did not reach Maya"
