"""Everything that can be sold here today, by whom, and the words to choose from."""

import datetime as dt
from typing import Annotated, Any, TypedDict, cast

from django.db.models import BigIntegerField, DateField, FilteredRelation, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from memberships.models import Package, Plan
from pos.kinds import tender_kinds
from pos.models import Item, Refund, SaleDiscount, TaxCategory
from pos.pricing import TIP_PERCENTS
from studio.models import Location, Staff
from studio.prepared import PreparedValues, Slot

MOST = 2_000
"""Items or therapists; the list is cut there."""


class ItemAnswer(TypedDict):
    """A treatment, add-on or product, in the order of the tiles here; no price means that it is not sold here today."""

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
    is_favourite: bool


class TherapistAnswer(TypedDict):
    """Somebody who gives treatments, with the codes of their trainings."""

    id: int
    name: str
    qualifications: list[str]


class PackageAnswer(TypedDict):
    """Sessions that are sold together; `items` are the codes of the treatments that they pay, `units` how many."""

    id: int
    code: str
    name: str
    price_cents: int
    validity_months: int | None
    units: int
    items: list[str]


class PlanAnswer(TypedDict):
    """A membership: what is charged every so many months, and the credits for it."""

    id: int
    code: str
    name: str
    price_cents: int
    interval_months: int
    credits_per_cycle: int


class Choice(TypedDict):
    """A code to send and the words to show for it."""

    code: str
    name: str


class TenderKindAnswer(Choice):
    """A way to pay; `at_once` when it needs nothing but an amount."""

    at_once: bool


class CatalogAnswer(TypedDict):
    """The catalogue of a location on a business day."""

    items: list[ItemAnswer]
    packages: list[PackageAnswer]
    plans: list[PlanAnswer]
    therapists: list[TherapistAnswer]
    tip_percents: list[int]
    discount_reasons: list[Choice]
    refund_reasons: list[Choice]
    tender_kinds: list[TenderKindAnswer]


def catalog_answer(place: Location, *, on: dt.date) -> CatalogAnswer:
    """What `place` sells on the day `on`, in four queries."""
    return {
        "items": [_item(row) for row in _ITEMS.tuples(location=place.pk, on=on)],
        "packages": _packages(),
        "plans": [cast(PlanAnswer, dict(zip(PlanAnswer.__annotations__, row, strict=True))) for row in _PLANS.tuples()],
        "therapists": _therapists(),
        "tip_percents": list(TIP_PERCENTS),
        "discount_reasons": [{"code": why.value, "name": why.label} for why in SaleDiscount.GIVEN_BY_HAND],
        "refund_reasons": [{"code": code, "name": name} for code, name in Refund.Reason.choices],
        "tender_kinds": [{"code": kind.code, "name": kind.name, "at_once": kind.at_once} for kind in tender_kinds()],
    }


_ELSEWHERE = {"required_qualification": "required_qualification__code", "position": "place", "is_favourite": "is_quick"}
_COLUMNS = [_ELSEWHERE.get(name, name) for name in ItemAnswer.__annotations__]


def _items() -> "QuerySet[Item, Any]":
    location, on = Slot("location", BigIntegerField()), Slot("on", DateField())
    priced = Item.objects.priced(location=cast(Any, location), on=cast(Any, on))
    tiles = priced.annotate(
        tile=FilteredRelation("tiles", condition=Q(tiles__location=location)),
        place=Coalesce("tile__position", "position"),
        is_quick=Coalesce("tile__is_favourite", Value(False)),
    )
    return tiles.order_by("place", "name", "pk").values_list(*_COLUMNS)[:MOST]


def _trained() -> "QuerySet[Staff, Any]":
    """A row for each training of a therapist, and one for a therapist without any."""
    people = Staff.objects.filter(is_therapist=True, is_active=True).order_by("display_name", "pk")
    return people.values_list("pk", "display_name", "qualifications__code")


def _sessions() -> "QuerySet[Package, Any]":
    """A row for each treatment of each part of a package on sale."""
    found = Package.objects.filter(is_on_sale=True).order_by("position", "code", "parts__position", "parts__pk")
    own = ("pk", "code", "name", "price_cents", "validity_months")
    return found.values_list(*own, "parts__pk", "parts__units", "parts__items__code")


def _plans() -> "QuerySet[Plan, Any]":
    found = Plan.objects.filter(is_on_sale=True).order_by("position", "code")
    return found.values_list(*PlanAnswer.__annotations__)[:MOST]


_ITEMS = PreparedValues(_items)
_SESSIONS = PreparedValues(_sessions)
_PLANS = PreparedValues(_plans)
_TRAINED = PreparedValues(_trained)


def _item(row: tuple[Any, ...]) -> ItemAnswer:
    return cast(ItemAnswer, dict(zip(ItemAnswer.__annotations__, row, strict=True)))


def _packages() -> list[PackageAnswer]:
    found: dict[int, PackageAnswer] = {}
    parts: set[int] = set()
    for pk, code, name, price_cents, validity_months, part, units, item in _SESSIONS.tuples():
        package = found.setdefault(
            pk,
            {
                "id": pk,
                "code": code,
                "name": name,
                "price_cents": price_cents,
                "validity_months": validity_months,
                "units": 0,
                "items": [],
            },
        )
        if part is not None and part not in parts:
            parts.add(part)
            package["units"] += units
        if item is not None and item not in package["items"]:
            package["items"].append(item)
    return list(found.values())[:MOST]


def _therapists() -> list[TherapistAnswer]:
    found: dict[int, TherapistAnswer] = {}
    for pk, name, training in _TRAINED.tuples():
        person = found.setdefault(pk, {"id": pk, "name": name, "qualifications": []})
        if training is not None:
            person["qualifications"].append(training)
    for person in found.values():
        person["qualifications"].sort()
    return list(found.values())[:MOST]
