"""Joining from a phone: agreed to, a card saved on Stripe's page, the first month charged at once; each step again is
the same step, so it does not matter when the browser closes or how often it comes back.
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from jobs.leases import LeaseLost, take
from memberships import joining, renewals
from memberships.consents import Agreed
from memberships.models import Due, Membership, Plan
from memberships.portal.own_card import latest_page
from payments import asking, cards, hosted
from payments.models import Charge
from pos import clients
from pos.models import Client
from studio import throttle
from studio.ids import new_id
from studio.refusal import Refusal

PER = dt.timedelta(hours=1)
MOST_OF_ADDRESS = 10


class TooManyJoin(Refusal):
    """So many from one place is no person."""

    code = "too_many_join"


@dataclass(frozen=True, slots=True)
class Joiner:
    """Who joins: somebody who is signed in, or a name and an address that nobody has proven to be theirs."""

    name: str
    email: str
    client: Client | None = None


def reserve(address: str, *, now: dt.datetime) -> None:
    """Count somebody who joins from there; TooManyJoin. The caller commits this by itself."""
    if not throttle.reserve(key=f"join-from:{address}", limit=MOST_OF_ADDRESS, per=PER, now=now):
        raise TooManyJoin("That was often. Try again in an hour, or join at the desk.")


def agree(membership_id: uuid.UUID, plan: Plan, joiner: Joiner, agreed: Agreed, *, now: dt.datetime) -> Membership:
    """The membership that begins when its first month is paid; the same id again is the same one.

    Somebody who is not signed in is a new client, whatever address they type: it may be another person's.
    In the caller's transaction; its refusals are those of `joining.join`.
    """
    known = Membership.objects.select_related("plan", "client", "location").filter(pk=membership_id).first()
    location = joining.online_location()
    if known is not None:
        client = known.client
        if joiner.client is None and _made_here(known) and known.status == Membership.Status.JOINING:
            client = clients.enrol(
                client_id=client.pk, name=joiner.name, email=joiner.email, location=location, now=now
            )
    else:
        client = joiner.client or clients.enrol(
            client_id=new_id(), name=joiner.name, email=joiner.email, location=location, now=now
        )
    return joining.join(
        membership_id=membership_id, client=client, plan=plan, location=location, agreed=agreed, now=now
    )


def _made_here(membership: Membership) -> bool:
    """Whether the client began with this joining."""
    return membership.client.created_at == membership.joined_at


# How far it is -------------------------------------------------------------------------------------------------------


def go_on(membership: Membership, *, now: dt.datetime) -> str:
    """Do what can be done now, with no transaction open, and say how far it is: `begun`, `over`, `card` (one is to be
    saved), `declined` (another one is), or `soon` (the bank is being asked).
    """
    if membership.status != Membership.Status.JOINING:
        return "begun"
    if now - membership.joined_at >= joining.LASTS:
        return "over"
    page = latest_page(membership.client)
    if page is not None and page.is_live:
        hosted.look(page, now=now)
    _charge(joining.first_due(membership), now=now)
    membership.refresh_from_db()
    return "begun" if membership.status != Membership.Status.JOINING else _waits_for(membership)


def _charge(due: Due, *, now: dt.datetime) -> None:
    """What the workers do within seconds: the card is asked for the first month, and what came of it is noted."""
    row = take(renewals.to_charge(now=now).filter(pk=due.pk), now=now, lease=renewals.DuesToCharge.lease)
    if row is not None:
        try:
            renewals.DuesToCharge().work(row, now=now)
        except LeaseLost:
            return
    charge = Charge.objects.live().filter(owner=due.key).first()
    if charge is not None:
        asking.ask(charge.pk, now=now)
    renewals.finish_all(due, now=now)


def _waits_for(membership: Membership) -> str:
    due, card = joining.first_due(membership), cards.default_card(membership.client_id)
    page = latest_page(membership.client)
    if page is not None and page.status in (page.Status.UNCLEAR, page.Status.CREATED):
        return "soon"
    if card is None or card.saved_at < membership.joined_at:
        return "card"
    if due.last_declined_at is not None and card.saved_at <= due.last_declined_at:
        return "declined"
    return "soon"
