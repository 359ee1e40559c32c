"""Charging what members owe: a due is claimed, its card asked, and what came of that is noted (R26, R28).

A process may die at any line: an unpaid due is claimed again, a charge for it is found by its owner and never made
twice, and the sale of a paid one carries its charge's own id.
"""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from jobs.leases import again, done
from memberships import dues, dunning, joining, preparing, states, telling
from memberships.models import Due, Membership
from payments import cards, off_session, unsold
from payments.charges import CardWasCharged, ChargeInFlight
from payments.hosted import PageIsOpen
from payments.models import Charge, HostedPage, SavedCard
from pos import online
from pos.asked import AskedLine, AskedSale

PREFIX = "due:"
LOOK_AGAIN = dt.timedelta(hours=1)
"""A card that is asked tells by itself how it went; this is for when that is lost."""
DESK_TAKES = dt.timedelta(minutes=10)


# The card is asked ---------------------------------------------------------------------------------------------------


class DuesToCharge:
    """Dues whose day has come, of members and of those who join online and have saved their card."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Due]":
        return to_charge(now=now)

    def work(self, row: Due, *, now: dt.datetime) -> None:
        with transaction.atomic(durable=True):
            step(row, now=now)


def to_charge(*, now: dt.datetime) -> "QuerySet[Due]":
    """What is owed by members, and by those who join online within a day and have saved a card that has not said no."""
    saved = SavedCard.objects.kept().filter(client=OuterRef("membership__client_id"), is_default=True)
    since = {"membership__status": Membership.Status.JOINING, "membership__joined_at__gt": now - joining.LASTS}
    joins = Q(**since, membership__consent__how="online")
    joins &= Q(Exists(saved.filter(saved_at__gte=OuterRef("membership__joined_at"))))
    joins &= Q(first_declined_at=None) | Q(Exists(saved.filter(saved_at__gt=OuterRef("last_declined_at"))))
    owed = Due.objects.filter(states.is_member("membership__") | joins, status=Due.Status.DUE)
    return owed.filter(membership__paid_ahead=0)


def step(row: Due, *, now: dt.datetime) -> Charge | None:
    """What is next for a claimed due: its card is asked, it waits, or its time is over; the charge if there is one.

    In the caller's transaction, which gives the lease back.
    """
    due = dues.find(row.pk)
    if due is None:
        return None  # a pause or an ending took it away meanwhile
    due.lease_token = row.lease_token
    card = cards.default_card(due.membership.client_id)
    if due.status != Due.Status.DUE:
        done(due)
    elif due.key in dues.keys_in_open_sales():
        again(due, run_at=now + DESK_TAKES, why="on an open sale")
    elif dunning.is_over(due, card, now=now):
        done(due)
        dunning.give_up(due, now=now)
    elif not preparing.prepare(due, now=now):
        done(due)
    elif card is None or not card.consent:
        done(due)
        dunning.without_card(due, now=now)
    elif not dunning.may_ask(due, card):
        again(due, run_at=dunning.last_moment(due), why="waits for another card")
    else:
        return _ask(due, card, now=now)
    return None


def _ask(due: Due, card: SavedCard, *, now: dt.datetime) -> Charge | None:
    try:
        charge = off_session.charge_card(
            owner=due.key,
            about=f"membership:{due.membership_id}",
            location=due.membership.location,
            client=due.membership.client_id,
            card=card,
            amount_cents=dues.total_cents(due, now=now),
            now=now,
        )
    except PageIsOpen as page:
        again(due, run_at=page.page.expires_at, why="the client may pay on a page")
        return None
    except (ChargeInFlight, CardWasCharged) as known:
        again(due, run_at=now + LOOK_AGAIN, why=known.sentence)
        return None
    again(due, run_at=now + LOOK_AGAIN)
    return charge


# What came of it -----------------------------------------------------------------------------------------------------


class EndedDues:
    """Takes note of charges that have come to their end: the due is paid, or its card said no."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Charge]":
        return Charge.objects.ended(owner_prefix=PREFIX)

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        with transaction.atomic(durable=True):
            finish(row, now=now)
            done(row, finished_at=now)


def finish_all(due: Due, *, now: dt.datetime) -> None:
    """What the worker does within seconds, for somebody who looks at a page."""
    with transaction.atomic(durable=True):
        for charge in Charge.objects.select_for_update().ended(owner_prefix=due.key):
            finish(charge, now=now)


def finish(row: Charge, *, now: dt.datetime) -> Due | None:
    """The due of an ended charge is paid by a sale of its own, or waits for its next try; None when there is none.

    Money that nothing is owed for any more goes back: the month was paid or waived while the card was being asked.
    """
    unfinished = Charge.objects.select_for_update(of=("self",)).filter(pk=row.pk, finished_at=None)
    charge = unfinished.select_related("location").first()
    due_id = uuid.UUID(row.owner.removeprefix(PREFIX))
    due = dues.find(due_id)
    if charge is None:
        return due  # somebody else was faster
    Charge.objects.filter(pk=charge.pk).update(finished_at=now)
    if charge.status == Charge.Status.SUCCEEDED:
        return _paid(due, charge, now=now)
    if due is not None and due.status == Due.Status.DUE:
        if charge.status == Charge.Status.FAILED:
            dunning.declined(due, charge, now=now)
        else:
            Due.objects.filter(pk=due.pk).update(run_at=now)  # it was taken back: looked at again
    return due


def _paid(due: Due | None, charge: Charge, *, now: dt.datetime) -> Due | None:
    if due is not None and due.sale_key == f"sale:{charge.pk}":
        return due
    if due is None or due.status not in dues.OPEN:
        unsold.give_unsold_back(charge, now=now)
        return due
    begins = due.membership.status == Membership.Status.JOINING
    line = AskedLine(kind="dues", instrument=due.key)
    online.sell_paid(
        sale_id=charge.pk,
        asked=AskedSale(lines=(line,), client_id=due.membership.client_id),
        charge=charge,
        location=due.membership.location,
        priced_at=_priced_at(charge),
        now=now,
    )
    due.refresh_from_db()
    if begins:
        telling.welcome(due.membership, now=now)
    return due


def _priced_at(charge: Charge) -> dt.datetime:
    """When it was decided how much is asked."""
    page = HostedPage.objects.filter(intent_id=charge.intent_id).first()
    return page.created_at if page is not None else charge.created_at
