"""The pages of the door: signing in, setting up an app for codes, recovery codes; each change is written down (R39)."""

from typing import Any

from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio import audit, rights, second_factor
from studio.addresses import address_of
from studio.models import Right, Staff
from studio.second_factor import Standing

NEXT_PAGE = {Standing.UNPROVEN: "mfa_reauthenticate", Standing.WITHOUT: "mfa_activate_totp"}


class SignIn(LoginView):
    """The password; whoever has given it already is brought to what is still missing."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        staff = request.user
        missing = NEXT_PAGE.get(second_factor.standing(request, staff)) if isinstance(staff, Staff) else None
        if missing:
            return redirect_to_login(request.GET.get("next", ""), resolve_url(missing))
        return super().dispatch(request, *args, **kwargs)


@require_safe
@never_cache
def landing(request: HttpRequest) -> HttpResponse:
    """Where somebody comes out: who sees the books before the figures of the day, others before the list of pages."""
    if not isinstance(request.user, Staff) or second_factor.standing(request, request.user) != Standing.WHOLE:
        return redirect(settings.LOGIN_URL)
    sees_books = request.user.is_staff and rights.places_of(request.user, Right.SEE_BOOKS)
    return redirect("overview" if sees_books else "admin:index")


class SetUpApp(ActivateTOTPView):
    """An app that shows codes becomes the second factor; this session has proven it, all others fall."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        second_factor.prove(self.request, Authenticator.objects.get(user=_me(self.request), type="totp"))
        _told(self.request, "second_factor_set_up")
        return answer


class GiveUpApp(DeactivateTOTPView):
    """The app and its recovery codes are no factor any more."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        _told(self.request, "second_factor_given_up")
        return answer


class NewCodes(GenerateRecoveryCodesView):
    """Ten new recovery codes; the old ones open nothing any more."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        _told(self.request, "recovery_codes_made")
        return answer


def _me(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)  # noqa: S101 - allauth's views let nobody else through
    return request.user


def _told(request: HttpRequest, action: str) -> None:
    staff = _me(request)
    audit.record(at=timezone.now(), action=action, actor=staff, subject=staff, after={"from": address_of(request)})
