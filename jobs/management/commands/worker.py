"""`manage.py worker`: sends mails and runs recurring work until it is told to stop; `--once` for cron."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.worker import Worker


class Command(BaseCommand):
    help = (
        "Work what is due: mails, recurring jobs, unfinished business. Ends after the row in hand on SIGTERM or Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="work what is due now, then end (for cron)")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker()
        before = {number: signal.signal(number, worker.stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            if options["once"]:
                self.stdout.write(f"{worker.run_once()} done")
            else:
                worker.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
