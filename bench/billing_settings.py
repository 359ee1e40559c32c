"""The settings of production, with a Stripe that says yes at once."""

from config.settings import *  # noqa: F403

PAYMENTS_GATEWAY = "bench.stripe_at_once.AtOnce"
