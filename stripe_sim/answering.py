"""One request to the API, from its key and parameters to its status and body."""

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from stripe_sim import idempotency, surface
from stripe_sim.account import ANSWERS, KNOWN, Account, render
from stripe_sim.errors import ApiError, Json, invalid, unknown_url
from stripe_sim.expanding import expand
from stripe_sim.faults import NONE, Fault, Faults


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    form: str  # the query of a GET, the body of a POST
    key: str = ""  # the API key
    idempotency_key: str | None = None
    version: str | None = None


@dataclass
class Answer:
    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault = field(default_factory=lambda: NONE)  # still to strike when the answer is ready


def answer(account: Account, faults: Faults, request: Request) -> Answer:
    """What Stripe would answer. Raises Broken when a fault ends the connection before the work."""
    request_id = "req_" + secrets.token_hex(7)
    headers = {"Request-Id": request_id, "Stripe-Version": surface.TABLE["version"]}
    try:
        done = _answer(account, faults, request, request_id)
    except ApiError as error:
        done = Answer(error.status, error.body)
    except idempotency.Replayed as replay:
        replayed = {"Idempotent-Replayed": "true", "Original-Request": replay.request_id}
        done = Answer(replay.status, replay.body, replayed)
    if request.idempotency_key:
        headers["Idempotency-Key"] = request.idempotency_key
    if done.status == 409 or (done.status >= 500 and "Idempotent-Replayed" in done.headers):
        headers["Stripe-Should-Retry"] = "true" if done.status == 409 else "false"
    done.headers = headers | done.headers
    return done


def _answer(account: Account, faults: Faults, request: Request, request_id: str) -> Answer:
    _check_key(request.key)
    if request.version not in (None, surface.TABLE["version"]):
        raise invalid(f"The stand-in speaks API version {surface.TABLE['version']} only, not {request.version}.")
    found = surface.find(request.method, request.path)
    if found is None or found[0].name not in ANSWERS:
        raise unknown_url(request.method, request.path)
    operation, ids = found
    raw = surface.parse_form(request.form)
    params = surface.coerce(operation, raw)
    _check_known(operation.name, params)
    params |= {name: unquote(value) for name, value in ids.items()}
    key = request.idempotency_key if request.method == "POST" else None
    with account.store:
        begun = idempotency.begin(account, key, (request.method, request.path, raw), request_id)
    fault = faults.take(request.method, request.path)
    try:
        if fault.is_before:
            faults.strike(fault)
        return _work(account, operation, params, begun, fault)
    except BaseException as error:
        with account.store:
            if fault.kind == "error_saved" and isinstance(error, ApiError):
                begun.save(error.status, error.body)
            begun.forget()
        raise


def _work(
    account: Account, operation: surface.Operation, params: Json, begun: idempotency.Begun, fault: Fault
) -> Answer:
    """Do it, and keep the answer under the key in the same commit."""
    paths = params.pop("expand", [])
    with account.store:
        account.catch_up()
        account.request = {"id": begun.request_id, "idempotency_key": begun.key}
        try:
            body = expand(account, shown(ANSWERS[operation.name](account, params)), paths)
            done = Answer(200, body)
        except ApiError as error:
            done = Answer(error.status, shown(error.body))
        finally:
            account.request = None
        if fault.kind == "error_after":
            done = Answer(500, {"error": {"type": "api_error", "message": "An unknown error occurred."}})
        if idempotency.is_saved(done.status, done.body.get("error", {}) if done.status >= 400 else {}):
            begun.save(done.status, done.body)
        begun.forget()
    if account.watch:
        account.watch(operation.name if done.status == 200 else "error", done.body)
    done.fault = fault if fault.kind in ("reset_after", "hang_after") else NONE
    return done


def shown(value: Any) -> Any:
    """The answer without what the stand-in keeps for itself, at every depth."""
    if isinstance(value, dict):
        return {name: item if name == "metadata" else shown(item) for name, item in render(value).items()}
    return [shown(item) for item in value] if isinstance(value, list) else value


def _check_key(key: str) -> None:
    if not key:
        raise ApiError(401, "invalid_request_error", "You did not provide an API key.")
    if key.startswith(("sk_live_", "rk_live_")):
        raise ApiError(
            401, "invalid_request_error", "This is a stand-in for tests: it refuses live keys. No charge was made."
        )
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ApiError(401, "invalid_request_error", f"Invalid API Key provided: {key[:8]}***")


def _check_known(name: str, params: Json) -> None:
    for param in params:
        if param not in KNOWN[name]:
            message = f"Stripe knows the parameter `{param}`, the stand-in does not; see KNOWN_GAPS.md."
            raise invalid(message, param=param, code="parameter_not_in_stand_in")
