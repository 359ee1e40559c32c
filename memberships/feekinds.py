"""What members pay beside their dues, as lines of sales: an upgrade, a freeze, leaving early (rules 33, 34)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from django.db.models import QuerySet

from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from memberships import changes, lots, states
from memberships.dueskinds import uuid_in
from memberships.models import Cancellation, Change, Freeze, Membership, Plan, SessionLot, TaxPoint
from pos.asked import AskedLine
from pos.crossing import use_up
from pos.kinds import Back, PricingContext
from pos.models import RefundLine, SaleLine, TaxCategory
from pos.reversals import NotRefundable
from pos.voids import NotVoidable
from studio.refusal import BadInput, Refusal

CATEGORY = "dues"


class FeeNotOwed(Refusal):
    """The fee is paid, waived or not there."""

    code = "fee_not_owed"


def whole(line: SaleLine) -> Back:
    """All of the line, for it is of one thing."""
    return Back(line.net_cents, {tax.jurisdiction: tax.amount_cents for tax in line.taxes.all()})


class OnceOnASale:
    """What the three have in common: one line for one thing, which `instrument` names."""

    code: ClassVar[str]
    takes_discounts: ClassVar[bool] = False

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        if len({line.instrument for line in asked}) != len(asked):
            raise BadInput("instrument", "Put each of them on the sale once.")
        if any(line.quantity != 1 for line in asked):
            raise BadInput("quantity", "It is paid once.")
        return [self._line(line.instrument, at) for line in asked]

    def _line(self, instrument: str, at: PricingContext) -> SaleLine:
        raise NotImplementedError

    def _sold(self, instrument: str, cents: int, *, name: str, why: str, tax_category: str) -> SaleLine:
        return SaleLine(
            kind=self.code,
            name=name,
            category=CATEGORY,
            tax_category=tax_category,
            is_service=False,
            quantity=1,
            unit_cents=cents,
            list_cents=cents,
            why=why,
            instrument=instrument,
        )


# An upgrade ----------------------------------------------------------------------------------------------------------


class PlanUpgrade(OnceOnASale):
    """The difference for the days that are left; `instrument` is the change's key. It makes the credit a higher one."""

    code: ClassVar[str] = "plan_upgrade"
    needs_money: ClassVar[bool] = True

    def _line(self, instrument: str, at: PricingContext) -> SaleLine:
        pending = _change(instrument)
        changes.must_be_payable(pending, on=at.on)
        plan = pending.to_plan
        taxed = plan.tax_point == TaxPoint.SALE
        return self._sold(
            instrument,
            pending.proration_cents,
            name=f"Upgrade to {plan}",
            why=f"{pending.from_plan} to {plan}, for the days left of this month",
            tax_category=plan.tax_category if taxed else TaxCategory.EXEMPT,
        )

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """Rule 33: it is owed as part of the month's credit, at the location that granted that."""
        yield from _moved(line, -line.net_cents)

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """Plan and credit are the higher ones at once; ChangeGone when the credit was used while this was paid."""
        pending = _locked(line.instrument)
        changes.begin_paid(pending, paid_cents=line.net_cents, sale_key=f"sale:{line.sale_id}", now=now)
        line.reference = f"Now {pending.to_plan}"

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        if not _is_as_raised(_change(line.instrument), _raised(line)):
            raise NotRefundable("The upgraded credit is used, or the plan has changed again.")
        return whole(line)

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        """The credit and the plan are the lower ones again."""
        self._lower(part.line, now=now)
        yield from _moved(part.line, part.net_cents)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        """As if it had not been sold; NotVoidable when the credit was used since."""
        if not _is_as_raised(_change(line.instrument), _raised(line)):
            raise NotVoidable("The upgraded credit is used, or the plan has changed again.")
        self._lower(line, now=now)

    def _lower(self, line: SaleLine, *, now: dt.datetime) -> None:
        done, lot = _locked(line.instrument), _raised(line)
        changes.take_back(done, lot=lot, paid_cents=line.net_cents, now=now, key=f"lowered:{line.pk}")


# Fees ----------------------------------------------------------------------------------------------------------------


class MemberFee(OnceOnASale):
    """A fee that is income of the day it is paid (rule 34)."""

    needs_money: ClassVar[bool] = False

    def credits(self, line: SaleLine) -> Iterator[Line]:
        yield credit(Account.MEMBERSHIP_DUES, line.net_cents, category=line.category)

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        self._paid(line.instrument, sale_key=f"sale:{line.sale_id}", was="")

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        return whole(line)

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        """Rule 44: what was paid goes to 4910; it is not owed again."""
        yield debit(Account.REFUNDS, part.net_cents, category=part.line.category)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        """It is owed again."""
        self._paid(line.instrument, sale_key="", was=f"sale:{line.sale_id}")

    def _paid(self, instrument: str, *, sale_key: str, was: str) -> None:
        found = self._rows(instrument).filter(fee_sale_key=was)
        if not found.update(fee_sale_key=sale_key):
            raise FeeNotOwed("This fee was paid or waived a moment ago.")

    def _rows(self, instrument: str) -> "QuerySet[Freeze] | QuerySet[Cancellation]":
        raise NotImplementedError


class FreezeFee(MemberFee):
    """What a freeze costs; `instrument` is the freeze's key."""

    code: ClassVar[str] = "freeze_fee"

    def _rows(self, instrument: str) -> "QuerySet[Freeze]":
        return Freeze.objects.filter(pk=_id_in(instrument, "freeze"), undone_at=None)

    def _line(self, instrument: str, at: PricingContext) -> SaleLine:
        found = self._rows(instrument).select_related("membership__plan").first()
        if found is None or not found.fee_cents or found.fee_sale_key:
            raise FeeNotOwed("This freeze costs nothing, or is paid.")
        plan = found.membership.plan
        name = f"Freeze of {plan}, {found.months} {'month' if found.months == 1 else 'months'}"
        return self._sold(instrument, found.fee_cents, name=name, why=_terms_of(plan), tax_category=plan.tax_category)


class ExitFee(MemberFee):
    """What leaving within the minimum term costs; `instrument` is the cancellation's key."""

    code: ClassVar[str] = "exit_fee"

    def _rows(self, instrument: str) -> "QuerySet[Cancellation]":
        return Cancellation.objects.filter(pk=_id_in(instrument, "cancellation"), undone_at=None)

    def _line(self, instrument: str, at: PricingContext) -> SaleLine:
        found = self._rows(instrument).select_related("membership__plan").first()
        if found is None or not found.fee_cents or found.fee_sale_key:
            raise FeeNotOwed("Nothing is to be paid for leaving.")
        plan = found.membership.plan
        return self._sold(
            instrument,
            found.fee_cents,
            name=f"Leaving {plan} early",
            why=f"{_terms_of(plan)}, cancellation {found.number}",
            tax_category=plan.tax_category,
        )

    def _paid(self, instrument: str, *, sale_key: str, was: str) -> None:
        if not was and not self._rows(instrument).filter(fee_cents__gt=0).exists():
            raise FeeNotOwed("This fee was waived a moment ago.")
        super()._paid(instrument, sale_key=sale_key, was=was)


def _terms_of(plan: Plan) -> str:
    return f"Terms of {plan}, version {plan.version}"


def _id_in(instrument: str, prefix: str) -> uuid.UUID:
    found = uuid_in(instrument.removeprefix(f"{prefix}:"))
    if found is None or not instrument.startswith(f"{prefix}:"):
        raise BadInput("instrument", f"Name it as {prefix}:<id>.")
    return found


def _change(instrument: str) -> Change:
    rows = Change.objects.select_related("from_plan", "to_plan", "membership__plan", "membership__location")
    found = rows.filter(pk=_id_in(instrument, "change")).first()
    if found is None:
        raise changes.ChangeGone("There is no such upgrade.")
    return found


def _locked(instrument: str) -> Change:
    """The change, with its membership locked."""
    found = _change(instrument)
    membership = states.lock(found.membership_id)
    found.refresh_from_db()
    found.membership = membership
    return found


def _raised(line: SaleLine) -> SessionLot:
    """The credit that the line made a higher one."""
    raised = SessionLot.objects.select_related(*lots.AROUND)
    return raised.get(moves__key=f"raised:{line.instrument.removeprefix('change:')}")


def _moved(line: SaleLine, cents: int) -> Iterator[Line]:
    """So much off the raised credit; a negative amount is put on it."""
    lot = _raised(line)
    yield from use_up(
        lot.account,
        cents,
        sold_at=lot.location,
        used_at=line.sale.location,
        instrument=lot.instrument,
        client=lot.client_id,
    )


def _is_as_raised(done: Change, lot: SessionLot) -> bool:
    """Whether the upgrade can be taken back: its credit is unused, and the plan is still the one it led to."""
    is_unused = lot.status == SessionLot.Status.OPEN and lot.free_units == lot.granted_units
    is_last = done.membership.plan_id == done.to_plan_id and lot.plan_id == done.to_plan_id
    return is_unused and is_last and done.membership.status != Membership.Status.ENDED
