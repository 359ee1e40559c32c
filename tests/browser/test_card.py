"""A card at the reader by touch: paid, declined, cancelled, and the way on from each state of its screen."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from ledger.journal import balances
from payments.models import Charge, Presentation
from pos.models import Sale
from tests.browser.card_desk import TENDER, CardDesk
from tests.browser.test_desk import MANAGERS_PIN, starts_the_day, violations
from tests.browser.till import Till
from tests.stripe_sim.stand_in import StandIn


def test_a_treatment_with_a_tip_by_card_takes_three_taps_and_the_card(desk: CardDesk) -> None:
    starts_the_day(desk.till)
    desk.till.counts_from_here()

    desk.till.tap("item-ashiatsu-60")
    desk.till.tap("tip-20")
    desk.till.tap_button("Card reader · $132.00")
    desk.sees("waiting")
    desk.till.shows("Present card")
    desk.customer("tap")

    desk.is_done("Visa ···4242 $132.00")
    desk.till.shows("Paid $132.00")
    assert desk.till.taps == 3
    assert balances() == {
        "1010 Cash drawer": 200_00,
        "1020 Cash safe": -200_00,
        "1100 Stripe balance": 132_00,
        "2300 Tips payable": -22_00,
        "4010 Services": -110_00,
    }


def test_without_a_reader_a_card_is_not_offered_and_the_other_terminal_stays(till: Till, stripe: StandIn) -> None:
    starts_the_day(till)
    till.tap("item-deep-tissue-60")
    expect(till.part("pay-external")).to_be_enabled()
    expect(till.part("pay-card")).to_have_count(0)
    till.tap("split")
    expect(till.part("split-external")).to_be_visible()
    expect(till.part("split-card")).to_have_count(0)


def test_a_second_card_pays_what_the_first_was_declined_for(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.customer("tap", card="chargeDeclinedInsufficientFunds")

    desk.sees("declined")
    desk.till.shows("Declined: not enough money")
    expect(desk.till.part("card-another")).to_have_count(0)
    desk.till.tap("card-again")
    desk.customer("tap", card="mastercard")

    desk.is_done("Mastercard ···4444")
    assert [(one.n, one.failure) for one in Presentation.objects.order_by("n")] == [(1, "declined"), (2, "")]
    assert Sale.objects.get().status == Sale.Status.COMPLETED


def test_a_card_that_is_given_up_leaves_the_sale_to_be_paid_in_cash(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.till.tap("card-back")

    expect(desk.till.part("card-screen")).to_have_count(0)
    desk.till.part("cash-exact").click()

    desk.is_done("no change")
    assert Charge.objects.get().status == Charge.Status.CANCELLED
    assert balances()["1010 Cash drawer"] == 310_00


def test_a_declined_card_may_be_followed_by_another_way_to_pay(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.customer("decline")
    desk.sees("declined")
    desk.till.tap("card-back")

    expect(desk.till.part("card-screen")).to_have_count(0)
    desk.till.tap("pay-external")
    desk.is_done("Other terminal $110.00")


def test_cancelling_at_the_reader_is_said_and_the_card_asked_again(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.customer("cancel")
    desk.sees("cancelled_at_reader")
    desk.till.shows("Nothing was charged")

    desk.till.tap("card-again")
    desk.customer("tap")
    desk.is_done()


def test_of_several_readers_the_tablet_remembers_its_own(desk: CardDesk) -> None:
    garden = desk.second_reader()
    desk.rings_up()
    desk.till.tap("pay-card")
    desk.till.tap(f"reader-{garden.pk}")
    desk.sees("waiting")
    expect(desk.till.part("card-screen")).to_contain_text("Garden")
    desk.customer("tap", at=garden)
    desk.is_done()
    desk.till.tap("done-next")

    desk.till.tap("item-deep-tissue-60")
    expect(desk.till.part("pay-card")).to_contain_text("Garden")
    desk.asks_for_the_card()
    assert Charge.objects.live().get().reader == garden


def test_two_taps_on_the_card_button_ask_once_and_cancel_nothing(desk: CardDesk) -> None:
    desk.rings_up()
    desk.till.part("pay-card").dblclick()
    desk.sees("waiting")
    desk.till.page.keyboard.press("Escape")
    desk.till.page.keyboard.press("Escape")

    desk.sees("waiting")
    assert Charge.objects.get().cancel_wanted_at is None
    desk.customer("tap")
    desk.is_done()


def test_another_person_goes_on_with_the_card(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.till.tap("card-lock")
    expect(desk.till.part("lock-screen")).to_be_visible()
    expect(desk.till.part("card-screen")).to_have_count(0)
    desk.till.signs_on(desk.till.studio.manager, MANAGERS_PIN)

    desk.sees("waiting")
    desk.customer("tap")
    desk.is_done()
    assert Sale.objects.get().completed_by == desk.till.studio.manager


def test_test_payments_are_named_and_lead_to_the_simulated_reader(desk: CardDesk, settings: Any) -> None:
    settings.DEMO = True
    desk.rings_up()
    expect(desk.till.part("demo")).to_have_text("Test payments")
    desk.asks_for_the_card()
    with desk.till.page.context.expect_page() as opened:
        desk.till.tap("simulator")

    reader_page = opened.value
    reader_page.get_by_role("button", name="Tap card").click()
    desk.is_done()


def test_every_state_can_be_used_by_everyone_in_both_themes(desk: CardDesk) -> None:
    desk.second_reader()
    desk.rings_up()
    desk.till.tap("pay-card")
    themes(desk.till, violations)
    desk.till.tap(f"reader-{desk.reader.pk}")
    desk.sees("waiting")
    themes(desk.till, violations)
    desk.customer("decline")
    desk.sees("declined")
    themes(desk.till, violations)
    desk.till.page.route(TENDER, lambda route: route.abort())
    desk.sees("away")
    themes(desk.till, violations)
    desk.till.page.unroute(TENDER)
    desk.till.tap("card-look")
    desk.sees("declined")

    desk.till.page.keyboard.press("Tab")
    expect(desk.till.part("card-again")).to_be_focused()
    for name in ("card-again", "card-another", "card-back", "card-lock"):
        box = desk.till.part(name).bounding_box()
        assert box is not None
        assert box["height"] >= 48


def themes(till: Till, look: Callable[[Till], list[str]]) -> None:
    for theme in ("light", "dark"):
        till.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert look(till) == []
