"""What must hold when all is over: the same money at Stripe and in the books, once, every sale and due has ended."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from ledger.accounts import Account
from ledger.journal import balance
from memberships.models import Due, LotHold, SessionLot
from payments.models import CardRefund, Charge, HostedPage
from pos.models import RefundTender, Sale, Tender
from tests.books import books_are_clean
from tests.chaos.stripe_process import StripeProcess

ENDED = ("completed", "voided", "refunded", "partly_refunded", "abandoned")
SOLD = ("completed", "voided", "refunded", "partly_refunded")


@dataclass
class AtStripe:
    """Card money as Stripe has it, in cents by intent; payments by what they are for: a sale, or a due of ours."""

    payments: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    given_back: Counter[str] = field(default_factory=Counter)
    refunds: Counter[str] = field(default_factory=Counter)  # by the attempt that asked for it

    @classmethod
    def read(cls, stripe: StripeProcess) -> "AtStripe":
        found = cls()
        owners = dict(Charge.objects.exclude(intent_id=None).values_list("intent_id", "owner"))
        for intent in stripe.every(stripe.sdk.payment_intents.list):
            if intent.status == "succeeded":
                about = intent.metadata.to_dict()
                found.payments[about.get("sale") or owners.get(intent.id, intent.id)] += 1
                found.taken[intent.id] += intent.amount_received
        for refund in stripe.every(stripe.sdk.refunds.list):
            found.refunds[refund.metadata.attempt] += 1
            if refund.status != "failed":
                found.given_back[refund.payment_intent] += refund.amount
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
    assert paid ^ there.taken.keys() == set(), "paid here or there only"
    assert _forgotten(told_completed) == [], "said to be completed, and not"
    assert _forgotten(set(wanted) & there.payments.keys()) == [], "paid and wanted, and not completed"
    assert _open() == [], "left open"
    assert _not_sent(there) == [], "owed back, and not sent"
    assert balance(Account.STRIPE) == stripe.balance_cents()
    books_are_clean(now=now)


def every_due_was_charged_once(stripe: StripeProcess, dues: Iterable[Due]) -> None:
    """Stripe's own intents are the witness: one that has paid for each due, of its amount; and each granted once."""
    there, rows = AtStripe.read(stripe), list(dues)
    owed = {due.key: due.amount_cents for due in rows}
    intents = {due.key: _kept(there, due) for due in rows}
    assert {key: taken for key, taken in intents.items() if taken != [owed[key]]} == {}, "not charged once"
    granted = Counter(SessionLot.objects.filter(due_key__in=owed).values_list("due_key", flat=True))
    assert granted == dict.fromkeys(owed, 1), "not granted once"
    paid = Due.objects.filter(pk__in=[key.removeprefix("due:") for key in owed], status=Due.Status.PAID)
    assert paid.count() == len(owed), "charged, and not paid"


def _kept(there: AtStripe, due: Due) -> list[int]:
    """What each card that paid for the due has paid, by itself or in its sale at a desk."""
    asked = Charge.objects.filter(Q(owner=due.key) | Q(about=due.sale_key)).values_list("intent_id", flat=True)
    return [there.taken[intent] - there.given_back[intent] for intent in asked if there.taken[intent]]


def _unsold(there: AtStripe) -> list[str]:
    """Charges whose money is more than was sold for it, and has not gone back (or tried to: a debt in 2250)."""
    charges = Charge.objects.filter(intent_id__in=there.taken)
    due: Counter[uuid.UUID | None] = Counter()
    for tender in Tender.objects.filter(status=Tender.Status.SETTLED).exclude(charge=None):
        due[tender.charge_id] += tender.amount_cents
    for part in RefundTender.objects.filter(tender__status=Tender.Status.SETTLED).exclude(tender__charge=None):
        due[part.tender.charge_id] -= part.amount_cents
    back: Counter[uuid.UUID] = Counter()
    for refund in CardRefund.objects.all():
        back[refund.charge_id] += refund.amount_cents
    return [
        f"{charge.owner} {charge.about}"
        for charge in charges
        if there.taken[charge.intent_id or ""] - back[charge.pk] != due[charge.pk]
    ]


def _unpaid(there: AtStripe) -> list[str]:
    settled = Tender.objects.filter(status__in=[Tender.Status.SETTLED, Tender.Status.GIVEN_BACK]).exclude(charge=None)
    sold = settled.values_list("charge__intent_id", "amount_cents", "sale")
    return [str(sale) for intent, cents, sale in sold if there.taken[intent] != cents]


def _forgotten(told_completed: Iterable[str]) -> list[str]:
    kept = {str(sale) for sale in Sale.objects.filter(status__in=SOLD).values_list("pk", flat=True)}
    return sorted(set(told_completed) - kept)


def _open() -> list[str]:
    """Sales, tenders and charges that have not come to their end."""
    sales = [f"{sale.pk} {sale.status}" for sale in Sale.objects.exclude(status__in=ENDED)]
    held = [f"tender {tender.pk}" for tender in Tender.objects.filter(status=Tender.Status.HELD)]
    live = Q(status__in=Charge.LIVE) | ~Q(status=Charge.Status.FAILED) & Q(finished_at=None) | Q(dead_at__isnull=False)
    # A charge at a reader that never got a yes may stay failed when its sale is over only once it is cancelled; that
    # to a saved card is cancelled before it fails.
    failed = Q(status=Charge.Status.FAILED) & ~Q(how=Charge.How.OFF_SESSION, finished_at__isnull=False)
    charges = [f"{charge} {charge.status}" for charge in Charge.objects.filter(live | failed)]
    pages = [f"page {page.pk} {page.status}" for page in HostedPage.objects.live().filter(purpose="payment")]
    holds = [f"hold of {hold.tender_id}" for hold in LotHold.objects.all()]
    return [*sales, *held, *charges, *pages, *holds]


def _not_sent(there: AtStripe) -> list[str]:
    unsent = CardRefund.objects.filter(Q(stripe_id=None) | Q(status="created"))
    return [f"{refund} {refund.status} {refund.last_error}" for refund in unsent] + [
        f"{refund} is not at Stripe" for refund in CardRefund.objects.all() if not there.refunds[str(refund.pk)]
    ]
