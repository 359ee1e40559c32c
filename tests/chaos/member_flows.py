"""What happens with members, step by step: a month is charged, somebody joins, a session is used, a link is paid."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import time_machine
from django.db import transaction
from django.db.models import QuerySet

from jobs.leases import Claimable, claim
from jobs.worker import Worker
from memberships import consents, dues, dunning
from memberships.models import Membership, Plan
from memberships.renewals import DuesToCharge, EndedDues
from payments import cards
from payments.asking import OffSessionCharges
from payments.models import Charge, HostedPage, SavedCard
from pos.models import Client
from studio.models import Staff
from tests.builders import NOW
from tests.chaos.flows import Does, Flow, Step, Visit, completes, holds, rings_up
from tests.chaos.stripe_process import APPROVED
from tests.chaos.tablet import Ask
from tests.memberships import builders
from tests.memberships.members import saves_card
from tests.payments.pages import pays

JOINED_BEFORE = dt.timedelta(days=28)
"""On 2 February: the month that starts on 2 March is the second one."""
SAVES_AND_NEVER_PAYS, OTHER_CARD = "chargeCustomerFail", "mastercard"


def by_the_clock(work: Callable[[Visit], object]) -> Step:
    """A step of somebody who looks at the clock on the wall."""

    def step(visit: Visit) -> Does:
        def then(now: dt.datetime) -> None:
            with time_machine.travel(now, tick=False):
                work(visit)

        return Does(then)

    return step


# Who comes -----------------------------------------------------------------------------------------------------------


def is_there(visit: Visit) -> Client:
    """The client's row, made at the first visit; plan and package are on sale."""
    if not Plan.objects.filter(code="monthly").exists():
        builders.plan()
        builders.package()
    known = Client.objects.filter(pk=visit.client).first()
    name = f"Client {visit.client[:8]}"
    return known or builders.client(name, id=uuid.UUID(visit.client), email=f"{visit.client}@example.com")


def is_member(*saved: str) -> Step:
    """Somebody whose month starts today, with cards that were saved on Stripe's page; the last one is to pay."""

    def work(visit: Visit) -> None:
        membership = builders.member(visit.member, is_there(visit), code="monthly", joined_at=NOW - JOINED_BEFORE)
        for card in saved:
            saves_card(membership, card)

    return by_the_clock(work)


# The billing ---------------------------------------------------------------------------------------------------------


def is_billed(visit: Visit) -> Does:
    """What a run of `bill` does, for this member alone: others have died with theirs in hand."""

    def then(now: dt.datetime) -> None:
        dues.make_for(Membership.objects.get(pk=visit.member), now=now)
        mine = {"about": f"membership:{visit.member}"}
        works(DuesToCharge(), {"membership": visit.member}, now=now)
        works(OffSessionCharges(), mine, now=now)
        Charge.objects.ended(owner_prefix="due:").filter(**mine).update(run_at=now)
        works(EndedDues(), mine, now=now)

    return Does(then)


def is_billed_again(visit: Visit) -> Does:
    """A second later, as the card was chosen then: nobody chooses one at the very moment of the no."""
    return Does(lambda now: is_billed(visit).work(now + dt.timedelta(seconds=1)))


def works(source: Claimable, mine: dict[str, Any], *, now: dt.datetime) -> None:
    rows: QuerySet[Any] = source.claimable(now=now).filter(**mine)
    with transaction.atomic(durable=True):
        claimed = claim(rows, now=now, lease=source.lease, limit=1)
    for row in claimed:
        Worker(clock=lambda: now).try_row(source, row, now=now)


def chooses_other_card(visit: Visit) -> Does:
    """The client has two; what is owed is asked of the other one at once."""

    def then(at: dt.datetime) -> None:
        now = at + dt.timedelta(seconds=1)
        with transaction.atomic(durable=True):
            other = SavedCard.objects.kept().get(client=visit.client, brand=OTHER_CARD)
            cards.make_default(other, now=now)
            dunning.card_changed(other.client, now=now)

    return Does(then)


# At the desk ---------------------------------------------------------------------------------------------------------


def agrees(visit: Visit) -> Ask:
    text_hash = consents.hash_of(consents.text_for(Plan.objects.get(code="monthly")))
    body = {"client": visit.client, "plan": "monthly", "text_hash": text_hash, "signature": "C."}
    return Ask("PUT", f"memberships/{visit.member}", body)


def sale_of_joining(visit: Visit) -> dict[str, Any]:
    return {"client": visit.client, "lines": [{"kind": "membership", "item": "monthly", "instrument": visit.member}]}


def pays_first_month(visit: Visit) -> Ask:
    tender = {"id": visit.card, "kind": "card", "reader": visit.reader_id}
    return Ask("PUT", visit.sale_path(), sale_of_joining(visit) | {"tenders": [tender], "complete": True})


def asks_for_a_card_page(visit: Visit) -> Ask:
    return Ask("POST", f"memberships/{visit.member}/card")


def buys_five(visit: Visit) -> Ask:
    is_there(visit)
    body = {"client": visit.client, "lines": [{"kind": "package", "item": "five"}], "complete": True}
    return Ask("PUT", f"sales/{visit.refund}", body | {"tenders": [{"id": visit.cash, "kind": "external"}]})


def uses_one(visit: Visit) -> Ask:
    therapist = Staff.objects.get(username="ana").pk
    line = {"item": "ashiatsu-60", "therapist": therapist, "cover": {"kind": "session"}}
    return Ask("PUT", visit.sale_path(), {"client": visit.client, "lines": [line]})


def asks_for_link(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path(f"/tenders/{visit.card}"), {"kind": "pay_link"})


def pays_by_phone(visit: Visit) -> None:
    """On the page, if there is one and nobody has closed it."""
    page = HostedPage.objects.filter(about=f"sale:{visit.sale}").exclude(url="").first()
    if page is not None:
        pays(page.url)


by_phone = by_the_clock(pays_by_phone)

MEMBER_FLOWS = (
    Flow("a month is charged", (is_billed,), first=(is_member("visa"),), later=is_billed),
    Flow("a month is declined, then paid by another card", (is_billed, chooses_other_card, is_billed_again),
         first=(is_member(OTHER_CARD, SAVES_AND_NEVER_PAYS),), later=chooses_other_card),
    Flow("joining at the desk", (agrees, pays_first_month, holds(APPROVED), pays_first_month, asks_for_a_card_page),
         first=(by_the_clock(is_there),), sells=True),
    Flow("a session is used", (uses_one, completes), first=(buys_five,)),
    Flow("paid by link", (rings_up, asks_for_link, by_phone, asks_for_link, completes), later=by_phone, sells=True),
)  # fmt: skip
