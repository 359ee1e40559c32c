"""Who asks: a paired tablet, and on top of it the person who signed on there with a PIN (R12)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.clock import moment_of
from pos.asked import Desk
from studio.models import Device, Staff, StaffSession
from studio.sessions import find_signed_on

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which itself imports this module, by the settings

SCHEME = "Device"
SESSION_HEADER = "Staff-Session"
DEVICE_COOKIE_SECONDS = 365 * 24 * 3600


class DeviceUnknown(NotAuthenticated):
    """No token, or one of no tablet that is paired now."""

    default_code = "device_unknown"
    default_detail = "This tablet is not paired with the studio, or not any more. Pair it again."


class SignedOut(NotAuthenticated):
    """The tablet is known, but nobody is signed on to it, or not any more."""

    default_code = "signed_out"
    default_detail = "Nobody is signed on here. Sign on with your PIN."


class ForgedRequest(PermissionDenied):
    """A request that a tablet's cookie vouches for, but not the tablet's own page."""

    default_code = "csrf_failed"
    default_detail = "This request did not come from the desk page. Reload the page."


@dataclass(frozen=True, slots=True)
class Tablet:
    """The paired tablet of a request, and the live session on it."""

    device: Device
    session: StaffSession | None = None


class TabletAuthentication(BaseAuthentication):
    """Knows a tablet by header or cookie; a request that writes and comes by cookie must pass the CSRF check."""

    def authenticate(self, request: Request) -> tuple[Staff | None, Tablet] | None:
        http = request._request
        token = _token_in_header(http)
        if token is None:
            token = http.COOKIES.get(settings.DEVICE_COOKIE_NAME)
            if not token:
                return None
            refuse_forged(http)
        session_token = http.headers.get(SESSION_HEADER) or http.COOKIES.get(settings.STAFF_COOKIE_NAME)
        found = find_signed_on(token, session_token, now=moment_of(http))
        if found is None:
            raise DeviceUnknown
        device, session = found
        return session.staff if session else None, Tablet(device, session)

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class OnPairedTablet(BasePermission):
    """Any paired tablet, whoever stands before it."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.auth is None:
            raise DeviceUnknown
        return True


class SignedOn(OnPairedTablet):
    """A paired tablet with a person signed on; what that person may do, the domain asks."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        super().has_permission(request, view)
        if request.user is None:
            raise SignedOut
        return True


def tablet_of(request: Request) -> Tablet:
    """The tablet of a request that has passed `OnPairedTablet`."""
    tablet = request.auth
    if not isinstance(tablet, Tablet):
        raise DeviceUnknown
    return tablet


def desk_of(request: Request) -> Desk:
    """Tablet, person and place of a request that has passed `SignedOn`."""
    tablet = tablet_of(request)
    if tablet.session is None:
        raise SignedOut
    return Desk(location=tablet.device.location, staff=tablet.session.staff, device=tablet.device)


def refuse_forged(request: HttpRequest) -> None:
    """Nothing, or `ForgedRequest` when a writing request lacks the CSRF token of the desk page."""
    check = CSRFCheck(_no_response)
    check.process_request(request)
    if check.process_view(request, _no_response, (), {}):  # the reason is for a log, not for the sender
        raise ForgedRequest


def keep_device(response: HttpResponse, token: str) -> None:
    """Give the tablet its token as a cookie that scripts can not read, for a year."""
    _set_cookie(response, settings.DEVICE_COOKIE_NAME, token, max_age=DEVICE_COOKIE_SECONDS)


def keep_session(response: HttpResponse, token: str) -> None:
    """Give the tablet its staff session's token as a cookie that ends with the browser."""
    _set_cookie(response, settings.STAFF_COOKIE_NAME, token)


def forget_session(response: HttpResponse) -> None:
    """Take the staff session's cookie away."""
    response.delete_cookie(settings.STAFF_COOKIE_NAME, samesite="Lax")


def _set_cookie(response: HttpResponse, name: str, token: str, **more: Any) -> None:
    response.set_cookie(name, token, path="/", secure=settings.HTTPS, httponly=True, samesite="Lax", **more)


def _token_in_header(request: HttpRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == SCHEME.lower() else None


def _no_response(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
