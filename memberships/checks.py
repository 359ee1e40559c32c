"""What must hold between lots, their moves and the books; each function yields what does not (I11-I18, I35)."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from ledger.accounts import Account
from ledger.checks import Problem
from ledger.models import Posting
from memberships.models import LotHold, LotMove, SessionLot
from pos.models import Sale, SaleLine, Tender

KINDS = {
    SessionLot.Kind.PACKAGE: ("I11", Account.PACKAGES),
    SessionLot.Kind.CREDIT: ("I12", Account.MEMBER_CREDITS),
}
Move = LotMove.Kind
IN_THE_BOOKS = (
    Sale.Status.COMPLETED,
    Sale.Status.PARTLY_REFUNDED,
    Sale.Status.REFUNDED,
    Sale.Status.VOIDED,
)


def check_lots_are_what_the_books_owe(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I11, I12: 2210 and 2220 are what is left of packages and of credits, at each location that sold them."""
    for kind, (number, account) in KINDS.items():
        lots = SessionLot.objects.using(using).filter(kind=kind).order_by().values_list("location")
        left = dict(lots.annotate(Sum("value_cents")))
        booked = Posting.objects.using(using).filter(account=account).order_by().values_list("location")
        owed = {where: -cents for where, cents in booked.annotate(Sum("amount_cents"))}
        for where in sorted(left.keys() | owed.keys()):
            if left.get(where, 0) != owed.get(where, 0):
                what = f"books {owed.get(where, 0)}, lots {left.get(where, 0)}"
                yield Problem(number, f"{account.title} at location {where}: {what}")


def check_each_lot_is_in_the_books(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I15: what is left of each lot is what the books owe for it, where it was sold and on the account of its kind."""
    accounts = [account for _, account in KINDS.values()]
    booked = Posting.objects.using(using).filter(account__in=accounts).order_by()
    sums = booked.values_list("instrument", "location", "account").annotate(cents=Sum("amount_cents"))
    owed = {(lot, where, account): -cents for lot, where, account, cents in sums.exclude(cents=0)}
    worth = SessionLot.objects.using(using).exclude(value_cents=0).order_by()
    for lot in worth.only("kind", "location_id", "value_cents").iterator(chunk_size=2000):
        in_books = owed.pop((lot.instrument, lot.location_id, int(lot.account)), 0)
        if in_books != lot.value_cents:
            yield Problem("I15", f"{lot.instrument}: books {in_books}, left {lot.value_cents}")
    for (instrument, where, account), cents in owed.items():
        yield Problem("I15", f"{Account(account).title} has {cents} of “{instrument}” at location {where}, no lot has")


def check_lots_have_sessions_and_value(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I16: no lot is below zero, and one has a value as long as it has sessions."""
    below = Q(units__lt=0) | Q(value_cents__lt=0) | Q(held_units__lt=0) | Q(held_cents__lt=0)
    empty = Q(units=0) & ~Q(value_cents=0)
    worthless = Q(units__gt=0, value_cents=0, paid_cents__gte=F("granted_units"))
    for lot in SessionLot.objects.using(using).filter(below | empty | worthless):
        yield Problem("I16", f"{lot.instrument}: {lot.units} sessions worth {lot.value_cents}")
    over = Q(status=SessionLot.Status.OPEN, units=0) | ~Q(status=SessionLot.Status.OPEN) & Q(units__gt=0)
    for lot in SessionLot.objects.using(using).filter(over):
        yield Problem("I16", f"{lot.instrument} is {lot.get_status_display()} with {lot.units} sessions")


def check_moves_roll_forward(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I18: what was bought, less what was used, refunded, converted, given or revoked, is what is left of each lot."""
    moves = LotMove.objects.using(using)
    lots = SessionLot.objects.using(using).annotate(
        moved_units=_sum(moves, "lot", "units"), moved_cents=_sum(moves, "lot", "value_cents")
    )
    for lot in lots.exclude(moved_units=F("units"), moved_cents=F("value_cents")):
        moved = f"{lot.moved_units} worth {lot.moved_cents}"
        yield Problem("I18", f"{lot.instrument}: moves {moved}, left {lot.units} worth {lot.value_cents}")


def check_lots_are_worth_their_price(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I35: the lots that a line opened add up to what was paid for it, and each to what its moves say was paid."""
    bought = LotMove.objects.using(using).filter(
        Q(kind__in=[Move.OPENED, Move.RAISED]) | Q(key__startswith="received:")
    )
    lots = SessionLot.objects.using(using).annotate(bought=_sum(bought, "lot", "value_cents"))
    for lot in lots.exclude(bought=F("paid_cents")):
        yield Problem("I35", f"{lot.instrument}: paid {lot.paid_cents}, moves {lot.bought}")
    opened = LotMove.objects.using(using).filter(kind=Move.OPENED)
    sold = SaleLine.objects.using(using).filter(kind="package", sale__status__in=IN_THE_BOOKS)
    for line in sold.annotate(opened=_sum(opened, "lot__sale_line", "value_cents")):
        moved = LotMove.objects.using(using).filter(key=f"upgraded:{line.pk}").aggregate(Sum("value_cents"))
        brought_cents = -(moved["value_cents__sum"] or 0)
        if line.opened != line.net_cents + brought_cents:
            yield Problem("I35", f"line {line.pk}: lots {line.opened}, paid {line.net_cents}, brought {brought_cents}")


def check_lots_are_held_by_open_sales(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """What lots hold is what their holds come to, and each hold is a held tender's (DESIGN "Stored value")."""
    holds = LotHold.objects.using(using)
    counted = holds.filter(lot=OuterRef("pk")).order_by().values("lot").annotate(n=Count("pk")).values("n")
    lots = SessionLot.objects.using(using).annotate(
        on_hold=Coalesce(Subquery(counted), 0), on_hold_cents=_sum(holds, "lot", "value_cents")
    )
    for lot in lots.exclude(on_hold=F("held_units"), on_hold_cents=F("held_cents")):
        yield Problem("holds", f"{lot.instrument}: holds {lot.held_units}, open sales {lot.on_hold}")
    astray = ~Q(tender__status=Tender.Status.HELD) | ~Q(tender__amount_cents=F("value_cents"))
    for held in holds.filter(astray).select_related("tender"):
        yield Problem("holds", f"tender {held.tender_id}: {held.tender.status}, holds {held.value_cents}")


def _sum(rows: "QuerySet[Any]", by: str, what: str) -> Coalesce:
    """A correlated sum that is 0 without rows."""
    total = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(total=Sum(what)).values("total")
    return Coalesce(Subquery(total), 0)
