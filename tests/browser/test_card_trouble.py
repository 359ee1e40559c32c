"""A card at the reader when something goes wrong: lost answers, dark readers, reloads, a card that is faster."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from ledger.journal import balances
from payments.models import Charge
from pos.models import Sale
from tests.browser.card_desk import TENDER, CardDesk


def test_a_card_that_was_faster_than_the_desk_is_charged_and_the_sale_completed(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    paid_first: list[str] = []

    def the_card_is_faster(route: Route) -> None:
        if route.request.method == "DELETE" and not paid_first:
            paid_first.append(route.request.url)
            desk.customer("tap")
        route.continue_()

    desk.till.page.route(TENDER, the_card_is_faster)
    desk.till.tap("card-back")

    desk.is_done("The card was charged before it could be taken back.")
    assert paid_first
    assert balances()["1100 Stripe balance"] == 110_00


def test_a_card_that_is_being_authorised_is_taken_back_only_when_it_is_known(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.customer("insert")
    desk.till.tap("card-back")

    desk.is_done()
    assert Sale.objects.get().status == Sale.Status.COMPLETED


def test_a_busy_reader_is_named_and_another_one_takes_the_card(desk: CardDesk) -> None:
    desk.rings_up()
    garden = desk.second_reader()
    desk.till.page.reload()
    Charge.objects.create(
        owner="tender:of-another-till",
        location=desk.reader.location,
        reader=desk.reader,
        amount_cents=500,
        created_at=timezone.now(),
        run_at=timezone.now(),
        status=Charge.Status.SENT,
    )
    desk.till.tap("pay-card")
    desk.till.tap(f"reader-{desk.reader.pk}")

    desk.sees("refused")
    desk.till.shows("is busy with another sale")
    desk.till.tap("card-another")
    desk.till.tap(f"reader-{garden.pk}")
    desk.sees("waiting")
    desk.customer("tap", at=garden)
    desk.is_done()


def test_a_busy_reader_leaves_every_other_way_to_pay(desk: CardDesk) -> None:
    desk.rings_up()
    desk.till.page.route(TENDER, lambda route: refuse(route, "reader_busy", "Desk is busy with another sale."))
    desk.till.tap("pay-card")
    desk.sees("refused")
    desk.till.page.unroute(TENDER)

    desk.till.tap("card-back")
    expect(desk.till.part("card-screen")).to_have_count(0)
    desk.till.part("cash-exact").click()
    desk.is_done("no change")


def refuse(route: Route, code: str, detail: str) -> None:
    problem = f'{{"code": "{code}", "detail": "{detail}", "title": "No", "status": 409}}'
    route.fulfill(status=409, content_type="application/problem+json", body=problem)


def test_a_reader_without_power_is_said_and_its_sale_goes_to_another_way(desk: CardDesk) -> None:
    desk.rings_up()
    desk.customer("unplug")
    desk.till.tap("pay-card")

    desk.sees("reader_gone")
    desk.till.shows("does not answer")
    desk.till.tap("card-back")
    expect(desk.till.part("card-screen")).to_have_count(0)
    expect(desk.till.part("pay-card")).to_be_enabled()


def test_a_payment_whose_reader_has_gone_still_closes_the_sale(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.customer("tap_and_unplug")

    desk.is_done()


@pytest.mark.parametrize("reached", [True, False], ids=["after it was carried out", "before it was carried out"])
def test_lost_answers_are_asked_for_again_and_the_card_is_charged_once(desk: CardDesk, reached: bool) -> None:
    desk.rings_up()
    lost: list[str] = []

    def lose_the_first_ones(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.request.method)
            if reached:
                route.fetch()
            route.abort()
        else:
            route.continue_()

    desk.till.page.route(TENDER, lose_the_first_ones)
    desk.till.tap("pay-card")
    desk.sees("away")
    desk.till.shows("The card may be charged; checking as soon as it is back.")
    desk.till.tap("card-look")
    desk.sees("waiting")
    desk.customer("tap")

    desk.is_done()
    assert Charge.objects.count() == 1
    assert len(desk.sim.sdk.payment_intents.list().data) == 1


def test_a_lost_answer_to_the_completion_is_asked_for_again_and_the_sale_made_once(desk: CardDesk) -> None:
    desk.rings_up()
    held: list[Route] = []
    desk.till.page.route("**/completion", lambda route: route.continue_() if held else held.append(route))
    desk.asks_for_the_card()
    desk.customer("tap")
    desk.sees("paid")
    desk.till.shows("Paid $110.00 with Visa ···4242.")
    held[0].fetch()
    held[0].abort()
    desk.till.shows("Trying again never charges twice.")
    desk.till.tap_button("Try again")

    desk.is_done()
    assert balances()["1100 Stripe balance"] == 110_00


def test_a_bank_that_does_not_answer_is_waited_for_and_nothing_else_offered(desk: CardDesk) -> None:
    desk.rings_up()
    desk.sim.tell("faults", kind="reset_after", method="POST", path="*/process_payment_intent", count=1)
    desk.till.tap("pay-card")

    desk.sees("checking")
    expect(desk.till.part("card-again")).to_have_count(0)
    desk.customer("tap")
    desk.is_done()
    assert len(desk.sim.sdk.charges.list().data) == 1


def test_a_reload_while_the_card_is_waited_for_goes_on_waiting(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.till.page.reload()

    desk.sees("waiting")
    desk.customer("tap")
    desk.is_done()
    assert Charge.objects.count() == 1


def test_a_wish_to_take_it_back_survives_a_reload(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    desk.till.page.route(TENDER, lambda route: route.abort() if route.request.method == "DELETE" else route.continue_())
    desk.till.tap("card-back")
    desk.sees("away")
    desk.till.page.unroute(TENDER)
    desk.till.page.reload()

    expect(desk.till.part("pay-card")).to_be_enabled()
    expect(desk.till.part("card-screen")).to_have_count(0)
    assert Charge.objects.get().status == Charge.Status.CANCELLED


def test_cancelling_before_the_first_answer_that_is_lost_leaves_nothing_at_the_reader(desk: CardDesk) -> None:
    desk.rings_up()
    held: list[Route] = []
    desk.till.page.route(TENDER, lambda route: route.continue_() if held else held.append(route))
    desk.till.tap("pay-card")
    desk.sees("asking")
    desk.till.tap("card-back")
    desk.sees("cancelling")
    held[0].fetch()
    held[0].abort()

    expect(desk.till.part("card-screen")).to_have_count(0)
    assert Charge.objects.get().status == Charge.Status.CANCELLED
    assert desk.sim.sdk.terminal.readers.retrieve(desk.reader.stripe_id).action is None


FORGETS_THE_PLAN = """
const kept = JSON.parse(localStorage.getItem("footfall.cart"));
localStorage.setItem("footfall.cart", JSON.stringify({ ...kept, finishing: null }));
"""


def test_a_sale_locked_by_a_card_says_so_and_lets_the_card_be_taken_back(desk: CardDesk) -> None:
    till = desk.till
    desk.rings_up()
    desk.asks_for_the_card()
    till.page.add_init_script(FORGETS_THE_PLAN)
    till.page.reload()
    expect(till.part("parts")).to_contain_text("Present card")
    till.tap("item-deep-tissue-60")
    expect(till.part("alert").first).to_contain_text("Present card")
    till.tap("undo-trouble")

    till.part("part-remove").click()
    expect(till.part("parts")).to_have_count(0)
    expect(till.part("pay-card")).to_contain_text("$110.00")
    assert Charge.objects.get().status == Charge.Status.CANCELLED


def test_a_sale_that_was_completed_meanwhile_is_shown_as_done(desk: CardDesk) -> None:
    desk.rings_up()
    desk.asks_for_the_card()
    sale = Sale.objects.get()
    completed: list[int] = []

    def complete_it_elsewhere(route: Route) -> None:
        if not completed:
            completed.append(1)
            desk.customer("tap")
            route.fetch()
            route.fetch(url=re.sub(r"tenders/.*", "completion", route.request.url), method="PUT", post_data={})
        route.continue_()

    desk.till.page.route(TENDER, complete_it_elsewhere)

    desk.is_done()
    sale.refresh_from_db()
    assert sale.status == Sale.Status.COMPLETED
