"""What is kept of a client's cards, told and forgotten with the rest; no card number is ever here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from payments import cards
from payments.models import Charge, SavedCard

OPEN = (Charge.Status.CREATED, Charge.Status.SENT, Charge.Status.UNKNOWN, Charge.Status.REQUIRES_ACTION)


class SavedCards:
    """Saved cards; the customer at Stripe is only an id, which payments that were made go on naming."""

    covers: ClassVar[frozenset[str]] = frozenset(
        {
            "payments.Customer.client",
            "payments.SavedCard.client",
            "payments.Charge.client",
            "payments.HostedPage.client",
        }
    )

    def tell(self, client: Any) -> Mapping[str, list[dict[str, str]]]:
        kept = SavedCard.objects.filter(client=client.pk).order_by("saved_at")
        return {
            "saved_cards": [
                {"brand": one.brand, "last4": one.last4, "saved_at": str(one.saved_at), "consent": one.consent}
                for one in kept
            ]
        }

    def unsettled(self, client: Any, *, now: dt.datetime) -> Sequence[str]:
        asking = Charge.objects.filter(client=client.pk, status__in=OPEN).exists()
        return ["A card of theirs is being asked: wait for the answer."] if asking else []

    def move(self, gone: Any, into: Any, *, now: dt.datetime) -> Mapping[str, int]:
        """A saved card is the customer's at Stripe and can not be given on: it is let go of, and saved anew."""
        kept = cards.cards_of(gone.pk)
        for card in kept:
            cards.remove(card, now=now)
        return {"saved_cards_removed": len(kept)}

    def forget(self, client: Any, *, now: dt.datetime) -> None:
        for card in cards.cards_of(client.pk):
            cards.remove(card, now=now)
