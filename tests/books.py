"""The books held against every promise at once: what a story or a race ends with."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from ledger import chain
from tests.builders import NOW

OF_THE_WORKER = {"jobs.checks.check_schedule"}
"""No worker runs in a test, so its schedule is late."""


def books_are_clean(*, now: dt.datetime = NOW) -> None:
    """Seal all entries, then run every check of settings.BOOK_CHECKS but those of the worker's schedule."""
    checks = [import_string(path) for path in settings.BOOK_CHECKS if path not in OF_THE_WORKER]
    with transaction.atomic():
        chain.link_entries(now=now)
        problems = [f"{found.check}: {found.what}" for check in checks for found in check(using="default", now=now)]
    assert problems == [], problems
