"""`manage.py settle_locations`: what locations owe each other, and the entry when one has paid the other."""

import datetime as dt
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from ledger.money import dollars
from pos import settling
from studio.models import Location, Staff
from studio.refusal import BadInput, Refusal


class Command(BaseCommand):
    help = "Lists what locations owe each other before a day; with --pay writes the entry of a bank transfer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--until", type=dt.date.fromisoformat, help="the day after the last one; default: tomorrow")
        parser.add_argument("--pay", nargs=2, metavar=("FROM", "TO"), help="codes of the locations: who pays whom")
        parser.add_argument("--by", help="user name of who says so; needed with --pay")
        parser.add_argument("--id", type=uuid.UUID, help="the id of the transfer: the same one is booked once")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        until = options["until"] or now.date() + dt.timedelta(days=1)
        owed = settling.what_is_owed(until=until)
        for one in owed:
            self.stdout.write(f"{one.debtor.code} owes {one.creditor.code} ${dollars(one.amount_cents)}")
        if options["pay"]:
            self._pay(owed, options, now=now)
        elif not owed:
            self.stdout.write("No location owes another one anything.")

    def _pay(self, owed: list[settling.Owed], options: dict[str, Any], *, now: dt.datetime) -> None:
        debtor, creditor = (self._place(code) for code in options["pay"])
        cents = sum(one.amount_cents for one in owed if (one.debtor, one.creditor) == (debtor, creditor))
        person = Staff.objects.filter(username=options["by"] or "").first()
        if person is None:
            raise CommandError("Say with --by who says so: a user name.")
        try:
            with transaction.atomic(durable=True):
                settling.settle(
                    settlement_id=options["id"] or uuid.uuid4(),
                    debtor=debtor,
                    creditor=creditor,
                    amount_cents=cents,
                    made_by=person,
                    now=now,
                )
        except (Refusal, BadInput) as no:
            raise CommandError(no.sentence) from no
        self.stdout.write(f"Booked: {debtor.code} has paid {creditor.code} ${dollars(cents)}.")

    def _place(self, code: str) -> Location:
        place = Location.objects.filter(code=code).first()
        if place is None:
            raise CommandError(f"There is no location {code}.")
        return place
