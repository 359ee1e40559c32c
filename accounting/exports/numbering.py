"""How an entry for other books is numbered: from what is in it and nothing else, so that it has the same number again.

The rank of an entry is its place among those of its location, business date and bucket, counted along the chain; a
group of entries has the rank of its first one. What comes late has a rank of its own.
"""

import datetime as dt
import enum
import string
from collections.abc import Iterable

from studio.models import Location

LONG_CODE = 4  # a longer one leaves no room for the century
DIGITS = string.digits + string.ascii_uppercase
_PLAIN = 1000  # ranks below are decimal in a short number; from A00 on they are counted in base 36


class Bucket(enum.StrEnum):
    """Which entries of a location's day go together."""

    SALES = "S"
    CARDS = "C"
    ADJUSTMENTS = "A"
    PAYOUT = "P"


_OF_SALES = ("sale", "void", "void_back", "refund", "no_show", "no_show_waived", "gift_card_cash_out")
_OF_CARDS = (
    "card_fee",
    "card_refund",
    "card_refund_again",
    "card_refund_failed",
    "card_refund_paid",
    "contested",
    "dispute",
    "dispute_closed",
    "payout",
    "stripe_fee",
    "stripe_other",
    "unsold_charge",
)
BUCKETS = {
    **dict.fromkeys(_OF_SALES, Bucket.SALES),
    **dict.fromkeys(_OF_CARDS, Bucket.CARDS),
    "payout_arrived": Bucket.PAYOUT,
}


def bucket_of(kind: str) -> Bucket:
    """The bucket of an entry of ours by its kind; what is no sale and moves no card is an adjustment."""
    return BUCKETS.get(kind, Bucket.ADJUSTMENTS)


def number(code: str, on: dt.date, bucket: Bucket, rank: int) -> str:
    """At most 21 characters: "UPT-20260102-S-0007"; a location code of five or six letters leaves out the century."""
    day = f"{on:%Y%m%d}" if len(code) <= LONG_CODE else f"{on:%y%m%d}"
    return f"{code}-{day}-{bucket}-{rank:04}"


def short(letter: str, on: dt.date, bucket: Bucket, rank: int) -> str:
    """At most 11 characters: "U260102-007"; another bucket than sales shows its letter for the dash."""
    return f"{letter}{on:%y%m%d}{'-' if bucket == Bucket.SALES else bucket}{_three(rank)}"


def letters(places: Iterable[Location]) -> dict[int, str]:
    """A letter or digit of its own for each location by its key: the first of its code that is free."""
    taken: dict[int, str] = {}
    for place in sorted(places, key=lambda place: place.pk):
        wanted = [*place.code, *string.ascii_uppercase, *string.digits]
        taken[place.pk] = next((one for one in wanted if one not in taken.values()), place.code[0])
    return taken


def _three(rank: int) -> str:
    if rank < _PLAIN:
        return f"{rank:03}"
    high, low = divmod(rank - _PLAIN + 10 * 36 * 36, 36)
    return f"{DIGITS[high // 36 % 36]}{DIGITS[high % 36]}{DIGITS[low]}"
