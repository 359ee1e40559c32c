"""Addresses of the door of the back office."""

from allauth.account.views import logout, reauthenticate
from django.urls import include, path

from studio.office_pages import GiveUpApp, NewCodes, SetUpApp, SignIn, landing

urlpatterns = [
    path("accounts/", landing, name="office_landing"),
    path("accounts/login/", SignIn.as_view(), name="account_login"),
    path("accounts/logout/", logout, name="account_logout"),
    path("accounts/reauthenticate/", reauthenticate, name="account_reauthenticate"),
    path("accounts/2fa/totp/activate/", SetUpApp.as_view(), name="mfa_activate_totp"),
    path("accounts/2fa/totp/deactivate/", GiveUpApp.as_view(), name="mfa_deactivate_totp"),
    path("accounts/2fa/recovery-codes/generate/", NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
