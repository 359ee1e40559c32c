"""Locations pay each other what stored value of one was used at another (posting rule 75, I34)."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Sum

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.models import Entry, Posting
from ledger.money import dollars
from pos.checkout import SameIdOtherContents
from pos.crossing import between
from studio import audit, rights
from studio.models import Location, Right, Staff
from studio.refusal import BadInput, Refusal


class NothingToSettle(Refusal):
    """The first location owes the second one less than that."""

    code = "nothing_to_settle"


@dataclass(frozen=True, slots=True)
class Owed:
    """What `debtor`, who sold, owes `creditor`, who served, up to a day; in cents."""

    debtor: Location
    creditor: Location
    amount_cents: int


def what_is_owed(*, until: dt.date) -> list[Owed]:
    """What each location owes each other one for all that was booked before `until`, without those that are even."""
    booked = Posting.objects.filter(account=Account.DUE_TO_LOCATIONS, entry__business_date__lt=until)
    sums = dict(booked.order_by().values_list("instrument").annotate(Sum("amount_cents")))
    places = {place.code: place for place in Location.objects.all()}
    pairs = [(one, other) for one in places.values() for other in places.values() if one.pk != other.pk]
    return [Owed(*pair, -sums[name]) for pair in pairs if sums.get(name := between(*pair), 0)]


def settle(
    *,
    settlement_id: uuid.UUID,
    debtor: Location,
    creditor: Location,
    amount_cents: int,
    made_by: Staff,
    now: dt.datetime,
) -> Entry:
    """The entry of a bank transfer from `debtor` to `creditor`: both debts go down. The same id is the same entry.

    In the caller's transaction. BadInput; SameIdOtherContents; NothingToSettle above what is owed; NotAllowed without
    sight of the books.
    """
    for place in (debtor, creditor):
        rights.require(made_by, Right.SEE_BOOKS, place)
    if debtor.pk == creditor.pk:
        raise BadInput("creditor", "A location owes itself nothing.")
    if amount_cents <= 0:
        raise BadInput("amount_cents", "Give an amount above zero.")
    key = f"settlement:{settlement_id}"
    # Locked before it is looked for: of two that come at once the second finds what the first has posted.
    list(Location.objects.select_for_update().filter(pk__in=[debtor.pk, creditor.pk]).order_by("pk"))
    known = Entry.objects.filter(key=key).first()
    if known is None:
        return _post(key, debtor, creditor, amount_cents, made_by=made_by, now=now)
    _must_be_the_same(known, debtor, creditor, amount_cents)
    return known


def _must_be_the_same(known: Entry, debtor: Location, creditor: Location, amount_cents: int) -> None:
    paid = known.postings.filter(
        account=Account.DUE_TO_LOCATIONS, location=debtor, instrument=between(debtor, creditor)
    )
    if sum(posting.amount_cents for posting in paid) != amount_cents:
        raise SameIdOtherContents("This settlement was already made between others or with another amount.")


def _post(
    key: str, debtor: Location, creditor: Location, amount_cents: int, *, made_by: Staff, now: dt.datetime
) -> Entry:
    owed_cents = -journal.balance(Account.DUE_TO_LOCATIONS, instrument=between(debtor, creditor))
    if amount_cents > owed_cents:
        raise NothingToSettle(f"{debtor} owes {creditor} ${dollars(max(0, owed_cents))}, and not more.")
    entry = journal.post(
        key=key,
        kind="location_settlement",
        location=debtor,
        occurred_at=now,
        now=now,
        lines=_lines(debtor, creditor, amount_cents),
        made_by=made_by,
        memo=f"{debtor.code} pays {creditor.code}",
    )
    assert entry is not None  # noqa: S101 - the amount is above zero
    audit.record(
        at=now, action="locations_settled", actor=made_by, location=debtor, subject=entry, after={"cents": amount_cents}
    )
    return entry


def _lines(debtor: Location, creditor: Location, amount_cents: int) -> Iterator[Line]:
    pair = between(debtor, creditor)
    yield debit(Account.DUE_TO_LOCATIONS, amount_cents, location=debtor, instrument=pair)
    yield credit(Account.BANK, amount_cents, location=debtor)
    yield debit(Account.BANK, amount_cents, location=creditor)
    yield credit(Account.DUE_FROM_LOCATIONS, amount_cents, location=creditor, instrument=pair)
