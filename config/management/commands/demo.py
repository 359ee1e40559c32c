"""Run the whole demo studio on this machine: database, data, worker and web server, until Ctrl-C."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from config.demo import gifts
from config.demo.people import LOGINS, THERAPIST
from payments import keys
from payments.models import Reader
from studio.devices import new_pairing_code
from studio.models import Business, Device


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
        self._seed()
        self._print_the_way_in(options["port"])
        self._serve(options["port"])

    def _seed(self) -> None:
        if Business.objects.exists():
            call_command("seed_demo", stdout=self.stdout)
            return
        self.stdout.write("Massage Escape: 90 days of sales, rung up through the real checkout …")
        stand_in = self._stand_in() if keys.is_stand_in() else None
        try:
            call_command("seed_demo", stdout=self.stdout)
            call_command("worker", "--once", stdout=self.stdout)
        finally:
            if stand_in:
                stand_in.terminate()
                stand_in.wait()

    def _stand_in(self, *more: str) -> "subprocess.Popen[bytes]":
        """Start the stand-in for Stripe and wait until it answers; its account is kept beside the database."""
        where = urlsplit(settings.STRIPE_API_BASE)
        account = Path(settings.DATABASES["default"]["NAME"]).with_suffix(".stripe.sqlite3")
        if connection.vendor != "sqlite":
            account = settings.BASE_DIR / "var" / "demo.stripe.sqlite3"
            account.parent.mkdir(exist_ok=True)
        command = ["-m", "stripe_sim", "--port", str(where.port), "--db", str(account), "--quiet", *more]
        started = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
        for _ in range(100):
            if started.poll() is not None:
                raise CommandError(f"The stand-in for Stripe could not start at {where.netloc}; is it taken?")
            with contextlib.suppress(OSError), socket.create_connection((where.hostname, where.port), timeout=1):
                return started
            time.sleep(0.1)
        started.terminate()
        raise CommandError(f"The stand-in for Stripe does not answer at {where.netloc}.")

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
        say(f"  Attention    {base}/trouble/     what needs somebody: one refund that the card did not take")
        say(f"  Shop         {base}/gift-cards/   pay on the stand-in's page with any test card")
        for code, worth in gifts.printed():
            say(f"                 {code}   a gift card: {worth}")
        say(f"  API          {base}/api/docs/\n")
        for login in [*LOGINS, THERAPIST]:
            pin = f"PIN {login.pin}" if login.pin else ""
            password = f"{login.username} / {login.password}" if login.password else ""
            say(f"  {login.name:<16} {login.role:<11} {login.place or 'everywhere':<11} {pin:<11} {password}")
        say("\nSimulated: the studio, its people and its sales, and Stripe, whose readers are pages:")
        for reader in Reader.objects.select_related("location").order_by("location__code", "label"):
            page = f"{settings.STRIPE_API_BASE}/_sim/readers/{reader.stripe_id}"
            say(f"  {reader.location.name + ', ' + reader.label:<26} {page}")
        say("“Other terminal” stands for a card machine beside the tablet. Mail is printed here and sent nowhere.")
        say("A new pairing code: .venv/bin/python manage.py pair_device --location UPT --name 'Uptown front tablet'")
        say("Ctrl-C stops everything.\n")

    def _serve(self, port: int) -> None:
        web = ["gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
        children = {
            "web server": subprocess.Popen([sys.executable, "-m", *web, "--log-level", "warning"]),
            "worker": subprocess.Popen([sys.executable, "manage.py", "worker"]),
        }
        if keys.is_stand_in():
            webhook = ["--webhook", f"http://127.0.0.1:{port}/stripe/webhook"]
            children["stand-in for Stripe"] = self._stand_in(*webhook, "--secret", settings.STRIPE_WEBHOOK_SECRETS[0])
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            ended = os.wait()[0]
            which = next((name for name, child in children.items() if child.pid == ended), "a part")
            raise CommandError(f"The {which} stopped by itself.")
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. Your data is kept: run it again to go on.")
        finally:
            for child in children.values():
                child.terminate()
            for child in children.values():
                child.wait()
