"""What `bench.billing` does with Footfall's own code, in processes of its own; each answers with a line of JSON."""

import json
import os
import resource
import sys
import time
import uuid

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import stripe_at_once  # noqa: E402
from bench.machine import cpu_seconds  # noqa: E402
from memberships import dues, runs  # noqa: E402
from memberships.models import Consent, Due, Membership, Plan  # noqa: E402
from payments.models import Customer, SavedCard  # noqa: E402
from pos.models import Client  # noqa: E402
from studio.models import Location  # noqa: E402
from tests import builders  # noqa: E402

AT_ONCE = 5000


def prepare(count: int) -> dict[str, int]:
    """A studio with so many members, each with a saved card and due today; more of them the next time."""
    call_command("migrate", verbosity=0)
    if not Location.objects.exists():
        studio = builders.build_studio()
        Plan.objects.create(code="monthly", name="Monthly", price_cents=79_00)
        _members(count, studio.location)
    else:
        _members(count, Location.objects.get())
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
    return {"members": Membership.objects.count()}


def _members(count: int, location: Location) -> None:
    now, plan = timezone.now(), Plan.objects.get()
    today = location.business_date(now)
    for first in range(0, count, AT_ONCE):
        keys = [uuid.uuid4() for _ in range(first, min(first + AT_ONCE, count))]
        Client.objects.bulk_create(
            Client(id=key, name=f"Member {key.hex[:6]}", email=f"{key.hex}@example.com", created_at=now) for key in keys
        )
        agreed = [Consent(client_id=key, plan=plan, text="Yes", text_hash="0" * 64, at=now, how="desk") for key in keys]
        Consent.objects.bulk_create(agreed)
        Membership.objects.bulk_create(
            Membership(
                client_id=one.client_id,
                plan=plan,
                location=location,
                status=Membership.Status.ACTIVE,
                consent=one,
                joined_at=now,
                anchor_on=today,
                paid_until=today,
            )
            for one in agreed
        )
        Customer.objects.bulk_create(Customer(client=key, stripe_id=f"cus_{key.hex}") for key in keys)
        SavedCard.objects.bulk_create(
            SavedCard(
                client=key,
                stripe_method=f"pm_{key.hex}",
                brand="visa",
                last4="4242",
                exp_month=12,
                exp_year=2040,
                fingerprint=key.hex,
                consent="bench",
                saved_at=now,
                is_default=True,
                run_at=now,
            )
            for key in keys
        )


def make(_number: int) -> dict[str, float]:
    """All dues that can be made now: how many, in which time and CPU time, with how much memory."""
    started, before = time.monotonic(), _cpu()
    made = dues.make(now=timezone.now())
    seconds = time.monotonic() - started
    return {"made": made, "seconds": seconds, "cpu": _cpu() - before, "megabytes": _megabytes()}


def charge(threads: int) -> dict[str, float]:
    """Charge what is due, as `manage.py bill` does: how many, in which time and CPU time, with how much memory."""
    started, before = time.monotonic(), _cpu()
    limit = int(os.environ.get("BENCH_LIMIT", "0")) or None
    report = runs.bill(clock=timezone.now, threads=threads, limit=limit)
    asked = stripe_at_once.asked
    return {
        "charged": report.charged,
        "unclear": report.unclear,
        "seconds": time.monotonic() - started,
        "cpu": _cpu() - before,
        "megabytes": _megabytes(),
        "first": asked[0] if asked else 0,
        "last": asked[-1] if asked else 0,
        "asked": len(asked),
    }


def left(_number: int) -> dict[str, int]:
    """Dues by what became of them."""
    return {status: Due.objects.filter(status=status).count() for status in Due.Status.values}


def _cpu() -> float:
    postmaster = os.environ.get("BENCH_POSTMASTER")
    return cpu_seconds(os.getpid(), int(postmaster) if postmaster else None)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


COMMANDS = {"prepare": prepare, "make": make, "charge": charge, "left": left}

if __name__ == "__main__":
    if seconds := os.environ.get("BENCH_LATENCY"):
        stripe_at_once.SLOWEST[:] = [float(one) for one in seconds.split(",")]
    print(json.dumps(COMMANDS[sys.argv[1]](int(sys.argv[2]))))
