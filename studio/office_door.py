"""The door of the back office: how passwords and codes are tried, counted and written down, and where one comes out.

allauth asks these classes; tries are counted in the database before the secret is looked at (S3), so that they hold
for all processes together.
"""

import base64
import datetime as dt
import hashlib
import hmac
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from cryptography.fernet import Fernet
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from studio import audit, second_factor, throttle
from studio.addresses import address_of
from studio.models import Business, Staff

TRIES, TRIES_PER = 5, dt.timedelta(minutes=5)
"""Of one person from one address: a rival elsewhere can not keep them out."""
TRIES_OF_ADDRESS = 60
CODES_A_DAY, DAY = 50, dt.timedelta(days=1)
"""Only who knows the password comes as far as a code."""
ONCE_IN = dt.timedelta(minutes=2)
FRESH_FOR = dt.timedelta(minutes=5)
"""So long after signing in the second factor is set up or changed without being asked again."""


class OfficeAdapter(DefaultAccountAdapter):
    """How allauth lets people in: nobody makes an account of their own, and every try is counted and kept."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The person whose password it is; a try too many is refused before the password is looked at."""
        now, address = timezone.now(), address_of(request)
        of_both = f"office:{_digest(str(credentials.get('username', '')).lower())}:{address}"
        of_address = f"office:{address}"
        for key, limit in ((of_both, TRIES), (of_address, TRIES_OF_ADDRESS)):
            if not throttle.reserve(key=key, limit=limit, per=TRIES_PER, now=now):
                raise self.validation_error("too_many_login_attempts")
        found = authenticate(request, **credentials)
        if found is None:
            refused(request, Staff.objects.filter(username=credentials.get("username", "")).first(), "password")
            return None
        throttle.clear(key=of_both)
        throttle.give_back(key=of_address, now=now)
        return found

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Write down who is in, and by what."""
        if isinstance(user, Staff):
            used = second_factor.records_of(request, user)
            by = [str(record.get("type", record["method"])) for record in used[-2:]]
            audit.record(
                at=timezone.now(),
                action="office_signed_in",
                actor=user,
                subject=user,
                after={"by": by, "from": address_of(request)},
            )
        return super().post_login(request, user, **kwargs)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the pages say themselves what happened."""

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """By what somebody confirms who they are; a password is not enough for who has a second factor."""
        found = super().get_reauthentication_methods(user)
        return [one for one in found if one["id"] != "reauthenticate"] if second_factor.has_one(user) else found

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within a few minutes of a whole sign-in."""
        request = context.request
        if not isinstance(request.user, Staff):
            return True
        if second_factor.standing(request, request.user) == second_factor.Standing.UNPROVEN:
            return True
        used = second_factor.records_of(request, request.user)
        return not used or time.time() - used[-1]["at"] > FRESH_FOR.total_seconds()


class FactorAdapter(DefaultMFAAdapter):
    """How allauth keeps second factors: sealed by a key outside of the database, under the studio's name."""

    def encrypt(self, text: str) -> str:
        return _sealer().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _sealer().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return Business.current().name

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()


class _Counted(forms.Form):
    """Codes are counted before they are looked at, and each of them passes once."""

    user: Staff

    def clean_code(self) -> str:
        now, key, code = timezone.now(), f"office:code:{self.user.pk}", str(self.cleaned_data["code"])
        for name, limit, per in ((key, TRIES, TRIES_PER), (f"{key}:day", CODES_A_DAY, DAY)):
            if not throttle.reserve(key=name, limit=limit, per=per, now=now):
                raise OfficeAdapter().validation_error("too_many_login_attempts")
        once = f"{key}:{_digest(code.strip())}"
        try:
            if not throttle.reserve(key=once, limit=1, per=ONCE_IN, now=now):
                raise FactorAdapter().validation_error("incorrect_code")
            checked: str = super().clean_code()  # type: ignore[misc] # the form that this is mixed into has it
        except forms.ValidationError:
            refused(context.request, self.user, "code")
            raise
        throttle.clear(key=key)
        throttle.give_back(key=f"{key}:day", now=now)
        return checked


class CodeAtTheDoor(_Counted, AuthenticateForm):
    """The code after the password."""


class CodeAgain(_Counted, ReauthenticateForm):
    """The code before something that matters."""


def refused(request: HttpRequest, staff: Staff | None, by: str) -> None:
    """Write down that somebody was not let in; what was typed as a name is not kept, for it may be a password."""
    audit.record(
        at=timezone.now(),
        action="office_sign_in_refused",
        subject=staff,
        after={"by": by, "from": address_of(request)},
    )


def _digest(text: str) -> str:
    return salted_hmac("studio.office_door", text, algorithm="sha256").hexdigest()[:20]


def _sealer() -> Fernet:
    """Its key comes from the pepper of the PINs by a road of its own, so that neither gives the other away."""
    key = hmac.new(settings.PIN_PEPPER.encode(), b"second factor", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
