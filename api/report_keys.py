"""Who asks for reports: a program of the accountant, by a key that somebody made for it; it reads and nothing else."""

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounting import tokens
from api.clock import moment_of
from studio.models import Staff

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which itself imports authentication classes, by the settings

SCHEME = "Bearer"


class KeyUnknown(NotAuthenticated):
    """No key, or one that nobody made or that was revoked."""

    default_code = "key_unknown"
    default_detail = "This key for reports is not known, or not any more. Make another one."


class KeyAuthentication(BaseAuthentication):
    """Knows the person who made the key of the request's header."""

    def authenticate(self, request: Request) -> tuple[Staff, str] | None:
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        staff = tokens.find(secret.strip(), now=moment_of(request._request))
        if staff is None:
            raise KeyUnknown
        return staff, SCHEME

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class WithKey(BasePermission):
    """A good key; which books its maker sees, the view asks."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.user, Staff):
            raise KeyUnknown
        return True
