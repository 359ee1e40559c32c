"""What must hold when all is over: the same money at Stripe and in the books, once, and every sale has ended."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from ledger.accounts import Account
from ledger.journal import balance
from payments.models import CardRefund, Charge
from pos.models import Refund, Sale, Tender
from tests.books import books_are_clean
from tests.chaos.stripe_process import StripeProcess

ENDED = ("completed", "voided", "refunded", "partly_refunded", "abandoned")
SOLD = ("completed", "voided", "refunded", "partly_refunded")


@dataclass
class AtStripe:
    """Card money as Stripe has it, in cents by sale."""

    payments: Counter[str] = field(default_factory=Counter)
    paid_intents: set[str] = field(default_factory=set)
    taken: Counter[str] = field(default_factory=Counter)
    given_back: Counter[str] = field(default_factory=Counter)
    refunds: Counter[str] = field(default_factory=Counter)  # by the attempt that asked for it

    @classmethod
    def read(cls, stripe: StripeProcess) -> "AtStripe":
        found, sale_of = cls(), {}
        for intent in stripe.every(stripe.sdk.payment_intents.list):
            sale_of[intent.id] = intent.metadata.sale
            if intent.status == "succeeded":
                found.paid_intents.add(intent.id)
                found.payments[intent.metadata.sale] += 1
                found.taken[intent.metadata.sale] += intent.amount_received
        for refund in stripe.every(stripe.sdk.refunds.list):
            found.refunds[refund.metadata.attempt] += 1
            if refund.status != "failed":
                found.given_back[sale_of[refund.payment_intent]] += refund.amount
        return found


def all_is_well(
    stripe: StripeProcess, *, now: dt.datetime, told_completed: Iterable[str] = (), wanted: Iterable[str] = ()
) -> None:
    """Nothing twice, nothing lost, nothing open, and the books agree to the cent.

    Sales that were said to be completed are, and of those that nobody wanted to cancel all whose card has paid.
    """
    there = AtStripe.read(stripe)
    assert {sale: count for sale, count in there.payments.items() if count > 1} == {}, "paid twice"
    assert {refund: count for refund, count in there.refunds.items() if count > 1} == {}, "given back twice"
    assert _unsold(there) == [], "paid, and neither sold nor given back"
    assert _unpaid(there) == [], "sold, and not paid"
    paid = set(Charge.objects.filter(status=Charge.Status.SUCCEEDED).values_list("intent_id", flat=True))
    assert paid ^ there.paid_intents == set(), "paid here or there only"
    assert _forgotten(told_completed) == [], "said to be completed, and not"
    assert _forgotten(set(wanted) & there.payments.keys()) == [], "paid and wanted, and not completed"
    assert _open() == [], "left open"
    assert _not_sent(there) == [], "owed back, and not sent"
    assert balance(Account.STRIPE) == stripe.balance_cents()
    books_are_clean(now=now)


def _unsold(there: AtStripe) -> list[str]:
    """Sales whose card money is more than was sold for it, and has not gone back (or tried to: a debt in 2250)."""
    due: dict[str, int] = defaultdict(int)
    for tender in Tender.objects.filter(kind="card", status=Tender.Status.SETTLED).select_related("sale"):
        due[str(tender.sale_id)] += tender.amount_cents
    back: Counter[str] = Counter()
    for refund in CardRefund.objects.select_related("charge"):
        back[refund.charge.about.removeprefix("sale:")] += refund.amount_cents
    sold_back: Counter[str] = Counter()
    for part in Refund.objects.prefetch_related("tenders"):
        sold_back[str(part.sale_id)] += sum(one.amount_cents for one in part.tenders.all() if one.tender.kind == "card")
    return [sale for sale, cents in there.taken.items() if cents - back[sale] != due[sale] - sold_back[sale]]


def _unpaid(there: AtStripe) -> list[str]:
    settled = Tender.objects.filter(kind="card", status__in=[Tender.Status.SETTLED, Tender.Status.GIVEN_BACK])
    sold = Counter({str(sale): cents for sale, cents in settled.values_list("sale", "amount_cents")})
    return [sale for sale, cents in sold.items() if there.taken[sale] != cents]


def _forgotten(told_completed: Iterable[str]) -> list[str]:
    kept = {str(sale) for sale in Sale.objects.filter(status__in=SOLD).values_list("pk", flat=True)}
    return sorted(set(told_completed) - kept)


def _open() -> list[str]:
    """Sales, tenders and charges that have not come to their end."""
    sales = [f"{sale.pk} {sale.status}" for sale in Sale.objects.exclude(status__in=ENDED)]
    held = [f"tender {tender.pk}" for tender in Tender.objects.filter(status=Tender.Status.HELD)]
    live = Q(status__in=Charge.LIVE) | ~Q(status=Charge.Status.FAILED) & Q(finished_at=None) | Q(dead_at__isnull=False)
    # A charge that never got a yes may stay failed when its sale is over only once it is cancelled.
    charges = [f"{charge} {charge.status}" for charge in Charge.objects.filter(live | Q(status=Charge.Status.FAILED))]
    return [*sales, *held, *charges]


def _not_sent(there: AtStripe) -> list[str]:
    unsent = CardRefund.objects.filter(Q(stripe_id=None) | Q(status="created"))
    return [f"{refund} {refund.status} {refund.last_error}" for refund in unsent] + [
        f"{refund} is not at Stripe" for refund in CardRefund.objects.all() if not there.refunds[str(refund.pk)]
    ]
