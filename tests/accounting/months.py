"""A month of the studio to close: February 2026, seen from the second of March."""

import datetime as dt

from pos.basket import Basket
from tests.builders import NOW, Studio, of, tip

FEBRUARY = dt.date(2026, 2, 1)
MARCH = dt.date(2026, 3, 1)
TENTH = dt.datetime(2026, 2, 10, 15, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)


def a_day(studio: Studio, at: dt.datetime = TENTH, *, cash: int = 144_00) -> Basket:
    """A drawer is opened, a massage with oil and a tip is sold for cash, and all of it goes to the safe."""
    desk = studio.desk.at(at)
    session = desk.opens_drawer()
    sold = desk.rings_up(of("ashiatsu-60", by=studio.ana), of("massage-oil"), tips=(tip(studio.ana, 10_00),)).pays(
        cash=cash
    )
    desk.closes_drawer(session, cash, left_cents=0)
    return sold
