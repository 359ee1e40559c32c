"""Addresses of the shop, of cards, and of what is left of them."""

from django.urls import path, re_path

from giftcards import card_pages, hooks
from giftcards.office import deciding, lists, making
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
    path("gift-cards/office/", lists.cards, name="gift_office"),
    path("gift-cards/office/cards/<uuid:card_id>/", lists.card, name="gift_office_card"),
    path("gift-cards/office/contested/", lists.contested, name="gift_office_contested"),
    path("gift-cards/office/held/<uuid:order_id>", deciding.held, name="gift_office_held"),
    path("gift-cards/office/order/", making.order, name="gift_office_order"),
    path("gift-cards/office/order/<uuid:sale_id>/", making.ordered, name="gift_office_ordered"),
    path("gift-cards/office/order/<uuid:sale_id>/cards.zip", making.papers, name="gift_office_papers"),
    path("gift-cards/office/plastic/", making.plastic, name="gift_office_plastic"),
    path("gift-cards/office/plastic/<uuid:batch_id>/codes.csv", making.printer, name="gift_office_printer"),
    path("gift-cards/office/promotion/", making.promote, name="gift_office_promotion"),
    path("gift-cards/office/import/", making.take_over, name="gift_office_import"),
    path("ashiatsu/", views.ashiatsu, name="ashiatsu"),
    re_path(rf"^g/{TOKEN}$", card_pages.card_page, name="gift_card"),
    re_path(rf"^g/{TOKEN}\.pdf$", card_pages.card_pdf, name="gift_card_pdf"),
    re_path(rf"^g/{TOKEN}\.pkpass$", card_pages.apple_pass, name="gift_card_apple"),
    re_path(rf"^g/{TOKEN}/google$", card_pages.google_pass, name="gift_card_google"),
    path("mail/bounces", hooks.mail_bounced, name="mail_bounces"),
]
