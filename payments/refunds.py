"""Money back to cards: decided in one transaction (a debt in 2250), sent between transactions, settled in another."""

import datetime as dt
import logging
import uuid

from django.db import transaction
from django.db.models import QuerySet, Sum

from jobs.leases import LeaseLost, again
from jobs.leases import take as take_lease
from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from payments import keys
from payments.gateway import gateway
from payments.models import CardRefund, Charge
from payments.posting import post_when_open
from payments.rare import reached
from payments.states import Attempt, Busy, Indeterminate, Misuse, RefundState
from studio.models import Staff
from studio.refusal import Refusal

logger = logging.getLogger(__name__)

Status = CardRefund.Status

LEASE = dt.timedelta(seconds=60)
DESK_SENDS_FOR = dt.timedelta(seconds=15)
LOOK_AGAIN = dt.timedelta(hours=1)
SOON = dt.timedelta(seconds=2)
LONGEST_DOUBT = dt.timedelta(minutes=5)


class ChargeDisputed(Refusal):
    """The cardholder contests the charge: a refund would give the money back twice (STRIPE "disputes")."""

    code = "charge_disputed"


class MoreThanWasCharged(Exception):
    """A broken promise of the code: more would go back to a card than came from it."""


class NothingOwed(Refusal):
    """The refund is given back, or was settled before."""

    code = "nothing_owed"


# In the caller's transaction -----------------------------------------------------------------------------------------


def payable(refund: CardRefund) -> str:
    """The instrument under which 2250 holds the debt."""
    return f"refund:{refund.pk}"


def give_back(charge: Charge, amount_cents: int, *, owner: str, now: dt.datetime) -> CardRefund:
    """A refund to be sent once the caller has committed, who also posts the debt to 2250 (rule 44)."""
    charge = Charge.objects.select_for_update().get(pk=charge.pk)
    if charge.disputed_at is not None:
        raise ChargeDisputed(
            f"The cardholder disputes this charge ({charge.card}). It can not be refunded to the card."
        )
    going = charge.refunds.exclude(status=Status.FAILED).aggregate(sum=Sum("amount_cents"))["sum"] or 0
    if going + amount_cents > charge.amount_cents:
        raise MoreThanWasCharged(f"{charge}: {going} cents are going back already, not {amount_cents} more")
    return CardRefund.objects.create(
        charge=charge,
        owner=owner,
        location=charge.location,
        amount_cents=amount_cents,
        created_at=now,
        run_at=now + DESK_SENDS_FOR,
    )


def try_again(refund: CardRefund, *, by: Staff, now: dt.datetime) -> CardRefund:
    """Another try for a refund that failed: a new row that takes over the debt."""
    refund = _owed(refund)
    another = give_back(refund.charge, refund.amount_cents, owner=f"again:{refund.pk}", now=now)
    journal.post(
        key=f"card-refund:{refund.pk}:again",
        kind="card_refund_again",
        location=refund.location,
        occurred_at=now,
        now=now,
        lines=[
            debit(Account.REFUNDS_PAYABLE, refund.amount_cents, instrument=payable(refund)),
            credit(Account.REFUNDS_PAYABLE, refund.amount_cents, instrument=payable(another)),
        ],
        made_by=by,
    )
    _settled(refund, now=now)
    return another


def settle_otherwise(refund: CardRefund, *, by: Staff, note: str, now: dt.datetime) -> None:
    """Note that the client got the money by bank transfer or check instead: Dr 2250 Cr 1050."""
    refund = _owed(refund)
    journal.post(
        key=f"card-refund:{refund.pk}:otherwise",
        kind="card_refund_paid",
        location=refund.location,
        occurred_at=now,
        now=now,
        lines=[
            debit(Account.REFUNDS_PAYABLE, refund.amount_cents, instrument=payable(refund)),
            credit(Account.BANK, refund.amount_cents),
        ],
        made_by=by,
        memo=note[:200],
    )
    _settled(refund, now=now)


def _owed(refund: CardRefund) -> CardRefund:
    refund = CardRefund.objects.select_for_update(of=("self",)).select_related("charge", "location").get(pk=refund.pk)
    if refund.status != Status.FAILED or not refund.is_owed:
        raise NothingOwed("This refund is not waiting for anybody: it is on its way, or was paid.")
    return refund


def _settled(refund: CardRefund, *, now: dt.datetime) -> None:
    CardRefund.objects.filter(pk=refund.pk).update(settled_otherwise_at=now)


# Between transactions ------------------------------------------------------------------------------------------------


def send(refund_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Go on with a refund as far as it goes just now; nothing while somebody else does, or in a pause after doubt."""
    open_one = CardRefund.objects.filter(pk=refund_id, status=Status.CREATED).exclude(doubts__gt=0, run_at__gt=now)
    refund = take_lease(open_one, now=now, lease=LEASE)
    if refund is None:
        return
    try:
        go_on(refund, now=now)
    except LeaseLost:
        reached("lease_lost")


class OpenRefunds:
    """The worker's look at refunds that are not sent yet, and at those that are on their way."""

    lease = LEASE

    def claimable(self, *, now: dt.datetime) -> QuerySet[CardRefund]:
        return CardRefund.objects.filter(status__in=[Status.CREATED, Status.PENDING])

    def work(self, row: CardRefund, *, now: dt.datetime) -> None:
        go_on(row, now=now)


def go_on(refund: CardRefund, *, now: dt.datetime) -> None:
    """One step of the lease's holder: ask Stripe for it, or look how it goes; then the lease is given back."""
    try:
        state = _ask(refund)
    except Busy as busy:
        reached(f"refund_busy_{busy.code}")
        again(refund, run_at=now + SOON, why=f"busy: {busy.code}")
    except Indeterminate as doubt:
        _doubt(refund, doubt, now=now)
    except Misuse as error:
        logger.error("%s: Stripe refuses it: %s", refund, error)
        reached("refund_refused")
        _refused(refund, str(error), now=now)
        again(refund, run_at=now + LOOK_AGAIN)
    else:
        settle_refund(refund.pk, state, now=now)
        again(refund, run_at=now + LOOK_AGAIN, doubts=0)


def _ask(refund: CardRefund) -> RefundState:
    if refund.stripe_id is not None:
        return gateway().read_refund(refund.stripe_id)
    if refund.doubts or refund.attempts > 1:
        # An earlier try may have worked, or died before it could tell: Stripe lists what it has, and its keys are
        # forgotten after a day.
        known = gateway().find_refund(refund.charge.intent_id or "", attempt=refund.pk)
        if known is not None:
            reached("refund_found")
            return known
    metadata = {"attempt": str(refund.pk), "env": "live" if keys.is_live() else "test"}
    return gateway().refund(
        Attempt(refund.pk, refund.amount_cents, refund.create_try, metadata, refund.charge.intent_id or "")
    )


def _doubt(refund: CardRefund, doubt: Indeterminate, *, now: dt.datetime) -> None:
    reached("refund_5xx" if doubt.is_stored else "refund_lost")
    if doubt.is_stored:
        CardRefund.objects.filter(pk=refund.pk).update(create_try=refund.create_try + 1)
    doubts = min(refund.doubts + 1, 12)
    again(refund, run_at=now + min(SOON * 2**doubts, LONGEST_DOUBT), why=str(doubt) or "no answer", doubts=doubts)


def _refused(refund: CardRefund, why: str, *, now: dt.datetime) -> None:
    """Stripe will not do it: the debt stays in 2250 until it is paid some other way (R2)."""
    CardRefund.objects.filter(pk=refund.pk, status=Status.CREATED).update(
        status=Status.FAILED, failed_at=now, failure=why[:200]
    )


# What became of it ---------------------------------------------------------------------------------------------------


def settle_refund(refund_id: uuid.UUID, state: RefundState, *, now: dt.datetime) -> None:
    """Post what Stripe says of the refund, each step once: accepted (rule 44b), failed later (rule 47)."""
    with transaction.atomic(durable=True):
        refund = CardRefund.objects.select_for_update(of=("self",)).select_related("location").get(pk=refund_id)
        if refund.failed_at is not None or refund.stripe_id not in (None, state.id):
            return
        refund.stripe_id = state.id
        went_wrong = state.status in ("failed", "canceled")
        if refund.accepted_at is None and not went_wrong:
            _accept(refund, state, now=now)
        if went_wrong:
            _fail(refund, state, now=now)
        elif state.status == "succeeded":
            refund.status = Status.SUCCEEDED
        refund.save(update_fields=["stripe_id", "status", "accepted_at", "failed_at", "failure"])


def hear_refund(state: RefundState, *, now: dt.datetime) -> CardRefund | None:
    """Settle the refund that Stripe speaks of; None when it is none of ours."""
    found = CardRefund.objects.filter(stripe_id=state.id).first() or _by_attempt(state.metadata.get("attempt", ""))
    if found is None:
        reached("refund_of_nobody")
        return None
    settle_refund(found.pk, state, now=now)
    found.refresh_from_db()
    return found


def _by_attempt(attempt: str) -> CardRefund | None:
    try:
        return CardRefund.objects.filter(pk=uuid.UUID(attempt), stripe_id=None).first()
    except ValueError:
        return None


def _accept(refund: CardRefund, state: RefundState, *, now: dt.datetime) -> None:
    refund.status, refund.accepted_at = Status.PENDING, now
    _post(refund, state, what="accepted", kind="card_refund", at=state.created_at, now=now, sign=1)


def _fail(refund: CardRefund, state: RefundState, *, now: dt.datetime) -> None:
    reached("refund_failed_later" if refund.accepted_at else "refund_failed_at_once")
    if refund.accepted_at is not None:
        _post(refund, state, what="failed", kind="card_refund_failed", at=now, now=now, sign=-1)
    refund.status, refund.failed_at = Status.FAILED, now
    refund.failure = (state.failure_reason or state.status)[:200]


def _post(
    refund: CardRefund, state: RefundState, *, what: str, kind: str, at: dt.datetime, now: dt.datetime, sign: int
) -> None:
    """Dr 2250 Cr 1100 when Stripe takes it, the mirror when it comes back; on the first open day (rules 44b, 47)."""
    post_when_open(
        key=f"card-refund:{refund.pk}:{what}",
        kind=kind,
        location=refund.location,
        occurred_at=at,
        now=now,
        lines=[
            debit(Account.REFUNDS_PAYABLE, sign * refund.amount_cents, instrument=payable(refund)),
            credit(Account.STRIPE, sign * refund.amount_cents, instrument=state.id),
        ],
    )
