"""Get a tablet going without the back office: makes the device when it is missing and prints a pairing code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from studio.audit import record
from studio.devices import new_pairing_code
from studio.models import Device, Location


class Command(BaseCommand):
    help = "Print a new pairing code for a device of a location; the code works once and for 15 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--location", required=True, metavar="CODE", help="code of the location")
        parser.add_argument("--name", required=True, help="name of the device, such as “Front desk”")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with transaction.atomic(durable=True):
            device = _find_or_add(options["location"], options["name"])
            code = new_pairing_code(device, now=now)
            record(at=now, action="device.pairing_code", device=device, location=device.location, subject=device)
        self.stdout.write(code)


def _find_or_add(code: str, name: str) -> Device:
    location = Location.objects.filter(code=code).first()
    if location is None:
        known = ", ".join(Location.objects.values_list("code", flat=True)) or "none yet"
        raise CommandError(f"There is no location “{code}”; there are: {known}.")
    newest = Device.objects.filter(location=location, name=name).order_by("-created_at").first()
    return newest or Device.objects.create(location=location, name=name)
