"""Value that one location sold and another one redeems: what they owe each other for it (posting rule 74, I34)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Unpack

from ledger.accounts import Account
from ledger.journal import Dimensions, Line, credit, debit
from studio.models import Location


def use_up(
    account: Account, amount_cents: int, *, sold_at: Location, used_at: Location, **by: Unpack[Dimensions]
) -> Iterator[Line]:
    """The debits of stored value that pays at `used_at`; elsewhere than it was sold, with what the seller then owes.

    They sum to `amount_cents` at the place that uses it and to nothing at the seller's.
    """
    yield replace(debit(account, amount_cents, **by), location=sold_at)
    if sold_at.pk == used_at.pk:
        return
    pair = between(sold_at, used_at)
    yield credit(Account.DUE_TO_LOCATIONS, amount_cents, location=sold_at, instrument=pair)
    yield debit(Account.DUE_FROM_LOCATIONS, amount_cents, location=used_at, instrument=pair)


def restore(
    account: Account, amount_cents: int, *, sold_at: Location, used_at: Location, **by: Unpack[Dimensions]
) -> Iterator[Line]:
    """The mirror of `use_up`, for value that comes back."""
    yield from use_up(account, -amount_cents, sold_at=sold_at, used_at=used_at, **by)


def between(seller: Location, redeemer: Location) -> str:
    """How the two sides of a debt between locations are named, so that they can be held against each other."""
    return f"between:{seller.code}:{redeemer.code}"
