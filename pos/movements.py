"""Cash into and out of an open drawer without a sale: paid in, paid out, dropped, tips paid (R8, rules 57, 64, 67)."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.money import dollars
from pos import approvals, drawer, tips_owed
from pos.asked import MAX_CENTS, Desk
from pos.checkout import SameIdOtherContents
from pos.models import Approval, BankDeposit, Counter, DrawerMovement, DrawerSession
from studio import audit, rights
from studio.models import Location, Right, Staff
from studio.refusal import BadInput, Refusal

Kind, Reason = DrawerMovement.Kind, DrawerMovement.Reason
PAY_OUT_ALONE_CENTS = 50_00
"""Above this a pay-out wants somebody's approval."""
OTHER_SIDE: dict[str, Account] = {
    Reason.SAFE: Account.CASH_SAFE,
    Reason.BANK: Account.BANK,
    Reason.RETURNED: Account.PAID_OUTS,
}
"""Where what is paid in comes from (posting rule 64)."""


class NotEnoughCash(Refusal):
    """More than lies in the drawer can not be taken out of it; how much there is stays untold (R8: blind count)."""

    code = "not_enough_cash"


class MoreThanOwed(Refusal):
    """A therapist gets what they are owed in tips, and not more."""

    code = "more_than_owed"


@dataclass(frozen=True, slots=True)
class AskedMovement:
    """What is to be moved: cents (none where the drawer is only opened), the reason, who gets tips."""

    kind: str
    amount_cents: int = 0
    reason: str = ""
    note: str = ""
    therapist_id: int | None = None


def put_movement(
    *,
    session_id: uuid.UUID,
    movement_id: uuid.UUID,
    asked: AskedMovement,
    desk: Desk,
    now: dt.datetime,
    approval_id: uuid.UUID | None = None,
) -> DrawerMovement:
    """Move cash of an open drawer with its entry and slip number; the same request again is the same answer."""
    rights.require(desk.staff, Right.DRAWER, desk.location)
    session = drawer.lock_session(session_id, desk)
    people = DrawerMovement.objects.select_related("made_by", "approver", "therapist")
    known = people.filter(pk=movement_id).first()
    if known is not None:
        return _same(known, session, asked)
    drawer.must_be_open(session)
    _check(asked)
    therapist = _accept(session, asked, desk=desk)
    approver = _approver(movement_id, asked, approval_id=approval_id, desk=desk, now=now)
    movement = _drawn(movement_id, session, asked, desk=desk, now=now)
    movement.therapist, movement.approver = therapist, approver
    return _write(movement, desk=desk)


def put_deposit(*, deposit_id: uuid.UUID, amount_cents: int, slip: str, desk: Desk, now: dt.datetime) -> BankDeposit:
    """Write down that cash of the safe was brought to the bank (posting rule 67); the same again is the same answer."""
    rights.require(desk.staff, Right.CORRECT_DRAWER, desk.location)
    slip = slip.strip()
    if not slip:
        raise BadInput("slip", "Give the number of the deposit slip.")
    if not 0 < amount_cents <= MAX_CENTS:
        raise BadInput("amount_cents", "An amount is between one cent and $100,000.")
    known = BankDeposit.objects.filter(pk=deposit_id).select_related("made_by").first()
    if known is not None:
        if (known.location_id, known.amount_cents, known.slip) != (desk.location.pk, amount_cents, slip):
            raise SameIdOtherContents("This deposit was written down with other contents.")
        return known
    return _deposit(deposit_id, amount_cents, slip, desk=desk, now=now)


def _same(known: DrawerMovement, session: DrawerSession, asked: AskedMovement) -> DrawerMovement:
    before = (known.session_id, known.kind, known.amount_cents, known.reason, known.note, known.therapist_id)
    if before != (session.pk, asked.kind, asked.amount_cents, asked.reason, asked.note.strip(), asked.therapist_id):
        raise SameIdOtherContents("This was written down before with other contents.")
    return known


def _check(asked: AskedMovement) -> None:
    if asked.kind not in Kind.values:
        raise BadInput("kind", "Choose what is to be done with the drawer.")
    if asked.kind == Kind.NO_SALE and asked.amount_cents:
        raise BadInput("amount_cents", "Opening the drawer moves no money.")
    if asked.kind != Kind.NO_SALE and not 0 < asked.amount_cents <= MAX_CENTS:
        raise BadInput("amount_cents", "An amount is between one cent and $100,000.")
    if asked.reason not in DrawerMovement.REASONS.get(asked.kind, ("",)):
        raise BadInput("reason", "Choose one of the reasons.")
    if asked.reason == Reason.OTHER and not asked.note.strip():
        raise BadInput("note", "Say in a few words what for.")
    if (asked.therapist_id is not None) != (asked.kind == Kind.TIP_PAYOUT):
        raise BadInput("therapist", "Tips are paid out to one therapist, anything else to none.")


def _accept(session: DrawerSession, asked: AskedMovement, *, desk: Desk) -> Staff | None:
    """The therapist of a tip payout; refuses what the drawer does not hold and what nobody is owed."""
    if asked.kind in DrawerMovement.OUT and asked.amount_cents > drawer.expected_cents(session):
        raise NotEnoughCash("There is not that much cash in the drawer. Take less, or pay some in first.")
    if asked.therapist_id is None:
        return None
    therapist = tips_owed.lock(asked.therapist_id)
    owed_cents = tips_owed.owed_cents(asked.therapist_id, desk.location)
    if therapist is None or not (therapist.is_therapist or owed_cents):
        raise BadInput("therapist", "There is no such therapist.")
    if asked.amount_cents > owed_cents:
        raise MoreThanOwed(f"{therapist} is owed ${dollars(owed_cents)} in tips here.", owed_cents=owed_cents)
    return therapist


def _approver(
    movement_id: uuid.UUID, asked: AskedMovement, *, approval_id: uuid.UUID | None, desk: Desk, now: dt.datetime
) -> Staff | None:
    """Who said yes, where somebody has to (R6)."""
    if asked.kind == Kind.NO_SALE:
        action = Approval.Action.NO_SALE
    elif asked.kind == Kind.PAY_OUT and asked.amount_cents > PAY_OUT_ALONE_CENTS:
        action = Approval.Action.PAY_OUT
    else:
        return None
    return approvals.required(
        action,
        object_id=movement_id,
        amount_cents=asked.amount_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )


def _drawn(
    movement_id: uuid.UUID, session: DrawerSession, asked: AskedMovement, *, desk: Desk, now: dt.datetime
) -> DrawerMovement:
    return DrawerMovement(
        id=movement_id,
        session=session,
        location=session.location,
        kind=asked.kind,
        amount_cents=asked.amount_cents,
        reason=asked.reason,
        note=asked.note.strip(),
        made_at=now,
        made_by=desk.staff,
        device=desk.device,
    )


def _write(movement: DrawerMovement, *, desk: Desk) -> DrawerMovement:
    """Post it, leave its audit row, number its slip."""
    journal.post(
        key=f"drawer_movement:{movement.pk}",
        kind=movement.kind,
        location=movement.location,
        occurred_at=movement.made_at,
        now=movement.made_at,
        lines=_books(movement),
        made_by=desk.staff,
        memo=_memo(movement),
    )
    audit.record(
        at=movement.made_at,
        action=f"drawer_{movement.kind}",
        actor=desk.staff,
        approver=movement.approver,
        device=desk.device,
        location=movement.location,
        subject=movement.session,
        after={"amount_cents": movement.amount_cents, "reason": movement.reason},
        reason=movement.note,
    )
    movement.number = Counter.next(location=movement.location, name="slip")
    movement.save(force_insert=True)
    return movement


def _books(movement: DrawerMovement) -> Iterator[Line]:
    """Posting rules 64 and 57; opening the drawer posts nothing."""
    cents, session = movement.amount_cents, movement.session_id
    yield debit(Account.CASH_DRAWER, movement.signed_cents, drawer_session=session)
    if movement.kind == Kind.PAY_IN:
        yield credit(OTHER_SIDE[movement.reason], cents, drawer_session=session)
    elif movement.kind == Kind.PAY_OUT:
        yield debit(Account.PAID_OUTS, cents, drawer_session=session)
    elif movement.kind == Kind.DROP:
        yield debit(Account.CASH_SAFE, cents, drawer_session=session)
    elif movement.kind == Kind.TIP_PAYOUT:
        yield debit(Account.TIPS, cents, therapist_id=movement.therapist_id, drawer_session=session)


def _memo(movement: DrawerMovement) -> str:
    """The reason as other books read it; what a person typed stays here."""
    return movement.get_reason_display().capitalize() if movement.reason else ""


def _deposit(deposit_id: uuid.UUID, amount_cents: int, slip: str, *, desk: Desk, now: dt.datetime) -> BankDeposit:
    place: Location = desk.location
    made = BankDeposit.objects.create(
        id=deposit_id,
        location=place,
        amount_cents=amount_cents,
        slip=slip,
        made_at=now,
        made_by=desk.staff,
        device=desk.device,
    )
    journal.post(
        key=f"bank_deposit:{deposit_id}",
        kind="bank_deposit",
        location=place,
        occurred_at=now,
        now=now,
        lines=[debit(Account.BANK, amount_cents), credit(Account.CASH_SAFE, amount_cents)],
        made_by=desk.staff,
        memo=f"Deposit slip {slip}",
    )
    after = {"amount_cents": amount_cents, "slip": slip}
    audit.record(
        at=now, action="bank_deposit", actor=desk.staff, device=desk.device, location=place, subject=made, after=after
    )
    return made
