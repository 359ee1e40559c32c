"""What a tablet tells of a sale that it made without the server."""

from typing import Any

from rest_framework import serializers

from api.serializers.fields import Cents, CentsOrNone, StaffId, Strict, Uuid, WholeNumber, Words, listed
from api.serializers.sales import MAX_PARTS
from pos.asked import MAX_LINES, MAX_QUANTITY, AskedTip
from pos.models import OfflineSale, TaxCategory
from pos.models.catalogue import RATE_PLACES
from pos.offline_told import Sending, Told, ToldCash, ToldLine, ToldRate

MOST_RATES = 60
LONGEST_MS = 366 * 24 * 3600 * 1000


class OfflineLine(Strict):
    """So many of an item of the catalogue, at the price of the tablet's list."""

    item = Words(max_length=40, help_text="Code in the catalogue.")
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY, default=1)
    unit_cents = CentsOrNone(help_text="What one was sold for.")
    therapist = StaffId(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> ToldLine:
        return ToldLine(attrs["item"], attrs["quantity"], attrs["unit_cents"], attrs.get("therapist"))


class OfflineRate(Strict):
    """A tax rate by which the tablet reckoned; 0.0725 is 7.25 %."""

    tax_category = serializers.ChoiceField(TaxCategory.choices)
    jurisdiction = Words(max_length=40)
    rate = serializers.DecimalField(max_digits=8, decimal_places=RATE_PLACES, min_value=0, max_value=1)

    def validate(self, attrs: dict[str, Any]) -> ToldRate:
        return ToldRate(**attrs)


class OfflineTip(Strict):
    """A tip for one therapist."""

    therapist = StaffId()
    amount_cents = Cents()

    def validate(self, attrs: dict[str, Any]) -> AskedTip:
        return AskedTip(attrs["therapist"], attrs["amount_cents"])


class OfflineCash(Strict):
    """What was due in cash and what was handed over; the drawer session that took it."""

    id = Uuid(help_text="Of the tender, made by the tablet.")
    amount_cents = CentsOrNone()
    tendered_cents = CentsOrNone()
    drawer_session = Uuid()

    def validate(self, attrs: dict[str, Any]) -> ToldCash:
        return ToldCash(attrs["id"], attrs["amount_cents"], attrs["tendered_cents"], attrs["drawer_session"])


class OfflineWords(Strict):
    """A whole sale as it was made, and two things about this sending: `sent_at` and `ago_ms`."""

    lines = listed(OfflineLine(), most=MAX_LINES, min_length=1)
    rates = listed(OfflineRate(), most=MOST_RATES, default=tuple)
    tips = listed(OfflineTip(), most=MAX_PARTS, default=tuple)
    client = Uuid(required=False, allow_null=True)
    tax_cents = CentsOrNone()
    total_cents = Cents(help_text="With tax and tips, before cash rounding.")
    cash = OfflineCash()
    staff = StaffId(help_text="Who was signed on to the tablet.")
    sold_at = serializers.DateTimeField(help_text="By the tablet's clock.")
    contact_at = serializers.DateTimeField(help_text="The server's last answer before the sale, by its own clock.")
    sent_at = serializers.DateTimeField(help_text="By the tablet's clock, of this sending.")
    ago_ms = WholeNumber(
        min_value=0,
        max_value=LONGEST_MS,
        required=False,
        allow_null=True,
        help_text="How long ago it was sold, by a clock that nobody sets; null when the tablet can not tell.",
    )

    def validate(self, attrs: dict[str, Any]) -> tuple[Told, Sending]:
        told = Told(
            lines=tuple(attrs["lines"]),
            rates=tuple(attrs["rates"]),
            tips=tuple(attrs["tips"]),
            cash=attrs["cash"],
            tax_cents=attrs["tax_cents"],
            total_cents=attrs["total_cents"],
            staff_id=attrs["staff"],
            sold_at=attrs["sold_at"],
            contact_at=attrs["contact_at"],
            client_id=attrs.get("client"),
        )
        return told, Sending(attrs["sent_at"], attrs.get("ago_ms"))


class OfflineQuery(Strict):
    """Which offline sales to list."""

    status = serializers.ChoiceField(OfflineSale.Status.choices, required=False)
