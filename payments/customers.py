"""Clients as Stripe knows them: a customer each, who has no name there."""

import functools
import uuid

from payments import wishes
from payments.gateway import gateway
from payments.intents import metadata_of
from payments.models import Customer
from payments.rare import reached
from payments.states import Attempt, Indeterminate


def ensure(client: uuid.UUID) -> str:
    """Stripe's id of the client, whom it comes to know when it does not; called with no transaction open."""
    return wishes.alone(introduce(client))


def known(clients: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Stripe's ids of those of the clients whom it knows."""
    rows = Customer.objects.filter(client__in=clients).exclude(stripe_id=None)
    return {client: stripe_id or "" for client, stripe_id in rows.values_list("client", "stripe_id")}


def introduce(client: uuid.UUID) -> wishes.Look[str]:
    """A look at a client whom Stripe may not know yet: its id of them."""
    row, _ = Customer.objects.get_or_create(client=client)
    if row.stripe_id is not None:
        return row.stripe_id
    attempt = Attempt(client, 0, row.create_try, metadata_of(client, f"client:{client}"))
    try:
        made: str = yield wishes.Call(functools.partial(gateway().ensure_customer, attempt))
    except Indeterminate as doubt:
        if doubt.is_stored:  # and would be replayed for a day
            Customer.objects.filter(pk=client, stripe_id=None).update(create_try=row.create_try + 1)
        raise
    if not Customer.objects.filter(pk=client, stripe_id=None).update(stripe_id=made):
        reached("customer_made_by_another")  # ours has no card and never gets one
        made = Customer.objects.get(pk=client).stripe_id or made
    return made
