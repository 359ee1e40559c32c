"""Close a month of the books: softly, or for good with what stood in it stored."""

import datetime as dt
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounting import closing
from accounting.checklist import State, Step, checklist
from accounting.closing import Effect
from ledger.money import dollars
from ledger.snapshot import snapshot
from studio.models import Location, Staff
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
    help = "Close a month of the books; --dry-run shows the checklist and what would be stored, and changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_month_and_person(parser)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="show the exact effect and change nothing")
        how.add_argument("--soft", action="store_true", help="for desk and worker only: corrections may still come")

    def handle(self, *args: Any, **options: Any) -> None:
        month, by, now = options["month"], person(options["by"]), timezone.now()
        if options["dry_run"]:
            self.stdout.write("\n".join(preview(month, now=now)))
            return
        try:
            if options["soft"]:
                period = closing.soft_close(month, by=by, now=now)
                self.stdout.write(f"{period} is closed but for corrections.")
                return
            stored = closing.close_month(month, by=by, now=now)
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"{month:%B %Y} is closed: {stored.entries} entries, SHA-256 {stored.sha256}.")
        self.stdout.write(f"Head of the chain: {stored.chain_number}:{stored.chain_hash}")


def preview(month: dt.date, *, now: dt.datetime) -> list[str]:
    """The checklist and the exact effect, as lines; nothing is changed."""
    with snapshot() as using:
        period = closing.period_of(month, using=using)
        steps = checklist(period, using=using, now=now)
        found = closing.effect(period, using=using)
    return [*_steps(steps), *_effect(found), _verdict(steps, month)]


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        yield f"{step.state.value:<10} {step.name}: {step.sentence}"


def _effect(found: Effect) -> Iterator[str]:
    codes = dict(Location.objects.values_list("pk", "code"))
    yield f"{found.entries} entries of {found.period}"
    yield f"  {'':<40}{'opening':>14}{'debits':>14}{'credits':>14}{'closing':>14}"
    for row in found.balances:
        name = f"{row.account.title} {codes[row.location_id]} {row.jurisdiction}".strip()
        cents = (row.opening_cents, row.debit_cents, row.credit_cents, row.closing_cents)
        yield f"  {name:<40}" + "".join(f"{dollars(amount):>14}" for amount in cents)


def _verdict(steps: Sequence[Step], month: dt.date) -> str:
    if count := sum(step.state == State.BLOCKS for step in steps):
        return f"{month:%B %Y} could NOT be closed: {count} things are to be done first."
    return f"{month:%B %Y} would be closed."
