"""What needs a person: money that is unclear, owed or without a sale, and news that nobody could take in."""

import datetime as dt
import zoneinfo
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.db.models import Model, Q, QuerySet, Sum
from django.urls import reverse

from ledger.accounts import Account
from ledger.models import Posting
from payments import trouble_rows, unsold
from payments.models import CardRefund, Charge, StripeEvent
from payments.trouble_rows import Act, Row
from studio.models import Location

AT_MOST = 100
"""So many rows a section shows; its number says how many there are."""
UNCLEAR_AFTER = dt.timedelta(minutes=2)
SLOW_AFTER = dt.timedelta(days=7)

Thing = TypeVar("Thing", bound=Model)


@dataclass(frozen=True, slots=True)
class About:
    """What a kind of trouble means and what to do about it; one that is not open is for information."""

    slug: str
    title: str
    means: str
    todo: str
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """All of one kind of trouble: how many there are, the oldest of them, and what can be done to all."""

    about: About
    count: int
    rows: tuple[Row, ...]
    acts: tuple[Act, ...] = ()

    @property
    def hidden(self) -> int:
        """How many more there are than rows."""
        return self.count - len(self.rows)


CHARGES = About(
    "charges",
    "Cards that are unclear",
    "Footfall asked for this money and does not know yet whether the card pays.",
    "Take no other payment for it. Footfall goes on asking by itself; you can have it ask at once.",
)
UNSOLD = About(
    "unsold",
    "Card money without a sale",
    "A card has paid this, and no sale is completed with it. It is in the books as owed to the client (2250).",
    "Give it back to the card. Where the sale is still open, complete or cancel it at the desk.",
)
OWED = About(
    "owed",
    "Refunds that did not reach the card",
    "The client was promised this money and does not have it. It is in the books as owed (2250).",
    "Try the card again, or pay by bank transfer or check and note here how.",
)
UNSENT = About(
    "unsent",
    "Refunds that are unclear",
    "Stripe has not said yet whether it sends this money back to the card.",
    "Give the client no other money for it. Footfall tries by itself; you can have it try at once.",
)
EVENTS = About(
    "events",
    "News from Stripe that could not be taken in",
    "Stripe told of something, and Footfall stopped after twelve tries to take it in.",
    "Run it again. If it comes back here, send its last error to whoever looks after Footfall for you.",
)
SLOW = About(
    "slow",
    "Refunds on their way for more than a week",
    "Stripe has sent this money, and the client’s bank has not confirmed it.",
    "Nothing to do yet. Most arrive in 5 to 10 days; one that fails will show as owed.",
    is_open=False,
)


def find(locations: Collection[Location], *, with_events: bool, now: dt.datetime) -> list[Section]:
    """The sections that have something in them, of these locations; events belong to no location."""
    charges = partial(_charges_at, {location.pk for location in locations})
    refunds = partial(_refunds_at, {location.pk for location in locations})
    found = [
        _section(CHARGES, charges(unclear_charges(now=now), "created_at"), trouble_rows.unclear_charge, now),
        _section(UNSOLD, charges(unsold_charges(), "succeeded_at"), trouble_rows.unsold_charge, now),
        _section(OWED, refunds(owed_refunds(), "failed_at"), trouble_rows.owed_refund, now),
        _section(UNSENT, refunds(unsent_refunds(now=now), "created_at"), trouble_rows.unsent_refund, now),
        _events(locations, now) if with_events else Section(EVENTS, 0, ()),
        _section(SLOW, refunds(slow_refunds(now=now), "accepted_at"), trouble_rows.slow_refund, now),
    ]
    return [section for section in found if section.count]


def _charges_at(here: set[int], found: QuerySet[Charge], oldest: str) -> QuerySet[Charge]:
    return found.filter(location__in=here).select_related("location", "reader").order_by(oldest)


def _refunds_at(here: set[int], found: QuerySet[CardRefund], oldest: str) -> QuerySet[CardRefund]:
    return found.filter(location__in=here).select_related("location", "charge__reader").order_by(oldest)


def _section(
    about: About,
    found: QuerySet[Thing],
    row: Callable[[Thing, dt.datetime], Row],
    now: dt.datetime,
    acts: tuple[Act, ...] = (),
) -> Section:
    """The section with its oldest rows, in two statements whatever their number."""
    rows = tuple(row(thing, now) for thing in found[:AT_MOST])
    return Section(about, found.count(), rows, acts)


def _events(locations: Collection[Location], now: dt.datetime) -> Section:
    zone = next((location.zone for location in locations if location.is_main), zoneinfo.ZoneInfo("UTC"))
    all_again = Act("Run all of them again", reverse("trouble_events"))
    found = given_up_events().order_by("received_at")
    return _section(EVENTS, found, partial(trouble_rows.event, zone=zone), now, (all_again,))


# What is in trouble --------------------------------------------------------------------------------------------------


def unclear_charges(*, now: dt.datetime) -> QuerySet[Charge]:
    """Those of which nobody has known for two minutes whether the card pays, and those whose work was given up."""
    asked = Q(status__in=Charge.LIVE) | Q(status=Charge.Status.FAILED, cancel_wanted_at__isnull=False)
    ended = Q(status__in=[Charge.Status.SUCCEEDED, Charge.Status.CANCELLED], finished_at=None)
    in_doubt = Q(doubts__gt=0) | Q(status__in=[Charge.Status.UNKNOWN, Charge.Status.REQUIRES_ACTION])
    old = Q(created_at__lte=now - UNCLEAR_AFTER)
    return Charge.objects.filter(asked & in_doubt & old | (asked | ended) & Q(dead_at__isnull=False))


def unsold_charges() -> QuerySet[Charge]:
    """Captured money that 2250 holds because no sale is completed with it, and that was not given back."""
    aside = Charge.objects.exclude(unsold_at=None).exclude(refunds__owner__startswith="unsold:")
    names = {unsold.instrument(charge): charge.pk for charge in aside.order_by().only("pk")}
    held = Posting.objects.filter(account=Account.REFUNDS_PAYABLE, instrument__in=names).order_by()
    sums = held.values_list("instrument").annotate(cents=Sum("amount_cents")).filter(cents__lt=0)
    return Charge.objects.filter(pk__in=[names[name] for name, _ in sums])


def owed_refunds() -> QuerySet[CardRefund]:
    """Refunds that did not reach the card: the client still has to get the money."""
    return CardRefund.objects.filter(status=CardRefund.Status.FAILED, settled_otherwise_at=None)


def unsent_refunds(*, now: dt.datetime) -> QuerySet[CardRefund]:
    """Refunds that Stripe has not taken for two minutes, and those whose work was given up."""
    unsent = Q(status=CardRefund.Status.CREATED)
    on_its_way = Q(status=CardRefund.Status.PENDING)
    old = Q(created_at__lte=now - UNCLEAR_AFTER)
    return CardRefund.objects.filter(unsent & old | (unsent | on_its_way) & Q(dead_at__isnull=False))


def slow_refunds(*, now: dt.datetime) -> QuerySet[CardRefund]:
    """Refunds that Stripe took more than a week ago and that have not arrived."""
    long_ago = now - SLOW_AFTER
    return CardRefund.objects.filter(status=CardRefund.Status.PENDING, accepted_at__lt=long_ago, dead_at=None)


def given_up_events() -> QuerySet[StripeEvent]:
    """Events that were tried twelve times in vain."""
    return StripeEvent.objects.filter(done_at=None).exclude(dead_at=None)
