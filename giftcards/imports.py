"""Cards that came from elsewhere: of another system with their balances, and plastic ones (R14, R17)."""

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from giftcards import codes, issuing, law, limits, sheets
from giftcards.models import CardBatch, GiftCard, GiftCardMove
from giftcards.moving import Because
from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from pos.asked import Desk
from pos.checkout import SameIdOtherContents
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput

Kind, Status = GiftCard.Kind, GiftCard.Status
LONGEST_CODE, SHORTEST_CODE = 40, 4
MOST_PLASTIC = 2_000


@dataclass(frozen=True, slots=True)
class OldCard:
    """A card of another system: its code, what is on it in cents, since when, and until when."""

    kept: codes.Kept
    balance_cents: int
    issued_on: dt.date
    expires_on: dt.date | None


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What an import made: its batch, how many cards, and what they come to in cents."""

    batch: CardBatch
    count: int
    total_cents: int


def take_over(text: str, *, batch_id: uuid.UUID, name: str, desk: Desk, now: dt.datetime) -> TakenOver:
    """Take the cards of a CSV (`code, balance, issued_on, expires_on`) over, all or none, against 3900 (rule 78).

    They belong to the desk's location and are no sales. BadRows lists every mistake. The same file under the same id
    again is the same answer. For a rehearsal the caller rolls back.
    """
    rights.require(desk.staff, Right.GIFT_CARDS, desk.location)
    known = _known(batch_id, text)
    if known is not None:
        moves = GiftCardMove.objects.filter(card__batch=known, kind=GiftCardMove.Kind.IMPORTED)
        return TakenOver(known, moves.count(), sum(move.paid_cents for move in moves))
    on = desk.location.business_date(now)
    rows = sheets.read_rows(
        text, columns=["code", "balance", "issued_on"], optional=["expires_on"], read=lambda cells: _old(cells, on)
    )
    _refuse_twice([(row, old.kept) for row, old in rows])
    _refuse_unlawful(rows, desk=desk)
    batch = _batch(CardBatch.Kind.IMPORTED, batch_id, name, text, desk=desk, now=now)
    cards = [_take_over(old, batch, desk=desk, now=now) for _, old in rows]
    _post_opening(batch, cards, desk=desk, now=now)
    return TakenOver(batch, len(cards), sum(card.paid_cents for card in cards))


def import_plastic(text: str, *, batch_id: uuid.UUID, name: str, desk: Desk, now: dt.datetime) -> TakenOver:
    """Make the plastic cards of a CSV (`code`) known, all or none; inactive until a completed sale names them (R14)."""
    rights.require(desk.staff, Right.GIFT_CARDS, desk.location)
    known = _known(batch_id, text)
    if known is not None:
        return TakenOver(known, known.cards.count(), 0)
    rows = sheets.read_rows(text, columns=["code"], optional=[], read=lambda cells: _kept(cells["code"]))
    _refuse_twice(rows)
    batch = _batch(CardBatch.Kind.PLASTIC, batch_id, name, text, desk=desk, now=now)
    for _, kept in rows:
        issuing.prepare(location=desk.location, now=now, batch=batch, kept=kept)
    return TakenOver(batch, len(rows), 0)


def make_plastic(count: int, *, batch_id: uuid.UUID, name: str, desk: Desk, now: dt.datetime) -> TakenOver:
    """Make so many inactive cards to be printed on plastic; `codes_for_printer` tells their codes. Again: the same."""
    rights.require(desk.staff, Right.GIFT_CARDS, desk.location)
    if not 0 < count <= MOST_PLASTIC:
        raise BadInput("count", f"A batch is 1 to {MOST_PLASTIC} cards.")
    known = _known(batch_id, str(count))
    if known is not None:
        return TakenOver(known, known.cards.count(), 0)
    batch = _batch(CardBatch.Kind.PLASTIC, batch_id, name, str(count), desk=desk, now=now)
    for _ in range(count):
        issuing.prepare(location=desk.location, now=now, batch=batch)
    return TakenOver(batch, count, 0)


def codes_for_printer(batch: CardBatch, *, desk: Desk, now: dt.datetime) -> list[tuple[str, str]]:
    """Serial and code of each card of a plastic batch that is still inactive; every code told leaves its audit row."""
    cards = batch.cards.filter(status=Status.INACTIVE).select_related("location").order_by("serial")
    return [(card.serial, issuing.reveal(card, why="printer", now=now, desk=desk)) for card in cards]


def _old(cells: dict[str, str], on: dt.date) -> OldCard:
    balance_cents = sheets.money(cells["balance"])
    if not 0 < balance_cents <= limits.CARD_A_DAY_CENTS:
        raise sheets.BadCell("A balance is above zero and at most $2,000.")
    issued_on = sheets.day(cells["issued_on"])
    if not dt.date(1990, 1, 1) <= issued_on <= on:
        raise sheets.BadCell("The day of issue is in the past, and not before 1990.")
    expires_on = sheets.day(cells["expires_on"]) if cells["expires_on"] else None
    if expires_on is not None and expires_on <= on:
        raise sheets.BadCell("The card has expired already.")
    return OldCard(_kept(cells["code"]), balance_cents, issued_on, expires_on)


def _kept(text: str) -> codes.Kept:
    if not SHORTEST_CODE <= len(text) <= LONGEST_CODE or not text.isprintable():
        raise sheets.BadCell(f"A code has {SHORTEST_CODE} to {LONGEST_CODE} characters.")
    try:
        code = codes.read(text)
    except codes.WrongCode as wrong:
        raise sheets.BadCell("This code looks like one of ours, with a wrong character.") from wrong
    return codes.keep(code) if code is not None else codes.keep_foreign(text)


def _refuse_twice(rows: list[tuple[int, codes.Kept]]) -> None:
    """BadRows for a code that is in the file twice, or that a card has already."""
    counts = Counter(kept.code_mac for _, kept in rows)
    known = set(GiftCard.objects.filter(code_mac__in=counts.keys()).values_list("code_mac", flat=True))
    mistakes = [(row, "This code is in the file twice.") for row, kept in rows if counts[kept.code_mac] > 1]
    mistakes += [(row, "A card with this code is known already.") for row, kept in rows if kept.code_mac in known]
    sheets.refuse_rows(mistakes)


def _refuse_unlawful(rows: list[tuple[int, OldCard]], *, desk: Desk) -> None:
    """BadRows for an expiry that the law of the location forbids."""
    mistakes = []
    for row, old in rows:
        card = GiftCard(kind=Kind.VALUE, issued_on=old.issued_on, loaded_on=old.issued_on)
        try:
            if old.expires_on is not None:
                law.check_expiry(card, expires_on=old.expires_on, state=desk.location.state)
        except law.NotLawful as unlawful:
            mistakes.append((row, unlawful.sentence))
    sheets.refuse_rows(mistakes)


def _take_over(old: OldCard, batch: CardBatch, *, desk: Desk, now: dt.datetime) -> GiftCard:
    card = issuing.prepare(location=desk.location, now=now, expires_on=old.expires_on, batch=batch, kept=old.kept)
    because = Because(f"imported:{card.pk}", now=now, at=desk.location, by=desk.staff)
    issuing.activate(card, GiftCardMove.Kind.IMPORTED, paid_cents=old.balance_cents, promo_cents=0, because=because)
    GiftCard.objects.filter(pk=card.pk).update(issued_on=old.issued_on, loaded_on=old.issued_on)
    return card


def _post_opening(batch: CardBatch, cards: list[GiftCard], *, desk: Desk, now: dt.datetime) -> None:
    journal.post(
        key=f"gift_cards_opening:{batch.pk}",
        kind="gift_cards_opening",
        location=desk.location,
        occurred_at=now,
        now=now,
        lines=_opening(cards),
        made_by=desk.staff,
        memo=batch.name,
    )


def _opening(cards: list[GiftCard]) -> Iterator[Line]:
    yield debit(Account.OPENING_BALANCES, sum(card.paid_cents for card in cards))
    for card in cards:
        yield credit(Account.GIFT_CARDS, card.paid_cents, instrument=card.instrument)


def _known(batch_id: uuid.UUID, contents: str) -> CardBatch | None:
    known = CardBatch.objects.filter(pk=batch_id).first()
    if known is not None and known.fingerprint != _fingerprint(contents):
        raise SameIdOtherContents("These cards were taken over before, with other contents.")
    return known


def _batch(
    kind: CardBatch.Kind, batch_id: uuid.UUID, name: str, contents: str, *, desk: Desk, now: dt.datetime
) -> CardBatch:
    if not name.strip():
        raise BadInput("name", "Give these cards a name.")
    batch = CardBatch.objects.create(
        id=batch_id,
        kind=kind,
        name=name.strip()[:80],
        location=desk.location,
        made_at=now,
        made_by=desk.staff,
        fingerprint=_fingerprint(contents),
    )
    audit.record(
        at=now, action=f"gift_cards_{kind}", actor=desk.staff, device=desk.device, location=desk.location, subject=batch
    )
    return batch


def _fingerprint(contents: str) -> str:
    """Of a whole file; keyed as the codes are, for a file of one code would be a plain hash of it."""
    return codes.keep_foreign(hashlib.sha256(contents.encode()).hexdigest()).code_mac
