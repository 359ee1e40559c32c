"""Dues that were made ahead and are not owed after all, because the membership pauses or ends first (R29, R31)."""

import datetime as dt

from memberships import dues
from memberships.models import Due, Membership
from studio.refusal import Refusal


class DueOnSale(Refusal):
    """Somebody is about to pay the month at a desk."""

    code = "due_on_sale"


def withdraw(membership: Membership, *, now: dt.datetime, since: dt.date | None = None) -> None:
    """Take back the unpaid dues of a locked membership, those from `since` on if it is given.

    What nobody was asked for is as if it had never been made, so that it can be made again; what a card said no to is
    waived. ChargeInFlight while a card is asked for one of them, DueOnSale while one stands on an open sale.
    """
    unpaid = membership.dues.filter(status=Due.Status.DUE)
    for due in unpaid if since is None else unpaid.filter(starts_on__gte=since):
        dues.must_not_be_asked(due)
        must_not_be_on_sale(due)
        if due.first_declined_at is None:
            due.delete()
        else:
            dues.waive(due, now=now)


def is_being_paid(due: Due) -> bool:
    """Whether somebody is asked for it just now or was in vain, so that it stays as it is."""
    try:
        dues.must_not_be_asked(due)
        must_not_be_on_sale(due)
    except Refusal:
        return True
    return due.first_declined_at is not None


def must_not_be_on_sale(due: Due) -> None:
    """DueOnSale while it stands on an open sale."""
    if due.key in dues.keys_in_open_sales():
        raise DueOnSale("This month is on an open sale at a desk just now. Finish that first.")
