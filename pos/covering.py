"""Lines that a session, a credit or a treatment card pays for: held with the contents of the sale, priced by the hold.

A cover is a wish of the line and not a payment of its own: contents that are put anew give back what they held and hold
it again, so a tablet may change its mind as often as it likes (decision 0013).
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from pos.asked import AskedCover, AskedLine, fingerprint
from pos.kinds import Covering, PricingContext, tender_kind
from pos.models import Sale, SaleLine, Tender
from studio.ids import new_id
from studio.refusal import BadInput


def let_go(tenders: Sequence[Tender], *, now: dt.datetime) -> None:
    """Give back what covers hold, because the contents of their sale are put anew."""
    for tender in tenders:
        if tender.status == Tender.Status.HELD:
            tender_kind(tender.kind).release(tender, now=now)


def hold(
    asked: Sequence[AskedLine],
    lines: Sequence[SaleLine],
    *,
    sale: Sale,
    at: PricingContext,
    now: dt.datetime,
    paid: Mapping[int, int] | None = None,
) -> list[Tender]:
    """Cover the lines that ask for it; the unsaved tenders, each with its instrument held. Lines know what covers them.

    In the order of the instruments, so that two sales never wait for each other. `paid` is what lines come to without
    tax, by position, where it is known.
    """
    wishes = [(wish.cover, line) for wish, line in zip(asked, lines, strict=True) if wish.cover is not None]
    taken: list[Tender] = []
    for wish, line in sorted(wishes, key=lambda pair: (pair[0].kind, pair[0].instrument, pair[1].position)):
        taken.append(_cover(wish, line, on=Covering(sale, lines, at, taken, paid or {}), now=now))
    return taken


def is_from_this_sale(asked: Sequence[AskedLine]) -> bool:
    """Whether a line is covered by what another line of the sale sells, whose price its own depends on."""
    return any(wish.cover is not None and wish.cover.line is not None for wish in asked)


def _cover(wish: AskedCover, line: SaleLine, *, on: Covering, now: dt.datetime) -> Tender:
    if line.quantity != 1 or not line.is_service:
        raise BadInput("cover", "A session pays for one treatment: put further ones on lines of their own.")
    tender = Tender(id=new_id(), kind=wish.kind, line=line, sale=on.sale)
    cover = tender_kind(wish.kind).cover(wish, line, tender_id=tender.pk, on=on, now=now)
    tender.instrument = cover.instrument
    tender.amount_cents = tender.tendered_cents = line.covered_cents = cover.value_cents
    line.upcharge_cents, line.tax_was_paid, line.why = cover.upcharge_cents, cover.tax_was_paid, cover.why
    tender.fingerprint = fingerprint(wish)
    return tender
