"""What became of a page: settled by its session, once, whoever asks first; with the charge or the card it brought."""

import datetime as dt
import uuid

from django.db import transaction

from payments import cards, charges, unsold
from payments.charges import FINISH_AFTER, WrongAmount
from payments.gateway import gateway
from payments.models import Charge, HostedPage
from payments.rare import reached
from payments.states import CheckoutState, IntentState

Purpose, Status = HostedPage.Purpose, HostedPage.Status


def settle_page(page_id: uuid.UUID, state: CheckoutState, *, now: dt.datetime) -> None:
    """Move the page to what its session says, forward only, with the charge or card that comes of it.

    WrongAmount when another amount was paid. Opens its own transaction.
    """
    with transaction.atomic(durable=True):
        page = HostedPage.objects.select_for_update(of=("self",)).select_related("location").get(pk=page_id)
        to = _status_of(state, page)
        if page.session_id not in (None, state.id) or to not in HostedPage.MOVES[page.status]:
            return
        page.session_id = state.id
        if to == Status.PAID and not _note_payment(page, state, now=now):
            to = Status.UNCLEAR
        elif to == Status.SAVED:
            _note_card(page, state, now=now)
        page.status, page.url = to, state.url if to == Status.OPEN else ""
        page.ended_at = None if page.is_live else now
        page.save(update_fields=["session_id", "status", "url", "ended_at", "intent_id"])


def _status_of(state: CheckoutState, page: HostedPage) -> str:
    if state.status == "expired":
        return Status.EXPIRED
    if state.status != "complete":
        return Status.OPEN
    if page.purpose == Purpose.SETUP:
        return Status.SAVED if state.card is not None else Status.UNCLEAR
    is_captured = state.is_paid and state.intent is not None and state.intent.status == "succeeded"
    return Status.PAID if is_captured else Status.UNCLEAR


def _note_payment(page: HostedPage, state: CheckoutState, *, now: dt.datetime) -> bool:
    """A charge for the money, once; False while another card may still pay the same: that one is taken back first."""
    assert state.intent is not None  # noqa: S101
    if not page.amount_cents == state.amount_cents == state.intent.received_cents:
        raise WrongAmount(f"{page}: Stripe took {state.intent.received_cents} cents, not {page.amount_cents}.")
    page.intent_id = state.intent.id
    owned = Charge.objects.select_for_update().filter(owner=page.owner)
    in_flight = owned.live().first()
    if in_flight is not None:
        reached("page_paid_beside_a_charge")
        charges.want_cancel(in_flight, now=now)
        return False
    if owned.filter(status=Charge.Status.SUCCEEDED).exists():
        reached("page_paid_twice")
        unsold.give_unsold_back(_charge(page, state.intent, owner=f"page:{page.pk}", now=now), now=now)
    else:
        _charge(page, state.intent, owner=page.owner, now=now)
    return True


def _charge(page: HostedPage, intent: IntentState, *, owner: str, now: dt.datetime) -> Charge:
    paid_at = intent.succeeded_at or now
    return Charge.objects.create(
        owner=owner,
        n=charges.next_n(owner),
        about=page.about,
        location=page.location,
        how=Charge.How.HOSTED,
        client=page.client,
        amount_cents=page.amount_cents,
        status=Charge.Status.SUCCEEDED,
        created_at=paid_at,
        succeeded_at=paid_at,
        run_at=now + FINISH_AFTER,
        intent_id=intent.id,
        stripe_charge=intent.charge_id,
        card_brand=intent.card.brand if intent.card else "",
        card_last4=intent.card.last4 if intent.card else "",
        card_fingerprint=intent.card.fingerprint if intent.card else "",
        risk_level=intent.risk_level,
    )


def _note_card(page: HostedPage, state: CheckoutState, *, now: dt.datetime) -> None:
    assert state.card is not None  # noqa: S101
    assert page.client is not None  # noqa: S101 - the database holds it
    cards.keep(state.card, client=page.client, consent=page.consent, now=now)


# What Stripe tells of ------------------------------------------------------------------------------------------------


def hear_session(session_id: str, *, now: dt.datetime) -> None:
    """Settle the page whose session Stripe speaks of; nothing when it is none of ours."""
    known = HostedPage.objects.filter(session_id=session_id).first()
    if known is not None and not HostedPage.MOVES[known.status]:
        return
    state = gateway().read_checkout(session_id)
    page = known or _by_attempt(state.metadata.get("attempt", ""))
    if page is None:
        reached("session_of_nobody")
    else:
        settle_page(page.pk, state, now=now)


def hear_intent(intent: IntentState, *, now: dt.datetime) -> Charge | None:
    """Settle the charge that the intent is for, made at a reader, by us, or on a page; None when it is none of ours."""
    charge = charges.settle_by_intent(intent, now=now)
    if charge is not None or intent.status != "succeeded":
        return charge
    page = _by_attempt(intent.metadata.get("attempt", ""))
    if page is None or page.session_id is None:
        return None
    settle_page(page.pk, gateway().read_checkout(page.session_id), now=now)
    return Charge.objects.filter(intent_id=intent.id).first()


def _by_attempt(attempt: str) -> HostedPage | None:
    try:
        return HostedPage.objects.filter(pk=uuid.UUID(attempt)).first()
    except ValueError:
        return None
