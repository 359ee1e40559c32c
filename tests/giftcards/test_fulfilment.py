"""A paid order becomes a card exactly once, whoever comes first; a card is never lost, nor sold twice (R15, R18)."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from giftcards import fulfilment, links
from giftcards.models import GiftCard, GiftOrder
from payments import hosted
from payments.models import CardRefund, Charge, HostedPage
from pos.models import Price, Receipt, Sale
from tests.builders import NOW
from tests.giftcards.buying import Shopper, books, letters, sendings, the_card, the_code, whole
from tests.payments.asking import post, sign
from tests.racing import race

PAID = {"1100 Stripe balance": 120_00, "2200 Gift cards outstanding": -120_00}


def tells_by_webhook(shopper: Shopper) -> None:
    """Stripe's events arrive, signed, and the worker works them."""
    for event in list(shopper.stripe.sdk.events.list({"limit": 100}).auto_paging_iter())[::-1]:
        body = json.dumps(event.to_dict(for_json=True))
        assert post(body.encode(), sign(body)) == 200
    shopper.works()


def must_be_sold_once(order: GiftOrder) -> GiftCard:
    order.refresh_from_db()
    card = the_card()
    assert (order.status, order.card, Sale.objects.count(), Receipt.objects.count()) == ("fulfilled", card, 1, 1)
    assert (card.status, card.balance_cents, card.paid_cents) == ("active", 120_00, 120_00)
    assert books() == PAID
    assert [len(sendings(kind)) for kind in ("card", "receipt")] == [1, 1]
    return card


def test_the_buyer_comes_back_to_a_card_that_is_sold(shopper: Shopper) -> None:
    order = shopper.orders()
    shopper.pays()

    answer = shopper.comes_back(order)

    assert answer.redirect_chain == [(shopper.page_of(order), 302)]
    card = must_be_sold_once(order)
    said = shopper.said()
    assert "Thank you, Jonas" in said
    assert f"$120.00 is paid. Your order number is {order.number}" in said
    assert card.last4 in said
    assert the_code() not in said
    shopper.works()
    must_be_sold_once(order)
    shopper.is_right()


def test_the_page_is_there_before_the_worker_and_says_so_once_it_is_reloaded(shopper: Shopper) -> None:
    order = shopper.buys()
    for _ in range(3):
        shopper.comes_back(order)
        shopper.opens(shopper.page_of(order))
    must_be_sold_once(order)


def test_a_browser_that_was_closed_loses_nothing(shopper: Shopper) -> None:
    order = shopper.orders()
    shopper.pays()

    shopper.later(minutes=5)
    shopper.works()

    must_be_sold_once(order)
    assert len(letters("maya@example.com")) == 1
    shopper.is_right()


def test_the_webhook_may_come_before_the_redirect(shopper: Shopper) -> None:
    order = shopper.orders()
    shopper.pays()

    tells_by_webhook(shopper)
    must_be_sold_once(order)
    shopper.comes_back(order)
    tells_by_webhook(shopper)

    must_be_sold_once(order)
    shopper.is_right()


def test_another_browser_is_told_that_it_is_paid_and_nothing_of_the_card(shopper: Shopper) -> None:
    order = shopper.orders()
    shopper.pays()
    shopper.browser = Client()

    shopper.comes_back(order)

    assert shopper.answer.redirect_chain == []
    assert "It is paid." in shopper.said()
    assert links.order_token(order) not in shopper.answer.content.decode()
    shopper.works()
    must_be_sold_once(order)


def test_who_comes_back_without_paying_may_pay_or_change_it(shopper: Shopper) -> None:
    order = shopper.orders()

    shopper.opens("/gift-cards/back", follow=True)
    assert "Nothing was charged. $120.00 for Maya is kept here for a while." in shopper.said()
    shopper.answer = shopper.browser.post(shopper.page_of(order, "/pay"))
    assert shopper.answer["Location"] == HostedPage.objects.get().url
    shopper.opens(f"/gift-cards/?again={links.order_token(order)}")
    assert 'value="jonas@example.com"' in shopper.answer.content.decode()
    shopper.pays()
    shopper.works()

    must_be_sold_once(order)


def test_a_declined_card_sells_nothing(shopper: Shopper) -> None:
    order = shopper.orders()
    with pytest.raises(AssertionError):
        shopper.pays("chargeDeclined")

    shopper.opens(shopper.page_of(order))

    assert "Not paid yet" in shopper.said()
    assert (GiftCard.objects.count(), books()) == (0, {})


def test_an_order_that_was_paid_can_not_be_changed_into_another(shopper: Shopper) -> None:
    order = shopper.orders()
    shopper.pays()

    assert shopper.sends(order=links.order_token(order), what="200.00") == 303

    assert shopper.answer["Location"] == shopper.page_of(order)
    shopper.opens(shopper.page_of(order))
    must_be_sold_once(order)
    assert shopper.sends(order=links.order_token(order), what="200.00") == 303
    must_be_sold_once(order)


def test_two_pages_that_are_both_paid_give_one_card_and_the_second_money_back(shopper: Shopper) -> None:
    order = shopper.orders()
    first = HostedPage.objects.get()
    HostedPage.objects.filter(pk=first.pk).update(status="expired")  # we believe so, Stripe does not
    shopper.browser.post(shopper.page_of(order, "/pay"))
    second = HostedPage.objects.exclude(pk=first.pk).get()
    shopper.pays(url=second.url)
    shopper.comes_back(order)
    shopper.pays(url=first.url)

    tells_by_webhook(shopper)
    shopper.works()

    order.refresh_from_db()
    assert (order.status, GiftCard.objects.count(), Sale.objects.count()) == ("fulfilled", 1, 1)
    assert CardRefund.objects.get().amount_cents == 120_00
    assert books() == PAID
    shopper.is_right()


def test_a_page_that_was_paid_after_it_expired_for_us_still_gives_its_card(shopper: Shopper) -> None:
    order = shopper.orders()
    HostedPage.objects.update(status="expired", ended_at=timezone.now())
    shopper.pays()

    tells_by_webhook(shopper)

    must_be_sold_once(order)


def test_an_amount_that_was_tampered_with_sells_nothing_and_calls_somebody(shopper: Shopper) -> None:
    order = shopper.orders()
    HostedPage.objects.update(amount_cents=500_00)
    shopper.pays()

    shopper.opens(shopper.page_of(order))
    shopper.later(minutes=5)
    shopper.works()

    order.refresh_from_db()
    assert (order.status, GiftCard.objects.count(), books()) == ("draft", 0, {})
    assert "One moment" in shopper.said()
    assert "WrongAmount" in HostedPage.objects.get().last_error


def test_what_was_ordered_at_one_price_is_sold_at_it_though_that_has_changed(shopper: Shopper) -> None:
    order = shopper.orders(what="treatment:ashiatsu-60")
    assert order.item is not None
    Price.objects.create(item=order.item, price_cents=130_00, starts_on=NOW.date() + dt.timedelta(days=1))
    shopper.later(hours=14)
    shopper.pays()

    shopper.works()

    card = the_card()
    assert (card.kind, card.item, card.paid_cents) == ("treatment", order.item, 110_00)
    shopper.is_right()


def test_money_for_what_is_not_sold_any_more_goes_back_and_the_buyer_is_told(shopper: Shopper) -> None:
    order = shopper.orders(what="treatment:ashiatsu-60")
    assert order.item is not None
    shopper.pays()
    order.item.is_available = False
    order.item.save()

    shopper.comes_back(order)
    shopper.works()

    order.refresh_from_db()
    shopper.is_right()
    assert (order.status, GiftCard.objects.count(), Sale.objects.count()) == ("given_back", 0, 0)
    assert CardRefund.objects.get().amount_cents == 110_00
    assert books() == {}
    [letter] = letters("jonas@example.com")
    assert "Your payment of $110.00 goes back" in letter.body
    assert "not for sale" in whole(letter)
    shopper.is_right()


def test_one_card_pays_for_three_orders_a_day_and_the_fourth_is_given_back(shopper: Shopper) -> None:
    made = [shopper.buys(what="60.00", buyer_email=f"b{n}@example.com") for n in range(4)]
    other = shopper.orders(what="60.00", buyer_email="other@example.com")
    shopper.pays("mastercard")
    shopper.comes_back(other)
    shopper.works()

    assert [order.status for order in made] == ["fulfilled"] * 3 + ["given_back"]
    assert GiftCard.objects.count() == 4
    assert made[3].why == "One card pays for 3 gift cards a day."
    assert books() == {"1100 Stripe balance": 240_00, "2200 Gift cards outstanding": -240_00}
    shopper.later(hours=25)
    assert shopper.buys(what="60.00").status == "fulfilled"


def test_finishing_the_same_charge_twice_is_once(shopper: Shopper) -> None:
    order = shopper.buys()
    charge = Charge.objects.get()

    for _ in range(2):
        with transaction.atomic():
            assert fulfilment.finish(charge, now=timezone.now()) == order

    must_be_sold_once(order)


def test_money_for_an_order_that_is_gone_goes_back(shopper: Shopper) -> None:
    order = shopper.orders()
    shopper.pays()
    hosted.look(HostedPage.objects.get(), now=timezone.now())
    Charge.objects.update(owner=f"order:{uuid.UUID(int=5)}")
    order.delete()

    shopper.later(minutes=1)
    shopper.works()

    assert CardRefund.objects.get().amount_cents == 120_00
    assert books() == {}


def test_a_page_of_stripe_knows_no_way_to_the_card(shopper: Shopper) -> None:
    order = shopper.buys()
    page = HostedPage.objects.get()
    session: Any = shopper.stripe.sdk.checkout.sessions.retrieve(str(page.session_id))

    told = "".join(map(str, (page.success_url, page.cancel_url, page.description, session)))

    assert links.order_token(order) not in told
    assert links.card_token(the_card()) not in told
    assert the_code() not in told


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_redirect_worker_and_a_second_tab_at_the_same_moment_sell_one_card(shopper: Shopper) -> None:
    order = shopper.orders()
    shopper.pays()
    hosted.look(HostedPage.objects.get(), now=timezone.now())
    shopper.later(minutes=1)

    def comes(n: int) -> int:
        if n % 2:
            shopper.worker.work_one(fulfilment.PaidOrders())
            return 200
        return Client().get(shopper.page_of(order)).status_code

    answers = race(8, comes)

    assert answers == [200] * 8
    must_be_sold_once(order)
