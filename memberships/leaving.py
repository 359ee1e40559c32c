"""What leaving comes to: when a membership ends by its notice, what leaving early costs, what is given back (R31)."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Sum

from memberships import changes, periods
from memberships.models import Cancellation, Due, Membership, SessionLot
from pos.models import Sale, SaleDiscount, SaleLine, Tender

Why = Cancellation.Why
FREE_OF_CHARGE = frozenset({Why.DEATH, Why.DISABILITY, Why.MEDICAL, Why.MOVED})
"""Who leaves for one of these reasons pays no fee."""
SOLD = (Sale.Status.COMPLETED, Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED)


@dataclass(frozen=True, slots=True)
class Fee:
    """What leaving within the minimum term costs, in cents: the least of three."""

    fixed_cents: int
    remaining_cents: int
    discount_cents: int

    @property
    def cents(self) -> int:
        return min(self.fixed_cents, self.remaining_cents, self.discount_cents)


NO_FEE = Fee(0, 0, 0)


# When ----------------------------------------------------------------------------------------------------------------


def ends_on(membership: Membership, *, today: dt.date) -> dt.date:
    """The first day on which a membership that is cancelled today is over.

    It is the end of the time that is paid, or of the first period in which the notice has run out. What is unpaid or
    paused by then ends with the notice.
    """
    told = today + dt.timedelta(days=membership.plan.notice_days)
    paid_until = _paid_until(membership)
    if membership.status == Membership.Status.FROZEN:
        return told if told <= paid_until else _end_of_period(membership, told)
    if told <= paid_until:
        return paid_until
    return today if told == today else _end_of_period(membership, told)


def _paid_until(membership: Membership) -> dt.date:
    """The end of what is paid, with the months that are paid ahead and not granted yet."""
    anchor, months = membership.anchor_on, membership.paid_ahead * membership.plan.interval_months
    return periods.day_after(anchor, periods.months_since(anchor, membership.paid_until) + months)


def _end_of_period(membership: Membership, day: dt.date) -> dt.date:
    """The end of the period in which the day lies, counted on from what is paid; the day itself when one ends on it."""
    end, months = membership.paid_until, membership.plan.interval_months
    while end < day:
        end = periods.starting(membership.anchor_on, end, months=months).ends_on
    return end


# What it costs -------------------------------------------------------------------------------------------------------


def fee(membership: Membership, *, ends_on: dt.date) -> Fee:
    """What leaving on that day costs: min(fixed fee, remaining dues, discount received); nothing after the term."""
    minimum = membership.minimum_until
    if minimum is None or ends_on >= minimum:
        return NO_FEE
    return Fee(
        membership.plan.exit_fee_cents,
        remaining_cents(membership, since=ends_on, until=minimum),
        discount_cents(membership),
    )


def remaining_cents(membership: Membership, *, since: dt.date, until: dt.date) -> int:
    """The dues of the periods that start from `since` on and before `until`, by the plan's price."""
    anchor, interval = membership.anchor_on, membership.plan.interval_months
    months = periods.months_since(anchor, until) - periods.months_since(anchor, since)
    return -(-max(months, 0) // interval) * membership.plan.price_cents


def discount_cents(membership: Membership) -> int:
    """What the client has saved as a member so far: member prices, and list prices above what the credits cost."""
    return _by_credits(membership) + _by_prices(membership)


def _by_credits(membership: Membership) -> int:
    keys = [due.key for due in membership.dues.filter(status=Due.Status.PAID)]
    lots = SessionLot.objects.filter(due_key__in=keys)
    used = Tender.objects.filter(
        instrument__in=[lot.instrument for lot in lots], status=Tender.Status.SETTLED, line__isnull=False
    )
    lines = SaleLine.objects.filter(cover__in=used, sale__status__in=SOLD, refund_lines=None)
    return sum(max(line.list_cents - (line.covered_cents or 0) - line.upcharge_cents, 0) for line in lines)


def _by_prices(membership: Membership) -> int:
    given = SaleDiscount.objects.filter(
        reason=SaleDiscount.Reason.MEMBER,
        sale__client=membership.client,
        sale__status__in=SOLD,
        sale__completed_at__gte=membership.joined_at,
        line__refund_lines=None,
    )
    return given.aggregate(cents=Sum("value_cents"))["cents"] or 0


# Within the first days -----------------------------------------------------------------------------------------------


def first_due_to_refund(membership: Membership, *, today: dt.date) -> Due | None:
    """The due that is given back in full, because the client withdraws within the first days and has used nothing."""
    paid = list(membership.dues.filter(status=Due.Status.PAID).order_by("starts_on")[:2])
    last_day = membership.anchor_on + dt.timedelta(days=membership.plan.cooling_off_days)
    if len(paid) != 1 or today > last_day or not paid[0].sale_key:
        return None
    cycle = changes.cycle_of(membership, on=paid[0].starts_on)
    return paid[0] if cycle is not None and cycle.due == paid[0] and cycle.is_unused else None
