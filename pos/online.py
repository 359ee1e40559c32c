"""Sales that nobody at a desk makes: a due that was charged, an order that was paid online (DESIGN "Who finishes")."""

import datetime as dt
import uuid
from typing import ClassVar

from payments.models import Charge
from pos import checkout
from pos.asked import AskedSale, AskedTender, Desk
from pos.basket import Basket
from pos.cards import CardOnReader
from pos.kinds import Payable
from pos.models import Sale, Tender
from studio.ids import new_id
from studio.models import Location, Staff
from studio.refusal import BadInput


class CardOnline(CardOnReader):
    """A card that paid before the sale was made: on Stripe's page, or saved and charged for a due."""

    code: ClassVar[str] = "online"
    name: ClassVar[str] = "Card online"

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        raise BadInput("kind", "A card pays online on its own page, not at the desk.")


def sell_paid(
    *,
    sale_id: uuid.UUID,
    asked: AskedSale,
    charge: Charge,
    location: Location,
    now: dt.datetime,
    priced_at: dt.datetime | None = None,
) -> Basket:
    """The whole sale that a paid charge is for, completed in the caller's transaction; again is the same sale.

    It costs what it did at `priced_at`, when the card was asked: prices and tax rates may have changed since.
    WrongAmount when the charge did not pay what the sale comes to: the order's price is fixed before its card is asked.
    """
    desk = Desk(location=location, staff=Staff.objects.online())
    known = Sale.objects.filter(pk=sale_id).exists()
    if known:
        return checkout.read_locked(sale_id, desk=desk)
    basket = checkout.new_basket(sale_id=sale_id, asked=asked, desk=desk, now=priced_at or now)
    amount_cents = charge.amount_cents
    tender = Tender(id=new_id(), kind=CardOnline.code, amount_cents=amount_cents, tendered_cents=amount_cents)
    tender.charge = charge
    if basket.due_cents != amount_cents:
        raise checkout.WrongAmount(f"{basket.sale}: due {basket.due_cents}, paid {amount_cents}.")
    basket.add(tender)
    checkout.complete(basket, now=now)
    return basket
