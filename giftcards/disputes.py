"""Cards whose buyer contests the payment: frozen with what is left, and where they were spent (R15)."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from giftcards import finding, limits, moving
from giftcards.models import GiftCard, GiftCardMove
from payments.models import Dispute
from pos.models import Sale
from studio import audit
from studio.models import AuditRow

Status, MoveKind = GiftCard.Status, GiftCardMove.Kind
FROZEN = "gift_card_frozen"


@dataclass(frozen=True, slots=True)
class Spent:
    """One use of a contested card: where, when, in which sale, for how much."""

    card: GiftCard
    sale: Sale
    at: dt.datetime
    face_cents: int


def cards_of_dispute(dispute: Dispute) -> list[GiftCard]:
    """What was sold or loaded with the contested charge, as the cards now are."""
    moves = GiftCardMove.objects.filter(line__sale__tenders__charge=dispute.charge, kind__in=limits.BOUGHT)
    cards = [finding.current(move.card) for move in moves.select_related("card").order_by("id")]
    return list({card.pk: card for card in cards}.values()) if dispute.charge_id is not None else []


def where_spent(dispute: Dispute) -> list[Spent]:
    """Each use of the contested cards, oldest first: the answer to the bank needs it."""
    moves = GiftCardMove.objects.filter(card__in=cards_of_dispute(dispute), kind=MoveKind.USED)
    found = moves.select_related("card", "tender__sale").order_by("at", "id")
    return [Spent(move.card, move.tender.sale, move.at, -move.face_cents) for move in found if move.tender is not None]


def freeze(dispute: Dispute, *, now: dt.datetime) -> list[GiftCard]:
    """Block the active cards of a dispute, each once: one that a person lets pay again stays so."""
    frozen = []
    for card in cards_of_dispute(dispute):
        locked = moving.lock(card)
        done = AuditRow.objects.filter(action=FROZEN, object_id=str(card.pk), reason=dispute.stripe_id)
        if locked.status == Status.ACTIVE and not done.exists():
            locked.move_to(Status.BLOCKED, why_blocked="The payment for it is contested.")
            audit.record(at=now, action=FROZEN, location=locked.location, subject=locked, reason=dispute.stripe_id)
            frozen.append(locked)
    return frozen


class FreezeContestedCards:
    """A job every five minutes: freezes the cards of open disputes."""

    kind = "freeze_contested_cards"
    every = dt.timedelta(minutes=5)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        for dispute in Dispute.objects.filter(closed_at=None).exclude(charge=None).order_by("pk"):
            with transaction.atomic(durable=True):
                freeze(dispute, now=now)
