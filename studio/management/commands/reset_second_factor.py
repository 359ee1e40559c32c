"""Take somebody's second factor away from the server's own console: for the last owner whose phone is lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from studio import second_factor
from studio.models import Staff


class Command(BaseCommand):
    help = "Take a person's second factor and recovery codes away; they set up new ones when they next sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", default="by command", help="Kept in the audit trail.")

    def handle(self, *args: Any, **options: Any) -> None:
        staff = Staff.objects.filter(username=options["username"]).first()
        if staff is None:
            raise CommandError(f"Nobody has the username “{options['username']}”.")
        with transaction.atomic(durable=True):
            second_factor.reset(staff, by=None, now=timezone.now(), reason=options["reason"])
        self.stdout.write(f"{staff} signs in with the password alone once, and sets up a second factor then.")
