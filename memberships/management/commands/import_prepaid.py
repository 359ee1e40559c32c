"""Import members, packages and credits of an older system."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from ledger.money import dollars
from memberships.imports import COLUMNS, BadRows, import_prepaid
from studio.models import Staff


class Command(BaseCommand):
    help = f"Import members, packages and credits from a CSV file, all or nothing. Columns: {', '.join(COLUMNS)}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who decides; goes into the audit log")
        parser.add_argument("--dry-run", action="store_true", help="show the exact effect and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        by = Staff.objects.filter(username=options["by"], is_active=True).first()
        if by is None:
            raise CommandError(f"Nobody active is called “{options['by']}”.")
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} can not be read as UTF-8 text: {error}") from error
        try:
            with transaction.atomic(durable=True):
                made = import_prepaid(text, by=by, now=timezone.now())
                transaction.set_rollback(options["dry_run"])
        except BadRows as bad:
            raise CommandError("\n".join([*bad.problems, bad.sentence])) from bad
        self.stdout.write(f"{made}.")
        for account, cents in made.cents.items():
            self.stdout.write(f"{account.title}: {dollars(cents)}")
        self.stdout.write("Nothing was written: this was a dry run." if options["dry_run"] else "Written.")
