"""A bank takes a payment back: what is unused of the month goes too (R26, rule 43)."""

import datetime as dt

from django.utils import timezone

from ledger.journal import balances
from memberships.contested import TakeBackContested
from memberships.models import Membership
from payments.disputes import hear_dispute
from payments.gateway import gateway
from payments.models import Charge
from tests.memberships import builders
from tests.memberships.members import House, credits_of, dues_of

APRIL = dt.datetime(2026, 4, 2, 10, 0, tzinfo=dt.UTC)


def billed(house: House) -> Membership:
    ada = house.member()
    house.bills(APRIL)
    return ada


def contests(house: House, outcome: str) -> None:
    """The client's bank takes April's payment back, and decides; the worker takes note of both."""
    charge = Charge.objects.get(owner__startswith="due:")
    dispute = str(house.stripe.tell("disputes", charge=charge.stripe_charge)["id"])
    hear_dispute(gateway().read_dispute(dispute), now=timezone.now())
    house.settles()
    house.stripe.tell(f"disputes/{dispute}", outcome=outcome)
    hear_dispute(gateway().read_dispute(dispute), now=timezone.now())
    house.settles()
    TakeBackContested().run(now=timezone.now())


def uses_credits(house: House, ada: Membership, count: int) -> None:
    for _ in range(count):
        covered = builders.covered("deep-tissue-60", by=house.studio.ana, kind="credit")
        house.desk().rings_up(covered, client_id=ada.client_id).pays()


def test_a_lost_dispute_takes_the_unused_credit_back(house: House) -> None:
    ada = billed(house)

    contests(house, "lost")
    TakeBackContested().run(now=timezone.now())

    assert credits_of(ada.client) == [(1, 79_00)]
    assert dues_of(ada) == [("2026-03-02", "paid"), ("2026-04-02", "refunded")]
    found = balances()
    assert (found.get("6030 Chargeback losses", 0), found["2220 Deferred member credits"]) == (0, -79_00)
    house.books_are_clean()


def test_a_credit_that_was_used_is_a_loss(house: House) -> None:
    ada = billed(house)
    uses_credits(house, ada, 2)

    contests(house, "lost")

    assert dues_of(ada)[1] == ("2026-04-02", "paid")
    assert balances()["6030 Chargeback losses"] == 79_00
    house.books_are_clean()


def test_a_dispute_that_is_won_takes_nothing(house: House) -> None:
    ada = billed(house)
    contests(house, "won")
    assert credits_of(ada.client) == [(1, 79_00), (1, 79_00)]
    house.books_are_clean()
