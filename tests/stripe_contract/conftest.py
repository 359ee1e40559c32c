"""One suite, two targets: always the stand-in, and Stripe's sandbox when STRIPE_CONTRACT_KEY is set."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from stripe_sim import surface
from tests.stripe_sim.honesty import problems_of
from tests.stripe_sim.stand_in import client_of, stand_in

SANDBOX_KEY = os.environ.get("STRIPE_CONTRACT_KEY", "")


class CheckedClient(stripe.RequestsClient):
    """Checks every answer against the surface, whoever gave it."""

    def __init__(self) -> None:
        super().__init__(timeout=(3, 30))
        self.problems: list[str] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **rest: Any) -> Any:
        body, status, answered = super().request(method, url, headers, post_data, **rest)
        found = surface.find(method.upper(), "/v1/" + url.partition("/v1/")[2].partition("?")[0])
        if found:
            self.problems += problems_of(found[0].name if status == 200 else "error", json.loads(body))
        return body, status, answered


class Target:
    """Stripe, or what stands in for it."""

    def __init__(self, client: stripe.StripeClient, tell: Callable[..., Any] | None) -> None:
        self.client, self.sdk = client, client.v1
        self._tell = tell

    @property
    def tell(self) -> Callable[..., Any]:
        """The controls; a test that needs them is skipped against the sandbox."""
        if self._tell is None:
            pytest.skip("needs the stand-in's controls")
        return self._tell


@pytest.fixture(params=["stand-in", "sandbox"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    checked = CheckedClient()
    if request.param == "sandbox":
        if not SANDBOX_KEY.startswith(("sk_test_", "rk_test_")):
            pytest.skip("runs against Stripe's sandbox when STRIPE_CONTRACT_KEY is set to a test key")
        yield Target(client_of("https://api.stripe.com", key=SANDBOX_KEY, http_client=checked), None)
    else:
        with stand_in() as sim:
            yield Target(client_of(sim.url, http_client=checked), sim.tell)
    assert not checked.problems, "\n".join(checked.problems)
