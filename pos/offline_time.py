"""When an offline sale was made, whatever the tablet's clock says: both are kept (R11, the two clocks)."""

import datetime as dt

from pos.offline_told import Sending, Told

STEADY = dt.timedelta(minutes=2)
"""Clocks that differ by less agree."""


def when_sold(told: Told, sending: Sending, *, now: dt.datetime) -> dt.datetime:
    """The moment of the sale by the server's clock: not after `now`, and not before the server's last answer."""
    at_most = now - min(told.contact_at, now)
    return now - max(min(_since(told, sending, now=now), at_most), dt.timedelta(0))


def _since(told: Told, sending: Sending, *, now: dt.datetime) -> dt.timedelta:
    """How long ago it was. A clock that is wrong all the time cancels out; one that was set in between does not."""
    by_clock = sending.sent_at - told.sold_at
    if sending.ago_ms is None:  # the page was loaded anew since: there is only the clock
        return by_clock
    counted = dt.timedelta(milliseconds=sending.ago_ms)
    if abs(by_clock - counted) <= STEADY:
        return counted
    # A tablet that slept counts too little, and its clock is right; a clock that was set is not to be believed.
    has_slept = by_clock > counted and abs(sending.sent_at - now) <= STEADY and told.sold_at >= told.contact_at - STEADY
    return by_clock if has_slept else counted
