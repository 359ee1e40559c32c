"""Store credit as a way to pay: what the sale's client is owed, by this location first and then by the others (R4)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from ledger.accounts import Account
from ledger.journal import Line
from ledger.money import dollars
from pos import credit
from pos.asked import AskedTender
from pos.kinds import Offer, Payable
from pos.models import Client, ClientCredit, RefundTender, Tender
from pos.models.stored import NotEnoughLeft
from pos.tenders import NothingDue, PaysNoValue, PlainTender, exactly_cents
from studio.models import Location
from studio.refusal import BadInput, Refusal


class OtherClient(Refusal):
    """The sale is for somebody else than whose credit pays it."""

    code = "other_client"


class StoreCredit(PlainTender):
    """Credit of the client on the sale; one tender may use what several locations owe."""

    code = "store_credit"
    name = "Store credit"
    account = Account.CLIENT_CREDIT
    is_stored_value: ClassVar[bool] = True

    def offers(self, client: Client, *, location: Location, now: dt.datetime) -> Sequence[Offer]:
        """One for all locations together."""
        free_cents = sum(one.free_cents for one in credit.credits_of(client.pk, first=location))
        if not free_cents:
            return ()
        left = f"${dollars(free_cents)} left"
        return [Offer(self.code, instrument=str(client.pk), name=self.name, left=left, amount_cents=free_cents)]

    def check(self, tender: Tender, *, basket: Payable) -> None:
        if str(basket.sale.client_id) != tender.instrument:
            raise OtherClient("Store credit of another client is on this sale. Take it off first.")
        if basket.payable_by_value_cents < 0:
            raise PaysNoValue("Store credit does not buy gift cards and the like. Take some of it off first.")

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        client = _client(asked, basket)
        owed = credit.credits_of(client.pk, first=basket.sale.location)
        credit.lock(owed)
        amount_cents = _amount_cents(asked, basket, owed)
        credit.hold(owed, amount_cents, tender_id=tender_id)
        return Tender(
            id=tender_id,
            kind=self.code,
            amount_cents=amount_cents,
            tendered_cents=amount_cents,
            instrument=str(client.pk),
        )

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        credit.settle(tender, now=now)
        left = ClientCredit.objects.filter(client=tender.instrument)
        tender.reference = f"${dollars(sum(one.balance_cents for one in left))} left"

    def debits(self, tender: Tender) -> Iterator[Line]:
        yield from credit.used_up(tender)

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        credit.release(tender)

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        """Credit again, where it was owed before."""
        back = credit.bring_back(part.tender, part.amount_cents, key=f"refund:{part.pk}", now=now)
        yield from credit.brought_back(part.tender, back)

    def undo(self, tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
        """The mirror has said it in the books; the balances follow it."""
        credit.bring_back(tender, tender.amount_cents, key=f"void:{tender.pk}", now=now)
        yield from ()


def _client(asked: AskedTender, basket: Payable) -> Client:
    client = basket.sale.client
    if client is None:
        raise BadInput("kind", "Choose the client first: store credit pays for its owner.")
    if asked.instrument not in ("", str(client.pk)):
        raise OtherClient("This is store credit of another client.")
    return client


def _amount_cents(asked: AskedTender, basket: Payable, owed: Sequence[ClientCredit]) -> int:
    """What is asked for, else as much as is due, as may be paid so and as there is."""
    if basket.due_cents <= 0:
        raise NothingDue("This sale is paid already.")
    may_cents, free_cents = basket.payable_by_value_cents, sum(one.free_cents for one in owed)
    if may_cents <= 0:
        raise PaysNoValue("Store credit does not buy gift cards and the like: take another way to pay.")
    if asked.amount_cents is None and asked.tendered_cents is None:
        amount_cents = min(may_cents, free_cents)
    else:
        amount_cents = exactly_cents(asked, basket.due_cents)
    if amount_cents > may_cents:
        raise PaysNoValue(f"Store credit can pay ${dollars(may_cents)} of this sale, not gift cards and the like.")
    if not 0 < amount_cents <= free_cents:
        raise NotEnoughLeft(f"There is only ${dollars(free_cents)} of store credit left.", left_cents=free_cents)
    return amount_cents
