"""Fixtures of the payments' tests that ways to pay at the desk need too: one clock, and the counter with its worker."""

from tests.payments.conftest import clock, counter

__all__ = ["clock", "counter"]
