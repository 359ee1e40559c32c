"""The end of sales: what was sold is handed over, what pays is made final, one entry and one receipt each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from ledger import journal
from pos import receipts
from pos.basket import Basket, write_all
from pos.kinds import DeliversTogether, SettlesTogether, line_kind, tender_kind
from pos.models import Sale, SaleLine, Tender


def end_all(baskets: Sequence[Basket], *, now: dt.datetime) -> None:
    """Complete open sales that are paid, all or none; `pos.checkout.complete` looks whether they are."""
    for basket in baskets:
        basket.lock_drawers()
        sale, sold_at = basket.sale, basket.sold_at or now
        sale.status, sale.completed_at, sale.completed_by = Sale.Status.COMPLETED, sold_at, basket.desk.staff
        sale.business_date = basket.books_on or sale.location.business_date(sold_at)
    _deliver([line for basket in baskets for line in basket.lines], now=now)
    _settle([tender for basket in baskets for tender in basket.live_tenders], now=now)
    for basket in baskets:
        basket.touch(now=now)
    write_all(baskets)
    entries = journal.post_all([_draft(basket, now=now) for basket in baskets], now=now)
    papers = receipts.issue_all([basket.sale for basket in baskets], now=now)
    for basket, entry, paper in zip(baskets, entries, papers, strict=True):
        basket.entry, basket.receipt = entry, paper


def _deliver(lines: Sequence[SaleLine], *, now: dt.datetime) -> None:
    """Hand over what was sold, in the order of the lines; those of one kind that follow each other together."""
    for code, same in groupby(lines, key=lambda line: line.kind):
        kind = line_kind(code)
        if isinstance(kind, DeliversTogether):
            kind.deliver_all(list(same), now=now)
        else:
            for line in same:
                kind.deliver(line, now=now)


def _settle(tenders: Sequence[Tender], *, now: dt.datetime) -> None:
    """Make reservations final, in the order of kinds and instruments, so that two sales never wait for each other."""
    for code, same in groupby(sorted(tenders, key=lambda one: (one.kind, one.instrument)), key=lambda one: one.kind):
        kind = tender_kind(code)
        if isinstance(kind, SettlesTogether):
            kind.settle_all(list(same), now=now)
        else:
            for tender in same:
                kind.settle(tender, now=now)
    for tender in tenders:
        tender.status = Tender.Status.SETTLED


def _draft(basket: Basket, *, now: dt.datetime) -> journal.Draft:
    sale, sold_at = basket.sale, basket.sold_at or now
    draft = journal.Draft(f"sale:{sale.pk}", "sale", sale.location, sold_at, basket.books(), basket.desk.staff)
    if basket.books_on is None:
        return draft
    own_day = sale.location.business_date(sold_at)
    return replace(draft, business_date=basket.books_on, original_date=own_day, memo="Sent after its month closed")
