"""Movements of the Stripe balance: each is stored once, and posted in the transaction that stores it (I20)."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Min, QuerySet, Sum

from ledger.models import Entry
from payments import disputes, payouts
from payments.models import BalanceTransaction, Charge, SyncPoint
from payments.origins import Origin, origin_of
from payments.posting import SUSPENSE, lines_of, main_location, post_when_open
from payments.rare import reached
from payments.states import ChargeState, Movement
from payments.unsold import put_aside
from studio.models import Location

BOOKS_BEGIN = "stripe_books"
BEFORE_THE_FIRST = dt.timedelta(days=1)


def books_begin() -> dt.datetime | None:
    """From when on the Stripe balance is in our books: a day before the first charge; None while there is none."""
    known = SyncPoint.objects.filter(name=BOOKS_BEGIN).first()
    if known is None:
        first = Charge.objects.aggregate(at=Min("created_at"))["at"]
        if first is None:
            return None
        known, _ = SyncPoint.objects.get_or_create(name=BOOKS_BEGIN, defaults={"at": first - BEFORE_THE_FIRST})
    return known.at


def in_the_books() -> QuerySet[BalanceTransaction]:
    """The stored movements since the books began; older ones are kept only as parts of payouts."""
    begin = books_begin()
    return BalanceTransaction.objects.filter(created_at__gte=begin) if begin else BalanceTransaction.objects.none()


def net_cents() -> int:
    """What the movements since the books began come to."""
    return in_the_books().aggregate(sum=Sum("net_cents"))["sum"] or 0


def take_in(movement: Movement, *, now: dt.datetime) -> bool:
    """Store a movement and post it; False when it is there already. Called with no transaction open."""
    if _is_stored(movement):
        return False
    begin = books_begin()
    origin = origin_of(movement, now=now) if begin and movement.created_at >= begin else None
    try:
        with transaction.atomic(durable=True):
            _store(movement, origin, now=now)
    except IntegrityError:
        if not _is_stored(movement):
            raise
        reached("movement_taken_by_another")
        return False
    return True


def _is_stored(movement: Movement) -> bool:
    return BalanceTransaction.objects.filter(pk=movement.id).exists()


def _store(movement: Movement, origin: Origin | None, *, now: dt.datetime) -> None:
    """The entry first, because the row is never changed again; then what the movement makes possible."""
    entry = _post(movement, origin, now=now) if origin else None
    location = origin.location if origin else main_location()
    _insert(movement, entry, location)
    if origin is None or origin.rule == SUSPENSE:
        return
    if origin.stray:
        put_aside(_stray_charge(origin.stray, location, now=now), now=now)
    if movement.category in disputes.CATEGORIES:
        disputes.close_if_decided(movement.source, now=now)
    if movement.category in payouts.CATEGORIES:
        payouts.settle_payout(movement.source, now=now)


def _post(movement: Movement, origin: Origin, *, now: dt.datetime) -> Entry | None:
    is_unclear = origin.rule == SUSPENSE
    if is_unclear:
        reached("suspense")
    return post_when_open(
        key=f"stripe:{movement.id}",
        kind=origin.rule.kind,
        location=origin.location,
        occurred_at=movement.created_at,
        now=now,
        lines=lines_of(movement, origin.rule),
        memo=f"Stripe: {movement.category}"[:200] if is_unclear else "",
    )


def _insert(movement: Movement, entry: Entry | None, location: Location) -> None:
    BalanceTransaction.objects.create(
        stripe_id=movement.id,
        type=movement.type,
        category=movement.category,
        source=movement.source,
        amount_cents=movement.amount_cents,
        fee_cents=movement.fee_cents,
        net_cents=movement.net_cents,
        created_at=movement.created_at,
        available_on=movement.available_on,
        location=location,
        entry=entry,
    )


def _stray_charge(state: ChargeState, location: Location, *, now: dt.datetime) -> Charge:
    """A row for money that came without us, so that a person sees it and can give it back."""
    reached("stray_charge")
    return Charge.objects.create(
        owner=f"stripe:{state.id}",
        location=location,
        how=Charge.How.FOUND,
        amount_cents=state.amount_cents,
        status=Charge.Status.SUCCEEDED,
        created_at=state.created_at,
        succeeded_at=state.created_at,
        run_at=now,
        finished_at=now,
        intent_id=state.intent_id or None,
        stripe_charge=state.id,
        card_brand=state.card.brand if state.card else "",
        card_last4=state.card.last4 if state.card else "",
    )
