"""The proof of all books of a database, judged by hledger, by beancount and by its own script: how long each takes.

DATABASE_URL=sqlite:///var/demo.sqlite3 python -m bench.prove
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db.models import Max, Min  # noqa: E402 - the settings come first
from django.utils import timezone  # noqa: E402

from accounting import proof  # noqa: E402
from accounting.ranges import DAY  # noqa: E402
from ledger.models import Entry  # noqa: E402

JUDGES: dict[str, Sequence[str]] = {
    "hledger": ("hledger", "-f", "footfall.journal", "check", "-s", "ordereddates", "payees"),
    "bean-check": (str(Path(sys.executable).with_name("bean-check")), "-C", "footfall.beancount"),
    "check_proof.py": (sys.executable, "check_proof.py"),
}


def main() -> int:
    """How many judges refuse the proof of everything there is."""
    days = Entry.objects.aggregate(first=Min("business_date"), last=Max("business_date"))
    if days["first"] is None:
        print("There are no entries to prove.")
        return 1
    print(f"{Entry.objects.count()} entries from {days['first']} to {days['last']}")
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "proof.zip"
        started = time.perf_counter()
        with packed.open("wb") as file:
            proof.write(file, days["first"], days["last"] + DAY, now=timezone.now())
        print(f"{'written':<16}{time.perf_counter() - started:8.1f} s  {packed.stat().st_size:,} bytes")
        zipfile.ZipFile(packed).extractall(folder)
        return sum(_refuses(name, command, folder) for name, command in JUDGES.items())


def _refuses(name: str, command: Sequence[str], folder: str) -> bool:
    started = time.perf_counter()
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    print(f"{name:<16}{time.perf_counter() - started:8.1f} s  {'REFUSES' if told.returncode else 'accepts'}")
    if told.returncode:
        print(told.stdout[-2000:], told.stderr[-2000:])
    return told.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
