"""Cards whose buyer contests the payment: frozen with what is left, where they were spent, and taken back when the bank
decides against us (R15, posting rule 43)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from giftcards import finding, limits, moving, postings
from giftcards.models import GiftCard, GiftCardMove
from giftcards.moving import Because
from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit
from ledger.models import Entry
from payments.models import Dispute
from pos.models import Sale
from studio import audit
from studio.models import AuditRow

Status, MoveKind = GiftCard.Status, GiftCardMove.Kind
FROZEN, REVOKED = "gift_card_frozen", "gift_card_revoked"
WHY = "The bank took the payment back"


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


def revoke(dispute: Dispute, *, now: dt.datetime) -> int:
    """Take off the cards of a lost dispute what is left of them, at most what the bank took; the cents (rule 43).

    What was spent stays a loss in 6030. In the caller's transaction, once the loss is booked; again takes nothing.
    """
    if not Entry.objects.filter(key=f"dispute:{dispute.pk}:lost", reversed_by=None).exists():
        return 0
    cards = moving.lock_all(cards_of_dispute(dispute))
    return sum(_revoke(card, dispute, now=now) for card in cards)


def _revoke(card: GiftCard, dispute: Dispute, *, now: dt.datetime) -> int:
    key = f"dispute:{dispute.pk}:{card.pk}"
    bought_cents = _bought_with(card, dispute)
    lost_cents = journal.balance(Account.CHARGEBACK_LOSSES, instrument=dispute.pk)
    cents = min(card.free_paid_cents, bought_cents, lost_cents)
    if cents <= 0 or card.moves.filter(key=key).exists():
        return 0
    is_all = cents == card.paid_cents and not card.held_cents
    income_cents = moving.takes_back_income(card, cents)
    moving.change(
        card,
        MoveKind.REVOKED,
        paid_cents=-cents,
        promo_cents=-card.promo_cents if is_all else 0,
        breakage_cents=-income_cents,
        because=Because(key, now=now, at=card.location, why=WHY),
    )
    if is_all:
        card.move_to(Status.REFUNDED, why_blocked=WHY)
    journal.post(
        key=key,
        kind="contested",
        location=card.location,
        occurred_at=now,
        now=now,
        lines=_revoked(card, cents, income_cents, dispute),
    )
    audit.record(at=now, action=REVOKED, location=card.location, subject=card, reason=dispute.stripe_id)
    return cents


def _revoked(card: GiftCard, cents: int, income_cents: int, dispute: Dispute) -> Iterator[Line]:
    yield from postings.taken(card, cents, at=card.location)
    yield credit(Account.CHARGEBACK_LOSSES, cents, instrument=dispute.pk)
    yield from postings.income_taken_back(card, income_cents)


def _bought_with(card: GiftCard, dispute: Dispute) -> int:
    """What the contested charge put on the card, also before it was replaced or merged into this one."""
    moves = GiftCardMove.objects.filter(line__sale__tenders__charge=dispute.charge, kind__in=limits.BOUGHT)
    found = moves.select_related("card").order_by("id")
    return sum(move.paid_cents for move in found if finding.current(move.card).pk == card.pk)


class RevokeContestedCards:
    """A job every five minutes: takes back what is left on the cards of lost disputes."""

    kind = "revoke_contested_cards"
    every = dt.timedelta(minutes=5)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        for dispute in Dispute.objects.filter(status="lost").exclude(charge=None).order_by("pk"):
            if any(card.free_paid_cents for card in cards_of_dispute(dispute)):
                with transaction.atomic(durable=True):
                    revoke(dispute, now=now)
