"""What members pay once, online: an upgrade, a freeze, leaving early. On a page of Stripe's first, then as a sale.

Money for what is not owed any more, because it was paid, waived or taken back meanwhile, goes back by itself.
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from jobs.leases import done
from memberships.models import Cancellation, Change, Freeze, Membership
from payments import hosted, unsold
from payments.models import Charge, HostedPage
from pos import checkout, online
from pos.asked import AskedLine, AskedSale, Desk
from pos.models import Client
from studio.models import Business, Staff
from studio.refusal import BadInput, Refusal

LINE_KINDS = {"change": "plan_upgrade", "freeze": "freeze_fee", "cancellation": "exit_fee"}
"""By the first word of their keys: the line that each is paid by."""
ROWS: dict[str, type[Change] | type[Freeze] | type[Cancellation]] = {
    "change": Change,
    "freeze": Freeze,
    "cancellation": Cancellation,
}
LIVES_FOR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Extra:
    """Something to pay once: its key, what it is, with tax in cents, and whose membership it is of."""

    key: str
    name: str
    amount_cents: int
    membership: Membership

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]

    @property
    def id(self) -> uuid.UUID:
        return uuid.UUID(self.key.partition(":")[2])


def owed_by(client: Client, *, now: dt.datetime) -> list[Extra]:
    """What of it the client can pay now: upgrades asked for today, fees of freezes and of leaving."""
    changes = Change.objects.filter(status=Change.Status.PENDING, proration_cents__gt=0)
    fees = {"fee_cents__gt": 0, "fee_sale_key": "", "undone_at": None}
    found: list[QuerySet[Change] | QuerySet[Freeze] | QuerySet[Cancellation]] = [
        changes,
        Freeze.objects.filter(**fees),
        Cancellation.objects.filter(**fees),
    ]
    keys = [row.key for rows in found for row in rows.filter(membership__client=client)]
    return [extra for key in keys if (extra := find(key, client, now=now)) is not None]


def find(key: str, client: Client, *, now: dt.datetime) -> Extra | None:
    """The client's own that can be paid now; None for one that is paid, over, or somebody else's."""
    kind, _, row_id = key.partition(":")
    rows = ROWS[kind].objects.filter(pk=row_id, membership__client=client)
    row = rows.select_related("membership__location", "membership__client").first()
    if row is None:
        return None
    membership: Membership = row.membership
    desk = Desk(location=membership.location, staff=Staff.objects.online())
    try:
        basket = checkout.new_basket(sale_id=uuid.uuid4(), asked=_sale_of(key, client.pk), desk=desk, now=now)
    except (Refusal, BadInput):
        return None
    return Extra(key, basket.lines[0].name, basket.due_cents, membership)


def open_page(extra: Extra, *, success_url: str, cancel_url: str, now: dt.datetime) -> HostedPage:
    """Stripe's page on which it is paid, to be made by `payments.hosted.ask`; in the caller's transaction."""
    membership = extra.membership
    return hosted.open_page(
        owner=extra.key,
        about=f"membership:{membership.pk}",
        purpose=HostedPage.Purpose.PAYMENT,
        location=membership.location,
        amount_cents=extra.amount_cents,
        description=f"{Business.current().name}: {extra.name}",
        client=membership.client_id,
        email=membership.client.email,
        success_url=success_url,
        cancel_url=cancel_url,
        lives_for=LIVES_FOR,
        now=now,
    )


# Paid ----------------------------------------------------------------------------------------------------------------


class PaidExtras:
    """Takes note of what was paid on a page, whether or not the browser came back."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Charge]":
        change, freeze, cancellation = (Charge.objects.ended(owner_prefix=f"{kind}:") for kind in LINE_KINDS)
        return change | freeze | cancellation

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        with transaction.atomic(durable=True):
            finish(row, now=now)
            done(row, finished_at=now)


def finish_all(key: str, *, now: dt.datetime) -> None:
    """The same at once, for somebody who looks at a page."""
    with transaction.atomic(durable=True):
        for charge in Charge.objects.select_for_update().ended(owner_prefix=key):
            finish(charge, now=now)


def finish(row: Charge, *, now: dt.datetime) -> None:
    """The sale of a paid charge, once; its money goes back when nothing is owed for it any more."""
    unfinished = Charge.objects.select_for_update(of=("self",)).filter(pk=row.pk, finished_at=None)
    charge = unfinished.select_related("location").first()
    if charge is None:
        return
    Charge.objects.filter(pk=charge.pk).update(finished_at=now)
    if charge.status != Charge.Status.SUCCEEDED or charge.client is None:
        return
    page = HostedPage.objects.filter(intent_id=charge.intent_id).first()
    try:
        with transaction.atomic():
            online.sell_paid(
                sale_id=charge.pk,
                asked=_sale_of(charge.owner, charge.client),
                charge=charge,
                location=charge.location,
                priced_at=page.created_at if page is not None else charge.created_at,
                now=now,
            )
    except (Refusal, BadInput):
        unsold.give_unsold_back(charge, now=now)


def _sale_of(key: str, client: uuid.UUID) -> AskedSale:
    line = AskedLine(kind=LINE_KINDS[key.partition(":")[0]], instrument=key)
    return AskedSale(lines=(line,), client_id=client)
