"""How many credits a member may bank, and what becomes of one more (R27)."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import QuerySet, Sum

from jobs.outbox import queue_mail
from memberships import lots, unused
from memberships.models import Due, LotMove, Membership, Plan, SessionLot
from memberships.packages import sessions
from studio.models import Business

AtTheCap = Plan.AtTheCap
WILL = {
    AtTheCap.CONVERT: "your oldest one becomes store credit, worth what you paid for it.",
    AtTheCap.STOP: "we do not charge you, and you get no new one, until you have used one.",
    AtTheCap.FORFEIT: "your oldest one is lost. Please use it before that.",
}
DONE = {
    AtTheCap.CONVERT: "became store credit, worth what you paid for it.",
    AtTheCap.FORFEIT: "is lost, as you agreed when you joined.",
}


def banked(membership: Membership, *, on: dt.date) -> int:
    """How many credits of the membership can still be used on that day."""
    return _lots(membership, on=on).aggregate(units=Sum("units"))["units"] or 0


def banked_by(memberships: Sequence[Membership], *, now: dt.datetime) -> dict[uuid.UUID, int]:
    """The same for many memberships, by id, on today's date at each one's home, in two statements."""
    credits = SessionLot.objects.filter(
        client__in={one.client_id for one in memberships}, status=SessionLot.Status.OPEN
    )
    found = {lot.due_key: lot for lot in credits.exclude(due_key="").only(*_COUNTED)}
    keys = [uuid.UUID(key.removeprefix("due:")) for key in found if key.startswith("due:")]
    paid = Due.objects.filter(pk__in=keys, status=Due.Status.PAID, membership__in=memberships)
    homes = {one.pk: one for one in memberships}
    counts = dict.fromkeys(homes, 0)
    for key, membership_id in paid.values_list("pk", "membership"):
        lot, home = found[f"due:{key}"], homes[membership_id]
        if lot.client_id == home.client_id and lots.lasts(lot, on=home.location.business_date(now)):
            counts[membership_id] += lot.units
    return counts


_COUNTED = ("client", "due_key", "units", "expires_on", "stopped_on")


def is_full(due: Due, *, on: dt.date) -> bool:
    """Whether the credits of the due would go beyond the plan's cap."""
    return banked(due.membership, on=on) + due.units > due.plan.rollover_cap


def stops(due: Due, *, on: dt.date) -> bool:
    """Whether the due is neither charged nor granted, because the bank is full and the plan stops then."""
    return due.plan.at_the_cap == AtTheCap.STOP and is_full(due, on=on)


def make_room(due: Due, count: int, *, now: dt.datetime) -> int:
    """Before the due grants its credits: at the cap the oldest ones go, as the plan says; how many of `count` went.

    What an open sale holds stays; so do all where the plan stops, for somebody paid of their own accord.
    """
    membership, plan = due.membership, due.plan
    on = membership.location.business_date(now)
    too_many = count + due.units - plan.rollover_cap
    gone = 0
    for lot in lots.soonest_first(_lots(membership, on=on)) if too_many > 0 and plan.at_the_cap in DONE else ():
        units = min(lot.free_units, too_many - gone)
        if units > 0 and not lot.held_units:
            _end(lot, plan, units=units, now=now)
            gone += units
    if gone:
        _tell_gone(due, gone, now=now)
    return gone


def warn(due: Due, count: int, *, now: dt.datetime) -> None:
    """After the due has granted its credits: tell the member who has come within one of the cap, with `count`."""
    membership, plan = due.membership, due.plan
    near = plan.rollover_cap - 1
    if not count - due.units < near <= count or not membership.client.email:
        return
    text = (
        f"Hello {membership.client.name},\n\nyou have {sessions(count)} of {plan} waiting for you. You can keep "
        f"{plan.rollover_cap}; with more than that {WILL[AtTheCap(plan.at_the_cap)]}\n\n"
        f"Come and see us soon.\n\n{Business.current().name}\n"
    )
    queue_mail(
        dedupe=f"cap-near:{due.pk}",
        to=membership.client.email,
        subject=f"You have {sessions(count)} waiting",
        text=text,
        now=now,
    )


def _lots(membership: Membership, *, on: dt.date) -> "QuerySet[SessionLot]":
    keys = [f"due:{pk}" for pk in membership.dues.filter(status=Due.Status.PAID).values_list("pk", flat=True)]
    granted = SessionLot.objects.filter(due_key__in=keys, client=membership.client, status=SessionLot.Status.OPEN)
    return granted.filter(lots.not_expired(on))


def _end(lot: SessionLot, plan: Plan, *, units: int, now: dt.datetime) -> None:
    why = f"More than {plan.rollover_cap} sessions"
    if plan.at_the_cap == AtTheCap.FORFEIT:
        unused.forfeit(lot, units=units, now=now, why=why)
    else:
        unused.convert(lot, units=units, now=now, why=why)


def _tell_gone(due: Due, gone: int, *, now: dt.datetime) -> None:
    client, plan = due.membership.client, due.plan
    if not client.email:
        return
    kinds = {AtTheCap.CONVERT: LotMove.Kind.CONVERTED, AtTheCap.FORFEIT: LotMove.Kind.FORFEITED}
    cents = _cents_gone(due, kinds[AtTheCap(plan.at_the_cap)], now=now)
    what = "Your oldest session" if gone == 1 else f"Your {gone} oldest sessions"
    worth = f" It is worth ${cents // 100}.{cents % 100:02}." if plan.at_the_cap == AtTheCap.CONVERT else ""
    text = (
        f"Hello {client.name},\n\nyou have {plan.rollover_cap} sessions of {plan}, which is as many as can be kept. "
        f"{what} {DONE[AtTheCap(plan.at_the_cap)]}{worth}\n\n{Business.current().name}\n"
    )
    queue_mail(
        dedupe=f"cap-reached:{due.pk}", to=client.email, subject=f"About your sessions of {plan}", text=text, now=now
    )


def _cents_gone(due: Due, kind: LotMove.Kind, *, now: dt.datetime) -> int:
    """What went just now."""
    moves = LotMove.objects.filter(lot__client=due.membership.client, kind=kind, at=now)
    return -(moves.aggregate(cents=Sum("value_cents"))["cents"] or 0)
