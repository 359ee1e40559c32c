"""The files of a batch: made from the books and from what was kept with it, stored as they were given out."""

import hashlib
import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import IO, Any

from django.db import DEFAULT_DB_ALIAS

from accounting.exports import journal
from accounting.exports.formats import Export, File, Place, Writer
from accounting.exports.mapping import writer_of
from accounting.exports.numbering import letters
from accounting.exports.selecting import sums_of
from accounting.models import ExportBatch, ExportChunk, ExportFile, ExportItem
from ledger.accounts import Account
from ledger.models import Posting
from studio.models import Business, Location

FORM = "footfall export 1"
MANIFEST = "manifest.json"
PIECE = 1 << 20
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same moment in every archive


def facts_now(names: dict[Account, str], *, tax_rate_name: str, journal_code: str) -> dict[str, Any]:
    """What the files depend on beside the books, as it is now: names, codes and policies (JSON)."""
    places = list(Location.objects.order_by("pk"))
    own = letters(places)
    business = Business.current()
    return {
        "form": FORM,
        "business": business.name,
        "currency": business.currency.upper(),
        "places": [[place.pk, place.code, place.name, own[place.pk]] for place in places],
        "policies": {place.code: _policies(place) for place in places},
        "names": {str(account.value): name for account, name in names.items()},
        "tax_rate_name": tax_rate_name,
        "journal_code": journal_code,
    }


def export_of(batch: ExportBatch, *, using: str = DEFAULT_DB_ALIAS) -> Export:
    """The batch as a writer sees it, from its facts."""
    facts = batch.facts
    places = {key: Place(key, code, name, letter) for key, code, name, letter in facts["places"]}
    names = {Account(int(code)): name for code, name in facts["names"].items()}
    return Export(
        number=batch.number or "",
        business=facts["business"],
        currency=facts["currency"],
        starts_on=batch.starts_on,
        ends_on=batch.ends_on,
        grain=batch.grain,
        final_at=batch.final_at or batch.drafted_at,
        head=(facts.get("head", [0, ""])[0], facts.get("head", [0, ""])[1]),
        places=tuple(places.values()),
        names=names,
        tax_rate_name=facts["tax_rate_name"],
        journal_code=facts["journal_code"],
        previous_sha256=facts.get("previous_sha256", ""),
        using=using,
        entries=partial(journal.entries, batch, places=places, names=names, using=using),
        postings=partial(journal.postings, batch, places=places, names=names, using=using),
        kept=facts.get("kept", {}),
    )


def measure(export: Export, writer: Writer) -> tuple[int, int]:
    """How many lines the other books get, and the sum of their debits in cents."""
    lines = debits_cents = 0
    for cents in _amounts(export, writer):
        lines += 1
        debits_cents += max(cents, 0)
    return lines, debits_cents


def keep_files(batch: ExportBatch) -> str:
    """Make the files of a final batch and store them, the manifest last; gives its hash, which is then the batch's.

    Not in a transaction: a large batch takes minutes. Broken off it can be called again.
    """
    ExportFile.objects.filter(batch=batch).delete()
    about = []
    for position, (name, pieces) in enumerate(files_of(batch), start=1):
        about.append(_store(batch, position, name, pieces))
    manifest = manifest_of(batch, about)
    kept = _store(batch, len(about) + 1, MANIFEST, [manifest])
    ExportBatch.objects.filter(pk=batch.pk).update(sha256=kept["sha256"])
    batch.sha256 = kept["sha256"]
    return batch.sha256


def files_of(batch: ExportBatch) -> Iterator[File]:
    """The files of the batch made anew, without the manifest."""
    yield from writer_of(batch.destination.slug).files(export_of(batch))


def made_again(batch: ExportBatch) -> str:
    """The hash that the manifest has when all files are made anew."""
    about = [measured(name, pieces) for name, pieces in files_of(batch)]
    return hashlib.sha256(manifest_of(batch, about)).hexdigest()


def measured(name: str, pieces: Iterable[bytes]) -> dict[str, Any]:
    """What the manifest says about a file."""
    digest, size, lines = hashlib.sha256(), 0, 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        lines += piece.count(b"\n")
    about = {"name": name, "bytes": size, "sha256": digest.hexdigest()}
    return about if name.endswith(".xlsx") else {**about, "lines": lines}


def manifest_of(batch: ExportBatch, about: list[dict[str, Any]]) -> bytes:
    """manifest.json: what the batch is, its files with their hashes, and its control totals by account in cents."""
    export = export_of(batch)
    entries = ExportItem.objects.filter(batch=batch)
    numbers = entries.order_by("entry__link__number").values_list("entry__link__number", flat=True)
    contents = {
        "form": batch.facts["form"],
        "batch": batch.number,
        "business": export.business,
        "currency": export.currency,
        "destination": batch.destination.slug,
        "from": export.starts_on.isoformat(),
        "to": export.last_on.isoformat(),
        "location": batch.facts.get("location", ""),
        "grain": batch.grain,
        "entries": batch.entries,
        "first_entry_no": numbers.first(),
        "last_entry_no": numbers.last(),
        "lines": batch.lines,
        "debits_cents": batch.debits_cents,
        "credits_cents": batch.debits_cents,
        "accounts": _account_totals(batch),
        "policies": batch.facts["policies"],
        "chain_head": f"{export.head[0]}:{export.head[1]}",
        "previous_sha256": export.previous_sha256,
        "files": about,
    }
    return (json.dumps(contents, indent=2, ensure_ascii=False) + "\n").encode()


def pieces_of(file: ExportFile) -> Iterator[bytes]:
    """A kept file, piece by piece."""
    chunks = ExportChunk.objects.filter(file=file).order_by("position")
    for data in chunks.values_list("data", flat=True).iterator(chunk_size=4):
        yield zlib.decompress(data)


def archive(batch: ExportBatch) -> IO[bytes]:
    """All kept files as one zip, open for reading at its beginning; the same batch gives the same archive."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for it reads and closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for kept in batch.files.all():
            about = zipfile.ZipInfo(kept.name, _LONG_AGO)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with packed.open(about, "w", force_zip64=True) as entry:
                for piece in pieces_of(kept):
                    entry.write(piece)
    file.seek(0)
    return file


def _amounts(export: Export, writer: Writer) -> Iterator[int]:
    if writer.has_postings:
        return (one.amount_cents for one in export.postings())
    return (line.amount_cents for entry in export.entries() for line in entry.lines)


def _account_totals(batch: ExportBatch) -> dict[str, dict[str, int]]:
    """What the ledger has on each account for the entries of the batch."""
    items = ExportItem.objects.filter(batch=batch).values("entry_id")
    return {
        one.account.title: {"debits_cents": one.debits_cents, "credits_cents": one.credits_cents}
        for one in sums_of(Posting.objects.filter(entry__in=items))
    }


def _store(batch: ExportBatch, position: int, name: str, pieces: Iterable[bytes]) -> dict[str, Any]:
    file = ExportFile.objects.create(batch=batch, position=position, name=name, bytes=0, sha256="")
    about = measured(name, _kept(file, pieces))
    ExportFile.objects.filter(pk=file.pk).update(bytes=about["bytes"], sha256=about["sha256"])
    return about


def _kept(file: ExportFile, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger pieces, each stored before it is passed on."""
    for position, piece in enumerate(_larger(pieces), start=1):
        ExportChunk.objects.create(file=file, position=position, data=zlib.compress(piece))
        yield piece


def _larger(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _policies(place: Location) -> str:
    prices = "prices include tax" if place.prices_include_tax else "tax is added to prices"
    rounding = f"tax is rounded {place.get_tax_rounding_display()}, cash {place.get_cash_rounding_display()}"
    return f"{prices}; {rounding}; a business day ends at {place.day_cutoff:%H:%M} {place.time_zone}"
