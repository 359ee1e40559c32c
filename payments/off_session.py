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

from django.db import IntegrityError, transaction

from payments import cards, customers, hosted, intents, pace
from payments.cards import CardRemoved
from payments.charges import LEAST_CENTS, ChargeInFlight, Failure, Status, must_be_open, next_n, settle
from payments.gateway import gateway
from payments.models import Charge, SavedCard
from payments.rare import reached
from payments.states import Busy, Decline, Declined, Group, Indeterminate, IntentState, Misuse, NeedsCustomer
from studio.models import Location
from studio.refusal import BadInput

logger = logging.getLogger(__name__)

MOST_DECLINES = 15
COUNTED_FOR = dt.timedelta(days=30)
"""Networks allow 20 declines of a card in 30 days (STRIPE "Off-session charges and dunning"); we stop before."""
ASKS_FIRST = Decline("authentication_required", "authentication_required", "", Group.CUSTOMER)


# In the caller's transaction -----------------------------------------------------------------------------------------


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
    if amount_cents < LEAST_CENTS:
        raise BadInput("amount_cents", "A card pays at least $0.50.")
    must_be_open(owner)
    hosted.must_have_no_page(owner)
    if card.client != client or not SavedCard.objects.kept().filter(pk=card.pk).exists():
        raise CardRemoved("This card is no longer saved.")
    charge = Charge(
        owner=owner,
        n=next_n(owner),
        about=about,
        location=location,
        how=Charge.How.OFF_SESSION,
        client=client,
        saved_card=card,
        card_brand=card.brand,
        card_last4=card.last4,
        amount_cents=amount_cents,
        created_at=now,
        run_at=now,
    )
    if declines_of(card, now=now) >= MOST_DECLINES:
        reached("card_tired_out")
        charge.status, charge.failure, charge.decline_group = Status.FAILED, Failure.TIRED_OUT, Group.CUSTOMER
    return _saved(charge)


def _saved(charge: Charge) -> Charge:
    try:
        with transaction.atomic():
            charge.save(force_insert=True)
    except IntegrityError as error:
        raise ChargeInFlight("A card is being asked for this already.") from error
    return charge


def declines_of(card: SavedCard, *, now: dt.datetime) -> int:
    """How often banks declined this card in the last 30 days, by its number and whoever saved it."""
    declined = Charge.objects.filter(
        how=Charge.How.OFF_SESSION, failure=Failure.DECLINED, created_at__gt=now - COUNTED_FOR
    )
    if not card.fingerprint:
        return declined.filter(saved_card=card).count()
    return declined.filter(saved_card__fingerprint=card.fingerprint).count()


# Between transactions, for whoever holds the lease -------------------------------------------------------------------


def step(charge: Charge, *, now: dt.datetime, until: float = math.inf) -> None:
    """What is next for the charge: made, confirmed, read again after any doubt, cancelled when it did not pay."""
    pace.take_turn(pace.OFF_SESSION, now=now, until=until)
    if charge.intent_id is None:
        if charge.cancel_wanted_at is not None:
            intents.never_asked(charge)
            return
        if not _open(charge):
            return
    else:
        intent = gateway().read_intent(charge.intent_id)
        settle(charge.pk, intent, now=now)
        charge.refresh_from_db()
        if charge.has_ended or intent.status == "processing":
            return
        if (decline := _decline_in(intent)) is not None:
            _note(charge, Failure.DECLINED, decline, now=now)
    if time.monotonic() > until:
        raise Busy("slow")
    if charge.cancel_wanted_at is not None:
        intents.cancel(charge, now=now)
    else:
        _confirm(charge, now=now)


def _open(charge: Charge) -> bool:
    assert charge.client is not None  # noqa: S101 - the database holds it
    customer = customers.ensure(charge.client)
    return intents.make(charge, functools.partial(gateway().open_off_session_intent, customer=customer))


def _confirm(charge: Charge, *, now: dt.datetime) -> None:
    """Ask the bank; which card it is asked for is committed before."""
    card = _card_for(charge)
    if card is None:
        _end(charge, Failure.CARD_GONE, None, now=now)
        return
    try:
        intent = gateway().confirm_off_session(intents.attempt_of(charge), card.stripe_method)
    except Declined as no:
        _end(charge, Failure.DECLINED, no.decline, now=now)
    except NeedsCustomer:
        _end(charge, Failure.DECLINED, ASKS_FIRST, now=now)
    except Indeterminate as doubt:
        if doubt.is_stored:  # and would be replayed for a day
            reached("confirm_5xx")
            Charge.objects.live().filter(pk=charge.pk).update(create_try=charge.create_try + 1)
        raise
    except Misuse:
        if not cards.is_gone(card):
            raise
        cards.hear_card(card.stripe_method, now=now)
        _end(charge, Failure.CARD_GONE, None, now=now)
    else:
        _take(charge, intent, now=now)


def _card_for(charge: Charge) -> SavedCard | None:
    """The charge's card, or the default instead of one that was removed; None without any."""
    assert charge.client is not None  # noqa: S101
    card = charge.saved_card
    assert card is not None  # noqa: S101
    card.refresh_from_db()
    changes: dict[str, object] = {"status": Status.SENT}
    if card.removed_at is not None:
        reached("card_changed_meanwhile")
        default = cards.default_card(charge.client)
        if default is None:
            return None
        # Another card under the same key would be another request under it.
        changes |= {"saved_card": default, "card_brand": default.brand, "card_last4": default.last4}
        changes |= {"create_try": charge.create_try + 1}
        card = default
    mine = Charge.objects.live().filter(pk=charge.pk, saved_card=charge.saved_card_id, cancel_wanted_at=None)
    if not mine.update(**changes):
        raise Busy("changed")
    charge.refresh_from_db()
    return card


def _take(charge: Charge, intent: IntentState, *, now: dt.datetime) -> None:
    """What a confirmed intent says; one that waits for its client is not waited for."""
    settle(charge.pk, intent, now=now)
    if (decline := _decline_in(intent)) is not None:
        _end(charge, Failure.DECLINED, decline, now=now)


def _decline_in(intent: IntentState) -> Decline | None:
    """The bank's no in an intent that did not pay; None while nothing was decided."""
    if intent.status == "requires_action":
        return ASKS_FIRST
    return intent.decline if intent.status == "requires_payment_method" else None


def _end(charge: Charge, failure: str, decline: Decline | None, *, now: dt.datetime) -> None:
    """It does not pay: note why, cancel the intent; then it has failed."""
    _note(charge, failure, decline, now=now)
    intents.cancel(charge, now=now)


def _note(charge: Charge, failure: str, decline: Decline | None, *, now: dt.datetime) -> None:
    reached(f"off_session_{failure}")
    Charge.objects.live().filter(pk=charge.pk, failure="").update(
        failure=failure,
        decline_code=(decline.decline_code or decline.code)[:60] if decline else "",
        decline_group=decline.group if decline else Group.CUSTOMER,
        cancel_wanted_at=now,
    )
    charge.refresh_from_db()
