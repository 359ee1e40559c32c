"""One run of the billing: dues made, cards asked, answers followed, until nothing is left to do; and its report.

Begun again at any point it goes on where the last one stopped, and several side by side share the work: what is done
is in the dues and charges, a run only walks along them.
"""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from jobs.leases import Row, claim, idle
from jobs.worker import Worker
from memberships import dues, dunning
from memberships.models import BillingRun, Due
from memberships.renewals import PREFIX, DuesToCharge, EndedDues, to_charge
from payments import cards, pace
from payments.asking import OffSessionCharges
from payments.models import Charge
from payments.side_by_side import AT_ONCE, SideBySide, threads_wanted
from payments.states import Group
from studio.models import Location
from studio.refusal import BadInput

LEASE = dt.timedelta(minutes=5)
WORKED_FOR = dt.timedelta(seconds=5)
"""The worker begins as many dues at a time as Stripe takes in so long."""
Clock = Callable[[], dt.datetime]


@dataclass
class Run:
    """A run that goes on: its report, who works, and which charges it made and has not seen the end of."""

    report: BillingRun
    worker: Worker
    until: dt.date
    left: int | None
    patience: float
    asking: SideBySide
    is_dry: bool = False
    mine: set[uuid.UUID] = field(default_factory=set)
    dues: DuesToCharge = field(default_factory=lambda: DuesToCharge(keeps=LEASE))
    charges: OffSessionCharges = field(default_factory=OffSessionCharges)
    ended: EndedDues = field(default_factory=EndedDues)


def bill(
    *,
    clock: Clock,
    on: dt.date | None = None,
    limit: int | None = None,
    threads: int = 1,
    patience: float = 0,
    tell: Callable[[BillingRun], None] = lambda report: None,
) -> BillingRun:
    """Charge at most `limit` of the dues that have come up, of periods that start by the day `on`; the kept report.

    `threads` ask Stripe side by side, at the pace that all workers share; an answer that is not there is waited for so
    many seconds. BadInput for a day to come.
    """
    now = clock()
    latest = _latest_day(now)
    if on is not None and on > latest:
        raise BadInput("on", "That day has not come. A dry run says what it would bring.")
    report = BillingRun.objects.create(started_at=now, on=on or latest, made=dues.make(now=now))
    with SideBySide(threads=threads, clock=clock).running() as asking:
        run = Run(report, Worker(clock=clock), on or latest, limit, patience, asking)
        while _turn(run) or _may_wait(run):
            tell(report)
    report.unclear = Charge.objects.live().filter(pk__in=run.mine).count()
    report.ended_at = clock()
    report.save()
    tell(report)
    return report


def _latest_day(now: dt.datetime) -> dt.date:
    """The business date where the day is farthest."""
    return max((place.business_date(now) for place in Location.objects.filter(is_active=True)), default=now.date())


class BillDues:
    """The worker bills as `bill` does, some seconds at a time, so that its other work does not wait for a whole month.

    What it charges is counted by `ReportBilling`.
    """

    lease = DuesToCharge.lease

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Due]":
        return to_charge(now=now)

    def work(self, row: Due, *, now: dt.datetime) -> None:
        DuesToCharge().work(row, now=now)

    def work_some(self, worker: Worker) -> int:
        now = worker.clock()
        most = pace.turns_within(WORKED_FOR)
        threads = min(threads_wanted(), idle(self.claimable(now=now), now=now)[:most].count())
        with SideBySide(threads=threads, clock=worker.clock).running() as asking:
            run = Run(BillingRun(started_at=now), worker, _latest_day(now), most, 0, asking)
            while _turn(run) and not (worker.stopping.is_set() and _is_through(run)):
                pass
        if asking.is_away:
            worker.away_at[self] = worker.clock()
        return most - (run.left or 0)


def _is_through(run: Run) -> bool:
    """Begin nothing more; whether nothing is under way."""
    run.left = 0
    return not run.asking.going


def _turn(run: Run) -> int:
    """More is begun where there is room, what has come is finished; how many rows were worked or are on their way."""
    begun = _begin(run)
    ended = run.asking.turn()
    _finish(run, ended)
    if begun or ended or run.asking.going:
        return 1
    over = _claim(run, run.ended.claimable(now=run.worker.clock()), run.asking.heap)
    _finish(run, over)
    return len(over)


def _begin(run: Run) -> int:
    """Claim dues and begin to ask their cards; when none are left, what others have left behind; how many."""
    room = 0 if run.is_dry and run.asking.going else run.asking.room
    if not room:
        return 0  # which does not mean that nothing is left to be begun
    most = room if run.left is None else min(run.left, room)
    owed = _claim(run, run.dues.claimable(now=run.worker.clock()).filter(starts_on__lte=run.until), most)
    run.is_dry = not owed
    run.worker.try_rows(run.dues, owed, now=run.worker.clock())
    made, run.dues.made = run.dues.made, []
    _count_dues(run, owed, made)
    if not owed and not run.asking.going:
        left = run.charges.claimable(now=run.worker.clock()).filter(owner__startswith=PREFIX)
        made = list(_claim(run, left, room))
    if made:
        _finish(run, run.asking.begin(made))
    return len(owed) + len(made)


def _finish(run: Run, charges: Sequence[Charge]) -> None:
    """What this run has asked it finishes too, without the pause in which others might."""
    run.worker.try_rows(run.ended, charges, now=run.worker.clock())
    _count_charges(run, charges)


def _claim(run: Run, rows: "QuerySet[Row]", limit: int) -> list[Row]:
    if not limit:
        return []
    with transaction.atomic(durable=True):
        return claim(rows, now=run.worker.clock(), lease=LEASE, limit=limit)


def _may_wait(run: Run) -> bool:
    """Whether an answer of a charge of this run may still come in time; waits a moment for it."""
    soon = run.worker.clock() + dt.timedelta(seconds=run.patience)
    if not run.patience or not Charge.objects.live().filter(pk__in=run.mine, run_at__lte=soon).exists():
        return False
    time.sleep(1)
    run.patience -= 1
    return True


def _count_dues(run: Run, rows: Sequence[Due], made: Sequence[Charge]) -> None:
    if run.left is not None:
        run.left -= len(rows)
    run.mine |= {charge.pk for charge in made}
    asked = {charge.owner for charge in made}
    others = [row.pk for row in rows if row.key not in asked]
    if others:
        run.report.skipped += Due.objects.filter(pk__in=others, status=Due.Status.SKIPPED).count()


def _count_charges(run: Run, rows: Sequence[Charge]) -> None:
    if not rows:
        return
    report = run.report
    ended = Charge.objects.filter(pk__in=[row.pk for row in rows]).exclude(finished_at=None)
    for key, status, cents, group in ended.values_list("pk", "status", "amount_cents", "decline_group"):
        run.mine.discard(key)
        if status == Charge.Status.SUCCEEDED:
            report.charged += 1
            report.charged_cents += cents
        elif status == Charge.Status.FAILED:
            name = f"declined_{group or Group.CUSTOMER}"
            setattr(report, name, getattr(report, name) + 1)
    if report.pk is not None:
        report.save()


# What it would do ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """Who would be charged what: the due (made or not), the amount with tax in cents, and how."""

    due: Due
    amount_cents: int
    what: str

    @property
    def is_charged(self) -> bool:
        return self.what.startswith("charge")


def would_bill(*, on: dt.date, now: dt.datetime) -> Iterator[Planned]:
    """What a run on that day would do as things stand now, member by member; nothing is written (R40)."""
    for location in Location.objects.filter(is_active=True):
        ends_at = location.day_bounds(on)[1]
        made = to_charge(now=now).filter(membership__location=location, run_at__lt=ends_at)
        around = ("plan", "membership__client", "membership__location", "membership__plan")
        for due in made.select_related(*around).order_by("starts_on", "pk").iterator(AT_ONCE):
            yield _planned(due, at=max(now, min(ends_at, due.run_at)), now=now)
        members = dues.to_make(location, by=on).select_related("client").order_by("paid_until", "pk")
        for membership in members.iterator(AT_ONCE):
            due = dues.next_due(membership, now=now)
            yield _planned(due, at=max(now, due.run_at), now=now)


def _planned(due: Due, *, at: dt.datetime, now: dt.datetime) -> Planned:
    card = cards.default_card(due.membership.client_id)
    if dunning.is_over(due, card, now=at):
        what = "skip: its time is over"
    elif card is None or not card.consent:
        what = "mail a link: no card is saved"
    elif not dunning.may_ask(due, card):
        what = "wait for another card"
    else:
        what = f"charge {card}"
    return Planned(due, dues.total_cents(due, now=now), what)


# What the worker did -------------------------------------------------------------------------------------------------


class ReportBilling:
    """Every day the report of what the workers charged since the last one."""

    kind = "report_billing"
    every = dt.timedelta(days=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        last = BillingRun.objects.exclude(ended_at=None).order_by("-ended_at").first()
        since = last.ended_at if last is not None and last.ended_at is not None else now - self.every
        report_of(since, now=now)


def report_of(since: dt.datetime, *, now: dt.datetime) -> BillingRun:
    """What became of dues from that moment to now, whoever worked them; kept as a run."""
    report = BillingRun(started_at=since, ended_at=now, on=now.date())
    ended = Charge.objects.filter(owner__startswith=PREFIX, finished_at__gt=since, finished_at__lte=now)
    paid = ended.filter(status=Charge.Status.SUCCEEDED)
    report.charged = paid.count()
    report.charged_cents = sum(paid.values_list("amount_cents", flat=True).iterator())
    for group in Group:
        declined = ended.filter(status=Charge.Status.FAILED, decline_group=group).count()
        setattr(report, f"declined_{group}", declined)
    moved = Due.objects.filter(ended_at__gt=since, ended_at__lte=now)
    report.skipped = moved.filter(status=Due.Status.SKIPPED).count()
    report.made = Due.objects.filter(created_at__gt=since, created_at__lte=now).count()
    report.unclear = Charge.objects.live().filter(owner__startswith=PREFIX).count()
    report.save(force_insert=True)
    return report
