"""A sale in memory with everything on it; knows what is due and what of it is not yet written."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model

from ledger.accounts import Account
from ledger.journal import Line, credit
from ledger.models import Entry
from ledger.money import nickel
from pos import drawer, stored
from pos.asked import Desk
from pos.kinds import Progress, line_kind, tender_kind
from pos.models import DrawerSession, Receipt, Sale, SaleDiscount, SaleLine, SaleTax, Tender, Tip
from pos.pricing import Priced
from pos.writing import insert_together
from studio.models import Location
from studio.refusal import Refusal


class SaleChanged(Refusal):
    """Another tablet, tab or request was faster."""

    code = "sale_changed"

    @classmethod
    def of(cls, sale: Sale) -> "SaleChanged":
        """Says by whom and on which tablet the sale was changed that is stored now."""
        who = sale.changed_by or sale.opened_by
        place = f" on {sale.device}" if sale.device else ""
        return cls(f"{who} changed this sale{place} meanwhile.", revision=sale.revision)


def progress_of(tender: Tender) -> Progress | None:
    """How far a tender is that somebody else must answer for."""
    return tender_kind(tender.kind).progress(tender)


class Basket:
    """The one way in which checkout reads and writes a sale: few statements, whatever the number of lines."""

    def __init__(self, sale: Sale, *, desk: Desk) -> None:
        self.sale = sale
        self.desk = desk
        self.is_new = sale._state.adding
        self.read_revision, self.read_status = sale.revision, sale.status
        self.lines: list[SaleLine] = []
        self.discounts: list[SaleDiscount] = []
        self.taxes: list[SaleTax] = []
        self.tips: list[Tip] = []
        self.tenders: list[Tender] = []
        self.entry: Entry | None = None
        self.receipt: Receipt | None = None
        self.sold_at: dt.datetime | None = None  # when it was sold, if that was before it is completed
        self.books_on: dt.date | None = None  # the day whose books have it, if that is not the day it was sold
        self._touched = False
        self._stored: tuple[type[Model], ...] = ()
        self._gone: tuple[type[Model], ...] = ()
        self._drawers: dict[uuid.UUID, DrawerSession] = {}

    @classmethod
    def read(cls, sale: Sale, *, desk: Desk) -> "Basket":
        """The stored sale with its lines, discounts, taxes, tips, tenders and receipt."""
        basket = cls(sale, desk=desk)
        rows = stored.lines(sale)
        basket.lines = list({row.pk: row for row in rows}.values())
        basket._take_taxes(rows)
        if not rows or rows[0].has_discounts:
            basket.discounts = stored.discounts(sale)
        if sale.tip_cents:
            basket.tips = stored.tips(sale)
        if not rows or rows[0].has_tenders:
            basket.tenders = stored.tenders(sale)
        if sale.is_completed:
            basket.receipt = stored.receipt(sale)
        basket._stored = basket._kinds_of_parts()
        return basket

    @classmethod
    def read_for_new_contents(cls, sale: Any, *, desk: Desk) -> "Basket":
        """The locked sale without its lines, taxes and tips, which are about to be replaced."""
        basket, is_unsure = cls(sale, desk=desk), stored.was_waited_for(sale)
        if is_unsure or sale.has_discounts:
            basket.discounts = stored.discounts(sale)
        if is_unsure or sale.has_tenders:
            basket.tenders = stored.tenders(sale)
        absent = {SaleDiscount: not basket.discounts, Tip: not sale.tip_cents}
        basket._stored = tuple(model for model in stored.CONTENTS if not absent.get(model))
        return basket

    def _kinds_of_parts(self) -> tuple[type[Model], ...]:
        """The tables that have contents of this sale."""
        parts = self.taxes, self.discounts, self.tips, self.lines
        return tuple(model for model, rows in zip(stored.CONTENTS, parts, strict=True) if rows)

    def _take_taxes(self, rows: Sequence[Any]) -> None:
        """The taxes that came with the lines, in the order in which they were worked out."""
        taxes = [row.taxed for row in rows if hasattr(row, "taxed")]
        for tax in taxes:
            tax.sale = self.sale
        self.taxes = sorted(taxes, key=lambda tax: tax.pk)

    @property
    def live_tenders(self) -> list[Tender]:
        return [tender for tender in self.tenders if tender.is_live]

    @property
    def due_cents(self) -> int:
        """What is still to be paid; never negative once checked."""
        return self.sale.total_cents - sum(tender.covers_cents for tender in self.live_tenders)

    @property
    def payable_by_value_cents(self) -> int:
        """What is due without the gift cards and dues on the sale, which stored value does not buy (R4)."""
        bought = sum(line.paid_cents for line in self.lines if line_kind(line.kind).needs_money)
        values = (one for one in self.live_tenders if one.line_id is not None or tender_kind(one.kind).is_stored_value)
        return min(self.due_cents, self.sale.total_cents - bought - sum(one.covers_cents for one in values))

    @property
    def cash_due_cents(self) -> int:
        """What is due if the rest is paid in cash, where cash is rounded."""
        rounds = self.sale.location.cash_rounding == Location.CashRounding.NICKEL
        return nickel(self.due_cents) if rounds else self.due_cents

    @property
    def change_cents(self) -> int:
        return sum(tender.change_cents for tender in self.live_tenders)

    @property
    def waiting_tenders(self) -> list[Tender]:
        """Those for which somebody else must still answer."""
        return [tender for tender in self.live_tenders if (how := progress_of(tender)) and how.is_waiting]

    @property
    def has_its_money(self) -> bool:
        """Whether every tender is paid for which somebody else had to answer."""
        answers = [progress_of(tender) for tender in self.live_tenders]
        return all(how is None or how.state == "paid" for how in answers)

    @property
    def is_paid(self) -> bool:
        """Whether nothing is due and every tender has its money."""
        return self.due_cents <= 0 and self.has_its_money

    @property
    def covers(self) -> list[Tender]:
        """The tenders that cover a line; they come and go with the contents."""
        return [tender for tender in self.tenders if tender.line_id is not None]

    def put(self, priced: Priced, covers: Sequence[Tender]) -> None:
        """Replace what is sold by newly priced contents, and what covered it by what covers it now."""
        self._gone = (Tender, *self._stored) if self.covers else self._stored
        self.tenders = [tender for tender in self.tenders if tender.line_id is None]
        for tender in covers:
            self.add(tender)
        self.lines, self.discounts, self.taxes, self.tips = priced.lines, priced.discounts, priced.taxes, priced.tips
        sale = self.sale
        sale.list_cents = sum(line.list_cents for line in self.lines)
        sale.discount_cents = sum(line.discount_cents for line in self.lines)
        sale.net_cents = sum(line.net_cents for line in self.lines)
        sale.tax_cents = sum(line.tax_cents for line in self.lines)
        sale.tip_cents = sum(tip.amount_cents for tip in self.tips)

    def add(self, tender: Tender) -> None:
        """Put a held tender on the sale."""
        tender.sale, tender.position = self.sale, max((other.position + 1 for other in self.tenders), default=0)
        self.tenders.append(tender)
        self._count_rounding()

    def take_off(self, tender: Tender) -> None:
        """Note that a held tender was released; the sale is due that much more again."""
        tender.status = Tender.Status.RELEASED
        self._count_rounding()

    def cash_drawer(self, session_id: uuid.UUID | None) -> DrawerSession:
        """The open drawer that takes this tablet's cash, locked against being closed meanwhile."""
        session = drawer.for_cash(desk=self.desk, session_id=session_id)
        self._drawers[session.pk] = session
        return session

    def takes_into(self, session: DrawerSession) -> None:
        """Know a session that the caller has locked; its cash is in it even if it was closed since."""
        self._drawers[session.pk] = session

    def lock_drawers(self) -> None:
        """Refuse when a drawer that holds this sale's cash was closed meanwhile."""
        for tender in self.live_tenders:
            if tender.drawer_session_id is not None and tender.drawer_session_id not in self._drawers:
                self.cash_drawer(tender.drawer_session_id)

    def touch(self, *, now: dt.datetime) -> None:
        """Mark the sale as changed by a request: it gets a new revision and another half hour."""
        self._touched = True
        self.sale.device, self.sale.changed_by = self.desk.device, self.desk.staff
        self.sale.last_request_at = now
        self.sale.revision += 1

    def books(self) -> Iterator[Line]:
        """Tenders debit, lines credit, each by its own kind; tax per jurisdiction, tips per therapist."""
        for tender in self.live_tenders:
            yield from tender_kind(tender.kind).debits(tender)
        for line in self.lines:
            yield from line_kind(line.kind).credits(line)
        for tax in self.taxes:
            yield credit(Account.SALES_TAX, tax.amount_cents, jurisdiction=tax.jurisdiction)
        for tip in self.tips:
            yield credit(Account.TIPS, tip.amount_cents, therapist_id=tip.therapist_id)
        yield credit(Account.CASH_ROUNDING, self.sale.rounding_cents)

    def write(self) -> None:
        """Write the sale as it now is; refuses when somebody else changed it since it was read."""
        write_all([self])

    @property
    def is_touched(self) -> bool:
        """Whether something is to be written."""
        return self._touched

    @property
    def parts(self) -> tuple[Sequence[Model], ...]:
        """The rows of the sale by table: what they point at first."""
        return ([self.sale], self.lines, self.discounts, self.taxes, self.tips, self.tenders)

    def update(self) -> None:
        """Write what is new of rows that are stored already; `write_all` inserts the others."""
        if not self.is_new:
            self._update_sale()
            self._update_tenders()

    def is_written(self) -> None:
        """Note that the sale is stored as it is here."""
        self.is_new = self._touched = False
        self._gone, self._stored = (), self._kinds_of_parts()
        self.read_revision, self.read_status = self.sale.revision, self.sale.status

    def _count_rounding(self) -> None:
        self.sale.rounding_cents = sum(tender.rounding_cents for tender in self.live_tenders)

    def _update_sale(self) -> None:
        sale = self.sale
        if not stored.change(sale, status=self.read_status, revision=self.read_revision, gone=self._gone):
            raise SaleChanged.of(Sale.objects.select_related("device", "opened_by", "changed_by").get(pk=sale.pk))

    def _update_tenders(self) -> None:
        known = [tender for tender in self.tenders if not tender._state.adding]
        if known:
            Tender.objects.bulk_update(known, ["status", "reference", "instrument"])


def write_all(baskets: Sequence[Basket]) -> None:
    """Write sales as they now are: what is new of all of them together. SaleChanged when one was changed meanwhile."""
    changed = [basket for basket in baskets if basket.is_touched]
    for basket in changed:
        basket.update()
    parts = zip(*(basket.parts for basket in changed), strict=True)
    insert_together(*([row for rows in of_all for row in rows if row._state.adding] for of_all in parts))
    for basket in changed:
        basket.is_written()
