"""Terminal: locations and readers, and what the server asks a reader to do."""

from stripe_sim import refunds
from stripe_sim.account import Account, listing, merge_metadata, new_id, operation, render, task
from stripe_sim.confirming import CONFIRMABLE
from stripe_sim.errors import ApiError, Json, invalid, unexpected_state

DEVICES = {
    "simulated-wpe": "simulated_wisepos_e",
    "simulated-s700": "simulated_stripe_s700",
    "simulated-s710": "simulated_stripe_s710",
}
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
AUTHORISING = "authorising"  # the card is in and the bank is being asked

# Locations -----------------------------------------------------------------------------------------------------------


@operation("POST /v1/terminal/locations", "display_name address metadata")
def create_location(account: Account, params: Json) -> Json:
    for name in ("display_name", "address"):
        if name not in params:
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    address = dict.fromkeys(ADDRESS) | params["address"]
    location = account.new("terminal.location", "tml", display_name=params["display_name"], address=address)
    merge_metadata(location, params)
    return account.store.put(location)


@operation("GET /v1/terminal/locations/{location}")
def read_location(account: Account, params: Json) -> Json:
    return account.store.get("terminal.location", params["location"])


@operation("POST /v1/terminal/locations/{location}", "display_name address metadata")
def update_location(account: Account, params: Json) -> Json:
    location = account.store.get("terminal.location", params["location"])
    location["display_name"] = params.get("display_name", location["display_name"])
    location["address"].update(params.get("address", {}))
    merge_metadata(location, params)
    return account.store.put(location)


@operation("DELETE /v1/terminal/locations/{location}")
def delete_location(account: Account, params: Json) -> Json:
    location = account.store.get("terminal.location", params["location"])
    if account.store.all("terminal.reader", location=location["id"]):
        raise invalid("This location still has readers; delete or move them first.", param="location")
    account.store.delete(location["id"])
    return {"id": location["id"], "object": "terminal.location", "deleted": True}


@operation("GET /v1/terminal/locations")
def list_locations(account: Account, params: Json) -> Json:
    return listing(account, "terminal.location", params, "/v1/terminal/locations")


# Readers -------------------------------------------------------------------------------------------------------------


@operation("POST /v1/terminal/readers", "registration_code label location metadata")
def create_reader(account: Account, params: Json) -> Json:
    device = DEVICES.get(params["registration_code"])
    if device is None:
        message = f"No reader has this code. Here: {', '.join(DEVICES)}."
        raise invalid(message, param="registration_code", code="resource_missing")
    if "location" not in params:
        raise invalid("Missing required param: location.", param="location", code="parameter_missing")
    account.store.get("terminal.location", params["location"], param="location")
    reader = account.new(
        "terminal.reader",
        "tmr",
        device_type=device,
        device_sw_version="2.42.0.0",
        ip_address="127.0.0.1",
        label=params.get("label", "Simulated reader"),
        last_seen_at=account.created() * 1000,
        location=params["location"],
        serial_number=new_id("SIM", 8),
        status="online",
    )
    merge_metadata(reader, params)
    return account.store.put(reader | {"_phase": None})


@operation("GET /v1/terminal/readers/{reader}")
def read_reader(account: Account, params: Json) -> Json:
    return find(account, params["reader"])


def find(account: Account, reader_id: str) -> Json:
    return account.store.get("terminal.reader", reader_id)


@operation("POST /v1/terminal/readers/{reader}", "label metadata")
def update_reader(account: Account, params: Json) -> Json:
    reader = find(account, params["reader"])
    reader["label"] = params.get("label") or reader["label"]
    merge_metadata(reader, params)
    return account.store.put(reader)


@operation("DELETE /v1/terminal/readers/{reader}")
def delete_reader(account: Account, params: Json) -> Json:
    reader = find(account, params["reader"])
    account.store.delete(reader["id"])
    return {
        "id": reader["id"],
        "object": "terminal.reader",
        "device_type": reader["device_type"],
        "serial_number": reader["serial_number"],
        "deleted": True,
    }


@operation("GET /v1/terminal/readers", "device_type location serial_number status")
def list_readers(account: Account, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("device_type", "location", "serial_number", "status")}
    return listing(account, "terminal.reader", params, "/v1/terminal/readers", **filters)


# Actions -------------------------------------------------------------------------------------------------------------


@operation("POST /v1/terminal/readers/{reader}/process_payment_intent", "payment_intent process_config")
def process_payment_intent(account: Account, params: Json) -> Json:
    """In progress: the outcome comes when a card is presented. A payment that still waits for a card is replaced."""
    reader = _ready(account, params["reader"])
    intent = account.store.get("payment_intent", params["payment_intent"], param="payment_intent")
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state("payment_intent", render(intent), "process")
    if "card_present" not in intent["payment_method_types"]:
        message = "This PaymentIntent does not allow `card_present`; name it in `allowed_payment_method_types`."
        raise invalid(message, param="payment_intent")
    asked = {"payment_intent": intent["id"]}
    if "process_config" in params:
        asked["process_config"] = params["process_config"]
    return _begin(account, reader, "process_payment_intent", asked)


@operation("POST /v1/terminal/readers/{reader}/process_setup_intent", "setup_intent allow_redisplay process_config")
def process_setup_intent(account: Account, params: Json) -> Json:
    reader = _ready(account, params["reader"])
    intent = account.store.get("setup_intent", params["setup_intent"], param="setup_intent")
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state("setup_intent", render(intent), "process")
    return _begin(account, reader, "process_setup_intent", {"setup_intent": intent["id"]})


@operation("POST /v1/terminal/readers/{reader}/refund_payment", "charge payment_intent amount metadata")
def refund_payment(account: Account, params: Json) -> Json:
    """The card comes back to the reader; the refund is made when it is presented."""
    reader = _ready(account, params["reader"])
    asked: Json = {name: params[name] for name in ("charge", "payment_intent", "amount", "metadata") if name in params}
    refunds.charge_of(account, asked)
    return _begin(account, reader, "refund_payment", asked)


@operation("POST /v1/terminal/readers/{reader}/set_reader_display", "type cart")
def set_reader_display(account: Account, params: Json) -> Json:
    reader = _ready(account, params["reader"])
    if "cart" not in params:
        raise invalid("Missing required param: cart.", param="cart", code="parameter_missing")
    cart = {"tax": None} | params["cart"]
    shown = _begin(account, reader, "set_reader_display", {"type": "cart", "cart": cart})
    account.later(0, "display_set", reader["id"])
    return shown


@task("display_set")
def display_set(account: Account, reader_id: str) -> None:
    reader = account.store.find("terminal.reader", reader_id)
    if (
        reader
        and reader["action"]
        and reader["action"]["type"] == "set_reader_display"
        and reader["status"] == "online"
    ):
        end(account, reader)


@operation("POST /v1/terminal/readers/{reader}/cancel_action")
def cancel_action(account: Account, params: Json) -> Json:
    reader = _ready(account, params["reader"])
    return account.store.put(reader | {"action": None, "_phase": None})


def _ready(account: Account, reader_id: str) -> Json:
    """The reader, or a refusal while it is offline or asking a bank."""
    reader = find(account, reader_id)
    if reader["status"] == "offline":
        message = "Reader is currently offline, please ensure the reader is powered on and connected to the internet."
        raise invalid(message, code="terminal_reader_offline")
    if reader["_phase"] == AUTHORISING:
        message = "Reader is currently busy processing another request."
        raise ApiError(409, "invalid_request_error", message, code="terminal_reader_busy")
    return reader


def _begin(account: Account, reader: Json, kind: str, asked: Json) -> Json:
    action = {
        "type": kind,
        "status": "in_progress",
        "failure_code": None,
        "failure_message": None,
        "api_error": None,
        kind: asked,
    }
    reader.update(action=action, _phase="waiting", last_seen_at=account.created() * 1000)
    return account.store.put(reader)


def end(account: Account, reader: Json, *, failure: Json | None = None) -> None:
    """The action has succeeded, or failed with `failure_code`, `failure_message` and `api_error`; with its event."""
    reader["action"].update({"status": "failed", **failure} if failure else {"status": "succeeded"})
    reader.update(_phase=None, last_seen_at=account.created() * 1000)
    account.store.put(reader)
    account.emit(f"terminal.reader.action_{reader['action']['status']}", reader)
