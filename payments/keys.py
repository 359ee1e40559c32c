"""Which Stripe we talk to: its keys and secrets, checked before anything starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def is_live() -> bool:
    """Whether real money moves."""
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def is_stand_in() -> bool:
    """Whether the stand-in answers instead of Stripe: test payments only."""
    return bool(settings.STRIPE_SECRET_KEY == settings.STRIPE_STAND_IN_KEY)


def check_keys(**_: Any) -> list[CheckMessage]:
    """Nothing starts without a key and a webhook secret, and the stand-in is never reached in earnest."""
    return list(_problems())


def _problems() -> list[CheckMessage]:
    if not settings.STRIPE_SECRET_KEY:
        hint = (
            "Stripe's dashboard shows it: sk_test_… for its sandbox, sk_live_… for real money. `make demo` needs none."
        )
        return [Error("STRIPE_SECRET_KEY is not set.", hint=hint, id="payments.E001")]
    problems: list[CheckMessage] = []
    if not settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_", "sk_live_", "rk_live_")):
        problems.append(Error("STRIPE_SECRET_KEY is no secret key of Stripe's.", id="payments.E002"))
    if not settings.STRIPE_WEBHOOK_SECRETS:
        hint = "Make an endpoint for /stripe/webhook in Stripe's dashboard; it shows the secret, whsec_…."
        problems.append(Error("STRIPE_WEBHOOK_SECRET is not set.", hint=hint, id="payments.E003"))
    if is_stand_in() and not (settings.DEMO or settings.STRIPE_STAND_IN_ALLOWED):
        problems.append(Error("The stand-in for Stripe is for the demo only.", id="payments.E004"))
    return problems
