"""What members pay as lines of sales: the first month when they join, and every month that they owe (rules 26, 32)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from django.db.models import Q

from ledger.journal import Line
from ledger.money import cumulative_share
from memberships import dues, ending, joining, lots, states
from memberships.dues import NothingOwed
from memberships.models import Due, Membership, SessionLot, TaxPoint
from payments.models import Charge, HostedPage
from pos.asked import AskedLine
from pos.kinds import Back, PricingContext
from pos.models import RefundLine, SaleLine, TaxCategory
from pos.reversals import NotRefundable
from pos.voids import NotVoidable
from studio.refusal import BadInput


class PaysADue:
    """What both have in common: a due that is paid grants its credits, and what is unused of them can come back."""

    code: ClassVar[str]
    takes_discounts: ClassVar[bool] = False
    needs_money: ClassVar[bool] = True

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        """Each due locked, so that no card is asked for it while it stands on a sale."""
        if len({line.instrument for line in asked}) != len(asked):
            raise BadInput("instrument", "Put each month on the sale once.")
        found = {line.instrument: self._found(line, at) for line in sorted(asked, key=lambda one: one.instrument)}
        lines = [self._line(line, found[line.instrument]) for line in asked]
        for line in lines:
            line.known = at.known.get(line.instrument)
        return lines

    def _found(self, asked: AskedLine, at: PricingContext) -> Due:
        """The due of a line, locked, and seen not to be asked for."""
        if asked.instrument in at.known:
            known: Due = at.known[asked.instrument]
            return known
        due = self._due(asked, at)
        if due.status in dues.OPEN:
            dues.must_not_be_asked(due)
        return due

    def _due(self, asked: AskedLine, at: PricingContext) -> Due:
        raise NotImplementedError

    def _line(self, asked: AskedLine, due: Due) -> SaleLine:
        if asked.quantity != 1:
            raise BadInput("quantity", "A month is paid once.")
        if due.status not in dues.OPEN:
            raise NothingOwed(f"This month of {due.plan} is {due.get_status_display()}.")
        is_taxed = due.plan.tax_point == TaxPoint.SALE
        return SaleLine(
            kind=self.code,
            name=f"{due.plan}, {due.starts_on:%b} {due.starts_on.day} to {due.ends_on:%b} {due.ends_on.day}",
            category="dues",
            tax_category=due.plan.tax_category if is_taxed else TaxCategory.EXEMPT,
            is_service=False,
            quantity=1,
            unit_cents=due.amount_cents,
            list_cents=due.amount_cents,
            why=f"{due.plan}, version {due.plan.version}",
            instrument=due.key,
        )

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """Rule 26: all of it is owed as credits, each lot by itself."""
        for lot in [line.known] if isinstance(line.known, SessionLot) else line.session_lots.all():
            yield lots.granted_value(lot, line.net_cents)

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """The credits are granted and the membership goes on; DueChanged when somebody else was faster."""
        self.deliver_all([line], now=now)

    def deliver_all(self, lines: Sequence[SaleLine], *, now: dt.datetime) -> None:
        """`deliver` for many lines, in a few statements for all of them."""
        locked = {line.known.pk: line.known for line in lines if isinstance(line.known, Due)}
        opened = dues.pay_all({due_id(line.instrument): line for line in lines}, locked=locked, now=now)
        for line in lines:
            line.known = lot = opened[due_id(line.instrument)]
            line.reference = f"{lot.units} {'session' if lot.units == 1 else 'sessions'}, until {lot.expires_on}"
            if not line._state.adding:
                SaleLine.objects.filter(pk=line.pk).update(reference=line.reference)
        # A page that the client still has open is closed: who pays there too gets it back.
        pages = HostedPage.objects.live().filter(owner__in=[line.instrument for line in lines], close_wanted_at=None)
        pages.update(close_wanted_at=now, run_at=now)

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        """Rule 32: what is unused of it, and that part of its tax."""
        lot = _lot(line)
        net_cents = lot.value_cents - lot.held_cents
        if lot.status != SessionLot.Status.OPEN or not lot.free_units:
            raise NotRefundable("The sessions of this month are used. Give credit as goodwill instead.")
        kept_cents = line.net_cents - net_cents
        taxes = {
            tax.jurisdiction: tax.amount_cents - cumulative_share(tax.amount_cents, kept_cents, line.net_cents)
            for tax in line.taxes.all()
        }
        return Back(net_cents, taxes)

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        """The unused credits are taken back, and the month is closed (R2, R26)."""
        lot = _lot(part.line)
        cents = lots.revoke(lot, units=lot.free_units, now=now, key=f"refund:{part.pk}", why="Month refunded")
        due = dues.lock(due_id(part.line.instrument))
        states.move_due(due, Due.Status.REFUNDED)
        self._after_refund(due, now=now)
        yield lots.locked_value(lot, cents)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        """The sale is voided: as if it had not been paid, unless a session of it was used."""
        lot = _lot(line)
        if lot.status != SessionLot.Status.OPEN or lot.free_units != lot.granted_units:
            raise NotVoidable("A session of this month was used. Refund what is left instead.")
        lots.revoke(lot, units=lot.granted_units, now=now, key=f"void:{line.pk}", why="Sale voided")
        SessionLot.objects.filter(pk=lot.pk).update(due_key="")  # the month may be paid again, and grants again
        self._unpaid(dues.lock(due_id(line.instrument)), now=now)

    def _after_refund(self, due: Due, *, now: dt.datetime) -> None:
        """What becomes of the membership: nothing, it is due again next month."""

    def _unpaid(self, due: Due, *, now: dt.datetime) -> None:
        raise NotImplementedError


class Dues(PaysADue):
    """A month that a member owes; `instrument` is the due's key. Anybody may pay it."""

    code: ClassVar[str] = "dues"

    def _due(self, asked: AskedLine, at: PricingContext) -> Due:
        due = dues.find(due_id(asked.instrument))
        if due is None:
            raise NothingOwed("There is no such month to pay.")
        return due

    def _unpaid(self, due: Due, *, now: dt.datetime) -> None:
        if Charge.objects.filter(owner=due.key, status=Charge.Status.SUCCEEDED).exists():
            states.move_due(due, Due.Status.REFUNDED)  # a card is never asked twice for one month
        else:
            dues.reopen(due, now=now)


class Joining(PaysADue):
    """The first month of a membership that was agreed to; `item` is the plan, `instrument` the membership."""

    code: ClassVar[str] = "membership"

    def _due(self, asked: AskedLine, at: PricingContext) -> Due:
        membership = _membership(asked.instrument)
        if at.client is None or at.client.pk != membership.client_id:
            raise BadInput("client", f"Choose the client who joins first: {membership.client}.")
        if asked.item and asked.item != membership.plan.code:
            raise BadInput("item", f"The client agreed to {membership.plan}.")
        return dues.lock(joining.first_due(membership).pk)

    def treatments(self, line: SaleLine) -> frozenset[int]:
        """What a credit of the plan pays for."""
        items = Due.objects.filter(pk=due_id(line.instrument)).values_list("plan__items", flat=True)
        return frozenset(found for found in items if found is not None)

    def _after_refund(self, due: Due, *, now: dt.datetime) -> None:
        """Refunding what began a membership ends it (R2)."""
        self._ends(due, now=now)

    def _unpaid(self, due: Due, *, now: dt.datetime) -> None:
        states.move_due(due, Due.Status.REFUNDED)
        self._ends(due, now=now)

    def _ends(self, due: Due, *, now: dt.datetime) -> None:
        membership = due.membership
        if membership.status == Membership.Status.ENDED:
            return
        ending.end(membership, why=Membership.End.BY_STUDIO, on=membership.location.business_date(now), now=now)


def due_id(key: str) -> uuid.UUID:
    """The id of the due that a line's instrument names; NothingOwed when it names none."""
    found = uuid_in(key.removeprefix("due:")) if key.startswith("due:") else None
    if found is None:
        raise NothingOwed("There is no such month to pay.")
    return found


def _membership(instrument: str) -> Membership:
    """By its own id, or by its first due: so a line that was priced names it."""
    found = uuid_in(instrument.removeprefix("membership:").removeprefix("due:"))
    mine = Q(dues=found) if instrument.startswith("due:") else Q(pk=found)
    membership = Membership.objects.select_related("plan", "client").filter(mine).first() if found is not None else None
    if membership is None:
        raise BadInput("instrument", "There is no such membership: let the client agree to it first.")
    return membership


def uuid_in(text: str) -> uuid.UUID | None:
    """The UUID that a text spells, if it does."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _lot(line: SaleLine) -> SessionLot:
    """What the line granted."""
    return SessionLot.objects.get(sale_line=line.pk)
