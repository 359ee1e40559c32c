"""Three tablets that sell by card while whoever serves them is killed again and again, and so is the worker.

A tablet keeps what it is about to send before it sends it, as the desk page does; so it goes on where its server died.
"""

import datetime as dt
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jobs.worker import Worker
from studio.models import Device
from tests.builders import NOW
from tests.chaos import flows
from tests.chaos.desk import Desk
from tests.chaos.dying import Child, fork
from tests.chaos.flows import OIL, PART_CENTS, Visit
from tests.chaos.tablet import Ask, Heard, Tablet

SPEED = 100
"""Our clock is so much faster than the real one: a minute's lease is over in 0.6 s."""
TABLETS = 3
JUMP = dt.timedelta(seconds=90_000)
PAUSE_SECONDS = 0.004
TRIES = 3

Tells = Callable[[str], None]


@dataclass
class FastClock:
    """The clock that all are passed: real time, so many times as fast, and now and then a day later."""

    starts_at: dt.datetime = NOW
    speed: float = SPEED
    jumps: int = 0
    started: float = field(default_factory=time.monotonic)

    def __call__(self) -> dt.datetime:
        passed = (time.monotonic() - self.started) * self.speed * dt.timedelta(seconds=1)
        return self.starts_at + passed + self.jumps * JUMP

    def jump(self) -> None:
        """A day passes for all who start from now on."""
        self.jumps += 1


@dataclass
class Memory:
    """What a tablet has in its store: the sale before it, what it wants of it, how often a card was tried."""

    visit: Visit
    wants: str = "sell"
    afterwards: str = ""  # refund or void, now and then
    split: bool = False
    tries: int = 1

    def keep(self, path: Path) -> None:
        """Whole or not at all, whoever is killed."""
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(path)

    @classmethod
    def of(cls, path: Path) -> "Memory":
        kept = json.loads(path.read_text())
        return cls(**kept | {"visit": Visit(**kept["visit"])})

    def ask(self) -> Ask:
        """The next request."""
        if self.wants == "sell":
            return self._sell()
        by_name = {"refund": flows.refunds, "void": flows.voids, "cancel": flows.cancels}
        if self.wants == "try":
            return Ask("PUT", self.visit.sale_path(f"/tenders/{self.visit.card}/tries/{self.tries}"))
        return by_name[self.wants](self.visit)

    def _sell(self) -> Ask:
        tenders: list[dict[str, Any]] = [{"id": self.visit.card, "kind": "card", "reader": self.visit.reader_id}]
        if self.split:
            tenders.insert(0, {"id": self.visit.cash, "kind": "cash", "amount_cents": PART_CENTS})
        return Ask("PUT", self.visit.sale_path(), OIL | {"tenders": tenders, "complete": True})


@dataclass
class Lane:
    """A tablet with its reader, and the process that serves it just now."""

    tablet: Tablet
    reader_id: int
    reader: str
    memory: Path
    child: Child | None = None

    def new_sale(self, chance: random.Random) -> Memory:
        afterwards = chance.choices(["", "refund", "void"], weights=[7, 2, 1])[0]
        made = Memory(Visit(self.reader_id, self.reader), afterwards=afterwards, split=chance.random() < 0.3)
        made.keep(self.memory)
        return made


@dataclass
class Rush:
    """What goes on, and what was heard of it."""

    desk: Desk
    folder: Path
    chance: random.Random
    lanes: list[Lane] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)
    now: FastClock = field(default_factory=FastClock)

    def begin(self) -> None:
        self.desk.warms_up(self.now())
        for number in range(TABLETS):
            visit = self.desk.client_comes()
            device = Device.objects.create(name=f"Tablet {number}", location=self.desk.studio.location)
            tablet = Tablet(device, self.desk.studio.manager, now=self.now())
            lane = Lane(tablet, visit.reader_id, visit.reader, self.folder / f"tablet-{number}.json")
            lane.new_sale(self.chance)
            self.lanes.append(lane)
        for lane in self.lanes:
            self.start(lane)

    def start(self, lane: Lane) -> None:
        seed, is_worker = self.chance.randrange(2**32), self.chance.random() < 0.3
        if is_worker:
            lane.child = fork(lambda tells: works(self.now, tells))
        else:
            lane.child = fork(lambda tells: self._serves(lane, random.Random(seed), tells))

    def kill_one(self) -> None:
        """Somebody, at any moment; now and then a day has passed when the next one starts."""
        time.sleep(self.chance.uniform(0, 0.08))
        lane = self.chance.choice(self.lanes)
        self.kill(lane)
        if self.chance.random() < 0.03:
            self.now.jump()
        self.desk.stripe.is_now(self.now())
        self.start(lane)

    def kill(self, lane: Lane) -> None:
        assert lane.child is not None
        lane.child.is_killed()
        self.heard += [line.split() for line in lane.child.told()]

    def end(self) -> None:
        for lane in self.lanes:
            self.kill(lane)

    def told(self, what: str) -> list[str]:
        """The sales of which a tablet heard that."""
        return [line[1] for line in self.heard if line[0] == what]

    # In a fork -------------------------------------------------------------------------------------------------------

    def _serves(self, lane: Lane, chance: random.Random, tells: Tells) -> None:
        memory = Memory.of(lane.memory)
        while True:
            heard = lane.tablet.sends(memory.ask(), now=self.now())
            assert heard.status < 500 or heard.status == 503, heard
            tells(f"{heard.sale_status or heard.body.get('code', heard.status)} {memory.visit.sale} {memory.wants}")
            if goes_on(memory, heard, chance):
                memory.keep(lane.memory)
            else:
                memory = lane.new_sale(chance)
            time.sleep(PAUSE_SECONDS)


def works(clock: FastClock, tells: Tells) -> None:
    """The life of a worker, until it is killed."""
    worker = Worker(clock=clock, name="worker")
    while True:
        worker.turn()
        tells("works")
        time.sleep(PAUSE_SECONDS)


def goes_on(memory: Memory, heard: Heard, chance: random.Random) -> bool:
    """What the person at the tablet does now; False when this sale is over, or left to whoever finds it."""
    if heard.status in (202, 503):
        return chance.random() > 0.003
    if memory.wants in ("sell", "try") and heard.status < 400 and heard.sale_status == "open":
        _after_a_no(memory, heard, chance)
        return True
    if heard.sale_status == "completed" and memory.wants != memory.afterwards and memory.afterwards:
        memory.wants = memory.afterwards
        return True
    return heard.body.get("code") == "charge_in_flight"


def _after_a_no(memory: Memory, heard: Heard, chance: random.Random) -> None:
    """Declined, or the reader was gone: once more, or the client leaves. Paid: the same request completes it."""
    if "paid" in heard.charge_states:
        memory.wants = "sell"
    elif memory.tries < TRIES and chance.random() < 0.8:
        memory.tries, memory.wants = memory.tries + 1, "try"
    else:
        memory.wants = "cancel"
