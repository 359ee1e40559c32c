"""Every no of the API as `application/problem+json`: a status, a stable code, and a sentence for the cashier."""

import logging
from collections.abc import Iterator, Mapping
from functools import singledispatch
from http import HTTPStatus
from typing import Any, NotRequired, TypedDict

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from giftcards.balance_check import TooManyTries as TooManyGuesses
from pos.checkout import SaleNotFound
from studio import error_pages
from studio.devices import TooManyPairingTries
from studio.pins import TooManyTries
from studio.refusal import BadInput, Refusal
from studio.rights import NotAllowed

logger = logging.getLogger("footfall.api")

MEDIA_TYPE = "application/problem+json"
AWAY_SECONDS = 3


class FieldError(TypedDict):
    """What is wrong with one field; its path is dotted: `lines.0.quantity`."""

    field: str
    message: str


class Problem(TypedDict):
    """RFC 9457; a refusal may carry more members, such as what an approval is needed for."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: NotRequired[list[FieldError]]


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to an error that is expected; None for a broken promise, which is a 500 and rings."""
    response = answer_to(error)
    if response is not None and (scheme := getattr(error, "auth_header", None)):
        response["WWW-Authenticate"] = scheme
    return response


@singledispatch
def answer_to(error: Exception) -> Response | None:
    """The problem that an error of this class is told as; None when nobody expected it."""
    return None


@answer_to.register
def _(error: Refusal) -> Response:
    return _problem(HTTPStatus.CONFLICT, error.code, error.sentence, error.details)


@answer_to.register
def _(error: NotAllowed) -> Response:
    return _problem(HTTPStatus.FORBIDDEN, error.code, error.sentence, error.details)


@answer_to.register
def _(error: SaleNotFound) -> Response:
    return _problem(HTTPStatus.NOT_FOUND, error.code, error.sentence)


@answer_to.register(TooManyTries)
@answer_to.register(TooManyGuesses)
@answer_to.register(TooManyPairingTries)
def _(error: Refusal) -> Response:
    response = _problem(HTTPStatus.TOO_MANY_REQUESTS, error.code, error.sentence, error.details)
    response["Retry-After"] = str(error.details["wait_seconds"])
    return response


@answer_to.register
def _(error: BadInput) -> Response:
    return _invalid([FieldError(field=error.field, message=error.sentence)])


@answer_to.register
def _(error: exceptions.ValidationError) -> Response:
    return _invalid(list(_flat(error.detail)))


@answer_to.register
def _(error: exceptions.ParseError) -> Response:
    return _invalid([FieldError(field="", message=str(error.detail))])


@answer_to.register
def _(error: exceptions.APIException) -> Response:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    return _problem(HTTPStatus(error.status_code), code, str(error.detail))


@answer_to.register
def _(error: Http404) -> Response:
    return _problem(HTTPStatus.NOT_FOUND, "not_found", "There is nothing here.")


@answer_to.register
def _(error: RequestDataTooBig) -> Response:
    return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "This is more than anybody can mean at once.")


@answer_to.register
def _(error: PermissionDenied) -> Response:
    return _problem(HTTPStatus.FORBIDDEN, "not_allowed", "This is not allowed.")


@answer_to.register(OperationalError)
@answer_to.register(InterfaceError)
def _(error: Exception) -> Response:
    logger.error("The database did not answer: %s", error, exc_info=error)
    sentence = "The till's database is busy or away just now. Nothing was changed by half; try again in a moment."
    response = _problem(HTTPStatus.SERVICE_UNAVAILABLE, "database_away", sentence)
    response["Retry-After"] = str(AWAY_SECONDS)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The 500 of a broken promise, as a problem below /api/ and as a page elsewhere; what happened is in the log."""
    if not request.path.startswith("/api/"):
        return error_pages.server_error(request)
    sentence = "Something went wrong here. Nothing was changed by half."
    body = _body(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", sentence)
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _invalid(errors: list[FieldError]) -> Response:
    first = errors[0]["message"] if errors else "This request can not be read."
    return _problem(HTTPStatus.BAD_REQUEST, "invalid", first, {"errors": errors})


def _problem(status: HTTPStatus, code: str, detail: str, details: Mapping[str, Any] | None = None) -> Response:
    return Response({**(details or {}), **_body(status, code, detail)}, status=status, content_type=MEDIA_TYPE)


def _body(status: HTTPStatus, code: str, detail: str) -> Problem:
    return Problem(type="about:blank", title=status.phrase, status=status.value, code=code, detail=detail)


def _flat(detail: Any, path: str = "") -> Iterator[FieldError]:
    """Nested errors with a dotted path each; errors of a whole object stand at its own path."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _flat(inner, path if key == "non_field_errors" else _below(path, key))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            yield from _flat(inner, path if isinstance(inner, str) else _below(path, index))
    else:
        yield FieldError(field=path, message=str(detail))


def _below(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
