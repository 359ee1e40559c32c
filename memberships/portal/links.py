"""Addresses of joining, signed so that nobody guesses them: the page of a membership that is being joined."""

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "memberships.joining"


def token_of(membership_id: uuid.UUID) -> str:
    """The token of a membership, which may not be there yet: the form carries it."""
    return signing.Signer(salt=SALT, sep=".").sign(membership_id.hex)


def membership_id_of(token: str) -> uuid.UUID | None:
    """The id that we signed; None for any other token."""
    try:
        return uuid.UUID(signing.Signer(salt=SALT, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def join_url(membership_id: uuid.UUID) -> str:
    """The page that says how far the joining is."""
    return settings.SITE_URL + reverse("join_state", args=[token_of(membership_id)])
