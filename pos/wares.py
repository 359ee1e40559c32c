"""What is sold over the counter: the treatments and goods of the catalogue, and amounts typed at the desk."""

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import BigIntegerField, CharField, DateField

from ledger.accounts import Account
from ledger.journal import Dimensions, Line, credit, debit
from ledger.money import cumulative_share
from pos.asked import MAX_CENTS, AskedLine
from pos.kinds import Back, PricingContext
from pos.models import Item, RefundLine, SaleLine, TaxCategory
from studio.models import Staff
from studio.prepared import Prepared, Slot
from studio.refusal import BadInput, Refusal


class NotForSale(Refusal):
    """The item is unknown, withdrawn, or has no price at this location on this day."""

    code = "not_for_sale"


class NotQualified(Refusal):
    """The therapist lacks the training that the treatment requires."""

    code = "not_qualified"


def income_account(line: SaleLine) -> Account:
    """4010 for what a therapist does, 4020 for goods."""
    return Account.SERVICES if line.is_service else Account.RETAIL


class OverTheCounter:
    """What a treatment, a product and a custom amount have in common: income at list price, discount to 4900."""

    takes_discounts = True
    needs_money = False

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """Posting rules 1 and 5: income gross, the discount as contra income."""
        by: Dimensions = {"category": line.category, "therapist_id": line.therapist_id}
        yield credit(income_account(line), line.gross_cents, **by)
        yield debit(Account.DISCOUNTS, line.gross_cents - line.net_cents, **by)

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """Nothing to do: the client has it already."""

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        """The cents that were charged; parts by cumulative difference, so that they add up (R2)."""

        def part(total_cents: int) -> int:
            up_to = before + quantity
            return cumulative_share(total_cents, up_to, line.quantity) - cumulative_share(
                total_cents, before, line.quantity
            )

        return Back(part(line.net_cents), {tax.jurisdiction: part(tax.amount_cents) for tax in line.taxes.all()})

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        """Posting rule 44: the net that was paid goes to 4910."""
        line = part.line
        yield debit(Account.REFUNDS, part.net_cents, category=line.category, therapist_id=line.therapist_id)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        """Nothing to do: the client gives it back over the counter."""


@lru_cache(maxsize=64)
def _shelf(count: int) -> "Prepared[Item]":
    """The query for so many items with their prices and taxes."""
    codes = [Slot(f"code_{n}", CharField()) for n in range(count)]
    location, on = Slot("location", BigIntegerField()), Slot("on", DateField())
    place: Any = {"location": location, "on": on}
    return Prepared(lambda: Item.objects.filter(code__in=codes).priced(**place).taxed(**place).order_by())


class CatalogueItem(OverTheCounter):
    """A treatment, an add-on or a retail product of the catalogue, at the price of the day."""

    code = "item"

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        codes = {f"code_{n}": code for n, code in enumerate(sorted({line.item for line in asked}))}
        items = _shelf(len(codes)).rows(location=at.location.pk, on=at.on, **codes)
        shelf = {item.code: item for item in items}
        return [self._line(line, shelf.get(line.item), at) for line in asked]

    def _line(self, asked: AskedLine, item: Item | None, at: PricingContext) -> SaleLine:
        if item is None:
            raise NotForSale(f"“{asked.item}” is not in the catalogue.", item=asked.item)
        unit_cents: int | None = item.price_cents  # type: ignore[attr-defined]  # annotated by priced()
        if not item.is_available or unit_cents is None:
            raise NotForSale(f"{item.name} is not for sale here today.", item=item.code)
        return SaleLine(
            kind=self.code,
            item=item,
            name=item.name,
            category=item.kind,
            tax_category=item.tax_category,
            is_service=item.is_service,
            therapist=self._therapist(asked, item, at),
            quantity=asked.quantity,
            unit_cents=unit_cents,
            list_cents=asked.quantity * unit_cents,
            why="List price",
        )

    def _therapist(self, asked: AskedLine, item: Item, at: PricingContext) -> Staff | None:
        if asked.therapist_id is None:
            if item.is_service:
                raise BadInput("therapist", f"Say who gives {item.name}.")
            return None
        therapist, qualifications = at.therapists[asked.therapist_id]
        needed = item.required_qualification_id
        if needed is not None and needed not in qualifications:
            raise NotQualified(f"{therapist} is not trained for {item.name}.", item=item.code, therapist=therapist.pk)
        return therapist


class CustomAmount(OverTheCounter):
    """Anything that is not in the catalogue: a name, an amount and a tax category typed at the desk."""

    code = "custom"

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        return [self._line(line, at) for line in asked]

    def _line(self, asked: AskedLine, at: PricingContext) -> SaleLine:
        if asked.unit_cents is None or not 0 < asked.unit_cents <= MAX_CENTS:
            raise BadInput("amount_cents", "A custom amount is between $0.01 and $100,000.")
        if not asked.name.strip():
            raise BadInput("name", "Say what the custom amount is for.")
        tax_category = asked.tax_category or TaxCategory.RETAIL
        if tax_category not in TaxCategory.values:
            raise BadInput("tax_category", "A custom amount is taxed as service, retail or exempt.")
        return SaleLine(
            kind=self.code,
            name=asked.name.strip(),
            category="custom",
            tax_category=tax_category,
            is_service=tax_category == TaxCategory.SERVICE,
            therapist=at.therapists[asked.therapist_id][0] if asked.therapist_id is not None else None,
            quantity=asked.quantity,
            unit_cents=asked.unit_cents,
            list_cents=asked.quantity * asked.unit_cents,
            why="Custom amount",
        )
