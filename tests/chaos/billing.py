"""A month's dues, charged by processes that are killed again and again: `bill` on a server, workers beside it."""

import datetime as dt
import random
import time
from dataclasses import dataclass, field

import time_machine

from memberships import runs
from memberships.models import Due, Membership
from payments.models import SavedCard
from studio.ids import new_id
from tests.builders import NOW
from tests.chaos.desk import Desk
from tests.chaos.dying import Child, fork
from tests.chaos.rush import PAUSE_SECONDS, FastClock, Tells, works
from tests.memberships import builders
from tests.memberships.members import saves_card

LANES = 3
JOINED_BEFORE = dt.timedelta(days=28)
"""On 2 February: the month that starts today is the second one."""
NO_MONEY_YET = "insufficient_funds"
PAUSE_BETWEEN_SECONDS = 1
SPEED = 400
"""So that what somebody died over is free again in less than a second: `bill` takes its dues for five minutes."""


def member(desk: Desk, name: str, *, bank_says: str = "") -> Membership:
    """Somebody whose month starts today, with a card that was saved on Stripe's page."""
    client = builders.client(name, email=f"{name.lower().replace(' ', '.')}@example.com")
    membership = builders.member(str(new_id()), client, code="monthly", joined_at=NOW - JOINED_BEFORE)
    with time_machine.travel(NOW, tick=False):
        saved = saves_card(membership)
    if bank_says:
        desk.stripe.tell(f"payment_methods/{saved.stripe_method}", outcome=bank_says)
    return membership


@dataclass
class Billing:
    """What goes on, and what was heard of it."""

    desk: Desk
    chance: random.Random
    jumps: float
    """How likely a day passes after a kill; after two weeks an unpaid month would be skipped (R28)."""
    members: list[Membership] = field(default_factory=list)
    poor: list[Membership] = field(default_factory=list)
    lanes: list[Child] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)
    now: FastClock = field(default_factory=lambda: FastClock(speed=SPEED))

    def join(self, count: int, *, poor: int = 0) -> None:
        """So many members; of the first ones the bank says no for now."""
        builders.plan()
        for number in range(count):
            joined = member(self.desk, f"Member {number}", bank_says=NO_MONEY_YET if number < poor else "")
            self.members.append(joined)
            self.poor += [joined] if number < poor else []

    def begin(self) -> None:
        self.now = FastClock(speed=SPEED)
        self.lanes = [self.start() for _ in range(LANES)]

    def start(self) -> Child:
        if self.chance.random() < 0.3:
            return fork(lambda tells: works(self.now, tells))
        threads = self.chance.choice([1, 1, 3])
        return fork(lambda tells: bills(self.now, threads, tells))

    def kill_one(self) -> None:
        """Somebody, at any moment; now and then a day has passed when the next one starts."""
        time.sleep(self.chance.uniform(0, PAUSE_BETWEEN_SECONDS))
        lane = self.chance.randrange(LANES)
        self.kill(self.lanes[lane])
        if self.chance.random() < self.jumps:
            self.now.jump()
        self.desk.stripe.is_now(self.now())
        self.lanes[lane] = self.start()

    def kill(self, child: Child) -> None:
        child.is_killed()
        self.heard += [line.split() for line in child.told()]

    def end(self) -> None:
        for child in self.lanes:
            self.kill(child)

    def poor_have_money(self) -> None:
        """Their banks say yes from now on."""
        for card in SavedCard.objects.filter(client__in=[membership.client_id for membership in self.poor]):
            self.desk.stripe.tell(f"payment_methods/{card.stripe_method}", outcome="approved")

    def dues(self) -> list[Due]:
        """The month that was to be charged, of each member."""
        return list(Due.objects.filter(starts_on=NOW.date()))


def bills_once(clock: FastClock, tells: Tells) -> None:
    """One run of `bill`; tells how many dues it charged."""
    tells(str(runs.bill(clock=clock, patience=5).charged))


def bills(clock: FastClock, threads: int, tells: Tells) -> None:
    """The life of a server on which `bill` is run again and again, until it is killed."""
    while True:
        run = runs.bill(clock=clock, threads=threads)
        tells(f"billed {run.charged} {run.unclear}")
        time.sleep(PAUSE_SECONDS)
