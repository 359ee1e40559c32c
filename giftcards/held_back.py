"""Cards of the shop whose payment Stripe calls risky: sold, yet blocked and not sent until somebody looked (R15)."""

import datetime as dt
import uuid

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string

from giftcards import delivery, moving
from giftcards.models import Delivery, GiftCard, GiftOrder
from jobs.outbox import queue_mail
from payments.models import Charge
from pos import refunds
from pos.asked import AskedRefund, AskedRefundLine, Desk
from pos.models import Refund
from studio import audit, rights
from studio.models import Business, Location, Right
from studio.refusal import Refusal

Status = GiftCard.Status
WHY = "Stripe calls its payment risky."


class NotHeldBack(Refusal):
    """Somebody has decided about this card already."""

    code = "not_held_back"


def is_risky(charge: Charge) -> bool:
    """Whether Stripe's word for the payment is one of those that the studio wants to look at first."""
    return charge.risk_level in settings.GIFT_CARDS_HELD_AT


def waiting(places: list[Location]) -> "QuerySet[GiftOrder]":
    """Orders that wait for somebody's look, the oldest first."""
    held = GiftOrder.objects.filter(location__in=places).exclude(held_at=None)
    return held.select_related("card", "charge", "location").order_by("held_at", "id")


def hold(order: GiftOrder, card: GiftCard, *, now: dt.datetime) -> None:
    """Block the card of an order that was just paid, and tell the studio; in the sale's own transaction."""
    moving.lock(card).move_to(Status.BLOCKED, why_blocked=WHY)
    GiftOrder.objects.filter(pk=order.pk).update(held_at=now)
    order.held_at = now
    audit.record(at=now, action="gift_card_held_back", location=order.location, subject=card, reason=WHY)
    _tell_studio(order, now=now)


def let_go(order_id: uuid.UUID, *, desk: Desk, now: dt.datetime) -> GiftOrder:
    """Let the card pay and send it as it was ordered; NotHeldBack when somebody has decided. In the caller's
    transaction."""
    order, card = _locked(order_id, desk)
    if card.status == Status.BLOCKED and card.why_blocked == WHY:  # blocked since for another reason, it stays so
        card.move_to(Status.ACTIVE, why_blocked="")
    _decided(order, "gift_card_let_go", card, desk=desk, now=now)
    if order.is_mailed:
        due = delivery.send_at(order, now=now)
        order.deliveries.filter(kind=Delivery.Kind.CARD, sent_at=None, cancelled_at=None).update(run_at=due)
    else:
        delivery.add(order, Delivery.Kind.RECEIPT, at=now, now=now)
    return order


def give_back(order_id: uuid.UUID, *, desk: Desk, now: dt.datetime) -> GiftOrder:
    """Refund the whole order to the card that paid it, and close its gift card; in the caller's transaction.

    It needs the right to refund, beyond the desk's limits where the amount is (R2). NotHeldBack as in `let_go`.
    """
    order, card = _locked(order_id, desk)
    assert order.sale is not None  # noqa: S101 - the database holds it
    lines = tuple(AskedRefundLine(line.pk, line.quantity) for line in order.sale.lines.all())
    refunds.refund_sale(
        sale_id=order.sale.pk,
        refund_id=uuid.uuid5(order.pk, "held back"),
        asked=AskedRefund(reason=Refund.Reason.OTHER, lines=lines, note=WHY),
        desk=desk,
        now=now,
    )
    _decided(order, "gift_card_given_back", card, desk=desk, now=now)
    order.move_to(GiftOrder.Status.GIVEN_BACK, ended_at=now, why="We could not accept this payment.")
    delivery.add(order, Delivery.Kind.GIVEN_BACK, at=now, now=now)
    return order


def _locked(order_id: uuid.UUID, desk: Desk) -> tuple[GiftOrder, GiftCard]:
    rights.require(desk.staff, Right.GIFT_CARDS, desk.location)
    rows = GiftOrder.objects.select_for_update(of=("self",)).select_related("location", "card", "sale")
    order = rows.filter(pk=order_id, location=desk.location).exclude(held_at=None).first()
    if order is None or order.card is None:
        raise NotHeldBack("Somebody has decided about this card already.")
    return order, moving.lock(order.card)


def _decided(order: GiftOrder, action: str, card: GiftCard, *, desk: Desk, now: dt.datetime) -> None:
    GiftOrder.objects.filter(pk=order.pk).update(held_at=None)
    order.held_at = None
    audit.record(at=now, action=action, actor=desk.staff, device=desk.device, location=desk.location, subject=card)


def _tell_studio(order: GiftOrder, *, now: dt.datetime) -> None:
    business = Business.current()
    if business.email:
        queue_mail(
            dedupe=f"gift-held:{order.pk}",
            to=business.email,
            subject=f"Look at gift card order {order.number}",
            text=render_to_string("giftcards/mail/studio_held.txt", {"order": order}),
            now=now,
        )
