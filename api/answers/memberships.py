"""A membership as the desk sees it: what is paid, what is planned, what is to be paid, in cents, days and sentences."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, TypedDict

from api.answers.values import Day, Moment, QrAnswer, Uuid, day_or_none, moment, qr_answer
from memberships import cancelling, consents, dues, freezes, household, periods, planned, rollover
from memberships.models import Cancellation, Change, Due, Freeze, Membership, Plan
from payments import cards
from pos.models import Client


class NamedClient(TypedDict):
    """A client."""

    id: Uuid
    name: str


class PlanName(TypedDict):
    """A version of a plan."""

    code: str
    version: int
    name: str
    price_cents: int
    interval_months: int


class PayableAnswer(TypedDict):
    """Something that is to be paid: put `kind` and `instrument` (and `item`) as a line on a sale."""

    kind: str
    instrument: str
    item: str
    name: str
    amount_cents: int


class OwedAnswer(TypedDict):
    """A month whose day has come and that is not paid: a line of kind `dues` pays it."""

    instrument: str
    name: str
    amount_cents: int
    starts_on: Day
    decline_code: str


class FreezeAnswer(TypedDict):
    """A pause that is planned, or runs."""

    began: bool
    starts_on: Day
    ends_on: Day
    months: int
    is_medical: bool
    fee_cents: int
    is_paid: bool


class ChangeAnswer(TypedDict):
    """A change to another plan; with `proration_cents` it begins when that is paid, today."""

    status: Annotated[str, Change.Status]
    plan: str
    name: str
    price_cents: int
    effective_on: Day
    proration_cents: int
    instrument: str


class CancellationAnswer(TypedDict):
    """A cancellation with its number."""

    number: str
    why: Annotated[str, Cancellation.Why]
    asked_at: Moment
    ends_on: Day
    fee_cents: int
    full_fee_cents: int
    is_paid: bool
    refunded_cents: int


class MembershipRow(TypedDict):
    """A membership in a list."""

    id: Uuid
    client: NamedClient
    plan: PlanName
    location: str
    status: Annotated[str, Membership.Status]
    joined_at: Moment
    paid_until: Day
    ends_on: Day | None


class MembershipPage(TypedDict):
    """A page of memberships."""

    next: str | None
    previous: str | None
    results: list[MembershipRow]


class MembershipAnswer(MembershipRow):
    """A membership: until when it is paid, how many credits are banked, what is planned, what is to be paid.

    `card` pays the next charge, "" without one; `owed` are months that are late, `to_pay` is all that can be paid now.
    """

    renews: bool
    next_charge_on: Day | None
    next_charge_cents: int | None
    card: str
    cancel_number: str
    minimum_until: Day | None
    paid_ahead: int
    credits: int
    rollover_cap: int
    freeze_months_left: int
    freeze: FreezeAnswer | None
    change: ChangeAnswer | None
    cancellation: CancellationAnswer | None
    household: list[NamedClient]
    owed: list[OwedAnswer]
    to_pay: list[PayableAnswer]


class MembershipsAnswer(TypedDict):
    """The memberships of a client, newest first."""

    results: list[MembershipAnswer]


class EffectAnswer(MembershipAnswer):
    """The membership after a change, what that does in sentences for the client, and what it gives back.

    `offer_freeze_months` above 0: who wants to leave may be offered a freeze of so long, once.
    """

    effect: list[str]
    refunded_cents: int
    offer_freeze_months: int


class CardPageAnswer(TypedDict):
    """The page at Stripe on which the client saves a card; empty while it is being made: ask again."""

    url: str
    qr: QrAnswer | None


class TermsAnswer(TypedDict):
    """What a client agrees to who joins the plan today, and the hash to send when they did."""

    plan: str
    name: str
    price_cents: int
    interval_months: int
    next_charge_on: Day
    text: str
    text_hash: str


def terms_answer(plan: Plan, *, on: dt.date) -> TermsAnswer:
    text = consents.text_for(plan)
    return {
        "plan": plan.code,
        "name": plan.name,
        "price_cents": plan.price_cents,
        "interval_months": plan.interval_months,
        "next_charge_on": periods.day_after(on, plan.interval_months).isoformat(),
        "text": text,
        "text_hash": consents.hash_of(text),
    }


def card_page_answer(url: str) -> CardPageAnswer:
    return {"url": url, "qr": qr_answer(url) if url else None}


def effect_answer(
    membership: Membership,
    effect: Sequence[str],
    *,
    now: dt.datetime,
    refunded_cents: int = 0,
    offer_freeze_months: int = 0,
) -> EffectAnswer:
    return {
        **membership_answer(membership, now=now),
        "effect": list(effect),
        "refunded_cents": refunded_cents,
        "offer_freeze_months": offer_freeze_months,
    }


def membership_row(membership: Membership) -> MembershipRow:
    return {
        "id": str(membership.pk),
        "client": _client(membership.client),
        "plan": plan_name(membership.plan),
        "location": membership.location.code,
        "status": membership.status,
        "joined_at": moment(membership.joined_at),
        "paid_until": membership.paid_until.isoformat(),
        "ends_on": day_or_none(membership.ends_on),
    }


def membership_answer(membership: Membership, *, now: dt.datetime) -> MembershipAnswer:
    """The membership at a moment, with all that hangs on it."""
    freeze, change = freezes.running_or_planned(membership), planned.change_of(membership)
    cancellation = cancelling.current(membership)
    coming, card = dues.coming(membership, now=now), cards.default_card(membership.client_id)
    today = membership.location.business_date(now)
    return {
        **membership_row(membership),
        "renews": membership.renews,
        "next_charge_on": coming.starts_on.isoformat() if coming is not None else None,
        "next_charge_cents": dues.total_cents(coming, now=now) if coming is not None else None,
        "card": str(card) if card is not None else "",
        "cancel_number": membership.cancel_number,
        "minimum_until": day_or_none(membership.minimum_until),
        "paid_ahead": membership.paid_ahead,
        "credits": rollover.banked(membership, on=today),
        "rollover_cap": membership.plan.rollover_cap,
        "freeze_months_left": freezes.months_left(membership, on=today),
        "freeze": _freeze(freeze) if freeze is not None else None,
        "change": _change(change) if change is not None else None,
        "cancellation": _cancellation(cancellation) if cancellation is not None else None,
        "household": [_client(member) for member in household.members_of(membership.client)],
        "owed": _owed(membership, today=today, now=now),
        "to_pay": _to_pay(membership, freeze, change, cancellation),
    }


def plan_name(plan: Plan) -> PlanName:
    return {
        "code": plan.code,
        "version": plan.version,
        "name": plan.name,
        "price_cents": plan.price_cents,
        "interval_months": plan.interval_months,
    }


def _client(client: Client) -> NamedClient:
    return {"id": str(client.pk), "name": client.name}


def _freeze(freeze: Freeze) -> FreezeAnswer:
    return {
        "began": freeze.began_at is not None,
        "starts_on": freeze.starts_on.isoformat(),
        "ends_on": freeze.ends_on.isoformat(),
        "months": freeze.months,
        "is_medical": freeze.is_medical,
        "fee_cents": freeze.fee_cents,
        "is_paid": bool(freeze.fee_sale_key),
    }


def _change(change: Change) -> ChangeAnswer:
    return {
        "status": change.status,
        "plan": change.to_plan.code,
        "name": change.to_plan.name,
        "price_cents": change.to_plan.price_cents,
        "effective_on": change.effective_on.isoformat(),
        "proration_cents": change.proration_cents,
        "instrument": change.key if change.proration_cents else "",
    }


def _cancellation(cancellation: Cancellation) -> CancellationAnswer:
    return {
        "number": cancellation.number,
        "why": cancellation.why,
        "asked_at": moment(cancellation.asked_at),
        "ends_on": cancellation.ends_on.isoformat(),
        "fee_cents": cancellation.fee_cents,
        "full_fee_cents": cancellation.full_fee_cents,
        "is_paid": bool(cancellation.fee_sale_key),
        "refunded_cents": cancellation.refunded_cents,
    }


def _owed(membership: Membership, *, today: dt.date, now: dt.datetime) -> list[OwedAnswer]:
    late = membership.dues.filter(status=Due.Status.DUE, starts_on__lte=today).select_related("plan")
    if membership.status == Membership.Status.JOINING:
        return []
    return [
        {
            "instrument": due.key,
            "name": due.plan.name,
            "amount_cents": dues.total_cents(due, now=now),
            "starts_on": due.starts_on.isoformat(),
            "decline_code": due.decline_code,
        }
        for due in late.order_by("starts_on")
    ]


def _to_pay(
    membership: Membership, freeze: Freeze | None, change: Change | None, cancellation: Cancellation | None
) -> list[PayableAnswer]:
    """The month that is owed, an upgrade, and fees, as lines for a sale."""
    found = _months(membership)
    if change is not None and change.proration_cents:
        found.append(_payable("plan_upgrade", change.key, f"Upgrade to {change.to_plan}", change.proration_cents))
    if freeze is not None and freeze.fee_cents and not freeze.fee_sale_key:
        found.append(_payable("freeze_fee", freeze.key, "Freeze", freeze.fee_cents))
    if cancellation is not None and cancellation.fee_cents and not cancellation.fee_sale_key:
        found.append(_payable("exit_fee", cancellation.key, "Leaving early", cancellation.fee_cents))
    return found


def _months(membership: Membership) -> list[PayableAnswer]:
    due = dues.due_now(membership)
    if due is None:
        return []
    name = f"{due.plan} from {due.starts_on.isoformat()}"
    if membership.status == Membership.Status.JOINING:
        return [_payable("membership", str(membership.pk), name, due.amount_cents, item=due.plan.code)]
    return [_payable("dues", due.key, name, due.amount_cents)]


def _payable(kind: str, instrument: str, name: str, cents: int, *, item: str = "") -> PayableAnswer:
    return {"kind": kind, "instrument": instrument, "item": item, "name": name, "amount_cents": cents}
