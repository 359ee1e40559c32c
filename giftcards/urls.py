"""Addresses of the shop, of cards, and of what is left of them."""

from django.urls import path, re_path

from giftcards import card_pages, hooks
from giftcards.shop import showing, views

TOKEN = r"(?P<token>[0-9a-f]{32}\.[A-Za-z0-9_-]{43})"  # noqa: S105 - what one looks like

urlpatterns = [
    path("gift-cards/", views.shop, name="gift_shop"),
    path("gift-cards/back", views.back, name="gift_back"),
    path("gift-cards/balance/", card_pages.balance, name="gift_balance"),
    path("gift-cards/designs/<slug:key>.svg", views.design, name="gift_design"),
    re_path(rf"^gift-cards/orders/{TOKEN}$", showing.order_page, name="gift_order"),
    re_path(rf"^gift-cards/orders/{TOKEN}\.pdf$", showing.order_pdf, name="gift_order_pdf"),
    re_path(rf"^gift-cards/orders/{TOKEN}/pay$", views.pay, name="gift_order_pay"),
    re_path(rf"^gift-cards/orders/{TOKEN}/recipient$", showing.correct, name="gift_order_correct"),
    re_path(rf"^gift-cards/orders/{TOKEN}/resend$", showing.resend, name="gift_order_resend"),
    path("ashiatsu/", views.ashiatsu, name="ashiatsu"),
    re_path(rf"^g/{TOKEN}$", card_pages.card_page, name="gift_card"),
    re_path(rf"^g/{TOKEN}\.pdf$", card_pages.card_pdf, name="gift_card_pdf"),
    path("mail/bounces", hooks.mail_bounced, name="mail_bounces"),
]
