"""Cards that nobody uses: income from them, where the law allows it, and expiry (posting rules 13, 15)."""

import datetime as dt
import uuid
from collections.abc import Iterator

from django.db import transaction

from giftcards import law, moving
from giftcards.models import GiftCard, GiftCardMove
from giftcards.moving import Because
from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.money import dollars
from pos import approvals
from pos.asked import Desk
from pos.models import Approval
from studio import audit
from studio.refusal import Refusal

Kind, Status, MoveKind = GiftCard.Kind, GiftCard.Status, GiftCardMove.Kind
IDLE_FOR = dt.timedelta(days=730)
"""A card that was not used or loaded for so long may be judged forgotten."""


class NotForgotten(Refusal):
    """The card does not pass the test for income from forgotten cards."""

    code = "not_forgotten"


def count_as_income(
    card: GiftCard, *, review_id: uuid.UUID, desk: Desk, now: dt.datetime, approval_id: uuid.UUID | None = None
) -> int:
    """Post what is left on a forgotten card as income (rule 15), in cents; the card can be used as before.

    The same review again answers 0. NotForgotten when it was used lately or its state wants what is left.
    """
    card = moving.lock(card)
    key = f"gift_card_breakage:{card.pk}:{review_id}"
    cents = card.paid_cents - card.breakage_cents
    if GiftCardMove.objects.filter(key=key).exists() or not cents:
        return 0
    _must_be_forgotten(card, now=now)
    approver = approvals.required(
        Approval.Action.GIFT_CARDS,
        object_id=card.pk,
        amount_cents=cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )
    because = Because(key, now=now, at=card.location, by=desk.staff)
    moving.change(card, MoveKind.BREAKAGE, paid_cents=0, promo_cents=0, breakage_cents=cents, because=because)
    lines = [
        debit(Account.GIFT_CARD_BREAKAGE, cents, instrument=card.instrument),
        credit(Account.BREAKAGE_GIFT_CARDS, cents, instrument=card.instrument),
    ]
    journal.post(
        key=key,
        kind="gift_card_breakage",
        location=card.location,
        occurred_at=now,
        now=now,
        lines=lines,
        made_by=desk.staff,
    )
    audit.record(
        at=now,
        action="gift_card_breakage",
        actor=desk.staff,
        approver=approver,
        device=desk.device,
        location=card.location,
        subject=card,
        after={"amount_cents": cents},
    )
    return cents


def _must_be_forgotten(card: GiftCard, *, now: dt.datetime) -> None:
    last = card.moves.exclude(kind=MoveKind.BREAKAGE).order_by("-at").values_list("at", flat=True).first()
    if card.status != Status.ACTIVE or card.held_cents or last is None or now - last < IDLE_FOR:
        raise NotForgotten("This card was used or loaded in the last two years.")
    if not law.is_never_escheated(card, on=card.location.business_date(now)):
        raise NotForgotten("What is left on it may belong to its state: no row of the law says otherwise.")


def set_expiry(card: GiftCard, *, expires_on: dt.date | None, desk: Desk, now: dt.datetime) -> GiftCard:
    """Give a card a day from which it pays nothing, where the law of its state allows it; None: it never expires."""
    card = moving.lock(card)
    if expires_on is not None:
        law.check_expiry(card, expires_on=expires_on, state=card.state or desk.location.state)
    before = card.expires_on
    GiftCard.objects.filter(pk=card.pk).update(expires_on=expires_on)
    card.expires_on = expires_on
    audit.record(
        at=now,
        action="gift_card_expiry_set",
        actor=desk.staff,
        device=desk.device,
        location=desk.location,
        subject=card,
        before={"expires_on": before},
        after={"expires_on": expires_on},
    )
    return card


def expire(card: GiftCard, *, now: dt.datetime) -> int:
    """Close a card whose day has come and post what is left as income (rule 13), in cents of it that were paid for.

    NotLawful where the law of that day forbids it: then nothing is posted and the card keeps what is on it.
    """
    card = moving.lock(card)
    on = card.location.business_date(now)
    if card.status != Status.ACTIVE or card.held_cents or card.expires_on is None or on < card.expires_on:
        return 0
    law.check_expiry(card, expires_on=card.expires_on, state=card.state)
    paid_cents, income_cents, key = card.paid_cents, card.breakage_cents, f"gift_card_expired:{card.pk}"
    moving.change(
        card,
        MoveKind.EXPIRED,
        paid_cents=-paid_cents,
        promo_cents=-card.promo_cents,
        breakage_cents=-income_cents,
        because=Because(key, now=now, at=card.location),
    )
    card.move_to(Status.EXPIRED)
    lines = list(_expired(card, paid_cents, income_cents))
    journal.post(key=key, kind="gift_card_expired", location=card.location, occurred_at=now, now=now, lines=lines)
    audit.record(
        at=now,
        action="gift_card_expired",
        location=card.location,
        subject=card,
        after={"amount_cents": paid_cents},
        reason=f"${dollars(paid_cents)} left",
    )
    return paid_cents


def _expired(card: GiftCard, paid_cents: int, income_cents: int) -> Iterator[Line]:
    yield debit(Account.GIFT_CARDS, paid_cents, instrument=card.instrument)
    yield credit(Account.GIFT_CARD_BREAKAGE, income_cents, instrument=card.instrument)
    yield credit(Account.BREAKAGE_GIFT_CARDS, paid_cents - income_cents, instrument=card.instrument)


class ExpireCards:
    """A daily job: closes the cards whose day has come, where that is lawful; the others wait for a person."""

    kind = "expire_gift_cards"
    every = dt.timedelta(days=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        latest = (now + dt.timedelta(days=1)).date()
        for card in GiftCard.objects.filter(status=Status.ACTIVE, expires_on__lte=latest).order_by("pk"):
            try:
                with transaction.atomic(durable=True):
                    expire(card, now=now)
            except law.NotLawful:
                continue
