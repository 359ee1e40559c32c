"""A sale from the first tap to the books. Each public function is one unit of work inside one transaction (R1, R3)."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from payments.charges import ChargeInFlight
from pos import cautions, completing, covering, limits, stored
from pos.asked import AskedSale, AskedTender, Desk, fingerprint
from pos.basket import Basket, SaleChanged, progress_of
from pos.kinds import PricingContext, tender_kind
from pos.models import Client, Sale, Tender
from pos.pricing import context, context_for_many, list_prices, price
from pos.tenders import MoreThanDue
from studio import rights
from studio.models import Right
from studio.refusal import BadInput, Refusal


class SaleNotFound(Refusal):
    """There is no such sale at this location."""

    code = "not_found"


class SaleNotOpen(Refusal):
    """The sale is completed, voided or abandoned."""

    code = "sale_not_open"


class SameIdOtherContents(Refusal):
    """The id was used before for something else; a new thing needs a new id."""

    code = "same_id_other_contents"


class NothingToSell(Refusal):
    """A sale without lines and tips."""

    code = "nothing_to_sell"


class NotPaid(Refusal):
    """Something is still due."""

    code = "not_paid"


class WrongAmount(Exception):
    """What was paid is not what the sale comes to: a broken promise that a person must look at."""


def put_sale(
    *,
    sale_id: uuid.UUID,
    asked: AskedSale,
    desk: Desk,
    now: dt.datetime,
    revision: int | None = None,
    approval_id: uuid.UUID | None = None,
) -> Basket:
    """Open the sale or replace its contents, priced; the same contents again change nothing."""
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = _put(sale_id=sale_id, asked=asked, desk=desk, now=now, revision=revision, approval_id=approval_id)
    basket.write()
    return basket


def sell(
    *,
    sale_id: uuid.UUID,
    asked: AskedSale,
    tenders: Sequence[tuple[uuid.UUID, AskedTender]],
    desk: Desk,
    now: dt.datetime,
    revision: int | None = None,
    approval_id: uuid.UUID | None = None,
) -> Basket:
    """A whole sale in one request: contents, tenders and completion, all or nothing.

    With a tender that somebody else must answer for, the sale stays open until a repeat finds the answer.
    """
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = _put(sale_id=sale_id, asked=asked, desk=desk, now=now, revision=revision, approval_id=approval_id)
    cautions.must_be_settled(basket, now=now)
    for tender_id, wish in tenders:
        _hold(basket, tender_id=tender_id, asked=wish, now=now)
    if basket.has_its_money:
        complete(basket, now=now)
    else:
        basket.write()
    return basket


def put_tender(*, sale_id: uuid.UUID, tender_id: uuid.UUID, asked: AskedTender, desk: Desk, now: dt.datetime) -> Basket:
    """Put a tender on an open sale; the same tender again changes nothing."""
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = read_locked(sale_id, desk=desk)
    if all(tender.pk != tender_id for tender in basket.tenders):
        cautions.must_be_settled(basket, now=now)
    _hold(basket, tender_id=tender_id, asked=asked, now=now)
    basket.write()
    return basket


def drop_tender(*, sale_id: uuid.UUID, tender_id: uuid.UUID, desk: Desk, now: dt.datetime) -> Basket:
    """Take a held tender off an open sale; one that is off already stays off.

    One that others must answer for is withdrawn from them first, and goes off when a repeat finds that it is.
    """
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = read_locked(sale_id, desk=desk)
    must_be_open(basket.sale)
    for tender in basket.tenders:
        if tender.pk == tender_id and tender.status == Tender.Status.HELD:
            if tender.line_id is not None:
                raise BadInput("tender", "This pays for one line: take it off that line.")
            drop(basket, tender, now=now)
    basket.write()
    return basket


def try_again(
    *, sale_id: uuid.UUID, tender_id: uuid.UUID, n: int, asked: AskedTender, desk: Desk, now: dt.datetime
) -> Basket:
    """Ask once more for a tender that was refused, as its try number `n`; the same try again changes nothing."""
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = read_locked(sale_id, desk=desk)
    tender = next((tender for tender in basket.tenders if tender.pk == tender_id), None)
    if tender is None:
        raise BadInput("tender", "This payment is not on the sale.")
    if tender.status == Tender.Status.HELD:
        must_be_open(basket.sale)
        tender_kind(tender.kind).try_again(tender, n=n, asked=asked, now=now)
    return read_locked(sale_id, desk=desk)


def ask(basket: Basket, *, now: dt.datetime) -> bool:
    """Go on asking for what others must answer; between transactions. Whether there was anything to ask."""
    waiting = basket.waiting_tenders if basket.sale.status == Sale.Status.OPEN else []
    for tender in waiting:
        tender_kind(tender.kind).ask(tender, now=now)
    return bool(waiting)


def complete_sale(*, sale_id: uuid.UUID, desk: Desk, now: dt.datetime) -> Basket:
    """Complete a paid sale: tenders settled, lines delivered, one entry, a receipt; again is the same answer."""
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = read_locked(sale_id, desk=desk)
    cautions.must_be_settled(basket, now=now)
    complete(basket, now=now)
    return basket


def find_sale(sale_id: uuid.UUID, *, desk: Desk) -> Basket:
    """The stored sale of this location."""
    sale = stored.find(sale_id)
    if sale is None or sale.location_id != desk.location.pk:
        raise SaleNotFound("There is no such sale here.")
    return Basket.read(sale, desk=desk)


def read_locked(sale_id: uuid.UUID, *, desk: Desk) -> Basket:
    """The stored sale of this location, locked until the transaction ends."""
    sale = _lock(sale_id, desk=desk)
    if sale is None:
        raise SaleNotFound("There is no such sale here.")
    return Basket.read(sale, desk=desk)


def _lock(sale_id: uuid.UUID, *, desk: Desk) -> Sale | None:
    sale: Sale | None = stored.lock(sale_id)
    if sale is not None and sale.location_id != desk.location.pk:
        raise SaleNotFound("There is no such sale here.")
    if sale is not None:
        sale.location = desk.location
    return sale


def new_basket(*, sale_id: uuid.UUID, asked: AskedSale, desk: Desk, now: dt.datetime) -> Basket:
    """A new sale with its contents priced, for a caller who knows that it may be made; nothing is written yet."""
    client = _client(asked.client_id)
    at = context(asked, location=desk.location, on=desk.location.business_date(now), client=client)
    return _new_basket(sale_id, asked, at, desk=desk, now=now)


def new_baskets(
    asked: Mapping[uuid.UUID, tuple[AskedSale, Client | None]],
    *,
    desk: Desk,
    now: dt.datetime,
    known: Mapping[str, Any],
) -> list[Basket]:
    """The same for many sales without therapists, by their ids, each with its client, in one statement for all of them.

    `known` is what their lines are about, by instrument, locked by the caller.
    """
    place = context_for_many(location=desk.location, on=desk.location.business_date(now), known=known)
    return [
        _new_basket(sale_id, one, replace(place, client=client), desk=desk, now=now)
        for sale_id, (one, client) in asked.items()
    ]


def _new_basket(sale_id: uuid.UUID, asked: AskedSale, at: PricingContext, *, desk: Desk, now: dt.datetime) -> Basket:
    basket = Basket(_new_sale(sale_id, desk=desk, now=now), desk=desk)
    basket.sale.client = at.client
    _price(basket, asked, at, now=now)
    basket.sale.fingerprint = fingerprint(asked)
    basket.touch(now=now)
    return basket


def _put(
    *,
    sale_id: uuid.UUID,
    asked: AskedSale,
    desk: Desk,
    now: dt.datetime,
    revision: int | None,
    approval_id: uuid.UUID | None,
) -> Basket:
    sale = _lock(sale_id, desk=desk)
    mark = fingerprint(asked)
    if sale is None:
        basket = Basket(_new_sale(sale_id, desk=desk, now=now), desk=desk)
    elif sale.fingerprint == mark and sale.status != Sale.Status.PARKED:
        return Basket.read(sale, desk=desk)
    else:
        basket = Basket.read_for_new_contents(sale, desk=desk)
        _may_change(basket, revision)
    sale = basket.sale
    if asked.client_id != sale.client_id:
        sale.client = _client(asked.client_id)
    exemption = sale.tax_certificate, sale.exempted_by
    sale.status, sale.label, sale.parked_at = Sale.Status.OPEN, "", None  # a parked one is resumed by its contents
    before = basket.discounts
    at = context(asked, location=desk.location, on=desk.location.business_date(now), client=sale.client)
    _price(basket, asked, at, now=now)
    limits.approve_prices(basket, before=before, approval_id=approval_id, now=now)
    limits.approve_exemption(basket, wanted=asked.tax_exempt, before=exemption, approval_id=approval_id, now=now)
    if basket.due_cents < 0:
        raise MoreThanDue("More than this is already paid. Take a payment off first.")
    _must_fit(basket)
    sale.fingerprint = mark
    basket.touch(now=now)
    return basket


def _price(basket: Basket, asked: AskedSale, at: PricingContext, *, now: dt.datetime) -> None:
    """Put newly priced contents on the sale; what covers its lines is held first, for that prices them."""
    sale = basket.sale
    covering.let_go(basket.covers, now=now)
    lines = list_prices(asked, sale=sale, at=at)
    covers = covering.hold(asked.lines, lines, sale=sale, at=at, now=now)
    priced = price(asked, sale=sale, lines=lines, at=at)
    if covering.is_from_this_sale(asked.lines):
        # What a package comes to after discounts and tax is known only now, and so what its sessions are worth.
        paid = {line.position: line.net_cents for line in lines}
        covering.let_go(covers, now=now)
        lines = list_prices(asked, sale=sale, at=at)
        covers = covering.hold(asked.lines, lines, sale=sale, at=at, now=now, paid=paid)
        priced = price(asked, sale=sale, lines=lines, at=at)
    basket.put(priced, covers)


def _must_fit(basket: Basket) -> None:
    """Refuse when a tender that is on the sale can not pay what is now on it."""
    for tender in basket.live_tenders:
        tender_kind(tender.kind).check(tender, basket=basket)


def _new_sale(sale_id: uuid.UUID, *, desk: Desk, now: dt.datetime) -> Sale:
    return Sale(
        id=sale_id,
        location=desk.location,
        device=desk.device,
        opened_by=desk.staff,
        opened_at=now,
        last_request_at=now,
        revision=0,
    )


def _may_change(basket: Basket, revision: int | None) -> None:
    if basket.sale.is_completed:
        raise SameIdOtherContents("This sale is completed. Start a new one.", sale_status=basket.sale.status)
    if basket.sale.status != Sale.Status.PARKED:
        must_be_open(basket.sale)
    must_not_wait(basket)
    if revision != basket.sale.revision:
        raise SaleChanged.of(basket.sale)


def must_be_open(sale: Sale) -> None:
    """SaleNotOpen when it is parked, completed or abandoned."""
    if sale.status != Sale.Status.OPEN:
        raise SaleNotOpen(f"This sale is {sale.get_status_display()}.", sale_status=sale.status)


def must_not_wait(basket: Basket) -> None:
    """Nothing changes while a card is being asked (R1)."""
    for tender in basket.waiting_tenders:
        how = progress_of(tender)
        if how is not None and how.state != "cancelling":
            raise ChargeInFlight(how.sentence, tender=str(tender.pk))


def _client(client_id: uuid.UUID | None) -> Client | None:
    if client_id is None:
        return None
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise BadInput("client", "This client is not known.")
    return client


def drop(basket: Basket, tender: Tender, *, now: dt.datetime) -> None:
    """Take a held tender off the basket, or begin to where others must answer first."""
    if tender_kind(tender.kind).drop(tender, now=now):
        basket.take_off(tender)
        basket.touch(now=now)


def _hold(basket: Basket, *, tender_id: uuid.UUID, asked: AskedTender, now: dt.datetime) -> None:
    mark = fingerprint(asked)
    known = next((tender for tender in basket.tenders if tender.pk == tender_id), None)
    if known is not None:
        if known.fingerprint != mark:
            raise SameIdOtherContents("This payment was already made with another amount.")
        return
    must_be_open(basket.sale)
    tender = tender_kind(asked.kind).hold(asked, tender_id=tender_id, basket=basket, now=now)
    tender.fingerprint = mark
    basket.add(tender)
    _must_fit(basket)
    basket.touch(now=now)


def complete(basket: Basket, *, now: dt.datetime) -> None:
    """Deliver, settle, post, number: the end of a sale, once. A package that was sold can be used in the same sale."""
    complete_all([basket], now=now)


def complete_all(baskets: Sequence[Basket], *, now: dt.datetime) -> None:
    """The same for many sales, all or none: what their kinds can do together takes as many statements as for one."""
    open_ones = [basket for basket in baskets if not basket.sale.is_completed]
    for basket in open_ones:
        must_be_open(basket.sale)
        _must_be_payable(basket)
    completing.end_all(open_ones, now=now)


def _must_be_payable(basket: Basket) -> None:
    if not basket.lines and not basket.tips:
        raise NothingToSell("There is nothing on this sale yet.")
    if basket.due_cents > 0:
        raise NotPaid("This sale is not paid in full yet.", due_cents=basket.due_cents)
