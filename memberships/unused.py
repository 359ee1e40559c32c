"""Sessions that nobody used in time: they become store credit, or are forfeited where that was agreed (R23, R27)."""

import datetime as dt

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit
from memberships import lots
from memberships.models import LotMove, SessionLot
from pos import credit as store_credit
from pos.models import CreditMove
from studio.models import Staff


def convert(lot: SessionLot, *, now: dt.datetime, why: str, by: Staff | None = None, units: int | None = None) -> None:
    """All that is left, or so many sessions of it, become store credit: move, credit and entry (rules 22, 31)."""
    locked = lots.lock(lot.pk)
    key = f"lot-converted:{locked.pk}:{locked.moves.count()}"
    values = _values(locked, units)
    cents = lots.take(
        locked,
        LotMove.Kind.CONVERTED,
        values=values,
        leaves=SessionLot.Status.CONVERTED,
        now=now,
        key=key,
        why=why,
        made_by=by,
    )
    lines = [lots.locked_value(locked, cents)]
    if cents:
        given = store_credit.give(
            locked.client, locked.location, cents, why=why, key=key, now=now, kind=CreditMove.Kind.CONVERTED, by=by
        )
        to = store_credit.instrument_of(given)
        lines.append(credit(Account.CLIENT_CREDIT, cents, instrument=to, client=locked.client_id))
    _post(locked, lines, key=key, kind="expiry", now=now, by=by, why=why)
    lot.refresh_from_db()


def forfeit(lot: SessionLot, *, now: dt.datetime, why: str, by: Staff | None = None, units: int | None = None) -> None:
    """All that is left, or so many sessions, are lost, where that was agreed and is lawful (rules 22a, 31a)."""
    locked = lots.lock(lot.pk)
    key = f"lot-forfeited:{locked.pk}:{locked.moves.count()}"
    values = _values(locked, units)
    cents = lots.take(
        locked,
        LotMove.Kind.FORFEITED,
        values=values,
        leaves=SessionLot.Status.EXPIRED,
        now=now,
        key=key,
        why=why,
        made_by=by,
    )
    income = Account.BREAKAGE_PACKAGES if locked.kind == SessionLot.Kind.PACKAGE else Account.BREAKAGE_CREDITS
    lines = [lots.locked_value(locked, cents), credit(income, cents)]
    _post(locked, lines, key=key, kind="forfeit", now=now, by=by, why=why)
    lot.refresh_from_db()


def _values(lot: SessionLot, units: int | None) -> list[int]:
    """What so many sessions of a locked lot are worth, or all of them; LotInUse while an open sale holds some."""
    if lot.held_units:
        raise lots.LotInUse(f"An open sale uses {lot.name} just now.")
    return lots.worth(lot.value_cents, lot.units)[:units]


def _post(
    lot: SessionLot, lines: list[Line], *, key: str, kind: str, now: dt.datetime, by: Staff | None, why: str
) -> None:
    journal.post(
        key=key,
        kind=kind,
        location=lot.location,
        occurred_at=now,
        now=now,
        lines=lines,
        made_by=by,
        memo=why[:200],
    )
