"""Addresses of the client's own pages and of joining."""

from django.urls import path, re_path

from memberships.portal import entrance, joining_pages, own, own_card, own_extras, wishes

JOINING = r"^join/t/(?P<token>[0-9a-f]{32}\.[A-Za-z0-9_-]+)"
MINE = "my/memberships/<uuid:membership_id>"

urlpatterns = [
    path("my/", own.overview, name="my"),
    path("my/sign-in/", entrance.sign_in, name="my_sign_in"),
    path("my/sign-in/sent/", entrance.link_sent, name="my_link_sent"),
    path("my/sign-out/", entrance.sign_out, name="my_sign_out"),
    re_path(r"^my/in/(?P<token>[A-Za-z0-9_-]{20,100})$", entrance.link, name="my_link"),
    path("my/receipts/", own.receipts, name="my_receipts"),
    path("my/people/", own.people, name="my_people"),
    path("my/data/", own.data, name="my_data"),
    path("my/card/", own_card.card, name="my_card"),
    path("my/card/saved/", own_card.saved, name="my_card_saved"),
    path("my/pay/<slug:kind>/<uuid:row_id>/", own_extras.pay, name="my_pay"),
    path("my/paid/<slug:kind>/<uuid:row_id>/", own_extras.paid, name="my_paid"),
    path(f"{MINE}/freeze/", wishes.freeze, name="my_freeze"),
    path(f"{MINE}/freeze/undo/", wishes.unfreeze, name="my_unfreeze"),
    path(f"{MINE}/plan/", wishes.change, name="my_change"),
    path(f"{MINE}/plan/undo/", wishes.keep_plan, name="my_keep"),
    path(f"{MINE}/cancel/", wishes.cancel, name="my_cancel"),
    path(f"{MINE}/cancelled/", wishes.cancelled, name="my_cancelled"),
    path(f"{MINE}/cancel/undo/", wishes.stay, name="my_stay"),
    path("join/", joining_pages.plans, name="join"),
    path("join/<slug:code>/", joining_pages.join, name="join_plan"),
    re_path(rf"{JOINING}$", joining_pages.state, name="join_state"),
    re_path(rf"{JOINING}/card$", joining_pages.to_card, name="join_card"),
]
