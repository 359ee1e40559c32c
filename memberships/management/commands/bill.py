"""`manage.py bill`: charge what members owe today, or say what would be charged."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger.money import dollars
from memberships import runs
from memberships.models import BillingRun
from payments.side_by_side import threads_wanted
from studio.refusal import BadInput


class Command(BaseCommand):
    help = "Make the dues that have come up, charge them, and follow the answers; may be stopped and begun again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--on", type=dt.date.fromisoformat, help="Only periods that start by this day (YYYY-MM-DD)."
        )
        parser.add_argument("--dry-run", action="store_true", help="List who would be charged what; change nothing.")
        parser.add_argument("--limit", type=int, help="Charge at most so many dues.")
        parser.add_argument("--threads", type=int, help="How many ask Stripe side by side; as many as its limit takes.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.list(options["on"], limit=options["limit"])
            return
        try:
            run = runs.bill(
                clock=timezone.now,
                on=options["on"],
                limit=options["limit"],
                threads=options["threads"] or threads_wanted(),
                patience=60,
                tell=self.progress,
            )
        except BadInput as wrong:
            raise CommandError(wrong.sentence) from wrong
        self.stdout.write(f"\n{in_words(run)}")

    def list(self, on: dt.date | None, *, limit: int | None) -> None:
        now = timezone.now()
        total_cents = count = 0
        for n, planned in enumerate(runs.would_bill(on=on or now.date(), now=now)):
            if limit is not None and n >= limit:
                break
            due = planned.due
            amount = f"${dollars(planned.amount_cents)}"
            self.stdout.write(f"{due.starts_on}  {due.membership.client}  {due.plan}  {amount}  {planned.what}")
            if planned.is_charged:
                total_cents, count = total_cents + planned.amount_cents, count + 1
        self.stdout.write(f"{count} would be charged, ${dollars(total_cents)} in all. Nothing was changed.")

    def progress(self, run: BillingRun) -> None:
        self.stdout.write(f"\r{run.charged} charged, {declined(run)} declined, {run.skipped} skipped", ending="")
        self.stdout.flush()


def in_words(run: BillingRun) -> str:
    """The report, a line for each number."""
    return "\n".join(
        [
            f"Billing of {run.on}: {run.made} dues made",
            f"  charged   {run.charged}, ${dollars(run.charged_cents)}",
            f"  declined  {declined(run)} ({run.declined_never} never with this card, "
            f"{run.declined_customer} the client must act, {run.declined_later} later, {run.declined_soon} soon)",
            f"  skipped   {run.skipped}",
            f"  unclear   {run.unclear}",
        ]
    )


def declined(run: BillingRun) -> int:
    return run.declined_never + run.declined_customer + run.declined_later + run.declined_soon
