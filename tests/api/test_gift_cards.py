"""Gift cards over HTTP: found, stopped, replaced, paid out, and asked about by whoever holds one."""

import logging

import pytest

from giftcards.codes import ALPHABET, fold, new_code
from giftcards.models import GiftCard
from ledger.journal import balances
from tests.api.till import Till, new
from tests.builders import Studio
from tests.giftcards.cards import code_of

OIL = {"item": "massage-oil"}


@pytest.fixture
def card(till: Till) -> GiftCard:
    """A card of $50, sold over HTTP."""
    sold = till.sells({"kind": "gift_card", "amount_cents": 50_00})
    assert sold.status == 201
    return GiftCard.objects.get(pk=sold["lines"][0]["instrument"])


def yes(till: Till, studio: Studio, card: GiftCard, cents: int) -> str:
    pin = {"staff": studio.manager.pk, "pin": "615283"}
    answer = till.post("approvals/", {"action": "gift_cards", "object": str(card.pk), "amount_cents": cents, **pin})
    assert answer.status == 201
    return answer["id"]


def test_a_card_is_found_by_its_code_and_its_answer_never_holds_the_code(till: Till, card: GiftCard) -> None:
    found = till.post("gift-cards/lookup", {"code": code_of(card).lower()})

    assert (found.status, found["id"], found["balance_cents"]) == (200, str(card.pk), 50_00)
    assert [move["kind"] for move in found["moves"]] == ["sold"]
    assert fold(code_of(card)) not in fold(str(found.body))
    assert till.get(f"gift-cards/{card.pk}").body == found.body
    assert till.get(f"gift-cards/{new()}").status == 404
    assert till.post("gift-cards/lookup", {"code": new_code()}).refusal == (409, "unknown_code")


def test_a_scanned_code_pays_and_the_receipt_says_what_is_left(till: Till, card: GiftCard) -> None:
    offer = till.post("codes", {"code": code_of(card)})
    paid = till.sells(OIL, tenders=[{"id": new(), "kind": "gift_card", "instrument": offer["instrument"]}])

    assert paid.status == 201
    assert paid["tenders"][0]["reference"] == f"···{card.last4}, $26.00 left"


def test_a_blocked_card_pays_nothing_until_somebody_says_yes(till: Till, studio: Studio, card: GiftCard) -> None:
    path = f"gift-cards/{card.pk}"
    assert till.put(f"{path}/block", {"why": "lost"})["status"] == "blocked"
    tender = {"id": new(), "kind": "gift_card", "instrument": str(card.pk)}
    assert till.sells(OIL, tenders=[tender]).refusal == (409, "card_not_usable")
    assert till.put(f"{path}/unblock").refusal == (409, "approval_needed")

    assert till.put(f"{path}/unblock", {"approval": yes(till, studio, card, 50_00)})["status"] == "active"


def test_a_rehearsed_reissue_and_cash_out_change_nothing(till: Till, managers_till: Till, card: GiftCard) -> None:
    till.opens_drawer()
    before = balances()

    new_card = managers_till.put(f"gift-cards/{card.pk}/reissue?dry_run=1")
    paid = managers_till.put(f"gift-cards/{card.pk}/cash-out?dry_run=1")

    assert (new_card["balance_cents"], paid["amount_cents"]) == (50_00, 50_00)
    card.refresh_from_db()
    assert (card.status, balances()) == ("active", before)
    assert managers_till.put(f"gift-cards/{card.pk}/reissue")["balance_cents"] == 50_00
    assert till.get(f"gift-cards/{card.pk}")["status"] == "replaced"


def test_the_balance_check_needs_no_tablet_and_says_the_same_of_every_code_that_pays_nothing(
    till: Till, card: GiftCard
) -> None:
    stranger = Till()
    assert stranger.post("gift-cards/balance", {"code": code_of(card)})["balance_cents"] == 50_00
    till.put(f"gift-cards/{card.pk}/block", {"why": "lost"})

    answers = [stranger.post("gift-cards/balance", {"code": code}) for code in (code_of(card), new_code())]

    told = [(answer.status, answer.body, sorted(answer.headers.items())) for answer in answers]
    assert told[0] == told[1]
    assert answers[0].refusal == (409, "no_such_card")


def test_guessing_ends_with_the_fifth_miss_and_a_slip_is_no_guess(card: GiftCard) -> None:
    stranger = Till()
    code = new_code()
    slip = code[:5] + ALPHABET[(ALPHABET.index(code[5]) + 1) % 32] + code[6:]
    for _ in range(20):
        assert stranger.post("gift-cards/balance", {"code": slip}).refusal == (409, "wrong_code")

    heard = [stranger.post("gift-cards/balance", {"code": new_code()}).status for _ in range(7)]

    assert heard == [409] * 5 + [429] * 2
    assert stranger.post("gift-cards/balance", {"code": code_of(card)}).status == 429


def test_the_code_is_told_only_on_purpose_and_stands_in_no_log(
    till: Till, card: GiftCard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    told = till.post(f"gift-cards/{card.pk}/code", {"why": "print"})
    till.post("gift-cards/lookup", {"code": code_of(card)})
    till.post("gift-cards/balance", {"code": code_of(card)})

    assert told["code"] == code_of(card)
    assert code_of(card) not in caplog.text


def test_a_card_given_to_a_client_is_offered_when_they_pay(till: Till, card: GiftCard) -> None:
    client = new()
    till.put(f"clients/{client}", {"name": "Maya Okafor"})

    till.put(f"gift-cards/{card.pk}/holder", {"client": client})

    held = till.get(f"clients/{client}/holdings")["results"]
    assert [(one["kind"], one["instrument"], one["left"]) for one in held] == [
        ("gift_card", str(card.pk), "$50.00 left")
    ]
    assert till.put(f"gift-cards/{card.pk}/holder", {"client": new()}).status == 400
