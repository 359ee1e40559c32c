"""Gift cards at the desk by touch and by scanner: sold, spent, looked after, with the taps counted."""

from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from giftcards import imports
from giftcards.models import CardLaw, GiftCard, GiftOrder
from jobs.worker import Worker
from ledger.journal import balances
from pos.models import Approval, Refund, Sale, Tender
from studio.ids import new_id
from studio.models import Location
from tests.browser.card_desk import CardDesk
from tests.browser.test_desk import MANAGERS_PIN, starts_the_day
from tests.browser.till import Till
from tests.browser.two_tablets import is_clean_in_both_themes, scans, totals
from tests.giftcards.cards import code_of, sells_card
from tests.giftcards.conftest import LAW


def card_of(till: Till, cents: int) -> GiftCard:
    """A card that was sold a moment ago."""
    return sells_card(till.studio.desk.at(timezone.now()), cents)


def taps_amount(till: Till, digits: str) -> None:
    for digit in digits:
        till.tap(f"key-{digit}")


def test_a_gift_card_is_sold_in_three_taps_and_mailed(desk: CardDesk) -> None:
    till = desk.till
    starts_the_day(till)
    till.counts_from_here()

    till.tap("tab-gift")
    till.tap("gift-12000")
    till.tap("pay-card")
    desk.customer("tap")
    desk.is_done()

    assert till.taps == 3
    card = GiftCard.objects.get()
    assert (card.status, card.balance_cents) == ("active", 120_00)
    assert balances()["2200 Gift cards outstanding"] == -120_00
    is_clean_in_both_themes(till)
    till.tap("gift-mail")
    till.part("gift-mail-email").fill("maya@example.com")
    till.part("gift-mail-to").fill("Maya")
    till.part("gift-mail-by").fill("Jonas")
    is_clean_in_both_themes(till)
    till.tap("gift-mail-send")
    expect(till.part("gift-sent")).to_contain_text("maya@example.com")
    Worker(clock=timezone.now).run_once()
    [letter] = [one for one in mail.outbox if one.to == ["maya@example.com"]]
    assert code_of(card) in letter.body
    assert GiftOrder.objects.get().recipient_name == "Maya"


def test_a_scanned_card_pays_what_it_can_and_the_rest_takes_two_taps_in_all(desk: CardDesk) -> None:
    till = desk.till
    starts_the_day(till)
    card = card_of(till, 100_00)
    till.counts_from_here()

    till.tap("item-ashiatsu-60")
    totals(till, "110.00")
    scans(till.page, code_of(card))
    expect(till.part("toast")).to_contain_text("pays $100.00, $0.00 left · $10.00 to go")
    totals(till, "10.00")
    till.tap("pay-card")
    desk.customer("tap")
    desk.is_done()

    assert till.taps == 2
    assert {
        (tender.kind, tender.amount_cents) for tender in Tender.objects.filter(sale__lines__item__code="ashiatsu-60")
    } == {
        ("gift_card", 100_00),
        ("card", 10_00),
    }
    card.refresh_from_db()
    assert card.balance_cents == 0


def test_a_card_that_covers_all_is_finished_and_a_part_taken_off_is_free_again(till: Till) -> None:
    starts_the_day(till)
    card = card_of(till, 200_00)
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")
    scans(till.page, code_of(card).lower().replace("-", " "))
    expect(till.part("finish")).to_be_visible()

    till.tap("part-remove")
    expect(till.part("finish")).to_have_count(0)
    scans(till.page, code_of(card))
    expect(till.part("finish")).to_be_visible()
    scans(till.page, code_of(card))
    till.shows("is on this sale already")
    till.tap("finish")

    expect(till.part("done-screen")).to_contain_text("$90.00 left")
    card.refresh_from_db()
    assert (card.balance_cents, card.held_cents) == (90_00, 0)


def test_a_scan_without_a_sale_shows_the_card_with_its_history_and_a_wrong_code_says_so(till: Till) -> None:
    starts_the_day(till)
    card = card_of(till, 80_00)

    scans(till.page, code_of(card))

    expect(till.part("gift-left")).to_have_text("$80.00 left")
    expect(till.part("gift-history")).to_contain_text("Sold")
    is_clean_in_both_themes(till)
    code = code_of(card)
    till.part("gift-code").fill(code[:-1] + ("0" if code[-1] != "0" else "1"))
    till.tap("gift-find")
    till.shows("A character of this code is wrong")
    till.part("gift-code").fill(code.lower())
    till.enter()
    expect(till.part("gift-left")).to_have_text("$80.00 left")
    assert code not in till.page.url


def test_the_holder_is_told_by_itself_of_cash_and_gets_it(till: Till) -> None:
    Location.objects.update(state="CA")
    till.studio.location.refresh_from_db()
    law_of_california()
    session = starts_the_day(till)
    card = card_of(till, 30_00)
    till.tap("tab-retail")
    till.tap("item-massage-oil")
    totals(till, "25.80")
    scans(till.page, code_of(card))
    totals(till, "0.00")
    till.tap("finish")

    expect(till.part("cash-hint")).to_contain_text("The holder may have $4.20 in cash")
    is_clean_in_both_themes(till)
    till.tap("cash-hint-go")
    till.tap("cash-out")
    till.tap("gift-sure")
    expect(till.part("gift-note")).to_contain_text("Give $4.20 from the drawer")
    card.refresh_from_db()
    assert card.status == "cashed_out"
    assert balances()["1010 Cash drawer"] == session.float_cents - 4_20


def law_of_california() -> None:
    CardLaw.objects.all().delete()
    LAW.write(CardLaw)


def test_a_refund_goes_back_to_the_card(till: Till) -> None:
    starts_the_day(till)
    card = card_of(till, 110_00)
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")
    scans(till.page, code_of(card))
    totals(till, "0.00")
    till.tap("finish")
    expect(till.part("done-screen")).to_be_visible()
    till.tap("done-next")

    till.tap("nav-receipts")
    till.part("receipt-row").first.click()
    till.tap("refund")
    till.tap("reason-unhappy")
    till.tap("refund-send")
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)

    expect(till.part("given-back-screen")).to_be_visible()
    card.refresh_from_db()
    assert (card.balance_cents, Refund.objects.get().approver) == (110_00, till.studio.manager)


def test_many_cards_ask_for_another_persons_yes_before_the_reader_is_asked(desk: CardDesk) -> None:
    till = desk.till
    starts_the_day(till)
    till.tap("tab-gift")
    for _ in range(2):
        till.tap("gift-other")
        taps_amount(till, "800")
        till.tap("key-00")
        till.tap("gift-take")
    totals(till, "1,600.00")

    till.tap("pay-card")
    expect(till.part("approval-sheet")).to_contain_text("Gift cards $1,600.00")
    is_clean_in_both_themes(till)
    till.page.keyboard.press("Escape")
    till.shows("Somebody with the right has to approve this.")
    totals(till, "1,600.00")
    assert not Tender.objects.filter(kind="card").exists()
    till.tap("pay-card")
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)
    desk.customer("tap")
    desk.is_done()

    assert GiftCard.objects.filter(status="active", balance_cents=800_00).count() == 2
    assert Approval.objects.get(action="gift_cards").used_at is not None


def test_many_cards_for_cash_are_approved_at_the_end_and_the_sale_is_not_lost(till: Till) -> None:
    starts_the_day(till)
    till.tap("tab-gift")
    for _ in range(2):
        till.tap("gift-other")
        taps_amount(till, "900")
        till.tap("key-00")
        till.tap("gift-take")
    totals(till, "1,800.00")

    till.tap_button("Cash $1,800")
    expect(till.part("approval-sheet")).to_be_visible()
    till.page.keyboard.press("Escape")
    totals(till, "1,800.00")
    till.tap_button("Cash $1,800")
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)

    expect(till.part("done-screen")).to_contain_text("no change")
    assert Sale.objects.filter(status=Sale.Status.COMPLETED).count() == 1
    assert balances()["2200 Gift cards outstanding"] == -1_800_00


def test_a_plastic_card_is_sold_by_scanning_it_and_another_is_loaded_blocked_and_replaced(till: Till) -> None:
    session = starts_the_day(till)
    owner = till.studio.desk.with_(till.studio.owner).desk
    imports.make_plastic(1, batch_id=new_id(), name="First box", desk=owner, now=timezone.now())
    card = GiftCard.objects.get()

    till.tap("tab-gift")
    till.tap("gift-5000")
    scans(till.page, code_of(card))
    till.shows("is the card that is sold")
    totals(till, "50.00")
    till.tap_button("Cash $50")
    expect(till.part("done-screen")).to_be_visible()
    till.tap("done-next")
    card.refresh_from_db()
    assert (card.status, card.balance_cents) == ("active", 50_00)

    scans(till.page, code_of(card))
    till.tap("gift-load")
    taps_amount(till, "25")
    till.tap("key-00")
    till.tap("gift-take")
    totals(till, "25.00")
    till.tap_button("Cash $25")
    expect(till.part("done-screen")).to_be_visible()
    till.tap("done-next")
    scans(till.page, code_of(card))
    till.tap("gift-block")
    till.part("gift-why").fill("lost")
    is_clean_in_both_themes(till)
    till.tap("gift-block-send")
    expect(till.part("gift-card")).to_contain_text("Blocked")
    till.tap("gift-replace")
    till.tap("gift-sure")
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)

    expect(till.part("gift-note")).to_contain_text("This is the new card")
    expect(till.part("gift-left")).to_have_text("$75.00 left")
    card.refresh_from_db()
    assert (card.status, card.replaced_by and card.replaced_by.balance_cents) == ("replaced", 75_00)
    assert balances()["1010 Cash drawer"] == session.float_cents + 75_00
