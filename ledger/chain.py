"""The hash chain over the entries: whoever knows a printed head can tell that nothing before it was touched.

Entries are written without a number, so that sales do not queue behind one row. A single holder appends a Link for each
committed entry: `hash = sha256(prev_hash + canonical(entry))` in lower-case hex, the first `prev_hash` being 64 zeros.
"""

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from json.encoder import encode_basestring as _text
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Max, QuerySet

from ledger.models import Entry, Link, Posting

NO_HASH = "0" * 64
BATCH = 250  # entries sealed in one transaction: on SQLite the tills wait for it, some 20 ms
AT_ONCE = 100_000  # entries sealed in one run
OVERTAKEN = 20_000  # postings that others may have made, and sealed, while one transaction was still open
SINGLE_HOLDER = int.from_bytes(b"footfall")  # any number that nobody else locks


def _id(value: object) -> str:
    return "null" if value is None else f'"{value}"'


def _day(value: dt.date | None) -> str:
    return "null" if value is None else f'"{value.isoformat()}"'


def _moment(value: dt.datetime) -> str:
    return f'"{value.astimezone(dt.UTC).isoformat(timespec="microseconds")}"'


# The canonical form: every column by name, in the order of names, and how it is written as JSON. They stand here one by
# one because a new column must not change the hash of an old entry: it may join only where it has a value.
ENTRY_FIELDS: dict[str, Callable[[Any], str]] = {
    "business_date": _day,
    "created_at": _moment,
    "id": _id,
    "key": _text,
    "kind": _text,
    "location_id": _id,
    "made_by_id": _id,
    "memo": _text,
    "occurred_at": _moment,
    "original_date": _day,
    "reverses_id": _id,
}
POSTING_FIELDS: dict[str, Callable[[Any], str]] = {
    "account": str,
    "amount_cents": str,
    "category": _text,
    "client": _id,
    "drawer_session": _id,
    "entry_id": _id,
    "id": _id,
    "instrument": _text,
    "jurisdiction": _text,
    "location_id": _id,
    "position": str,
    "tender": _text,
    "therapist_id": _id,
}
_ID_AT, _ENTRY_ID_AT = list(ENTRY_FIELDS).index("id"), list(POSTING_FIELDS).index("entry_id")


def canonical(entry: Entry) -> bytes:
    """The entry as JSON that anybody can make again: sorted keys, no spaces, UTF-8.

    Every column, and `postings` by position. Ids are strings, amounts and codes numbers, what is absent null, dates
    ISO 8601, moments ISO 8601 in UTC with microseconds. As it stands in the database, in two queries.
    """
    return _canonicals([entry.pk], entry._state.db or DEFAULT_DB_ALIAS)[entry.pk]


def unlinked() -> QuerySet[Entry]:
    """Entries that have no number yet."""
    return Entry.objects.filter(link=None)


def head(*, using: str = DEFAULT_DB_ALIAS) -> Link | None:
    """The newest link: its number and hash, printed and kept elsewhere, seal all before it."""
    return Link.objects.using(using).order_by("-number").first()


def link_entries(*, now: dt.datetime) -> int:
    """Number and chain all committed entries in the caller's transaction; how many, 0 while another holds the chain."""
    if not _hold_chain():
        return 0
    return sum(_append(batch, now) for batch in _batches(_in_order(unlinked())))


def link_in_batches(waiting: QuerySet[Entry], *, now: dt.datetime) -> None:
    """Number and chain these entries in short transactions of its own, until another holds the chain."""
    for batch in _batches(_in_order(waiting)[:AT_ONCE]):
        with transaction.atomic(durable=True):
            if not _hold_chain():
                return
            _append(batch, now)


def verify(*, using: str = DEFAULT_DB_ALIAS, printed: tuple[int, str] | None = None) -> Iterator[str]:
    """A sentence for each break of the chain. A cut tail or a chain made anew shows only against a `printed` head."""
    number, prev_hash = 0, NO_HASH
    for link, contents in _sealed(using):
        yield from _breaks(link, contents, number + 1, prev_hash)
        number, prev_hash = link.number, link.hash
    if printed:
        yield from compare_head(*printed, using=using)


def compare_head(number: int, printed_hash: str, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[str]:
    """A sentence when a link that was printed is no longer there or no longer the same."""
    link = Link.objects.using(using).filter(number=number).first()
    if link is None:
        yield f"The printed number {number} is not in the chain."
    elif link.hash != printed_hash:
        yield f"Number {number} does not have the hash that was printed."


class LinkEntries:
    """The schedule's job that seals what the tills have written."""

    kind = "link_entries"
    every = dt.timedelta(minutes=1)
    catch_up = False

    @staticmethod
    def run(*, now: dt.datetime) -> None:
        """Link the entries written since the last time, and in the first minute of an hour whatever has no number."""
        link_in_batches(unlinked() if now.minute == 0 else _written_lately(), now=now)


def _written_lately() -> QuerySet[Entry]:
    """Unlinked entries without a look at all entries: by their postings, which the database counts up."""
    last = head()
    sealed = Posting.objects.filter(entry=last.entry_id).aggregate(id=Max("pk"))["id"] if last else None
    if sealed is None:
        return unlinked()
    return unlinked().filter(pk__in=Posting.objects.filter(pk__gt=sealed - OVERTAKEN).values("entry_id"))


def _in_order(entries: QuerySet[Entry]) -> QuerySet[Entry, uuid.UUID]:
    return entries.order_by("created_at", "pk").values_list("pk", flat=True)


def _batches(waiting: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    ids = list(waiting)
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _hold_chain() -> bool:
    # On SQLite the transaction is IMMEDIATE: who runs it is the only writer anyway.
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SINGLE_HOLDER])
        return bool(cursor.fetchone()[0])


def _append(entry_ids: Sequence[uuid.UUID], now: dt.datetime) -> int:
    """Link those of the entries that nobody has linked meanwhile; only for the holder of the chain."""
    done = set(Link.objects.filter(entry__in=entry_ids).values_list("entry_id", flat=True))
    contents = _canonicals(entry_ids, DEFAULT_DB_ALIAS)
    last = head()
    number, prev_hash = (last.number, last.hash) if last else (0, NO_HASH)
    links = []
    for entry_id in entry_ids:
        if entry_id not in done:
            number, before, prev_hash = number + 1, prev_hash, _hash(prev_hash, contents[entry_id])
            links.append(Link(number=number, entry_id=entry_id, prev_hash=before, hash=prev_hash, linked_at=now))
    Link.objects.bulk_create(links)
    return len(links)


def sealed(first: int, last: int, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[tuple[Link, bytes]]:
    """The links with these numbers, both included, each with the canonical form of its entry as it is now."""
    while first <= last:
        numbers = Link.objects.using(using).filter(number__gte=first, number__lte=min(last, first + BATCH - 1))
        links = list(numbers.order_by("number"))
        contents = _canonicals([link.entry_id for link in links], using)
        yield from ((link, contents[link.entry_id]) for link in links)
        first += BATCH


def _sealed(using: str) -> Iterator[tuple[Link, bytes | None]]:
    """Each link by number, with the canonical form of its entry, None when that is gone."""
    links = list(Link.objects.using(using).order_by("number")[:BATCH])
    while links:
        contents = _canonicals([link.entry_id for link in links], using)
        yield from ((link, contents.get(link.entry_id)) for link in links)
        links = list(Link.objects.using(using).filter(number__gt=links[-1].number).order_by("number")[:BATCH])


def _canonicals(entry_ids: Sequence[uuid.UUID], using: str) -> dict[uuid.UUID, bytes]:
    postings: dict[uuid.UUID, list[str]] = defaultdict(list)
    rows = Posting.objects.using(using).filter(entry__in=entry_ids).order_by("position")
    for row in rows.values_list(*POSTING_FIELDS):
        postings[row[_ENTRY_ID_AT]].append("{" + ",".join(_members(POSTING_FIELDS, row)) + "}")
    entries = Entry.objects.using(using).filter(pk__in=entry_ids).values_list(*ENTRY_FIELDS)
    return {row[_ID_AT]: _entry_json(row, postings[row[_ID_AT]]) for row in entries}


def _entry_json(values: Sequence[Any], postings: list[str]) -> bytes:
    members = _members(ENTRY_FIELDS, values)
    members.insert(-1, f'"postings":[{",".join(postings)}]')  # between original_date and reverses_id
    return ("{" + ",".join(members) + "}").encode()


def _members(fields: dict[str, Callable[[Any], str]], values: Sequence[Any]) -> list[str]:
    return [f'"{name}":{as_json(value)}' for (name, as_json), value in zip(fields.items(), values, strict=True)]


def _hash(prev_hash: str, contents: bytes) -> str:
    return hashlib.sha256(prev_hash.encode() + contents).hexdigest()


def _breaks(link: Link, contents: bytes | None, number: int, prev_hash: str) -> Iterator[str]:
    if link.number != number:
        yield f"Number {number} is followed by {link.number}: the numbers between are gone."
    if link.prev_hash != prev_hash:
        yield f"Number {link.number} does not continue the hash before it."
    if contents is None:
        yield f"Number {link.number} has lost its entry {link.entry_id}."
    elif link.hash != _hash(link.prev_hash, contents):
        yield f"Number {link.number} (entry {link.entry_id}) does not have the contents it was sealed with."
