"""What a person does about trouble: decided and noted in one transaction, then Stripe is asked; twice is as once.

Every act tells how it went, or raises a Refusal; all are called with no transaction open.
"""

import datetime as dt
import uuid
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from jobs.leases import run_again
from ledger import journal
from ledger.accounts import Account
from ledger.money import dollars
from payments import asking, hosted, plainly, refunds, trouble, unsold
from payments.charges import CardWasCharged
from payments.models import CardRefund, Charge, HostedPage, StripeEvent
from payments.refunds import NothingOwed
from studio.audit import record
from studio.models import Staff
from studio.refusal import BadInput, Refusal

LONGEST_NOTE = 200


class Told(NamedTuple):
    """How an act went: a sentence, and whether that is the end of the trouble."""

    sentence: str
    is_well: bool = True


class NothingToDo(Refusal):
    """It is in order meanwhile."""

    code = "nothing_to_do"


def look_again(charge_id: uuid.UUID, *, by: Staff, now: dt.datetime) -> Told:
    """Ask Stripe about a charge at once, also when that was given up."""
    ended = Q(status__in=[Charge.Status.SUCCEEDED, Charge.Status.CANCELLED], finished_at=None)
    unfinished = Charge.objects.filter(Q(pk__in=Charge.objects.to_be_asked().values("pk")) | ended)
    with transaction.atomic(durable=True):
        charge = Charge.objects.select_related("location").get(pk=charge_id)
        if not run_again(unfinished.filter(pk=charge_id), now=now):
            raise NothingToDo(f"It is clear meanwhile: {plainly.charge(charge)}")
        record(at=now, action="charge.looked_again", actor=by, location=charge.location, subject=charge)
    asking.ask(charge_id, now=now)
    charge.refresh_from_db()
    return Told(plainly.charge(charge), not trouble.unclear_charges(now=now).filter(pk=charge_id).exists())


def look_at_page(page_id: uuid.UUID, *, by: Staff, now: dt.datetime) -> Told:
    """Ask Stripe about a page at once, also when that was given up."""
    with transaction.atomic(durable=True):
        page = HostedPage.objects.select_related("location").get(pk=page_id)
        if not run_again(HostedPage.objects.live().filter(pk=page_id), now=now):
            raise NothingToDo(f"It is clear meanwhile: {plainly.page(page)}")
        record(at=now, action="page.looked_again", actor=by, location=page.location, subject=page)
    page = hosted.look(hosted.ask(page, now=now), now=now) or page
    return Told(plainly.page(page), not trouble.unclear_pages(now=now).filter(pk=page_id).exists())


def give_unsold_back(charge_id: uuid.UUID, *, by: Staff, now: dt.datetime) -> Told:
    """Send captured money without a sale back to its card."""
    with transaction.atomic(durable=True):
        charge = Charge.objects.select_for_update(of=("self",)).select_related("location").get(pk=charge_id)
        _must_be_unclaimed(charge)
        refund = unsold.give_unsold_back(charge, now=now, by=by)
        after = {"amount_cents": refund.amount_cents, "refund": str(refund.pk)}
        record(at=now, action="charge.given_back", actor=by, location=charge.location, subject=charge, after=after)
    refunds.send(refund.pk, now=now)
    return _how_it_goes(refund)


def _must_be_unclaimed(charge: Charge) -> None:
    """Neither given back nor sold, and no open sale may still be completed with it."""
    if journal.balance(Account.REFUNDS_PAYABLE, instrument=unsold.instrument(charge)) >= 0:
        raise NothingOwed("This money waits for nobody: it was given back, or its sale was completed with it.")
    if charge.finished_at is None:
        raise CardWasCharged("Its sale is still open. Cancel the sale at the desk: then the money goes back by itself.")


def try_refund_again(refund_id: uuid.UUID, *, by: Staff, now: dt.datetime) -> Told:
    """Send money that did not reach a card to that card once more."""
    with transaction.atomic(durable=True):
        refund = CardRefund.objects.get(pk=refund_id)
        another = refunds.try_again(refund, by=by, now=now)
        after = {"amount_cents": another.amount_cents, "refund": str(another.pk)}
        record(
            at=now, action="card_refund.tried_again", actor=by, location=another.location, subject=refund, after=after
        )
    refunds.send(another.pk, now=now)
    return _how_it_goes(another)


def settle_otherwise(refund_id: uuid.UUID, *, note: str, by: Staff, now: dt.datetime) -> Told:
    """Note how a client got the money that did not reach the card."""
    note = note.strip()
    if not 0 < len(note) <= LONGEST_NOTE:
        raise BadInput("note", f"Write how it was paid, in up to {LONGEST_NOTE} characters: “Check 1043, by mail”.")
    with transaction.atomic(durable=True):
        refund = CardRefund.objects.select_related("location").get(pk=refund_id)
        refunds.settle_otherwise(refund, by=by, note=note, now=now)
        after = {"amount_cents": refund.amount_cents}
        record(
            at=now,
            action="card_refund.paid_otherwise",
            actor=by,
            location=refund.location,
            subject=refund,
            after=after,
            reason=note,
        )
    return Told(f"${dollars(refund.amount_cents)} is noted as paid: {note}")


def send_refund(refund_id: uuid.UUID, *, by: Staff, now: dt.datetime) -> Told:
    """Ask Stripe for a refund at once, also when that was given up."""
    under_way = CardRefund.objects.filter(status__in=[CardRefund.Status.CREATED, CardRefund.Status.PENDING])
    with transaction.atomic(durable=True):
        refund = CardRefund.objects.select_related("location", "charge").get(pk=refund_id)
        if not run_again(under_way.filter(pk=refund_id), now=now):
            raise NothingToDo(f"It is clear meanwhile: {plainly.refund(refund)}")
        record(at=now, action="card_refund.sent_again", actor=by, location=refund.location, subject=refund)
    refunds.send(refund_id, now=now)
    return _how_it_goes(refund)


def run_event_again(event_id: str, *, by: Staff, now: dt.datetime) -> Told:
    """Have the worker take in one event that was given up."""
    return _run_events_again(trouble.given_up_events().filter(pk=event_id), event_id, by=by, now=now)


def run_events_again(*, by: Staff, now: dt.datetime) -> Told:
    """Have the worker take in all events that were given up."""
    return _run_events_again(trouble.given_up_events(), "all", by=by, now=now)


def _run_events_again(found: QuerySet[StripeEvent], name: str, *, by: Staff, now: dt.datetime) -> Told:
    with transaction.atomic(durable=True):
        number = run_again(found, now=now)
        if not number:
            raise NothingToDo("It runs again already.")
        subject = ("payments.stripeevent", name[:40])
        record(at=now, action="event.run_again", actor=by, subject=subject, after={"events": number})
    return Told(f"{number} {'runs' if number == 1 else 'run'} again within seconds.")


def _how_it_goes(refund: CardRefund) -> Told:
    refund.refresh_from_db()
    return Told(plainly.refund(refund), not refund.is_owed)
