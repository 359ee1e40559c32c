"""A plan's new price or terms: a new version, told to its members 7 to 30 days ahead, begun at a renewal (R25, R32)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from jobs.outbox import queue_mail
from ledger.money import dollars
from memberships import consents, dues, periods, planned, states, withdrawing
from memberships.asking import Asker
from memberships.models import Change, Due, MemberPrice, Membership, Plan
from studio import audit
from studio.models import Business
from studio.refusal import BadInput

EARLIEST, LATEST = 7, 30
"""So many days before it counts members are told of another price."""
COPIED = {"id", "version", "is_on_sale", "created_at"}
"""What a new version does not take over from the last."""


@dataclass(frozen=True, slots=True)
class Told:
    """A member who is told of another price, and from which renewal on it is theirs."""

    membership: Membership
    effective_on: dt.date


def would_tell(code: str, *, notice_days: int, now: dt.datetime) -> Iterator[Told]:
    """Whom `announce` would tell now, by name; nothing is written. BadInput as there."""
    _must_be_in_time(notice_days)
    around = _members(code).select_related("client", "plan", "location").prefetch_related(planned.PENDING)
    for membership in around.order_by("client__name", "pk"):
        if not _goes_elsewhere(planned.change_of(membership), code):
            yield Told(membership, first_renewal(membership, earliest=_earliest(membership, notice_days, now=now)))


def announce(code: str, *, notice_days: int, asker: Asker, now: dt.datetime, **changed: Any) -> Plan:
    """A new version of the plan that is on sale, sold from now on; its members get it with their first renewal that
    begins `notice_days` from today or later. They are told by mail now; what is being paid stays as it is.
    """
    _must_be_in_time(notice_days)
    old = Plan.objects.select_for_update().get(code=code, is_on_sale=True)
    new = _next_version(old, changed)
    for membership_id in list(_members(code).values_list("pk", flat=True)):
        _announce_to(states.lock(membership_id), new, notice_days=notice_days, asker=asker, now=now)
    audit.record(
        at=now,
        action="plan_version_announced",
        actor=asker.staff,
        subject=new,
        before={"version": old.version, "price_cents": old.price_cents},
        after={"version": new.version, "price_cents": new.price_cents, "notice_days": notice_days},
    )
    return new


def _must_be_in_time(notice_days: int) -> None:
    if not EARLIEST <= notice_days <= LATEST:
        raise BadInput("notice_days", f"Members are told {EARLIEST} to {LATEST} days ahead.")


def _earliest(membership: Membership, notice_days: int, *, now: dt.datetime) -> dt.date:
    return membership.location.business_date(now) + dt.timedelta(days=notice_days)


def _goes_elsewhere(pending: Change | None, code: str) -> bool:
    """Whether the member is about to change to another plan anyway."""
    return pending is not None and pending.to_plan.code != code


def _next_version(old: Plan, changed: dict[str, Any]) -> Plan:
    """The same plan with these fields changed; treatments and member prices are those of the last version."""
    kept = {field.name: getattr(old, field.name) for field in Plan._meta.concrete_fields if field.name not in COPIED}
    Plan.objects.filter(pk=old.pk).update(is_on_sale=False)
    last = Plan.objects.filter(code=old.code).order_by("-version").values_list("version", flat=True)[0]
    new = Plan.objects.create(**{**kept, **changed}, version=last + 1, is_on_sale=True)
    new.items.set(old.items.all())
    MemberPrice.objects.bulk_create(
        MemberPrice(plan=new, item_id=row.item_id, price_cents=row.price_cents) for row in old.member_prices.all()
    )
    return new


def _members(code: str) -> "QuerySet[Membership]":
    """Who pays for any version of the plan and goes on doing so."""
    gone = [Membership.Status.ENDED, Membership.Status.JOINING]
    return Membership.objects.filter(plan__code=code, ends_on=None, renews=True).exclude(status__in=gone).order_by("pk")


def _announce_to(membership: Membership, new: Plan, *, notice_days: int, asker: Asker, now: dt.datetime) -> None:
    """The pending change of one member; who is about to change to another plan anyway is left alone."""
    pending = planned.change_of(membership)
    if _goes_elsewhere(pending, new.code):
        return
    if pending is not None:
        pending.status = Change.Status.REPLACED
        pending.save(update_fields=["status"])
    change = Change.objects.create(
        membership=membership,
        from_plan=membership.plan,
        to_plan=new,
        effective_on=first_renewal(membership, earliest=_earliest(membership, notice_days, now=now)),
        asked_at=now,
        asked_by=asker.staff,
    )
    dues.remake(membership, now=now)
    _tell(change, now=now)


def first_renewal(membership: Membership, *, earliest: dt.date) -> dt.date:
    """The first day on which a period begins that nobody was asked to pay yet, on that day or later."""
    day, months = membership.paid_until, membership.plan.interval_months
    due = membership.dues.filter(status=Due.Status.DUE, starts_on=day).first()
    while day < earliest or (due is not None and due.starts_on == day and withdrawing.is_being_paid(due)):
        day = periods.starting(membership.anchor_on, day, months=months).ends_on
    return day


def _tell(change: Change, *, now: dt.datetime) -> None:
    client, old, new = change.membership.client, change.from_plan, change.to_plan
    if not client.email:
        return
    text = (
        f"Hello {client.name},\n\nfrom {_day(change.effective_on)} on, {new} costs ${dollars(new.price_cents)} instead "
        f"of ${dollars(old.price_cents)}. Until then nothing changes, and what you have paid for stays yours.\n\n"
        "If you do not want this, you can cancel before that day, online, at the desk or by mail.\n\n"
        f"What you agree to from then on:\n\n{consents.text_for(new)}\n{Business.current().name}\n"
    )
    queue_mail(
        dedupe=f"plan-version:{change.pk}",
        to=client.email,
        subject=f"{new} changes on {change.effective_on}",
        text=text,
        now=now,
    )


# Once a year ---------------------------------------------------------------------------------------------------------


def remind(membership: Membership, *, now: dt.datetime) -> None:
    """Once in each year of the membership: what it costs and how to leave it (R32); the same year again is one mail."""
    years = periods.months_since(membership.anchor_on, membership.location.business_date(now)) // periods.MONTHS
    client, plan = membership.client, membership.plan
    if years < 1 or not client.email:
        return
    text = (
        f"Hello {client.name},\n\nyou have been a member since {_day(membership.anchor_on)}. {plan} costs "
        f"${dollars(plan.price_cents)} {_every(plan)} and goes on by itself until you cancel: online, at the desk or "
        f"by mail.\n\n{Business.current().name}\n"
    )
    queue_mail(dedupe=f"yearly:{membership.pk}:{years}", to=client.email, subject="Your membership", text=text, now=now)


def _day(day: dt.date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _every(plan: Plan) -> str:
    return "every month" if plan.interval_months == 1 else f"every {plan.interval_months} months"
