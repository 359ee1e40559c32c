"""What happens at a desk with money, step by step: the tablet's requests and the client's card between them."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from pos.models import SaleLine
from tests.chaos.stripe_process import APPROVED, DECLINED, REFUND_FAILS
from tests.chaos.tablet import Ask, new

OIL = {"lines": [{"item": "massage-oil"}]}
OIL_CENTS, PART_CENTS = 24_00, 10_00


@dataclass
class Visit:
    """One client at the desk: ids that the tablet made up, and the reader before them."""

    reader_id: int
    reader: str
    sale: str = field(default_factory=new)
    card: str = field(default_factory=new)
    cash: str = field(default_factory=new)
    refund: str = field(default_factory=new)
    client: str = field(default_factory=new)
    member: str = field(default_factory=new)

    def sale_path(self, rest: str = "") -> str:
        return f"sales/{self.sale}{rest}"


@dataclass(frozen=True)
class Hold:
    """The client holds a card to the reader."""

    number: str


@dataclass(frozen=True)
class Does:
    """What is no request of the tablet at that moment: the client's own doing, or the billing's."""

    work: Callable[[dt.datetime], object]


Step = Callable[[Visit], Ask | Hold | Does]


@dataclass(frozen=True)
class Flow:
    """`first` is done before we look; a process may die anywhere in `steps`."""

    name: str
    steps: tuple[Step, ...]
    first: tuple[Step, ...] = ()
    later_held: str = APPROVED  # the card that is held to a reader which still waits when all have died
    later: Step | None = None  # what the client does then instead
    sells: bool = False  # nobody changes their mind: once the card has paid, the sale is completed


def rings_up(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path(), OIL)


def asks_card(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path(f"/tenders/{visit.card}"), {"kind": "card", "reader": visit.reader_id})


def asks_part_by_card(visit: Visit) -> Ask:
    asked = asks_card(visit)
    return Ask(asked.method, asked.path, asked.body | {"amount_cents": PART_CENTS})


def asks_again(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path(f"/tenders/{visit.card}/tries/2"))


def takes_card_off(visit: Visit) -> Ask:
    return Ask("DELETE", visit.sale_path(f"/tenders/{visit.card}"))


def takes_cash(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path(f"/tenders/{visit.cash}"), {"kind": "cash"})


def completes(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path("/completion"))


def cancels(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path("/abandonment"))


def voids(visit: Visit) -> Ask:
    return Ask("PUT", visit.sale_path("/void"), {"reason": "mistake"})


def refunds(visit: Visit) -> Ask:
    line = SaleLine.objects.get(sale=visit.sale)
    body = {"reason": "returned", "lines": [{"line": str(line.pk), "quantity": 1}]}
    return Ask("PUT", visit.sale_path(f"/refunds/{visit.refund}"), body)


def sells_for_cash(visit: Visit) -> Ask:
    tender = {"id": visit.cash, "kind": "cash", "tendered_cents": 30_00}
    return Ask("PUT", visit.sale_path(), OIL | {"tenders": [tender], "complete": True})


def sells_for_both(visit: Visit) -> Ask:
    cash = {"id": visit.cash, "kind": "cash", "amount_cents": PART_CENTS}
    card = {"id": visit.card, "kind": "card", "reader": visit.reader_id}
    return Ask("PUT", visit.sale_path(), OIL | {"tenders": [cash, card], "complete": True})


def holds(number: str) -> Step:
    return lambda visit: Hold(number)


CARD_PAID = (rings_up, asks_card, holds(APPROVED), asks_card)
PART_PAID = (rings_up, asks_part_by_card, holds(APPROVED), asks_part_by_card)
CARD_SOLD = (*CARD_PAID, completes)

FLOWS = (
    Flow("cash sale in one request", (sells_for_cash,)),
    Flow("card sale", CARD_SOLD, sells=True),
    Flow("card declined, then cash", (
        rings_up, asks_card, holds(DECLINED), asks_card, takes_card_off, takes_cash, completes
    ), later_held=DECLINED),
    Flow("card declined, then another", (
        rings_up, asks_card, holds(DECLINED), asks_card, asks_again, holds(APPROVED), asks_card, completes
    ), sells=True),
    Flow("card taken off before it is held", (rings_up, asks_card, takes_card_off, takes_cash, completes)),
    Flow("split cash and card", (sells_for_both, holds(APPROVED), sells_for_both), sells=True),
    Flow("split, card declined", (sells_for_both, holds(DECLINED), sells_for_both, cancels), later_held=DECLINED),
    Flow("refund to a card", (refunds,), first=CARD_SOLD),
    Flow("refund to a card that fails later", (refunds,),
         first=(rings_up, asks_card, holds(REFUND_FAILS), asks_card, completes)),
    Flow("refund of a split sale", (refunds,), first=(sells_for_both, holds(APPROVED), sells_for_both)),
    Flow("void of a card sale", (voids,), first=CARD_SOLD),
    Flow("cancelled after a card has paid a part", (cancels,), first=PART_PAID),
)  # fmt: skip
