"""What the stand-in refuses, in the shape Stripe refuses it."""

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """An error answer: HTTP status, type, and whatever Stripe adds (code, decline_code, param, payment_intent...)."""

    def __init__(self, status: int, kind: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error: Json = {"type": kind, "message": message} | {k: v for k, v in details.items() if v is not None}

    @property
    def body(self) -> Json:
        return {"error": self.error}


def invalid(message: str, *, param: str | None = None, code: str | None = None, **details: Any) -> ApiError:
    """400, our caller's mistake."""
    return ApiError(400, "invalid_request_error", message, param=param, code=code, **details)


def missing(kind: str, object_id: str, *, param: str = "id") -> ApiError:
    """404 for an object (400 would be wrong even when a parameter named it: Stripe says 404 only for the URL's own)."""
    status = 404 if param == "id" else 400
    message = f"No such {kind.replace('_', '')}: '{object_id}'"
    return ApiError(status, "invalid_request_error", message, param=param, code="resource_missing")


def unexpected_state(kind: str, obj: Json, doing: str) -> ApiError:
    """400: the object's status does not allow this."""
    named = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}[kind]
    message = f"You cannot {doing} this {named} because it has a status of {obj['status']}."
    code = f"{kind}_unexpected_state"
    return ApiError(400, "invalid_request_error", message, code=code, **{kind: obj})


def unknown_url(method: str, path: str) -> ApiError:
    """404 for whatever is not in the surface."""
    message = f"Unrecognized request URL ({method}: {path}). The stand-in has no such address; see KNOWN_GAPS.md."
    return ApiError(404, "invalid_request_error", message)
