"""What a request says about taking a sale back."""

import uuid
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from api.serializers.fields import Cents, Strict, Uuid, WholeNumber, Words, listed
from api.serializers.sales import MAX_PARTS
from pos.asked import MAX_LINES, MAX_QUANTITY, AskedRefund, AskedRefundLine, AskedRefundTip
from pos.models import Refund


class RefundLine(Strict):
    """How many of a line come back."""

    line = Uuid()
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY)

    def validate(self, attrs: dict[str, Any]) -> AskedRefundLine:
        return AskedRefundLine(line_id=attrs["line"], quantity=attrs["quantity"])


class RefundTip(Strict):
    """How much of a tip comes back."""

    tip = Uuid()
    amount_cents = Cents()

    def validate(self, attrs: dict[str, Any]) -> AskedRefundTip:
        return AskedRefundTip(tip_id=attrs["tip"], amount_cents=attrs["amount_cents"])


@dataclass(frozen=True, slots=True)
class WantedRefund:
    """A refund as asked for, and the approval it refers to."""

    refund: AskedRefund
    approval_id: uuid.UUID | None


class Taking(Strict):
    """Why something is taken back, and who approved it."""

    reason = serializers.ChoiceField(Refund.Reason.choices)
    note = Words(max_length=300, required=False, allow_blank=True, default="")
    approval = Uuid(required=False, allow_null=True)


class WholeVoid(Taking):
    """A void: the whole sale, on its own day."""


class PartRefund(Taking):
    """A refund: lines by quantity, and tips only when they are named."""

    lines = listed(RefundLine(), most=MAX_LINES, required=False)
    tips = listed(RefundTip(), most=MAX_PARTS, required=False)
    drawer_session = Uuid(required=False, allow_null=True, help_text="Where cash comes from.")

    def validate(self, attrs: dict[str, Any]) -> WantedRefund:
        asked = AskedRefund(
            reason=attrs["reason"],
            lines=tuple(attrs.get("lines", ())),
            tips=tuple(attrs.get("tips", ())),
            note=attrs["note"],
            drawer_session_id=attrs.get("drawer_session"),
        )
        return WantedRefund(asked, attrs.get("approval"))
