"""What a report can be narrowed by: each filter has a name in the address, words for people, and its choices."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.accounts import Account
from pos.kinds import tender_kinds
from pos.models import Drawer, Item, TaxRate
from studio.models import Location, Staff

Choice = tuple[str, str]
"""A value as it stands in the address, and how people call it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: `everything` is what not choosing means; `choices` are read for the locations the person may see."""

    name: str
    title: str
    everything: str
    choices: Callable[[Sequence[Location]], Sequence[Choice]]

    def accepts(self, value: str, places: Sequence[Location]) -> bool:
        """Whether it is one of the choices."""
        return any(value == choice for choice, _ in self.choices(places))


@dataclass(frozen=True, slots=True)
class Free(Filter):
    """A filter without a list to choose from: a link leads there, and `reads` says what can be meant."""

    reads: Callable[[str], bool] = bool

    def accepts(self, value: str, places: Sequence[Location]) -> bool:
        return self.reads(value)


def _locations(places: Sequence[Location]) -> list[Choice]:
    return [(place.code, place.name) for place in places]


def _therapists(places: Sequence[Location]) -> list[Choice]:
    people = Staff.objects.filter(is_therapist=True).values_list("pk", "display_name")
    return [(str(key), name) for key, name in people]


def _tenders(places: Sequence[Location]) -> list[Choice]:
    return [(kind.code, kind.name) for kind in tender_kinds()]


def _categories(places: Sequence[Location]) -> list[Choice]:
    return [
        ("treatment", "Treatments"),
        ("addon", "Add-ons"),
        ("retail", "Retail"),
        ("custom", "Custom amounts"),
        ("package", "Packages"),
        ("dues", "Membership dues"),
        ("membership", "Membership fees"),
        ("gift_card", "Gift cards"),
        ("no_show", "No-shows"),
    ]


def _items(places: Sequence[Location]) -> list[Choice]:
    return list(Item.objects.values_list("code", "name"))


def _jurisdictions(places: Sequence[Location]) -> list[Choice]:
    found = TaxRate.objects.filter(location__in=places).order_by("jurisdiction").values_list("jurisdiction", flat=True)
    return [(name, name) for name in found.distinct()]


def _accounts(places: Sequence[Location]) -> list[Choice]:
    return [(str(account.value), account.title) for account in Account]


def _drawers(places: Sequence[Location]) -> list[Choice]:
    return [
        (str(drawer.pk), str(drawer))
        for drawer in Drawer.objects.filter(location__in=places).select_related("location")
    ]


def _fixed(*choices: Choice) -> Callable[[Sequence[Location]], Sequence[Choice]]:
    return lambda places: choices


def is_uuid(value: str) -> bool:
    """Whether it can be the key of one of our rows."""
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


_ALL = (
    Filter("location", "Location", "All locations", _locations),
    Filter("therapist", "Therapist", "All therapists", _therapists),
    Filter("tender", "Tender", "All tenders", _tenders),
    Filter("category", "Category", "All categories", _categories),
    Filter("item", "Item", "All items", _items),
    Filter("jurisdiction", "Jurisdiction", "All jurisdictions", _jurisdictions),
    Filter("account", "Account", "All accounts", _accounts),
    Filter("drawer", "Drawer", "All drawers", _drawers),
    Filter(
        "kind",
        "Kind",
        "All kinds",
        _fixed(
            ("gift_card", "Gift cards"),
            ("package", "Packages"),
            ("credit", "Member credits"),
            ("dues", "Deferred dues"),
            ("store_credit", "Store credit"),
            ("deposit", "Deposits"),
        ),
    ),
    Filter("group", "By", "As usual", _fixed(("day", "Day"), ("week", "Week"), ("month", "Month"))),
    Filter(
        "exception",
        "Kind",
        "All kinds",
        _fixed(
            ("void", "Voids"),
            ("refund", "Refunds"),
            ("discount", "Large discounts"),
            ("custom", "Custom amounts"),
            ("drawer", "Drawer differences"),
            ("by_hand", "Put right by hand"),
            ("late", "Posted on another day"),
        ),
    ),
    Free("session", "Drawer session", "All", _fixed(), is_uuid),
    Free("entry", "Event", "All", _fixed(), lambda value: 0 < len(value) <= 20 and value.replace("_", "").isalnum()),
)
FILTERS = {one.name: one for one in _ALL}
"""By its name in the address."""
