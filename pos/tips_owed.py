"""What therapists are owed in tips, and the lock that keeps two tablets from paying it twice (posting rules 56, 57)."""

from django.db.models import Sum

from ledger import journal
from ledger.accounts import Account
from ledger.models import Posting
from studio.models import Location, Staff


def lock(therapist_id: int) -> Staff | None:
    """The person, locked until the transaction ends against others who pay or take back their tips; None for nobody.

    Sales that name the therapist do not wait: their foreign keys need less than this lock takes.
    """
    return Staff.objects.select_for_update(no_key=True, of=("self",)).filter(pk=therapist_id).first()


def owed_cents(therapist_id: int, location: Location) -> int:
    """What may be paid out to the therapist here: the tips of this location, and never more than of all together."""
    everywhere = -journal.balance(Account.TIPS, therapist=therapist_id)
    here = -journal.balance(Account.TIPS, therapist=therapist_id, location=location)
    return max(0, min(here, everywhere))


def owed_here(location: Location) -> list[tuple[Staff, int]]:
    """Who is owed tips at this location and how much, in cents, by name."""
    tips = Posting.objects.filter(account=Account.TIPS, location=location).exclude(therapist=None).order_by()
    sums = dict(tips.values_list("therapist").annotate(cents=Sum("amount_cents")))
    people = Staff.objects.filter(pk__in=[who for who, cents in sums.items() if cents < 0]).order_by("display_name")
    owed = [(person, owed_cents(person.pk, location)) for person in people]
    return [(person, cents) for person, cents in owed if cents]
