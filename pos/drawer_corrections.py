"""What turns out about a closed drawer: another entry, by right and with words, and the Z stays as it is (R8)."""

import datetime as dt
import uuid

from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from pos import approvals, drawer
from pos.asked import MAX_CENTS, Desk
from pos.checkout import SameIdOtherContents
from pos.models import Approval, DrawerCorrection, DrawerSession
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput, Refusal

About = DrawerCorrection.About
OTHER_SIDE = {About.COUNT: Account.CASH_SAFE, About.PAY_OUT: Account.PAID_OUTS}
"""What a wrong count made wrong beside over/short: the money went to the safe; a pay-out was written wrongly."""


class DrawerNotClosed(Refusal):
    """What is wrong in an open drawer is put right by counting it."""

    code = "drawer_not_closed"


def put_correction(
    *,
    session_id: uuid.UUID,
    correction_id: uuid.UUID,
    about: str,
    amount_cents: int,
    why: str,
    desk: Desk,
    now: dt.datetime,
    approval_id: uuid.UUID | None = None,
) -> DrawerCorrection:
    """Post today that more (or less) was counted, or paid out, than was written down; the same again is the same."""
    rights.require(desk.staff, Right.DRAWER, desk.location)
    session = drawer.lock_session(session_id, desk)
    known = DrawerCorrection.objects.select_related("made_by", "approver").filter(pk=correction_id).first()
    if known is not None:
        if (known.session_id, known.about, known.amount_cents, known.why) != (
            session_id,
            about,
            amount_cents,
            why.strip(),
        ):
            raise SameIdOtherContents("This correction was written down with other contents.")
        return known
    if session.status != DrawerSession.Status.CLOSED:
        raise DrawerNotClosed("This drawer is open: count it, and over or short is found by itself.")
    _check(about, amount_cents, why)
    correction = DrawerCorrection(
        id=correction_id,
        session=session,
        location=session.location,
        about=about,
        amount_cents=amount_cents,
        why=why.strip(),
        made_at=now,
        made_by=desk.staff,
        device=desk.device,
    )
    correction.approver = approvals.required(
        Approval.Action.DRAWER_CORRECTION,
        object_id=correction_id,
        amount_cents=amount_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )
    return _write(correction)


def _check(about: str, amount_cents: int, why: str) -> None:
    if about not in About.values:
        raise BadInput("about", "Choose what is corrected.")
    if not 0 < abs(amount_cents) <= MAX_CENTS:
        raise BadInput("amount_cents", "Give the difference, at most $100,000 either way.")
    if not why.strip():
        raise BadInput("why", "Say what was found out.")


def _write(correction: DrawerCorrection) -> DrawerCorrection:
    """Over/short against the safe or the paid-outs; the drawer may long have other money in it (rules 64, 65)."""
    session, cents = correction.session, correction.amount_cents
    today = correction.location.business_date(correction.made_at)
    correction.save(force_insert=True)
    journal.post(
        key=f"drawer_correction:{correction.pk}",
        kind="drawer_correction",
        location=correction.location,
        occurred_at=correction.made_at,
        now=correction.made_at,
        lines=[
            debit(OTHER_SIDE[About(correction.about)], cents, drawer_session=session.pk),
            credit(Account.CASH_OVER_SHORT, cents, drawer_session=session.pk),
        ],
        made_by=correction.made_by,
        memo=f"Correction of {correction.get_about_display()}, Z {session.z_number}",
        original_date=None if today == session.business_date else session.business_date,
    )
    audit.record(
        at=correction.made_at,
        action="drawer_correction",
        actor=correction.made_by,
        approver=correction.approver,
        device=correction.device,
        location=correction.location,
        subject=session,
        after={"about": correction.about, "amount_cents": cents},
        reason=correction.why,
    )
    return correction
