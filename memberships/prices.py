"""What members pay for what their credits do not cover: the plan's member price, or a percentage off (R25, R6)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from ledger.money import at_rate
from memberships.models import MemberPrice, Membership, Plan
from pos.kinds import PricingContext
from pos.models import Client, SaleLine

WARES = "item"


class MembersPay:
    """The best that any active membership of the client gives; who is past due pays the list price (R28)."""

    def discounts(self, lines: Sequence[SaleLine], at: PricingContext) -> Mapping[int, tuple[int, str]]:
        if at.client is None:
            return {}
        wares = {index: line for index, line in enumerate(lines) if line.kind == WARES}
        if not wares:
            return {}
        plans = plans_of(at.client, on=at.on)
        prices = _member_prices(plans)
        found = {index: _best(line, plans, prices) for index, line in wares.items()}
        return {index: best for index, best in found.items() if best[0] > 0}


def plans_of(client: Client, *, on: dt.date) -> list[Plan]:
    """The plans by which the client is a member on that day: active, so no pause and not past due."""
    active = Membership.objects.filter(client=client, status=Membership.Status.ACTIVE)
    return [one.plan for one in active.select_related("plan").order_by("joined_at") if not _is_over(one, on)]


def member_price_cents(client: Client, item_id: int, list_cents: int, *, on: dt.date) -> int:
    """What one of a treatment costs the client as a member, in cents; the list price for everybody else (R22)."""
    plans = plans_of(client, on=on)
    prices = _member_prices(plans)
    off = [_treatment_off(list_cents, 1, plan, prices.get((plan.pk, item_id))) for plan in plans]
    return list_cents - max(off, default=0)


def saving_cents(plan: Plan, item_id: int, list_cents: int) -> int:
    """What a member of the plan saves on one of a treatment, in cents off its list price."""
    return _treatment_off(list_cents, 1, plan, _member_prices([plan]).get((plan.pk, item_id)))


def _is_over(membership: Membership, on: dt.date) -> bool:
    return membership.ends_on is not None and membership.ends_on <= on


def _member_prices(plans: Sequence[Plan]) -> dict[tuple[int, int], int]:
    """By plan and item."""
    if not plans:
        return {}
    return {(row.plan_id, row.item_id): row.price_cents for row in MemberPrice.objects.filter(plan__in=plans)}


def _best(line: SaleLine, plans: Sequence[Plan], prices: Mapping[tuple[int, int], int]) -> tuple[int, str]:
    """Cents off the line and why, by the plan that takes off most."""
    offers = [(_off(line, plan, prices), f"member price, {plan}") for plan in plans]
    return max(offers, key=lambda offer: offer[0], default=(0, ""))


def _off(line: SaleLine, plan: Plan, prices: Mapping[tuple[int, int], int]) -> int:
    if not line.is_service:
        return _percent(line.list_cents, plan.retail_percent)
    price_cents = prices.get((plan.pk, line.item_id)) if line.item_id is not None else None
    return _treatment_off(line.unit_cents, line.quantity, plan, price_cents)


def plan_price_cents(plan: Plan, list_cents: int, price_cents: int | None) -> int:
    """What one of a treatment costs a member of the plan, in cents; `price_cents` is its member price, if any."""
    return list_cents - _treatment_off(list_cents, 1, plan, price_cents)


def _treatment_off(unit_cents: int, quantity: int, plan: Plan, price_cents: int | None) -> int:
    """A price of its own wins over the percentage, and is never dearer than the list."""
    if price_cents is not None:
        return max(unit_cents - price_cents, 0) * quantity
    return _percent(unit_cents * quantity, plan.treatment_percent)


def _percent(cents: int, percent: Decimal) -> int:
    return at_rate(cents, percent / 100)
