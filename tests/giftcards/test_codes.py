"""Codes: made, read, kept (R14, S1, S2)."""

import base64
import datetime as dt
import hashlib

import pytest
from django.apps import apps
from django.conf import settings
from pytest_django.fixtures import Settings

from giftcards import balance_check, codes, finding, issuing
from giftcards.codes import ALPHABET, WrongCode, check_symbol, grouped, is_right, new_code
from pos.holdings import UnknownCode, find_code
from studio.models import AuditRow
from tests.builders import NOW, Studio, custom
from tests.giftcards.cards import card_for, code_of, sells_card


def test_a_code_has_fifteen_random_symbols_and_one_that_follows_from_them() -> None:
    code = new_code()

    assert len(code) == 16
    assert set(code) <= set(ALPHABET)
    assert code[15] == check_symbol(code[:15])
    assert grouped("7K4M9XQP2TRW8HVC") == "7K4M-9XQP-2TRW-8HVC"


def test_every_wrong_symbol_and_every_swap_is_found() -> None:
    for _ in range(20):
        code = new_code()
        for place in range(16):
            others = (code[:place] + symbol + code[place + 1 :] for symbol in ALPHABET if symbol != code[place])
            assert not any(is_right(other) for other in others)
        for one in range(16):
            for two in range(one + 1, 16):
                swapped = list(code)
                swapped[one], swapped[two] = code[two], code[one]
                assert is_right("".join(swapped)) == (code[one] == code[two])


def test_a_hundred_thousand_codes_are_all_different() -> None:
    assert len({new_code() for _ in range(100_000)}) == 100_000


def test_a_code_is_read_however_it_was_typed() -> None:
    code = "10" + "".join(ALPHABET[(7 * n) % 32] for n in range(13))
    code += check_symbol(code)
    typed = "i" + "o" + code[2:].lower()

    assert codes.read(f"  {typed[:4]}-{typed[4:8]} {typed[8:12]}—{typed[12:]}\n") == code
    assert codes.read("L" + "O" + code[2:]) == code


def test_a_slip_of_the_finger_is_told_before_anything_is_looked_up(
    studio: Studio, django_assert_num_queries: object
) -> None:
    code = new_code()
    wrong = code[:3] + ALPHABET[(ALPHABET.index(code[3]) + 1) % 32] + code[4:]

    with django_assert_num_queries(0), pytest.raises(WrongCode):
        finding.by_code(wrong)


def test_a_card_is_found_by_its_code_at_the_desk(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)

    offer = find_code(code_of(card).lower().replace("-", " "), now=NOW)

    assert (offer.kind, offer.instrument, offer.amount_cents, offer.can_pay) == ("gift_card", str(card.pk), 50_00, True)
    assert code_of(card) not in f"{offer}"
    with pytest.raises(UnknownCode):
        find_code(new_code(), now=NOW)


def test_a_card_of_an_older_key_is_found_and_opened_and_without_its_key_is_gone(
    studio: Studio, settings: Settings
) -> None:
    card = sells_card(studio.desk, 50_00)
    code = code_of(card)
    old = settings.GIFT_CODE_KEYS

    settings.GIFT_CODE_KEYS = ["3:a newest key", *old]
    assert finding.by_code(code) == card
    assert code_of(card) == code
    assert sells_card(studio.desk, 50_00).code_key == "3"

    settings.GIFT_CODE_KEYS = ["3:a newest key"]
    assert finding.by_code(code) is None
    with pytest.raises(codes.SealBroken):
        code_of(card)


def test_nothing_that_is_kept_of_a_card_tells_its_code(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    code = codes.fold(code_of(card))
    kept = " ".join(str(value) for value in vars(card).values())

    tellers = [code, grouped(code), code.encode().hex()]
    tellers += [getattr(hashlib, name)(code.encode()).hexdigest() for name in ("md5", "sha1", "sha256")]
    assert not any(teller in kept for teller in tellers)
    assert not any(secret.partition(":")[2] in kept for secret in settings.GIFT_CODE_KEYS)
    assert not any(code in str(row.__dict__) for row in AuditRow.objects.all())


def test_the_whole_database_holds_no_code_however_it_is_written(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(card_for(5_00, quantity=20)).pays(external=100_00)
    cards = issuing.cards_of(sale.sale)
    for card in cards[:5]:
        spent = desk.rings_up(custom("Tea", 1_00))
        spent.tenders("gift_card", instrument=code_of(card))
        spent.completes()
        issuing.reveal(card, why="mail", now=NOW)
    rows = (str(row) for model in apps.get_models() for row in model._base_manager.values())
    everything = "\n".join(rows).lower()

    for card in cards:
        code = codes.fold(code_of(card))
        tellers = [code, grouped(code), code.encode().hex(), base64.b64encode(code.encode()).decode()]
        tellers += [getattr(hashlib, name)(code.encode()).hexdigest() for name in ("md5", "sha1", "sha256")]
        assert not any(teller.lower() in everything for teller in tellers)


def test_a_tablet_looks_at_thirty_codes_a_minute(studio: Studio) -> None:
    for _ in range(30):
        balance_check.reserve_at_desk(studio.device.pk, now=NOW)

    with pytest.raises(balance_check.TooManyTries):
        balance_check.reserve_at_desk(studio.device.pk, now=NOW)
    balance_check.reserve_at_desk(studio.device.pk, now=NOW + dt.timedelta(seconds=61))
