"""Close a month of the books."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from ledger import chain, periods
from ledger.journal import balances
from ledger.models import Entry, Period
from ledger.money import dollars
from studio.models import Staff
from studio.refusal import Refusal


def month_of(text: str) -> dt.date:
    """The first day of a month written as 2026-01."""
    return dt.date.fromisoformat(f"{text}-01")


def add_month_and_person(parser: ArgumentParser) -> None:
    parser.add_argument("month", type=month_of, metavar="YYYY-MM")
    parser.add_argument("--by", required=True, metavar="USERNAME", help="who decides; goes into the audit log")


def person(username: str) -> Staff:
    """The active person of that user name, or a CommandError."""
    try:
        return Staff.objects.get(username=username, is_active=True)
    except Staff.DoesNotExist as error:
        raise CommandError(f"Nobody active is called “{username}”.") from error


class Command(BaseCommand):
    help = "Close a month: seal its entries in the chain, then take no more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_month_and_person(parser)
        parser.add_argument("--dry-run", action="store_true", help="show the exact effect and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic(durable=True):
                period = periods.close(options["month"], by=person(options["by"]), now=timezone.now())
                effect = _effect(period)
                transaction.set_rollback(options["dry_run"])
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write("\n".join(effect))
        self.stdout.write(f"{period} would be closed." if options["dry_run"] else f"{period} is closed.")


def _effect(period: Period) -> list[str]:
    """What is closed: the entries, what the accounts moved by, and the head of the chain."""
    entries = Entry.objects.filter(business_date__gte=period.month, business_date__lt=period.ends_on)
    moved = balances(entry__in=entries)
    head = chain.head()
    return [
        f"{entries.count()} entries of {period}",
        *(f"  {title:<40}{dollars(cents):>16}" for title, cents in moved.items()),
        f"Head of the chain: {head.number}:{head.hash}" if head else "The chain is empty.",
    ]
