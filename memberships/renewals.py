"""Charging what members owe: a due is claimed, its card asked, and what came of that is noted (R26, R28).

A process may die at any line: an unpaid due is claimed again, a charge for it is found by its owner and never made
twice, and the sale of a paid one carries its charge's own id.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from jobs.leases import Lease, again, again_all, done, done_all
from memberships import dues, dunning, joining, preparing, states, telling
from memberships.models import Due, Membership
from payments import cards, off_session, unsold
from payments.charges import CardWasCharged, ChargeInFlight
from payments.hosted import PageIsOpen
from payments.models import Charge, HostedPage, SavedCard
from pos import online
from pos.asked import AskedLine, AskedSale
from studio.refusal import Refusal

PREFIX = "due:"
LOOK_AGAIN = dt.timedelta(hours=1)
"""A card that is asked tells by itself how it went; this is for when that is lost."""
DESK_TAKES = dt.timedelta(minutes=10)


# The card is asked ---------------------------------------------------------------------------------------------------


class DuesToCharge:
    """Dues whose day has come, of members and of those who join online and have saved their card.

    With `keeps` whoever makes the charges of a due has them for so long, to ask for them at once: they are in `made`.
    """

    lease = dt.timedelta(minutes=1)

    def __init__(self, *, keeps: dt.timedelta | None = None) -> None:
        self.keeps = keeps
        self.made: list[Charge] = []

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Due]":
        return to_charge(now=now)

    def work(self, row: Due, *, now: dt.datetime) -> None:
        self.work_all([row], now=now)

    def work_all(self, rows: Sequence[Due], *, now: dt.datetime) -> None:
        """The same for many, in one transaction."""
        lease = Lease.of(self.keeps, now=now) if self.keeps is not None else None
        with transaction.atomic(durable=True):
            made = step_all(rows, now=now, lease=lease)
        self.made += [charge for charge in made if charge.lease_token is not None]


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
    return next(iter(step_all([row], now=now)), None)


def step_all(rows: Sequence[Due], *, now: dt.datetime, lease: Lease | None = None) -> list[Charge]:
    """The same for many claimed dues, all or none: the charges that were made, which `lease` then gives to the caller.

    Those without anything out of the ordinary take as many statements together as one of them.
    """
    tokens = {row.pk: row.lease_token for row in rows}
    locked = dues.lock_all(list(tokens))  # a pause or an ending takes some away meanwhile
    members = [due.membership for due in locked]
    saved = cards.default_cards(one.client_id for one in members)
    in_sales = dues.keys_in_open_sales()
    preparing.read_all(members)
    asked: list[tuple[Due, SavedCard]] = []
    for due in locked:
        due.lease_token = tokens[due.pk]
        card = saved.get(due.membership.client_id)
        if due.status == Due.Status.DUE and due.key in in_sales:
            again(due, run_at=now + DESK_TAKES, why="on an open sale")
        elif (asks := _card_to_ask(due, card, now=now)) is not None:
            asked.append((due, asks))
    return _ask(asked, lease=lease, now=now)


def _card_to_ask(due: Due, card: SavedCard | None, *, now: dt.datetime) -> SavedCard | None:
    """The card that is asked for the due; None when none is, and then the due is given back as what it is."""
    if due.status != Due.Status.DUE:
        done(due)
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
        return card
    return None


def _ask(asked: Sequence[tuple[Due, SavedCard]], *, lease: Lease | None, now: dt.datetime) -> list[Charge]:
    made = off_session.charge_cards([_wanted(due, card, now=now) for due, card in asked], lease=lease, now=now)
    again_all(
        [due for (due, _), one in zip(asked, made, strict=True) if isinstance(one, Charge)], run_at=now + LOOK_AGAIN
    )
    for (due, _), one in zip(asked, made, strict=True):
        if isinstance(one, PageIsOpen):
            again(due, run_at=one.page.expires_at, why="the client may pay on a page")
        elif isinstance(one, (ChargeInFlight, CardWasCharged)):
            again(due, run_at=now + LOOK_AGAIN, why=one.sentence)
        elif isinstance(one, Refusal):
            raise one
    return [one for one in made if isinstance(one, Charge)]


def _wanted(due: Due, card: SavedCard, *, now: dt.datetime) -> off_session.Wanted:
    membership = due.membership
    cents = dues.total_cents(due, now=now)
    about = f"membership:{membership.pk}"
    return off_session.Wanted(due.key, about, membership.location, membership.client_id, card, cents)


# What came of it -----------------------------------------------------------------------------------------------------


class EndedDues:
    """Takes note of charges that have come to their end: the due is paid, or its card said no."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Charge]":
        return Charge.objects.ended(owner_prefix=PREFIX)

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        self.work_all([row], now=now)

    def work_all(self, rows: Sequence[Charge], *, now: dt.datetime) -> None:
        """The same for many, in one transaction."""
        with transaction.atomic(durable=True):
            finish_many(rows, now=now)
            done_all(rows, finished_at=now)


def finish_all(due: Due, *, now: dt.datetime) -> None:
    """What the worker does within seconds, for somebody who looks at a page."""
    with transaction.atomic(durable=True):
        finish_many(Charge.objects.ended(owner_prefix=due.key), now=now)


def finish(row: Charge, *, now: dt.datetime) -> None:
    """The due of an ended charge is paid by a sale of its own, or waits for its next try.

    Money that nothing is owed for any more goes back: the month was paid or waived while the card was being asked.
    """
    finish_many([row], now=now)


def finish_many(rows: Iterable[Charge], *, now: dt.datetime) -> None:
    """`finish` for many charges, all or none; those that have paid what is owed are sold together."""
    unfinished = Charge.objects.select_for_update(of=("self",)).filter(
        pk__in=[row.pk for row in rows], finished_at=None
    )
    ended = list(unfinished.prefetch_related("location").order_by("pk"))  # somebody else may have been faster
    locked = {due.pk: due for due in dues.lock_all([_due_id(charge) for charge in ended])}
    paid = []
    for charge in ended:
        due = locked.get(_due_id(charge))
        if charge.status == Charge.Status.SUCCEEDED and due is not None and due.status in dues.OPEN:
            paid.append((charge, due))
        else:
            _note(charge, due, now=now)
    _sell(paid, now=now)


def _due_id(charge: Charge) -> uuid.UUID:
    return uuid.UUID(charge.owner.removeprefix(PREFIX))


def _note(charge: Charge, due: Due | None, *, now: dt.datetime) -> None:
    """Take note of a charge by which nothing is sold."""
    Charge.objects.filter(pk=charge.pk).update(finished_at=now)
    if charge.status == Charge.Status.SUCCEEDED:
        if due is None or due.sale_key != f"sale:{charge.pk}":
            unsold.give_unsold_back(charge, now=now)
    elif due is not None and due.status == Due.Status.DUE:
        if charge.status == Charge.Status.FAILED:
            dunning.declined(due, charge, now=now)
        else:
            Due.objects.filter(pk=due.pk).update(run_at=now)  # it was taken back: looked at again


def _sell(paid: Sequence[tuple[Charge, Due]], *, now: dt.datetime) -> None:
    """Each due that is owed is paid by the sale of its charge, whose id is the charge's own."""
    begin = [due.membership for _, due in paid if due.membership.status == Membership.Status.JOINING]
    pages = HostedPage.objects.filter(intent_id__in=[charge.intent_id for charge, _ in paid])
    priced_at = dict(pages.values_list("intent_id", "created_at"))
    sales = [
        online.PaidSale(
            sale_id=charge.pk,
            asked=AskedSale(lines=(AskedLine(kind="dues", instrument=due.key),), client_id=due.membership.client_id),
            charge=charge,
            location=due.membership.location,
            client=due.membership.client,
            priced_at=priced_at.get(charge.intent_id or "", charge.created_at),
        )
        for charge, due in paid
    ]
    online.sell_all_paid(sales, known={due.key: due for _, due in paid}, now=now)
    for membership in begin:
        membership.refresh_from_db()
        telling.welcome(membership, now=now)
