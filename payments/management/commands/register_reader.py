"""Set up a card reader: registered at Stripe, stored for the desk of its location."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from payments.readers import register
from payments.states import Busy, Indeterminate
from studio.models import Location
from studio.refusal import BadInput


class Command(BaseCommand):
    help = "Register a card reader at Stripe by the code on its screen. The same label again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--location", required=True, metavar="CODE", help="code of the location")
        parser.add_argument(
            "--code", required=True, help="what the reader shows under “Generate pairing code”; or simulated-wpe"
        )
        parser.add_argument("--label", required=True, help="its name at the desk, such as “Front desk”")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        location = Location.objects.filter(code=options["location"]).first()
        if location is None:
            known = ", ".join(Location.objects.values_list("code", flat=True)) or "none yet"
            raise CommandError(f"There is no location “{options['location']}”; there are: {known}.")
        try:
            reader = register(location, code=options["code"], label=options["label"], now=now)
        except BadInput as bad:
            raise CommandError(bad.sentence) from bad
        except (Busy, Indeterminate) as away:
            raise CommandError("Stripe gave no clear answer. Run it again.") from away
        self.stdout.write(f"{reader} at {location}: {reader.stripe_id}")
