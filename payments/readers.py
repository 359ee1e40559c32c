"""Setting up a card reader: registered at Stripe by the code on its screen, at the address of its location."""

import datetime as dt
import re

from django.db import transaction

from payments.gateway import gateway
from payments.models import Reader
from payments.rare import reached
from payments.states import Misuse, ReaderState
from studio.audit import record
from studio.models import Location
from studio.refusal import BadInput

LONGEST_LABEL = 60
_ADDRESS = re.compile(
    r"(?P<line1>[^,].*), *(?P<city>[^,]*[^\W\d_][^,]*), *(?P<state>[A-Z]{2}),? +(?P<postal_code>\d{5}(-\d{4})?)"
    r"(, *(USA|United States))?"
)


def register(location: Location, *, code: str, label: str, now: dt.datetime) -> Reader:
    """The reader of that label at the location, registered at Stripe unless it is; called with no transaction open.

    BadInput for an address that Stripe can not have, and for a code that no reader shows. A reader that Stripe knows
    already moves to where it is registered now.
    """
    label = label.strip()
    if not 0 < len(label) <= LONGEST_LABEL:
        raise BadInput("label", f"A reader needs a name of up to {LONGEST_LABEL} characters, such as “Front desk”.")
    known = Reader.objects.filter(location=location, label=label).first()
    if known is not None:
        reached("reader_registered_before")
        return known
    return _store(_at_stripe(location, code, label), location, label, now=now)


def address_of(location: Location) -> dict[str, str]:
    """The location's address in Stripe's parts; BadInput unless it ends like “Columbus, OH 43215”."""
    lines = [line.strip().strip(",") for line in location.address.splitlines()]
    found = _ADDRESS.fullmatch(", ".join(filter(None, lines)))
    if found is None:
        sentence = (
            f"The address of {location} must be a street, and below it city, state and ZIP code: "
            "“12 Cedar Street”, “Columbus, OH 43215”. Change it in the back office under Locations."
        )
        raise BadInput("address", sentence)
    parts = ("line1", "city", "state", "postal_code")
    return {name: found[name].strip() for name in parts} | {"country": "US"}


def _at_stripe(location: Location, code: str, label: str) -> ReaderState:
    try:
        return gateway().register_reader(
            code=code.strip(), label=label, place=location.code, address=address_of(location)
        )
    except Misuse as error:
        raise BadInput("code", f"Stripe did not take it: {error}") from error


def _store(state: ReaderState, location: Location, label: str, *, now: dt.datetime) -> Reader:
    with transaction.atomic(durable=True):
        found = {"location": location, "label": label, "is_active": True}
        reader, _ = Reader.objects.update_or_create(stripe_id=state.id, defaults=found)
        after = {"label": label, "stripe_id": state.id}
        record(at=now, action="reader.registered", location=location, subject=reader, after=after)
    return reader
