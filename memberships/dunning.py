"""A card said no: when it is asked again, what the client is told, and what becomes of a month that nobody pays (R28).

Nothing that was paid for is locked away: credits that are there can be used whatever is owed.
"""

import datetime as dt
import uuid

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from memberships import dues, duesmail, ending, states
from memberships.models import Due, Membership
from payments.models import Charge, SavedCard
from payments.states import Group

DAYS = (1, 3, 5, 7, 14)
"""So many days after the first no another try is made; in the morning, when salaries have come."""
IN_THE_MORNING = dt.time(9, 0)
SOON = dt.timedelta(hours=1)
NEXT_DAY = dt.timedelta(days=1)
LEAST_PAUSE = dt.timedelta(hours=6)
LAST_DAY = DAYS[-1]
MOST_TRIES, MOST_TRIES_OF_ALL_CARDS = 6, 8
"""Of one card, and of all cards together, for one due (STRIPE "Off-session charges and dunning")."""
ENDS_AFTER = 2
"""So many skipped months in a row end the membership."""
NO_CARD = "no_card"
OWE = "owe"
"""settings.MEMBERSHIPS_UNPAID: an unpaid month stays owed; otherwise (`skip`) it is skipped."""


# When it is asked again ----------------------------------------------------------------------------------------------


def may_ask(due: Due, card: SavedCard | None) -> bool:
    """Whether the card may be asked for the due: another one than said no for good, and not too often."""
    if card is None or due.first_declined_at is None:
        return card is not None
    if _is_new(card, due):
        return due.tries < MOST_TRIES_OF_ALL_CARDS
    return due.tries < MOST_TRIES and due.decline_group not in (Group.NEVER, Group.CUSTOMER)


def is_over(due: Due, card: SavedCard | None, *, now: dt.datetime) -> bool:
    """Whether the due is not asked for any more: its period has passed, or two weeks have and the last try too."""
    if due.membership.location.business_date(now) >= due.ends_on:
        return True
    if due.first_declined_at is None or due.last_declined_at is None:
        return False
    last = last_moment(due)
    return now >= last and (due.last_declined_at >= last or not may_ask(due, card))


def last_moment(due: Due) -> dt.datetime:
    """When the last try is made, and the period skipped if it fails: 14 days after the first no."""
    assert due.first_declined_at is not None  # noqa: S101 - asked of declined dues only
    return _morning(due, LAST_DAY)


def next_try(due: Due, *, now: dt.datetime) -> dt.datetime:
    """When a due that was declined just now is looked at again, by the group of the decline."""
    assert due.first_declined_at is not None  # noqa: S101
    last = last_moment(due)
    if due.decline_group in (Group.NEVER, Group.CUSTOMER) or due.tries >= MOST_TRIES:
        return max(last, now)
    if due.decline_group == Group.SOON and now - due.first_declined_at < NEXT_DAY:
        return now + (SOON if now == due.first_declined_at else NEXT_DAY)
    mornings = (_morning(due, days) for days in DAYS)
    return next((morning for morning in mornings if morning > now + LEAST_PAUSE), max(last, now))


def _morning(due: Due, days: int) -> dt.datetime:
    """Nine o'clock at the home location, so many days after the first no."""
    assert due.first_declined_at is not None  # noqa: S101
    zone = due.membership.location.zone
    day = due.first_declined_at.astimezone(zone).date() + dt.timedelta(days=days)
    return dt.datetime.combine(day, IN_THE_MORNING, zone).astimezone(dt.UTC)


def _is_new(card: SavedCard, due: Due) -> bool:
    """Whether the card is another one than was asked for the due last."""
    asked = Charge.objects.filter(owner=due.key).order_by("-n").values_list("saved_card", flat=True).first()
    return asked != card.pk


# What a no does ------------------------------------------------------------------------------------------------------


def declined(due: Due, charge: Charge, *, now: dt.datetime) -> None:
    """Note a charge that did not pay; the first no tells the client. Another card begins the schedule anew."""
    earlier = Charge.objects.filter(owner=due.key, n__lt=charge.n).order_by("-n").first()
    is_other_card = earlier is not None and earlier.saved_card_id != charge.saved_card_id
    is_banks = charge.failure == Charge.Failure.DECLINED
    _note(
        due,
        first_at=None if is_other_card else due.first_declined_at,
        group=charge.decline_group,
        code=charge.decline_code or charge.failure,
        tries=due.tries + 1 if is_banks else due.tries,
        now=now,
    )


def without_card(due: Due, *, now: dt.datetime) -> None:
    """There is no card to ask: the client gets a link to pay by, and the month waits for it or for a card."""
    _note(due, first_at=due.first_declined_at, group=Group.CUSTOMER, code=NO_CARD, tries=due.tries, now=now)


def _note(due: Due, *, first_at: dt.datetime | None, group: str, code: str, tries: int, now: dt.datetime) -> None:
    due.first_declined_at, due.last_declined_at = first_at or now, now
    due.decline_group, due.decline_code, due.tries = group, code[:60], tries
    due.run_at = next_try(due, now=now)
    due.save(
        update_fields=["first_declined_at", "last_declined_at", "decline_group", "decline_code", "tries", "run_at"]
    )
    membership = due.membership
    if membership.status == Membership.Status.ACTIVE:
        states.move(membership, Membership.Status.PAST_DUE)
    if first_at is None and membership.status == Membership.Status.PAST_DUE:
        duesmail.tell(duesmail.DECLINED, due, now=now)


def give_up(due: Due, *, now: dt.datetime) -> None:
    """The month is skipped, and two in a row end the membership. A month that nobody was asked for, because we were
    away, is skipped too and does not count: never two months on one day without the client's word (R28, N13).
    """
    if due.first_declined_at is None:
        dues.skip(due, now=now)
    elif settings.MEMBERSHIPS_UNPAID == OWE:
        Due.objects.filter(pk=due.pk).update(run_at=now + NEXT_DAY)
        return
    else:
        _skip_unpaid(due, now=now)
    if due.membership.status != Membership.Status.ENDED:
        dues.make_for(due.membership, now=now)


def _skip_unpaid(due: Due, *, now: dt.datetime) -> None:
    membership = due.membership
    dues.skip(due, now=now)
    states.change(membership, skipped_in_a_row=membership.skipped_in_a_row + 1)
    if membership.skipped_in_a_row < ENDS_AFTER:
        duesmail.tell(duesmail.SKIPPED, due, now=now)
        return
    ending.end(membership, why=Membership.End.UNPAID, on=membership.location.business_date(now), now=now)
    duesmail.tell(duesmail.ENDED, due, now=now)


# A new card is used at once ------------------------------------------------------------------------------------------


class UseNewCards:
    """Looks every minute for cards that were saved since the old one said no."""

    kind = "use_new_cards"
    every = dt.timedelta(minutes=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        saved = SavedCard.objects.kept().filter(client=OuterRef("membership__client_id"), is_default=True)
        newer = Exists(saved.filter(saved_at__gt=OuterRef("last_declined_at")))
        _waiting(now=now).filter(newer).update(run_at=now)


def card_changed(client_id: uuid.UUID, *, now: dt.datetime) -> int:
    """The client chose another of their cards: what is owed is asked of it at once; of how many dues."""
    return _waiting(now=now).filter(membership__client=client_id).update(run_at=now)


def _waiting(*, now: dt.datetime) -> "QuerySet[Due]":
    """Declined dues that nobody looks at just now."""
    return Due.objects.filter(
        status=Due.Status.DUE, run_at__gt=now, last_declined_at__lt=now, lease_until=None
    ).exclude(first_declined_at=None)
