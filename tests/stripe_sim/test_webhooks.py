"""Events on their way: signed, retried, and on order lost, doubled, late or out of order."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import stripe
from stripe import WebhookSignature

from tests.stripe_sim.stand_in import StandIn, wait_for


class Inbox:
    """An endpoint that keeps what it gets; it refuses as often as told."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.refuse = 0
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.got.append((body, self.headers["Stripe-Signature"]))
                inbox.refuse -= 1
                self.send_response(500 if inbox.refuse >= 0 else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/stripe/webhook"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.got]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    listening = Inbox()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


def listen(sim: StandIn, inbox: Inbox, *types: str) -> stripe.WebhookEndpoint:
    return sim.sdk.webhook_endpoints.create({"url": inbox.url, "enabled_events": list(types or ("*",))})


def undelivered(sim: StandIn) -> list[str]:
    return [event.type for event in sim.sdk.events.list({"delivery_success": False}).data]


def test_events_arrive_in_order_and_signed(sim: StandIn, inbox: Inbox) -> None:
    endpoint = listen(sim, inbox)
    paid = sim.pay()
    expected = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated"]

    wait_for(lambda: inbox.types() == expected)

    for body, header in inbox.got:
        assert WebhookSignature.verify_header(body.decode(), header, endpoint.secret, tolerance=300)
    with pytest.raises(stripe.SignatureVerificationError):
        WebhookSignature.verify_header(inbox.got[0][0].decode(), inbox.got[0][1], "whsec_other", tolerance=300)
    event = sim.client.construct_event(*inbox.got[2], endpoint.secret)
    assert (event.data.object.id, event.api_version, event.livemode) == (paid.id, "2026-10-28.endive", False)
    wait_for(lambda: undelivered(sim) == [])
    assert not hasattr(sim.sdk.webhook_endpoints.retrieve(endpoint.id), "secret")


def test_only_the_types_asked_for_arrive(sim: StandIn, inbox: Inbox) -> None:
    listen(sim, inbox, "charge.updated")
    sim.pay()

    wait_for(lambda: inbox.types() == ["charge.updated"])


def test_a_refused_event_is_brought_again(sim: StandIn, inbox: Inbox) -> None:
    listen(sim, inbox, "payment_intent.succeeded")
    inbox.refuse = 2
    sim.pay()
    wait_for(lambda: len(inbox.got) >= 1)
    assert undelivered(sim) == ["payment_intent.succeeded"]

    wait_for(lambda: len(inbox.got) == 3)
    assert len({json.loads(body)["id"] for body, _ in inbox.got}) == 1
    wait_for(lambda: undelivered(sim) == [])


def test_a_dropped_event_is_found_among_the_undelivered(sim: StandIn, inbox: Inbox) -> None:
    listen(sim, inbox, "payment_intent.succeeded", "charge.updated")
    sim.tell("webhooks", mode="drop", types=["payment_intent.succeeded"])
    sim.pay()

    wait_for(lambda: inbox.types() == ["charge.updated"])
    wait_for(lambda: undelivered(sim) == ["payment_intent.succeeded"])


def test_an_event_may_come_twice(sim: StandIn, inbox: Inbox) -> None:
    listen(sim, inbox, "payment_intent.succeeded")
    sim.tell("webhooks", mode="double")
    sim.pay()

    wait_for(lambda: inbox.types() == ["payment_intent.succeeded"] * 2)


def test_events_may_come_in_the_wrong_order(sim: StandIn, inbox: Inbox) -> None:
    listen(sim, inbox, "payment_intent.created", "payment_intent.succeeded")
    sim.tell("webhooks", mode="reorder", count=2)
    sim.pay()

    wait_for(lambda: inbox.types() == ["payment_intent.succeeded", "payment_intent.created"])


def test_an_event_may_come_late(sim: StandIn, inbox: Inbox) -> None:
    listen(sim, inbox, "payment_intent.succeeded")
    sim.tell("webhooks", mode="delay", seconds=0.3)
    began = time.monotonic()
    sim.pay()

    wait_for(lambda: inbox.got)
    assert time.monotonic() - began >= 0.3
    assert sim.tell("webhooks", using="GET") == {"data": []}


def test_events_can_be_read_from_the_oldest_on(sim: StandIn) -> None:
    sim.sdk.customers.create({"name": "first"})
    first = sim.sdk.events.list().data[-1]
    for _ in range(4):
        sim.pay()

    params = {"ending_before": first.id, "limit": 2, "types": ["payment_intent.succeeded", "payment_intent.created"]}
    types = [event.type for event in sim.sdk.events.list(params).auto_paging_iter()]

    assert types == ["payment_intent.created", "payment_intent.succeeded"] * 4


def test_endpoints_are_changed_switched_off_and_deleted(sim: StandIn, inbox: Inbox) -> None:
    endpoint = listen(sim, inbox)
    assert sim.sdk.webhook_endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
    sim.sdk.customers.create({})
    assert undelivered(sim) == []

    assert sim.sdk.webhook_endpoints.delete(endpoint.id).deleted
    assert sim.sdk.webhook_endpoints.list().data == []
