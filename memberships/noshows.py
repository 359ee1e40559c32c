"""A missed or late cancelled appointment takes a session, with a reason; it can be waived for a week (R22, rule 53)."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db.models import F

from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit
from ledger.models import Entry
from memberships import lots
from memberships.models import LotMove, SessionLot
from pos.asked import Desk
from pos.checkout import SameIdOtherContents
from pos.crossing import use_up
from pos.models import Client
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput, Refusal

CATEGORY = "no_show"
WAIVABLE_FOR = dt.timedelta(days=7)
REASONS = {"no_show": "did not come", "late_cancel": "cancelled less than 24 hours before"}


class TooLateToWaive(Refusal):
    """It was taken more than a week ago."""

    code = "too_late_to_waive"


def take(
    *, no_show_id: uuid.UUID, client: Client, reason: str, desk: Desk, now: dt.datetime, lot_id: uuid.UUID | None = None
) -> LotMove:
    """Take one session of the client's for a missed appointment: of the lot that is named, else the one that expires
    first. The same request again is the same move.
    """
    rights.require(desk.staff, Right.SELL, desk.location)
    if reason not in REASONS:
        raise BadInput("reason", "Say why: the client did not come, or cancelled too late.")
    known = _find(no_show_id)
    if known is not None:
        return _the_same(known, client=client, reason=reason, lot_id=lot_id)
    lot = _lot(client, lot_id, on=desk.location.business_date(now))
    values = lots.values_of_next(lot, 1)
    why = REASONS[reason]
    cents = lots.take(
        lot,
        LotMove.Kind.NO_SHOW,
        values=values,
        now=now,
        key=_key(no_show_id),
        made_by=desk.staff,
        used_by=client,
        why=why,
    )
    _post(lot, cents, no_show_id, desk=desk, now=now)
    _record("no_show_taken", lot, cents, why, desk=desk, now=now)
    return LotMove.objects.select_related("lot").get(key=_key(no_show_id))


def waive(*, no_show_id: uuid.UUID, why: str, desk: Desk, now: dt.datetime) -> LotMove:
    """Give the session back, within a week; its entry gets the exact mirror. Again is the same answer."""
    rights.require(desk.staff, Right.REFUND, desk.location)
    if not why.strip():
        raise BadInput("why", "Say why.")
    taken = _find(no_show_id)
    if taken is None:
        raise BadInput("no_show", "No session was taken for this.")
    lot = lots.lock(taken.lot_id)
    key = f"no-show-waived:{no_show_id}"
    known = LotMove.objects.select_related("lot").filter(key=key).first()
    if known is not None:
        return known
    if now - taken.at > WAIVABLE_FOR:
        raise TooLateToWaive("It was taken more than a week ago. Give store credit as goodwill instead.")
    lots.bring_back(
        lot,
        LotMove.Kind.WAIVED,
        units=-taken.units,
        value_cents=-taken.value_cents,
        now=now,
        key=key,
        made_by=desk.staff,
        used_by=taken.used_by,
        why=why.strip(),
    )
    until = desk.location.business_date(now) + dt.timedelta(lots.LEAST_DAYS_BACK)
    lots.lasts_at_least(lot, until=until)
    for entry in Entry.objects.filter(key=_key(no_show_id)).select_related("location"):
        journal.reverse(entry, key=key, kind="no_show_waived", occurred_at=now, now=now, made_by=desk.staff)
    _record("no_show_waived", lot, -taken.value_cents, why.strip(), desk=desk, now=now)
    return LotMove.objects.select_related("lot").get(key=key)


def unwaived(moves: Iterable[LotMove]) -> dict[uuid.UUID, uuid.UUID]:
    """Of all moves of a lot those by which a missed appointment took a session and has it still, with `no_show_id`."""
    known = {move.key: move for move in moves}
    ids = {key.removeprefix("no-show:"): move.pk for key, move in known.items() if key.startswith("no-show:")}
    return {pk: uuid.UUID(name) for name, pk in ids.items() if f"no-show-waived:{name}" not in known}


def _find(no_show_id: uuid.UUID) -> LotMove | None:
    return LotMove.objects.select_related("lot", "used_by").filter(key=_key(no_show_id)).first()


def _key(no_show_id: uuid.UUID) -> str:
    return f"no-show:{no_show_id}"


def _the_same(known: LotMove, *, client: Client, reason: str, lot_id: uuid.UUID | None) -> LotMove:
    is_same = (known.used_by_id, known.why) == (client.pk, REASONS[reason])
    if not is_same or lot_id not in (None, known.lot_id):
        raise SameIdOtherContents("This session was already taken for something else.")
    return known


def _lot(client: Client, lot_id: uuid.UUID | None, *, on: dt.date) -> SessionLot:
    """Locked; NoSessionLeft when the client has none."""
    mine = lots.usable(client, on=on).filter(units__gt=F("held_units"))
    if lot_id is not None:
        mine = mine.filter(pk=lot_id)
    found = lots.soonest_first(mine).first()
    if found is None:
        raise lots.NoSessionLeft(f"{client} has no session that could be taken.")
    return lots.lock(found.pk)


def _post(lot: SessionLot, cents: int, no_show_id: uuid.UUID, *, desk: Desk, now: dt.datetime) -> None:
    """Rule 53: the value of the session is a fee now; at another location than sold it, both say so (rule 74)."""
    used = use_up(
        lot.account,
        cents,
        sold_at=lot.location,
        used_at=desk.location,
        instrument=lot.instrument,
        client=lot.client_id,
    )
    journal.post(
        key=_key(no_show_id),
        kind="no_show",
        location=desk.location,
        occurred_at=now,
        now=now,
        lines=[*used, credit(Account.NO_SHOW_FEES, cents, category=CATEGORY)],
        made_by=desk.staff,
    )


def _record(action: str, lot: SessionLot, cents: int, why: str, *, desk: Desk, now: dt.datetime) -> None:
    audit.record(
        at=now,
        action=action,
        actor=desk.staff,
        device=desk.device,
        location=desk.location,
        subject=lot,
        after={"value_cents": cents},
        reason=why,
    )
