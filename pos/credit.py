"""Store credit: money owed to a client that pays later sales (R4, R23; account 2230, posting rules 22, 31)."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from pos import approvals
from pos.asked import MAX_CENTS, Desk
from pos.crossing import restore, use_up
from pos.models import Approval, Client, ClientCredit, CreditHold, CreditMove, Tender
from studio import audit
from studio.models import Location, Staff
from studio.refusal import BadInput

Kind = CreditMove.Kind


def instrument_of(credit: ClientCredit) -> str:
    """How postings on 2230 name the credit."""
    return f"credit:{credit.pk}"


def give(
    client: Client,
    location: Location,
    amount_cents: int,
    *,
    why: str,
    key: str,
    now: dt.datetime,
    kind: CreditMove.Kind = Kind.GIVEN,
    by: Staff | None = None,
) -> ClientCredit:
    """The client's credit at the location with so much more on it; in the caller's transaction.

    The caller posts the entry, which credits 2230 at that location with `instrument=instrument_of(credit)` and
    `client=client.pk`. The same key twice is an IntegrityError: the caller knows whether it has given.
    """
    found = _row(client, location, now=now)
    found.put_in(amount_cents)
    _note(found, kind, amount_cents, key=key, now=now, why=why, by=by)
    return found


def adjust(
    client: Client,
    amount_cents: int,
    *,
    adjustment_id: uuid.UUID,
    why: str,
    desk: Desk,
    now: dt.datetime,
    approval_id: uuid.UUID | None = None,
) -> ClientCredit:
    """Give the client credit at the desk's location out of goodwill, or (a negative amount) take back what was wrong.

    Somebody with the right must say yes (R6). Posts 6060 against 2230. NotEnoughLeft when it is not there.
    """
    if not 0 < abs(amount_cents) <= MAX_CENTS:
        raise BadInput("amount_cents", "An adjustment is between $0.01 and $100,000.")
    if not why.strip():
        raise BadInput("why", "Say why.")
    key = f"credit-adjusted:{adjustment_id}"
    approver = approvals.required(
        Approval.Action.CREDIT,
        object_id=client.pk,
        amount_cents=amount_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )
    found = _adjusted(client, amount_cents, key=key, why=why, desk=desk, now=now)
    _post_adjusted(found, amount_cents, key=key, why=why, desk=desk, now=now)
    _audit_adjusted(found, amount_cents, approver=approver, why=why, desk=desk, now=now)
    return found


def _adjusted(client: Client, amount_cents: int, *, key: str, why: str, desk: Desk, now: dt.datetime) -> ClientCredit:
    if amount_cents > 0:
        return give(client, desk.location, amount_cents, why=why, key=key, now=now, kind=Kind.ADJUSTED, by=desk.staff)
    found = _row(client, desk.location, now=now)
    found.take_out(-amount_cents)
    _note(found, Kind.ADJUSTED, amount_cents, key=key, now=now, why=why, by=desk.staff)
    return found


def _post_adjusted(found: ClientCredit, amount_cents: int, *, key: str, why: str, desk: Desk, now: dt.datetime) -> None:
    journal.post(
        key=key,
        kind="credit_adjusted",
        location=desk.location,
        occurred_at=now,
        now=now,
        lines=[
            debit(Account.PROMOTIONS, amount_cents),
            credit(Account.CLIENT_CREDIT, amount_cents, instrument=instrument_of(found), client=found.client_id),
        ],
        made_by=desk.staff,
        memo=why[:200],
    )


def _audit_adjusted(
    found: ClientCredit, amount_cents: int, *, approver: Staff | None, why: str, desk: Desk, now: dt.datetime
) -> None:
    audit.record(
        at=now,
        action="credit_adjusted",
        actor=desk.staff,
        approver=approver,
        device=desk.device,
        location=desk.location,
        subject=found,
        after={"amount_cents": amount_cents},
        reason=why,
    )


def _row(client: Client, location: Location, *, now: dt.datetime) -> ClientCredit:
    found: ClientCredit
    found, _ = ClientCredit.objects.get_or_create(client=client, location=location, defaults={"opened_at": now})
    return found


def _note(
    to: ClientCredit,
    kind: CreditMove.Kind,
    amount_cents: int,
    *,
    key: str,
    now: dt.datetime,
    why: str = "",
    by: Staff | None = None,
    tender: Tender | None = None,
) -> None:
    CreditMove.objects.create(
        credit=to,
        kind=kind,
        amount_cents=amount_cents,
        at=now,
        key=key,
        why=why[:200],
        made_by=by,
        tender_id=tender.pk if tender is not None else None,
    )


# What a tender does with it; in the caller's transaction, rows locked in the order of their keys --------------------


def credits_of(client_id: uuid.UUID, *, first: Location) -> list[ClientCredit]:
    """What the locations owe the client, that of `first` before the others; those with nothing free left out."""
    owed = [one for one in ClientCredit.objects.filter(client=client_id).select_related("location") if one.free_cents]
    return sorted(owed, key=lambda one: (one.location_id != first.pk, one.pk))


def lock(credits: Iterable[ClientCredit]) -> None:
    """Lock the rows, always in the same order, so that two sales never wait for each other."""
    rows = ClientCredit.objects.select_for_update().filter(pk__in=[one.pk for one in credits]).order_by("pk")
    locked = {row.pk: row for row in rows}
    for one in credits:
        one.balance_cents, one.held_cents = locked[one.pk].balance_cents, locked[one.pk].held_cents


def hold(credits: Sequence[ClientCredit], amount_cents: int, *, tender_id: uuid.UUID) -> None:
    """Hold so much of the credits for a tender, in their order; they must be locked and have it."""
    left_cents = amount_cents
    for one in credits:
        part_cents = min(one.free_cents, left_cents)
        if part_cents > 0:
            one.hold(part_cents)
            CreditHold.objects.create(tender_id=tender_id, credit=one, amount_cents=part_cents)
            left_cents -= part_cents
    assert left_cents == 0  # noqa: S101 - the caller asks for no more than is free


def settle(tender: Tender, *, now: dt.datetime) -> None:
    """Take what the tender holds off the balances."""
    for held in _holds(tender):
        held.credit.use_held(held.amount_cents)
        _note(held.credit, Kind.USED, -held.amount_cents, key=f"used:{tender.pk}:{held.pk}", now=now, tender=tender)
        held.delete()


def release(tender: Tender) -> None:
    """Let go of what the tender holds."""
    for held in _holds(tender):
        held.credit.release(held.amount_cents)
        held.delete()


def bring_back(tender: Tender, amount_cents: int, *, key: str, now: dt.datetime) -> list[tuple[ClientCredit, int]]:
    """Put so much of what the tender used back, the last used first; to which credits, and how much to each."""
    left_cents, back = amount_cents, []
    for one, used_cents in reversed(used_of(tender)):
        part_cents = min(used_cents, left_cents)
        if part_cents > 0:
            back.append((one, part_cents))
            left_cents -= part_cents
    assert left_cents == 0  # noqa: S101 - never more than was used goes back
    lock([one for one, _ in back])
    for one, cents in back:
        one.put_in(cents)
        _note(one, Kind.RESTORED, cents, key=f"{key}:{one.pk}", now=now, tender=tender)
    return back


def used_of(tender: Tender) -> list[tuple[ClientCredit, int]]:
    """Which credits paid the tender, in the order of their use, and how much of each is not given back."""
    used: dict[uuid.UUID, tuple[ClientCredit, int]] = {}
    moves = CreditMove.objects.filter(tender_id=tender.pk).select_related("credit__location").order_by("at", "id")
    for move in moves:
        one, cents = used.get(move.credit_id, (move.credit, 0))
        used[move.credit_id] = (one, cents - move.amount_cents)
    return list(used.values())


def used_up(tender: Tender) -> Iterator[Line]:
    """The debits of a settled tender: each credit at the location that owes it (posting rule 74)."""
    for one, cents in used_of(tender):
        yield from use_up(
            Account.CLIENT_CREDIT,
            cents,
            sold_at=one.location,
            used_at=tender.sale.location,
            tender=tender.kind,
            instrument=instrument_of(one),
            client=one.client_id,
        )


def brought_back(tender: Tender, back: Sequence[tuple[ClientCredit, int]]) -> Iterator[Line]:
    """The mirror of `used_up` for what went back to the credits."""
    for one, cents in back:
        yield from restore(
            Account.CLIENT_CREDIT,
            cents,
            sold_at=one.location,
            used_at=tender.sale.location,
            tender=tender.kind,
            instrument=instrument_of(one),
            client=one.client_id,
        )


def _holds(tender: Tender) -> list[CreditHold]:
    """What the tender holds, its credits locked, in the order in which they were taken."""
    holds = list(CreditHold.objects.filter(tender_id=tender.pk).select_related("credit__location").order_by("pk"))
    lock([held.credit for held in holds])
    return holds
