"""The stand-in for Stripe as a process of its own, so that it survives whom we kill, with rough weather on order.

`python -m tests.chaos.rough_stripe SEED`; `POST /_sim/weather {"rough": true, "customers": true}` lets answers get lost
by chance, and lets somebody hold a card to every reader that waits for one.
"""

import random
import signal
import sys
import threading
from dataclasses import dataclass, field

from stripe_sim import cards, presenting, server
from stripe_sim.errors import Json
from stripe_sim.faults import NONE, Fault, Faults
from stripe_sim.pages import Visit, view
from stripe_sim.server import Running
from tests.stripe_sim.stand_in import QUICK

ROUGH = {
    "reset_after": 0.15,  # done, and the answer is lost
    "reset_before": 0.05,
    "error_before": 0.03,
    "error_after": 0.05,  # done, and a 500 is told and kept
    "rate_limit": 0.05,
    "latency": 0.10,
}
LATENCY_SECONDS = 0.03
DECLINED = 0.10
LOOKS_EVERY_SECONDS = 0.01


@dataclass
class Weather:
    """What is on just now."""

    chance: random.Random
    rough: bool = False
    customers: bool = False
    struck: dict[str, int] = field(default_factory=dict)
    asked: int = 0


class RoughFaults(Faults):
    """Besides the faults that are ordered, some by chance for requests of the API."""

    def __init__(self, weather: Weather) -> None:
        super().__init__()
        self.weather = weather

    def take(self, method: str, path: str) -> Fault:
        ordered = super().take(method, path)
        self.weather.asked += 1
        if ordered is not NONE or not self.weather.rough:
            return ordered
        return self._by_chance()

    def _by_chance(self) -> Fault:
        point = self.weather.chance.random()
        for kind, share in ROUGH.items():
            point -= share
            if point < 0:
                self.weather.struck[kind] = self.weather.struck.get(kind, 0) + 1
                return Fault(kind, seconds=LATENCY_SECONDS)
        return NONE


@view("POST /_sim/weather")
def change_weather(visit: Visit) -> Json:
    """`rough` and `customers`, true or false; answers what has struck so far."""
    assert isinstance(visit.faults, RoughFaults)
    weather = visit.faults.weather
    weather.rough = bool(visit.order.get("rough", weather.rough))
    weather.customers = bool(visit.order.get("customers", weather.customers))
    return {"struck": weather.struck, "asked": weather.asked}


def serve_customers(running: Running, weather: Weather) -> None:
    """Hold a card to each reader that waits for one, until the end."""
    while not running.faults.stopping.wait(LOOKS_EVERY_SECONDS):
        if weather.customers:
            with running.account.store:
                for reader in running.account.store.all("terminal.reader"):
                    if (reader["action"] or {}).get("status") == "in_progress":
                        number = "4000000000009995" if weather.chance.random() < DECLINED else "4242424242424242"
                        presenting.hold(running.account, reader, cards.BY_NUMBER[number])


def main() -> int:
    weather = Weather(random.Random(int(sys.argv[1])))
    running = server.prepare(terms=QUICK)
    faults = RoughFaults(weather)
    faults.stopping = running.faults.stopping
    running.faults = running.server.faults = faults
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=running.server.shutdown).start())
    threading.Thread(target=serve_customers, args=(running, weather), daemon=True).start()
    print(running.url, flush=True)
    running.serve()
    running.faults.stopping.set()
    running.server.server_close()
    print("\n".join(running.server.bugs), file=sys.stderr, flush=True)
    return 1 if running.server.bugs else 0


if __name__ == "__main__":
    sys.exit(main())
