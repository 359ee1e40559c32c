"""Charges: taken in one transaction, asked of Stripe between transactions, settled in another.

`payments.asking` does the part in between. The same `settle` serves the desk's repeat, the worker, an event and the
reconciliation, so it does not matter who comes first (RELIABILITY "Charge engine").
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Max

from payments.models import Charge, Presentation, Reader
from payments.rare import reached
from payments.states import IntentState
from studio.models import Location
from studio.refusal import BadInput, Refusal
from studio.rewriting import update_each

Status, Failure = Charge.Status, Charge.Failure

LEAST_CENTS = 50
"""Stripe takes no less by card."""
DESK_ASKS_FOR = dt.timedelta(seconds=15)
"""So long the desk that made the charge has it for itself; then the worker looks too."""
FINISH_AFTER = dt.timedelta(seconds=5)
"""So long whoever heard that a charge ended has its owner's end for itself; then the worker sees to it."""


class ReaderBusy(Refusal):
    """The reader serves another sale."""

    code = "reader_busy"


class ChargeInFlight(Refusal):
    """A card is being asked; until that is known nothing else may happen to what it pays."""

    code = "charge_in_flight"


class CardWasCharged(Refusal):
    """The money is taken: it can be used or given back, not cancelled."""

    code = "card_was_charged"


class WrongAmount(Exception):
    """Stripe took another amount than it was asked for: a broken promise that a person must look at."""


# In the caller's transaction -----------------------------------------------------------------------------------------


def take(*, owner: str, about: str, location: Location, amount_cents: int, reader: Reader, now: dt.datetime) -> Charge:
    """A charge to be asked for once the caller has committed; ReaderBusy while the reader serves another."""
    if amount_cents < LEAST_CENTS:
        raise BadInput("amount_cents", "A card pays at least $0.50.")
    _must_be_free(reader)
    charge = Charge(
        owner=owner,
        n=next_n(owner),
        about=about,
        location=location,
        reader=reader,
        amount_cents=amount_cents,
        created_at=now,
        run_at=now + DESK_ASKS_FOR,
    )
    charge.save(force_insert=True)
    Presentation.objects.create(charge=charge, n=1, reader=reader, asked_at=now)
    return charge


def of_owners(owners: Iterable[str]) -> dict[str, list[Charge]]:
    """All that was asked before for each of the owners, locked until the caller's transaction ends."""
    found: dict[str, list[Charge]] = {owner: [] for owner in owners}
    for before in Charge.objects.select_for_update().filter(owner__in=found).order_by("pk"):
        found[before.owner].append(before)
    return found


def must_be_over(asked: Iterable[Charge]) -> None:
    """ChargeInFlight while what is owed may still be paid by what was asked before, CardWasCharged when it is."""
    for before in asked:
        if before.status == Status.SUCCEEDED:
            raise CardWasCharged("A card has paid this already.")
        if not before.has_ended:
            raise ChargeInFlight("A card is still being asked for this. Wait until that is known.")


def must_be_open(owner: str) -> None:
    """The same for all that was asked for one owner."""
    must_be_over(of_owners([owner])[owner])


def next_n(owner: str) -> int:
    """The number of the owner's next attempt."""
    return (Charge.objects.filter(owner=owner).aggregate(last=Max("n"))["last"] or 0) + 1


def present_again(charge: Charge, *, n: int, reader: Reader | None, now: dt.datetime) -> None:
    """Have the same intent presented once more, on this reader or another; the same `n` again changes nothing."""
    charge = Charge.objects.select_for_update().get(pk=charge.pk)
    if n <= charge.try_wanted:
        return
    if n > charge.try_wanted + 1:
        raise BadInput("n", f"The next try is number {charge.try_wanted + 1}.")
    if charge.status == Status.SUCCEEDED:
        raise CardWasCharged("The card has paid this already.")
    if charge.status != Status.FAILED or charge.cancel_wanted_at is not None:
        raise ChargeInFlight("The card is still being asked. Wait until it is known.")
    reader = reader or charge.reader
    assert reader is not None  # noqa: S101 - a charge at the desk has one
    _must_be_free(reader)
    Presentation.objects.create(charge=charge, n=n, reader=reader, asked_at=now)
    charge.status, charge.try_wanted, charge.reader = Status.SENT, n, reader
    charge.failure = charge.decline_code = charge.last_error = ""
    charge.run_at, charge.doubts = now + DESK_ASKS_FOR, 0
    charge.save(
        update_fields=["status", "try_wanted", "reader", "failure", "decline_code", "last_error", "run_at", "doubts"]
    )


def want_cancel(charge: Charge, *, now: dt.datetime) -> None:
    """Have the charge taken back at Stripe; it ends as cancelled, or as paid when the card was faster."""
    unended = Charge.objects.filter(pk=charge.pk, cancel_wanted_at=None).exclude(Charge.HAS_ENDED)
    unended.update(cancel_wanted_at=now, run_at=now, last_error="")


def _must_be_free(reader: Reader) -> None:
    if Charge.objects.live().filter(reader=reader).exists():
        raise ReaderBusy(f"{reader} is busy with another sale. Choose another reader, or wait a moment.")


# What became of it ---------------------------------------------------------------------------------------------------


def settle(charge_id: uuid.UUID, intent: IntentState, *, now: dt.datetime) -> None:
    """Move the charge to what its intent says, forward only; WrongAmount when Stripe took another amount."""
    settle_all({charge_id: intent}, now=now)


def settle_all(told: Mapping[uuid.UUID, IntentState], *, now: dt.datetime) -> dict[uuid.UUID, Charge]:
    """The same for many charges in one transaction, all or none; the charges as they are then."""
    with transaction.atomic(durable=True):
        locked = Charge.objects.select_for_update().order_by("pk").in_bulk(told)
        moved = [locked[key] for key, intent in told.items() if _move(locked[key], intent, now=now)]
        update_each(moved, _SETTLED, where={})
    return locked


_SETTLED = (
    "intent_id",
    "status",
    "cancel_wanted_at",
    "failure",
    "decline_code",
    "decline_group",
    "succeeded_at",
    "stripe_charge",
    "card_brand",
    "card_last4",
    "run_at",
    "dead_at",
)


def _move(charge: Charge, intent: IntentState, *, now: dt.datetime) -> bool:
    """Put a locked charge where its intent is; whether it was elsewhere."""
    to = _status_of(intent, charge)
    if to is None or to not in Charge.MOVES[charge.status]:
        if to is not None and to != charge.status:
            reached("late_news_ignored")
        return False
    if charge.intent_id is None:
        reached("news_before_id")
    charge.intent_id = intent.id
    charge.status = to
    if to == Status.FAILED:
        charge.cancel_wanted_at = None  # done
    else:
        charge.failure = charge.decline_code = charge.decline_group = ""
    if to == Status.SUCCEEDED:
        _note_payment(charge, intent, now=now)
    if to != Status.REQUIRES_ACTION:
        charge.run_at, charge.dead_at = now + FINISH_AFTER, None  # its owner's turn
    return True


def end_try(charge: Charge, failure: str, *, now: dt.datetime, decline_code: str = "", stripe_charge: str = "") -> None:
    """The try did not pay; the intent stays and may be presented again."""
    reached(f"try_{failure}")
    with transaction.atomic(durable=True):
        live = Charge.objects.live().filter(pk=charge.pk, try_wanted=charge.try_wanted)
        if not live.update(status=Status.FAILED, failure=failure, decline_code=decline_code):
            return
        charge.presentations.filter(n=charge.try_wanted).update(
            ended_at=now, failure=failure, decline_code=decline_code, stripe_charge=stripe_charge
        )


def settle_by_intent(intent: IntentState, *, now: dt.datetime) -> Charge | None:
    """Settle the charge that the intent is for; None when it is none of ours."""
    found = Charge.objects.filter(intent_id=intent.id).first()
    if found is None:
        found = _by_attempt(intent.metadata.get("attempt", ""))
    if found is None:
        reached("intent_of_nobody")
        return None
    settle(found.pk, intent, now=now)
    found.refresh_from_db()
    return found


def _by_attempt(attempt: str) -> Charge | None:
    try:
        return Charge.objects.filter(pk=uuid.UUID(attempt), intent_id=None).first()
    except ValueError:
        return None


def _status_of(intent: IntentState, charge: Charge) -> str | None:
    """The status that an intent's means for a charge; None while it waits for a card."""
    if intent.status == "succeeded":
        return Status.SUCCEEDED
    if intent.status == "canceled":
        # A saved card's charge that did not pay is cancelled at Stripe, and only then has it failed.
        has_failed = charge.how == Charge.How.OFF_SESSION and charge.failure
        return Status.FAILED if has_failed else Status.CANCELLED
    if intent.status in ("processing", "requires_action", "requires_capture"):
        return Status.REQUIRES_ACTION
    return None


def _note_payment(charge: Charge, intent: IntentState, *, now: dt.datetime) -> None:
    if intent.received_cents != charge.amount_cents:
        raise WrongAmount(f"{charge}: Stripe took {intent.received_cents} cents.")
    charge.succeeded_at = intent.succeeded_at or now
    charge.stripe_charge = intent.charge_id
    if intent.card is not None:
        charge.card_brand, charge.card_last4 = intent.card.brand, intent.card.last4
    if charge.how == Charge.How.READER:
        charge.presentations.filter(n=charge.try_wanted).update(ended_at=now, stripe_charge=intent.charge_id)
