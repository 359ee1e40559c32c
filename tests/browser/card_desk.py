"""A desk with a reader beside it, and a customer who holds cards to it."""

from django.utils import timezone
from playwright.sync_api import expect

from payments.models import Reader
from tests.browser.till import Till
from tests.stripe_sim.stand_in import StandIn, wait_for

PIN = "739164"
TENDER = "**/api/v1/sales/*/tenders/**"


class CardDesk:
    """A till with a reader beside it, and somebody who holds cards to it."""

    def __init__(self, till: Till, sim: StandIn, reader: Reader) -> None:
        self.till, self.sim, self.reader = till, sim, reader

    def rings_up(self, item: str = "ashiatsu-60") -> None:
        self.till.studio.desk.at(timezone.now()).opens_drawer(200_00)
        self.till.opens()
        self.till.signs_on(self.till.studio.desk_person, PIN)
        self.till.tap(f"item-{item}")

    def asks_for_the_card(self) -> None:
        self.till.tap("pay-card")
        self.sees("waiting")

    def customer(self, does: str, *, at: Reader | None = None, **order: str) -> None:
        """What somebody does at the reader: tap, decline, cancel, insert, unplug …; once it waits for a card."""
        where = at or self.reader
        told = self.sim.sdk.terminal.readers
        if does in ("tap", "decline", "cancel", "insert", "tap_and_unplug"):
            wait_for(lambda: (action := told.retrieve(where.stripe_id).action) and action.status == "in_progress")
        self.sim.tell(f"readers/{where.stripe_id}", do=does, **order)

    def second_reader(self) -> Reader:
        made = self.sim.reader()
        return Reader.objects.create(location=self.reader.location, stripe_id=made.id, label="Garden")

    def sees(self, state: str) -> None:
        expect(self.till.part(f"card-{state}")).to_be_visible()

    def is_done(self, words: str = "Visa ···4242") -> None:
        expect(self.till.part("done-screen")).to_contain_text(words)


def types(till: Till, *keys: str) -> None:
    for key in keys:
        till.tap(f"key-{key}")
