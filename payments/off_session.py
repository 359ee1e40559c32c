"""A saved card charged while its holder is away: decided in one transaction, asked between transactions.

The intent is made, its id committed, then it is confirmed, once. What did not pay is cancelled at Stripe before it
counts as failed: whoever tries again begins with a new charge and can not take the money twice.
"""

import datetime as dt
import functools
import logging
import math
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q

from jobs.leases import Lease
from payments import cards, charges, customers, hosted, intents, pace
from payments.cards import CardRemoved
from payments.charges import LEAST_CENTS, ChargeInFlight, Failure, Status
from payments.gateway import gateway
from payments.models import Charge, SavedCard
from payments.rare import reached
from payments.states import (
    Busy,
    Decline,
    Declined,
    Group,
    Indeterminate,
    IntentState,
    Misuse,
    NeedsCustomer,
)
from payments.wishes import Call, Look, Send, Settle, Turn, catch_up
from studio.models import Location
from studio.refusal import BadInput, Refusal

logger = logging.getLogger(__name__)

MOST_DECLINES = 15
COUNTED_FOR = dt.timedelta(days=30)
"""Networks allow 20 declines of a card in 30 days (STRIPE "Off-session charges and dunning"); we stop before."""
ASKS_FIRST = Decline("authentication_required", "authentication_required", "", Group.CUSTOMER)


# In the caller's transaction -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be charged to which saved card, for which owner (`due:<uuid>`)."""

    owner: str
    about: str
    location: Location
    client: uuid.UUID
    card: SavedCard
    amount_cents: int


def charge_card(
    *,
    owner: str,
    about: str,
    location: Location,
    client: uuid.UUID,
    card: SavedCard,
    amount_cents: int,
    now: dt.datetime,
) -> Charge:
    """A charge to a saved card, to be asked for once the caller has committed.

    Its refusals: ChargeInFlight, CardWasCharged, PageIsOpen, CardRemoved. A card that banks have declined fifteen times
    in 30 days is not asked: its charge is there and has failed, as `tired_out`.
    """
    (made,) = charge_cards([Wanted(owner, about, location, client, card, amount_cents)], now=now)
    if isinstance(made, Refusal):
        raise made
    return made


def charge_cards(wanted: Sequence[Wanted], *, now: dt.datetime, lease: Lease | None = None) -> list[Charge | Refusal]:
    """The same for many owners, in a few statements for all of them: for each its charge, or the refusal.

    With a lease the charges are the caller's until its end. BadInput for an amount that no card pays.
    """
    before = charges.of_owners([one.owner for one in wanted])
    pages = hosted.live_pages(before)
    cards = SavedCard.objects.kept().filter(pk__in={one.card.pk for one in wanted})
    kept = set(cards.values_list("pk", flat=True))
    declines = declines_of([one.card for one in wanted], now=now)
    made: list[Charge | Refusal] = []
    for one in wanted:
        if one.amount_cents < LEAST_CENTS:
            raise BadInput("amount_cents", "A card pays at least $0.50.")
        try:
            charges.must_be_over(before[one.owner])
            hosted.must_have_no_page(one.owner, pages)
            if one.card.client != one.client or one.card.pk not in kept:
                raise CardRemoved("This card is no longer saved.")
        except Refusal as no:
            made.append(no)
        else:
            n = max((charge.n for charge in before[one.owner]), default=0) + 1
            made.append(_charge(one, n, is_tired=declines[one.card.pk] >= MOST_DECLINES, lease=lease, now=now))
    return _saved(made)


def _charge(one: Wanted, n: int, *, is_tired: bool, lease: Lease | None, now: dt.datetime) -> Charge:
    charge = Charge(
        owner=one.owner,
        n=n,
        about=one.about,
        location=one.location,
        how=Charge.How.OFF_SESSION,
        client=one.client,
        saved_card=one.card,
        card_brand=one.card.brand,
        card_last4=one.card.last4,
        amount_cents=one.amount_cents,
        created_at=now,
        run_at=now,
    )
    if is_tired:
        reached("card_tired_out")
        charge.status, charge.failure, charge.decline_group = Status.FAILED, Failure.TIRED_OUT, Group.CUSTOMER
    elif lease is not None:
        lease.take(charge)
    return charge


def _saved(made: list[Charge | Refusal]) -> list[Charge | Refusal]:
    """The charges inserted; one that somebody was faster with is a refusal."""
    fresh = [charge for charge in made if isinstance(charge, Charge)]
    try:
        with transaction.atomic():
            Charge.objects.bulk_create(fresh)
    except IntegrityError:
        if len(made) == 1:
            return [ChargeInFlight("A card is being asked for this already.")]
        return [one for charge in made for one in _saved([charge])]
    return made


def declines_of(cards: Iterable[SavedCard], *, now: dt.datetime) -> dict[uuid.UUID, int]:
    """How often banks declined each card in the last 30 days, by its number and whoever saved it."""
    known = {card.pk: card.fingerprint for card in cards}
    declined = Charge.objects.filter(
        how=Charge.How.OFF_SESSION, failure=Failure.DECLINED, created_at__gt=now - COUNTED_FOR
    )
    same = SavedCard.objects.filter(Q(pk__in=known) | Q(fingerprint__in=set(known.values()) - {""}))
    found = list(declined.filter(saved_card__in=same.values("pk")).values_list("saved_card", "saved_card__fingerprint"))
    return {
        key: sum(1 for card, number in found if (number == mark if mark else card == key))
        for key, mark in known.items()
    }


# Between transactions, for whoever holds the lease -------------------------------------------------------------------


def look(charge: Charge, *, now: dt.datetime, until: float = math.inf, customer: str = "") -> Look[None]:
    """What is next for the charge: made, confirmed, read again after any doubt, cancelled when it did not pay.

    `customer` is Stripe's id of its client, where that is known.
    """
    yield Turn(pace.OFF_SESSION, now, until)
    if charge.intent_id is None:
        if charge.cancel_wanted_at is not None:
            intents.never_asked(charge)
            charge.refresh_from_db(fields=["status"])
            return
        if not (yield from _open(charge, customer, now=now)):
            return
    else:
        intent = yield Call(functools.partial(gateway().read_intent, charge.intent_id))
        yield Settle(charge, intent, now)
        if charge.has_ended or intent.status == "processing":
            return
        if (decline := _decline_in(intent)) is not None:
            _note(charge, Failure.DECLINED, decline, now=now)
    if time.monotonic() > until:
        raise Busy("slow")
    if charge.cancel_wanted_at is not None:
        yield from intents.cancelling(charge, now=now)
    else:
        yield from _confirm(charge, now=now, until=until)


def _open(charge: Charge, customer: str, *, now: dt.datetime) -> Look[bool]:
    assert charge.client is not None  # noqa: S101 - the database holds it
    customer = customer or (yield from customers.introduce(charge.client))
    ask = functools.partial(gateway().open_off_session_intent, customer=customer)
    return (yield from intents.making(charge, ask, now=now))


def _confirm(charge: Charge, *, now: dt.datetime, until: float) -> Look[None]:
    """Ask the bank; which card it is asked for is committed before."""
    card = yield from _card_for(charge, now=now)
    if card is None:
        yield from _end(charge, Failure.CARD_GONE, None, now=now)
        return
    yield Turn(pace.CONFIRM, now, until)
    attempt = intents.attempt_of(charge)
    try:
        intent = yield Call(functools.partial(gateway().confirm_off_session, attempt, card.stripe_method))
    except Declined as no:
        yield from _end(charge, Failure.DECLINED, no.decline, now=now)
    except NeedsCustomer:
        yield from _end(charge, Failure.DECLINED, ASKS_FIRST, now=now)
    except Indeterminate as doubt:
        if doubt.is_stored:  # and would be replayed for a day
            reached("confirm_5xx")
            Charge.objects.live().filter(pk=charge.pk).update(create_try=charge.create_try + 1)
        raise
    except Misuse:
        if not (yield Call(functools.partial(cards.is_gone, card))):
            raise
        cards.hear_card(card.stripe_method, now=now)
        yield from _end(charge, Failure.CARD_GONE, None, now=now)
    else:
        yield from _take(charge, intent, now=now)


def _card_for(charge: Charge, *, now: dt.datetime) -> Look[SavedCard | None]:
    """The charge's card, or the default instead of one that was removed; None without any."""
    card: SavedCard | None = yield Send(charge, now)
    if card is not None:
        return card
    reached("card_changed_meanwhile")
    assert charge.client is not None  # noqa: S101
    default = cards.default_card(charge.client)
    if default is None:
        return None
    # Another card under the same key would be another request under it.
    changes = {"saved_card": default, "card_brand": default.brand, "card_last4": default.last4}
    mine = Charge.objects.live().filter(pk=charge.pk, saved_card=charge.saved_card_id, cancel_wanted_at=None)
    if not mine.update(status=Status.SENT, create_try=charge.create_try + 1, **changes):
        raise Busy("changed")
    charge.refresh_from_db(fields=["status", "create_try", *changes])
    return default


def _take(charge: Charge, intent: IntentState, *, now: dt.datetime) -> Look[None]:
    """What a confirmed intent says; one that waits for its client is not waited for."""
    yield Settle(charge, intent, now)
    if (decline := _decline_in(intent)) is not None:
        yield from _end(charge, Failure.DECLINED, decline, now=now)


def _decline_in(intent: IntentState) -> Decline | None:
    """The bank's no in an intent that did not pay; None while nothing was decided."""
    if intent.status == "requires_action":
        return ASKS_FIRST
    return intent.decline if intent.status == "requires_payment_method" else None


def _end(charge: Charge, failure: str, decline: Decline | None, *, now: dt.datetime) -> Look[None]:
    """It does not pay: note why, cancel the intent; then it has failed."""
    _note(charge, failure, decline, now=now)
    yield from intents.cancelling(charge, now=now)


def _note(charge: Charge, failure: str, decline: Decline | None, *, now: dt.datetime) -> None:
    reached(f"off_session_{failure}")
    Charge.objects.live().filter(pk=charge.pk, failure="").update(
        failure=failure,
        decline_code=(decline.decline_code or decline.code)[:60] if decline else "",
        decline_group=decline.group if decline else Group.CUSTOMER,
        cancel_wanted_at=now,
    )
    catch_up(charge, Charge.objects.get(pk=charge.pk))
