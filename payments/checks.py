"""What must hold between Stripe's money and the books; each function yields what does not (ACCOUNTING I20-I26, I44)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections
from django.db.models import F, Min, Q, Sum

from ledger.accounts import Account
from ledger.checks import Problem
from ledger.models import Posting
from ledger.money import dollars
from payments import disputes, payouts
from payments.models import (
    BalanceReading,
    BalanceTransaction,
    CardRefund,
    Charge,
    Dispute,
    HostedPage,
    Payout,
    PayoutItem,
)
from payments.movements import BOOKS_BEGIN
from payments.refunds import payable
from payments.unsold import instrument

A_DAY = dt.timedelta(days=1)
DAY_IS_OVER = dt.timedelta(hours=30)
"""By then the day of a charge is over, and its money is sold or put aside; and Stripe has moved it long since."""
ITEMISED_WITHIN = dt.timedelta(days=3)
RETURNED_WITHIN = dt.timedelta(days=7)

_SOURCES = f"""
    SELECT about, SUM(net), SUM(booked), SUM(moves) FROM (
        SELECT CASE source WHEN '' THEN stripe_id ELSE source END AS about, net_cents AS net, 0 AS booked, 1 AS moves
        FROM payments_balancetransaction
        WHERE created_at >= (SELECT at FROM payments_syncpoint WHERE name = '{BOOKS_BEGIN}')
        UNION ALL
        SELECT instrument, 0, amount_cents, 0 FROM ledger_posting WHERE account = {Account.STRIPE.value}
    ) AS both_sides GROUP BY about HAVING SUM(net) <> SUM(booked) ORDER BY about
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Gap:
    """A source whose movements are not what 1100 holds for it, in cents."""

    about: str
    moved_cents: int
    booked_cents: int
    is_fetched: bool

    @property
    def cents(self) -> int:
        """By how much the books have more than Stripe moved."""
        return self.booked_cents - self.moved_cents


def check_movements_are_posted(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I20 What Stripe moved for each charge, refund, dispute, payout is what 1100 holds for it."""
    for gap in _gaps(using, now):
        about = f"“{gap.about}”" if gap.about else "nothing by name"
        moved, booked = dollars(gap.moved_cents), dollars(gap.booked_cents)
        yield Problem("I20", f"Stripe moved {moved} for {about}, the books have {booked}.")


def check_balance_agrees(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I21 Between the first and the last reading, Stripe's balance changed by the movements that we know."""
    readings = BalanceReading.objects.using(using)
    apart = F("balance_cents") - F("transactions_cents")
    found = [readings.order_by(order).annotate(apart=apart).first() for order in ("read_at", "-read_at")]
    first, last = (reading.apart if reading else 0 for reading in found)
    if first != last:
        yield Problem("I21", f"Stripe's balance is {dollars(last - first)} off what its transactions come to.")


def check_finished_payouts_come_to_zero(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I22 A finished automatic payout and all that it consists of come to zero in 1100."""
    items = PayoutItem.objects.using(using).exclude(payout__itemised_at=None)
    apart: dict[str, int] = defaultdict(int)
    for payout_id, cents in items.values_list("payout").annotate(cents=Sum("transaction__net_cents")):
        apart[payout_id] += cents
    gaps = {gap.about: gap.cents for gap in _gaps(using, now)}
    with_gap = items.filter(Q(transaction__source__in=list(gaps)) | Q(transaction__in=list(gaps)))
    for payout_id, source, movement_id in with_gap.values_list("payout", "transaction__source", "transaction"):
        apart[payout_id] += gaps.pop(source or movement_id, 0)
    for payout_id, cents in apart.items():
        if cents:
            yield Problem("I22", f"Payout {payout_id} leaves {dollars(cents)} in 1100.")


def check_payouts_are_the_sum_of_their_parts(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I23 An automatic payout is the sum of its transactions, and is itemised soon after it arrived."""
    parts = ~Q(items__transaction__type="payout")
    itemised = Payout.objects.using(using).exclude(itemised_at=None)
    sums = itemised.annotate(sum=Sum("items__transaction__net_cents", filter=parts))
    for payout_id, amount_cents, cents in sums.values_list("pk", "amount_cents", "sum"):
        if (cents or 0) != amount_cents:
            are, come_to = dollars(amount_cents), dollars(cents or 0)
            yield Problem("I23", f"Payout {payout_id} is {are}, its transactions come to {come_to}.")
    late = Payout.objects.using(using).filter(is_automatic=True, itemised_at=None, status="paid")
    for payout in late.filter(arrived_at__lt=now - ITEMISED_WITHIN):
        yield Problem("I23", f"Payout {payout.pk} has arrived, and its transactions do not add up to it.")


def check_money_in_transit(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I24 1060 holds the payouts that have left Stripe and not arrived, each by its name."""
    due = _moved(using, payouts.CATEGORIES)
    arrived = Payout.objects.using(using).exclude(arrived_at=None)
    for payout_id, cents in arrived.values_list("pk", "amount_cents"):
        due[payout_id] -= cents
    yield from _compared("I24", Account.STRIPE_IN_TRANSIT, _booked(using, Account.STRIPE_IN_TRANSIT), due)


def check_disputed_money(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I25 1110 holds what open disputes took, each by its name, and nothing of those that are decided."""
    due = _moved(using, disputes.CATEGORIES)
    known = {dispute.pk: dispute for dispute in Dispute.objects.using(using).filter(pk__in=due)}
    for dispute_id in due:
        dispute = known.get(dispute_id)
        if dispute is None or _is_over(dispute, now):
            due[dispute_id] = 0
    yield from _compared("I25", Account.STRIPE_DISPUTED, _booked(using, Account.STRIPE_DISPUTED), due)


def _is_over(dispute: Dispute, now: dt.datetime) -> bool:
    """Whether nothing may be left of it: written off at once when lost, given back within some days when won."""
    is_closed = dispute.closed_at is not None and dispute.closed_at < now - RETURNED_WITHIN
    return dispute.status == "lost" or (dispute.status in disputes.DECIDED and is_closed)


def check_refunds_payable(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I26 2250 holds the card refunds that clients still wait for, and unsold card money (I14); each by its name."""
    due: dict[str, int] = defaultdict(int)
    for refund in CardRefund.objects.using(using).exclude(status__in=["pending", "succeeded"]):
        due[payable(refund)] -= refund.amount_cents if refund.is_owed else 0
    booked = Posting.objects.using(using).filter(account=Account.REFUNDS_PAYABLE)
    claims = booked.filter(entry__kind__in=["sale", "dispute_closed"]).order_by().values_list("instrument")
    claimed = dict(claims.annotate(Sum("amount_cents")))
    given_back = set(
        CardRefund.objects.using(using).filter(owner__startswith="unsold:").values_list("owner", flat=True)
    )
    for charge in Charge.objects.using(using).exclude(unsold_at=None):
        if f"unsold:{charge.pk}" not in given_back:
            due[instrument(charge)] -= charge.amount_cents - claimed.get(instrument(charge), 0)
    yield from _compared("I26", Account.REFUNDS_PAYABLE, _booked(using, Account.REFUNDS_PAYABLE), due)


def check_nothing_stays_in_suspense(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """I44 What nobody could place leaves 1190 within a day; a month is not closed before."""
    suspense = Posting.objects.using(using).filter(account=Account.STRIPE_SUSPENSE).values_list("instrument")
    sums = suspense.annotate(cents=Sum("amount_cents"), since=Min("entry__created_at"))
    for about, cents, _ in sums.exclude(cents=0).filter(since__lt=now - A_DAY).order_by("since"):
        yield Problem("I44", f"{dollars(cents)} of “{about}” are in suspense: nobody has said what they are.")


def check_charges_come_to_an_end(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Charges: none is under way for more than a day, and what is paid or cancelled is taken note of."""
    old = Charge.objects.using(using).filter(created_at__lt=now - A_DAY)
    for charge in old.filter(status__in=Charge.LIVE):
        yield Problem("charges", f"{charge} is {charge.get_status_display()} since {charge.created_at:%Y-%m-%d %H:%M}.")
    unnoticed = Charge.objects.using(using).filter(
        Charge.HAS_ENDED, created_at__lt=now - DAY_IS_OVER, finished_at=None, unsold_at=None
    )
    for charge in unnoticed:
        yield Problem("charges", f"{charge} is {charge.get_status_display()}, and {charge.owner} took no note of it.")


def check_pages_come_to_an_end(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Pages: none is open for more than a day after its time."""
    old = HostedPage.objects.using(using).filter(expires_at__lt=now - A_DAY, status__in=HostedPage.LIVE)
    for page in old:
        yield Problem(
            "pages", f"{page} is {page.get_status_display()}, and was to end {page.expires_at:%Y-%m-%d %H:%M}."
        )


def check_card_refunds_are_sent(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Card refunds: none waits for more than a day to be sent."""
    for refund in CardRefund.objects.using(using).filter(status="created", created_at__lt=now - A_DAY):
        yield Problem("card refunds", f"{refund} waits since {refund.created_at:%Y-%m-%d %H:%M}: {refund.last_error}")


# What is compared ----------------------------------------------------------------------------------------------------


def _gaps(using: str, now: dt.datetime) -> list[Gap]:
    """The sources that do not tie, but for charges and refunds whose other half is still on its way."""
    with connections[using].cursor() as cursor:
        cursor.execute(_SOURCES)
        # PostgreSQL's sum of whole numbers is a decimal.
        found = [Gap(about, int(moved), int(booked), moves > 0) for about, moved, booked, moves in cursor.fetchall()]
    names = [gap.about for gap in found]
    charges = _young_charges(using, names, now)
    refunds = _young_refunds(using, names, now)
    return [
        gap
        for gap in found
        if not _waits_for_half(gap, charges.get(gap.about)) and abs(gap.cents) != refunds.get(gap.about)
    ]


def _waits_for_half(gap: Gap, charged_cents: int | None) -> bool:
    """Not sold yet though Stripe has moved it, or sold and not moved yet."""
    return charged_cents is not None and gap.cents == (-charged_cents if gap.is_fetched else charged_cents)


def _young_charges(using: str, names: list[str], now: dt.datetime) -> dict[str, int]:
    paid = Charge.objects.using(using).filter(stripe_charge__in=names, succeeded_at__gte=now - DAY_IS_OVER)
    return dict(paid.order_by().values_list("stripe_charge", "amount_cents"))


def _young_refunds(using: str, names: list[str], now: dt.datetime) -> dict[str, int]:
    since = now - DAY_IS_OVER
    moved = CardRefund.objects.using(using).filter(Q(accepted_at__gte=since) | Q(failed_at__gte=since))
    rows = moved.filter(stripe_id__in=names).order_by().values_list("stripe_id", "amount_cents")
    return {stripe_id: cents for stripe_id, cents in rows if stripe_id}


def _moved(using: str, categories: tuple[str, ...]) -> dict[str, int]:
    """What movements of these categories brought to the account beside 1100, by source; without what is in suspense."""
    kinds = {"payout", "dispute"}
    posted = BalanceTransaction.objects.using(using).filter(category__in=categories, entry__kind__in=kinds)
    sums = posted.order_by().values_list("source").annotate(cents=Sum("amount_cents"))
    return defaultdict(int, {source: -cents for source, cents in sums})


def _booked(using: str, account: Account) -> dict[str, int]:
    sums = Posting.objects.using(using).filter(account=account).order_by().values_list("instrument")
    return dict(sums.annotate(cents=Sum("amount_cents")).exclude(cents=0))


def _compared(check: str, account: Account, booked: dict[str, int], due: dict[str, int]) -> Iterator[Problem]:
    for about in sorted(booked.keys() | due.keys()):
        has, wants = booked.get(about, 0), due.get(about, 0)
        if has != wants:
            yield Problem(check, f"{account.title} holds {dollars(has)} for “{about}”, and {dollars(wants)} are due.")
