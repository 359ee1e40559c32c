"""What members owe: one due for each period, made ahead, paid by a sale, skipped or waived (R26)."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, prefetch_related_objects

from ledger.money import at_rate
from memberships import lots, periods, planned, rollover, states
from memberships.models import Due, Freeze, Membership, SessionLot, TaxPoint
from payments.charges import ChargeInFlight
from payments.models import Charge
from pos.models import Sale, SaleLine, TaxRate
from studio.ids import new_id
from studio.models import Location
from studio.refusal import Refusal

AHEAD = dt.timedelta(days=7)
"""So long before a period starts, its due is made and can be seen."""
AT_ONCE = 500
OPEN = (Due.Status.DUE, Due.Status.SKIPPED)
"""What can still be paid."""
LINE_KINDS = ("dues", "membership")
"""The lines of sales that pay one."""


class NothingOwed(Refusal):
    """The month is paid, waived or not there."""

    code = "nothing_owed"


# Made ahead ----------------------------------------------------------------------------------------------------------


class MakeDues:
    """Once an hour: locations have their midnights at different hours."""

    kind = "make_dues"
    every = dt.timedelta(hours=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        make(now=now)


def make(*, now: dt.datetime) -> int:
    """Make the next due of every member whose period starts within a week, once; how many. Each batch stands alone."""
    made = 0
    for location in Location.objects.filter(is_active=True):
        after = None
        while batch := _without_due(location, after=after, by=location.business_date(now) + AHEAD):
            made += len(Due.objects.bulk_create([next_due(one, now=now) for one in batch], ignore_conflicts=True))
            after = batch[-1].pk
    return made


def make_for(membership: Membership, *, now: dt.datetime) -> list[Due]:
    """The same for one member, whose last period was skipped just now."""
    location = membership.location
    found = list(to_make(location, by=location.business_date(now) + AHEAD).filter(pk=membership.pk))
    return Due.objects.bulk_create([next_due(one, now=now) for one in found], ignore_conflicts=True)


def to_make(location: Location, *, by: dt.date) -> "QuerySet[Membership]":
    """Members of a location whose next period starts by that day and has no due yet; none that ends or pauses then."""
    next_one = Due.objects.filter(membership=OuterRef("pk"), starts_on=OuterRef("paid_until"))
    pause = Freeze.objects.filter(
        membership=OuterRef("pk"),
        undone_at=None,
        starts_on__lte=OuterRef("paid_until"),
        ends_on__gt=OuterRef("paid_until"),
    )
    members = Membership.objects.filter(states.is_member(), location=location, renews=True, paid_ahead=0)
    members = members.filter(Q(ends_on=None) | Q(ends_on__gt=F("paid_until")), paid_until__lte=by)
    return members.filter(~Exists(next_one), ~Exists(pause)).select_related("plan", "location")


def _without_due(location: Location, *, after: object, by: dt.date) -> list[Membership]:
    rest = to_make(location, by=by)
    if after is not None:
        rest = rest.filter(pk__gt=after)
    together = rest.select_related(None).prefetch_related("plan", "location", planned.PENDING)
    return list(together.order_by("pk")[:AT_ONCE])


def next_due(membership: Membership, *, now: dt.datetime) -> Due:
    """The unsaved due of the next period, by the plan that it will be of; charged when that period starts."""
    plan = planned.plan_on(membership, membership.paid_until)
    period = periods.starting(membership.anchor_on, membership.paid_until, months=plan.interval_months)
    return Due(
        id=new_id(),
        membership=membership,
        plan=plan,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        amount_cents=plan.price_cents,
        units=plan.credits_per_cycle,
        created_at=now,
        run_at=membership.location.day_bounds(period.starts_on)[0],
    )


# Looked at -----------------------------------------------------------------------------------------------------------


def due_now(membership: Membership) -> Due | None:
    """The due that the member can pay now: the oldest that is not paid, whether it was tried already or not."""
    return membership.dues.filter(status=Due.Status.DUE).select_related("plan").order_by("starts_on").first()


def coming(membership: Membership, *, now: dt.datetime) -> Due | None:
    """The due that is charged next by itself, made already or not; None for who does not renew, or ends before."""
    over = membership.ends_on is not None and membership.ends_on <= membership.paid_until
    is_live = membership.status not in (Membership.Status.JOINING, Membership.Status.ENDED)
    if over or not membership.renews or not is_live:
        return None
    due = next_due(membership, now=now)
    made = membership.dues.filter(status=Due.Status.DUE, starts_on=due.starts_on).select_related("plan").first()
    due = made or due
    due.membership = membership
    return due


def latest(membership: Membership) -> Due | None:
    """The due of the newest period that was paid."""
    return membership.dues.filter(status=Due.Status.PAID).select_related("plan").order_by("-starts_on").first()


def keys_in_open_sales() -> set[str]:
    """The keys of the dues that somebody is about to pay at a desk: no card is asked for them meanwhile."""
    lines = SaleLine.objects.filter(kind__in=LINE_KINDS, instrument__startswith="due:").order_by()
    # Each state by itself: there is an index of open sales and one of parked ones, and none of both.
    on_open, parked = (lines.filter(sale__status=status) for status in (Sale.Status.OPEN, Sale.Status.PARKED))
    return set(
        on_open.values_list("instrument", flat=True).union(parked.values_list("instrument", flat=True), all=True)
    )


def total_cents(due: Due, *, now: dt.datetime) -> int:
    """What a card is asked for: the due and, where it is taxed when it is paid, its tax at today's rates."""
    location = due.membership.location
    if due.plan.tax_point != TaxPoint.SALE or location.prices_include_tax:
        return due.amount_cents
    on = location.business_date(now)
    rates = TaxRate.objects.in_force(location=location, on=on).filter(tax_category=due.plan.tax_category)
    return due.amount_cents + at_rate(due.amount_cents, sum((rate.rate for rate in rates), Decimal(0)))


def lock(due_id: uuid.UUID) -> Due:
    """The due with its plan and membership, locked until the transaction ends: the membership first, as everywhere.

    Due.DoesNotExist when a pause or an ending took it away.
    """
    found = lock_all([due_id])
    if not found:
        raise Due.DoesNotExist
    return found[0]


def lock_all(due_ids: Sequence[uuid.UUID]) -> list[Due]:
    """Those of the dues that are there, each with its plan and membership, locked as by `lock`, in few statements."""
    members = {one.pk: one for one in states.many_members().filter(dues__in=due_ids).order_by("pk")}
    found = Due.objects.select_for_update(of=("self",)).filter(pk__in=due_ids).order_by("pk")
    locked = list(found)
    for due in locked:
        due.membership = members.get(due.membership_id) or states.lock(due.membership_id)
        if due.plan_id == due.membership.plan_id:
            due.plan = due.membership.plan
    prefetch_related_objects([due for due in locked if due.plan_id != due.membership.plan_id], "plan")
    return locked


def find(due_id: uuid.UUID) -> Due | None:
    """The same, or None when there is no such due."""
    return next(iter(lock_all([due_id])), None)


def must_not_be_asked(due: Due) -> None:
    """ChargeInFlight while a card may still pay the due, or has and the due has not taken note of it."""
    asked = Charge.objects.filter(Q(status__in=Charge.LIVE) | Q(status=Charge.Status.SUCCEEDED, finished_at=None))
    if asked.filter(owner=due.key).exists():
        raise ChargeInFlight("The saved card is being charged for this month just now. Wait until that is known.")


# Paid ----------------------------------------------------------------------------------------------------------------


def pay_all(
    lines: Mapping[uuid.UUID, SaleLine], *, now: dt.datetime, locked: Mapping[uuid.UUID, Due] | None = None
) -> dict[uuid.UUID, SessionLot]:
    """Dues, by id, are paid by lines of sales: credits are granted and memberships go on, all at once or none (R26).

    The lot of each due. DueChanged when one was paid or waived meanwhile. The lines post (rule 26). Those `locked` by
    `lock_all` in this transaction are not read again.
    """
    opened: dict[uuid.UUID, SessionLot] = {}
    known = locked or {}
    left = [*known.values(), *lock_all([key for key in lines if key not in known])]
    while left:  # of one membership one after the other, for each goes on from the one before
        some = list({due.membership_id: due for due in reversed(left)}.values())
        _pay(some, lines, now=now)
        wanted = [_Grant(due, lines[due.pk].net_cents, lines[due.pk].sale.location, lines[due.pk]) for due in some]
        opened |= zip([due.pk for due in some], _grant_all(wanted, now=now), strict=True)
        left = [due for due in left if due.pk not in opened]
    return opened


def _pay(some: Sequence[Due], lines: Mapping[uuid.UUID, SaleLine], *, now: dt.datetime) -> None:
    """Note that dues of different memberships are paid, and until when these are paid now."""
    skipped = {due.pk for due in some if due.status == Due.Status.SKIPPED}
    for due in some:
        if due.membership.status == Membership.Status.JOINING:
            _begins(due, on=due.membership.location.business_date(now))
        due.sale_key, due.ended_at = f"sale:{lines[due.pk].sale_id}", now
    states.move_dues(some, Due.Status.PAID, fields=("sale_key", "ended_at"))
    for due in some:
        membership = due.membership
        membership.paid_until = max(membership.paid_until, due.ends_on) if due.pk in skipped else due.ends_on
    _go_on([due.membership for due in some])


def go_on(membership: Membership, *, until: dt.date) -> None:
    """The membership is paid until that day: past due is over, and the months skipped before count no more."""
    membership.paid_until = until
    _go_on([membership])


def _go_on(members: Sequence[Membership]) -> None:
    for one in members:
        one.skipped_in_a_row = 0
    states.set_going(members, fields=("paid_until", "skipped_in_a_row"))


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a paid due grants: worth so many cents without tax, by the location that took the money."""

    due: Due
    paid_cents: int
    at: Location
    line: SaleLine | None = None

    def lot(self, *, now: dt.datetime) -> SessionLot:
        """The unsaved lot, good for as long as the plan says."""
        membership, plan = self.due.membership, self.due.plan
        return SessionLot(
            kind=SessionLot.Kind.CREDIT,
            client=membership.client,
            location=self.at,
            name=plan.name,
            granted_units=self.due.units,
            units=self.due.units,
            paid_cents=self.paid_cents,
            value_cents=self.paid_cents,
            opened_at=now,
            plan=plan,
            sale_line=self.line,
            due_key=self.due.key,
            expires_on=periods.day_after(membership.location.business_date(now), plan.credit_months),
            tax_was_paid=plan.tax_point == TaxPoint.SALE,
        )


def grant(due: Due, *, paid_cents: int, at: Location, now: dt.datetime, sale_line: SaleLine) -> SessionLot:
    """The credits of a paid due, as one lot."""
    return _grant_all([_Grant(due, paid_cents, at, sale_line)], now=now)[0]


def _grant_all(grants: Sequence[_Grant], *, now: dt.datetime) -> list[SessionLot]:
    """The credits of dues of different memberships, one lot each; what is too much goes first, what is near is told."""
    banked = rollover.banked_by([one.due.membership for one in grants], now=now)
    opened = [one.lot(now=now) for one in grants]
    gone = [rollover.make_room(one.due, banked[one.due.membership_id], now=now) for one in grants]
    lots.open_all({f"{one.due.key}:{one.due.sale_key}": lot for one, lot in zip(grants, opened, strict=True)}, now=now)
    for one, went, lot in zip(grants, gone, opened, strict=True):
        lasts = lots.lasts(lot, on=one.due.membership.location.business_date(now))
        rollover.warn(one.due, banked[one.due.membership_id] - went + (lot.units if lasts else 0), now=now)
    return opened


def _begins(due: Due, *, on: dt.date) -> None:
    """The membership begins on the day it is paid, not on the day the form was filled in."""
    membership = due.membership
    membership.anchor_on = on
    due.starts_on, due.ends_on = on, periods.day_after(on, due.plan.interval_months)
    minimum = periods.day_after(on, due.plan.minimum_months) if due.plan.minimum_months else None
    states.change(membership, anchor_on=on, paid_until=on, minimum_until=minimum, joined_at=membership.joined_at)
    Due.objects.filter(pk=due.pk).update(starts_on=due.starts_on, ends_on=due.ends_on)


def reopen(due: Due, *, now: dt.datetime) -> None:
    """The sale that paid the due is voided: it is owed again, and no card is asked for it today."""
    membership, location = due.membership, due.membership.location
    tomorrow = location.day_bounds(location.business_date(now))[1]
    states.move_due(due, Due.Status.DUE, sale_key="", ended_at=None, run_at=tomorrow)
    states.change(membership, paid_until=min(membership.paid_until, due.starts_on))


# Not paid ------------------------------------------------------------------------------------------------------------


def skip(due: Due, *, now: dt.datetime) -> None:
    """The period passes without charge and credits; the membership is due again when the next one starts."""
    states.move_due(due, Due.Status.SKIPPED, ended_at=now)
    states.change(due.membership, paid_until=due.ends_on)


def waive(due: Due, *, now: dt.datetime) -> None:
    """Nobody is to pay the due any more, because the membership ends, pauses or changes; money that still comes for it
    goes back by itself. The membership's own dates are the caller's.
    """
    states.move_due(due, Due.Status.WAIVED, ended_at=now)


def waive_all(membership: Membership, *, now: dt.datetime) -> list[Due]:
    """Waive every due of the membership that is not paid yet; those that were."""
    waived = list(membership.dues.filter(status=Due.Status.DUE))
    for due in waived:
        waive(due, now=now)
    return waived


def remake(membership: Membership, *, now: dt.datetime) -> list[Due]:
    """Bring the due that was made ahead to the plan that its period will be of; what changed.

    One that a card said no to stays as it was asked for; that no card is being asked is the caller's to know.
    """
    plan = planned.plan_on(membership, membership.paid_until)
    period = periods.starting(membership.anchor_on, membership.paid_until, months=plan.interval_months)
    untried = membership.dues.filter(status=Due.Status.DUE, first_declined_at=None, starts_on=period.starts_on)
    changed = list(untried.exclude(plan=plan))
    for due in changed:
        due.plan, due.ends_on = plan, period.ends_on
        due.amount_cents, due.units = plan.price_cents, plan.credits_per_cycle
        due.save(update_fields=["plan", "ends_on", "amount_cents", "units"])
    return changed
