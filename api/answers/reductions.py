"""Why a sale costs another price than that of the list, and who said yes: discounts, other prices, exemptions."""

import uuid
from typing import Annotated, TypedDict

from api.answers.values import Person, Rate, Uuid, decimal, person_or_none
from pos.basket import Basket
from pos.models import Sale, SaleDiscount


class DiscountAnswer(TypedDict):
    """A discount as it was asked for, on one line or (`line` null) on the whole sale, and what it took off.

    With `unit_cents` it was another price for one; a higher price takes off less than nothing.
    """

    line: Uuid | None
    percent: Rate | None
    amount_cents: int | None
    value_cents: int
    unit_cents: int | None
    reason: Annotated[str, SaleDiscount.Reason]
    approver: Person | None


class ExemptionAnswer(TypedDict):
    """Why there is no tax on a sale, and who said yes."""

    certificate: str
    approver: Person | None


def discount_answers(basket: Basket) -> list[DiscountAnswer]:
    """By line, those on the whole sale last; in an order that the stored rows give too."""
    positions = {line.pk: line.position for line in basket.lines}
    last = len(positions)

    def place(row: SaleDiscount) -> tuple[int, int, uuid.UUID]:
        return positions[row.line_id] if row.line_id is not None else last, -row.value_cents, row.pk

    return [_discount(row) for row in sorted(basket.discounts, key=place)]


def _discount(row: SaleDiscount) -> DiscountAnswer:
    return {
        "line": str(row.line_id) if row.line_id else None,
        "percent": decimal(row.percent) if row.percent is not None else None,
        "amount_cents": row.amount_cents,
        "value_cents": row.value_cents,
        "unit_cents": row.unit_cents,
        "reason": row.reason,
        "approver": person_or_none(row.approver),
    }


def exemption_answer(sale: Sale) -> ExemptionAnswer | None:
    if not sale.tax_certificate:
        return None
    return {"certificate": sale.tax_certificate, "approver": person_or_none(sale.exempted_by)}
