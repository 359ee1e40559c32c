"""Stripe's objects as the plain values of `payments.states`; an id reads the same as the whole object it names."""

import datetime as dt
from typing import Any

from payments.declines import group_of
from payments.states import (
    Card,
    CardState,
    ChargeState,
    CheckoutState,
    Decline,
    DisputeState,
    EventState,
    IntentState,
    Movement,
    PayoutState,
    ReaderAction,
    ReaderState,
    RefundState,
)


def intent(told: Any) -> IntentState:
    """A PaymentIntent; card and moment only where `latest_charge` is expanded."""
    charge = getattr(told, "latest_charge", None)
    whole = None if isinstance(charge, str) else charge
    return IntentState(
        id=told.id,
        status=told.status,
        amount_cents=told.amount,
        received_cents=getattr(told, "amount_received", None) or 0,
        currency=told.currency,
        charge_id=_id(charge),
        card=_card(whole),
        decline=decline(getattr(told, "last_payment_error", None)),
        created_at=_moment(told.created),
        succeeded_at=_moment(whole.created) if whole is not None and told.status == "succeeded" else None,
        metadata=_metadata(told),
        risk_level=getattr(getattr(whole, "outcome", None), "risk_level", None) or "",
    )


def decline(error: Any) -> Decline | None:
    """The bank's no in an error; None when it was not the bank that said no."""
    if error is None or getattr(error, "type", None) != "card_error":
        return None
    code, decline_code, advice = (getattr(error, name, None) or "" for name in ("code", "decline_code", "advice_code"))
    return Decline(code, decline_code, advice, group_of(code, decline_code, advice))


def reader(told: Any) -> ReaderState:
    """A reader; one that was deleted at Stripe is offline and does nothing."""
    action = getattr(told, "action", None)
    return ReaderState(
        id=told.id,
        label=getattr(told, "label", None) or "",
        is_online=getattr(told, "status", None) == "online",
        action=None if action is None else _action(action),
    )


def _action(told: Any) -> ReaderAction:
    error = getattr(told, "api_error", None)
    return ReaderAction(
        type=told.type,
        status=told.status,
        intent_id=_id(getattr(getattr(told, "process_payment_intent", None), "payment_intent", None)),
        failure_code=getattr(told, "failure_code", None) or "",
        decline=decline(error),
        charge_id=_id(getattr(error, "charge", None)),
    )


def card(told: Any) -> CardState:
    """A payment method of type card."""
    shown = told.card
    return CardState(
        id=told.id,
        customer=_id(getattr(told, "customer", None)),
        brand=shown.brand,
        last4=shown.last4,
        exp_month=shown.exp_month,
        exp_year=shown.exp_year,
        fingerprint=getattr(shown, "fingerprint", None) or "",
    )


def checkout(told: Any) -> CheckoutState:
    """A Checkout session; intent and card only where they are expanded."""
    paid_by, set_up = getattr(told, "payment_intent", None), getattr(told, "setup_intent", None)
    method = getattr(set_up, "payment_method", None)
    return CheckoutState(
        id=told.id,
        status=getattr(told, "status", None) or "",
        is_paid=told.payment_status == "paid",
        amount_cents=getattr(told, "amount_total", None) or 0,
        url=getattr(told, "url", None) or "",
        intent=None if paid_by is None or isinstance(paid_by, str) else intent(paid_by),
        card=None if method is None or isinstance(method, str) else card(method),
        metadata=_metadata(told),
    )


def refund(told: Any) -> RefundState:
    return RefundState(
        id=told.id,
        status=getattr(told, "status", None) or "pending",
        amount_cents=told.amount,
        charge_id=_id(getattr(told, "charge", None)),
        intent_id=_id(getattr(told, "payment_intent", None)),
        created_at=_moment(told.created),
        failure_reason=getattr(told, "failure_reason", None) or "",
        metadata=_metadata(told),
    )


def charge(told: Any) -> ChargeState:
    """A charge; what counts is the money that was taken, not what is merely reserved."""
    return ChargeState(
        id=told.id,
        intent_id=_id(getattr(told, "payment_intent", None)),
        amount_cents=told.amount_captured,
        is_paid=told.paid and told.captured,
        created_at=_moment(told.created),
        card=_card(told),
        metadata=_metadata(told),
    )


def is_of_balance(told: Any) -> bool:
    """Whether a transaction moves the balance that `balance` reads, and not a reserve or an account beside it."""
    return getattr(told, "balance_type", None) in (None, "payments")


def movement(told: Any) -> Movement:
    return Movement(
        id=told.id,
        type=told.type,
        category=told.reporting_category,
        source=_id(getattr(told, "source", None)),
        amount_cents=told.amount,
        fee_cents=told.fee,
        net_cents=told.net,
        created_at=_moment(told.created),
        available_on=_moment(told.available_on).date(),
    )


def payout(told: Any) -> PayoutState:
    """A payout; only an automatic one can be itemised, and only once Stripe has finished doing so."""
    return PayoutState(
        id=told.id,
        status=told.status,
        amount_cents=told.amount,
        is_automatic=told.automatic,
        created_at=_moment(told.created),
        arrives_on=_moment(told.arrival_date).date(),
        is_itemised=told.automatic and told.reconciliation_status == "completed",
    )


def dispute(told: Any) -> DisputeState:
    return DisputeState(
        id=told.id,
        status=told.status,
        reason=told.reason,
        amount_cents=told.amount,
        charge_id=_id(told.charge),
        intent_id=_id(getattr(told, "payment_intent", None)),
        created_at=_moment(told.created),
    )


def balance(told: Any) -> int:
    """Available and pending dollars, in cents."""
    return sum(part.amount for part in (*told.available, *told.pending) if part.currency == "usd")


def event(told: Any, payload: str) -> EventState:
    """An event of our account from its JSON; ValueError when it is none, or one without its object (a thin one)."""
    match told:
        case {
            "object": "event",
            "id": str(event_id),
            "type": str(kind),
            "created": int(created),
            "livemode": bool(is_live),
            "data": {"object": dict(about)},
        } if not told.get("account"):  # of another account, connected to ours
            object_id, version = about.get("id"), told.get("api_version")
            return EventState(
                id=event_id,
                type=kind,
                object_id=object_id if isinstance(object_id, str) else "",
                api_version=version if isinstance(version, str) else "",
                is_live=is_live,
                created_at=_moment(created),
                payload=payload,
            )
    raise ValueError("This is not an event.")


def _id(told: Any) -> str:
    """The id of what is told whole, by its id, or not at all."""
    return told if isinstance(told, str) else getattr(told, "id", "")


def _card(charge: Any) -> Card | None:
    details = getattr(charge, "payment_method_details", None)
    used = None if details is None else getattr(details, details.type, None)
    last4 = getattr(used, "last4", None)
    if not last4:
        return None
    return Card(getattr(used, "brand", None) or "", last4, getattr(used, "fingerprint", None) or "")


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _metadata(told: Any) -> dict[str, str]:
    given = getattr(told, "metadata", None)
    return {} if given is None else dict(given.to_dict())
