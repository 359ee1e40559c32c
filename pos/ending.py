"""How a sale ends without being completed: parked for later, abandoned, or left by its tablet (R1, R9)."""

import datetime as dt
import uuid

from django.db import transaction

from pos.asked import Desk
from pos.basket import Basket, progress_of
from pos.checkout import NothingToSell, complete, drop, must_be_open, must_not_wait, read_locked
from pos.kinds import tender_kind
from pos.models import Sale, Tender
from studio import rights
from studio.models import Right
from studio.refusal import Refusal


def abandon_sale(*, sale_id: uuid.UUID, desk: Desk, now: dt.datetime) -> Basket:
    """Give back every held tender and end an open sale; an abandoned one stays so (R1).

    ChargeInFlight while a card is being asked. What was refused is withdrawn first; a repeat then ends the sale.
    """
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = read_locked(sale_id, desk=desk)
    if basket.sale.status == Sale.Status.PARKED:
        _end(basket, Sale.Status.ABANDONED, now=now)
    elif basket.sale.status != Sale.Status.ABANDONED:
        must_be_open(basket.sale)
        must_not_wait(basket)
        if _let_go(basket, now=now):
            _end(basket, Sale.Status.ABANDONED, now=now)
    return basket


def park_sale(*, sale_id: uuid.UUID, label: str, desk: Desk, now: dt.datetime) -> Basket:
    """Put an open sale aside under a label, with every held value given back; any tablet resumes it (R1, R9).

    ChargeInFlight while a card is being asked. What was refused is withdrawn first; a repeat then parks the sale.
    """
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = read_locked(sale_id, desk=desk)
    if basket.sale.status != Sale.Status.PARKED:
        must_be_open(basket.sale)
        must_not_wait(basket)
        if not basket.lines:
            raise NothingToSell("There is nothing on this sale yet.")
        if _let_go(basket, now=now):
            basket.sale.label, basket.sale.parked_at = label, now
            _end(basket, Sale.Status.PARKED, now=now)
    return basket


def abandon_forgotten(sale: Sale, *, before: dt.datetime, now: dt.datetime) -> None:
    """End a sale that is still open and without a request since `before`; nothing when somebody came back to it.

    What a card has paid in full is completed, as it would have been by its tablet.
    """
    basket = find_unattended(sale)
    if basket.sale.status != Sale.Status.OPEN or basket.sale.last_request_at >= before:
        return
    if _let_go(basket, now=now) and not _is_finished_instead(basket, now=now):
        _end(find_unattended(sale), Sale.Status.ABANDONED, now=now)


def _is_finished_instead(basket: Basket, *, now: dt.datetime) -> bool:
    """Whether the sale could be completed because a card has paid the rest of it: what is paid is not given back."""
    if not any(progress_of(tender) for tender in basket.live_tenders):
        return False
    try:
        with transaction.atomic():
            return complete_unattended(basket, now=now)
    except Refusal:  # such as a drawer that was closed meanwhile
        return False


def find_unattended(sale: Sale) -> Basket:
    """A sale that its tablet has left, locked; what is done to it is done in the name of who opened it."""
    return read_locked(sale.pk, desk=Desk(location=sale.location, staff=sale.opened_by, device=sale.device))


def complete_unattended(basket: Basket, *, now: dt.datetime) -> bool:
    """Complete a sale that its tablet has left when it is paid in full; whether it was."""
    if basket.is_paid:
        complete(basket, now=now)
    return basket.sale.is_completed


def drop_unattended(basket: Basket, tender: Tender, *, now: dt.datetime) -> None:
    """Take off a tender that ended without paying; that is no request of anybody, the half hour of the sale runs on."""
    last_request_at, changed_by = basket.sale.last_request_at, basket.sale.changed_by
    drop(basket, tender, now=now)
    basket.sale.last_request_at, basket.sale.changed_by = last_request_at, changed_by
    basket.write()


def _let_go(basket: Basket, *, now: dt.datetime) -> bool:
    """Withdraw what others have not ended yet; whether all of it has ended."""
    unended = [tender for tender in basket.live_tenders if (how := progress_of(tender)) and not how.has_ended]
    for tender in unended:
        tender_kind(tender.kind).let_go(tender, now=now)
    return not unended


def _end(basket: Basket, status: Sale.Status, *, now: dt.datetime) -> None:
    """Give back what is held and leave the sale abandoned or parked."""
    for tender in basket.live_tenders:
        tender_kind(tender.kind).release(tender, now=now)
        basket.take_off(tender)
    basket.sale.status = status
    basket.touch(now=now)
    basket.write()
