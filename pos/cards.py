"""A card on the reader as a way to pay, and what becomes of its charge when nobody at the desk is left to see to it."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from typing import ClassVar

from django.db import transaction
from django.db.models import QuerySet

from jobs.leases import again, done
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.money import dollars
from payments import asking, charges, refunds, unsold
from payments.charges import CardWasCharged, ChargeInFlight
from payments.models import CardRefund, Charge, Reader
from pos import ending
from pos.asked import AskedTender
from pos.basket import Basket
from pos.kinds import Payable, Progress
from pos.models import RefundTender, Sale, Tender
from pos.tenders import PaysAnything, exactly_cents
from studio.refusal import BadInput, Refusal

Status = Charge.Status

FINISH_PAID_AFTER = dt.timedelta(seconds=15)
"""A paid sale that its tablet has left for so long is completed by the worker."""
LOOK_AGAIN = dt.timedelta(minutes=1)


class CardNotPaid(Refusal):
    """The card has not paid: the sale can not be completed with it."""

    code = "card_not_paid"


class CardOnReader(PaysAnything):
    """A card held to a reader of this location; the charge behind it is asked for between transactions (rule 2)."""

    code: ClassVar[str] = "card"
    name: ClassVar[str] = "Card"
    gives_back_cash: ClassVar[bool] = False

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        amount_cents = exactly_cents(asked, basket.due_cents)
        charge = charges.take(
            owner=f"tender:{tender_id}",
            about=f"sale:{basket.sale.pk}",
            location=basket.sale.location,
            amount_cents=amount_cents,
            reader=_reader(asked.reader_id, basket.sale),
            now=now,
        )
        return Tender(
            id=tender_id, kind=self.code, amount_cents=amount_cents, tendered_cents=amount_cents, charge=charge
        )

    def ask(self, tender: Tender, *, now: dt.datetime) -> None:
        asking.ask(_charge(tender).pk, now=now)

    def progress(self, tender: Tender) -> Progress:
        back = None
        if tender.status == Tender.Status.GIVEN_BACK:
            back = self.progress_back(f"void:{tender.pk}")
        elif tender.status == Tender.Status.RELEASED:
            back = self.progress_back(f"unsold:{_charge(tender).pk}")
        return back or _progress(_charge(tender))

    def try_again(self, tender: Tender, *, n: int, asked: AskedTender, now: dt.datetime) -> None:
        reader = _reader(asked.reader_id, tender.sale) if asked.reader_id is not None else None
        charges.present_again(_charge(tender), n=n, reader=reader, now=now)

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        charge = Charge.objects.select_for_update(of=("self",)).get(pk=_charge(tender).pk)
        if charge.is_live:
            raise ChargeInFlight(_progress(charge).sentence)
        if charge.status != Status.SUCCEEDED or unsold.refund_of(charge) is not None:
            raise CardNotPaid("The card has not paid. Try again, or take another way to pay.")
        Charge.objects.filter(pk=charge.pk).update(finished_at=now)
        tender.charge, tender.reference = charge, charge.card

    def debits(self, tender: Tender) -> Iterator[Line]:
        yield debit(*_where(tender), tender=self.code, instrument=_instrument(tender))

    def drop(self, tender: Tender, *, now: dt.datetime) -> bool:
        charge = _charge(tender)
        if charge.status == Status.SUCCEEDED:
            raise CardWasCharged(
                f"The card was charged ${dollars(charge.amount_cents)}. Complete the sale, or cancel all of it to give "
                "the money back."
            )
        if charge.status != Status.CANCELLED:
            self.let_go(tender, now=now)
            return False
        self.release(tender, now=now)
        return True

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        """Money that was taken goes back (R1, rule 80); money that may still be taken keeps the sale as it is."""
        charge = _charge(tender)
        if charge.status == Status.SUCCEEDED:
            unsold.release(charge, now=now)
        elif charge.status != Status.CANCELLED:
            raise ChargeInFlight("A card is still being asked for this sale. Take that back first, or wait for it.")
        else:
            Charge.objects.filter(pk=charge.pk).update(finished_at=now)

    def let_go(self, tender: Tender, *, now: dt.datetime) -> None:
        charges.want_cancel(_charge(tender), now=now)
        _charge(tender).refresh_from_db(fields=["status", "cancel_wanted_at"])

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        """Rule 44: a debt in 2250 until Stripe has taken it."""
        refund = refunds.give_back(_charge(part.tender), part.amount_cents, owner=f"refund:{part.pk}", now=now)
        yield credit(Account.REFUNDS_PAYABLE, part.amount_cents, tender=self.code, instrument=refunds.payable(refund))

    def undo(self, tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
        """Rule 48: what the mirror took out of 1100 is still at Stripe; it goes back through 2250."""
        refund = refunds.give_back(_charge(tender), tender.amount_cents, owner=f"void:{tender.pk}", now=now)
        yield debit(*_where(tender), tender=self.code, instrument=_instrument(tender))
        yield credit(Account.REFUNDS_PAYABLE, tender.amount_cents, tender=self.code, instrument=refunds.payable(refund))

    def send_back(self, owner: str, *, now: dt.datetime) -> None:
        for refund in CardRefund.objects.filter(owner=owner, status=CardRefund.Status.CREATED):
            refunds.send(refund.pk, now=now)

    def progress_back(self, owner: str) -> Progress | None:
        refund = CardRefund.objects.select_related("charge").filter(owner=owner).first()
        return _progress_back(refund) if refund is not None else None


def states_back(owners: Iterable[str]) -> dict[str, str]:
    """How far what goes back to cards is, by what it is for; one query for all."""
    found = CardRefund.objects.filter(owner__in=list(owners))
    return {refund.owner: _state_back(refund) for refund in found}


class EndedCharges:
    """The worker finishes what a charge was for, when the tablet that began it does not (DESIGN "Who finishes")."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> QuerySet[Charge]:
        ended = Charge.objects.filter(status__in=[Status.SUCCEEDED, Status.CANCELLED], finished_at=None)
        return ended.filter(owner__startswith="tender:")

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        with transaction.atomic(durable=True):
            is_finished = finish(row, now=now)
        if is_finished:
            done(row)
        else:
            again(row, run_at=now + LOOK_AGAIN)


def finish(charge: Charge, *, now: dt.datetime) -> bool:
    """Complete the paid sale of a charge, or take a cancelled one off it; False while that is not the time yet."""
    tender = Tender.objects.select_related("sale__location", "sale__opened_by", "sale__device").get(charge=charge)
    basket = ending.find_unattended(tender.sale)
    mine = next(one for one in basket.tenders if one.pk == tender.pk)
    if basket.sale.status == Sale.Status.OPEN and mine.status == Tender.Status.HELD:
        return _finish_open(basket, mine, now=now)
    if charge.status == Status.SUCCEEDED and mine.status == Tender.Status.RELEASED:
        unsold.release(charge, now=now)
    Charge.objects.filter(pk=charge.pk).update(finished_at=now)
    return True


def _finish_open(basket: Basket, tender: Tender, *, now: dt.datetime) -> bool:
    if _charge(tender).status == Status.CANCELLED:
        ending.drop_unattended(basket, tender, now=now)
        return True
    left_alone = now - basket.sale.last_request_at >= FINISH_PAID_AFTER
    return left_alone and ending.complete_unattended(basket, now=now)


def _reader(reader_id: int | None, sale: Sale) -> Reader:
    """The reader asked for, or the only one of the location."""
    here = Reader.objects.filter(location=sale.location, is_active=True)
    found = list(here.filter(pk=reader_id) if reader_id is not None else here[:2])
    if len(found) != 1:
        sentence = "Choose a card reader." if found else "There is no such card reader here."
        raise BadInput("reader", sentence)
    return found[0]


def _charge(tender: Tender) -> Charge:
    assert tender.charge is not None  # noqa: S101 - every card tender has one
    return tender.charge


def _where(tender: Tender) -> tuple[Account, int]:
    """The account that holds the captured money: 1100, or 2250 when it was put aside before the sale was done."""
    put_aside = _charge(tender).unsold_at is not None
    return (Account.REFUNDS_PAYABLE if put_aside else Account.STRIPE), tender.amount_cents


def _instrument(tender: Tender) -> str:
    charge = _charge(tender)
    return unsold.instrument(charge) if charge.unsold_at is not None else charge.stripe_charge


def _progress(charge: Charge) -> Progress:
    state = _state(charge)
    return Progress(
        state=state,
        sentence=_sentence(state, charge),
        card=charge.card,
        tries=charge.try_wanted,
        decline_code=charge.decline_code,
        reader_id=charge.reader_id,
        reader=str(charge.reader) if charge.reader_id else "",
    )


def _state(charge: Charge) -> str:
    if charge.status == Status.SUCCEEDED:
        return "paid"
    if charge.status == Status.CANCELLED:
        return "cancelled"
    if charge.cancel_wanted_at is not None:
        return "cancelling"
    if charge.status == Status.FAILED:
        return charge.failure
    if charge.doubts or charge.status in (Status.UNKNOWN, Status.REQUIRES_ACTION):
        return "checking"
    return "waiting"


def _sentence(state: str, charge: Charge) -> str:
    amount = f"${dollars(charge.amount_cents)}"
    reader = str(charge.reader) if charge.reader_id else "the reader"
    return {
        "waiting": f"Present card · {amount} · {reader}",
        "checking": "Checking with the bank. Take no other payment for this yet.",
        "cancelling": "Taking it back from the reader. Wait until it is known.",
        "cancelled": "Nothing was charged.",
        "paid": f"Paid {amount} with {charge.card}.",
        Charge.Failure.DECLINED: f"Declined: {_why(charge.decline_code)}. Try again, or another card.",
        Charge.Failure.CANCELLED_AT_READER: f"Cancelled on {reader}. Nothing was charged.",
        Charge.Failure.READER_GONE: f"{reader} does not answer. Check its power and network, or choose another.",
        Charge.Failure.READER_FAILED: f"{reader} could not do it. Try again, or choose another.",
    }[state]


REASONS = {
    "insufficient_funds": "not enough money on the card",
    "expired_card": "the card is expired",
    "incorrect_pin": "the PIN was wrong",
    "invalid_pin": "the PIN was wrong",
    "pin_try_exceeded": "too many wrong PINs",
    "online_or_offline_pin_required": "the card wants to be inserted, with PIN",
    "offline_pin_required": "the card wants to be inserted, with PIN",
    "card_not_supported": "the bank does not allow this kind of payment",
    "currency_not_supported": "the card does not pay in this currency",
    "processing_error": "something went wrong on the way to the bank",
    "issuer_not_available": "the bank does not answer",
    "withdrawal_count_limit_exceeded": "the card has reached its limit",
    "card_velocity_exceeded": "the card has reached its limit",
    "approve_with_id": "the bank wants to be called",
    "call_issuer": "the bank wants to be called",
}
"""What a cashier may say of a decline; a lost or stolen card and a suspicion are nobody's business but the bank's."""


def _why(decline_code: str) -> str:
    return REASONS.get(decline_code, "the bank said no")


def _state_back(refund: CardRefund) -> str:
    return {
        CardRefund.Status.CREATED: "sending",
        CardRefund.Status.PENDING: "on_its_way",
        CardRefund.Status.SUCCEEDED: "given_back",
        CardRefund.Status.FAILED: "failed" if refund.is_owed else "paid_otherwise",
    }[CardRefund.Status(refund.status)]


def _progress_back(refund: CardRefund) -> Progress:
    state, card, amount = _state_back(refund), refund.charge.card, f"${dollars(refund.amount_cents)}"
    sentence = {
        "sending": f"{amount} is being sent back to {card}.",
        "on_its_way": f"{amount} is on its way to {card}.",
        "given_back": f"{amount} went back to {card}; it shows in 5 to 10 days.",
        "failed": f"{amount} could not go back to {card}. The owner will pay it otherwise.",
        "paid_otherwise": f"{amount} could not go back to {card} and was paid otherwise.",
    }[state]
    return Progress(state=state, sentence=sentence, card=card)
