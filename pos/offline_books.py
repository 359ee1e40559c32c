"""An offline sale in the books: at the price charged, on the day it was sold, with the cash where it is (R11)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from ledger.money import dollars, nickel
from ledger.periods import open_day
from pos import checkout
from pos.asked import AskedLine, AskedSale, Desk, fingerprint
from pos.basket import Basket
from pos.kinds import PricingContext
from pos.models import Client, DrawerSession, Item, Sale, SaleLine, TaxRate, Tender
from pos.offline_told import Told, ToldLine
from pos.pricing import price
from pos.tenders import Cash
from pos.wares import CatalogueItem
from studio.models import Staff
from studio.refusal import Refusal

Notes = list[dict[str, str]]


class UnknownItem(Refusal):
    """The catalogue has no such item, and never had."""

    code = "unknown_item"


class UnknownTherapist(Refusal):
    """Nobody with that number gives treatments, or ever did."""

    code = "unknown_therapist"


class SumsDiffer(Refusal):
    """What was charged is not what the lines and rates that were told come to."""

    code = "sums_differ"


def note(code: str, words: str) -> dict[str, str]:
    """Something about an offline sale that people should know: a stable code, and a sentence."""
    return {"code": code, "words": words}


def book(
    told: Told, *, sale_id: uuid.UUID, session: DrawerSession, desk: Desk, sold_at: dt.datetime, now: dt.datetime
) -> tuple[Basket, Notes]:
    """The completed sale, and what differs from the price list of its day; within the caller's transaction.

    The caller has locked `session`. One that was closed since has counted this cash as over: that is taken back.
    Raises UnknownItem, UnknownTherapist, SumsDiffer.
    """
    basket, notes = _priced(told, sale_id=sale_id, desk=desk, sold_at=sold_at, now=now)
    _pay(basket, told, session)
    day = desk.location.business_date(sold_at)
    books_on = open_day(day)
    if books_on != day:
        basket.books_on = books_on
        notes.append(note("month_closed", f"{day:%B %Y} was closed by then, so it is posted on {books_on:%b %d, %Y}."))
    checkout.complete(basket, now=now)
    if session.status == DrawerSession.Status.CLOSED:
        _correct_count(basket, session, now=now)
        notes.append(note("drawer_closed", f"Z {session.z_number} had counted this cash as over; that was taken back."))
    return basket, notes


def _priced(
    told: Told, *, sale_id: uuid.UUID, desk: Desk, sold_at: dt.datetime, now: dt.datetime
) -> tuple[Basket, Notes]:
    """A new sale with the contents as they were charged, not yet paid."""
    place, on = desk.location, desk.location.business_date(sold_at)
    sale = Sale(
        id=sale_id,
        location=place,
        device=desk.device,
        opened_by=desk.staff,
        opened_at=sold_at,
        last_request_at=now,
        revision=0,
    )
    sale.client = Client.objects.filter(pk=told.client_id).first() if told.client_id else None
    asked = _asked(told)
    therapists = {pk: (person, frozenset[int]()) for pk, person in _therapists(told).items()}
    rates = _rates(told)
    at = PricingContext(place, on, therapists, None, rates=rates)  # no client: list prices, whoever it was
    shelf = _shelf(told, at)
    lines = _lines(told, sale=sale, shelf=shelf, therapists=_therapists(told))
    basket = Basket(sale, desk=desk)
    basket.put(price(asked, sale=sale, lines=lines, at=at), [])
    if (sale.tax_cents, sale.total_cents) != (told.tax_cents, told.total_cents):
        raise SumsDiffer("What was charged is not what its lines and tax come to.")
    sale.fingerprint, basket.sold_at = fingerprint(asked), sold_at
    basket.touch(now=now)
    return basket, [*_price_notes(told, shelf), *_tax_notes(rates, lines, at)]


def _asked(told: Told) -> AskedSale:
    lines = [
        AskedLine(CatalogueItem.code, item=line.item, quantity=line.quantity, therapist_id=line.therapist_id)
        for line in told.lines
    ]
    return AskedSale(lines=tuple(lines), tips=told.tips, client_id=told.client_id)


def _shelf(told: Told, at: PricingContext) -> Mapping[str, Any]:
    """The items that were sold, also those withdrawn since, by code, with the list price of that day."""
    codes = {line.item for line in told.lines}
    found = {item.code: item for item in Item.objects.filter(code__in=codes).priced(location=at.location, on=at.on)}
    if missing := sorted(codes - found.keys()):
        raise UnknownItem(f"“{missing[0]}” is not in the catalogue.")
    return found


def _therapists(told: Told) -> dict[int, Staff]:
    """Who did it or is tipped, by id, also those who have left since."""
    ids = {line.therapist_id for line in told.lines} | {tip.therapist_id for tip in told.tips}
    found = Staff.objects.filter(is_therapist=True).in_bulk([pk for pk in ids if pk is not None])
    if ids - {None} - found.keys():
        raise UnknownTherapist("Somebody on this sale does not give treatments here.")
    return found


def _rates(told: Told) -> dict[str, Sequence[TaxRate]]:
    """The rates by which the tablet reckoned, by tax category."""
    ordered = sorted(told.rates, key=lambda rate: rate.tax_category)  # stable: tax is split in the order told
    return {
        category: [TaxRate(jurisdiction=one.jurisdiction, rate=one.rate) for one in group]
        for category, group in groupby(ordered, lambda rate: rate.tax_category)
    }


def _lines(told: Told, *, sale: Sale, shelf: Mapping[str, Any], therapists: Mapping[int, Staff]) -> list[SaleLine]:
    lines = [_line(one, shelf[one.item], therapists) for one in told.lines]
    for position, line in enumerate(lines):
        line.sale, line.position = sale, position
    return lines


def _line(told: ToldLine, item: Item, therapists: Mapping[int, Staff]) -> SaleLine:
    return SaleLine(
        kind=CatalogueItem.code,
        item=item,
        name=item.name,
        category=item.kind,
        tax_category=item.tax_category,
        is_service=item.is_service,
        therapist=therapists[told.therapist_id] if told.therapist_id is not None else None,
        quantity=told.quantity,
        unit_cents=told.unit_cents,
        list_cents=told.quantity * told.unit_cents,
        why="List price on the tablet, sold offline",
    )


def _price_notes(told: Told, shelf: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for line in told.lines:
        item = shelf[line.item]
        if not item.is_available or item.price_cents is None:
            yield note("withdrawn", f"{item.name} was not for sale any more.")
        elif item.price_cents != line.unit_cents:
            old, new = dollars(line.unit_cents), dollars(item.price_cents)
            yield note("price_changed", f"{item.name} was sold for ${old}; the price list said ${new}.")


def _tax_notes(
    told: Mapping[str, Sequence[TaxRate]], lines: Sequence[SaleLine], at: PricingContext
) -> Iterator[dict[str, str]]:
    """Where the rates of the tablet were not those of the day, for what is on the sale."""
    used = {line.tax_category for line in lines}
    on_file = list(TaxRate.objects.in_force(location=at.location, on=at.on).filter(tax_category__in=used))
    for category in sorted(used):
        now = sorted((one.jurisdiction, one.rate) for one in on_file if one.tax_category == category)
        then = sorted((one.jurisdiction, one.rate) for one in told.get(category, []))
        if now != then:
            yield note("tax_changed", f"The tax on {category} had changed; what was charged stays.")


def _pay(basket: Basket, told: Told, session: DrawerSession) -> None:
    """Put the cash on the sale: to the cent, or rounded to five where the tablet rounded."""
    cash, total_cents = told.cash, basket.sale.total_cents
    if cash.amount_cents not in (total_cents, nickel(total_cents)) or cash.tendered_cents < cash.amount_cents:
        raise SumsDiffer("The cash that was taken is not what the sale comes to.")
    tender = Tender(
        id=cash.tender_id,
        kind=Cash.code,
        amount_cents=cash.amount_cents,
        tendered_cents=cash.tendered_cents,
        rounding_cents=cash.amount_cents - total_cents,
        drawer_session=session,
    )
    basket.takes_into(session)
    basket.add(tender)


def _correct_count(basket: Basket, session: DrawerSession, *, now: dt.datetime) -> None:
    """The count at the close had this cash as over, for the books did not know of it: now they do (R8, I27)."""
    assert basket.entry is not None  # noqa: S101 - it has cash, so it has an entry
    cents = sum(tender.amount_cents for tender in basket.live_tenders)
    journal.post(
        key=f"late_cash:{basket.sale.pk}",
        kind="late_cash",
        location=session.location,
        occurred_at=basket.entry.occurred_at,
        now=now,
        lines=[
            debit(Account.CASH_OVER_SHORT, cents, drawer_session=session.pk),
            credit(Account.CASH_DRAWER, cents, drawer_session=session.pk),
        ],
        made_by=basket.desk.staff,
        memo=f"Counted as over in Z {session.z_number}",
        business_date=basket.entry.business_date,
        original_date=basket.entry.original_date,
    )
