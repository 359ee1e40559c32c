"""Write the proof of the books of some days as one file."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounting.proof import write


class Command(BaseCommand):
    help = (
        "Write the journal for hledger and beancount, the chain, the trial balance and a script to check it, as a zip."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        day = dt.date.fromisoformat
        parser.add_argument("--from", required=True, type=day, dest="first", metavar="YYYY-MM-DD", help="first day")
        parser.add_argument("--to", required=True, type=day, dest="last", metavar="YYYY-MM-DD", help="last day")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last, out = options["first"], options["last"], options["out"]
        if last < first:
            raise CommandError(f"The days end on {last} before they begin on {first}.")
        with out.open("wb") as file:
            write(file, first, last + dt.timedelta(days=1), now=timezone.now())
        self.stdout.write(f"{out} proves {first} to {last}.")
