"""The studio under fire: its tablet and worker, clients at readers, and processes that die among them."""

import datetime as dt
import itertools
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.worker import Worker
from payments.gateway import gateway
from payments.models import Reader
from pos.models import Drawer
from tests.builders import NOW, Studio
from tests.chaos.dying import STRIPE, Child, Moments, fork
from tests.chaos.flows import CARD_SOLD, Does, Flow, Hold, Step, Visit
from tests.chaos.stripe_process import StripeProcess
from tests.chaos.tablet import Ask, Heard, Tablet, new


@dataclass
class Story:
    """What became of one visit in a process that died: what it had sent, what it had heard."""

    visit: Visit
    sent: int = -1  # the number of the last step begun
    heard: list[str] = field(default_factory=list)  # what sales and refunds were said to be
    ended_by: int = 0

    def listens(self, child: Child) -> None:
        for line in child.told():
            what, _, rest = line.strip().partition(" ")
            if what == "sends":
                self.sent = int(rest)
            elif what == "hears":
                self.heard.append(rest)

    @property
    def was_told_completed(self) -> bool:
        return "completed" in self.heard


class Desk:
    """A manager's tablet with an open drawer, in a studio whose Stripe is a process of its own."""

    def __init__(self, studio: Studio, stripe: StripeProcess) -> None:
        self.studio, self.stripe = studio, stripe
        Drawer.objects.create(location=studio.location, name="Front")
        self.tablet = Tablet(studio.device, studio.manager, now=NOW)
        opening = {"drawer": Drawer.objects.get().pk, "float_cents": 100_00}
        assert self.tablet.sends(Ask("PUT", f"drawer-sessions/{new()}", opening), now=NOW).status == 201
        self.numbers = itertools.count(1)

    def client_comes(self) -> Visit:
        """A visit at a reader of its own."""
        stripe_id = self.stripe.reader()
        label = f"Reader {next(self.numbers)}"
        made = Reader.objects.create(location=self.studio.location, stripe_id=stripe_id, label=label)
        return Visit(made.pk, stripe_id)

    def does(self, step: Step, visit: Visit, *, now: dt.datetime = NOW) -> Heard | None:
        """One step of a flow, in this process."""
        what = step(visit)
        if isinstance(what, Hold):
            self.stripe.hold(visit.reader, what.number)
            return None
        if isinstance(what, Does):
            what.work(now)
            return None
        return self.tablet.sends(what, now=now)

    def lives(self, flow: Flow, visit: Visit, moments: Moments) -> Callable[[Callable[[str], None]], None]:
        """The life of a process that serves the whole flow, and dies or stops at its moment."""

        def work(tells: Callable[[str], None]) -> None:
            for step in flow.first:
                self.does(step, visit)
            with moments.counted():
                for number, step in enumerate(flow.steps):
                    tells(f"sends {number}")
                    heard = self.does(step, visit)
                    if heard is not None:
                        assert heard.status < 500, heard
                        tells(f"hears {heard.sale_status}")
            tells(f"passed {moments.passed}")

        return work

    def moments_of(self, flow: Flow) -> str:
        """The kinds of all moments of the flow, one after the other, seen in a process that lives to its end.

        It is served here once before: the first of a studio has more, and what Django keeps is not made in each fork.
        """
        visit = self.client_comes()
        for step in (*flow.first, *flow.steps):
            self.does(step, visit)
        child = fork(self.lives(flow, self.client_comes(), Moments()))
        assert child.waits() == 0
        return child.told()[-1].split()[1]

    def dies(self, flow: Flow, at: int) -> Story:
        """The flow in a process that is killed at that moment."""
        visit = self.client_comes()
        child = fork(self.lives(flow, visit, Moments(at)))
        story = Story(visit, ended_by=child.waits())
        story.listens(child)
        return story

    def falls_asleep(self, flow: Flow, at: int) -> tuple[Story, Child]:
        """The flow in a process that is stopped at that moment of its talks with Stripe."""
        visit = self.client_comes()
        child = fork(self.lives(flow, visit, Moments(at, signal.SIGSTOP, of=STRIPE)))
        return Story(visit, ended_by=child.waits()), child

    def client_goes_on(self, flow: Flow, story: Story, *, now: dt.datetime = NOW) -> None:
        """The client does not know that anybody has died: holds a card to the reader, or pays on the phone."""
        if flow.later is None:
            self.stripe.hold(story.visit.reader, flow.later_held)
        else:
            self.does(flow.later, story.visit, now=now)

    def repeats(self, flow: Flow, story: Story, *, now: dt.datetime) -> None:
        """The tablet sends its last request again, to another process."""
        if story.sent >= 0 and (heard := self.does(flow.steps[story.sent], story.visit, now=now)):
            story.heard.append(heard.sale_status)
            assert heard.status < 500, heard

    def worker_runs(self, now: dt.datetime) -> None:
        """One worker, until nothing is due at that moment."""
        self.stripe.is_now(now)
        gateway.cache_clear()
        Worker(clock=lambda: now, name="worker").run_once()

    def warms_up(self, now: dt.datetime) -> None:
        """A sale and a worker here, before all forks: what Django keeps is then not made in each of them."""
        visit = self.client_comes()
        for step in CARD_SOLD:
            self.does(step, visit, now=now)
        self.worker_runs(now)

    def all_is_worked(self, now: dt.datetime) -> dt.datetime:
        """The worker comes by until forgotten sales are abandoned and movements fetched; when that is."""
        for minutes in (0, 2, 36, 38, 105):
            self.worker_runs(now + dt.timedelta(minutes=minutes))
        return now + dt.timedelta(minutes=105)
