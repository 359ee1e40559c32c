"""What a request says about a sale, its tenders and its end, turned into what the checkout is asked."""

import uuid
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from api.serializers.fields import (
    BIGGEST_ID,
    Cents,
    CentsOrNone,
    Percent,
    ReaderId,
    StaffId,
    Strict,
    Uuid,
    WholeNumber,
    Words,
    Yes,
    listed,
)
from pos.asked import (
    MAX_LINES,
    MAX_QUANTITY,
    AskedCover,
    AskedDiscount,
    AskedLine,
    AskedPrice,
    AskedSale,
    AskedTender,
    AskedTip,
)
from pos.models import SaleDiscount, TaxCategory

MAX_PARTS = 50
"""Discounts, tips or tenders of one request."""


class Discount(Strict):
    """A percentage or an amount off, with its reason."""

    percent = Percent(required=False, allow_null=True, help_text="Above 0, at most 100.")
    amount_cents = Cents(required=False, allow_null=True)
    reason = serializers.ChoiceField([(why.value, why.label) for why in SaleDiscount.GIVEN_BY_HAND])

    def validate(self, attrs: dict[str, Any]) -> AskedDiscount:
        percent, amount_cents = attrs.get("percent"), attrs.get("amount_cents")
        if (percent is None) == (amount_cents is None):
            raise serializers.ValidationError("Give a percentage or an amount, one of them.")
        return AskedDiscount(reason=attrs["reason"], percent=percent, amount_cents=amount_cents)


class OtherPrice(Strict):
    """Another price for one than that of the catalogue, with its reason."""

    unit_cents = CentsOrNone()
    reason = serializers.ChoiceField([(why.value, why.label) for why in SaleDiscount.GIVEN_BY_HAND])

    def validate(self, attrs: dict[str, Any]) -> AskedPrice:
        return AskedPrice(unit_cents=attrs["unit_cents"], reason=attrs["reason"])


class Cover(Strict):
    """What pays for a line instead of money: a package session, a member credit, a treatment card."""

    kind = Words(max_length=20)
    instrument = Words(max_length=80, required=False, help_text="Which; default: the one that expires first.")
    line = WholeNumber(
        min_value=0, max_value=MAX_LINES, required=False, allow_null=True, help_text="Or the line here that sells it."
    )

    def validate(self, attrs: dict[str, Any]) -> AskedCover:
        return AskedCover(kind=attrs["kind"], instrument=attrs.get("instrument", ""), line=attrs.get("line"))


class Line(Strict):
    """An item of the catalogue by its code, or with `kind` "custom" a name and an amount."""

    kind = Words(max_length=20, default="item")
    item = Words(max_length=40, required=False, help_text="Code in the catalogue.")
    name = Words(max_length=120, required=False, help_text="Of a custom amount.")
    amount_cents = Cents(required=False, help_text="Of a custom amount, for one.")
    tax_category = serializers.ChoiceField(TaxCategory.choices, required=False, help_text="Of a custom amount.")
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY, default=1)
    therapist = StaffId(required=False, allow_null=True)
    discount = Discount(required=False, allow_null=True)
    price = OtherPrice(required=False, allow_null=True, help_text="Of its own, instead of a discount.")
    cover = Cover(required=False, allow_null=True)
    instrument = Words(max_length=80, required=False, help_text="What the line is about: a card to reload, a due.")

    def validate(self, attrs: dict[str, Any]) -> AskedLine:
        needed, foreign = _fields_of(attrs["kind"])
        errors = {name: "This field is required." for name in needed if name not in attrs}
        errors |= {name: "An item of the catalogue has its own." for name in foreign if name in attrs}
        if errors:
            raise serializers.ValidationError(errors)
        return AskedLine(
            kind=attrs["kind"],
            item=attrs.get("item", ""),
            name=attrs.get("name", ""),
            quantity=attrs["quantity"],
            unit_cents=attrs.get("amount_cents"),
            tax_category=attrs.get("tax_category", ""),
            therapist_id=attrs.get("therapist"),
            discount=attrs.get("discount"),
            price=attrs.get("price"),
            cover=attrs.get("cover"),
            instrument=attrs.get("instrument", ""),
        )


class Tip(Strict):
    """A tip for one therapist."""

    therapist = StaffId()
    amount_cents = CentsOrNone()

    def validate(self, attrs: dict[str, Any]) -> AskedTip:
        return AskedTip(therapist_id=attrs["therapist"], amount_cents=attrs["amount_cents"])


class Tender(Strict):
    """A way to pay: how much of what is due (default all of it) and, for cash, what was handed over."""

    kind = Words(max_length=20)
    amount_cents = Cents(required=False, allow_null=True)
    tendered_cents = Cents(required=False, allow_null=True, help_text="Cash handed over; the rest is change.")
    reference = Words(max_length=60, required=False, allow_blank=True, default="", help_text="Check number, slip.")
    drawer_session = Uuid(required=False, allow_null=True, help_text="Default: the tablet's own, or the only open one.")
    reader = ReaderId(required=False, allow_null=True, help_text="Of a card; default: the only one here.")
    instrument = Words(max_length=80, required=False, help_text="Which gift card or saved card pays.")

    def validate(self, attrs: dict[str, Any]) -> Any:
        return AskedTender(
            kind=attrs["kind"],
            amount_cents=attrs.get("amount_cents"),
            tendered_cents=attrs.get("tendered_cents"),
            reference=attrs["reference"],
            drawer_session_id=attrs.get("drawer_session"),
            reader_id=attrs.get("reader"),
            instrument=attrs.get("instrument", ""),
        )


class NextTry(Strict):
    """Where a card is to be presented once more, or which saved card is asked; as before, unless it says."""

    reader = ReaderId(required=False, allow_null=True)
    instrument = Words(max_length=80, required=False, help_text="Another saved card.")

    def validate(self, attrs: dict[str, Any]) -> Any:
        return AskedTender(kind="", reader_id=attrs.get("reader"), instrument=attrs.get("instrument", ""))


class NamedTender(Tender):
    """A tender with the id that the tablet made for it."""

    id = Uuid()

    def validate(self, attrs: dict[str, Any]) -> tuple[uuid.UUID, AskedTender]:
        return attrs["id"], super().validate(attrs)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for a sale: its contents, the tenders when it is to be completed at once, what it has seen."""

    sale: AskedSale
    tenders: tuple[tuple[uuid.UUID, AskedTender], ...]
    completes: bool
    revision: int | None
    approval_id: uuid.UUID | None


class Sale(Strict):
    """The whole contents of a sale; with `complete` (and `tenders`) a whole sale in one request."""

    client = Uuid(required=False, allow_null=True)
    lines = listed(Line(), most=MAX_LINES)
    discounts = listed(Discount(), most=MAX_PARTS, required=False)
    tip_cents = CentsOrNone(required=False, help_text="One tip, split by what the therapists' services list at.")
    tips = listed(Tip(), most=MAX_PARTS, required=False, help_text="Or tips by therapist.")
    tax_exempt = serializers.BooleanField(default=False, help_text="The client has a certificate: no sales tax.")
    revision = WholeNumber(
        min_value=0, max_value=BIGGEST_ID, required=False, help_text="The one last seen; to change an open sale."
    )
    approval = Uuid(required=False, allow_null=True)
    tenders = listed(NamedTender(), most=MAX_PARTS, required=False)
    complete = Yes(required=False, help_text="Complete the sale with this request.")

    def validate(self, attrs: dict[str, Any]) -> Wanted:
        tenders = tuple(attrs.get("tenders", ()))
        if len({tender_id for tender_id, _ in tenders}) != len(tenders):
            raise serializers.ValidationError({"tenders": "Two payments can not have one id."})
        sale = AskedSale(
            lines=tuple(attrs["lines"]),
            client_id=attrs.get("client"),
            discounts=tuple(attrs.get("discounts", ())),
            tips=tuple(attrs.get("tips", ())),
            tip_cents=attrs.get("tip_cents", 0),
            tax_exempt=attrs["tax_exempt"],
        )
        completes = bool(tenders) or attrs.get("complete", False)
        return Wanted(sale, tenders, completes, attrs.get("revision"), attrs.get("approval"))


class Parking(Strict):
    """What a parked sale is to be found by."""

    label = Words(max_length=60, required=False, allow_blank=True, default="")  # type: ignore[assignment]  # a field so named


class Nothing(Strict):
    """An empty object: the address says it all."""


class DryRun(Strict):
    """Whether to show the effect only."""

    dry_run = serializers.BooleanField(default=False, help_text="1: answer with the exact effect and change nothing.")


def _fields_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which fields a line of that kind needs and which it has no use for; other kinds check their own."""
    if kind == "item":
        return ("item",), ("name", "amount_cents", "tax_category")
    return ("name", "amount_cents") if kind == "custom" else (), ()
