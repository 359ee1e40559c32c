"""Whether somebody's sign-in to the back office is whole: a password, and then the second factor (R12).

A person who has a factor is nobody before this session has proven it; where one is required, nobody without one gets
further than the page on which it is set up. Sessions fall with the factor that they were proven by.
"""

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from studio import audit
from studio.models import Staff

DOOR = "/accounts/"
"""The pages on which somebody signs in; only there a half sign-in counts."""
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Standing(enum.Enum):
    """How far somebody's sign-in has come."""

    WHOLE = "whole"
    UNPROVEN = "unproven"  # they have a second factor, which this session has not seen
    WITHOUT = "without"  # they must set one up first


def standing(request: HttpRequest, staff: Staff) -> Standing:
    """How far this session has brought the person; one query."""
    keys = dict(Authenticator.objects.filter(user=staff).values_list("pk", "type"))
    if any(kind in FACTORS for kind in keys.values()):
        return Standing.WHOLE if _proven(records_of(request, staff), keys) else Standing.UNPROVEN
    return Standing.WITHOUT if staff.is_staff and is_required() else Standing.WHOLE


def is_required() -> bool:
    """Whether everybody of the back office must have a second factor."""
    return bool(settings.BACK_OFFICE_SECOND_FACTOR == "required")


def has_one(staff: Staff) -> bool:
    """Whether the person has a second factor, recovery codes aside."""
    return factors_of(staff.pk).exists()


def factors_of(key: Any) -> "QuerySet[Authenticator]":
    """The second factors of the person with this key, or of the rows of an outer query."""
    return factors_of_all().filter(user=key)


def factors_of_all() -> "QuerySet[Authenticator]":
    """The second factors of everybody."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(type__in=FACTORS)
    return found


def records_of(request: HttpRequest, staff: AbstractBaseUser) -> Sequence[Mapping[str, Any]]:
    """By what this session has been opened and confirmed, the latest last."""
    return get_authentication_records(request, staff)


def prove(request: HttpRequest, authenticator: Authenticator) -> None:
    """The session counts as proven by this factor, which was set up in it."""
    record_authentication(request, authenticator.user, "mfa", id=authenticator.pk, type=authenticator.type)


def reset(staff: Staff, *, by: Staff | None, now: dt.datetime, reason: str) -> None:
    """Take the person's second factor and recovery codes away, sign them off everywhere, and write it down (R39)."""
    had = sorted(Authenticator.objects.filter(user=staff).values_list("type", flat=True))
    Authenticator.objects.filter(user=staff).delete()
    sign_off_everywhere(staff)
    audit.record(
        at=now, action="second_factor_reset", actor=by, subject=staff, before={"factors": had}, reason=reason[:300]
    )


def sign_off_everywhere(staff: Staff) -> None:
    """End every session that the person has in the back office."""
    mine = [one.pk for one in Session.objects.iterator() if one.get_decoded().get("_auth_user_id") == str(staff.pk)]
    Session.objects.filter(pk__in=mine).delete()


def _proven(records: Sequence[Mapping[str, Any]], keys: Mapping[int, str]) -> bool:
    return any(record.get("method") == "mfa" and record.get("id") in keys for record in records)


class OnlyWhole:
    """Behind the door `request.user` is somebody only when their sign-in is whole, so no page can forget to ask."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(DOOR):
            request.user = SimpleLazyObject(lambda: _whole(request))  # type: ignore[assignment]
        return self.get_response(request)


def _whole(request: HttpRequest) -> Staff | AnonymousUser:
    staff = get_user(request)
    if not isinstance(staff, Staff) or standing(request, staff) != Standing.WHOLE:
        return AnonymousUser()
    return staff
