"""Becoming a member: agreed to at the desk or online, begun by the first payment, a card saved for the rest."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction

from memberships import consents, dues, periods
from memberships.consents import Agreed
from memberships.models import Change, Due, Membership, Plan
from payments import cards, hosted
from payments.models import HostedPage
from pos.models import Client
from studio import audit
from studio.models import Business, Location
from studio.refusal import BadInput, Refusal

LASTS = dt.timedelta(days=1)
"""Who has not paid within a day begins again."""


class AlreadyMember(Refusal):
    """The client has this membership already."""

    code = "already_member"


class NotOnSale(Refusal):
    """The plan is not sold, or not in this way."""

    code = "plan_not_on_sale"


def plan_on_sale(code: str) -> Plan:
    """The version of the plan that is sold now; NotOnSale without one."""
    plan = Plan.objects.filter(code=code, is_on_sale=True).first()
    if plan is None:
        raise NotOnSale(f"There is no membership “{code}” on sale.")
    return plan


def online_location() -> Location:
    """The location that sells online, else the main one; NotOnSale without either."""
    places = Location.objects.filter(is_active=True)
    place = places.filter(takes_online=True).first() or places.filter(is_main=True).first()
    if place is None:
        raise NotOnSale("Memberships are not sold here yet.")
    return place


def join(
    *,
    membership_id: uuid.UUID,
    client: Client,
    plan: Plan,
    location: Location,
    agreed: Agreed,
    now: dt.datetime,
) -> Membership:
    """A membership that begins once its first due is paid: by the sale's line `membership` at the desk, by the card
    that is saved online. The same id again is the same membership; its refusals: AlreadyMember, NotOnSale, OtherText.

    In the caller's transaction.
    """
    known = Membership.objects.select_related("plan", "client", "location").filter(pk=membership_id).first()
    if known is not None:
        return the_same(known, client, plan)
    if not plan.is_on_sale or (agreed.how == "online" and not plan.joins_online):
        raise NotOnSale(f"{plan} is not sold here at the moment.")
    forget_unpaid(client, plan)
    consent = consents.keep(agreed, client=client, plan=plan, now=now)
    today = location.business_date(now)
    membership = saved(
        Membership(
            id=membership_id,
            client=client,
            plan=plan,
            location=location,
            consent=consent,
            joined_at=now,
            anchor_on=today,
            paid_until=today,
            minimum_until=periods.day_after(today, plan.minimum_months) if plan.minimum_months else None,
        )
    )
    first = dues.next_due(membership, now=now)
    first.run_at = now
    first.save(force_insert=True)
    audit.record(
        at=now,
        action="membership_agreed",
        actor=agreed.staff,
        device=agreed.device,
        location=location,
        subject=membership,
        after={"plan": f"{plan.code} {plan.version}", "consent": str(consent.pk)},
    )
    return membership


def first_due(membership: Membership) -> Due:
    """The due with which the membership begins."""
    return membership.dues.select_related("plan").earliest("starts_on", "created_at")


def card_page(membership: Membership, *, success_url: str, cancel_url: str, now: dt.datetime) -> HostedPage:
    """A page of Stripe's on which the client saves the card that dues are charged to; for a link or a QR code.

    In the caller's transaction; `payments.hosted.ask` makes it afterwards. Without a saved card a membership renews
    only when the client pays each month by link or at the desk.
    """
    return hosted.open_page(
        owner=f"card:{membership.client_id}",
        purpose=HostedPage.Purpose.SETUP,
        location=membership.location,
        amount_cents=0,
        description=f"{Business.current().name}: {membership.plan}",
        client=membership.client_id,
        email=membership.client.email,
        consent=f"consent:{membership.consent_id}",
        success_url=success_url,
        cancel_url=cancel_url,
        now=now,
    )


def has_card(membership: Membership) -> bool:
    """Whether dues can be charged without the client."""
    return cards.default_card(membership.client_id) is not None


def the_same(known: Membership, client: Client, plan: Plan) -> Membership:
    """The membership of that id, for a repeat of the same request."""
    if (known.client_id, known.plan.code) != (client.pk, plan.code):
        raise BadInput("membership", "This id belongs to another membership.")
    return known


def forget_unpaid(client: Client, plan: Plan) -> None:
    """A membership that was agreed to and never paid for makes room, unless its money may still come."""
    for stale in Membership.objects.select_for_update().filter(
        client=client, plan__code=plan.code, status=Membership.Status.JOINING
    ):
        for first in stale.dues.all():
            hosted.must_have_no_page(first.key)
            dues.must_not_be_asked(first)
        stale.dues.all().delete()
        stale.delete()


def saved(membership: Membership) -> Membership:
    """The new membership, stored; AlreadyMember when the client has the plan."""
    taken = Membership.objects.filter(client=membership.client, plan__code=membership.plan.code)
    if taken.exclude(status=Membership.Status.ENDED).exists():
        raise AlreadyMember(f"{membership.client} has {membership.plan} already.")
    coming = Change.objects.filter(membership__client=membership.client, status=Change.Status.PENDING)
    if coming.filter(to_plan__code=membership.plan.code).exclude(from_plan__code=membership.plan.code).exists():
        raise AlreadyMember(f"{membership.client} is about to change to {membership.plan}.")
    try:
        with transaction.atomic():
            membership.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyMember(f"{membership.client} has {membership.plan} already.") from error
    return membership
