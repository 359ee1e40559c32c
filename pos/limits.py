"""What the desk may give away alone, and who said yes to the rest (R6)."""

import datetime as dt
import uuid
from collections.abc import Sequence

from pos import approvals
from pos.basket import Basket
from pos.models import Approval, SaleDiscount, SaleLine
from studio import audit
from studio.models import Staff
from studio.refusal import BadInput

DISCOUNT_PERCENT = 10
DISCOUNT_CENTS = 15_00
"""The desk alone gives up to 10 % or $15 a line (R6)."""


def approve_prices(
    basket: Basket, *, before: Sequence[SaleDiscount], approval_id: uuid.UUID | None, now: dt.datetime
) -> None:
    """Beyond the desk's limit somebody with the right must say yes; a yes already given holds up to its amount (R6)."""
    if not _needs_yes(basket):
        return
    cents = _off(basket.discounts) + _on_top(basket.discounts)
    approver = next((row.approver for row in before if row.approver is not None), None)
    is_more = _off(before) < _off(basket.discounts) or _on_top(before) < _on_top(basket.discounts)
    if approver is None or is_more:
        approver = _asked(Approval.Action.DISCOUNT, basket, cents=cents, approval_id=approval_id, now=now)
        if is_more:
            _note("discount_beyond_limit", basket, approver, cents=cents, now=now)
    for row in basket.discounts:
        row.approver = approver


def approve_exemption(
    basket: Basket, *, wanted: bool, before: tuple[str, Staff | None], approval_id: uuid.UUID | None, now: dt.datetime
) -> None:
    """Note the certificate of the client; BadInput without one. A yes to the same one holds (R6, R7)."""
    sale = basket.sale
    sale.tax_certificate, sale.exempted_by = "", None
    if not wanted:
        return
    if sale.client is None or not sale.client.tax_certificate:
        raise BadInput("tax_exempt", "Only a client with a certificate number is exempt from tax: write it down first.")
    sale.tax_certificate = sale.client.tax_certificate
    if before[0] == sale.tax_certificate:
        sale.exempted_by = before[1]
    else:
        sale.exempted_by = _asked(Approval.Action.TAX_EXEMPTION, basket, cents=0, approval_id=approval_id, now=now)
        _note("tax_exempted", basket, sale.exempted_by, cents=0, now=now)


def _asked(
    action: Approval.Action, basket: Basket, *, cents: int, approval_id: uuid.UUID | None, now: dt.datetime
) -> Staff | None:
    return approvals.required(
        action, object_id=basket.sale.pk, amount_cents=cents, approval_id=approval_id, desk=basket.desk, now=now
    )


def _note(action: str, basket: Basket, approver: Staff | None, *, cents: int, now: dt.datetime) -> None:
    """Leave the audit row: of each yes once, however often the sale is sent (R39)."""
    sale, desk = basket.sale, basket.desk
    audit.record(
        at=now,
        action=action,
        actor=desk.staff,
        approver=approver,
        device=desk.device,
        location=sale.location,
        subject=sale,
        after={"amount_cents": cents},
    )


def _off(rows: Sequence[SaleDiscount]) -> int:
    """What was taken off, in cents."""
    return sum(max(row.value_cents, 0) for row in rows)


def _on_top(rows: Sequence[SaleDiscount]) -> int:
    """What higher prices put on top, in cents."""
    return sum(max(-row.value_cents, 0) for row in rows)


def _needs_yes(basket: Basket) -> bool:
    of_members = {row.line_id for row in basket.discounts if row.reason == SaleDiscount.Reason.MEMBER}
    is_raised = any(row.value_cents < 0 for row in basket.discounts)
    return is_raised or any(_beyond_limit(line) for line in basket.lines if line.pk not in of_members)


def _beyond_limit(line: SaleLine) -> bool:
    """Above both limits, or given away."""
    if line.discount_cents and line.discount_cents == line.money_cents:
        return True
    return line.discount_cents > DISCOUNT_CENTS and line.discount_cents * 100 > line.list_cents * DISCOUNT_PERCENT
