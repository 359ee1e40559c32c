"""A sale that a card pays a part of, in any order, and money that goes back to a card."""

from django.utils import timezone
from playwright.sync_api import expect

from ledger.journal import balances
from payments.models import CardRefund, Charge
from pos.models import Sale
from tests.browser.card_desk import CardDesk, types
from tests.browser.test_desk import MANAGERS_PIN
from tests.browser.till import Till


def test_a_card_part_is_asked_last_although_it_was_chosen_first(desk: CardDesk) -> None:
    till = desk.till
    desk.rings_up("deep-tissue-60")
    till.tap("split")
    types(till, "6", "0", "00")
    till.tap_button("Card reader $60.00")
    expect(till.part("cards-to-ask")).to_contain_text("Card, asked last")
    expect(till.part("split-due")).to_have_text("$40.00")
    assert not Charge.objects.exists()
    types(till, "5", "0", "00")
    till.tap("split-cash")
    desk.sees("waiting")
    expect(till.part("card-screen")).to_contain_text("$60.00")
    desk.customer("tap")

    till.shows("Change $10.00")
    desk.is_done("Visa ···4242 $60.00")
    assert balances()["1010 Cash drawer"] == 240_00
    assert balances()["1100 Stripe balance"] == 60_00


def test_what_cash_has_left_is_paid_by_card_with_one_tap(desk: CardDesk) -> None:
    till = desk.till
    desk.rings_up("deep-tissue-60")
    till.tap("split")
    types(till, "4", "0", "00")
    till.tap("split-cash")
    expect(till.part("split-due")).to_have_text("$60.00")
    till.tap("sheet-close")

    till.tap_button("Card reader · $60.00")
    desk.sees("waiting")
    desk.customer("tap")
    desk.is_done("Visa ···4242 $60.00")


def test_two_cards_share_a_sale(desk: CardDesk) -> None:
    till = desk.till
    desk.rings_up("deep-tissue-60")
    till.tap("split")
    types(till, "3", "0", "00")
    till.tap("split-card")
    expect(till.part("split-due")).to_have_text("$70.00")
    till.tap("split-card")
    desk.sees("waiting")
    desk.customer("tap")
    expect(till.part("card-screen")).to_contain_text("$70.00")
    desk.sees("waiting")
    desk.customer("tap", card="mastercard")

    desk.is_done("Visa ···4242 $30.00, Mastercard ···4444 $70.00")


def pays_a_part_and_declines_the_rest(desk: CardDesk) -> None:
    """A split over two cards, of which the second is refused: the first has paid $30 of $100."""
    desk.rings_up("deep-tissue-60")
    desk.till.tap("split")
    types(desk.till, "3", "0", "00")
    desk.till.tap("split-card")
    desk.till.tap("split-card")
    desk.sees("waiting")
    desk.customer("tap")
    expect(desk.till.part("card-screen")).to_contain_text("$70.00")
    desk.sees("waiting")
    desk.customer("decline")
    desk.sees("declined")
    desk.till.tap("card-back")
    expect(desk.till.part("card-screen")).to_have_count(0)


def test_when_the_second_card_fails_cash_pays_the_rest(desk: CardDesk) -> None:
    pays_a_part_and_declines_the_rest(desk)
    expect(desk.till.part("split-due")).to_have_text("$70.00")
    desk.till.tap("split-cash")

    desk.is_done("Visa ···4242 $30.00")
    assert balances()["1010 Cash drawer"] == 270_00


def test_a_card_part_goes_back_with_the_whole_sale(desk: CardDesk) -> None:
    pays_a_part_and_declines_the_rest(desk)
    desk.till.part("split-sheet").get_by_label("Remove Visa ···4242 $30.00").click()
    desk.till.tap_button("Cancel the sale · $30.00 to Visa ···4242")

    desk.till.shows("Sale cancelled")
    assert Sale.objects.get().status == Sale.Status.ABANDONED
    refund = CardRefund.objects.get()
    assert refund.amount_cents == 30_00
    desk.till.tap("done-next")
    desk.till.shows("Tap a treatment")


def sold_by_card(desk: CardDesk, card: str = "visa") -> None:
    desk.rings_up("deep-tissue-60")
    desk.asks_for_the_card()
    desk.customer("tap", card=card)
    desk.is_done()
    desk.till.tap("done-next")
    desk.till.tap("nav-receipts")
    desk.till.part("receipt-row").first.click()
    expect(desk.till.part("receipt")).to_contain_text("···")


def test_a_refund_says_which_card_it_goes_to_and_how_far_it_is(desk: CardDesk) -> None:
    sold_by_card(desk)
    desk.till.tap("refund")
    desk.till.tap("reason-unhappy")
    desk.till.tap_button("Refund $100.00 to Visa ···4242")
    desk.till.page.get_by_role("button", name="Mara").click()
    desk.till.page.keyboard.type(MANAGERS_PIN)

    desk.till.shows("$100.00 back to the card")
    desk.till.tap("done-next")
    expect(desk.till.part("card-back")).to_contain_text("Visa ···4242")
    assert CardRefund.objects.get().accepted_at is not None


def test_a_refund_that_fails_later_is_said_on_the_receipt(desk: CardDesk) -> None:
    sold_by_card(desk)
    desk.till.tap("refund")
    desk.till.tap("reason-unhappy")
    desk.till.tap("refund-send")
    desk.till.page.get_by_role("button", name="Mara").click()
    desk.till.page.keyboard.type(MANAGERS_PIN)
    desk.till.tap("done-next")
    CardRefund.objects.update(status=CardRefund.Status.FAILED, failed_at=timezone.now())
    desk.till.part("receipt-row").first.click()

    desk.till.shows("$100.00 could not go back to Visa ···4242.")


def test_a_void_says_which_card_it_goes_to(desk: CardDesk) -> None:
    sold_by_card(desk)
    desk.till.tap("void")
    desk.till.tap("reason-mistake")
    desk.till.tap_button("Void $100.00 to Visa ···4242")
    approve_if_asked(desk.till)

    desk.till.shows("$100.00 back to the card")
    desk.till.tap("done-next")
    expect(desk.till.part("card-back")).to_contain_text("Visa ···4242")


def approve_if_asked(till: Till) -> None:
    expect(till.part("approval-sheet").or_(till.part("given-back-screen"))).to_be_visible()
    if till.part("approval-sheet").is_visible():
        till.page.get_by_role("button", name="Mara").click()
        till.page.keyboard.type(MANAGERS_PIN)
