"""What a client has that could pay, and what a code stands for: asked of every way to pay there is (R4)."""

import datetime as dt

from pos.kinds import Offer, tender_kinds
from pos.models import Client
from studio.models import Location
from studio.refusal import Refusal


class UnknownCode(Refusal):
    """No way to pay knows the code."""

    code = "unknown_code"


def what_is_left(client: Client, *, location: Location, now: dt.datetime) -> list[Offer]:
    """All that the client has, in the order in which it should be used: sessions, credits, gift cards, store credit."""
    return [offer for kind in tender_kinds() for offer in kind.offers(client, location=location, now=now)]


def find_code(code: str, *, now: dt.datetime) -> Offer:
    """What the typed or scanned code pays with; UnknownCode when it is none of ours."""
    for kind in tender_kinds():
        offer = kind.find(code, now=now)
        if offer is not None:
            return offer
    raise UnknownCode("This code is not known. Check it and try again.")
