"""What the tests of faults tell and ask: a desk that takes cards, Stripe's events, the worker, one clock for all."""

import datetime as dt
import functools
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import stripe as sdk
import time_machine
from django.test import Client
from django.utils import timezone

from jobs.worker import Worker
from ledger.accounts import Account
from ledger.journal import balance
from payments.models import Charge, Reader, StripeEvent
from payments.reconciliation import FetchMovements
from pos.models import Sale, Tender
from tests.api.till import Answer, Till, sign_on
from tests.books import books_are_clean
from tests.builders import Studio
from tests.stripe_sim.stand_in import StandIn

SECRET = "whsec_of_the_desk"
OIL_CENTS = 24_00
PROCESS = "/v1/terminal/readers/*/process_payment_intent"
INTENTS = "/v1/payment_intents"
EVERYTHING = "/v1/*"
DECLINED, VISA, MASTERCARD, REFUND_FAILS = "chargeDeclinedInsufficientFunds", "visa", "mastercard", "refundFail"
TICK = 30
SIGN_ON_EVERY = dt.timedelta(minutes=5)
Event = dict[str, Any]


@dataclass
class Counter:
    """A desk: tablet, manager's tablet, reader, Stripe, worker and clock."""

    studio: Studio
    till: Till
    managers_till: Till
    reader: Reader
    stripe: StandIn
    clock: time_machine.Traveller
    worker: Worker = field(default_factory=lambda: Worker(clock=timezone.now))
    delivered: list[str] = field(default_factory=list)
    told: dict[str, Event] = field(default_factory=dict)
    signed_on_at: dt.datetime = field(default_factory=timezone.now)

    def sale(self, *, quantity: int = 1, reader: Reader | None = None, till: Till | None = None) -> "CardSale":
        """Oil for $24 a bottle, rung up."""
        sale = CardSale(self, reader or self.reader, till or self.till)
        lines = [{"item": "massage-oil", "quantity": quantity}]
        assert sale.till.put(f"sales/{sale.id}", {"lines": lines}).status == 201
        return sale

    def paid_sale(self, *, quantity: int = 1, card: str = VISA) -> "CardSale":
        """A completed sale that one card has paid."""
        sale = self.sale(quantity=quantity)
        sale.asks()
        self.taps(card)
        assert state_of(sale.asks()) == "paid"
        assert sale.completes()["status"] == "completed"
        return sale

    def another_reader(self, label: str = "Back") -> Reader:
        made = self.stripe.reader()
        return Reader.objects.create(location=self.reader.location, stripe_id=made.id, label=label)

    # At the reader ---------------------------------------------------------------------------------------------------

    def does(self, what: str, reader: Reader | None = None, **more: Any) -> Any:
        """What a client does at the reader: tap, insert, cancel, unplug, plug_in, tap_and_unplug."""
        return self.stripe.tell(f"readers/{(reader or self.reader).stripe_id}", do=what, **more)

    def taps(self, card: str = VISA, reader: Reader | None = None) -> None:
        self.does("tap", reader, card=card)

    def inserts(self, card: str = VISA) -> None:
        """A card is put into the reader; the bank thinks until `bank_answers`."""
        self.stripe.tell("clock", stop=True)
        self.does("insert", card=card)

    def bank_answers(self) -> None:
        self.stripe.tell("clock", advance=1, stop=False)

    def reader_waits(self) -> bool:
        action = self.stripe.sdk.terminal.readers.retrieve(self.reader.stripe_id).action
        return action is not None and action.status == "in_progress"

    # Faults, time, worker, events ------------------------------------------------------------------------------------

    def breaks(self, kind: str, path: str = EVERYTHING, **more: Any) -> None:
        """The next request to that path is broken so."""
        self.stripe.tell("faults", kind=kind, path=path, **more)

    def has_broken(self) -> bool:
        """Whether the faults have struck."""
        return not self.stripe.running.faults.waiting()

    def heals(self) -> None:
        self.stripe.tell("faults", using="DELETE")

    def later(self, seconds: float = 5) -> None:
        """So much later; whoever stands at a tablet signs on again in time."""
        self.clock.shift(dt.timedelta(seconds=seconds))
        if timezone.now() - self.signed_on_at > SIGN_ON_EVERY:
            self.signed_on_at = timezone.now()
            for till in (self.till, self.managers_till):
                assert till.staff is not None
                till.headers = sign_on(till, till.staff).headers

    def works(self, seconds: int = 0, until: Callable[[], bool] = lambda: False) -> None:
        """The worker at work for so long, or until that is true."""
        for _ in range(seconds // TICK):
            self.worker.run_once()
            if until():
                return
            self.later(TICK)
        self.worker.run_once()

    def works_on(self, kind: str) -> None:
        """The worker, busy with one kind of work only."""
        (source,) = (source for source in self.worker.sources if type(source).__name__ == kind)
        self.worker.work_some(source)

    def events(self) -> list[Event]:
        """All that Stripe has to tell, oldest first."""
        newest = max((event["created"] for event in self.told.values()), default=0)
        listed = self.stripe.sdk.events.list({"limit": 100, "created": {"gte": newest - 120}}).auto_paging_iter()
        fresh = [event.to_dict(for_json=True) for event in listed][::-1]
        self.told |= {event["id"]: event for event in fresh if event["id"] not in self.told}
        return list(self.told.values())

    def hears(self, *types: str) -> list[Event]:
        """Deliver once what was not delivered yet, of these types or of all, and let the worker work it."""
        fresh = [event for event in self.events() if event["id"] not in self.delivered]
        told = [event for event in fresh if not types or event["type"] in types]
        for event in told:
            assert self.delivers(event) == 200
        self.worker.run_once()
        return told

    def delivers(self, event: Event) -> int:
        """The webhook's answer to an event, signed just now."""
        self.delivered.append(event["id"])
        body = json.dumps(event)
        return post(body.encode(), sign(body))

    # What must hold --------------------------------------------------------------------------------------------------

    def intents(self, status: str = "") -> list[sdk.PaymentIntent]:
        listed = self.stripe.sdk.payment_intents.list({"limit": 100}).auto_paging_iter()
        return [intent for intent in listed if status in ("", intent.status)]

    def taken_cents(self) -> int:
        """What cards were charged in all."""
        return sum(intent.amount_received for intent in self.intents())

    def moved_cents(self) -> int:
        """What all movements of Stripe's balance come to."""
        listed = self.stripe.sdk.balance_transactions.list({"limit": 100}).auto_paging_iter()
        return sum(movement.net for movement in listed)

    def is_right(self) -> None:
        """Stripe's account and the books say the same, every charge has ended, and every check holds."""
        now = timezone.now()
        FetchMovements().run(now=now)
        assert balance(Account.STRIPE) == self.moved_cents()
        assert not Charge.objects.live().exists()
        books_are_clean(now=now)


@dataclass
class CardSale:
    """A sale at the tablet and its card tender."""

    counter: Counter
    reader: Reader
    till: Till
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    tender: uuid.UUID = field(default_factory=uuid.uuid4)

    def asks(self, *, tender: uuid.UUID | None = None, till: Till | None = None, **more: Any) -> Answer:
        """Ask for the card, or look how it goes."""
        body = {"kind": "card", "reader": self.reader.pk, **more}
        return (till or self.till).put(f"sales/{self.id}/tenders/{tender or self.tender}", body)

    def asks_until(self, state: str, *, seconds: int = 120, **more: Any) -> Answer:
        """Look every two seconds, as a tablet does, until it is so."""
        for _ in range(seconds // 2):
            if state_of(answer := self.asks(**more)) == state:
                return answer
            self.counter.later(2)
        raise AssertionError(f"Still {state_of(answer)}, not {state}.")

    def tries(self, n: int, **more: Any) -> Answer:
        return self.till.put(f"sales/{self.id}/tenders/{self.tender}/tries/{n}", more)

    def takes_off(self, tender: uuid.UUID | None = None) -> Answer:
        return self.till.delete(f"sales/{self.id}/tenders/{tender or self.tender}")

    def takes_off_at_last(self, *, seconds: int = 120) -> Answer:
        """Take it off, every two seconds until it is."""
        for _ in range(seconds // 2):
            if (answer := self.takes_off()).status != 202:
                return answer
            self.counter.later(2)
        raise AssertionError("It is still being cancelled.")

    def pays_otherwise(self, **more: Any) -> Answer:
        """On the terminal that is not ours."""
        return self.till.put(f"sales/{self.id}/tenders/{uuid.uuid4()}", {"kind": "external", **more})

    def completes(self) -> Answer:
        return self.till.put(f"sales/{self.id}/completion")

    def abandons(self) -> Answer:
        return self.till.put(f"sales/{self.id}/abandonment")

    def shows(self) -> Answer:
        return self.till.get(f"sales/{self.id}")

    def refunds(self, quantity: int = 1, *, refund: uuid.UUID | None = None, till: Till | None = None) -> Answer:
        """Bottles back, on the manager's tablet."""
        line = str(Sale.objects.get(pk=self.id).lines.get().pk)
        body = {"reason": "returned", "lines": [{"line": line, "quantity": quantity}]}
        return (till or self.counter.managers_till).put(f"sales/{self.id}/refunds/{refund or uuid.uuid4()}", body)

    @property
    def charge(self) -> Charge:
        """The charge of the latest card tender."""
        return Charge.objects.filter(about=f"sale:{self.id}").order_by("-created_at", "-n")[0]

    @property
    def status(self) -> str:
        return Sale.objects.get(pk=self.id).status

    @property
    def tender_status(self) -> str:
        return Tender.objects.get(pk=self.tender).status


def state_of(answer: Answer) -> str:
    """How the last tender's charge is told."""
    return str(answer["tenders"][-1]["charge"]["state"])


def sign(body: str, *, at: dt.datetime | None = None, secret: str = SECRET) -> str:
    moment = at or timezone.now()
    return str(sdk.WebhookSignature.generate_signature_header(body, secret, int(moment.timestamp())))


def post(body: bytes, header: str | None) -> int:
    """The status with which the webhook answers."""
    headers = {} if header is None else {"Stripe-Signature": header}
    return client().post("/stripe/webhook", body, content_type="application/json", headers=headers).status_code


@functools.cache
def client() -> Client:
    """Stripe's courier; making one takes longer than a request."""
    return Client()


def unworked() -> Iterable[str]:
    """The types of events that are stored and not worked."""
    return StripeEvent.objects.filter(done_at=None).values_list("type", flat=True)
