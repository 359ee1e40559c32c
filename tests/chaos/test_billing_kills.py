"""Whoever charges the month's dues is killed at random while Stripe's answers get lost: every due is charged once, none
is missed, nothing is granted twice, and the ledger is as Stripe has it to the cent."""

import email
import random
import secrets
import time
from collections import Counter
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from jobs.models import OutboxMail
from memberships.models import BillingRun, Membership
from payments.models import Charge
from tests.builders import NOW
from tests.chaos.billing import Billing, bills_once
from tests.chaos.comparing import all_is_well, every_due_was_charged_once
from tests.chaos.desk import Desk
from tests.chaos.dying import fork
from tests.chaos.rush import JUMP, FastClock
from tests.soak import SOAK

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS, KILLS = (500, 200) if SOAK else (40, 20)
SEED = secrets.randbelow(10**6) if SOAK else 2026
SIDE_BY_SIDE, WORKERS, A_SECOND = 60, 4, 20
DAYS_PASSING = 2
"""While the kills go on."""
DAYS_TO_PAY = 3
"""A card that said no is asked again within so many mornings."""


def test_whoever_is_killed_every_due_is_charged_once(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    settings.STRIPE_REQUESTS_PER_SECOND = 1000
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"  # outlives who mails
    settings.EMAIL_FILE_PATH = tmp_path
    billing = Billing(desk, random.Random(SEED), jumps=DAYS_PASSING / KILLS)
    print(f"seed {SEED}, {MEMBERS} members, {KILLS} kills")
    desk.warms_up(billing.now())
    billing.join(MEMBERS, poor=MEMBERS // 7)

    billing.begin()
    desk.stripe.tell("weather", rough=True)
    for number in range(KILLS):
        billing.kill_one()
        if number == KILLS // 2:
            billing.poor_have_money()
    billing.end()
    weather = desk.stripe.tell("weather", rough=False)
    before = Charge.objects.filter(owner__startswith="due:", finished_at__isnull=False).count()
    began, now = time.monotonic(), billing.now()
    now = desk.all_is_worked(now + DAYS_TO_PAY * JUMP)

    print(f"{before} of {Charge.objects.filter(owner__startswith='due:').count()} charges ended before the last kill")
    print(f"drained in {time.monotonic() - began:.0f} s after {billing.now.jumps} jumps", weather)
    print(Counter(line[0] for line in billing.heard), BillingRun.objects.count(), "runs begun")
    dues = billing.dues()
    assert len(dues) == MEMBERS
    every_due_was_charged_once(desk.stripe, dues)
    all_is_well(desk.stripe, now=now)
    assert set(Membership.objects.values_list("status", flat=True)) == {"active"}
    assert OutboxMail.objects.filter(sent_at=None).count() == 0
    assert set(OutboxMail.objects.values_list("to", "subject")) <= mails_in(tmp_path)


@pytest.mark.pg_only
def test_four_side_by_side_charge_every_due_once_at_one_pace(desk: Desk, settings: Settings) -> None:
    """None waits for the others, and together they do not ask faster than Stripe allows."""
    settings.STRIPE_REQUESTS_PER_SECOND = A_SECOND
    desk.warms_up(NOW)
    billing = Billing(desk, random.Random(SEED), jumps=0, now=FastClock(speed=1))
    billing.join(SIDE_BY_SIDE)

    began = time.monotonic()
    lanes = [fork(lambda tells: bills_once(billing.now, tells)) for _ in range(WORKERS)]
    assert [lane.waits() for lane in lanes] == [0] * WORKERS
    took = time.monotonic() - began
    charged = [int(lane.told()[-1]) for lane in lanes]

    print(f"{charged} charged by each in {took:.1f} s")
    assert sum(charged) == SIDE_BY_SIDE
    assert took > (SIDE_BY_SIDE - 1) / A_SECOND
    every_due_was_charged_once(desk.stripe, billing.dues())
    now = desk.all_is_worked(billing.now())
    all_is_well(desk.stripe, now=now)


def mails_in(folder: Path) -> set[tuple[str, str]]:
    """To whom, and about what."""
    found = set()
    for file in folder.iterdir():
        for text in file.read_text().split("-" * 79):
            if text.strip():
                mail = email.message_from_string(text.strip())
                found.add((mail["To"], mail["Subject"]))
    return found
