"""Prices that the desk sets by hand: a lower one is a discount to 4900, a higher one raises the list price (R6)."""

from collections.abc import Iterator, Sequence

from ledger.money import dollars
from pos.asked import MAX_CENTS, AskedDiscount, AskedLine
from pos.kinds import line_kind
from pos.models import Sale, SaleDiscount, SaleLine
from studio.refusal import BadInput


def raise_prices(asked: Sequence[AskedLine], lines: Sequence[SaleLine]) -> None:
    """Put the higher prices on lines that are at list price; BadInput where a line can have no other price."""
    for wish, line in zip(asked, lines, strict=True):
        if wish.price is None:
            continue
        _check(wish, line)
        if wish.price.unit_cents > line.unit_cents:
            line.usual_cents, line.unit_cents = line.unit_cents, wish.price.unit_cents
            line.list_cents = line.quantity * line.unit_cents
            reason = SaleDiscount.Reason(wish.price.reason).label
            line.why = f"${dollars(line.unit_cents)} instead of ${dollars(line.usual_cents)} ({reason})"


def discount_of(wish: AskedLine, line: SaleLine) -> AskedDiscount | None:
    """What is taken off the line: as asked, or what a lower price comes to; None when nothing is."""
    if wish.price is None:
        return wish.discount
    off_cents = (line.unit_cents - wish.price.unit_cents) * line.quantity
    return AskedDiscount(reason=wish.price.reason, amount_cents=off_cents) if off_cents else None


def raised(lines: Sequence[SaleLine], asked: Sequence[AskedLine], *, sale: Sale) -> Iterator[SaleDiscount]:
    """The unsaved rows that say why a line costs more: what they took off is below zero."""
    for wish, line in zip(asked, lines, strict=True):
        if wish.price is not None and line.usual_cents is not None:
            cents = (line.usual_cents - line.unit_cents) * line.quantity
            row = SaleDiscount(sale=sale, line=line, amount_cents=cents, value_cents=cents, reason=wish.price.reason)
            row.unit_cents = wish.price.unit_cents
            yield row


def _check(wish: AskedLine, line: SaleLine) -> None:
    assert wish.price is not None  # noqa: S101 - the caller has looked
    if wish.kind == "custom" or not line_kind(line.kind).takes_discounts:
        raise BadInput("price", f"{line.name} has no other price.")
    if wish.price.unit_cents > line.unit_cents and line.kind != "item":
        raise BadInput("price", f"{line.name} costs no more than its list price.")
    if wish.discount is not None:
        raise BadInput("price", "Give a price of its own or a discount, not both.")
    if wish.cover is not None:
        raise BadInput("price", "What a session pays for has no price of its own.")
    if wish.price.reason not in SaleDiscount.GIVEN_BY_HAND:
        raise BadInput("reason", "Say why it has another price: choose one of the reasons.")
    if not 0 <= wish.price.unit_cents <= MAX_CENTS:
        raise BadInput("price", "A price is between $0 and $100,000.")
