"""What needs a person: money that is unclear, owed or without a sale, and news that nobody could take in."""

import datetime as dt
import zoneinfo
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.db.models import Min, Model, Q, QuerySet, Sum
from django.urls import reverse

from ledger.accounts import Account
from ledger.models import Posting
from payments import trouble_rows, unsold
from payments.models import BalanceTransaction, CardRefund, Charge, Dispute, HostedPage, StripeEvent
from payments.trouble_rows import Act, Row, Unplaced
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
PAGES = About(
    "pages",
    "Payment pages that are unclear",
    "A client was sent to a page of Stripe’s, and Footfall does not know what became of it.",
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
DISPUTES = About(
    "disputes",
    "Disputes that wait for your answer",
    "A cardholder contests a charge at their bank. What the bank took is in the books as disputed (1110).",
    "Open Disputes in Stripe’s dashboard, which names the last day. Send the receipt, the appointment and what you "
    "wrote to each other, or accept it. No answer is a loss.",
)
SUSPENSE = About(
    "suspense",
    "Money that nobody could place",
    "Stripe moved this for a reason that Footfall does not know. It is in the books as suspense (1190), and the month "
    "can not be closed before it is placed.",
    "Look the number up in Stripe’s dashboard; whoever keeps the books then enters what it was. A refund made in the "
    "dashboard belongs to the sale it was for.",
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
DECIDING = About(
    "deciding",
    "Disputes that the bank decides",
    "You have answered. The bank takes up to three months, and the books follow by themselves.",
    "Nothing to do.",
    is_open=False,
)


def find(locations: Collection[Location], *, with_events: bool, now: dt.datetime) -> list[Section]:
    """The sections that have something in them, of these locations; events belong to no location."""
    charges = partial(_charges_at, {location.pk for location in locations})
    refunds = partial(_refunds_at, {location.pk for location in locations})
    disputes = partial(_disputes_at, locations)
    dispute = partial(trouble_rows.dispute, main=_main_of(locations))
    found = [
        _section(CHARGES, charges(unclear_charges(now=now), "created_at"), trouble_rows.unclear_charge, now),
        _section(PAGES, _pages_at(locations, now=now), trouble_rows.unclear_page, now),
        _section(UNSOLD, charges(unsold_charges(), "succeeded_at"), trouble_rows.unsold_charge, now),
        _section(OWED, refunds(owed_refunds(), "failed_at"), trouble_rows.owed_refund, now),
        _section(UNSENT, refunds(unsent_refunds(now=now), "created_at"), trouble_rows.unsent_refund, now),
        _section(DISPUTES, disputes(waiting_disputes()), dispute, now),
        _suspense(locations, now),
        _events(locations, now) if with_events else Section(EVENTS, 0, ()),
        _section(SLOW, refunds(slow_refunds(now=now), "accepted_at"), trouble_rows.slow_refund, now),
        _section(DECIDING, disputes(disputes_being_decided()), dispute, now),
    ]
    return [section for section in found if section.count]


def _charges_at(here: set[int], found: QuerySet[Charge], oldest: str) -> QuerySet[Charge]:
    return found.filter(location__in=here).select_related("location", "reader").order_by(oldest)


def _pages_at(locations: Collection[Location], *, now: dt.datetime) -> QuerySet[HostedPage]:
    here = {location.pk for location in locations}
    return unclear_pages(now=now).filter(location__in=here).select_related("location").order_by("created_at")


def _refunds_at(here: set[int], found: QuerySet[CardRefund], oldest: str) -> QuerySet[CardRefund]:
    return found.filter(location__in=here).select_related("location", "charge__reader").order_by(oldest)


def _disputes_at(locations: Collection[Location], found: QuerySet[Dispute]) -> QuerySet[Dispute]:
    """Those of charges at these locations; a dispute of a charge that is not ours belongs to the main one."""
    here = Q(charge__location__in={location.pk for location in locations})
    if any(location.is_main for location in locations):
        here |= Q(charge=None)
    return found.filter(here).select_related("charge__location").order_by("opened_at")


def _main_of(locations: Collection[Location]) -> Location:
    return next((location for location in locations if location.is_main), next(iter(locations)))


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


def _suspense(locations: Collection[Location], now: dt.datetime) -> Section:
    """What 1190 holds at these locations, the oldest first, in two statements whatever its number."""
    places = {location.pk: location for location in locations}
    found = list(in_suspense().filter(location__in=places))
    shown = found[:AT_MOST]
    names = [name for name, *_ in shown]
    moved = BalanceTransaction.objects.filter(Q(source__in=names) | Q(pk__in=names)).order_by("created_at")
    movements = {movement.source or movement.pk: movement for movement in moved}
    rows = (Unplaced(name, places[place], cents, since, movements.get(name)) for name, place, cents, since in shown)
    return Section(SUSPENSE, len(found), tuple(trouble_rows.unplaced(money, now) for money in rows))


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


def unclear_pages(*, now: dt.datetime) -> QuerySet[HostedPage]:
    """Those of which nobody has known for two minutes what became of them, and those whose work was given up."""
    in_doubt = Q(status=HostedPage.Status.UNCLEAR, created_at__lte=now - UNCLEAR_AFTER)
    return HostedPage.objects.live().filter(in_doubt | Q(dead_at__isnull=False))


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


def waiting_disputes() -> QuerySet[Dispute]:
    """Those that are lost unless somebody answers, inquiries of banks among them."""
    return Dispute.objects.filter(status__in=["needs_response", "warning_needs_response"])


def disputes_being_decided() -> QuerySet[Dispute]:
    """Those that were answered and that the bank has not decided."""
    return Dispute.objects.filter(status__in=["under_review", "warning_under_review"])


def in_suspense() -> QuerySet[Posting, tuple[str, int, int, dt.datetime]]:
    """What 1190 holds: name, location, cents and since when, by name and location, the oldest first."""
    held = Posting.objects.filter(account=Account.STRIPE_SUSPENSE).order_by().values_list("instrument", "location")
    sums = held.annotate(cents=Sum("amount_cents"), since=Min("entry__occurred_at"))
    return sums.exclude(cents=0).order_by("since", "instrument")
