"""Paths that are seldom taken leave a line in the log: an owner sees that they happen, a test that they are tried."""

import logging

logger = logging.getLogger("footfall.rare")


def reached(path: str) -> None:
    """Note that a rare path was taken."""
    logger.info(path)
