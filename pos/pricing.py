"""From what is asked to what it costs: list price, discounts, tax, tips. Nothing here writes (R5, R6, R7)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, cast

from django.db import models

from ledger.money import at_rate, dollars, share_out, tax_included
from pos import overrides
from pos.asked import MAX_CENTS, MAX_LINES, MAX_QUANTITY, AskedDiscount, AskedLine, AskedSale
from pos.kinds import PricingContext, line_kind, price_rules
from pos.models import Client, Sale, SaleDiscount, SaleLine, SaleTax, TaxRate, Tip
from pos.therapists import named
from studio.models import Location, Staff
from studio.prepared import Prepared, Slot
from studio.refusal import BadInput

TIP_PERCENTS = (18, 20, 25)
"""Suggested tips on the list price of services (R5)."""


@dataclass
class Priced:
    """A sale's priced contents, unsaved; lines in the order asked."""

    lines: list[SaleLine]
    discounts: list[SaleDiscount] = field(default_factory=list)
    taxes: list[SaleTax] = field(default_factory=list)
    tips: list[Tip] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TipSuggestion:
    """A percentage of the services' list price, and what it gives each therapist, in cents."""

    percent: int
    amount_cents: int
    shares: tuple[tuple[Staff, int], ...]


def context(asked: AskedSale, *, location: Location, on: dt.date, client: Client | None = None) -> PricingContext:
    """Where, when and for whom the contents are priced, with the therapists they name."""
    return PricingContext(location, on, named(asked), client)


def context_for_many(*, location: Location, on: dt.date, known: Mapping[str, Any]) -> PricingContext:
    """Where and when many sales are priced that name no therapists; each is `replace`d by one with its client."""
    return PricingContext(location, on, {}, rates=_rates_of(location, on), known=known)


def list_prices(asked: AskedSale, *, sale: Sale, at: PricingContext) -> list[SaleLine]:
    """The unsaved lines of `sale` in the order asked, checked, at list price; a fixed number of queries."""
    lines = _by_their_kinds(asked.lines, at)
    for position, line in enumerate(lines):
        line.sale, line.position = sale, position
        line.instrument = line.instrument or asked.lines[position].instrument
    overrides.raise_prices(asked.lines, lines)
    return lines


def price(asked: AskedSale, *, sale: Sale, lines: list[SaleLine], at: PricingContext) -> Priced:
    """Discounts, taxes and tips on lines that are at list price or covered; a fixed number of queries."""
    priced = Priced(lines=lines)
    priced.discounts = _discount(asked, sale=sale, lines=lines, at=at)
    rates = at.rates if at.rates is not None else _known_rates(lines)
    rates = rates if rates is not None else _rates_of(at.location, at.on)
    priced.taxes = _tax(lines, location=at.location, rates=rates)
    if asked.tax_exempt:
        priced.taxes = _exempt(lines)
    priced.tips = _tips(asked, sale=sale, lines=lines, therapists=at.therapists)
    return priced


def suggest_tips(lines: Sequence[SaleLine]) -> list[TipSuggestion]:
    """What 18, 20 and 25 % of the services' list price come to, split by therapist; none without services (R5)."""
    served = _served(lines)
    total_cents = sum(served.values())
    if not total_cents:
        return []
    return [_suggestion(percent, total_cents, served) for percent in TIP_PERCENTS]


def _suggestion(percent: int, total_cents: int, served: dict[Staff, int]) -> TipSuggestion:
    amount_cents = at_rate(total_cents, Decimal(percent) / 100)
    shares = share_out(amount_cents, list(served.values()))
    return TipSuggestion(percent, amount_cents, tuple(zip(served, shares, strict=True)))


def _served(lines: Sequence[SaleLine]) -> dict[Staff, int]:
    """List price of services by therapist, in the order of the lines."""
    served: dict[Staff, int] = defaultdict(int)
    for line in lines:
        if line.is_service and line.therapist is not None:
            served[line.therapist] += line.list_cents
    return dict(served)


def _by_their_kinds(asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
    if len(asked) > MAX_LINES:
        raise BadInput("lines", f"A sale has at most {MAX_LINES} lines.")
    for line in asked:
        if not 0 < line.quantity <= MAX_QUANTITY:
            raise BadInput("quantity", f"A quantity is between 1 and {MAX_QUANTITY}.")
    by_kind: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(asked):
        by_kind[line.kind].append(index)
    lines: dict[int, SaleLine] = {}
    for code, indexes in by_kind.items():
        lines |= zip(indexes, line_kind(code).price([asked[i] for i in indexes], at), strict=True)
    return [lines[index] for index in range(len(asked))]


def _discount(asked: AskedSale, *, sale: Sale, lines: Sequence[SaleLine], at: PricingContext) -> list[SaleDiscount]:
    """The better of promotion and member price for each line, never both (R6)."""
    rules = _rules_prices(lines, at)
    given = [*overrides.raised(lines, asked.lines, sale=sale)]
    given += _promotions(asked, sale=sale, lines=lines, left_out=frozenset())
    better = frozenset(index for index, (cents, _) in rules.items() if cents > lines[index].discount_cents)
    if not better:
        return given
    for line in lines:
        line.discount_cents, line.why = 0, line.why.partition("; ")[0]
    members = [_members_price(sale, lines[index], *rules[index]) for index in sorted(better)]
    given = [row for row in given if row.value_cents < 0]
    return given + members + _promotions(asked, sale=sale, lines=lines, left_out=better)


def _rules_prices(lines: Sequence[SaleLine], at: PricingContext) -> dict[int, tuple[int, str]]:
    """By index of the line the best that the price rules take off, and why."""
    open_lines = {index: line for index, line in enumerate(lines) if _has_rules(line)}
    best: dict[int, tuple[int, str]] = {}
    for rule in price_rules() if open_lines else ():
        found = rule.discounts(list(open_lines.values()), at)
        for index, line in enumerate(open_lines):
            if found.get(index, (0, ""))[0] > best.get(line, (0, ""))[0]:
                best[line] = found[index]
    return best


def _has_rules(line: SaleLine) -> bool:
    """Not what is covered, and not what costs more by somebody's word."""
    return _takes_discounts(line) and not line.is_covered and line.usual_cents is None


def _members_price(sale: Sale, line: SaleLine, cents: int, why: str) -> SaleDiscount:
    line.discount_cents, line.why = cents, f"{line.why}; {why}"[:300]
    row = SaleDiscount(sale=sale, line=line, amount_cents=cents, value_cents=cents)
    row.reason = SaleDiscount.Reason.MEMBER
    return row


def _promotions(
    asked: AskedSale, *, sale: Sale, lines: Sequence[SaleLine], left_out: frozenset[int]
) -> list[SaleDiscount]:
    """Line discounts first, then those on the whole sale, shared out by what is left of each line (posting rule 5)."""
    given = []
    for index, (line, wish) in enumerate(zip(lines, asked.lines, strict=True)):
        discount = overrides.discount_of(wish, line)
        if discount is not None and index not in left_out:
            if not _takes_discounts(line):
                raise BadInput("discount", f"There is no discount on {line.name}.")
            given.append(_take_off(discount, sale=sale, lines=[line], on_line=line))
            given[-1].unit_cents = wish.price.unit_cents if wish.price is not None else None
    whole = [line for index, line in enumerate(lines) if index not in left_out and _takes_discounts(line)]
    given.extend(_take_off(wish, sale=sale, lines=whole, on_line=None) for wish in asked.discounts)
    return given


def _takes_discounts(line: SaleLine) -> bool:
    return line_kind(line.kind).takes_discounts


def _take_off(wish: AskedDiscount, *, sale: Sale, lines: Sequence[SaleLine], on_line: SaleLine | None) -> SaleDiscount:
    if wish.reason not in SaleDiscount.GIVEN_BY_HAND:
        raise BadInput("reason", "Say why there is a discount: choose one of the reasons.")
    left = [line.money_cents - line.discount_cents for line in lines]
    value_cents = _discount_value(wish, sum(left))
    row = SaleDiscount(sale=sale, line=on_line, percent=wish.percent, amount_cents=wish.amount_cents)
    row.value_cents, row.reason = value_cents, wish.reason
    for line, part_cents in zip(lines, share_out(value_cents, left), strict=True):
        line.discount_cents += part_cents
        if part_cents:
            line.why = f"{line.why}; {_in_words(wish, row, on_line)}"[:300]
    return row


def _discount_value(wish: AskedDiscount, base_cents: int) -> int:
    if wish.percent is not None and wish.amount_cents is not None:
        raise BadInput("percent", "A discount is a percentage or an amount, not both.")
    if wish.percent is not None:
        if not 0 < wish.percent <= 100:
            raise BadInput("percent", "A discount is above 0 and at most 100 %.")
        return at_rate(base_cents, wish.percent / 100)
    if wish.amount_cents is None or not 0 < wish.amount_cents <= base_cents:
        raise BadInput("amount_cents", "A discount is above zero and at most the price.")
    return wish.amount_cents


def _in_words(wish: AskedDiscount, row: SaleDiscount, on_line: SaleLine | None) -> str:
    size = f"{wish.percent.normalize():f} %" if wish.percent is not None else f"${dollars(wish.amount_cents or 0)}"
    return f"{size} off {'this line' if on_line else 'the sale'} ({row.get_reason_display()})"


def _rates() -> "models.QuerySet[TaxRate]":
    location, on = Slot("location", models.BigIntegerField()), Slot("on", models.DateField())
    return TaxRate.objects.in_force(location=cast(Any, location), on=cast(Any, on))


_RATES = Prepared(_rates)


def _known_rates(lines: Sequence[SaleLine]) -> dict[str, list[TaxRate]] | None:
    """The rates that came with the items of the lines, by tax category; None when they are not all there."""
    items = {line.item.tax_category: line.item for line in lines if line.item is not None}
    rates = {category: item.rates_of_its_day for category, item in items.items()}
    return cast(Any, rates) if all(rates.get(line.tax_category) is not None for line in lines) else None


def _rates_of(location: Location, on: dt.date) -> dict[str, list[TaxRate]]:
    """The rates of that day by tax category."""
    found = _RATES.rows(location=location.pk, on=on)
    return {category: list(group) for category, group in groupby(found, lambda rate: rate.tax_category)}


def _tax(lines: Sequence[SaleLine], *, location: Location, rates: Mapping[str, Sequence[TaxRate]]) -> list[SaleTax]:
    """Tax every line; once per rate group, or per line, as the location rounds (R7, T03, T04)."""
    taxes: list[SaleTax] = []
    for category, group_rates in ({category: rates.get(category, []) for category in _categories(lines)}).items():
        group = [line for line in lines if line.tax_category == category]
        bundles = [group] if location.tax_rounding == Location.TaxRounding.INVOICE else [[line] for line in group]
        for bundle in bundles:
            taxes.extend(_tax_bundle(bundle, group_rates, location))
    return taxes


def _exempt(lines: Sequence[SaleLine]) -> list[SaleTax]:
    """No tax: what lines cost without it is what they cost, also where prices include it (R7)."""
    for line in lines:
        line.tax_cents = 0
    return []


def _categories(lines: Sequence[SaleLine]) -> list[str]:
    return list(dict.fromkeys(line.tax_category for line in lines))


def _tax_bundle(bundle: Sequence[SaleLine], rates: Sequence[TaxRate], location: Location) -> list[SaleTax]:
    """Round once for lines of one rate group, then split to lines and jurisdictions so that both add up.

    What covers a line is taxed with it, unless it was taxed when it was sold (policy P3).
    """
    combined = sum((rate.rate for rate in rates), Decimal(0))
    untaxed = [line.covered_cents or 0 if line.tax_was_paid else 0 for line in bundle]
    paid = [line.charged_cents - free_cents for line, free_cents in zip(bundle, untaxed, strict=True)]
    inside = location.prices_include_tax
    tax_cents = tax_included(sum(paid), combined) if inside else at_rate(sum(paid), combined)
    left = share_out(tax_cents, [_millionths(rate.rate) for rate in rates])
    taxes: list[SaleTax] = []
    for line, line_tax_cents in zip(bundle, share_out(tax_cents, paid), strict=True):
        line.tax_cents = line_tax_cents
        line.net_cents = line.charged_cents - line_tax_cents if inside else line.charged_cents
        line.gross_cents = line.net_cents + line.discount_cents
        if inside:
            line.gross_cents -= tax_included(line.discount_cents, combined)
        # Never above what is left of a jurisdiction, so the last line ends at zero.
        shares = share_out(line_tax_cents, left)
        left = [total - share for total, share in zip(left, shares, strict=True)]
        taxes.extend(
            SaleTax(sale=line.sale, line=line, jurisdiction=rate.jurisdiction, rate=rate.rate, amount_cents=share)
            for rate, share in zip(rates, shares, strict=True)
        )
    return taxes


def _millionths(rate: Decimal) -> int:
    return int(rate * 1_000_000)


def _tips(
    asked: AskedSale, *, sale: Sale, lines: Sequence[SaleLine], therapists: Mapping[int, tuple[Staff, frozenset[int]]]
) -> list[Tip]:
    if asked.tips and asked.tip_cents:
        raise BadInput("tip_cents", "Give one tip to be split, or the tips by therapist, not both.")
    amounts = {therapists[tip.therapist_id][0]: tip.amount_cents for tip in asked.tips}
    if len(amounts) != len(asked.tips):
        raise BadInput("tips", "Name each therapist once.")
    if asked.tip_cents:
        amounts = _split_tip(asked.tip_cents, lines)
    if any(not 0 <= cents <= MAX_CENTS for cents in amounts.values()):
        raise BadInput("tips", "A tip is between $0 and $100,000.")
    return [Tip(sale=sale, therapist=person, amount_cents=cents) for person, cents in amounts.items() if cents]


def _split_tip(tip_cents: int, lines: Sequence[SaleLine]) -> dict[Staff, int]:
    served = _served(lines)
    if not served:
        raise BadInput("tip_cents", "Say for whom the tip is.")
    return dict(zip(served, share_out(tip_cents, list(served.values())), strict=True))
