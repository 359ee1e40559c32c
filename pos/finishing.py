"""What becomes of a tender's charge when nobody at the desk is left to see to it (DESIGN "Who finishes")."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import QuerySet

from jobs.leases import again, done
from payments import unsold
from payments.models import Charge
from pos import ending
from pos.basket import Basket
from pos.cards import OWNER, charge_of, link
from pos.models import Sale, Tender

Status = Charge.Status

FINISH_PAID_AFTER = dt.timedelta(seconds=15)
"""A paid sale that its tablet has left for so long is completed by the worker."""
LOOK_AGAIN = dt.timedelta(minutes=1)


class EndedCharges:
    """The worker finishes what a charge was for, when the tablet that began it does not (DESIGN "Who finishes")."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> QuerySet[Charge]:
        ended = Charge.objects.filter(status__in=[Status.SUCCEEDED, Status.CANCELLED], finished_at=None)
        return ended.filter(owner__startswith=OWNER)

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        with transaction.atomic(durable=True):
            is_finished = finish(row, now=now)
        if is_finished:
            done(row)
        else:
            again(row, run_at=now + LOOK_AGAIN)


def finish(charge: Charge, *, now: dt.datetime) -> bool:
    """Complete the paid sale of a charge, or take a cancelled one off it; False while that is not the time yet."""
    sales = Tender.objects.select_related("sale__location", "sale__opened_by", "sale__device")
    tender = sales.get(pk=uuid.UUID(charge.owner.removeprefix(OWNER)))
    basket = ending.find_unattended(tender.sale)
    mine = next(one for one in basket.tenders if one.pk == tender.pk)
    if mine.charge is None:  # it was paid on a page of Stripe's, and has its charge only since then
        link(mine, charge)
    if basket.sale.status == Sale.Status.OPEN and mine.status == Tender.Status.HELD:
        return _finish_open(basket, mine, now=now)
    if charge.status == Status.SUCCEEDED and mine.status == Tender.Status.RELEASED:
        unsold.release(charge, now=now)
    Charge.objects.filter(pk=charge.pk).update(finished_at=now)
    return True


def _finish_open(basket: Basket, tender: Tender, *, now: dt.datetime) -> bool:
    if charge_of(tender).status == Status.CANCELLED:
        ending.drop_unattended(basket, tender, now=now)
        return True
    left_alone = now - basket.sale.last_request_at >= FINISH_PAID_AFTER
    return left_alone and ending.complete_unattended(basket, now=now)
