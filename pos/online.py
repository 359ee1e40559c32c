"""Sales that nobody at a desk makes: a due that was charged, an order that was paid online (DESIGN "Who finishes")."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from payments.models import Charge
from pos import checkout
from pos.asked import AskedSale, AskedTender, Desk
from pos.basket import Basket
from pos.cards import CardOnReader
from pos.kinds import Payable
from pos.models import Client, Sale, Tender
from studio.ids import new_id
from studio.models import Location, Staff
from studio.refusal import BadInput


class CardOnline(CardOnReader):
    """A card that paid before the sale was made: on Stripe's page, or saved and charged for a due."""

    code: ClassVar[str] = "online"
    name: ClassVar[str] = "Card online"

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        raise BadInput("kind", "A card pays online on its own page, not at the desk.")


@dataclass(frozen=True, slots=True)
class PaidSale:
    """A sale that a charge has paid: its id, what is sold to whom, and when it was decided what that costs."""

    sale_id: uuid.UUID
    asked: AskedSale
    charge: Charge
    location: Location
    client: Client | None
    priced_at: dt.datetime


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
    if Sale.objects.filter(pk=sale_id).exists():
        return checkout.read_locked(sale_id, desk=desk)
    basket = checkout.new_basket(sale_id=sale_id, asked=asked, desk=desk, now=priced_at or now)
    _pay(basket, charge)
    checkout.complete(basket, now=now)
    return basket


def sell_all_paid(sales: Sequence[PaidSale], *, known: Mapping[str, Any], now: dt.datetime) -> list[Basket]:
    """The same for many sales that are not made yet, all or none, in a few statements for all of them.

    `known` is what their lines are about, by instrument, which the caller has locked and seen to be for sale.
    """
    if not sales:
        return []
    staff = Staff.objects.online()
    alike: dict[tuple[Location, dt.datetime], list[PaidSale]] = defaultdict(list)
    for sale in sales:
        alike[sale.location, sale.priced_at].append(sale)
    baskets: list[Basket] = []
    for (location, priced_at), some in alike.items():
        asked = {sale.sale_id: (sale.asked, sale.client) for sale in some}
        desk = Desk(location=location, staff=staff)
        made = checkout.new_baskets(asked, desk=desk, now=priced_at, known=known)
        for basket, sale in zip(made, some, strict=True):
            _pay(basket, sale.charge)
        baskets += made
    checkout.complete_all(baskets, now=now)
    return baskets


def _pay(basket: Basket, charge: Charge) -> None:
    """Put the charge on the sale as its only tender."""
    amount_cents = charge.amount_cents
    tender = Tender(id=new_id(), kind=CardOnline.code, amount_cents=amount_cents, tendered_cents=amount_cents)
    tender.charge = charge
    if basket.due_cents != amount_cents:
        raise checkout.WrongAmount(f"{basket.sale}: due {basket.due_cents}, paid {amount_cents}.")
    basket.add(tender)
