"""Where a movement of the Stripe balance comes from: found among our rows, or asked of Stripe between transactions."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from payments import page_news, refunds
from payments.charges import WrongAmount
from payments.disputes import charge_of, hear_dispute
from payments.gateway import gateway
from payments.models import CardRefund, Charge, Dispute, Payout
from payments.payouts import hear_payout
from payments.posting import FEE_ONLY, SUSPENSE, Rule, main_location, rule_for
from payments.rare import reached
from payments.states import ChargeState, Misuse, Movement
from studio.models import Location

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and by which rule a movement is posted; `stray` is a charge of which we know nothing (rule 80)."""

    location: Location
    rule: Rule
    stray: ChargeState | None = None


def origin_of(movement: Movement, *, now: dt.datetime) -> Origin:
    """The origin of a movement, whose charge, refund, dispute or payout is brought up to date on the way."""
    find = FINDERS.get(movement.category)
    if find is None:
        return Origin(main_location(), rule_for(movement.category))
    if not movement.source:
        return Origin(main_location(), SUSPENSE)
    try:
        return find(movement, now)
    except Misuse as error:
        if error.status != NOT_FOUND:
            raise
        reached("source_not_found")
        return Origin(main_location(), SUSPENSE)


def _of_charge(movement: Movement, now: dt.datetime) -> Origin:
    """Our charge, which may not have heard of its success yet; or money that came without us."""
    if known := _paid(movement.source):
        return Origin(known.location, FEE_ONLY)
    state = gateway().read_charge(movement.source)
    try:
        if state.intent_id:
            page_news.hear_intent(gateway().read_intent(state.intent_id), now=now)
    except WrongAmount:
        return _contradicted(state)
    if known := _paid(movement.source):
        reached("movement_before_charge")
        return Origin(known.location, FEE_ONLY)
    if charge_of(state.id, state.intent_id):
        return _contradicted(state)
    return Origin(main_location(), FEE_ONLY, stray=state)


def _paid(charge_id: str) -> Charge | None:
    paid = Charge.objects.filter(stripe_charge=charge_id, status=Charge.Status.SUCCEEDED)
    return paid.select_related("location").first()


def _contradicted(state: ChargeState) -> Origin:
    """Our own row says another thing than Stripe's money: a person must look, and the money is named until then."""
    reached("charge_contradicted")
    charge = charge_of(state.id, state.intent_id)
    return Origin(charge.location if charge else main_location(), SUSPENSE)


def _of_capture(movement: Movement, now: dt.datetime) -> Origin:
    known = _paid(movement.source)
    return Origin(known.location, FEE_ONLY) if known else Origin(main_location(), SUSPENSE)


def _of_refund(movement: Movement, now: dt.datetime) -> Origin:
    """Our refund, which posts itself; one made in Stripe's dashboard waits in suspense for its reason."""
    known = CardRefund.objects.filter(stripe_id=movement.source).select_related("location").first()
    if known is not None and (movement.category == "refund" or known.failed_at is not None):
        return Origin(known.location, FEE_ONLY)
    state = gateway().read_refund(movement.source)
    ours = refunds.hear_refund(state, now=now)
    if ours is not None and ours.stripe_id == movement.source:
        reached("movement_before_refund")
        return Origin(ours.location, FEE_ONLY)
    charge = charge_of(state.charge_id, state.intent_id)
    return Origin(charge.location if charge else main_location(), SUSPENSE)


def _of_dispute(movement: Movement, now: dt.datetime) -> Origin:
    dispute = Dispute.objects.filter(pk=movement.source).select_related("charge__location").first()
    if dispute is None or movement.category == "dispute_reversal":
        dispute = hear_dispute(gateway().read_dispute(movement.source), now=now)
    location = dispute.charge.location if dispute.charge else main_location()
    return Origin(location, rule_for(movement.category))


def _of_payout(movement: Movement, now: dt.datetime) -> Origin:
    known = Payout.objects.filter(pk=movement.source).exists()
    if not known or movement.category == "payout_reversal":
        hear_payout(gateway().read_payout(movement.source), now=now)
    return Origin(main_location(), rule_for(movement.category))


FINDERS: dict[str, Callable[[Movement, dt.datetime], Origin]] = {
    "charge": _of_charge,
    "partial_capture_reversal": _of_capture,
    "refund": _of_refund,
    "refund_failure": _of_refund,
    "dispute": _of_dispute,
    "dispute_reversal": _of_dispute,
    "payout": _of_payout,
    "payout_reversal": _of_payout,
}
