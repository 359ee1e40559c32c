"""What is kept of a client's packages and memberships, told and forgotten with the rest."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.db.models import Q

from memberships.models import Consent, HouseholdMember, Membership, SessionLot, SignInLink
from pos.client_records import NotMovable, Rows, rows_of
from pos.models import Client


class PaidAhead:
    """Sessions, memberships, consents and household. Consents are kept as long as the law asks, with their words."""

    covers: ClassVar[frozenset[str]] = frozenset(
        {
            "memberships.SessionLot.client",
            "memberships.LotMove.used_by",
            "memberships.Consent.client",
            "memberships.Membership.client",
            "memberships.HouseholdMember.owner",
            "memberships.HouseholdMember.member",
            "memberships.SignInLink.client",
        }
    )

    def tell(self, client: Client) -> Mapping[str, Rows]:
        members, lots = Membership.objects.filter(client=client), SessionLot.objects.filter(client=client)
        consents, household = Consent.objects.filter(client=client), HouseholdMember.objects.filter(owner=client)
        return {
            "memberships": rows_of(members.order_by("pk"), "id", "plan__name", "status", "paid_until", "ends_on"),
            "sessions": rows_of(lots.order_by("pk"), "id", "name", "status", "units", "value_cents", "expires_on"),
            "consents": rows_of(consents.order_by("at"), "id", "plan__name", "at", "how", "text", "signature"),
            "household": rows_of(household.order_by("pk"), "member__name", "added_at"),
        }

    def unsettled(self, client: Client, *, now: dt.datetime) -> Sequence[str]:
        live = Membership.objects.filter(client=client).exclude(status=Membership.Status.ENDED)
        lots = SessionLot.objects.filter(client=client, status=SessionLot.Status.OPEN)
        return [
            *([f"The membership {one.plan} has not ended: cancel it." for one in live.select_related("plan")]),
            *([f"{lot.units} of {lot.name} are left: use, give away or refund them." for lot in lots]),
        ]

    def move(self, gone: Client, into: Client, *, now: dt.datetime) -> Mapping[str, int]:
        """What is paid ahead is owed to the old row: it is given away first. A household is named anew."""
        if unsettled := self.unsettled(gone, now=now):
            raise NotMovable("Merge the other way round, or settle this first: " + " ".join(unsettled))
        SignInLink.objects.filter(client=gone).delete()
        named, _ = HouseholdMember.objects.filter(Q(owner=gone) | Q(member=gone)).delete()
        return {"household_removed": named}

    def forget(self, client: Client, *, now: dt.datetime) -> None:
        HouseholdMember.objects.filter(Q(owner=client) | Q(member=client)).delete()
        SignInLink.objects.filter(client=client).delete()
