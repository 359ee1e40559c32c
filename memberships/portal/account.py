"""What a client sees of their own: memberships with what they cost next, what is left, receipts, who shares."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from ledger.money import dollars
from memberships import dues, freezes, household, joining, packages, paying, planned, telling
from memberships.models import Cancellation, Change, Due, Freeze, Membership
from memberships.portal import links
from payments import cards
from pos import holdings, receipts
from pos.kinds import Offer
from pos.models import Client, Receipt
from studio.models import Location

Status = Membership.Status
RECEIPTS_A_PAGE = 25
ENDED_SHOWN_FOR = dt.timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Left:
    """Something that can pay: sessions, credits, gift cards, store credit; with its last day in words."""

    name: str
    left: str
    last_day: str
    is_sessions: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt in the list: when, its number, what it came to (a refund is negative), and its page."""

    when: str
    title: str
    what: str
    amount: str
    url: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One membership as its owner sees it, and what can be done about it now."""

    membership: Membership
    state: str
    sentences: Sequence[str]
    freeze: Freeze | None = None
    change: Change | None = None
    cancellation: Cancellation | None = None
    ways: frozenset[str] = field(default_factory=frozenset)
    join_url: str = ""


# Memberships ---------------------------------------------------------------------------------------------------------


def memberships_of(client: Client) -> "QuerySet[Membership]":
    """The client's memberships, the newest first."""
    return client.memberships.select_related("plan", "location", "client", "consent").order_by("-joined_at", "-pk")


def standings(client: Client, *, now: dt.datetime) -> list[Standing]:
    """Those that matter: not long ended, and joined online within the last day or paid."""
    found = (standing(membership, now=now) for membership in memberships_of(client))
    return [one for one in found if one is not None]


def standing(membership: Membership, *, now: dt.datetime) -> Standing | None:
    """How the membership stands; None for one that is of no interest any more."""
    if membership.status == Status.JOINING:
        return _joining(membership, now=now)
    today = membership.location.business_date(now)
    if membership.status == Status.ENDED:
        ended_on = membership.ends_on or today
        is_old = today - ended_on > ENDED_SHOWN_FOR
        return None if is_old else Standing(membership, "ended", [f"It ended on {telling.day(ended_on)}."])
    freeze = freezes.running_or_planned(membership)
    change = planned.change_of(membership)
    cancellation = membership.cancellations.filter(undone_at=None).first()
    return Standing(
        membership,
        _state(membership),
        [*_what_comes(membership, freeze, cancellation, now=now), *_what_changes(change)],
        freeze=freeze,
        change=change,
        cancellation=cancellation,
        ways=frozenset(_ways(membership, freeze, change, today=today)),
    )


def _joining(membership: Membership, *, now: dt.datetime) -> Standing | None:
    if membership.consent is None or membership.consent.how != "online" or now - membership.joined_at >= joining.LASTS:
        return None
    begins = "It begins when your first month is paid."
    return Standing(membership, "joining", [begins], join_url=links.join_url(membership.pk))


def _state(membership: Membership) -> str:
    return "ending" if membership.ends_on is not None else str(membership.status)


def _what_comes(
    membership: Membership, freeze: Freeze | None, cancellation: Cancellation | None, *, now: dt.datetime
) -> list[str]:
    if cancellation is not None and membership.ends_on is not None:
        return [f"Cancelled. It ends on {telling.day(membership.ends_on)}. Your number: {cancellation.number}."]
    told = _of_freeze(freeze)
    coming = dues.coming(membership, now=now)
    if coming is None:
        return [*told, f"Paid until {telling.day(membership.paid_until)}. It does not renew by itself."]
    if coming.first_declined_at is None:
        told.append(f"Next charge: {next_charge(coming, now=now)}.")
    if membership.minimum_until is not None and membership.minimum_until > membership.location.business_date(now):
        told.append(f"Minimum term until {telling.day(membership.minimum_until)}.")
    return told


def _of_freeze(freeze: Freeze | None) -> list[str]:
    if freeze is None:
        return []
    if freeze.began_at is not None:
        return [f"Frozen. It goes on by itself on {telling.day(freeze.ends_on)}."]
    return [f"Will be frozen from {telling.day(freeze.starts_on)} to {telling.day(freeze.ends_on)}."]


def _what_changes(change: Change | None) -> list[str]:
    return telling.of_change(change) if change is not None else []


def next_charge(due: Due, *, now: dt.datetime) -> str:
    """Amount with tax, day, and the card: `$79.00 on April 2, 2026, to Visa ···4242`."""
    card = cards.default_card(due.membership.client_id)
    amount = f"${dollars(dues.total_cents(due, now=now))} on {telling.day(due.starts_on)}"
    return f"{amount}, to {card}" if card is not None else f"{amount}; no card is saved"


def _ways(membership: Membership, freeze: Freeze | None, change: Change | None, *, today: dt.date) -> list[str]:
    """What could be done; whether it can is asked of the rules themselves when the page of it opens."""
    if membership.ends_on is not None:
        return ["stay"]
    ways = ["cancel"]
    if freeze is None and freezes.months_left(membership, on=today) and membership.status != Status.FROZEN:
        ways.append("freeze")
    if freeze is not None and freeze.began_at is None:
        ways.append("unfreeze")
    if membership.renews:
        ways.append("change")
    if change is not None and change.from_plan.code != change.to_plan.code:
        ways.append("keep")
    return ways


# What else is theirs -------------------------------------------------------------------------------------------------


def place_of(client: Client) -> Location:
    """The client's home: of their newest membership, else where online sales belong to, else the main one."""
    member = client.memberships.select_related("location").order_by("-joined_at").first()
    return member.location if member is not None else joining.online_location()


def what_is_left(client: Client, *, now: dt.datetime) -> list[Left]:
    """What the client has paid ahead or is owed, in the order in which it is used; saved cards hold nothing."""
    offers = holdings.what_is_left(client, location=place_of(client), now=now)
    return [_left(offer) for offer in offers if offer.units is not None or offer.amount_cents is not None]


def _left(offer: Offer) -> Left:
    last_day = packages.last_day(offer.expires_on) if offer.expires_on is not None else ""
    return Left(offer.name, offer.left, last_day, is_sessions=offer.units is not None)


def owed(client: Client, *, now: dt.datetime) -> list[paying.Owed]:
    """Months that a card said no to."""
    return paying.owed_by(client, now=now)


def receipts_of(client: Client) -> "QuerySet[Receipt]":
    """The client's receipts, the newest first."""
    found = Receipt.objects.filter(sale__client=client).select_related("location", "sale", "refund")
    return found.prefetch_related("sale__lines").order_by("-issued_at", "-pk")


def paper(receipt: Receipt) -> Paper:
    """The receipt as a line of the list."""
    at = receipt.issued_at.astimezone(receipt.location.zone)
    refund, names = receipt.refund, ", ".join(line.name for line in receipt.sale.lines.all())
    cents = -refund.total_cents if refund is not None else receipt.sale.total_cents
    return Paper(
        when=telling.day(at.date()),
        title=receipt.title,
        what=f"Refund: {names}" if refund is not None else names,
        amount=money(cents),
        url=receipts.address(receipt),
    )


def money(cents: int) -> str:
    """Dollars with a true minus."""
    return f"{'−' if cents < 0 else ''}${dollars(abs(cents))}"


def sharers(client: Client) -> list[Client]:
    """Who may use what the client has paid for."""
    return household.members_of(client)


def shared_by(client: Client) -> list[Client]:
    """Whose sessions the client may use."""
    rows = client.household_of.select_related("owner").order_by("added_at", "pk")
    return [row.owner for row in rows]
