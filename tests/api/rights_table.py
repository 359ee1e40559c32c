"""Who hears what at which address: the committed table of every route, every method and every kind of sender (S5).

Each row gives the status for, in this order: nobody, a tablet alone, a therapist, the accountant, the desk of another
location, the desk, the manager. All of them ask for the same thing, which belongs to the first location.
"""

SENDERS = ("nobody", "tablet", "therapist", "accountant", "elsewhere", "desk", "manager")

EVERYBODY = "200 200 200 200 200 200 200"
SIGNED_ON = "401 401 200 200 200 200 200"
WITH_A_KEY = "401 401 401 401 401 401 401"  # no tablet reads reports, whoever stands before it

TABLE = {
    "GET healthz": EVERYBODY,
    "GET readyz": EVERYBODY,
    "GET api/docs/": EVERYBODY,
    "GET api/v1/schema/": EVERYBODY,
    "POST api/v1/devices/pair": "201 409 409 409 409 409 429",  # the code serves once, and five tries are all
    "GET api/v1/device": "401 200 200 200 200 200 200",
    "GET api/v1/catalog": "401 200 200 200 200 200 200",
    "POST api/v1/staff-sessions/": "401 201 201 201 400 201 201",
    "DELETE api/v1/staff-sessions/current": "401 204 204 204 204 204 204",
    "POST api/v1/approvals/": "401 401 201 201 400 201 409",  # not for oneself
    "GET api/v1/devices/": "401 401 403 403 403 403 200",
    "POST api/v1/devices/": "401 401 403 403 403 403 201",
    "DELETE api/v1/devices/<uuid:device_id>": "401 401 403 403 403 403 204",
    "POST api/v1/devices/<uuid:device_id>/code": "401 401 403 403 403 403 201",
    "GET api/v1/readers/": "401 401 403 403 200 200 200",
    "GET api/v1/clients/": "401 401 403 403 200 200 200",
    "GET api/v1/clients/<uuid:client_id>": "401 401 403 403 200 200 200",
    "PUT api/v1/clients/<uuid:client_id>": "401 401 403 403 200 200 200",
    "GET api/v1/clients/<uuid:client_id>/card": "401 401 403 403 200 200 200",
    "GET api/v1/clients/<uuid:client_id>/last-visit": "401 401 403 403 200 200 200",
    "GET api/v1/clients/<uuid:client_id>/holdings": "401 401 403 403 200 200 200",
    "GET api/v1/clients/<uuid:client_id>/preferences": "401 401 403 403 200 200 200",
    "PUT api/v1/clients/<uuid:client_id>/preferences": "401 401 403 403 200 200 200",
    "POST api/v1/clients/<uuid:client_id>/data": "401 401 403 403 403 403 403",  # the owner's
    "PUT api/v1/clients/<uuid:client_id>/merged": "401 401 403 403 403 403 403",
    "PUT api/v1/clients/<uuid:client_id>/forgotten": "401 401 403 403 403 403 403",
    "GET api/v1/clients/<uuid:client_id>/health": "401 401 403 403 200 200 200",
    "POST api/v1/clients/<uuid:client_id>/health/reads": "401 401 200 403 403 403 200",
    "PUT api/v1/clients/<uuid:client_id>/health/flags/<uuid:flag_id>": "401 401 204 403 403 403 204",
    "PUT api/v1/clients/<uuid:client_id>/health/flags/<uuid:flag_id>/lifted": "401 401 204 403 403 403 204",
    "PUT api/v1/clients/<uuid:client_id>/health/notes/<uuid:note_id>": "401 401 204 403 403 403 409",  # another's note
    "PUT api/v1/clients/<uuid:client_id>/health/intake": "401 401 403 403 200 200 200",
    "POST api/v1/sales/<uuid:sale_id>/therapist-check": "401 401 403 403 404 409 409",  # nothing to check
    "POST api/v1/codes": "401 401 403 403 409 409 409",  # nobody knows that code
    "POST api/v1/gift-cards/lookup": "401 401 403 403 200 200 200",
    "POST api/v1/gift-cards/balance": "200 200 200 200 200 200 200",
    "GET api/v1/gift-cards/<uuid:card_id>": "401 401 403 403 200 200 200",
    "PUT api/v1/gift-cards/<uuid:card_id>/block": "401 401 403 403 200 200 200",
    "PUT api/v1/gift-cards/<uuid:card_id>/unblock": "401 401 403 403 200 200 200",  # active already
    "PUT api/v1/gift-cards/<uuid:card_id>/reissue": "401 401 403 403 409 409 200",  # with somebody's yes
    "PUT api/v1/gift-cards/<uuid:card_id>/merge": "401 401 403 403 409 409 200",
    "PUT api/v1/gift-cards/<uuid:card_id>/cash-out": "401 401 403 403 409 409 200",
    "PUT api/v1/gift-cards/<uuid:card_id>/holder": "401 401 403 403 200 200 200",
    "POST api/v1/gift-cards/<uuid:card_id>/code": "401 401 403 403 200 200 200",
    "POST api/v1/gift-cards/<uuid:card_id>/mail": "401 401 403 403 200 200 200",
    "POST api/v1/gift-cards/<uuid:card_id>/paper": "401 401 403 403 200 200 200",
    "GET api/v1/clients/<uuid:client_id>/lots": "401 401 403 403 200 200 200",
    "PUT api/v1/clients/<uuid:client_id>/clock": "401 401 403 403 200 200 200",
    "DELETE api/v1/clients/<uuid:client_id>/clock": "401 401 403 403 200 200 200",
    "GET api/v1/lots/<uuid:lot_id>/upgrades": "401 401 403 403 200 200 200",
    "PUT api/v1/lots/<uuid:lot_id>/transfers/<uuid:transfer_id>": "401 401 403 403 201 200 200",
    "DELETE api/v1/lots/<uuid:lot_id>/transfers/<uuid:transfer_id>": "401 401 403 403 404 404 404",  # nothing was given
    "PUT api/v1/no-shows/<uuid:no_show_id>": "401 401 403 403 409 409 409",  # the client has no session
    "PUT api/v1/no-shows/<uuid:no_show_id>/waiver": "401 401 403 403 400 400 400",  # nothing was taken
    "GET api/v1/clients/<uuid:client_id>/memberships": "401 401 403 403 200 200 200",
    "GET api/v1/plans/<slug:code>/terms": "401 401 403 403 200 200 200",
    "GET api/v1/memberships/": "401 401 403 403 200 200 200",
    "GET api/v1/memberships/<uuid:membership_id>": "401 401 403 403 200 200 200",
    "PUT api/v1/memberships/<uuid:membership_id>": "401 401 403 403 201 200 200",
    "POST api/v1/memberships/<uuid:membership_id>/card": "401 401 403 403 202 202 202",
    "PUT api/v1/memberships/<uuid:membership_id>/freeze": "401 401 403 403 200 200 200",
    "DELETE api/v1/memberships/<uuid:membership_id>/freeze": "401 401 403 403 200 409 409",  # it is back
    "PUT api/v1/memberships/<uuid:membership_id>/change": "401 401 403 403 200 200 200",
    "DELETE api/v1/memberships/<uuid:membership_id>/change": "401 401 403 403 200 409 409",
    "PUT api/v1/memberships/<uuid:membership_id>/cancellation": "401 401 403 403 200 200 200",
    "DELETE api/v1/memberships/<uuid:membership_id>/cancellation": "401 401 403 403 200 409 409",
    "PUT api/v1/memberships/<uuid:membership_id>/cancellation/waiver": "401 401 403 403 409 409 200",  # somebody's yes
    "PUT api/v1/memberships/<uuid:membership_id>/household/<uuid:client_id>": "401 401 403 403 200 200 200",
    "DELETE api/v1/memberships/<uuid:membership_id>/household/<uuid:client_id>": "401 401 403 403 200 200 200",
    "GET api/v1/sales/": "401 401 403 200 200 200 200",
    "GET api/v1/sales/<uuid:sale_id>": "401 401 403 200 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>": "401 401 403 403 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>/tenders/<uuid:tender_id>": "401 401 403 403 404 200 200",
    "DELETE api/v1/sales/<uuid:sale_id>/tenders/<uuid:tender_id>": "401 401 403 403 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>/tenders/<uuid:tender_id>/tries/<int:n>": "401 401 403 403 404 400 400",
    "POST api/v1/sales/<uuid:sale_id>/tenders/<uuid:tender_id>/mail": "401 401 403 403 404 400 400",
    "PUT api/v1/sales/<uuid:sale_id>/completion": "401 401 403 403 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>/abandonment": "401 401 403 403 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>/park": "401 401 403 403 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>/void": "401 401 403 403 404 409 200",
    "PUT api/v1/sales/<uuid:sale_id>/refunds/<uuid:refund_id>": "401 401 403 403 404 201 200",
    "GET api/v1/sales/<uuid:sale_id>/receipt": "401 401 403 200 404 200 200",
    "POST api/v1/sales/<uuid:sale_id>/receipt/email": "401 401 403 403 404 202 202",
    "POST api/v1/sales/<uuid:sale_id>/receipt/print": "401 401 403 403 404 200 200",
    "GET api/v1/drawers/": "401 401 403 403 200 200 200",
    "GET api/v1/drawer-sessions/": "401 401 403 403 200 200 200",
    "GET api/v1/drawer-sessions/<uuid:session_id>": "401 401 403 403 404 200 200",
    "PUT api/v1/drawer-sessions/<uuid:session_id>": "401 401 403 403 400 201 200",
    "GET api/v1/drawer-sessions/<uuid:session_id>/x": "401 401 403 403 404 200 200",
    "GET api/v1/drawer-sessions/<uuid:session_id>/paper": "401 401 403 403 404 200 200",
    "GET api/v1/drawer-sessions/<uuid:session_id>/tips-owed": "401 401 403 403 404 200 200",
    "GET api/v1/drawer-sessions/<uuid:session_id>/movements/": "401 401 403 403 404 200 200",
    "PUT api/v1/drawer-sessions/<uuid:session_id>/movements/<uuid:movement_id>": "401 401 403 403 404 201 200",
    "PUT api/v1/drawer-sessions/<uuid:session_id>/close": "401 401 403 403 404 200 200",
    "GET api/v1/drawer-sessions/<uuid:session_id>/z": "401 401 403 403 404 200 200",
    "PUT api/v1/drawer-sessions/<uuid:session_id>/corrections/<uuid:correction_id>": (
        "401 401 403 403 404 409 201"  # with somebody's yes
    ),
    "PUT api/v1/bank-deposits/<uuid:deposit_id>": "401 401 403 403 403 403 201",
    "GET api/v1/offline-terms": "401 200 200 200 200 200 200",
    "GET api/v1/offline-sales/": "401 401 403 200 200 200 200",
    "PUT api/v1/offline-sales/<uuid:offline_id>": "401 201 200 200 409 200 200",  # each belongs to one location
    "GET api/v1/exports/sales/": WITH_A_KEY,
    "GET api/v1/reports/": WITH_A_KEY,
    "GET api/v1/reports/<slug:slug>/": WITH_A_KEY,
}
