"""What a void and a refund have in common: one sale locked, its state moved once, who asked and why (R2, R39)."""

import datetime as dt
import uuid
from typing import Any

from pos.asked import Desk
from pos.checkout import SaleNotFound
from pos.models import Sale
from pos.models.refunds import Reversal
from studio import audit
from studio.models import Location
from studio.refusal import BadInput, Refusal


class NotRefundable(Refusal):
    """Only a completed sale can be taken back."""

    code = "not_refundable"


def lock_sale(sale_id: uuid.UUID, desk: Desk) -> Sale:
    """The sale of this location, locked until the transaction ends."""
    sale = Sale.objects.select_for_update(of=("self",)).filter(pk=sale_id, location=desk.location).first()
    if sale is None:
        raise SaleNotFound("There is no such sale here.")
    sale.location = desk.location
    return sale


def move(sale: Sale, to: Sale.Status) -> None:
    """Move the sale's state by one guarded UPDATE."""
    sources = [status for status, targets in Sale.MOVES.items() if to in targets]
    if not Sale.objects.filter(pk=sale.pk, status__in=sources).update(status=to):
        raise NotRefundable(f"This sale is {sale.get_status_display()}.", sale_status=sale.status)
    sale.status = to


def who_and_why(desk: Desk, location: Location, now: dt.datetime, reason: str, note: str) -> dict[str, Any]:
    """The columns that a void and a refund share; refuses a reason that is none."""
    if reason not in Reversal.Reason.values:
        raise BadInput("reason", "Say why: choose one of the reasons.")
    return {
        "location": location,
        "device": desk.device,
        "occurred_at": now,
        "business_date": location.business_date(now),
        "reason": reason,
        "note": note.strip(),
        "requested_by": desk.staff,
    }


def note_in_audit(action: str, sale: Sale, *, by: Reversal, amount_cents: int, now: dt.datetime) -> None:
    """Leave the audit row of a void or refund."""
    audit.record(
        at=now,
        action=action,
        actor=by.requested_by,
        approver=by.approver,
        device=by.device,
        location=sale.location,
        subject=sale,
        after={"amount_cents": amount_cents, "reason": by.reason},
        reason=by.note,
    )
