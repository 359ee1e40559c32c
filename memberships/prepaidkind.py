"""Months of a membership as a line of a sale, paid at once by any tender and for anybody (R34)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import ClassVar

from ledger.accounts import Account
from ledger.journal import Dimensions, Line, credit, debit
from ledger.money import cumulative_share
from memberships import dues, ending, lots, prepaid, states
from memberships.dueskinds import uuid_in
from memberships.models import Due, Membership, SessionLot, TaxPoint
from pos.asked import AskedLine
from pos.kinds import Back, PricingContext
from pos.models import RefundLine, SaleLine, TaxCategory
from pos.reversals import NotRefundable
from pos.voids import NotVoidable
from studio.refusal import BadInput, Refusal

Status = Membership.Status


class PaidElsewhere(Refusal):
    """Months are paid ahead at the location that grants them."""

    code = "other_location"


class NotMember(Refusal):
    """The membership rests or is over."""

    code = "membership_not_active"


class MonthsAhead:
    """`quantity` months of a membership; `instrument` is the membership that was arranged, or that goes on."""

    code: ClassVar[str] = prepaid.KIND
    takes_discounts: ClassVar[bool] = False
    needs_money: ClassVar[bool] = False

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        if len({line.instrument for line in asked}) != len(asked):
            raise BadInput("instrument", "Put each membership on the sale once.")
        return [self._line(line, at) for line in asked]

    def _line(self, asked: AskedLine, at: PricingContext) -> SaleLine:
        membership = _membership(asked.instrument)
        if membership.status in (Status.FROZEN, Status.ENDED):
            raise NotMember(f"This membership is {membership.get_status_display()}.")
        months, plan = prepaid.check_months(asked.quantity), membership.plan
        if membership.location_id != at.location.pk:
            raise PaidElsewhere(f"Months of this membership are paid at {membership.location}.")
        for due in membership.dues.filter(status=Due.Status.DUE):
            dues.must_not_be_asked(due)
        return SaleLine(
            kind=self.code,
            name=f"{plan}, {months} {'month' if months == 1 else 'months'} ahead",
            category="dues",
            tax_category=plan.tax_category if plan.tax_point == TaxPoint.SALE else TaxCategory.EXEMPT,
            is_service=False,
            quantity=months,
            unit_cents=plan.price_cents,
            list_cents=months * plan.price_cents,
            why=f"{plan}, version {plan.version}, for {membership.client}",
            instrument=prepaid.instrument_of(membership),
        )

    def treatments(self, line: SaleLine) -> frozenset[int]:
        """What a credit of the plan pays for."""
        return frozenset(item.pk for item in _membership(line.instrument).plan.items.all())

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """Rule 26: the month that begins now is owed as credits, the others are dues not earned yet (2225)."""
        membership = _membership(line.instrument)
        for lot in SessionLot.objects.filter(sale_line=line.pk):
            yield lots.granted_value(lot, lot.paid_cents)
        yield credit(Account.DUES, prepaid.ahead_cents(line), **_whose(membership))

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """The months are there; the first begins now, unless the one before it lasts."""
        membership = states.lock(_membership(line.instrument).pk)
        today = membership.location.business_date(now)
        ahead = {
            "paid_ahead": membership.paid_ahead + line.quantity,
            "ahead_cents": membership.ahead_cents + line.net_cents,
        }
        if membership.status == Status.JOINING:
            states.move(membership, Status.ACTIVE, anchor_on=today, paid_until=today, **ahead)
        else:
            states.change(membership, **ahead)
        if membership.paid_until <= today:
            prepaid.grant_from(line, membership, now=now)
        line.reference = f"paid ahead for {membership.client}"[:80]
        SaleLine.objects.filter(pk=line.pk).update(reference=line.reference)

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        """Rule 32: the months that were not granted, and what is unused of the others; all of it at once."""
        if quantity != line.quantity:
            raise NotRefundable(f"What is left of the {line.quantity} months comes back together.")
        unused = sum(lot.value_cents - lot.held_cents for lot in _open_lots(line))
        net_cents = prepaid.ahead_cents(line) + unused
        if not net_cents:
            raise NotRefundable("The sessions of these months are used. Give credit as goodwill instead.")
        kept_cents = line.net_cents - net_cents
        taxes = {
            tax.jurisdiction: tax.amount_cents - cumulative_share(tax.amount_cents, kept_cents, line.net_cents)
            for tax in line.taxes.all()
        }
        return Back(net_cents, taxes)

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        yield from self._take(part.line, key=f"refund:{part.pk}", why="Months refunded", now=now)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        """The sale is voided; its mirror has posted already."""
        if any(lot.free_units != lot.granted_units for lot in SessionLot.objects.filter(sale_line=line.pk)):
            raise NotVoidable("A session of these months was used. Refund what is left instead.")
        list(self._take(line, key=f"void:{line.pk}", why="Sale voided", now=now))

    def _take(self, line: SaleLine, *, key: str, why: str, now: dt.datetime) -> Iterator[Line]:
        """Months and unused credits are taken back; a membership that lived by them ends."""
        membership = states.lock(_membership(line.instrument).pk)
        ahead_cents, months = prepaid.ahead_cents(line), line.quantity - prepaid.granted(line)
        yield debit(Account.DUES, ahead_cents, **_whose(membership))
        for lot in _open_lots(line):
            cents = lots.revoke(lot, units=lot.free_units, now=now, key=f"{key}:{lot.pk}", why=why)
            yield lots.locked_value(lot, cents)
        for due in membership.dues.filter(status=Due.Status.PAID, sale_key=f"sale:{line.sale_id}"):
            states.move_due(due, Due.Status.REFUNDED)
        states.change(
            membership,
            paid_ahead=membership.paid_ahead - months,
            ahead_cents=membership.ahead_cents - ahead_cents,
        )
        if not membership.renews and not membership.paid_ahead and membership.status != Status.ENDED:
            today = membership.location.business_date(now)
            ending.end(membership, why=Membership.End.BY_STUDIO, on=today, now=now)


def _open_lots(line: SaleLine) -> list[SessionLot]:
    return list(SessionLot.objects.filter(sale_line=line.pk, status=SessionLot.Status.OPEN).order_by("opened_at", "pk"))


def _membership(instrument: str) -> Membership:
    """The membership that the line is about."""
    found = uuid_in(instrument.removeprefix("membership:"))
    rows = Membership.objects.select_related("plan", "client", "location")
    membership = rows.filter(pk=found).first() if found is not None else None
    if membership is None:
        raise BadInput("instrument", "There is no such membership: say first for whom it is.")
    return membership


def _whose(membership: Membership) -> Dimensions:
    return {"instrument": prepaid.instrument_of(membership), "client": membership.client_id}
