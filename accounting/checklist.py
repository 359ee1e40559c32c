"""What stands between a month and its closing: each thing a row with its state, a sentence and a way to it."""

import datetime as dt
import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.conf import settings
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.module_loading import import_string

from ledger import chain
from ledger.accounts import Account
from ledger.models import Entry, Period, Posting
from ledger.money import dollars
from ledger.periods import still_in
from payments.models import BalanceReading, Charge, Payout, SyncPoint
from payments.movements import BOOKS_BEGIN
from payments.payouts import CAME_BACK
from pos.models import DrawerSession, Sale, Tender
from studio.models import Location

SHOWN = 3  # problems of one check in its sentence
BESIDE_THE_BOOKS = (
    "jobs.checks.",
    "giftcards.checks.check_nobody_guesses_codes",
    "ledger.checks.check_entries_are_linked",
)
"""Checks that keep no month open: a mail that waits is not of the books, and closing seals the entries itself."""
OWED_SINGLY = (
    Account.GIFT_CARDS,
    Account.PACKAGES,
    Account.MEMBER_CREDITS,
    Account.DUES,
    Account.CLIENT_CREDIT,
    Account.REFUNDS_PAYABLE,
)


class State(enum.StrEnum):
    """How a thing stands."""

    DONE = "done"
    BY_ITSELF = "by itself"
    BLOCKS = "blocks"


class Stage(enum.StrEnum):
    """Which closing a thing keeps from happening; what keeps the soft one keeps the final one too."""

    SOFT = "soft"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist; `link` is where it can be done, empty when nothing is to be done by a person."""

    name: str
    stage: Stage
    state: State
    sentence: str
    link: str = ""


def checklist(period: Period, *, using: str, now: dt.datetime) -> list[Step]:
    """Every step of closing the month, in the order in which they are done; the checks of the books come last."""
    return [*(step(period, using, now) for step in STEPS), *_checks(using, now)]


def quick_checklist(period: Period, *, using: str, now: dt.datetime) -> list[Step]:
    """The same without the checks of the books, which read all there is."""
    return [step(period, using, now) for step in STEPS]


def blockers(steps: list[Step], stage: Stage) -> list[Step]:
    """Those that keep the month from being closed that far."""
    stages = (Stage.SOFT,) if stage == Stage.SOFT else (Stage.SOFT, Stage.FINAL)
    return [step for step in steps if step.state == State.BLOCKS and step.stage in stages]


# What would still be posted into the month by itself: it keeps the soft closing -------------------------------------


def _month_is_over(period: Period, using: str, now: dt.datetime) -> Step:
    name = "The month is over"
    if names := still_in(period, now=now, using=using):
        return Step(name, Stage.SOFT, State.BLOCKS, f"{period} is not over at {', '.join(names)}.")
    return Step(name, Stage.SOFT, State.DONE, f"{period} is over at every location.")


def _drawers_are_closed(period: Period, using: str, now: dt.datetime) -> Step:
    name, link = "Drawers are counted", reverse("admin:pos_drawersession_changelist")
    sessions = DrawerSession.objects.using(using).filter(business_date__lt=period.ends_on)
    left_open = sessions.filter(status=DrawerSession.Status.OPEN).select_related("drawer__location")
    if named := ", ".join(str(session.drawer) for session in left_open):
        return Step(name, Stage.SOFT, State.BLOCKS, f"Not counted and closed: {named}.", link)
    return Step(name, Stage.SOFT, State.DONE, "Every drawer of the month is counted and closed.", link)


def _sales_are_finished(period: Period, using: str, now: dt.datetime) -> Step:
    name, link = "No sale is in flight", reverse("admin:pos_sale_changelist")
    ends_at = _ends_at(period, using)
    unfinished = Q(sale__status__in=[Sale.Status.OPEN, Sale.Status.PARKED], sale__opened_at__lt=ends_at)
    held = Tender.objects.using(using).filter(unfinished, status=Tender.Status.HELD)
    sales = held.order_by().values("sale").distinct().count()
    paid = Charge.objects.using(using).filter(
        status=Charge.Status.SUCCEEDED, finished_at=None, unsold_at=None, succeeded_at__lt=ends_at
    )
    charges = paid.count()
    if sales or charges:
        sentence = f"{sales} open or parked sales hold money, {charges} card payments have no finished sale."
        return Step(name, Stage.SOFT, State.BLOCKS, sentence, link if sales else reverse("trouble"))
    return Step(name, Stage.SOFT, State.DONE, "No open or parked sale of the month holds money.", link)


def _stripe_is_fetched(period: Period, using: str, now: dt.datetime) -> Step:
    name, link = "Stripe is read to the month's end", reverse("admin:payments_balancetransaction_changelist")
    ends_at = _ends_at(period, using)
    begin = SyncPoint.objects.using(using).filter(name=BOOKS_BEGIN).first()
    if begin is None or begin.at >= ends_at:
        return Step(name, Stage.SOFT, State.DONE, "No card had been charged by then.", link)
    if not BalanceReading.objects.using(using).filter(read_at__gte=ends_at).exists():
        sentence = f"Stripe's movements were not read after {ends_at:%Y-%m-%d %H:%M} UTC; the worker does, every hour."
        return Step(name, Stage.SOFT, State.BLOCKS, sentence, link)
    return Step(name, Stage.SOFT, State.DONE, "Stripe's movements are fetched, and its balance was read after.", link)


def _payouts_are_complete(period: Period, using: str, now: dt.datetime) -> Step:
    name, link = "Payouts are complete", reverse("admin:payments_payout_changelist")
    payouts = Payout.objects.using(using).filter(created_at__lt=_ends_at(period, using)).exclude(status__in=CAME_BACK)
    not_itemised = Q(is_automatic=True, itemised_at=None)
    not_posted = Q(arrives_on__lt=period.ends_on, arrived_at=None)
    if left := list(payouts.filter(not_itemised | not_posted).values_list("pk", flat=True)):
        sentence = f"{len(left)} payouts are not complete yet: {', '.join(left[:SHOWN])}."
        return Step(name, Stage.SOFT, State.BLOCKS, sentence, link)
    return Step(name, Stage.SOFT, State.DONE, "Every payout adds up, and those that were due have arrived.", link)


# What a correction can still put right: it keeps the final closing only ----------------------------------------------


def _earlier_months_are_closed(period: Period, using: str, now: dt.datetime) -> Step:
    name = "Earlier months are closed"
    closed = Period.objects.using(using).filter(status=Period.Status.CLOSED).values_list("month", flat=True)
    days = Entry.objects.using(using).filter(business_date__lt=period.month).order_by("business_date")
    months = {on.replace(day=1) for on in days.values_list("business_date", flat=True).distinct()} - set(closed)
    if months:
        first = min(months)
        link = reverse("close_month", args=[f"{first:%Y-%m}"])
        return Step(name, Stage.FINAL, State.BLOCKS, f"{first:%B %Y} is not closed.", link)
    return Step(name, Stage.FINAL, State.DONE, "Every month before it is closed.")


def _nothing_is_in_suspense(period: Period, using: str, now: dt.datetime) -> Step:
    name, link = "Nothing is in suspense", reverse("trouble")
    cents = {about: sum_ for about, sum_ in _by_instrument(period, using, [Account.STRIPE_SUSPENSE]).items() if sum_}
    if cents:
        sentence = f"${dollars(sum(map(abs, cents.values())))} in 1190 that nobody has placed: {_some(cents)}."
        return Step(name, Stage.FINAL, State.BLOCKS, sentence, link)
    return Step(name, Stage.FINAL, State.DONE, "1190 is empty.", link)


def _nothing_is_below_zero(period: Period, using: str, now: dt.datetime) -> Step:
    name = "Nothing owed is below zero"
    below = {about: cents for about, cents in _by_instrument(period, using, OWED_SINGLY).items() if cents > 0}
    if below:
        sentence = f"More was taken than there was of {_some(below)}."
        return Step(name, Stage.FINAL, State.BLOCKS, sentence, reverse("admin:ledger_entry_changelist"))
    return Step(name, Stage.FINAL, State.DONE, "No card, session, credit or refund is below zero.")


def _tips_are_assigned(period: Period, using: str, now: dt.datetime) -> Step:
    name = "Tips are assigned"
    tips = Posting.objects.using(using).filter(account=Account.TIPS, therapist=None)
    count = tips.filter(entry__business_date__lt=period.ends_on).count()
    if count:
        sentence = f"{count} postings of tips do not say whose they are."
        return Step(name, Stage.FINAL, State.BLOCKS, sentence, reverse("admin:ledger_entry_changelist"))
    return Step(name, Stage.FINAL, State.DONE, "Every tip belongs to somebody.")


def _entries_are_linked(period: Period, using: str, now: dt.datetime) -> Step:
    name = "Entries are sealed"
    waiting = chain.unlinked().using(using).filter(business_date__gte=period.month, business_date__lt=period.ends_on)
    if count := waiting.count():
        return Step(name, Stage.FINAL, State.BY_ITSELF, f"{count} entries are sealed when the month is closed.")
    return Step(name, Stage.FINAL, State.DONE, "Every entry has its number in the chain.")


STEPS: tuple[Callable[[Period, str, dt.datetime], Step], ...] = (
    _month_is_over,
    _drawers_are_closed,
    _sales_are_finished,
    _stripe_is_fetched,
    _payouts_are_complete,
    _earlier_months_are_closed,
    _nothing_is_in_suspense,
    _nothing_is_below_zero,
    _tips_are_assigned,
    _entries_are_linked,
)


def _checks(using: str, now: dt.datetime) -> Iterator[Step]:
    """A row for each check of the books that finds something, or one for all of them."""
    failed = 0
    paths = [path for path in settings.BOOK_CHECKS if not path.startswith(BESIDE_THE_BOOKS)]
    for path in paths:
        found = list(islice(import_string(path)(using=using, now=now), SHOWN + 1))
        if found:
            failed += 1
            more = " …" if len(found) > SHOWN else ""
            sentence = " ".join(problem.what for problem in found[:SHOWN]) + more
            yield Step(f"Check {found[0].check}", Stage.FINAL, State.BLOCKS, sentence)
    if not failed:
        sentence = f"All {len(paths)} checks of the books find nothing."
        yield Step("The books are in order", Stage.FINAL, State.DONE, sentence)


def _ends_at(period: Period, using: str) -> dt.datetime:
    """The first moment at which the month is over everywhere."""
    ends = [place.day_bounds(period.ends_on)[0] for place in Location.objects.using(using).all()]
    return max(ends, default=dt.datetime.combine(period.ends_on, dt.time(), dt.UTC))


def _by_instrument(period: Period, using: str, accounts: Sequence[Account]) -> dict[str, int]:
    """What each instrument is on each of these accounts at the month's end, by "2200 gift_card:…"."""
    rows = Posting.objects.using(using).filter(account__in=accounts, entry__business_date__lt=period.ends_on)
    sums = rows.order_by().values_list("account", "instrument").annotate(cents=Sum("amount_cents"))
    return {f"{account} {about}": int(cents) for account, about, cents in sums}


def _some(named: dict[str, int]) -> str:
    return ", ".join(f"“{about}”" for about in sorted(named)[:SHOWN]) + (" …" if len(named) > SHOWN else "")
