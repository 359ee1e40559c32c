"""Reopen a closed month of the books."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounting import closing
from accounting.management.commands.close_month import add_month_and_person, person
from studio.refusal import BadInput, Refusal


class Command(BaseCommand):
    help = "Let a closed month take entries again; the reason goes into the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_month_and_person(parser)
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        by = person(options["by"])
        try:
            with transaction.atomic(durable=True):
                period = closing.reopen(options["month"], by=by, reason=options["reason"], now=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        except BadInput as bad:
            raise CommandError(bad.sentence) from bad
        self.stdout.write(f"{period} is open again.")
