"""Keys, parameters, pages, expansions: what holds for every operation."""

import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
import stripe

from stripe_sim import surface
from tests.stripe_sim.stand_in import StandIn, client_of, stand_in, wait_for

INTENT: dict[str, Any] = {"amount": 5000, "currency": "usd", "allowed_payment_method_types": ["card"]}


def open_intent(sim: StandIn, key: str, **params: Any) -> stripe.PaymentIntent:
    return sim.sdk.payment_intents.create({**INTENT, **params}, {"idempotency_key": key})


def test_the_same_key_gives_the_same_intent(sim: StandIn) -> None:
    first, second = open_intent(sim, "a"), open_intent(sim, "a")

    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(sim.sdk.payment_intents.list().data) == 1


def test_a_decline_is_replayed_as_well(sim: StandIn) -> None:
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            open_intent(sim, "a", payment_method="pm_card_chargeDeclined", confirm=True)

    assert len(sim.sdk.charges.list().data) == 1


@pytest.mark.parametrize("params", [{"amount": 6000}, {"metadata": {"attempt": "2"}}])
def test_the_same_key_for_other_parameters_is_an_error(sim: StandIn, params: dict[str, Any]) -> None:
    open_intent(sim, "a")

    with pytest.raises(stripe.IdempotencyError) as refused:
        open_intent(sim, "a", **params)
    assert refused.value.http_status == 400


def test_the_same_key_at_another_address_is_an_error(sim: StandIn) -> None:
    intent = open_intent(sim, "a")

    with pytest.raises(stripe.IdempotencyError):
        sim.sdk.payment_intents.cancel(intent.id, None, {"idempotency_key": "a"})


def test_a_saved_500_is_replayed_although_the_work_was_done(sim: StandIn) -> None:
    sim.tell("faults", kind="error_after", path="/v1/payment_intents")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            open_intent(sim, "a")
        assert broken.value.http_status == 500

    assert len(sim.sdk.payment_intents.list().data) == 1
    open_intent(sim, "b")
    assert len(sim.sdk.payment_intents.list().data) == 2


def test_refused_parameters_are_not_saved(sim: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        open_intent(sim, "a", amount="much")

    assert open_intent(sim, "a").amount == 5000


def test_a_key_is_forgotten_after_a_day(sim: StandIn) -> None:
    first = open_intent(sim, "a")
    sim.tell("clock", advance=23 * 3600)
    assert open_intent(sim, "a").id == first.id

    sim.tell("clock", advance=3700)

    assert open_intent(sim, "a", amount=7000).id != first.id


def test_a_key_in_use_is_a_conflict(sim: StandIn) -> None:
    sim.tell("faults", kind="latency", path="/v1/payment_intents", seconds=0.5)
    slow = threading.Thread(target=open_intent, args=(sim, "a"))
    slow.start()
    wait_for(lambda: not sim.running.faults.waiting())

    with pytest.raises(stripe.APIError) as refused:
        open_intent(sim, "a")

    assert (refused.value.http_status, refused.value.code) == (409, None)
    assert refused.value.error.code == "idempotency_key_in_use"
    slow.join()
    assert open_intent(sim, "a").last_response.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"shipping": {"name": "A", "address": {}, "boat": "x"}}, "parameter_unknown", "shipping[boat]"),
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"confirm": "perhaps"}, "parameter_invalid_boolean", "confirm"),
        ({"description": ""}, "parameter_invalid_empty", "description"),
        ({"capture_method": "by_hand"}, None, "capture_method"),
        ({"transfer_group": "x"}, "parameter_not_in_stand_in", "transfer_group"),
    ],
)
def test_what_stripe_would_refuse_is_refused(sim: StandIn, params: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sim.sdk.payment_intents.create({**INTENT, **params})

    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)


def test_a_missing_parameter_is_named(sim: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sim.sdk.payment_intents.create({"amount": 5000})

    assert (refused.value.code, refused.value.param) == ("parameter_missing", "currency")


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x", "pk_test_x"])
def test_only_test_keys_are_let_in(sim: StandIn, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client_of(sim.url, key=key).v1.customers.list()


@pytest.mark.parametrize("path", ["/v1/subscriptions", "/v1/payment_intents/pi_1/refund", "/v2/core/events", "/health"])
def test_an_unknown_address_is_never_answered_kindly(sim: StandIn, path: str) -> None:
    request = urllib.request.Request(sim.url + path, headers={"Authorization": "Bearer sk_test_sim"})  # noqa: S310

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)  # noqa: S310

    with refused.value as answer:
        assert (answer.code, "Unrecognized request URL" in json.load(answer)["error"]["message"]) == (404, True)


def test_an_object_that_is_not_there_is_404(sim: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sim.sdk.payment_intents.retrieve("pi_none")

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_lists_page_in_both_directions(sim: StandIn) -> None:
    made = [sim.sdk.customers.create({"name": str(n)}).id for n in range(7)]

    newest_first = [customer.id for customer in sim.sdk.customers.list({"limit": 3}).auto_paging_iter()]
    oldest_first = sim.sdk.customers.list({"limit": 3, "ending_before": made[1]}).auto_paging_iter()

    assert newest_first == made[::-1]
    assert [customer.id for customer in oldest_first] == made[2:]
    assert [customer.name for customer in sim.sdk.customers.list({"starting_after": made[2]}).data] == ["1", "0"]


def test_expansion_goes_several_levels_deep_and_refuses_what_is_no_object(sim: StandIn) -> None:
    customer = sim.sdk.customers.create({"name": "Ada"})
    sim.pay(customer=customer.id, capture_method="automatic")

    listed = sim.sdk.payment_intents.list({"expand": ["data.latest_charge.balance_transaction", "data.customer"]}).data[
        0
    ]

    assert (listed.latest_charge.balance_transaction.fee, listed.customer.name) == (175, "Ada")
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        sim.sdk.payment_intents.list({"expand": ["data.amount"]})


def test_metadata_is_merged_and_a_deleted_customer_leaves_a_stub(sim: StandIn) -> None:
    customer = sim.sdk.customers.create({"email": "a@example.com", "metadata": {"a": "1", "_b": "2"}})
    changed = sim.sdk.customers.update(customer.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"_b": "2", "c": "3"}
    assert [found.id for found in sim.sdk.customers.list({"email": "a@example.com"}).data] == [customer.id]

    assert sim.sdk.customers.delete(customer.id).deleted
    assert sim.sdk.customers.retrieve(customer.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        sim.pay(customer=customer.id)


def test_intents_are_found_by_their_metadata(sim: StandIn) -> None:
    wanted = sim.sdk.payment_intents.create({**INTENT, "metadata": {"attempt": "7"}})
    sim.sdk.payment_intents.create({**INTENT, "metadata": {"attempt": "8"}})

    query = "metadata['attempt']:'7' AND status:'requires_payment_method'"
    assert [found.id for found in sim.sdk.payment_intents.search({"query": query}).data] == [wanted.id]


def test_a_file_keeps_everything_for_the_next_start(tmp_path: Any) -> None:
    db = str(tmp_path / "sim.sqlite3")
    with stand_in(db=db) as sim:
        intent = open_intent(sim, "a")
    with stand_in(db=db) as sim:
        assert open_intent(sim, "a").id == intent.id


def test_the_table_says_what_it_was_made_from() -> None:
    assert len(surface.OPERATIONS) == 73
    assert surface.TABLE["version"] == "2026-10-28.endive"
    removed = {name for name, operation in surface.OPERATIONS.items() if operation.removed}
    assert {"POST /v1/payment_intents", "POST /v1/setup_intents", "POST /v1/checkout/sessions"} <= removed
