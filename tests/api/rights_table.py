"""Who hears what at which address: the committed table of every route, every method and every kind of sender (S5).

Each row gives the status for, in this order: nobody, a tablet alone, a therapist, the accountant, the desk of another
location, the desk, the manager. All of them ask for the same thing, which belongs to the first location.
"""

SENDERS = ("nobody", "tablet", "therapist", "accountant", "elsewhere", "desk", "manager")

EVERYBODY = "200 200 200 200 200 200 200"
SIGNED_ON = "401 401 200 200 200 200 200"

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
    "GET api/v1/sales/": "401 401 403 200 200 200 200",
    "GET api/v1/sales/<uuid:sale_id>": "401 401 403 200 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>": "401 401 403 403 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>/tenders/<uuid:tender_id>": "401 401 403 403 404 200 200",
    "DELETE api/v1/sales/<uuid:sale_id>/tenders/<uuid:tender_id>": "401 401 403 403 404 200 200",
    "PUT api/v1/sales/<uuid:sale_id>/tenders/<uuid:tender_id>/tries/<int:n>": "401 401 403 403 404 400 400",
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
    "PUT api/v1/drawer-sessions/<uuid:session_id>/close": "401 401 403 403 404 200 200",
}
