"""Keys for other programs that read reports: shown once, kept as a hash, good for what their maker may see."""

import datetime as dt
import secrets
import uuid

from django.db.models import Q, QuerySet

from accounting.models import ReportToken
from studio import audit
from studio.devices import token_hash
from studio.models import Staff
from studio.refusal import BadInput, Refusal

LONGEST_NAME = 60
MOST = 20
SEEN_EVERY = dt.timedelta(minutes=1)


class TooManyTokens(Refusal):
    """The person has so many already."""

    code = "too_many_tokens"


def make(name: str, *, by: Staff, now: dt.datetime) -> tuple[ReportToken, str]:
    """A new key and its only showing; BadInput without a name, TooManyTokens. In the caller's transaction."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadInput("name", f"Say what the key is for, in {LONGEST_NAME} letters at most.")
    if live(by).count() >= MOST:
        raise TooManyTokens(f"You have {MOST} keys already. Revoke one that is not used any more.")
    secret = secrets.token_urlsafe(32)
    token = ReportToken.objects.create(name=name, token_hash=token_hash(secret), made_by=by, made_at=now)
    audit.record(at=now, action="report_token_made", actor=by, subject=token, after={"name": name})
    return token, secret


def revoke(token_id: uuid.UUID, *, by: Staff, now: dt.datetime) -> None:
    """End one of the person's own keys; ReportToken.DoesNotExist for another's. In the caller's transaction."""
    token = ReportToken.objects.select_for_update(of=("self",)).get(pk=token_id, made_by=by)
    if token.revoked_at is None:
        ReportToken.objects.filter(pk=token.pk).update(revoked_at=now)
        audit.record(at=now, action="report_token_revoked", actor=by, subject=token, before={"name": token.name})


def live(by: Staff) -> "QuerySet[ReportToken]":
    """The person's keys that are still good."""
    return ReportToken.objects.filter(made_by=by, revoked_at=None)


def find(secret: str, *, now: dt.datetime) -> Staff | None:
    """Whose key it is, when it is good and that person still works here; its use is noted once a minute."""
    token = (
        ReportToken.objects.select_related("made_by")
        .filter(token_hash=token_hash(secret), revoked_at=None, made_by__is_active=True)
        .first()
    )
    if token is None:
        return None
    unseen = Q(used_at=None) | Q(used_at__lt=now - SEEN_EVERY)
    ReportToken.objects.filter(unseen, pk=token.pk).update(used_at=now)
    return token.made_by
