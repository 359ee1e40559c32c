"""Events, and the endpoints that want to hear of them."""

import secrets

from stripe_sim.account import Account, listing, merge_metadata, operation
from stripe_sim.errors import Json, invalid

MOST_TYPES = 20


@operation("GET /v1/events/{id}")
def read(account: Account, params: Json) -> Json:
    return account.store.get("event", params["id"])


@operation("GET /v1/events", "type types delivery_success")
def list_all(account: Account, params: Json) -> Json:
    """Newest first; `delivery_success=false` are those that some endpoint has not taken yet."""
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", code="parameters_exclusive")
    if len(params.get("types", [])) > MOST_TYPES:
        raise invalid(f"You can filter by at most {MOST_TYPES} types.", param="types")
    state = {None: None, True: "delivered", False: "pending"}[params.get("delivery_success")]
    kind = params.get("types") or params.get("type")
    return listing(account, "event", params, "/v1/events", type=kind, _state=state)


@operation("POST /v1/webhook_endpoints", "url enabled_events description metadata api_version")
def create_endpoint(account: Account, params: Json) -> Json:
    """The endpoint with its secret, which is told this once."""
    secret = "whsec_" + secrets.token_hex(16)
    endpoint = add_endpoint(account, url=params["url"], secret=secret, events=params["enabled_events"])
    endpoint["description"] = params.get("description")
    merge_metadata(endpoint, params)
    return account.store.put(endpoint) | {"secret": secret}


def add_endpoint(account: Account, *, url: str, secret: str, events: list[str]) -> Json:
    endpoint = account.new("webhook_endpoint", "we", url=url, enabled_events=events, status="enabled")
    return account.store.put(endpoint | {"_secret": secret})


@operation("GET /v1/webhook_endpoints/{webhook_endpoint}")
def read_endpoint(account: Account, params: Json) -> Json:
    return account.store.get("webhook_endpoint", params["webhook_endpoint"])


@operation("POST /v1/webhook_endpoints/{webhook_endpoint}", "url enabled_events description metadata disabled")
def update_endpoint(account: Account, params: Json) -> Json:
    endpoint = account.store.get("webhook_endpoint", params["webhook_endpoint"])
    endpoint.update({name: params[name] for name in ("url", "enabled_events", "description") if name in params})
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    merge_metadata(endpoint, params)
    return account.store.put(endpoint)


@operation("DELETE /v1/webhook_endpoints/{webhook_endpoint}")
def delete_endpoint(account: Account, params: Json) -> Json:
    endpoint = account.store.get("webhook_endpoint", params["webhook_endpoint"])
    account.store.delete(endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


@operation("GET /v1/webhook_endpoints")
def list_endpoints(account: Account, params: Json) -> Json:
    return listing(account, "webhook_endpoint", params, "/v1/webhook_endpoints")
