"""Only Stripe's own events are stored, and nothing but their being stored happens at the webhook."""

import datetime as dt
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger.models import Posting
from payments import keys
from payments.inbox import TYPES
from payments.models import Charge, StripeEvent
from pos.models import Receipt
from tests.payments.asking import (
    DECLINED,
    MASTERCARD,
    REFUND_FAILS,
    SECRET,
    CardSale,
    Counter,
    Event,
    client,
    post,
    sign,
    unworked,
)
from tests.soak import SOAK

pytestmark = pytest.mark.django_db

# Row 15, S6, N25: forged ---------------------------------------------------------------------------------------------

EVENT: Event = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2026-10-28.endive",
    "created": 1_772_463_600,
    "livemode": False,
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}
BODY = json.dumps(EVENT)
THIN = {"id": "evt_1", "object": "v2.core.event", "type": "v1.payment_intent.succeeded", "livemode": False}
TEN_MINUTES = dt.timedelta(minutes=10)


def signed(change: dict[str, Any]) -> tuple[bytes, str]:
    """An event changed so, signed as Stripe would."""
    body = json.dumps(EVENT | change)
    return body.encode(), sign(body)


def unreadable() -> tuple[bytes, str]:
    body = BODY.replace("evt_1", "evt_\udcff").encode(errors="surrogateescape")
    return body, sign(BODY)


FORGED: dict[str, Callable[[], tuple[bytes, str | None]]] = {
    "without a signature": lambda: (BODY.encode(), None),
    "signed ten minutes ago": lambda: (BODY.encode(), sign(BODY, at=timezone.now() - TEN_MINUTES)),
    "signed in ten minutes": lambda: (BODY.encode(), sign(BODY, at=timezone.now() + TEN_MINUTES)),
    "altered": lambda: (BODY.replace("pi_1", "pi_2").encode(), sign(BODY)),
    "signed with v0": lambda: (BODY.encode(), sign(BODY).replace("v1=", "v0=")),
    "signed with another secret": lambda: (BODY.encode(), sign(BODY, secret="whsec_of_somebody")),
    "of another account": lambda: signed({"account": "acct_of_somebody"}),
    "live in test": lambda: signed({"livemode": True}),
    "too large": lambda: signed({"data": {"object": {"id": "pi_1", "more": "x" * 5_000_000}}}),
    "too deep": lambda: ((body := '{"a":' * 100_000).encode(), sign(body)),
    "no text": unreadable,
    "thin": lambda: ((body := json.dumps(THIN)).encode(), sign(body)),
    "empty": lambda: (b"", sign("")),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_event_is_refused_and_leaves_no_row(counter: Counter, how: str) -> None:
    """Row 15 and S6."""
    body, header = FORGED[how]()

    with CaptureQueriesContext(connection) as captured:
        status = post(body, header)

    assert (status, StripeEvent.objects.count()) == (400, 0)
    assert [query["sql"] for query in captured.captured_queries] == []


def test_an_event_sent_again_is_stored_once_and_later_not_at_all(counter: Counter) -> None:
    """S6: replayed."""
    header = sign(BODY)

    assert [post(BODY.encode(), header) for _ in range(3)] == [200, 200, 200]
    counter.later(301)
    assert post(BODY.encode(), header) == 400

    assert StripeEvent.objects.count() == 1


@pytest.mark.parametrize("length", ["", "-1", "many"])
def test_a_length_that_is_none_is_no_error_of_ours(counter: Counter, length: str) -> None:
    answer = client().generic("POST", "/stripe/webhook", BODY, CONTENT_LENGTH=length)

    assert answer.status_code == 400


def test_while_secrets_are_changed_both_are_good_and_then_the_new_alone(counter: Counter, settings: Settings) -> None:
    """Row 15 and N25."""
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", SECRET]
    for name, secret in (("evt_a", "whsec_new"), ("evt_b", SECRET)):
        body = json.dumps(EVENT | {"id": name})
        assert post(body.encode(), sign(body, secret=secret)) == 200

    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
    body = json.dumps(EVENT | {"id": "evt_c"})
    assert post(body.encode(), sign(body, secret=SECRET)) == 400
    assert post(body.encode(), sign(body, secret="whsec_new")) == 200

    assert StripeEvent.objects.count() == 3


def test_an_event_is_stored_and_nothing_else_happens(counter: Counter) -> None:
    """One write, no word to Stripe, and the charge is as it was."""
    sale = counter.sale()
    sale.asks()
    counter.taps()
    counter.breaks("error_before", count=9)
    event = next(event for event in counter.stripe.running.account.store.all("event") if event["type"].endswith("ed"))

    with CaptureQueriesContext(connection) as captured:
        body = json.dumps({name: value for name, value in event.items() if not name.startswith("_")})
        assert post(body.encode(), sign(body)) == 200

    writes = [query["sql"].split()[0] for query in captured.captured_queries]
    assert [word for word in writes if word not in ("SAVEPOINT", "RELEASE")] == ["INSERT"]
    assert sale.charge.status == "sent"
    assert counter.stripe.tell("faults", using="GET")["data"][0]["count"] == 9


# Keys ----------------------------------------------------------------------------------------------------------------

IN_EARNEST = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SITE_URL": "https://till.example.com",
    "ALLOWED_HOSTS": "till.example.com",
    "SECRET_KEY": "made-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "PIN_PEPPER": "made-for-this-test-too-0123456789",
    "GIFT_CODE_KEYS": "1:made-for-this-test-as-well-0123456789",
    "HEALTH_KEYS": "1:made-for-this-test-and-for-health-0123456789",
    "DEMO": "False",
    "STRIPE_API_BASE": "",
}


@pytest.mark.parametrize(
    ("key", "secrets", "found"),
    [
        ("", [SECRET], ["payments.E001"]),
        ("pk_live_1", [SECRET], ["payments.E002"]),
        ("sk_live_1", [], ["payments.E003"]),
        ("sk_test_sim", [SECRET], ["payments.E004"]),
        ("sk_live_1", [SECRET], []),
        ("rk_test_1", [SECRET], []),
    ],
)
def test_what_is_missing_is_told_before_anything_starts(
    settings: Settings, key: str, secrets: list[str], found: list[str]
) -> None:
    """S6: no secret, no boot."""
    settings.STRIPE_STAND_IN_ALLOWED = False
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = key, secrets

    assert [problem.id for problem in keys.check_keys()] == found


WORKER = "from django.core.management import execute_from_command_line as run; run(['manage.py', 'worker', '--once'])"


@pytest.mark.parametrize(
    ("start", "given"),
    [
        ("import config.wsgi", {"STRIPE_SECRET_KEY": "sk_live_1"}),
        ("import config.wsgi", {"STRIPE_SECRET_KEY": "sk_test_sim", "STRIPE_WEBHOOK_SECRET": "whsec_1"}),
        (WORKER, {"STRIPE_WEBHOOK_SECRET": "whsec_1"}),
    ],
)
def test_neither_server_nor_worker_starts_without_keys(start: str, given: dict[str, str]) -> None:
    """S6, in earnest."""
    without = {"STRIPE_SECRET_KEY": "", "STRIPE_WEBHOOK_SECRET": ""}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", start],
        cwd=configured.BASE_DIR,
        env=os.environ | IN_EARNEST | without | given,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode != 0
    assert "tripe" in run.stderr


# F7 ------------------------------------------------------------------------------------------------------------------

Step = Callable[[Counter], CardSale]


def pays(counter: Counter) -> CardSale:
    return counter.paid_sale()


def pays_with_the_fourth_card(counter: Counter) -> CardSale:
    sale = counter.sale()
    sale.asks()
    for n in range(2, 5):
        counter.taps(DECLINED)
        sale.asks()
        sale.tries(n)
    counter.taps(MASTERCARD)
    sale.asks()
    sale.completes()
    return sale


def is_cancelled_at_the_reader(counter: Counter) -> CardSale:
    sale = counter.sale()
    sale.asks()
    counter.does("cancel")
    sale.asks()
    sale.takes_off_at_last()
    sale.abandons()
    return sale


def is_left_paid(counter: Counter) -> CardSale:
    sale = counter.sale()
    sale.asks()
    counter.taps()
    return sale


def is_abandoned_half_paid(counter: Counter) -> CardSale:
    sale = counter.sale()
    sale.asks(amount_cents=10_00)
    counter.taps()
    sale.asks(amount_cents=10_00)
    sale.abandons()
    return sale


def goes_back(counter: Counter) -> CardSale:
    sale = counter.paid_sale(quantity=3)
    for _ in range(3):
        sale.refunds(1)
    return sale


def fails_to_go_back(counter: Counter) -> CardSale:
    sale = counter.paid_sale(card=REFUND_FAILS)
    sale.refunds(1)
    counter.later(2)
    return sale


def is_disputed(counter: Counter) -> CardSale:
    sale = counter.paid_sale()
    dispute = counter.stripe.tell("disputes", payment_intent=sale.charge.intent_id)
    counter.stripe.tell(f"disputes/{dispute['id']}", outcome="lost")
    return sale


STEPS: list[Step] = [
    pays,
    pays_with_the_fourth_card,
    is_left_paid,
    goes_back,
    is_cancelled_at_the_reader,
    fails_to_go_back,
    is_abandoned_half_paid,
    is_disputed,
]


def end_state(sale: CardSale) -> dict[str, Any]:
    """All that became of a sale, without ids and moments."""
    charges = list(Charge.objects.filter(about=f"sale:{sale.id}"))
    refunds = [refund for charge in charges for refund in charge.refunds.all()]
    disputes = [dispute for charge in charges for dispute in charge.disputes.all()]
    names = {charge.stripe_charge for charge in charges} | {f"charge:{charge.pk}" for charge in charges}
    names |= {refund.stripe_id for refund in refunds} | {f"refund:{refund.pk}" for refund in refunds}
    names |= {dispute.pk for dispute in disputes}
    moved = Posting.objects.filter(instrument__in=names - {""}).values_list("account").order_by("account")
    return {
        "sale": (sale.status, sale.tender_status, Receipt.objects.filter(sale=sale.id).count()),
        "charges": [(one.status, one.failure, one.try_wanted, one.disputed_at is not None) for one in charges],
        "refunds": [(one.status, one.accepted_at is not None, one.is_owed) for one in refunds],
        "disputes": [one.status for one in disputes],
        "books": list(moved.annotate(cents=Sum("amount_cents")).exclude(cents=0)),
    }


def in_order(counter: Counter, rounds: int) -> list[dict[str, Any]]:
    """Every event is delivered once, at once."""
    sales = []
    for step in STEPS * rounds:
        sales.append(step(counter))
        counter.hears()
    return all_is_heard(counter, sales)


def in_any_order(counter: Counter, rounds: int, luck: random.Random) -> list[dict[str, Any]]:
    """Each event nought to five times, some much later, one in ten never."""
    sales: list[CardSale] = []
    waiting: list[Event] = []
    seen = {event["id"] for event in counter.events()}
    for step in STEPS * rounds:
        sales.append(step(counter))
        fresh = [event for event in counter.events() if event["id"] not in seen]
        seen |= {event["id"] for event in fresh}
        waiting += [event for event in fresh if luck.random() > 0.1 for _ in range(luck.randint(1, 5))]
        luck.shuffle(waiting)
        now, waiting = waiting[: len(waiting) // 3], waiting[len(waiting) // 3 :]
        for event in now:
            assert counter.delivers(event) == 200
            if luck.random() < 0.3:
                counter.works_on("StripeEvents")
    for _ in range(29):
        counter.later(86_400)
        for event in waiting[:: 3 if luck.random() < 0.5 else 50]:
            assert counter.delivers(event) == 200
        counter.works_on("StripeEvents")
    return all_is_heard(counter, sales)


def all_is_heard(counter: Counter, sales: list[CardSale]) -> list[dict[str, Any]]:
    """After one sweep nothing is missing and nothing waits."""
    counter.works(30)
    counter.later(3601)
    counter.works(30)
    assert list(unworked()) == []
    known = set(StripeEvent.objects.values_list("event_id", flat=True))
    month_ago = (timezone.now() - dt.timedelta(days=29)).timestamp()
    missed = {event["id"] for event in counter.events() if event["type"] in TYPES and event["created"] > month_ago}
    assert missed <= known
    return [end_state(sale) for sale in sales]


def test_events_in_any_order_and_number_end_in_the_same_state_as_in_order(counter: Counter) -> None:
    """F7: 200 events, 2,000 in a soak."""
    rounds = 36 if SOAK else 3
    luck = random.Random(SOAK or 20_260_302)
    expected = in_order(counter, 1) * rounds

    assert in_any_order(counter, rounds, luck) == expected

    assert len(counter.events()) > (2_000 if SOAK else 200)
    counter.is_right()
