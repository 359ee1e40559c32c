"""Write the sales of some business days into a file for spreadsheets."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounting import sales_export
from accounting.asked import Asked
from accounting.sales_export import FORMS, WHATS, SalesFile
from studio.models import Location


class Command(BaseCommand):
    help = "Write every line of every sale, or every tender, of some business days into a CSV or Excel file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--what", required=True, choices=list(WHATS))
        parser.add_argument("--format", required=True, choices=list(FORMS), dest="form")
        parser.add_argument("--from", required=True, type=dt.date.fromisoformat, dest="first", metavar="YYYY-MM-DD")
        parser.add_argument("--to", required=True, type=dt.date.fromisoformat, dest="last", help="the last day")
        parser.add_argument("--location", default="", metavar="CODE", help="one location; all unless told")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if last < first:
            raise CommandError(f"--to: the range ends on {last} before it begins on {first}.")
        asked = Asked(first, last + dt.timedelta(days=1), _places(options["location"]))
        told = SalesFile(options["what"], options["form"], asked)
        with transaction.atomic():
            sales_export.note(told, by=None, now=timezone.now())
        size = 0
        with options["out"].open("wb") as out:
            for piece in told.pieces():
                size += out.write(piece)
        self.stdout.write(f"{options['out']}  {size} bytes")


def _places(code: str) -> tuple[Location, ...]:
    found = Location.objects.filter(code=code) if code else Location.objects.all()
    if not found:
        raise CommandError(f"--location: there is no location “{code}”.")
    return tuple(found)
