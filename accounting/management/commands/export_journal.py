"""Export the journal of some business days into other books, as a final batch with its files in a folder."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounting.exports import batches, rendering
from accounting.exports.formats import writers
from accounting.exports.mapping import destination_of, unmapped
from accounting.exports.selecting import Preview, Range, preview
from accounting.models import ExportBatch
from ledger.money import dollars
from ledger.snapshot import snapshot
from studio.models import Location, Staff
from studio.refusal import BadInput, Refusal


def day(text: str) -> dt.date:
    """A day written as 2026-01-31."""
    return dt.date.fromisoformat(text)


class Command(BaseCommand):
    help = (
        "Export entries that no live batch has yet into other books; --dry-run shows what would go and what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", required=True, choices=list(writers()), dest="slug")
        parser.add_argument("--from", required=True, type=day, dest="first", metavar="YYYY-MM-DD")
        parser.add_argument("--to", required=True, type=day, dest="last", metavar="YYYY-MM-DD", help="the last day")
        parser.add_argument("--location", default="", metavar="CODE", help="one location; a closed one can be, too")
        parser.add_argument("--grain", choices=ExportBatch.Grain.values, default=ExportBatch.Grain.DAY.value)
        parser.add_argument("--by", default="", metavar="USERNAME", help="who exports; goes into the audit log")
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go; made if it is not there")
        parser.add_argument("--dry-run", action="store_true", help="show what would be exported and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            what = Range(options["first"], options["last"] + dt.timedelta(days=1), _place(options["location"]))
            if options["dry_run"]:
                self._show(options["slug"], what)
            else:
                self._export(what, options)
        except BadInput as bad:
            raise CommandError(f"--{bad.field}: {bad.sentence}") from bad
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal

    def _show(self, slug: str, what: Range) -> None:
        destination = destination_of(slug)
        with snapshot() as using:
            found = preview(destination, what, using=using)
        self.stdout.write("\n".join(_told(found)))
        for account in unmapped(destination, [one.account for one in found.sums]):
            self.stdout.write(f"NOT MAPPED: {account.title}")

    def _export(self, what: Range, options: dict[str, Any]) -> None:
        folder: Path | None = options["out"]
        if folder is None:
            raise BadInput("out", "Say into which folder the files go.")
        folder.mkdir(parents=True, exist_ok=True)
        by, now = _person(options["by"]), timezone.now()
        batch = batches.export(options["slug"], what, grain=options["grain"], by=by, now=now)
        for file in batch.files.all():
            with (folder / file.name).open("wb") as out:
                out.writelines(rendering.pieces_of(file))
            self.stdout.write(f"{folder / file.name}  {file.bytes} bytes  {file.sha256}")
        total = dollars(batch.debits_cents or 0)
        self.stdout.write(f"{batch}: {batch.entries} entries, {batch.lines} lines, debits and credits {total} each.")


def _told(found: Preview) -> list[str]:
    rows = [
        f"{one.account.title:<40}{dollars(one.debits_cents):>16}{dollars(one.credits_cents):>16}" for one in found.sums
    ]
    return [f"{found.entries} entries would be exported.", *rows]


def _place(code: str) -> Location | None:
    if not code:
        return None
    place = Location.objects.filter(code=code).first()
    if place is None:
        raise BadInput("location", f"There is no location “{code}”.")
    return place


def _person(username: str) -> Staff | None:
    if not username:
        return None
    staff = Staff.objects.filter(username=username, is_active=True).first()
    if staff is None:
        raise BadInput("by", f"Nobody active is called “{username}”.")
    return staff
