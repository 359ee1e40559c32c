"""What becomes of a card outside of sales: blocked, replaced, merged, cashed out (R16, R17, posting rule 12)."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from giftcards import issuing, law, limits, moving, postings
from giftcards.models import CardNotUsable, GiftCard, GiftCardMove
from giftcards.moving import Because
from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit
from pos import approvals, drawer
from pos.asked import Desk
from pos.models import Approval, Client
from studio import audit, rights
from studio.models import Right, Staff
from studio.refusal import BadInput, Refusal

Kind, Status, MoveKind = GiftCard.Kind, GiftCard.Status, GiftCardMove.Kind


class CardIsHeld(Refusal):
    """An open sale holds a part of the card."""

    code = "card_is_held"


class NothingOnIt(Refusal):
    """There is nothing on the card that could be paid out or moved."""

    code = "nothing_left"


def block(card: GiftCard, *, why: str, desk: Desk, now: dt.datetime) -> GiftCard:
    """Stop a lost or stolen card at once; what is on it stays on it. Blocked already: nothing changes."""
    rights.require(desk.staff, Right.SELL, desk.location)
    if not why.strip():
        raise BadInput("why", "Say why.")
    card = moving.lock(card)
    if card.status != Status.BLOCKED:
        card.move_to(Status.BLOCKED, why_blocked=why.strip()[:200])
        _note("gift_card_blocked", card, desk=desk, now=now, why=why)
    return card


def unblock(card: GiftCard, *, desk: Desk, now: dt.datetime, approval_id: uuid.UUID | None = None) -> GiftCard:
    """Let a blocked card pay again, with somebody's approval; one that never was active stays inactive."""
    card = moving.lock(card)
    if card.status == Status.BLOCKED:
        approver = _approver(card, desk=desk, now=now, approval_id=approval_id)
        card.move_to(Status.ACTIVE if card.issued_on is not None else Status.INACTIVE, why_blocked="")
        _note("gift_card_unblocked", card, desk=desk, now=now, approver=approver)
    elif card.status != Status.ACTIVE:
        raise CardNotUsable(f"This card is {card.get_status_display()}.", card_status=card.status)
    return card


def reissue(card: GiftCard, *, desk: Desk, now: dt.datetime, approval_id: uuid.UUID | None = None) -> GiftCard:
    """The new card that a lost one was replaced by, with its value and terms; the old one is closed for good (R17).

    A card that was replaced already answers with the card that replaced it.
    """
    old = moving.lock(card)
    if old.status == Status.REPLACED and old.replaced_by is not None:
        return old.replaced_by
    _must_be_movable(old, Status.ACTIVE, Status.BLOCKED)
    approver = _approver(old, desk=desk, now=now, approval_id=approval_id)
    new = issuing.like(old, now=now)
    _transfer([old], new, desk=desk, now=now)
    _note("gift_card_replaced", old, desk=desk, now=now, approver=approver, by=new.serial)
    new.refresh_from_db()
    return new


def merge(
    cards: Sequence[GiftCard],
    *,
    into: GiftCard,
    desk: Desk,
    now: dt.datetime,
    approval_id: uuid.UUID | None = None,
) -> GiftCard:
    """Move all that is on the cards to one of them; it keeps the later expiry. Cards merged already change nothing."""
    if not cards or into.pk in {card.pk for card in cards} or len({card.pk for card in cards}) != len(cards):
        raise BadInput("cards", "Name other cards than the one they are merged into, each once.")
    target, *others = moving.lock_all([into, *cards])
    sources = [card for card in others if card.replaced_by_id != target.pk]
    if not sources:
        return target
    for card in (target, *sources):
        _must_be_movable(card, Status.ACTIVE, is_held_allowed=card.pk == target.pk)
        if card.kind != Kind.VALUE:
            raise CardNotUsable(f"A {card.get_kind_display()} can not be merged.")
    limits.check_load(target, sum(card.balance_cents for card in sources))
    approver = _approver(target, desk=desk, now=now, approval_id=approval_id)
    GiftCard.objects.filter(pk=target.pk).update(expires_on=_latest_expiry([target, *sources]))
    _transfer(sources, target, desk=desk, now=now)
    for card in sources:
        _note("gift_card_merged", card, desk=desk, now=now, approver=approver, by=target.serial)
    target.refresh_from_db()
    return target


@dataclass(frozen=True, slots=True)
class CashedOut:
    """What a holder got in cash for the rest of a card, and by which right (empty: goodwill)."""

    card: GiftCard
    amount_cents: int
    sentence: str


def cash_out(
    card: GiftCard,
    *,
    desk: Desk,
    now: dt.datetime,
    drawer_session_id: uuid.UUID | None = None,
    approval_id: uuid.UUID | None = None,
) -> CashedOut:
    """Pay the whole paid rest from the drawer to the cent and close the card (rule 12); again is the same answer.

    Where no law gives the holder that right it is goodwill, and somebody must approve it.
    """
    rights.require(desk.staff, Right.DRAWER, desk.location)
    card = moving.lock(card)
    if card.status == Status.CASHED_OUT:
        return CashedOut(card, _cashed_out_cents(card), "")
    _must_be_movable(card, Status.ACTIVE)
    if card.kind in law.NEVER_CASHED_OUT or not card.paid_cents:
        raise NothingOnIt("Nobody paid for what is on this card: there is no cash for it.")
    by_law = law.cash_out_allowed(card, location=desk.location, now=now)
    approver = None if by_law is not None else _approver(card, desk=desk, now=now, approval_id=approval_id)
    amount_cents = card.paid_cents
    _pay_out(card, desk=desk, now=now, drawer_session_id=drawer_session_id)
    _note("gift_card_cashed_out", card, desk=desk, now=now, approver=approver, amount_cents=amount_cents)
    return CashedOut(card, amount_cents, by_law.sentence if by_law is not None else "")


def give_to(card: GiftCard, client: Client | None, *, desk: Desk, now: dt.datetime) -> GiftCard:
    """Note which client holds the card, so that it is offered when they pay; None: nobody we know."""
    rights.require(desk.staff, Right.SELL, desk.location)
    card = moving.lock(card)
    if card.holder != client:
        GiftCard.objects.filter(pk=card.pk).update(holder=client)
        card.holder = client
        _note("gift_card_held_by", card, desk=desk, now=now, client=str(client.pk) if client is not None else "")
    return card


def _pay_out(card: GiftCard, *, desk: Desk, now: dt.datetime, drawer_session_id: uuid.UUID | None) -> None:
    session = drawer.for_cash(desk=desk, session_id=drawer_session_id)
    cents, income_cents = card.paid_cents, card.breakage_cents
    key = f"gift_card_cash_out:{card.pk}"
    moving.change(
        card,
        MoveKind.CASHED_OUT,
        paid_cents=-cents,
        promo_cents=-card.promo_cents,
        breakage_cents=-income_cents,
        because=Because(key, now=now, at=desk.location, by=desk.staff),
    )
    card.move_to(Status.CASHED_OUT)
    lines = [
        *postings.taken(card, cents, at=desk.location, tender="cash"),
        *postings.income_taken_back(card, income_cents),
        credit(Account.CASH_DRAWER, cents, tender="cash", drawer_session=session.pk),
    ]
    _post(key, "gift_card_cash_out", lines, desk=desk, now=now)


def _cashed_out_cents(card: GiftCard) -> int:
    return -card.moves.get(kind=MoveKind.CASHED_OUT).paid_cents


def _transfer(sources: Iterable[GiftCard], target: GiftCard, *, desk: Desk, now: dt.datetime) -> None:
    """Move everything that is on the sources to the target, in the books too; the sources are closed."""
    for old in sources:
        paid_cents, promo_cents, income_cents = old.paid_cents, old.promo_cents, old.breakage_cents
        key = f"gift_card_moved:{old.pk}"
        because = Because(key, now=now, at=desk.location, by=desk.staff)
        moving.change(
            old,
            MoveKind.MOVED_OUT,
            paid_cents=-paid_cents,
            promo_cents=-promo_cents,
            breakage_cents=-income_cents,
            because=because,
        )
        old.move_to(Status.REPLACED, replaced_by=target)
        into = Because(f"{key}:in", now=now, at=desk.location, by=desk.staff)
        moving.change(target, MoveKind.MOVED_IN, paid_cents=paid_cents, promo_cents=promo_cents, because=into)
        _post(key, "gift_card_moved", _moved(old, target, paid_cents, income_cents), desk=desk, now=now)


def _moved(old: GiftCard, new: GiftCard, paid_cents: int, income_cents: int) -> Iterator[Line]:
    yield from postings.moved(old, new, paid_cents)
    yield from postings.income_taken_back(old, income_cents)


def _post(key: str, kind: str, lines: Iterable[Line], *, desk: Desk, now: dt.datetime) -> None:
    journal.post(
        key=key, kind=kind, location=desk.location, occurred_at=now, now=now, lines=list(lines), made_by=desk.staff
    )


def _must_be_movable(card: GiftCard, *statuses: GiftCard.Status, is_held_allowed: bool = False) -> None:
    if card.status not in statuses:
        raise CardNotUsable(f"This card is {card.get_status_display()}.", card_status=card.status)
    if card.held_cents and not is_held_allowed:
        raise CardIsHeld("This card is on an open sale. Complete or cancel that first.")


def _latest_expiry(cards: Sequence[GiftCard]) -> dt.date | None:
    days = [card.expires_on for card in cards]
    return None if None in days else max(day for day in days if day is not None)


def _approver(card: GiftCard, *, desk: Desk, now: dt.datetime, approval_id: uuid.UUID | None) -> Staff | None:
    return approvals.required(
        Approval.Action.GIFT_CARDS,
        object_id=card.pk,
        amount_cents=card.balance_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )


def _note(
    action: str,
    card: GiftCard,
    *,
    desk: Desk,
    now: dt.datetime,
    approver: Staff | None = None,
    why: str = "",
    **after: object,
) -> None:
    audit.record(
        at=now,
        action=action,
        actor=desk.staff,
        approver=approver,
        device=desk.device,
        location=desk.location,
        subject=card,
        after=after,
        reason=why[:300],
    )
