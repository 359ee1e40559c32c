"""No code of a card and no way to one lies anywhere but on the card and in the letter that brings it (S2, S4)."""

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.fixtures import Settings

from giftcards import balance_check, codes, handing, imports, issuing, life
from giftcards.codes import new_code
from giftcards.handing import Gift
from giftcards.models import GiftCard
from jobs.models import OutboxMail
from ledger.chain import LinkEntries
from studio.ids import new_id
from tests.api.till import till_of
from tests.builders import NOW, Studio, custom
from tests.giftcards.cards import card_for, code_of, sells_card
from tests.giftcards.test_delivery import everything
from tests.giftcards.test_handing import sends
from tests.giftcards.test_office import Office, signed_on

SOLD, PLASTIC = 100, 900
BEGIN = 12  # bytes of a writing that hardly anything else begins with


def writings(code: str) -> Iterator[bytes]:
    """A code as it could be written: as read and as scanned, big and small, in hex, base64 and hashes without a key."""
    for form in {code, codes.fold(code), code.lower(), codes.fold(code).lower(), f"gc1:{codes.fold(code)}"}:
        raw = form.encode()
        yield from (raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"="))
        for name in ("md5", "sha1", "sha256"):
            hashed = hashlib.new(name, raw, usedforsecurity=False)
            yield from (hashed.hexdigest().encode(), base64.b64encode(hashed.digest()).rstrip(b"="), hashed.digest())


def told(codes_: list[str], said: bytes) -> list[str]:
    """Which of the codes stand in what was said, in whatever writing."""
    begins: dict[bytes, list[tuple[str, bytes]]] = {}
    for code in codes_:
        for teller in writings(code):
            begins.setdefault(teller[:BEGIN], []).append((code, teller))
    # One pass over what was said, however many codes there are; only what begins alike is looked for.
    alike = begins.keys() & {said[at : at + BEGIN] for at in range(len(said))}
    return [code for begin in alike for code, teller in begins[begin] if teller in said]


def bytes_of_the_database() -> bytes:
    """Every cell of every table, and on SQLite the very file with its log of writes."""
    dump = everything().encode()
    if connection.vendor == "sqlite":
        named = Path(str(connection.settings_dict["NAME"]))
        dump += b"".join(path.read_bytes() for path in named.parent.glob(f"{named.name}*"))
    return dump


def lives_a_day(studio: Studio, settings: Settings) -> tuple[list[str], bytes]:
    """Cards are made, sold, mailed, printed, looked up, spent and refunded, requests crash; codes, and what was said.

    The letters that bring a card may hold its code; they are kept apart. So are the page and the file that a person
    asked for to read the codes.
    """
    desk = studio.managers_desk.at(timezone.now())
    cards = issuing.cards_of(desk.rings_up(card_for(5_00, quantity=SOLD)).pays(external=5_00 * SOLD).sale)
    with transaction.atomic():
        imports.make_plastic(PLASTIC, batch_id=new_id(), name="Box", desk=desk.desk, now=timezone.now())
    for card in cards[:5]:
        spent = desk.rings_up(custom("Tea", 1_00))
        spent.tenders("gift_card", instrument=code_of(card))
        paid = spent.completes()
        desk.refunds(paid, (0, 1))
    with transaction.atomic():
        row = handing.mail_card(
            cards[5], Gift(email="maya@example.com", by="Jonas"), desk=desk.desk, now=timezone.now()
        )
    sends(row, now=timezone.now())
    with transaction.atomic():
        handing.on_paper(cards[6], desk=desk.desk, now=timezone.now())
        life.block(cards[7], why="lost", desk=desk.desk, now=timezone.now())
    LinkEntries().run(now=timezone.now())
    said = asks_around(studio, cards, settings)
    return [code_of(card) for card in GiftCard.objects.all()], said


def asks_around(studio: Studio, cards: list[GiftCard], settings: Settings) -> bytes:
    """What the tablet, the public pages and the back office answer, some of it with a broken server."""
    till = till_of(studio.desk_person, studio.location)
    said = [str(till.post(path, {"code": code_of(cards[8])}).body).encode() for path in ("gift-cards/lookup", "codes")]
    stranger = Browser(raise_request_exception=False)
    said.append(stranger.post("/gift-cards/balance/", {"code": code_of(cards[9])}).content)
    said.append(stranger.post("/api/v1/gift-cards/balance", {"code": code_of(cards[9])}, "application/json").content)
    office: Office = signed_on(studio.owner)
    for path in ("", f"cards/{cards[5].pk}/", "contested/", "plastic/"):
        assert office.opens(path) == 200
        said.append(office.answer.content)
    keys, settings.GIFT_CODE_KEYS = settings.GIFT_CODE_KEYS, [5]
    crashed = stranger.post("/gift-cards/balance/", {"code": code_of_with(cards[10], keys, settings)})
    again = stranger.post("/api/v1/gift-cards/balance", {"code": new_code()}, "application/json")
    settings.GIFT_CODE_KEYS = keys
    assert (crashed.status_code, again.status_code) == (500, 500)
    return b"".join([*said, crashed.content, again.content])


def code_of_with(card: GiftCard, keys: list[str], settings: Settings) -> str:
    settings.GIFT_CODE_KEYS, broken = keys, settings.GIFT_CODE_KEYS
    code = code_of(card)
    settings.GIFT_CODE_KEYS = broken
    return code


@pytest.mark.django_db(transaction=True)
def test_of_a_thousand_codes_none_is_in_the_database_the_logs_the_spool_or_on_a_page(
    studio: Studio, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    all_codes, said = lives_a_day(studio, settings)
    spool = "".join(f"{row.subject}{row.text}{row.html}" for row in OutboxMail.objects.all()).encode()

    everywhere = bytes_of_the_database() + caplog.text.encode() + spool + said

    assert len(all_codes) == SOLD + PLASTIC
    assert told(all_codes, everywhere) == []
    assert "Internal Server Error" in caplog.text
    [letter] = mail.outbox
    assert any(code in letter.body for code in all_codes)


@pytest.mark.django_db(transaction=True)
def test_the_search_for_codes_finds_one_that_is_left_about(studio: Studio) -> None:
    card = sells_card(studio.desk, 5_00)
    code = code_of(card)
    GiftCard.objects.update(why_blocked=hashlib.sha256(codes.fold(code).encode()).hexdigest())

    assert told([code, new_code()], bytes_of_the_database()) == [code]


def test_every_code_that_pays_nothing_costs_the_same_keyed_hashes(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked, expired = (sells_card(studio.desk, 50_00) for _ in range(2))
    life.block(blocked, why="lost", desk=studio.desk.desk, now=NOW)
    GiftCard.objects.filter(pk=expired.pk).update(expires_on=NOW.date())
    asked = [code_of(blocked), code_of(expired), new_code(), "an old card 123"]
    counted: list[int] = []
    real = hmac.new

    def counts(*args: Any, **named: Any) -> Any:
        counted[-1] += 1
        return real(*args, **named)

    monkeypatch.setattr(hmac, "new", counts)
    for code in asked:
        counted.append(0)
        assert balance_check.look(code, now=NOW) is None

    assert len(set(counted)) == 1
    assert counted[0] > 0
