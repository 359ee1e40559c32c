"""Everything that proves the books of some days to somebody who has neither Footfall nor reason to trust it (R38)."""

import csv
import datetime as dt
import hashlib
import io
import json
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.db.models import Max, Min

from accounting.closing import latest, sealed_text
from accounting.exports.beancount import Beancount
from accounting.exports.formats import BookEntry, BookLine, BookPosting, Export, File, Place, Writer
from accounting.exports.hledger import Hledger
from accounting.exports.neutral import NeutralCsv
from accounting.exports.numbering import bucket_of, letters
from accounting.exports.plaintext import PlainText, tie_out
from accounting.trial import trial_balance
from ledger import chain
from ledger.accounts import Account
from ledger.models import Entry, Link, Period, Posting
from ledger.snapshot import snapshot
from payments.models import BalanceTransaction
from studio.models import Business, Location

FORM = "footfall proof 1"
NAME = "footfall"
AT_ONCE = 500  # entries in memory
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_SCRIPT = Path(__file__).with_name("check_proof.py")
_HOW = """What this proves, and how to see it yourself
  python3 check_proof.py                                      the chain, the entries, the trial balance, the files
  hledger -f footfall.journal check -s ordereddates payees    the journal against what was counted apart from it
  bean-check footfall.beancount                               the same by another program
The balances that the two claim were counted from cards, sessions, credits, drawers, taxes, tips and Stripe's own
movements, never from the journal. chain.txt has one entry a line: number, SHA-256, and the entry as it was sealed; each
hash is that of the one before it, as text, followed by the entry. Compare the head with one that was printed earlier.
"""


@dataclass(frozen=True, slots=True)
class _Days:
    """The days that are proven, read through one alias."""

    starts_on: dt.date
    ends_on: dt.date
    places: dict[int, Place]
    using: str


def write(to: IO[bytes], starts_on: dt.date, ends_on: dt.date, *, now: dt.datetime) -> None:
    """Write the proof of these days as a zip: all of it as of one instant, with every entry sealed before.

    Call it with no transaction open.
    """
    chain.link_in_batches(chain.unlinked(), now=now)
    with snapshot() as using, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as packed:
        days = _Days(starts_on, ends_on, _places(using), using)
        about = [_put(packed, name, pieces) for name, pieces in _files(days, now=now)]
        manifest = {**_about(days, now=now), "files": about}
        _put(packed, "manifest.json", [(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()])


def export_of(writer: Writer, starts_on: dt.date, ends_on: dt.date, *, now: dt.datetime, using: str) -> Export:
    """All entries of these days, one by one, as a writer of other books sees them."""
    return _export(writer, _Days(starts_on, ends_on, _places(using), using), now=now)


def _files(days: _Days, *, now: dt.datetime) -> Iterator[File]:
    for writer in (Hledger(), Beancount(), NeutralCsv()):
        yield from writer.files(_export(writer, days, now=now))
    yield "chain.txt", _chain(days)
    yield "trial_balance.csv", _trial(days)
    yield from _closings(days)
    yield "check_proof.py", [_SCRIPT.read_bytes()]
    yield "README.txt", [_HOW.encode()]


def _about(days: _Days, *, now: dt.datetime) -> dict[str, Any]:
    first, last = _ends(days)
    begin = Link.objects.using(days.using).filter(number=first).first()
    end = Link.objects.using(days.using).filter(number=last).first()
    entries = Entry.objects.using(days.using)
    business = Business.current()
    return {
        "form": FORM,
        "business": business.name,
        "currency": business.currency.upper(),
        "from": days.starts_on.isoformat(),
        "to": (days.ends_on - dt.timedelta(days=1)).isoformat(),
        "made_at": now.isoformat(),
        "entries": entries.filter(business_date__gte=days.starts_on, business_date__lt=days.ends_on).count(),
        "first_number": first,
        "first_prev_hash": begin.prev_hash if begin else chain.NO_HASH,
        "chain_head": f"{end.number}:{end.hash}" if end else f"{first - 1}:{chain.NO_HASH}",
        "locations": {place.id: place.code for place in days.places.values()},
        "closings": {f"{one.month:%Y-%m}": one.sha256 for one in _closed(days)},
    }


def _put(packed: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> dict[str, Any]:
    """Write one file piece by piece; what the manifest says of it."""
    about = zipfile.ZipInfo(name, _LONG_AGO)
    about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    digest, size = hashlib.sha256(), 0
    with packed.open(about, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
    return {"name": name, "bytes": size, "sha256": digest.hexdigest()}


# The chain, the trial balance, the closings --------------------------------------------------------------------------


def _ends(days: _Days) -> tuple[int, int]:
    """The first and the last number that a whole piece of the chain with all entries of these days has."""
    found = _links(days).aggregate(first=Min("number"), last=Max("number"))
    return found["first"] or 1, found["last"] or 0


def _links(days: _Days) -> Any:
    of_days = {"entry__business_date__gte": days.starts_on, "entry__business_date__lt": days.ends_on}
    return Link.objects.using(days.using).filter(**of_days)


def _chain(days: _Days) -> Iterator[bytes]:
    first, last = _ends(days)
    for link, contents in chain.sealed(first, last, using=days.using):
        yield f"{link.number}\t{link.hash}\t".encode() + contents + b"\n"


def _trial(days: _Days) -> Iterator[bytes]:
    sums: dict[tuple[Account, int], list[int]] = {}
    for row in trial_balance(days.starts_on, days.ends_on, using=days.using):
        kept = sums.setdefault((row.account, row.location_id), [0, 0])
        kept[0] += row.opening_cents
        kept[1] += row.debit_cents - row.credit_cents
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(("account", "name", "location_id", "location", "opening_cents", "moved_cents", "closing_cents"))
    for (account, place), (opening, moved) in sums.items():
        code = days.places[place].code
        lines.writerow((account.value, account.label, place, code, opening, moved, opening + moved))
    yield text.getvalue().encode()


def _closed(days: _Days) -> Iterator[Any]:
    months = Period.objects.using(days.using).filter(
        status=Period.Status.CLOSED, month__gte=days.starts_on.replace(day=1), month__lt=days.ends_on
    )
    for period in months.order_by("month"):
        if (closing := latest(period.month, using=days.using)) is not None:
            yield closing


def _closings(days: _Days) -> Iterator[File]:
    for closing in _closed(days):
        yield f"closing-{closing.month:%Y-%m}.txt", [sealed_text(closing).encode()]


# The entries as other books see them ---------------------------------------------------------------------------------


def _places(using: str) -> dict[int, Place]:
    rows = list(Location.objects.using(using).order_by("pk"))
    own = letters(rows)
    return {row.pk: Place(row.pk, row.code, row.name, own[row.pk]) for row in rows}


def _export(writer: Writer, days: _Days, *, now: dt.datetime) -> Export:
    business = Business.current()
    names = {account: writer.suggested(account) for account in Account}
    export = Export(
        number=NAME,
        business=business.name,
        currency=business.currency.upper(),
        starts_on=days.starts_on,
        ends_on=days.ends_on,
        grain="event",
        final_at=now,
        head=(0, ""),
        places=tuple(days.places.values()),
        names=names,
        tax_rate_name="",
        journal_code="",
        previous_sha256="",
        using=days.using,
        entries=partial(_entries, days, names),
        postings=partial(_postings, days, names),
    )
    return replace(export, kept=tie_out(export).as_json()) if isinstance(writer, PlainText) else export


def _read(days: _Days) -> Iterator[tuple[Entry, list[Posting]]]:
    """Every sealed entry of these days with its postings, day by day along the chain; some hundred are in memory."""
    of_days = Entry.objects.using(days.using).filter(
        business_date__gte=days.starts_on, business_date__lt=days.ends_on, link__isnull=False
    )
    keys = list(of_days.order_by("business_date", "link__number").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        entries = of_days.select_related("link", "reverses__link").in_bulk(some)
        postings: dict[uuid.UUID, list[Posting]] = defaultdict(list)
        for posting in Posting.objects.using(days.using).filter(entry__in=some).order_by("position"):
            postings[posting.entry_id].append(posting)
        yield from ((entries[key], postings[key]) for key in some)


def _entries(days: _Days, names: dict[Account, str]) -> Iterator[BookEntry]:
    for entry, rows in _read(days):
        number, place = entry.link.number, days.places[entry.location_id]
        yield BookEntry(
            number=f"E-{number}",
            short=f"E{number}",
            title=f"{entry.kind.replace('_', ' ').capitalize()} {place.name}",
            on=entry.business_date,
            bucket=bucket_of(entry.kind),
            rank=number,
            place=place,
            entry_no=number,
            lines=tuple(_line(row, days, names) for row in rows),
        )


def _line(row: Posting, days: _Days, names: dict[Account, str]) -> BookLine:
    account = Account(row.account)
    place = days.places[row.location_id]
    return BookLine(account, names[account], row.amount_cents, place, row.jurisdiction, account.label)


def _postings(days: _Days, names: dict[Account, str]) -> Iterator[BookPosting]:
    movements = BalanceTransaction.objects.using(days.using).exclude(entry=None)
    of_days = movements.filter(entry__business_date__gte=days.starts_on, entry__business_date__lt=days.ends_on)
    moved = dict(of_days.values_list("entry_id", "pk"))
    for entry, rows in _read(days):
        for row in rows:
            yield _posting(entry, row, days, names, moved.get(entry.pk, ""))


def _posting(entry: Entry, row: Posting, days: _Days, names: dict[Account, str], stripe_bt: str) -> BookPosting:
    account = Account(row.account)
    return BookPosting(
        entry_no=entry.link.number,
        document_no=f"E-{entry.link.number}",
        event_key=entry.key,
        event_type=entry.kind,
        business_date=entry.business_date,
        occurred_at=entry.occurred_at,
        posted_at=entry.created_at,
        place=days.places[row.location_id],
        line_no=row.position,
        account=account,
        name=names[account],
        amount_cents=row.amount_cents,
        therapist="" if row.therapist_id is None else str(row.therapist_id),
        category=row.category,
        tender=row.tender,
        jurisdiction=row.jurisdiction,
        instrument=row.instrument,
        stripe_bt=stripe_bt,
        payout=row.instrument if entry.kind in ("payout", "payout_arrived") else "",
        client=row.client,
        drawer_session=row.drawer_session,
        reverses_no=entry.reverses.link.number if entry.reverses is not None else None,
        original_date=entry.original_date,
    )
