"""A webhook's body is an event only when one of our secrets signed it just now."""

import datetime as dt
import json
from typing import Any

import pytest
import stripe as sdk
from pytest_django.fixtures import Settings

from payments.gateway import gateway
from payments.states import BadSignature, EventState
from tests.builders import NOW
from tests.stripe_sim.stand_in import StandIn

OLD, NEW = "whsec_old", "whsec_new"
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2026-10-28.endive",
    "created": 1_772_463_600,
    "livemode": False,
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}
BODY = json.dumps(EVENT)


@pytest.fixture(autouse=True)
def secrets(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [NEW, OLD]


def signed(body: str, *, at: dt.datetime = NOW, secret: str = NEW) -> str:
    return sdk.WebhookSignature.generate_signature_header(body, secret, int(at.timestamp()))


def read(body: str | bytes, header: str) -> EventState:
    return gateway().read_event(body if isinstance(body, bytes) else body.encode(), header, now=NOW)


def test_a_signed_event_is_read() -> None:
    assert read(BODY, signed(BODY)) == EventState(
        id="evt_1",
        type="payment_intent.succeeded",
        object_id="pi_1",
        api_version="2026-10-28.endive",
        is_live=False,
        created_at=dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC),
        payload=BODY,
    )


def test_the_event_that_the_stand_in_signs_is_read(stripe: StandIn) -> None:
    stripe.pay()
    body = json.dumps(stripe.sdk.events.list().data[0].to_dict())

    assert read(body, signed(body)).type == "charge.updated"


def test_an_event_about_something_without_an_id_names_none() -> None:
    body = json.dumps(EVENT | {"type": "balance.available", "data": {"object": {"object": "balance"}}})

    assert read(body, signed(body)).object_id == ""


def test_while_secrets_change_the_old_one_still_counts() -> None:
    both = f"{signed(BODY, secret='whsec_unknown')},{signed(BODY, secret=OLD).partition(',')[2]}"

    assert read(BODY, signed(BODY, secret=OLD)).id == "evt_1"
    assert read(BODY, both).id == "evt_1"


@pytest.mark.parametrize("minutes", [-5, 5])
def test_five_minutes_either_way_are_near_enough(minutes: int) -> None:
    assert read(BODY, signed(BODY, at=NOW + dt.timedelta(minutes=minutes))).id == "evt_1"


@pytest.mark.parametrize("seconds", [-600, -301, 301, 86_400])
def test_an_event_signed_at_another_time_is_refused(seconds: int) -> None:
    with pytest.raises(BadSignature):
        read(BODY, signed(BODY, at=NOW + dt.timedelta(seconds=seconds)))


GOOD = signed(BODY)
TIME, MARK = GOOD.split(",")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        "t",
        "t=",
        TIME,
        MARK,
        f"{TIME},v0={MARK[3:]}",
        f"{TIME},v1=",
        f"{TIME},v1={'0' * 64}",
        f"{TIME},v1={'é' * 64}",
        f"{TIME},{TIME},{MARK}",
        f"t=1,{TIME},{MARK}",
        f"t={'9' * 400},{MARK}",
        f"t={'9' * 5000},{MARK}",
        f"t=-1,{MARK}",
        f"t=now,{MARK}",
        signed(BODY, secret="whsec_of_somebody_else"),
        signed(BODY + " "),
        signed(""),
    ],
)
def test_a_header_that_does_not_prove_it_is_refused(header: str) -> None:
    with pytest.raises(BadSignature):
        read(BODY, header)


@pytest.mark.parametrize("secrets_are", [[], [""], ["  "]])
def test_without_a_secret_nothing_is_believed(settings: Settings, secrets_are: list[str]) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = secrets_are

    with pytest.raises(BadSignature):
        read(BODY, signed(BODY, secret=""))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        "9" * 5000,
        "[" * 100_000,
        '{"a":' * 100_000,
        "﻿" + BODY,
        json.dumps(EVENT | {"object": "v2.core.event"}),
        json.dumps({"id": "evt_1", "object": "v2.core.event", "type": "v1.payment_intent.succeeded"}),
        json.dumps(EVENT | {"object": "payment_intent"}),
        json.dumps(EVENT | {"id": 7}),
        json.dumps(EVENT | {"type": None}),
        json.dumps(EVENT | {"created": "today"}),
        json.dumps(EVENT | {"created": 10**30}),
        json.dumps(EVENT | {"livemode": "false"}),
        json.dumps(EVENT | {"data": {}}),
        json.dumps(EVENT | {"data": {"object": "pi_1"}}),
        json.dumps({"detail": EVENT}),
    ],
)
def test_what_is_signed_but_no_event_is_refused(body: str) -> None:
    with pytest.raises(BadSignature):
        read(body, signed(body))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadSignature):
        read(b"\xff" + BODY.encode(), GOOD)
