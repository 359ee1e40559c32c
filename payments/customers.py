"""Clients as Stripe knows them: a customer each, who has no name there."""

import uuid

from payments.gateway import gateway
from payments.intents import metadata_of
from payments.models import Customer
from payments.rare import reached
from payments.states import Attempt, Indeterminate


def ensure(client: uuid.UUID) -> str:
    """Stripe's id of the client, whom it comes to know when it does not; called with no transaction open."""
    row, _ = Customer.objects.get_or_create(client=client)
    if row.stripe_id is not None:
        return row.stripe_id
    try:
        made = gateway().ensure_customer(Attempt(client, 0, row.create_try, metadata_of(client, f"client:{client}")))
    except Indeterminate as doubt:
        if doubt.is_stored:  # and would be replayed for a day
            Customer.objects.filter(pk=client, stripe_id=None).update(create_try=row.create_try + 1)
        raise
    if not Customer.objects.filter(pk=client, stripe_id=None).update(stripe_id=made):
        reached("customer_made_by_another")  # ours has no card and never gets one
        made = Customer.objects.get(pk=client).stripe_id or made
    return made
