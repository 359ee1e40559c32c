"""Stripe away, slow or babbling while the desk sells: `python -m bench.outage`.

gunicorn and the worker reach the stand-in for Stripe through a proxy that breaks connections in one way after the
other. Some tablets sell for cash all the time, others by card. bench/README.md says how to read the figures.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.breaking import MODES, Proxy, proxy
from bench.desks import CARD_TABLETS, CASH_TABLETS, Desks, Sales
from bench.machine import ROOT, Machine, stop

MOST_TIMES_BASELINE, MOST_SECONDS_FOR_A_CARD = 2.0, 12.0


@dataclass
class StripeMachine(Machine):
    """A machine whose servers believe that Stripe is at `stripe`."""

    stripe: str = ""

    def environment(self, database_url: str) -> dict[str, str]:
        known = {"STRIPE_SECRET_KEY": "sk_test_sim", "STRIPE_WEBHOOK_SECRET": "whsec_of_the_bench"}
        return super().environment(database_url) | known | {"STRIPE_API_BASE": self.stripe, "DEMO": "True"}


# Places --------------------------------------------------------------------------------------------------------------


@contextmanager
def stand_in() -> Iterator[str]:
    """A stand-in in a process of its own; its address."""
    command = [sys.executable, "-m", "stripe_sim", "--port", "0", "--quiet"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+:\d+", process.stdout.readline())
            assert found
            yield found[0]
        finally:
            stop(process)


@contextmanager
def worker(place: Machine, url: str) -> Iterator[None]:
    """The worker as in production."""
    command = [sys.executable, "-W", "ignore", "manage.py", "worker"]
    with (place.folder / "worker.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=place.environment(url), stdout=log, stderr=log)
    try:
        yield
        if process.poll() is not None:
            raise SystemExit(f"The worker has ended:\n{(place.folder / 'worker.log').read_text()}")
    finally:
        stop(process)


# One run -------------------------------------------------------------------------------------------------------------


@dataclass
class Findings:
    """The sales of each mode, and what was left when Stripe was back."""

    modes: dict[str, Sales] = field(default_factory=dict)
    settled_seconds: float = 0.0
    begun: int = 0
    completed: int = 0
    left: dict[str, Any] = field(default_factory=dict)


def run(asked: argparse.Namespace, stack: ExitStack) -> Findings:
    """Set up, sell in each mode, let Stripe come back, and look at what is left."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="footfall-outage-"))
    Path(folder).chmod(0o755)  # PostgreSQL runs as another user when we are root
    stripe = stack.enter_context(stand_in())
    between = stack.enter_context(proxy(int(stripe.rpartition(":")[2])))
    place = StripeMachine(Path(folder), stripe=f"http://127.0.0.1:{between.port}")
    stack.callback(place.close)
    if asked.engine == "postgresql":
        place.start_postgresql()
        place.create_database("outage")
    url = place.database_url(asked.engine, "outage")
    place.call("bench.inside", "prepare", database_url=url)
    tablets = place.call("bench.inside", "tablets", CASH_TABLETS + CARD_TABLETS, database_url=url)
    readers = place.call("bench.outage", "--inside", "readers", database_url=url)
    server = stack.enter_context(place.served(url, workers=asked.workers, threads=asked.threads))
    stack.enter_context(worker(place, url))
    findings = sell(asked, Desks(server.port, tablets, readers, stripe), between)
    findings.left = place.call("bench.outage", "--inside", "left", database_url=url)
    return findings


def sell(asked: argparse.Namespace, desks: Desks, between: Proxy) -> Findings:
    """So many seconds in each mode, the first one and the last with nothing wrong."""
    findings = Findings()
    time.sleep(asked.warm_up)
    for mode in asked.modes:
        between.mode, desks.sales = mode, Sales()
        print(f"… {mode}", file=sys.stderr, flush=True)
        time.sleep(asked.seconds)
        findings.modes[mode] = desks.sales
    between.mode, desks.sales = "pass", Sales()
    began = time.monotonic()
    desks.ends()
    findings.settled_seconds = time.monotonic() - began
    findings.begun, findings.completed = desks.begun, desks.completed
    findings.modes["afterwards"] = desks.sales
    return findings


# In the studio's own process -----------------------------------------------------------------------------------------


def inside(command: str) -> Any:
    """What needs Footfall's own code, in a process of its own."""
    import django

    django.setup()
    return {"readers": _make_readers, "left": _find_what_is_left}[command]()


def _make_readers() -> dict[str, int]:
    from payments.gateway import gateway
    from payments.models import Reader
    from studio.models import Location

    here = Location.objects.get()
    address = {"line1": "1 Main St", "city": "Columbus", "state": "OH", "country": "US", "postal_code": "43004"}
    made = {}
    for number in range(CARD_TABLETS):
        label = f"Reader {number}"
        told = gateway().register_reader(code="simulated-wpe", label=label, place="UPT", address=address)
        made[told.id] = Reader.objects.create(location=here, stripe_id=told.id, label=label).pk
    return made


def _find_what_is_left() -> dict[str, Any]:
    import io

    from django.core.management import call_command
    from django.core.management.base import CommandError
    from django.utils import timezone

    from ledger.accounts import Account
    from ledger.chain import LinkEntries, unlinked
    from ledger.journal import balance
    from payments.gateway import gateway
    from payments.models import Charge
    from payments.reconciliation import FetchMovements
    from pos.models import Sale

    FetchMovements().run(now=timezone.now())
    while unlinked().exists():
        LinkEntries.run(now=timezone.now())
    out, problem = io.StringIO(), ""
    try:
        call_command("check_books", stdout=out)
    except CommandError as error:
        problem = f"{error}\n{out.getvalue()}"
    apart_cents = balance(Account.STRIPE) - gateway().read_balance()
    live, unsold = Charge.objects.live().count(), Sale.objects.filter(status="open").count()
    return {"live": live, "open": unsold, "apart_cents": apart_cents, "problem": problem}


# What is said --------------------------------------------------------------------------------------------------------


def verdicts(findings: Findings) -> Iterator[tuple[str, str, str, bool]]:
    """Each target: what, this run's figure, the target, whether it was met."""
    baseline = findings.modes["pass"].cash_p95
    for mode, sales in findings.modes.items():
        if mode in ("pass", "afterwards"):
            continue
        times, slowest = sales.cash_p95 / baseline, max(sales.card, default=0.0)
        yield f"{mode}: cash p95 of the baseline's", f"{times:.2f}", "<= 2", times <= MOST_TIMES_BASELINE
        yield f"{mode}: slowest answer to a card", f"{slowest:.1f} s", "<= 12 s", slowest <= MOST_SECONDS_FOR_A_CARD
    errors = sum(len(sales.errors) for sales in findings.modes.values())
    yield "errors", str(errors), "0", not errors
    open_cards = findings.begun - findings.completed
    yield "card sales begun and not completed", f"{open_cards} of {findings.begun}", "0", not open_cards
    left = findings.left
    yield (
        "charges still live, sales still open",
        f"{left['live']}, {left['open']}",
        "0, 0",
        not any((left["live"], left["open"])),
    )
    yield "ledger less Stripe's balance, cents", str(left["apart_cents"]), "0", not left["apart_cents"]
    yield "check_books", left["problem"] or "clean", "clean", not left["problem"]


def written(findings: Findings) -> str:
    """The whole report."""
    lines = [f"{'':<12}{'cash':>6}{'p50 ms':>9}{'p95 ms':>9}{'card':>7}{'slowest s':>11}   answers"]
    for mode, sales in findings.modes.items():
        middle = sorted(sales.cash)[len(sales.cash) // 2] if sales.cash else float("nan")
        lines.append(
            f"{mode:<12}{len(sales.cash):>6}{1000 * middle:>9.0f}{1000 * sales.cash_p95:>9.0f}{len(sales.card):>7}"
            f"{max(sales.card, default=0.0):>11.1f}   {dict(sorted(sales.card_statuses.items()))}"
        )
    lines += ["", f"all settled {findings.settled_seconds:.0f} s after Stripe was back", ""]
    for what, figure, target, met in verdicts(findings):
        lines.append(f"{what:<42}{figure:>12}   {target:<10} {'met' if met else 'MISSED'}")
    lines += [error[:300] for sales in findings.modes.values() for error in sales.errors[:3]]
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=60, help="in each mode")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds before anything counts")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES), help="pass comes first always")
    parser.add_argument("--workers", type=int, default=2, help="of gunicorn")
    parser.add_argument("--threads", type=int, default=8, help="of each worker")
    parser.add_argument("--inside", choices=["readers", "left"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.modes = ["pass", *(mode for mode in asked.modes if mode != "pass")]
    return asked


def main() -> int:
    asked = arguments()
    if asked.inside:
        print(json.dumps(inside(asked.inside)))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        findings = run(asked, stack)
    print(written(findings))
    return 0 if all(met for *_, met in verdicts(findings)) else 1


if __name__ == "__main__":
    sys.exit(main())
