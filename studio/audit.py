"""The trail of who did what: one row per money or rights event, never changed afterwards (R39)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from studio.models import AuditRow, Device, Location, Staff


def record(
    *,
    at: dt.datetime,
    action: str,
    actor: Staff | None = None,
    approver: Staff | None = None,
    device: Device | None = None,
    location: Location | None = None,
    subject: Model | tuple[str, object] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditRow:
    """Write one audit row about `subject`, a row of ours or a (type, id) pair; call it in the event's own transaction.

    `before` and `after` hold only what changed, and never a secret or a client's health.
    """
    object_type, object_id = _named(subject)
    return AuditRow.objects.create(
        at=at,
        action=action,
        actor=actor,
        approver=approver,
        device=device,
        location=location,
        object_type=object_type,
        object_id=object_id,
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason,
    )


def _named(subject: Model | tuple[str, object] | None) -> tuple[str, str]:
    if subject is None:
        return "", ""
    if isinstance(subject, Model):
        return subject._meta.label_lower, str(subject.pk)
    object_type, object_id = subject
    return object_type, str(object_id)
