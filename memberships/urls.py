"""Addresses of what members see."""

from django.urls import include, path, re_path

from memberships import members_office, pay_pages, price_office

DUE = r"(?P<token>[0-9a-f]{32}:[A-Za-z0-9_-]+)"

urlpatterns = [
    path("", include("memberships.portal.urls")),
    path("members/", members_office.members, name="members"),
    path("members/billing/", members_office.billing, name="members_billing"),
    path("members/numbers/", members_office.numbers, name="members_numbers"),
    path("members/prices/", price_office.prices, name="members_prices"),
    path("members/<uuid:membership_id>/", members_office.member, name="member"),
    path("pay/card/done", pay_pages.card_saved, name="card_saved"),
    re_path(rf"^pay/due/{DUE}$", pay_pages.pay_due, name="pay_due"),
    re_path(rf"^pay/due/{DUE}/go$", pay_pages.go, name="pay_due_go"),
    re_path(rf"^pay/due/{DUE}/done$", pay_pages.done, name="pay_due_done"),
]
