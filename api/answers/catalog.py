"""Everything that can be sold here today, by whom, and the words to choose from."""

import datetime as dt
from typing import Annotated, TypedDict

from pos.kinds import tender_kinds
from pos.models import Item, Refund, SaleDiscount, TaxCategory
from pos.pricing import TIP_PERCENTS
from studio.models import Location, Staff

MOST = 2_000
"""Items or therapists; the list is cut there."""


class ItemAnswer(TypedDict):
    """A treatment, add-on or product; no price means that it is not sold here today."""

    id: int
    code: str
    name: str
    kind: Annotated[str, Item.Kind]
    price_cents: int | None
    tax_category: Annotated[str, TaxCategory]
    minutes: int | None
    required_qualification: str | None
    barcode: str
    is_available: bool
    position: int


class TherapistAnswer(TypedDict):
    """Somebody who gives treatments, with the codes of their trainings."""

    id: int
    name: str
    qualifications: list[str]


class Choice(TypedDict):
    """A code to send and the words to show for it."""

    code: str
    name: str


class CatalogAnswer(TypedDict):
    """The catalogue of a location on a business day."""

    items: list[ItemAnswer]
    therapists: list[TherapistAnswer]
    tip_percents: list[int]
    discount_reasons: list[Choice]
    refund_reasons: list[Choice]
    tender_kinds: list[Choice]


def catalog_answer(place: Location, *, on: dt.date) -> CatalogAnswer:
    """What `place` sells on the day `on`, in three queries."""
    items = Item.objects.priced(location=place, on=on).select_related("required_qualification")
    people = Staff.objects.filter(is_therapist=True, is_active=True).prefetch_related("qualifications")
    return {
        "items": [_item(item) for item in items.order_by("position", "name", "pk")[:MOST]],
        "therapists": [_therapist(staff) for staff in people.order_by("display_name", "pk")[:MOST]],
        "tip_percents": list(TIP_PERCENTS),
        "discount_reasons": [{"code": code, "name": name} for code, name in SaleDiscount.Reason.choices],
        "refund_reasons": [{"code": code, "name": name} for code, name in Refund.Reason.choices],
        "tender_kinds": [{"code": kind.code, "name": kind.name} for kind in tender_kinds()],
    }


def _item(item: Item) -> ItemAnswer:
    training = item.required_qualification
    return {
        "id": item.pk,
        "code": item.code,
        "name": item.name,
        "kind": item.kind,
        "price_cents": item.price_cents,  # type: ignore[attr-defined]  # annotated by priced()
        "tax_category": item.tax_category,
        "minutes": item.minutes,
        "required_qualification": training.code if training else None,
        "barcode": item.barcode,
        "is_available": item.is_available,
        "position": item.position,
    }


def _therapist(staff: Staff) -> TherapistAnswer:
    codes = sorted(training.code for training in staff.qualifications.all())
    return {"id": staff.pk, "name": staff.display_name, "qualifications": codes}
