"""Who else may use what a client has paid ahead (R33): up to four of the household, and guests a few times a year."""

import datetime as dt
import uuid

from jobs.outbox import queue_mail
from memberships import periods
from memberships.asking import Asker
from memberships.models import HouseholdMember, LotMove, SessionLot, Users
from memberships.prices import saving_cents
from pos.models import Client
from studio import audit
from studio.models import Business
from studio.refusal import Refusal

MOST = 4


class HouseholdFull(Refusal):
    """There are four already."""

    code = "household_full"


class NotShared(Refusal):
    """The session is not for this person, or not so often."""

    code = "not_shared"


# The household -------------------------------------------------------------------------------------------------------


def members_of(owner: Client) -> list[Client]:
    """Who shares what the owner has, in the order in which they came."""
    rows = HouseholdMember.objects.filter(owner=owner).select_related("member").order_by("added_at", "pk")
    return [row.member for row in rows]


def add(*, owner: Client, member: Client, asker: Asker, now: dt.datetime) -> HouseholdMember:
    """One more of the household; there already is fine. HouseholdFull when there are four."""
    locked = Client.objects.select_for_update(of=("self",)).get(pk=owner.pk)
    if owner.pk == member.pk:
        raise NotShared("The client need not be in their own household.")
    known = HouseholdMember.objects.filter(owner=locked, member=member).first()
    if known is not None:
        return known
    if HouseholdMember.objects.filter(owner=locked).count() >= MOST:
        raise HouseholdFull(f"A household has {MOST} members at most. Take somebody off first.")
    added = HouseholdMember.objects.create(owner=locked, member=member, added_at=now, added_by=asker.staff)
    _note("household_joined", owner, member, asker, now=now)
    return added


def remove(*, owner: Client, member_id: uuid.UUID, asker: Asker, now: dt.datetime) -> None:
    """Take somebody off the household; off already is fine."""
    found = HouseholdMember.objects.filter(owner=owner, member=member_id).select_related("member").first()
    if found is not None:
        found.delete()
        _note("household_left", owner, found.member, asker, now=now)


def _note(action: str, owner: Client, member: Client, asker: Asker, *, now: dt.datetime) -> None:
    audit.record(
        at=now,
        action=action,
        actor=asker.staff,
        device=asker.device,
        subject=owner,
        after={"member": str(member.pk), "how": asker.how},
    )


# Using what somebody else has paid -----------------------------------------------------------------------------------


def is_guest(lot: SessionLot, client: Client) -> bool:
    """Whether the client is neither the owner nor of the household."""
    if client.pk == lot.client_id:
        return False
    return not HouseholdMember.objects.filter(owner=lot.client_id, member=client).exists()


def may_use(lot: SessionLot, client: Client, *, on: dt.date) -> None:
    """Nothing when the client may use a session of the lot on that day; NotShared when it is not for them.

    Somebody from outside uses a member's credits only so often in twelve months, of all the owner's lots together.
    """
    if client.pk == lot.client_id:
        return
    users = _users(lot)
    guest = is_guest(lot, client)
    if users == Users.OWNER or (guest and users == Users.HOUSEHOLD and lot.plan is None):
        raise NotShared(f"{lot.name} is for {lot.client} only.")
    if guest and lot.plan is not None and guest_uses(lot, client, on=on) >= lot.plan.guest_credits_a_year:
        raise NotShared(
            f"{lot.client} may give {lot.plan.guest_credits_a_year} sessions in twelve months to the same guest."
        )


def guest_uses(lot: SessionLot, guest: Client, *, on: dt.date) -> int:
    """How many of the owner's credits the guest has used in the twelve months up to that day, less those given back."""
    moves = LotMove.objects.filter(lot__client=lot.client_id, lot__kind=SessionLot.Kind.CREDIT, used_by=guest)
    since = lot.location.day_bounds(periods.day_after(on, -periods.MONTHS))[1]
    counted = moves.filter(at__gte=since, kind__in=[LotMove.Kind.USED, LotMove.Kind.RESTORED])
    return -sum(move.units for move in counted)


def guest_upcharge_cents(lot: SessionLot, item_id: int, list_cents: int) -> int:
    """What a guest pays on top of a member's credit: the list price less the member price, in cents."""
    return saving_cents(lot.plan, item_id, list_cents) if lot.plan is not None else 0


def tell_owner(lot: SessionLot, client: Client, *, used: uuid.UUID, now: dt.datetime) -> None:
    """A mail to the owner when somebody else has used a session of theirs; `used` names the use."""
    owner = lot.client
    if client.pk == owner.pk or not owner.email:
        return
    left = "none are left of it" if not lot.units else f"{lot.units} {'is' if lot.units == 1 else 'are'} left of it"
    text = (
        f"Hello {owner.name},\n\n{client.name} has used one session of your {lot.name} today; {left}.\n\n"
        f"If you did not expect this, please call us.\n\n{Business.current().name}\n"
    )
    queue_mail(
        dedupe=f"shared:{used}", to=owner.email, subject=f"{client.name} used one of your sessions", text=text, now=now
    )


def _users(lot: SessionLot) -> str:
    if lot.plan is not None:
        return lot.plan.users
    return lot.part.package.users if lot.part is not None else Users.OWNER
