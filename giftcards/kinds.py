"""Gift cards as something to sell and as a way to pay (R4, R13): the same account on both sides, 2200."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from django.db.models import F

from giftcards import finding, moving, selling, spending
from giftcards.models import GiftCard
from ledger.accounts import Account
from ledger.journal import Line
from ledger.money import dollars
from pos.asked import AskedCover, AskedLine, AskedTender
from pos.kinds import Back, Cover, Covering, Offer, Payable, PricingContext
from pos.models import Client, RefundLine, RefundTender, SaleLine, Tender
from pos.tenders import PlainTender
from studio.models import Location
from studio.refusal import BadInput, Refusal

Kind, Status = GiftCard.Kind, GiftCard.Status


class NotForThisTreatment(Refusal):
    """The treatment card honours another treatment, or was partly spent as money."""

    code = "not_for_this_treatment"


class PutsOnACard:
    """What selling a card and loading one have in common: a debt in 2200, no discount, no tax."""

    takes_discounts = False
    needs_money = True

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """Posting rule 9."""
        yield from selling.credits_of(line)

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        """What of it is unused (R2, posting rule 11)."""
        return Back(sum(cents for _, cents in selling.refundable(line, quantity=quantity)), {})


class SoldCard(PutsOnACard):
    """New gift cards: for an amount, or for a treatment; `instrument` names a plastic one in the hand."""

    code: ClassVar[str] = "gift_card"

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        """At the amount of the card; a treatment card at today's price."""
        shelf = selling.treatments(asked, at)
        lines = [selling.card_line(line, shelf.get(line.item), at) for line in asked]
        for line in lines:
            line.kind = self.code
        _once_each(lines)
        return lines

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        selling.deliver_cards(line, now=now)

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        yield from selling.refund_cards(part, now=now, closes=Status.REFUNDED)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        selling.unsell(line, now=now, then=Status.INACTIVE)


class LoadedCard(PutsOnACard):
    """More money on a card that is there already (R17)."""

    code: ClassVar[str] = "gift_card_load"

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        """At the amount to load."""
        lines = [selling.load_line(line) for line in asked]
        for line in lines:
            line.kind = self.code
        return lines

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        selling.deliver_load(line, now=now)

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        yield from selling.refund_cards(part, now=now, closes=None)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        selling.unsell(line, now=now, then=None)


def _once_each(lines: Sequence[SaleLine]) -> None:
    named = [line.instrument for line in lines if line.instrument]
    if len(set(named)) != len(named):
        raise BadInput("instrument", "One card is on the sale twice.")


class PaysWithCard(PlainTender):
    """What a gift card and a treatment card have in common as a way to pay."""

    account = Account.GIFT_CARDS
    is_stored_value: ClassVar[bool] = True

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        card = spending.settle(tender, now=now)
        tender.reference = f"···{card.last4}, ${dollars(card.balance_cents)} left"

    def debits(self, tender: Tender) -> Iterator[Line]:
        yield from spending.debits(tender)

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        spending.release(tender)

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        """Back to the same card; to a new one on the same terms when it is closed."""
        yield from spending.give_back(part.tender, part.amount_cents, key=f"refund:{part.pk}", now=now)

    def undo(self, tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
        yield from spending.undo(tender, now=now)


class PaidByTreatmentCard(PaysWithCard):
    """A treatment card that covers its treatment, whatever that costs by now (R13)."""

    code: ClassVar[str] = "treatment_card"
    name: ClassVar[str] = "Treatment card"

    def find(self, code: str, *, now: dt.datetime) -> Offer | None:
        """None: the look-up of gift cards, a single one, finds treatment cards too."""
        return None

    def offers(self, client: Client, *, location: Location, now: dt.datetime) -> Sequence[Offer]:
        cards = [card for card in _held_by(client) if spending.is_whole_treatment(card)]
        return [offer for card in cards if (offer := _offer(self.code, card, now=now)).can_pay]

    def cover(
        self, asked: AskedCover, line: SaleLine, *, tender_id: uuid.UUID, on: Covering, now: dt.datetime
    ) -> Cover:
        """The line is worth what was paid for the card, and nothing is to be paid on top."""
        if not asked.instrument:
            raise BadInput("cover", "Scan the treatment card, or type its code.")
        card = moving.lock(finding.the_card(asked.instrument))
        spending.must_pay(card, on=on.at.on)
        if card.item_id is None or card.item_id != line.item_id:
            raise NotForThisTreatment(f"This card is for {card.item or 'an amount'}. It can pay as a gift card.")
        if not spending.is_whole_treatment(card):
            raise NotForThisTreatment("A part of this card was spent already. It can pay as a gift card.")
        value_cents = card.free_cents
        spending.hold(card, value_cents, tender_id=tender_id)
        return Cover(str(card.pk), value_cents, 0, why=f"Treatment card ···{card.last4}")

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        raise BadInput("kind", "Put a treatment card on the line of its treatment, or let it pay as a gift card.")


class PaidByCard(PaysWithCard):
    """A gift card that pays anything but gift cards and the like; a treatment card pays what was paid for it."""

    code: ClassVar[str] = "gift_card"
    name: ClassVar[str] = "Gift card"

    def find(self, code: str, *, now: dt.datetime) -> Offer | None:
        card = finding.by_code(code)
        if card is None:
            return None
        is_whole = spending.is_whole_treatment(card)
        return _offer(PaidByTreatmentCard.code if is_whole else self.code, card, now=now)

    def offers(self, client: Client, *, location: Location, now: dt.datetime) -> Sequence[Offer]:
        """The one that expires soonest first, then the smallest."""
        cards = [card for card in _held_by(client) if not spending.is_whole_treatment(card)]
        return [offer for card in cards if (offer := _offer(self.code, card, now=now)).can_pay]

    def check(self, tender: Tender, *, basket: Payable) -> None:
        spending.check_room(basket)

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        card = moving.lock(spending.named_card(asked))
        spending.must_pay(card, on=basket.sale.location.business_date(now))
        amount_cents = spending.amount_cents(asked, basket, card)
        spending.hold(card, amount_cents, tender_id=tender_id)
        return Tender(
            id=tender_id,
            kind=self.code,
            amount_cents=amount_cents,
            tendered_cents=amount_cents,
            reference=f"···{card.last4}",
            instrument=str(card.pk),
        )


def _held_by(client: Client) -> list[GiftCard]:
    cards = GiftCard.objects.filter(holder=client, status=Status.ACTIVE, balance_cents__gt=F("held_cents"))
    in_order = cards.order_by(F("expires_on").asc(nulls_last=True), "balance_cents", "id")
    return list(in_order.select_related("location", "item"))


def _offer(kind: str, card: GiftCard, *, now: dt.datetime) -> Offer:
    on = card.location.business_date(now)
    expired = spending.has_expired(card, on=on)
    state = "expired" if expired else card.get_status_display()
    is_usable = card.status == Status.ACTIVE and not expired
    treatment = (card.item.code,) if kind == PaidByTreatmentCard.code and card.item is not None else ()
    of_what = f"{card.item} or ${dollars(card.free_cents)}" if treatment else f"${dollars(card.free_cents)} left"
    return Offer(
        kind=kind,
        instrument=str(card.pk),
        name=f"{card.get_kind_display().capitalize()} ···{card.last4}",
        left=of_what if is_usable else state,
        amount_cents=card.free_cents,
        expires_on=card.expires_on,
        items=treatment,
        can_pay=is_usable and card.free_cents > 0,
    )
