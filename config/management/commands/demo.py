"""Run the whole demo studio on this machine: database, data, worker and web server, until Ctrl-C."""

import os
import signal
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from config.demo.people import LOGINS
from studio.devices import new_pairing_code
from studio.models import Device


class Command(BaseCommand):
    """One process tree: this command, the web server and the worker; stopping it stops all."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: set DEMO=True for it (`make demo` does).")
        settings.STATIC_ROOT.mkdir(exist_ok=True)
        call_command("migrate", verbosity=0)
        self.stdout.write("Massage Escape: 90 days of sales, rung up through the real checkout …")
        call_command("seed_demo", stdout=self.stdout)
        call_command("worker", "--once", stdout=self.stdout)
        self._print_the_way_in(options["port"])
        self._serve(options["port"])

    def _print_the_way_in(self, port: int) -> None:
        say, base = self.stdout.write, f"http://127.0.0.1:{port}"
        say("\nFootfall is running.\n")
        say(f"  Desk         {base}/desk/        on a tablet; pair it with one of these codes (15 minutes, once):")
        now = timezone.now()
        for device in Device.objects.filter(revoked_at=None).select_related("location").order_by("location__code"):
            with transaction.atomic(durable=True):
                code = new_pairing_code(device, now=now)
            say(f"                 {code}   {device.name}")
        say(f"  Back office  {base}/admin/")
        say(f"  API          {base}/api/docs/\n")
        for login in LOGINS:
            pin = f"PIN {login.pin}" if login.pin else ""
            password = f"{login.username} / {login.password}" if login.password else ""
            say(f"  {login.name:<16} {login.role:<11} {login.place or 'everywhere':<11} {pin:<11} {password}")
        say("\nSimulated: the studio, its people and its sales. “Other terminal” stands for a card machine beside the")
        say("tablet: you type what it charged. Mail is printed here and sent nowhere.")
        say("A new pairing code: .venv/bin/python manage.py pair_device --location UPT --name 'Uptown front tablet'")
        say("Ctrl-C stops everything.\n")

    def _serve(self, port: int) -> None:
        web = ["gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
        children = [
            subprocess.Popen([sys.executable, "-m", *web, "--log-level", "warning"]),
            subprocess.Popen([sys.executable, "manage.py", "worker"]),
        ]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            ended = os.wait()[0]
            raise CommandError(f"The {'web server' if ended == children[0].pid else 'worker'} stopped by itself.")
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. Your data is kept: run it again to go on.")
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
