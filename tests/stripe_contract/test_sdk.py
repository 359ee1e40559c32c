"""The SDK against the table of the surface."""

from tests.stripe_contract.sdk_delta import CHECKED_IN, delta


def test_the_sdk_differs_from_the_table_only_as_checked_in() -> None:
    """An upgrade fails here and shows what to add; `python -m tests.stripe_contract.sdk_delta` takes it over."""
    assert delta() == CHECKED_IN.read_text().splitlines()
