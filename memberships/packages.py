"""Packages as they are defined and priced: which is on sale, what its parts are worth, how long it lasts (R20)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Max, QuerySet

from ledger.money import share_out
from memberships import periods
from memberships.models import Package, PackagePart, SessionLot
from pos.models import Item
from studio.models import Location
from studio.refusal import BadInput


@dataclass(frozen=True, slots=True)
class Share:
    """One part of one of the packages that a line sells, and what of the price stands for it, in cents."""

    part: PackagePart
    paid_cents: int


def with_parts() -> "QuerySet[Package]":
    """Packages with what a session of theirs pays for."""
    return Package.objects.prefetch_related("parts__items")


def on_sale(codes: Iterable[str]) -> dict[str, Package]:
    """The version on sale of each code that has one; a fixed number of queries."""
    return {package.code: package for package in with_parts().filter(code__in=set(codes), is_on_sale=True)}


def split(package: Package, paid_cents: int, *, quantity: int, location: Location, on: dt.date) -> list[Share]:
    """What was paid for so many of the package, by package and part; bundles by list price (rule 20)."""
    parts = list(package.parts.all())
    weights = _weights(parts, location=location, on=on) * quantity
    cents = share_out(paid_cents, weights)
    return [Share(part, share) for part, share in zip(parts * quantity, cents, strict=True)]


def _weights(parts: Sequence[PackagePart], *, location: Location, on: dt.date) -> list[int]:
    """The list price of all sessions of each part, by the dearest treatment; without prices, their number."""
    if len(parts) == 1:
        return [1]
    prices = list_prices([item.pk for part in parts for item in part.items.all()], location=location, on=on)
    dearest = [max((prices.get(item.pk) or 0 for item in part.items.all()), default=0) for part in parts]
    listed = [cents * part.units for cents, part in zip(dearest, parts, strict=True)]
    return listed if any(listed) else [part.units for part in parts]


def list_prices(item_ids: Iterable[int], *, location: Location, on: dt.date) -> dict[int, int]:
    """What each of the items costs there on that day, in cents; those that are not sold there left out."""
    priced = Item.objects.filter(pk__in=set(item_ids)).priced(location=location, on=on)
    found: list[tuple[int, int | None]] = [(item.pk, getattr(item, "price_cents", None)) for item in priced.only("id")]
    return {pk: cents for pk, cents in found if cents is not None}


def expires_on(package: Package, *, on: dt.date) -> dt.date | None:
    """The first day on which what is bought on that day can not be used any more; None when it lasts for ever."""
    return periods.day_after(on, package.validity_months) if package.validity_months is not None else None


def last_day(expires_on: dt.date) -> str:
    """The last day of use, in words: 14 Mar 2027."""
    last = expires_on - dt.timedelta(days=1)
    return f"{last.day} {last:%b %Y}"


def use_by(expires_on: dt.date | None) -> str:
    """What a receipt says after the number of sessions: nothing, or until when they can be used."""
    return f", use by {last_day(expires_on)}" if expires_on is not None else ""


def sessions(units: int) -> str:
    """1 session, 5 sessions."""
    return "1 session" if units == 1 else f"{units} sessions"


def left_of(lot: SessionLot) -> str:
    """2 of 5 left, use by 14 Mar 2027."""
    return f"{lot.units} of {lot.granted_units} left{use_by(lot.expires_on)}"


# Versions -----------------------------------------------------------------------------------------------------------


def was_sold(package: Package) -> bool:
    """Whether somebody has bought this version, so that it stays as it is for ever (R20)."""
    return SessionLot.objects.filter(part__package=package).exists()


def new_version(package: Package) -> Package:
    """A copy of the package to be changed and put on sale; what was sold keeps the version it was sold in."""
    parts = [(part, list(part.items.all())) for part in package.parts.all()]
    newest = Package.objects.filter(code=package.code).aggregate(newest=Max("version"))["newest"]
    copy = Package.objects.get(pk=package.pk)
    copy.pk, copy.version, copy.is_on_sale = None, newest + 1, False
    copy._state.adding = True
    copy.save()
    for part, items in parts:
        part.pk, part.package = None, copy
        part._state.adding = True
        part.save()
        part.items.set(items)
    return copy


def put_on_sale(package: Package) -> None:
    """Sell this version from now on, and no other of its code; BadInput when nothing is in it."""
    if not package.parts.exists():
        raise BadInput("parts", "Say first which sessions are in the package.")
    Package.objects.filter(code=package.code, is_on_sale=True).exclude(pk=package.pk).update(is_on_sale=False)
    Package.objects.filter(pk=package.pk).update(is_on_sale=True)
    package.is_on_sale = True
