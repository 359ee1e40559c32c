"""The page on which anybody may ask what is left of a card, and which nobody can guess at (R19, S3, S4)."""

import re

import pytest
from django.test import Client

from giftcards.models import GiftCard
from tests.builders import NOW, Studio
from tests.giftcards.cards import code_of, sells_card

PAGE = "/gift-cards/balance/"


def asks(code: str, address: str = "203.0.113.7") -> tuple[int, str]:
    """The status of the answer, and its words."""
    answer = Client(REMOTE_ADDR=address).post(PAGE, {"code": code})
    html = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"', "", answer.content.decode())
    return answer.status_code, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_whoever_has_the_code_reads_what_is_left(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)

    status, said = asks(code_of(card).lower().replace("-", " "))

    assert status == 200
    assert f"Card ending in {card.last4} $50 left" in said
    assert "+$50" in said
    assert code_of(card) not in said


def test_the_code_is_sent_in_the_body_and_shown_nowhere(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    html = Client().get(f"{PAGE}?code={code_of(card)}").content.decode()

    assert 'method="post"' in html
    assert "$50" not in html
    assert card.last4 not in html


def test_unknown_blocked_and_expired_are_one_answer(studio: Studio) -> None:
    blocked, expired, gone = (sells_card(studio.desk, 50_00) for _ in range(3))
    codes = [code_of(card) for card in (blocked, expired, gone)]
    GiftCard.objects.filter(pk=blocked.pk).update(status="blocked")
    GiftCard.objects.filter(pk=expired.pk).update(expires_on=NOW.date())
    GiftCard.objects.filter(pk=gone.pk).update(status="refunded", balance_cents=0, paid_cents=0)

    answers = {asks(code, f"203.0.113.{n}") for n, code in enumerate([*codes, "7K4M-9XQP-2TRW-8HVZ"])}
    answers |= {asks("an-old-code-of-another-system", "203.0.113.99")}

    unlike = {answer for answer in answers if "A character of this code is wrong" not in answer[1]}
    assert len(unlike) == 1
    [(status, said)] = unlike
    assert (status, "There is no card with this code that can be used now." in said) == (422, True)


def test_a_slip_of_the_finger_is_told_and_is_no_try(studio: Studio) -> None:
    card = sells_card(studio.desk, 50_00)
    code = code_of(card)
    slip = code[:-1] + ("0" if code[-1] != "0" else "1")

    for _ in range(12):
        assert "A character of this code is wrong" in asks(slip)[1]

    assert asks(code)[0] == 200


@pytest.mark.parametrize("tries", [6])
def test_five_misses_lock_the_address_and_no_other(studio: Studio, tries: int) -> None:
    card = sells_card(studio.desk, 50_00)

    statuses = [asks("an-old-code-of-another-system")[0] for _ in range(tries)]

    assert statuses == [422] * 5 + [429]
    assert asks(code_of(card))[0] == 429
    assert asks(code_of(card), "203.0.113.8")[0] == 200


def test_a_treatment_card_tells_its_treatment_and_no_price(studio: Studio) -> None:
    from_sale = sells_card(studio.desk, 50_00)
    assert "$50 left" in asks(code_of(from_sale))[1]
