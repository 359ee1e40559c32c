"""Servers and workers are killed at random while cards are sold and Stripe's answers get lost: nothing lost, nothing
twice, the ledger as Stripe has it to the cent."""

import random
import secrets
import time
from collections import Counter
from pathlib import Path

import pytest

from ledger.models import Entry
from payments.models import Charge
from pos.models import Receipt
from tests.chaos.comparing import all_is_well
from tests.chaos.desk import Desk
from tests.chaos.rush import JUMP, Rush
from tests.soak import SOAK

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 1000 if SOAK else 300
SEED = secrets.randbelow(10**6) if SOAK else 2026


def test_whoever_is_killed_no_card_pays_twice_and_no_paid_sale_is_lost(desk: Desk, tmp_path: Path) -> None:
    print(f"seed {SEED}, {KILLS} kills")
    rush = Rush(desk, tmp_path, random.Random(SEED))

    rush.begin()
    desk.stripe.tell("weather", rough=True, customers=True)
    for _ in range(KILLS):
        rush.kill_one()
    rush.end()
    weather = desk.stripe.tell("weather", rough=False)
    began = time.monotonic()
    now = desk.all_is_worked(desk.all_is_worked(rush.now() + JUMP))
    drained = time.monotonic() - began

    print(f"drained in {drained:.0f} s after {rush.now.jumps} jumps", weather, Counter(line[0] for line in rush.heard))
    print(Charge.objects.count(), "charges,", Receipt.objects.count(), "receipts,", Entry.objects.count(), "entries")
    all_is_well(desk.stripe, now=now, told_completed=rush.told("completed"))
    assert Receipt.objects.count() > KILLS / 50
