"""Hold every promise of the books against the data of one instant."""

import datetime as dt
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone
from django.utils.module_loading import import_string

from ledger import chain
from ledger.snapshot import snapshot

SHOWN = 20  # of one check's problems; a broken rule breaks everywhere


class Found(Protocol):
    """What a check of any app yields: its number and a sentence."""

    @property
    def check(self) -> str: ...

    @property
    def what(self) -> str: ...


Check = Callable[..., Iterator[Found]]


class Command(BaseCommand):
    help = (
        "Hold every promise of the books (settings.BOOK_CHECKS) against the data of one instant; exit 1 on a problem."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", type=printed_head, metavar="NUMBER:HASH", help="a head of the chain as printed")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with snapshot() as using:
            _take_your_time(using)
            checks = [import_string(path) for path in settings.BOOK_CHECKS]
            problems = sum(self._run(check, using, now) for check in checks)
            problems += self._compare_head(using, options["head"])
            head = chain.head(using=using)
        self.stdout.write(f"Head of the chain: {head.number}:{head.hash}" if head else "The chain is empty.")
        if problems:
            raise CommandError(f"The books are NOT in order: {problems} problems in {len(checks)} checks.")
        self.stdout.write(self.style.SUCCESS(f"The books are in order: {len(checks)} checks, 0 problems."))

    def _run(self, check: Check, using: str, now: dt.datetime) -> int:
        """Print the check's line and its problems; how many there are."""
        found = check(using=using, now=now)
        shown = list(islice(found, SHOWN))
        more = sum(1 for _ in found)
        self.stdout.write(f"{_promise(check)} {'PROBLEM' if shown else 'ok'}")
        for problem in shown:
            self.stdout.write(self.style.ERROR(f"    {problem.check}: {problem.what}"))
        if more:
            self.stdout.write(self.style.ERROR(f"    … and {more} more"))
        return len(shown) + more

    def _compare_head(self, using: str, printed: tuple[int, str] | None) -> int:
        breaks = list(chain.compare_head(*printed, using=using)) if printed else []
        for sentence in breaks:
            self.stdout.write(self.style.ERROR(f"    printed head: {sentence}"))
        return len(breaks)


def printed_head(text: str) -> tuple[int, str]:
    """A head of the chain as it stands on paper: `1042:9f86d0…`."""
    number, colon, digest = text.partition(":")
    if not colon or len(digest) != 64:
        raise ValueError(text)
    return int(number), digest.lower()


def _promise(check: Check) -> str:
    """The check's name and what it holds, in words."""
    first_line = (check.__doc__ or "").strip().partition("\n")[0]
    return f"{check.__module__}.{check.__name__}: {first_line}"


def _take_your_time(using: str) -> None:
    # The limits are made for tills; a year of books takes longer to read.
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
