"""Reading the books at one instant, whatever is sold meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

REPORTS = "reports"


@contextmanager
def snapshot() -> Iterator[str]:
    """The alias to read with: within the block every query sees the same instant, and none can write.

    Inside an open transaction it is that transaction's alias: what it has written so far belongs to the picture.
    """
    for alias in (DEFAULT_DB_ALIAS, REPORTS):
        if connections[alias].in_atomic_block:
            yield alias
            return
    with transaction.atomic(using=REPORTS):
        with connections[REPORTS].cursor() as cursor:
            if cursor.db.vendor == "postgresql":
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            # On both engines the instant is that of the first read.
            cursor.execute("SELECT COUNT(*) FROM ledger_period")
        yield REPORTS
