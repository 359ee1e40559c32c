"""Members who change their mind: each function is one request of theirs, or an hour of the house's own work."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.models import OutboxMail
from memberships import cancelling, changes, consents, freezes
from memberships.asking import Asker
from memberships.cancelling import Cancelled
from memberships.consents import Agreed
from memberships.models import Cancellation, Change, Freeze, Membership, Plan
from memberships.scheduled import ChangeMemberships
from pos.asked import AskedLine
from pos.basket import Basket
from tests.memberships.members import House, again

AT_DESK = Asker()


@transaction.atomic
def freezes_for(membership: Membership, months: int, reason: str = "") -> Freeze:
    return freezes.freeze(membership_id=membership.pk, months=months, reason=reason, asker=AT_DESK, now=timezone.now())


@transaction.atomic
def unfreezes(membership: Membership) -> Freeze:
    return freezes.undo(membership_id=membership.pk, asker=AT_DESK, now=timezone.now())


@transaction.atomic
def changes_to(
    membership: Membership, plan: Plan, when: str = changes.AT_RENEWAL, *, seen: Plan | None = None
) -> Change:
    """Agreed to by the text of the plan, or of another that the client has seen."""
    agreed = Agreed(consents.hash_of(consents.text_for(seen or plan)))
    return changes.change(
        membership_id=membership.pk, plan=plan, when=when, agreed=agreed, asker=AT_DESK, now=timezone.now()
    )


@transaction.atomic
def keeps_plan(membership: Membership) -> Change:
    return changes.undo(membership_id=membership.pk, asker=AT_DESK, now=timezone.now())


@transaction.atomic
def cancels(membership: Membership, **more: Any) -> Cancelled:
    return cancelling.cancel(membership_id=membership.pk, asker=AT_DESK, now=timezone.now(), **more)


@transaction.atomic
def stays(membership: Membership) -> Cancellation:
    return cancelling.undo(membership_id=membership.pk, asker=AT_DESK, now=timezone.now())


def pays_for(house: House, kind: str, instrument: str, **more: Any) -> Basket:
    """Somebody pays that line at the other terminal."""
    desk = house.desk().rings_up(AskedLine(kind=kind, instrument=instrument), **more)
    assert desk.last is not None
    return desk.pays(external=desk.last.due_cents)


def hour_passes(house: House, at: dt.datetime | None = None) -> None:
    """What the house does by itself, at that moment."""
    if at is not None:
        house.goes_to(at)
    ChangeMemberships().run(now=timezone.now())


def told(membership: Membership) -> tuple[str, str]:
    """Its state, and until when it is paid."""
    now = again(membership)
    return now.status, now.paid_until.isoformat()


def morning(year: int, month: int, day: int) -> dt.datetime:
    """Ten in the morning in Columbus, or nine in winter."""
    return dt.datetime(year, month, day, 14, 0, tzinfo=dt.UTC)


def mails_are_sent() -> list[str]:
    """The subjects of the mails that waited, in the order in which they were queued."""
    waiting = OutboxMail.objects.filter(sent_at=None).order_by("queued_at", "pk")
    subjects = [mail.subject for mail in waiting]
    waiting.update(sent_at=timezone.now())
    return subjects
