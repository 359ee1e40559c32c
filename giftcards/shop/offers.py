"""What the shop's form offers to choose from, as plain rows for its template."""

import datetime as dt
from dataclasses import dataclass

from django.forms.utils import ErrorDict

from giftcards import faces
from giftcards.shop import orders
from giftcards.shop.designs import FIRST, Design, design_of
from giftcards.shop.forms import AMOUNTS, OTHER, TREATMENT, GiftForm
from ledger.money import dollars
from studio.models import Location

FIELDS = {"what": "what-0", "amount": "amount", "design": "design-bars", "way": "way-email", "__all__": "gift-form"}
"""The element that a mistake's link leads to, where it is not called as its field."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button: what is sent, what is read, and what a promotion adds to it."""

    value: str
    label: str
    price: str
    note: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The card as the form now has it."""

    design: Design
    worth: str
    to: str
    by: str
    pay: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence and the element that it is about."""

    field: str
    sentence: str


def amounts(form: GiftForm, location: Location, *, now: dt.datetime) -> list[Choice]:
    """The amounts that are there to tap, and another one to type."""
    chosen = _chosen(form)
    found = []
    for cents in AMOUNTS:
        value, bonus = dollars(cents), orders.bonus_on(cents, location, now=now)
        note = f"+ {faces.money(bonus.adds_cents)} on top" if bonus is not None else ""
        found.append(Choice(value, faces.money(cents), value, note, chosen == value))
    return [*found, Choice(OTHER, "Other", "", "", chosen == OTHER)]


def treatments(form: GiftForm, location: Location, *, now: dt.datetime) -> list[Choice]:
    """The treatments at today's price."""
    chosen = _chosen(form)
    return [
        Choice(TREATMENT + item.code, item.name, dollars(item.price_cents), "", chosen == TREATMENT + item.code)  # type: ignore[attr-defined]
        for item in orders.treatments(location, now=now)
    ]


def preview(form: GiftForm, location: Location, *, now: dt.datetime) -> Preview:
    """What the card will look like."""
    choices = [*amounts(form, location, now=now), *treatments(form, location, now=now)]
    chosen = next((one for one in choices if one.is_chosen), choices[0])
    typed = _said(form, "amount").lstrip("$ ")
    return Preview(
        design=design_of(_said(form, "design") or FIRST),
        worth=chosen.label if chosen.value != OTHER else f"${typed}" if typed else "Gift card",
        to=_said(form, "recipient_name"),
        by=_said(form, "buyer_name"),
        pay=chosen.price,
    )


def errors(form: GiftForm) -> list[Mistake]:
    """Every mistake in the order of the form."""
    if not form.is_bound:
        return []
    found: ErrorDict = form.errors
    order = [*form.fields, "__all__"]
    named = sorted(found.items(), key=lambda pair: order.index(pair[0]))
    return [Mistake(FIELDS.get(field, field), str(sentence)) for field, said in named for sentence in said]


def _chosen(form: GiftForm) -> str:
    return _said(form, "what")


def _said(form: GiftForm, field: str) -> str:
    return str(form[field].value() or "")
