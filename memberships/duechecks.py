"""What must hold between dues, what they granted, and what was paid ahead; yields what does not (I12, I15, R26)."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import F, Q, Sum

from ledger.accounts import Account
from ledger.checks import Problem
from ledger.models import Posting
from memberships.models import Due, Membership, SessionLot

Status = Due.Status
GRANTED = (Status.PAID, Status.REFUNDED)


def check_paid_dues_have_granted(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Every paid due names its sale and has granted once; nothing was granted for one that is not paid (R26)."""
    for due in Due.objects.using(using).filter(status=Status.PAID, sale_key=""):
        yield Problem("dues", f"{due.key} is paid without a sale")
    granted = set(SessionLot.objects.using(using).exclude(due_key="").values_list("due_key", flat=True))
    paid = Due.objects.using(using).filter(status__in=GRANTED).values_list("pk", "status")
    for pk, status in paid.iterator(chunk_size=2000):
        if f"due:{pk}" not in granted and status == Status.PAID:
            yield Problem("dues", f"due:{pk} is paid and has granted nothing")
        granted.discard(f"due:{pk}")
    for key in sorted(granted):
        yield Problem("dues", f"{key} has granted sessions and is not paid")


def check_months_ahead_are_in_the_books(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I15 for 2225: what is paid ahead for each membership is what the books owe for it."""
    booked = Posting.objects.using(using).filter(account=Account.DUES).order_by().values_list("instrument")
    owed = {about: -cents for about, cents in booked.annotate(Sum("amount_cents")) if cents}
    ahead = Membership.objects.using(using).filter(Q(paid_ahead__gt=0) | ~Q(ahead_cents=0))
    for membership in ahead:
        in_books = owed.pop(f"membership:{membership.pk}", 0)
        if in_books != membership.ahead_cents:
            what = f"books {in_books}, paid ahead {membership.ahead_cents}"
            yield Problem("I15", f"{Account.DUES.title} of membership:{membership.pk}: {what}")
    for about, cents in sorted(owed.items()):
        yield Problem("I15", f"{Account.DUES.title} has {cents} of “{about}”, which nothing is paid ahead for")


def check_paid_months_count(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """No paid month of a living membership starts on or after the day until which it is paid."""
    living = Due.objects.using(using).filter(status=Status.PAID).exclude(membership__status=Membership.Status.ENDED)
    for due in living.filter(starts_on__gte=F("membership__paid_until")):
        yield Problem("dues", f"{due.key} is paid and its membership does not know")
