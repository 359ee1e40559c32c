"""What a member owes and how they can pay it themselves: at the desk as a line, or by a link (R28)."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from memberships import dues, duesmail
from memberships.models import Due, Membership
from payments import hosted
from payments.models import HostedPage
from pos.models import Client
from studio.models import Business

LIVES_FOR = dt.timedelta(hours=1)
"""The saved card is not asked while the client may pay on a page."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A month that was not paid: what it is, what it costs with tax in cents, and why the card said no."""

    instrument: str
    name: str
    amount_cents: int
    starts_on: dt.date
    decline_code: str
    url: str


def owed_by(client: Client, *, now: dt.datetime) -> list[Owed]:
    """What the desk's banner says, oldest first: the instrument is that of a sale line of kind `dues`."""
    return [_owed(due, now=now) for due in _unpaid().filter(membership__client=client)]


def _unpaid() -> "QuerySet[Due]":
    """Months that a card has said no to and that are owed still."""
    declined = Due.objects.filter(status=Due.Status.DUE).exclude(first_declined_at=None)
    declined = declined.filter(membership__status=Membership.Status.PAST_DUE)
    return declined.select_related("plan", "membership__location").order_by("starts_on")


def _owed(due: Due, *, now: dt.datetime) -> Owed:
    return Owed(
        instrument=due.key,
        name=str(due.plan),
        amount_cents=dues.total_cents(due, now=now),
        starts_on=due.starts_on,
        decline_code=due.decline_code,
        url=duesmail.pay_link(due),
    )


def open_page(due: Due, *, now: dt.datetime) -> HostedPage:
    """The page of Stripe's on which the month is paid, made by `payments.hosted.ask` once the caller has committed.

    NothingOwed, ChargeInFlight, CardWasCharged.
    """
    due = dues.lock(due.pk)
    if due.status not in dues.OPEN:
        raise dues.NothingOwed(f"This month of {due.plan} is {due.get_status_display()}.")
    dues.must_not_be_asked(due)
    here = settings.SITE_URL + reverse("pay_due", args=[duesmail.token_of(due)])
    membership = due.membership
    return hosted.open_page(
        owner=due.key,
        about=f"membership:{membership.pk}",
        purpose=HostedPage.Purpose.PAYMENT,
        location=membership.location,
        amount_cents=dues.total_cents(due, now=now),
        description=f"{Business.current().name}: {due.plan} from {due.starts_on}",
        client=membership.client_id,
        email=membership.client.email,
        success_url=f"{here}/done",
        cancel_url=here,
        lives_for=LIVES_FOR,
        now=now,
    )
