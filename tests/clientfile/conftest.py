"""Tills in the studio, on the same Monday morning."""

from tests.api.conftest import managers_till, monday_morning, till

__all__ = ["managers_till", "monday_morning", "till"]
