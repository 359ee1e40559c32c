"""Saved cards: one default for each client, kept by Stripe; our row changes first, Stripe hears of it afterwards."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from jobs.leases import LeaseLost, again, done
from jobs.leases import take as take_lease
from payments.gateway import gateway
from payments.models import Charge, SavedCard
from payments.rare import reached
from payments.states import Busy, CardState, Indeterminate, Misuse
from studio.refusal import Refusal

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=60)
SOON = dt.timedelta(minutes=1)
NOT_FOUND = 404


class CardRemoved(Refusal):
    """The card is no longer saved."""

    code = "card_removed"


# What a client has ---------------------------------------------------------------------------------------------------


def cards_of(client: uuid.UUID) -> list[SavedCard]:
    """The saved cards of a client, the default first, then the newest."""
    return list(SavedCard.objects.kept().filter(client=client).order_by("-is_default", "-saved_at"))


def default_card(client: uuid.UUID) -> SavedCard | None:
    """The card that dues are charged to; None when the client has none."""
    return SavedCard.objects.kept().filter(client=client, is_default=True).first()


def default_cards(clients: Iterable[uuid.UUID]) -> dict[uuid.UUID, SavedCard]:
    """The cards that dues are charged to, of those of the clients that have one."""
    found = SavedCard.objects.kept().filter(client__in=set(clients), is_default=True)
    return {card.client: card for card in found}


# In the caller's transaction -----------------------------------------------------------------------------------------


def make_default(card: SavedCard, *, now: dt.datetime) -> None:
    """Charge this card from now on, also for what the old one was to be charged and has not been asked for."""
    kept = {one.pk: one for one in SavedCard.objects.select_for_update().kept().filter(client=card.client)}
    if card.pk not in kept:
        raise CardRemoved("This card is no longer saved.")
    SavedCard.objects.filter(pk__in=kept, is_default=True).exclude(pk=card.pk).update(is_default=False)
    SavedCard.objects.filter(pk=card.pk).update(is_default=True)
    card.is_default = True
    _take_over(card, [one.pk for one in kept.values() if one.is_default and one.pk != card.pk])


def _take_over(card: SavedCard, from_cards: list[uuid.UUID]) -> None:
    """What no bank was asked for yet is asked of this card: no try is lost, and none is added."""
    queued = Charge.objects.filter(
        how=Charge.How.OFF_SESSION, status=Charge.Status.CREATED, client=card.client, saved_card__in=from_cards
    )
    queued.update(saved_card=card, card_brand=card.brand, card_last4=card.last4)


def remove(card: SavedCard, *, now: dt.datetime) -> None:
    """Charge the card no more; Stripe lets go of it soon. Another default is for the client to choose."""
    SavedCard.objects.kept().filter(pk=card.pk).update(removed_at=now, is_default=False, run_at=now)
    card.refresh_from_db()


def keep(state: CardState, *, client: uuid.UUID, consent: str, now: dt.datetime) -> SavedCard:
    """The card that a client has just saved, as their default; the same card saved before is replaced by it."""
    card, is_new = SavedCard.objects.get_or_create(
        stripe_method=state.id,
        defaults={"client": client, "consent": consent, "saved_at": now, "run_at": now, **_face(state)},
    )
    if not is_new:
        reached("card_kept_before")
        return card
    make_default(card, now=now)
    if state.fingerprint:
        same = SavedCard.objects.kept().filter(client=client, fingerprint=state.fingerprint).exclude(pk=card.pk)
        same.update(removed_at=now, is_default=False, run_at=now)
    return card


def _face(state: CardState) -> dict[str, str | int]:
    return {
        "brand": state.brand[:20],
        "last4": state.last4,
        "exp_month": state.exp_month,
        "exp_year": state.exp_year,
        "fingerprint": state.fingerprint,
    }


# What Stripe says ----------------------------------------------------------------------------------------------------


def hear_card(method: str, *, now: dt.datetime) -> None:
    """Bring a saved card of ours up to what Stripe says of it now: a new expiry date, or let go of."""
    known = SavedCard.objects.filter(stripe_method=method)
    if not known.filter(detached_at=None).exists():
        return
    state = _state_of(method)
    if state is None or not state.customer:
        reached("card_detached_elsewhere")
        with transaction.atomic(durable=True):
            known.kept().update(removed_at=now, is_default=False)
            known.update(detached_at=now)
    else:
        known.update(**_face(state))


def refresh(client: uuid.UUID, *, now: dt.datetime) -> None:
    """Bring all saved cards of a client up to what Stripe says; called with no transaction open."""
    for card in cards_of(client):
        hear_card(card.stripe_method, now=now)


def is_gone(card: SavedCard) -> bool:
    """Whether Stripe no longer keeps the card for the client."""
    state = _state_of(card.stripe_method)
    return state is None or not state.customer


def _state_of(method: str) -> CardState | None:
    try:
        return gateway().read_card(method)
    except Misuse as error:
        if error.status != NOT_FOUND:
            raise
        return None


# Letting go, between transactions ------------------------------------------------------------------------------------


def detach(card_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Have Stripe let go of a removed card at once; nothing while somebody else does, or when it has."""
    card = take_lease(SavedCard.objects.to_be_detached().filter(pk=card_id), now=now, lease=LEASE)
    if card is None:
        return
    try:
        _let_go(card, now=now)
    except LeaseLost:
        reached("lease_lost")


class RemovedCards:
    """The worker's turn at removed cards that Stripe has not let go of."""

    lease = LEASE

    def claimable(self, *, now: dt.datetime) -> QuerySet[SavedCard]:
        return SavedCard.objects.to_be_detached()

    def work(self, row: SavedCard, *, now: dt.datetime) -> None:
        _let_go(row, now=now)


def _let_go(card: SavedCard, *, now: dt.datetime) -> None:
    try:
        gateway().detach_card(card.stripe_method)
    except (Busy, Indeterminate) as away:
        reached("detach_later")
        again(card, run_at=now + SOON, why=f"Stripe: {away}")
        return
    except Misuse:
        if not is_gone(card):
            raise
        reached("detached_before")
    done(card, detached_at=now)
