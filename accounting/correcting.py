"""An accountant puts an entry right: its mirror and what it should have been, never a change (posting rule 77)."""

import datetime as dt
import uuid
from collections.abc import Sequence

from ledger import journal
from ledger.journal import Line
from ledger.models import Entry, Period
from ledger.periods import open_day
from studio import audit, rights
from studio.models import Right, Staff
from studio.refusal import BadInput

KIND = "correction"


def correct(
    entry: Entry, *, lines: Sequence[Line], reason: str, correction_id: uuid.UUID, by: Staff, now: dt.datetime
) -> Entry | None:
    """Post the mirror of an entry and these lines instead; the new entry, None when the lines come to nothing.

    Both fall on the entry's own day while its month is open or soft-closed, otherwise on the first open day with the
    entry's date as `original_date`. For whoever sees the books there; in the caller's transaction. The same id again
    is the same correction. Raises AlreadyReversed, and OutOfBalance for lines that do not balance.
    """
    rights.require(by, Right.SEE_BOOKS, entry.location)
    if not reason.strip():
        raise BadInput("reason", "Say why the entry is corrected.")
    key = f"{KIND}:{correction_id}"
    if Entry.objects.filter(key=f"{key}:mirror").exists():
        return Entry.objects.filter(key=key).first()
    on = _day(entry)
    journal.reverse(
        entry,
        key=f"{key}:mirror",
        kind=KIND,
        occurred_at=now,
        now=now,
        made_by=by,
        memo=reason.strip()[:200],
        business_date=on,
    )
    corrected = journal.post(
        key=key,
        kind=KIND,
        location=entry.location,
        occurred_at=now,
        now=now,
        lines=lines,
        made_by=by,
        memo=reason.strip()[:200],
        business_date=on,
        original_date=None if on == entry.business_date else entry.business_date,
    )
    audit.record(
        at=now,
        action="entry_corrected",
        actor=by,
        location=entry.location,
        subject=entry,
        after={"correction": key, "business_date": on.isoformat()},
        reason=reason.strip()[:300],
    )
    return corrected


def _day(entry: Entry) -> dt.date:
    period = Period.objects.filter(month=entry.business_date.replace(day=1)).first()
    is_closed = period is not None and period.status == Period.Status.CLOSED
    return open_day(entry.business_date) if is_closed else entry.business_date
