"""One run of the billing: dues made, cards asked, answers followed, until nothing is left to do; and its report.

Begun again at any point it goes on where the last one stopped, and several side by side share the work: what is done
is in the dues and charges, a run only walks along them.
"""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from django.db import connections, transaction
from django.db.models import QuerySet

from jobs.leases import Claimable, Leased, LeaseLost, claim
from jobs.worker import Worker
from memberships import dues, dunning
from memberships.models import BillingRun, Due
from memberships.renewals import PREFIX, DuesToCharge, EndedDues, to_charge
from payments import cards
from payments.asking import OffSessionCharges
from payments.models import Charge
from payments.states import Group
from studio.models import Location
from studio.refusal import BadInput

AT_ONCE = 25
"""So few that runs side by side share a month, and that little waits for the lease of one that died."""
LEASE = dt.timedelta(minutes=5)
Clock = Callable[[], dt.datetime]


@dataclass
class Run:
    """A run that goes on: its report, who works, and which charges it made."""

    report: BillingRun
    worker: Worker
    until: dt.date
    left: int | None
    pool: Executor | None
    threads: int
    patience: float
    mine: set[uuid.UUID] = field(default_factory=set)
    sources: tuple[DuesToCharge, OffSessionCharges, EndedDues] = field(
        default_factory=lambda: (DuesToCharge(), OffSessionCharges(), EndedDues())
    )


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
    latest = max((place.business_date(now) for place in Location.objects.filter(is_active=True)), default=now.date())
    if on is not None and on > latest:
        raise BadInput("on", "That day has not come. A dry run says what it would bring.")
    report = BillingRun.objects.create(started_at=now, on=on or latest, made=dues.make(now=now))
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(threads)) if threads > 1 else None
        run = Run(report, Worker(clock=clock), on or latest, limit, pool, threads, patience)
        while _turn(run) or _may_wait(run):
            report.save()
            tell(report)
    report.unclear = Charge.objects.live().filter(pk__in=run.mine).count()
    report.ended_at = clock()
    report.save()
    tell(report)
    return report


def _turn(run: Run) -> int:
    """Each kind of work once, in batches; how many rows were worked."""
    to_ask, asking, ended = run.sources
    most = AT_ONCE if run.left is None else min(run.left, AT_ONCE)
    owed = _claim(run, to_ask.claimable(now=run.worker.clock()).filter(starts_on__lte=run.until), most)
    _work(run, to_ask, owed)
    _count_dues(run, owed)
    mine = _claim(run, asking.claimable(now=run.worker.clock()).filter(owner__startswith=PREFIX), AT_ONCE)
    _work_side_by_side(run, asking, mine)
    # What this run has asked it finishes too, without the pause in which others might.
    told = Charge.objects.ended(owner_prefix=PREFIX).filter(pk__in=[row.pk for row in mine])
    told.update(run_at=run.worker.clock())
    over = _claim(run, ended.claimable(now=run.worker.clock()), AT_ONCE)
    _work(run, ended, over)
    _count_charges(run, over)
    return len(owed) + len(mine) + len(over)


def _claim(run: Run, rows: "QuerySet[Leased]", limit: int) -> Sequence[Leased]:
    if not limit:
        return ()
    with transaction.atomic(durable=True):
        return claim(rows, now=run.worker.clock(), lease=LEASE, limit=limit)


def _work(run: Run, source: Claimable, rows: Iterable[Leased]) -> None:
    for row in rows:
        _work_one(run, source, row)


def _work_side_by_side(run: Run, source: Claimable, rows: Sequence[Leased]) -> None:
    if run.pool is None:
        _work(run, source, rows)
        return

    waiting = SimpleQueue[Leased]()
    for row in rows:
        waiting.put(row)
    for lane in [run.pool.submit(_lane, run, source, waiting) for _ in range(min(run.threads, len(rows)))]:
        lane.result()


def _lane(run: Run, source: Claimable, waiting: "SimpleQueue[Leased]") -> None:
    """One thread of several: takes row after row, on a connection of its own."""
    try:
        while True:
            _work_one(run, source, waiting.get_nowait())
    except Empty:
        return
    finally:
        connections.close_all()


def _work_one(run: Run, source: Claimable, row: Leased) -> None:
    try:
        run.worker.try_row(source, row, now=run.worker.clock())
    except LeaseLost:
        return  # somebody else has it now, and counts it


def _may_wait(run: Run) -> bool:
    """Whether an answer of a charge of this run may still come in time; waits a moment for it."""
    soon = run.worker.clock() + dt.timedelta(seconds=run.patience)
    if not run.patience or not Charge.objects.live().filter(pk__in=run.mine, run_at__lte=soon).exists():
        return False
    time.sleep(1)
    run.patience -= 1
    return True


def _count_dues(run: Run, rows: Sequence[Leased]) -> None:
    keys = [row.pk for row in rows]
    if run.left is not None:
        run.left -= len(keys)
    run.report.skipped += Due.objects.filter(pk__in=keys, status=Due.Status.SKIPPED).count()
    owners = [f"{PREFIX}{key}" for key in keys]
    made = Charge.objects.filter(owner__in=owners, created_at__gte=run.report.started_at)
    run.mine.update(made.values_list("pk", flat=True))


def _count_charges(run: Run, rows: Sequence[Leased]) -> None:
    report = run.report
    for charge in Charge.objects.filter(pk__in=[row.pk for row in rows]).exclude(finished_at=None):
        if charge.status == Charge.Status.SUCCEEDED:
            report.charged += 1
            report.charged_cents += charge.amount_cents
        elif charge.status == Charge.Status.FAILED:
            name = f"declined_{charge.decline_group or Group.CUSTOMER}"
            setattr(report, name, getattr(report, name) + 1)


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
