"""Cards as a way to pay: what every tender with a charge behind it has in common, and the card on a reader (R4)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.money import dollars
from payments import asking, charges, refunds, unsold
from payments.charges import CardWasCharged, ChargeInFlight
from payments.models import CardRefund, Charge, Reader
from pos.asked import AskedTender
from pos.cardwords import progress_back_of, progress_of
from pos.kinds import Payable, Progress
from pos.models import RefundTender, Sale, Tender
from pos.tenders import PaysAnything, exactly_cents
from studio.refusal import BadInput, Refusal

Status = Charge.Status

OWNER = "tender:"


class CardNotPaid(Refusal):
    """The card has not paid: the sale can not be completed with it."""

    code = "card_not_paid"


class ByCharge(PaysAnything):
    """A way to pay with a charge behind it, which is asked for between transactions (rule 2)."""

    code: ClassVar[str]
    gives_back_cash: ClassVar[bool] = False

    def ask(self, tender: Tender, *, now: dt.datetime) -> None:
        asking.ask(charge_of(tender).pk, now=now)

    def progress(self, tender: Tender) -> Progress:
        back = None
        if tender.status == Tender.Status.GIVEN_BACK:
            back = self.progress_back(f"void:{tender.pk}")
        elif tender.status == Tender.Status.RELEASED:
            back = self.progress_back(f"unsold:{charge_of(tender).pk}")
        return back or progress_of(charge_of(tender))

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        self.settle_all([tender], now=now)

    def settle_all(self, tenders: Sequence[Tender], *, now: dt.datetime) -> None:
        """Every charge has paid, and nothing of it was given back because its sale was not made."""
        keys = [charge_of(tender).pk for tender in tenders]
        locked = Charge.objects.select_for_update(of=("self",)).order_by("pk").in_bulk(keys)
        gone = unsold.given_back(keys)
        for tender in tenders:
            charge = locked[charge_of(tender).pk]
            if charge.is_live:
                raise ChargeInFlight(progress_of(charge).sentence)
            if charge.status != Status.SUCCEEDED or charge.pk in gone:
                raise CardNotPaid("The card has not paid. Try again, or take another way to pay.")
            tender.charge, tender.reference = charge, charge.card
        Charge.objects.filter(pk__in=keys).update(finished_at=now)

    def debits(self, tender: Tender) -> Iterator[Line]:
        yield debit(*_where(tender), tender=self.code, instrument=_instrument(tender))

    def drop(self, tender: Tender, *, now: dt.datetime) -> bool:
        charge = charge_of(tender)
        if charge.status == Status.SUCCEEDED:
            raise CardWasCharged(
                f"The card was charged ${dollars(charge.amount_cents)}. Complete the sale, or cancel all of it to give "
                "the money back."
            )
        if not charge.has_ended:
            self.let_go(tender, now=now)
            return False
        self.release(tender, now=now)
        return True

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        """Money that was taken goes back (R1, rule 80); money that may still be taken keeps the sale as it is."""
        charge = charge_of(tender)
        if charge.status == Status.SUCCEEDED:
            unsold.release(charge, now=now)
        elif not charge.has_ended:
            raise ChargeInFlight("A card is still being asked for this sale. Take that back first, or wait for it.")
        else:
            Charge.objects.filter(pk=charge.pk).update(finished_at=now)

    def let_go(self, tender: Tender, *, now: dt.datetime) -> None:
        charges.want_cancel(charge_of(tender), now=now)
        charge_of(tender).refresh_from_db(fields=["status", "cancel_wanted_at"])

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        """Rule 44: a debt in 2250 until Stripe has taken it."""
        refund = refunds.give_back(charge_of(part.tender), part.amount_cents, owner=f"refund:{part.pk}", now=now)
        yield credit(Account.REFUNDS_PAYABLE, part.amount_cents, tender=self.code, instrument=refunds.payable(refund))

    def undo(self, tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
        """Rule 48: what the mirror took out of 1100 is still at Stripe; it goes back through 2250."""
        refund = refunds.give_back(charge_of(tender), tender.amount_cents, owner=f"void:{tender.pk}", now=now)
        yield debit(*_where(tender), tender=self.code, instrument=_instrument(tender))
        yield credit(Account.REFUNDS_PAYABLE, tender.amount_cents, tender=self.code, instrument=refunds.payable(refund))

    def send_back(self, owner: str, *, now: dt.datetime) -> None:
        for refund in CardRefund.objects.filter(owner=owner, status=CardRefund.Status.CREATED):
            refunds.send(refund.pk, now=now)

    def progress_back(self, owner: str) -> Progress | None:
        refund = CardRefund.objects.select_related("charge").filter(owner=owner).first()
        return progress_back_of(refund) if refund is not None else None


class CardOnReader(ByCharge):
    """A card held to a reader of this location."""

    code: ClassVar[str] = "card"
    name: ClassVar[str] = "Card"

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        amount_cents = exactly_cents(asked, basket.due_cents)
        charge = charges.take(
            owner=owner_of(tender_id),
            about=f"sale:{basket.sale.pk}",
            location=basket.sale.location,
            amount_cents=amount_cents,
            reader=_reader(asked.reader_id, basket.sale),
            now=now,
        )
        return Tender(
            id=tender_id, kind=self.code, amount_cents=amount_cents, tendered_cents=amount_cents, charge=charge
        )

    def try_again(self, tender: Tender, *, n: int, asked: AskedTender, now: dt.datetime) -> None:
        reader = _reader(asked.reader_id, tender.sale) if asked.reader_id is not None else None
        charges.present_again(charge_of(tender), n=n, reader=reader, now=now)


def _reader(reader_id: int | None, sale: Sale) -> Reader:
    """The reader asked for, or the only one of the location."""
    here = Reader.objects.filter(location=sale.location, is_active=True)
    found = list(here.filter(pk=reader_id) if reader_id is not None else here[:2])
    if len(found) != 1:
        sentence = "Choose a card reader." if found else "There is no such card reader here."
        raise BadInput("reader", sentence)
    return found[0]


def owner_of(tender_id: uuid.UUID) -> str:
    """Under which name a tender owns its charges and pages."""
    return f"{OWNER}{tender_id}"


def link(tender: Tender, charge: Charge) -> None:
    """Note which charge is behind a tender that is stored already; its sale is locked."""
    Tender.objects.filter(pk=tender.pk).update(charge=charge)
    tender.charge = charge


def charge_of(tender: Tender) -> Charge:
    """The charge behind a card tender."""
    assert tender.charge is not None  # noqa: S101 - every card tender that comes so far has one
    return tender.charge


def _where(tender: Tender) -> tuple[Account, int]:
    """The account that holds the captured money: 1100, or 2250 when it was put aside before the sale was done."""
    put_aside = charge_of(tender).unsold_at is not None
    return (Account.REFUNDS_PAYABLE if put_aside else Account.STRIPE), tender.amount_cents


def _instrument(tender: Tender) -> str:
    charge = charge_of(tender)
    return unsold.instrument(charge) if charge.unsold_at is not None else charge.stripe_charge
