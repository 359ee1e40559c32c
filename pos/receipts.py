"""Numbered receipts, issued with the sale or refund; page, print, PDF and mail show one set of figures (R10)."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from jobs.outbox import queue_mail
from ledger.money import dollars
from pos import clients
from pos.kinds import tender_kind
from pos.models import Counter, Receipt, Refund, Sale, Tender
from pos.qr import Qr, qr_of
from studio.models import Business, Location


@dataclass(frozen=True, slots=True)
class Row:
    """A line of print: words left, an amount in dollars right, smaller words below."""

    label: str
    amount: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """The figures of a receipt."""

    lines: tuple[Row, ...]
    sums: tuple[Row, ...]
    total: Row
    tenders: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything a receipt says, computed once; page, print, PDF and mail only print it."""

    business: Business
    location: Location
    title: str
    heading: str
    at: str
    when: str
    served_by: str
    client: str
    lines: tuple[Row, ...]
    sums: tuple[Row, ...]
    total: Row
    tenders: tuple[Row, ...]
    stamp: str
    url: str

    @property
    def qr(self) -> Qr:
        """The link as a code: the client keeps the receipt, the desk finds the sale by it."""
        return qr_of(self.url)


def issue(*, sale: Sale, now: dt.datetime, refund: Refund | None = None) -> Receipt:
    """The next receipt of the location; its counter stays locked until COMMIT, so this comes last."""
    (receipt,) = _issue([Receipt(location=sale.location, sale=sale, refund=refund, issued_at=now)])
    return receipt


def issue_all(sales: Sequence[Sale], *, now: dt.datetime) -> list[Receipt]:
    """The next receipts of these sales' locations, in their order; as `issue`, so this comes last."""
    return _issue([Receipt(location=sale.location, sale=sale, issued_at=now) for sale in sales])


def _issue(receipts: list[Receipt]) -> list[Receipt]:
    # In the order of the locations, so that two who count at several never wait for each other.
    for location in sorted({receipt.location for receipt in receipts}, key=lambda place: place.pk):
        here = [receipt for receipt in receipts if receipt.location_id == location.pk]
        numbers = Counter.next_of(len(here), location=location, name="receipt")
        for receipt, number in zip(here, numbers, strict=True):
            receipt.number = number
    return Receipt.objects.bulk_create(receipts)


def address(receipt: Receipt) -> str:
    """The receipt's public link."""
    return settings.SITE_URL + reverse("receipt", args=[receipt.token])


def mark_printed(receipt: Receipt, *, now: dt.datetime) -> bool:
    """Note a print; True when it is a reprint, which says COPY."""
    return not Receipt.objects.filter(pk=receipt.pk, printed_at=None).update(printed_at=now)


def queue(receipt: Receipt, *, to: str, now: dt.datetime) -> None:
    """Mail the receipt by the outbox; the same address gets it once an hour at most."""
    to = clients.clean_email(to)
    paper = print_out(receipt)
    context = {"paper": paper}
    queue_mail(
        dedupe=f"receipt:{receipt.pk}:{hashlib.sha256(to.lower().encode()).hexdigest()[:32]}:{now:%Y%m%d%H}",
        to=to,
        subject=f"{paper.heading} {paper.title} from {paper.business.name}",
        text=render_to_string("pos/receipt.txt", context),
        html=render_to_string("pos/receipt_mail.html", context),
        now=now,
    )


def print_out(receipt: Receipt) -> Paper:
    """All that the receipt shows."""
    sale = receipt.sale
    refund = receipt.refund
    at = receipt.issued_at.astimezone(receipt.location.zone)
    body = _refund_body(refund) if refund else _sale_body(sale)
    served_by = refund.requested_by if refund else sale.completed_by
    return Paper(
        business=Business.current(),
        location=receipt.location,
        title=receipt.title,
        heading="Refund" if refund else "Receipt",
        at=at.isoformat(timespec="seconds"),
        when=f"{at:%a} {at.day} {at:%b %Y, %H:%M}",
        served_by=str(served_by),
        client=sale.client.name if sale.client else "",
        stamp="VOID" if sale.status == Sale.Status.VOIDED else "",
        url=address(receipt),
        lines=body.lines,
        sums=body.sums,
        total=body.total,
        tenders=body.tenders,
    )


def _sale_body(sale: Sale) -> Body:
    tips = [Row(f"Tip for {tip.therapist}", dollars(tip.amount_cents)) for tip in sale.tips.select_related("therapist")]
    return Body(
        lines=tuple(_sale_lines(sale)),
        sums=(*_sums(sale), *tips),
        total=Row("Total", dollars(sale.total_cents + sale.rounding_cents)),
        tenders=tuple(row for tender in sale.tenders.all() for row in _tender_rows(tender)),
    )


def _sale_lines(sale: Sale) -> list[Row]:
    rows = []
    for line in sale.lines.select_related("therapist"):
        label = line.name if line.quantity == 1 else f"{line.quantity} × {line.name}"
        off = f"{dollars(line.discount_cents)} off" if line.discount_cents else ""
        by = f"with {line.therapist}" if line.therapist and line.is_service else ""
        note = " · ".join(filter(None, [by, off, line.reference]))
        rows.append(Row(label, dollars(line.charged_cents), note))
    return rows


def _sums(sale: Sale) -> list[Row]:
    taxes: dict[tuple[str, str], int] = {}
    for tax in sale.taxes.order_by("line__position", "id"):
        key = (tax.jurisdiction, f"{(tax.rate * 100).normalize():f} %")
        taxes[key] = taxes.get(key, 0) + tax.amount_cents
    label = "Includes tax" if sale.location.prices_include_tax else "Tax"
    rows = [Row(f"{label} {place} {rate}", dollars(cents)) for (place, rate), cents in taxes.items()]
    if sale.tax_certificate:
        rows.append(_exemption(sale))
    if sale.rounding_cents:
        rows.append(Row("Cash rounding", dollars(sale.rounding_cents)))
    return rows


def _exemption(sale: Sale) -> Row:
    """The certificate, and what prices that include tax come down by."""
    inside = sum(line.charged_cents - line.paid_cents for line in sale.lines.all())
    return Row("No sales tax", dollars(-inside) if inside else "", f"Exempt by certificate {sale.tax_certificate}")


def _tender_rows(tender: Tender) -> list[Row]:
    if tender.status == Tender.Status.RELEASED:
        return []
    rows = [Row(tender_kind(tender.kind).name, dollars(tender.tendered_cents), tender.reference)]
    if tender.change_cents:
        rows.append(Row("Change", dollars(tender.change_cents)))
    return rows


def _refund_body(refund: Refund) -> Body:
    lines = [
        Row(f"{part.quantity} × {part.line.name}", dollars(-part.net_cents))
        for part in refund.lines.select_related("line").order_by("id")
    ]
    tips = [
        Row(f"Tip for {part.tip.therapist}", dollars(-part.amount_cents))
        for part in refund.tips.select_related("tip__therapist")
    ]
    tax = [Row("Tax", dollars(-refund.tax_cents))] if refund.tax_cents else []
    rounding = [Row("Cash rounding", dollars(-refund.rounding_cents))] if refund.rounding_cents else []
    return Body(
        lines=tuple(lines),
        sums=(*tax, *tips, *rounding),
        total=Row("Refunded", dollars(-refund.total_cents - refund.rounding_cents)),
        tenders=tuple(
            Row(tender_kind(part.tender.kind).name, dollars(-part.amount_cents), part.tender.reference)
            for part in refund.tenders.select_related("tender").order_by("id")
        ),
    )
