"""Months that are paid ahead or given as a present: one sale, one grant each month, and no renewal by itself (R34).

What is paid and not granted yet lies in 2225; each month moves its part to the credits that it grants.
"""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import QuerySet

from ledger import journal
from ledger.accounts import Account
from ledger.journal import debit
from ledger.money import cumulative_share
from memberships import dues, ending, joining, lots, states
from memberships.models import Due, Membership, Plan, SessionLot
from pos.models import Client, RefundLine, Sale, SaleLine
from studio.models import Location
from studio.refusal import BadInput

KIND = "prepaid"
MOST_MONTHS = 24
UNSOLD = (Sale.Status.OPEN, Sale.Status.PARKED, Sale.Status.ABANDONED, Sale.Status.VOIDED)


def arrange(
    *, membership_id: uuid.UUID, client: Client, plan: Plan, location: Location, now: dt.datetime
) -> Membership:
    """A membership for a client that begins when somebody, they or another, has paid some months of it.

    It asks for no consent, for nothing is charged later. The same id again is the same one; AlreadyMember, NotOnSale.
    """
    known = Membership.objects.select_related("plan", "client", "location").filter(pk=membership_id).first()
    if known is not None:
        return joining.the_same(known, client, plan)
    if not plan.is_on_sale:
        raise joining.NotOnSale(f"{plan} is not sold here at the moment.")
    joining.forget_unpaid(client, plan)
    today = location.business_date(now)
    return joining.saved(
        Membership(
            id=membership_id,
            client=client,
            plan=plan,
            location=location,
            joined_at=now,
            anchor_on=today,
            paid_until=today,
            renews=False,
        )
    )


def instrument_of(membership: Membership) -> str:
    """How lines and postings name what is paid ahead for a membership."""
    return f"membership:{membership.pk}"


# Granted month by month ----------------------------------------------------------------------------------------------


class GrantMonthsAhead:
    """Once an hour: months that are paid ahead begin, and memberships without any left end by themselves."""

    kind = "grant_months_ahead"
    every = dt.timedelta(hours=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        for location in Location.objects.filter(is_active=True):
            for membership_id in to_grant(location, now=now).values_list("pk", flat=True):
                with transaction.atomic(durable=True):
                    grant_month(states.lock(membership_id), now=now)
            for membership_id in run_out(location, now=now).values_list("pk", flat=True):
                with transaction.atomic(durable=True):
                    end(states.lock(membership_id), now=now)


def to_grant(location: Location, *, now: dt.datetime) -> "QuerySet[Membership]":
    """Memberships of the location of which a month that is paid ahead begins by now."""
    members = Membership.objects.filter(states.is_member(), location=location, paid_ahead__gt=0)
    return members.filter(paid_until__lte=location.business_date(now)).order_by("pk")


def run_out(location: Location, *, now: dt.datetime) -> "QuerySet[Membership]":
    """Memberships that do not renew and whose last month is over."""
    members = Membership.objects.filter(states.is_member(), location=location, paid_ahead=0, renews=False)
    return members.filter(paid_until__lte=location.business_date(now)).order_by("pk")


def grant_month(membership: Membership, *, now: dt.datetime) -> SessionLot | None:
    """The credits of the next month that is paid ahead, and its entry; None when somebody was faster.

    In the caller's transaction, with the membership locked.
    """
    if membership.paid_ahead == 0 or membership.paid_until > membership.location.business_date(now):
        return None
    line = next(iter(lines_ahead(membership)))
    lot = grant_from(line, membership, now=now)
    journal.post(
        key=f"{lot.due_key}:granted",
        kind="month_ahead",
        location=line.sale.location,
        occurred_at=now,
        now=now,
        lines=[
            debit(Account.DUES, lot.paid_cents, instrument=instrument_of(membership), client=membership.client_id),
            lots.granted_value(lot, lot.paid_cents),
        ],
    )
    return lot


def end(membership: Membership, *, now: dt.datetime) -> None:
    """The last month is over: the membership ends by itself, its credits can be used for a while (R31)."""
    if membership.status in (Membership.Status.ACTIVE, Membership.Status.PAST_DUE) and not membership.paid_ahead:
        ending.end(membership, why=Membership.End.RAN_OUT, on=membership.paid_until, now=now)


def grant_from(line: SaleLine, membership: Membership, *, now: dt.datetime) -> SessionLot:
    """The next month of a line: its due is paid, its credits are there, the membership goes on. The caller posts."""
    number = granted(line)
    cents = _up_to(line, number + 1) - _up_to(line, number)
    due = _due(membership, now=now)
    states.move_due(due, Due.Status.PAID, sale_key=f"sale:{line.sale_id}", ended_at=now)
    states.change(membership, paid_ahead=membership.paid_ahead - 1, ahead_cents=membership.ahead_cents - cents)
    dues.go_on(membership, until=due.ends_on)
    return dues.grant(due, paid_cents=cents, at=line.sale.location, sale_line=line, now=now)


def _due(membership: Membership, *, now: dt.datetime) -> Due:
    """The due of the next month: the one that was made before it was paid ahead, or a new one."""
    known = membership.dues.filter(starts_on=membership.paid_until, status=Due.Status.DUE)
    due = known.select_for_update(of=("self",)).select_related("plan").first()
    if due is None:
        due = dues.next_due(membership, now=now)
        due.save(force_insert=True)
    due.membership = membership
    return due


# What is left --------------------------------------------------------------------------------------------------------


def lines_ahead(membership: Membership) -> list[SaleLine]:
    """The sold lines of which months are still to be granted, the oldest first."""
    sold = SaleLine.objects.filter(kind=KIND, instrument=instrument_of(membership)).exclude(sale__status__in=UNSOLD)
    sold = sold.select_related("sale__location").order_by("sale__completed_at", "position")
    return [line for line in sold if granted(line) < line.quantity and not is_refunded(line)]


def granted(line: SaleLine) -> int:
    """How many months of the line were granted so far."""
    return SessionLot.objects.filter(sale_line=line.pk).count()


def is_refunded(line: SaleLine) -> bool:
    return RefundLine.objects.filter(line=line.pk).exists()


def ahead_cents(line: SaleLine) -> int:
    """What was paid for the months of the line that were not granted yet, without tax."""
    return line.net_cents - _up_to(line, granted(line))


def _up_to(line: SaleLine, months: int) -> int:
    return cumulative_share(line.net_cents, months, line.quantity)


def check_months(months: int) -> int:
    """How many months can be paid at once."""
    if not 0 < months <= MOST_MONTHS:
        raise BadInput("quantity", f"Between 1 and {MOST_MONTHS} months can be paid ahead.")
    return months
