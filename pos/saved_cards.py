"""A card that the client has saved as a way to pay: charged without being shown, with the stored consent (R4)."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import ClassVar

from payments import cards, off_session
from payments.charges import ChargeInFlight
from payments.models import Charge, SavedCard
from pos.asked import AskedTender
from pos.cards import ByCharge, charge_of, link, owner_of
from pos.kinds import Offer, Payable
from pos.models import Client, Sale, Tender
from pos.tenders import exactly_cents
from studio.models import Location
from studio.refusal import BadInput, Refusal


class NoConsent(Refusal):
    """The client has not agreed to be charged without showing the card."""

    code = "no_consent"


class SavedCardOnFile(ByCharge):
    """A saved card of the sale's client; `instrument` says which, the default one unless it does."""

    code: ClassVar[str] = "saved_card"
    name: ClassVar[str] = "Card on file"

    def offers(self, client: Client, *, location: Location, now: dt.datetime) -> Sequence[Offer]:
        """One for each card, the default first."""
        return [
            Offer(
                self.code,
                instrument=str(card.pk),
                name=str(card),
                left=f"expires {card.exp_month:02}/{card.exp_year % 100:02}",
                can_pay=bool(card.consent),
            )
            for card in cards.cards_of(client.pk)
        ]

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        amount_cents = exactly_cents(asked, basket.due_cents)
        card = _card(asked.instrument, basket.sale)
        charge = _charge(basket.sale, tender_id, card, amount_cents, now=now)
        return Tender(
            id=tender_id,
            kind=self.code,
            amount_cents=amount_cents,
            tendered_cents=amount_cents,
            instrument=str(card.pk),
            charge=charge,
        )

    def try_again(self, tender: Tender, *, n: int, asked: AskedTender, now: dt.datetime) -> None:
        """A declined one is at its end: the next try is a charge of its own, of this card or another."""
        before = charge_of(tender)
        if n <= before.n:
            return
        if n > before.n + 1:
            raise BadInput("n", f"The next try is number {before.n + 1}.")
        if before.status == Charge.Status.CANCELLED or before.is_live:
            raise ChargeInFlight("The card is still being asked. Wait until it is known.")
        card = _card(asked.instrument or tender.instrument, tender.sale)
        link(tender, _charge(tender.sale, tender.pk, card, tender.amount_cents, now=now))
        Tender.objects.filter(pk=tender.pk).update(instrument=str(card.pk))
        Charge.objects.filter(pk=before.pk).update(finished_at=now)


def _charge(sale: Sale, tender_id: uuid.UUID, card: SavedCard, amount_cents: int, *, now: dt.datetime) -> Charge:
    return off_session.charge_card(
        owner=owner_of(tender_id),
        about=f"sale:{sale.pk}",
        location=sale.location,
        client=card.client,
        card=card,
        amount_cents=amount_cents,
        now=now,
    )


def _card(instrument: str, sale: Sale) -> SavedCard:
    """The client's card of that id, or their default."""
    if sale.client_id is None:
        raise BadInput("kind", "Choose the client first: a saved card pays for its owner.")
    kept = cards.cards_of(sale.client_id)
    found = next((card for card in kept if (str(card.pk) == instrument if instrument else card.is_default)), None)
    if found is None:
        raise BadInput("instrument", "The client has no such saved card." if kept else "The client has no saved card.")
    if not found.consent:
        raise NoConsent(f"The client has not agreed that {found} is charged so. Use the reader or a pay link.")
    return found
