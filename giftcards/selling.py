"""Cards that are sold and loaded by the lines of a sale, and taken back with them (posting rules 9, 11)."""

import datetime as dt
from collections.abc import Iterator, Sequence

from django.db.models import Q

from giftcards import finding, issuing, limits, moving, postings
from giftcards.models import CardNotUsable, GiftBonus, GiftCard, GiftCardMove
from giftcards.moving import Because
from ledger.journal import Line
from ledger.money import dollars
from pos.asked import AskedLine
from pos.kinds import PricingContext
from pos.models import Item, RefundLine, SaleLine, TaxCategory
from pos.reversals import NotRefundable
from pos.wares import NotForSale
from studio.refusal import BadInput, Refusal

Kind, Status, MoveKind = GiftCard.Kind, GiftCard.Status, GiftCardMove.Kind


class CardWasUsed(Refusal):
    """What the sale put on the card is not all there any more: the sale can be refunded, not voided."""

    code = "card_was_used"


# Sold ----------------------------------------------------------------------------------------------------------------


def card_line(asked: AskedLine, item: Item | None, at: PricingContext) -> SaleLine:
    """A line that sells cards: for an amount, or for the treatment `item` at the price of the day."""
    if item is None and asked.item:
        raise NotForSale(f"“{asked.item}” is not a treatment of the catalogue.", item=asked.item)
    unit_cents = _price_of(item) if item is not None else limits.check_price(asked.unit_cents)
    bonus = None if item is not None else bonus_for(unit_cents, on=at.on)
    return SaleLine(
        item=item,
        name=f"Gift card: {item.name}"[:120] if item is not None else f"Gift card ${dollars(unit_cents)}",
        category="gift_card",
        tax_category=TaxCategory.EXEMPT,
        is_service=False,
        quantity=asked.quantity,
        unit_cents=unit_cents,
        list_cents=asked.quantity * unit_cents,
        instrument=_card_to_activate(asked),
        why=f"{bonus.name}: ${dollars(bonus.adds_cents)} on top" if bonus is not None else "The amount of the card",
    )


def treatments(asked: Sequence[AskedLine], at: PricingContext) -> dict[str, Item]:
    """The treatments that the lines name, with today's price, in one query."""
    codes = {line.item for line in asked if line.item}
    found = Item.objects.filter(code__in=codes, kind=Item.Kind.TREATMENT).priced(location=at.location, on=at.on)
    return {item.code: item for item in found} if codes else {}


def bonus_for(pays_cents: int, *, on: dt.date) -> GiftBonus | None:
    """What a promotion adds to a card that is sold for exactly so much on that day."""
    running = GiftBonus.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), pays_cents=pays_cents, starts_on__lte=on)
    return running.order_by("-starts_on").first()


def _price_of(item: Item) -> int:
    cents: int | None = item.price_cents  # type: ignore[attr-defined]  # annotated by priced()
    if not item.is_available or not cents:
        raise NotForSale(f"{item.name} is not for sale here today.", item=item.code)
    return cents


def _card_to_activate(asked: AskedLine) -> str:
    """The id of the plastic or prepared card that the line activates; its code is kept nowhere."""
    if not asked.instrument:
        return ""
    card = finding.the_card(asked.instrument)
    if asked.quantity != 1:
        raise BadInput("quantity", "A card that is in your hand is sold on a line of its own.")
    if card.status != Status.INACTIVE:
        raise CardNotUsable(f"This card is {card.get_status_display()}: take another one.", card_status=card.status)
    return str(card.pk)


def deliver_cards(line: SaleLine, *, now: dt.datetime) -> None:
    """Activate what the line sold, each card once; the receipt gets the last four of the first."""
    sale = line.sale
    item = line.item
    bonus = None if item is not None else bonus_for(line.unit_cents, on=sale.location.business_date(now))
    cards = []
    for number in range(line.quantity):
        card = _prepared(line, now=now)
        because = Because(
            f"sold:{line.pk}:{number}",
            now=now,
            at=sale.location,
            by=sale.completed_by,
            line=line,
            client=sale.client_id,
        )
        promo_cents = bonus.adds_cents if bonus is not None else 0
        issuing.activate(card, MoveKind.SOLD, paid_cents=line.unit_cents, promo_cents=promo_cents, because=because)
        cards.append(card)
    line.instrument = str(cards[0].pk)
    line.reference = f"···{cards[0].last4}" if len(cards) == 1 else f"{len(cards)} cards"
    limits.check_person(sale, now=now)


def _prepared(line: SaleLine, *, now: dt.datetime) -> GiftCard:
    item = line.item
    kind = Kind.TREATMENT if item is not None else Kind.VALUE
    if not line.instrument:
        return issuing.prepare(location=line.sale.location, now=now, kind=kind, item=item)
    card = moving.lock(finding.the_card(line.instrument))
    GiftCard.objects.filter(pk=card.pk, status=Status.INACTIVE).update(kind=kind, item=item)
    card.kind, card.item = kind, item
    return card


def credits_of(line: SaleLine) -> Iterator[Line]:
    """Posting rule 9: what was paid is owed, card by card."""
    for move in _put_on(line):
        yield from postings.issued(move.card, move.paid_cents, at=line.sale.location)


# Loaded --------------------------------------------------------------------------------------------------------------


def load_line(asked: AskedLine) -> SaleLine:
    """A line that puts money on a card that is there already (R17)."""
    unit_cents = limits.check_price(asked.unit_cents)
    if asked.quantity != 1:
        raise BadInput("quantity", "A card is loaded once a line.")
    if not asked.instrument:
        raise BadInput("instrument", "Scan the card to load.")
    card = finding.the_card(asked.instrument)
    must_take_loads(card)
    limits.check_load(card, unit_cents)
    return SaleLine(
        name=f"Gift card ···{card.last4} loaded",
        category="gift_card",
        tax_category=TaxCategory.EXEMPT,
        is_service=False,
        quantity=1,
        unit_cents=unit_cents,
        list_cents=unit_cents,
        instrument=str(card.pk),
        why="The amount to load",
    )


def must_take_loads(card: GiftCard) -> None:
    """CardNotUsable unless it is an active value card."""
    if card.status != Status.ACTIVE:
        raise CardNotUsable(f"This card is {card.get_status_display()}.", card_status=card.status)
    if card.kind != Kind.VALUE:
        raise CardNotUsable(f"A {card.get_kind_display()} takes no loads.")


def deliver_load(line: SaleLine, *, now: dt.datetime) -> None:
    """Put the money on the card."""
    sale = line.sale
    card = moving.lock(finding.the_card(line.instrument))
    must_take_loads(card)
    because = Because(
        f"loaded:{line.pk}", now=now, at=sale.location, by=sale.completed_by, line=line, client=sale.client_id
    )
    moving.change(card, MoveKind.LOADED, paid_cents=line.unit_cents, promo_cents=0, because=because)
    GiftCard.objects.filter(pk=card.pk).update(loaded_on=sale.location.business_date(now))
    line.instrument = str(card.pk)
    line.reference = f"···{card.last4}, ${dollars(card.balance_cents)} on it"
    limits.check_card_day(card, sale=sale, now=now)
    limits.check_person(sale, now=now)


# Taken back ----------------------------------------------------------------------------------------------------------


def refundable(line: SaleLine, *, quantity: int) -> list[tuple[GiftCard, int]]:
    """Which cards of the line a refund closes, those with most left first, and what comes back for each in cents.

    Never more than was paid for the card, nor than is left of it and free; NotRefundable when nothing is (R2).
    """
    back = [(card, min(paid_cents, card.free_paid_cents)) for card, paid_cents in _still_out(line)]
    back.sort(key=lambda pair: (-pair[1], pair[0].pk))
    chosen = back[:quantity]
    if len(chosen) < quantity or not all(cents for _, cents in chosen):
        raise NotRefundable("This card is used up: there is nothing to give back.")
    if any(card.held_cents for card, _ in chosen):
        raise NotRefundable("This card is on another sale just now. Take it off there first.")
    return chosen


def refund_cards(part: RefundLine, *, now: dt.datetime, closes: GiftCard.Status | None) -> Iterator[Line]:
    """Posting rule 11: what is unused goes back to the buyer; an empty card is closed."""
    line, sale = part.line, part.line.sale
    for card, cents in refundable(line, quantity=part.quantity):
        locked = moving.lock(card)
        all_of_it = cents == locked.paid_cents and closes is not None
        promo_cents = locked.promo_cents if all_of_it else 0
        income_cents = moving.takes_back_income(locked, cents)
        moving.change(
            locked,
            MoveKind.REFUNDED,
            paid_cents=-cents,
            promo_cents=-promo_cents,
            breakage_cents=-income_cents,
            because=Because(f"refunded:{part.pk}:{card.pk}", now=now, at=sale.location, line=line),
        )
        if closes is not None and not locked.balance_cents:
            locked.move_to(closes)
        yield from postings.taken(locked, cents, at=sale.location)
        yield from postings.income_taken_back(locked, income_cents)


def unsell(line: SaleLine, *, now: dt.datetime, then: GiftCard.Status | None) -> None:
    """A voided sale takes what it put on its cards off again; CardWasUsed when it is not all there (R2, R14)."""
    for move in _put_on(line):
        card = moving.lock(move.card)
        is_untouched = card.paid_cents >= move.paid_cents and card.free_cents >= move.face_cents
        if not is_untouched or card.moves.filter(at__gte=move.at).exclude(pk=move.pk).exclude(_made_good()).exists():
            raise CardWasUsed(f"{card} was used since. Refund the sale instead.".capitalize())
        because = Because(f"unsold:{move.pk}", now=now, at=line.sale.location, line=line)
        moving.change(
            card, MoveKind.UNSOLD, paid_cents=-move.paid_cents, promo_cents=-move.promo_cents, because=because
        )
        if then is not None:
            card.move_to(then, sold_line=None, issued_on=None, loaded_on=None, buyer=None, why_blocked="")


def _made_good() -> Q:
    """Uses that were given back leave the card as it was; the balance says whether all of them were."""
    return Q(kind__in=[MoveKind.USED, MoveKind.RESTORED])


def _put_on(line: SaleLine) -> list[GiftCardMove]:
    """What the line sold or loaded, in its order."""
    moves = GiftCardMove.objects.filter(line_id=line.pk, kind__in=limits.BOUGHT)
    return list(moves.select_related("card__location", "card__item").order_by("id"))


def _still_out(line: SaleLine) -> list[tuple[GiftCard, int]]:
    """The cards that the line put value on, as they now are, with what was paid; those given back already left out."""
    gone = set(GiftCardMove.objects.filter(line_id=line.pk, kind=MoveKind.REFUNDED).values_list("card_id", flat=True))
    cards = [(finding.current(move.card), move.paid_cents) for move in _put_on(line)]
    return [(card, cents) for card, cents in cards if card.pk not in gone]
