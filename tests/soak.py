"""How long tests look for what nobody thought of: FOOTFALL_SOAK=500 tries so many examples, found at random.

With it tests/chaos kills at every moment, 1,000 times and with a new seed.
"""

import os

from hypothesis import HealthCheck, settings

SOAK = int(os.environ.get("FOOTFALL_SOAK", "0"))


def examples(usual: int, **more: int) -> settings:
    """That many examples, the same in every run; with FOOTFALL_SOAK as many new ones as it says."""
    return settings(
        max_examples=SOAK or usual,
        derandomize=not SOAK,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),  # one database serves all examples of a test
        **more,
    )
