"""The mails about gift cards, written when they leave: text and HTML say the same, the code's picture is inside."""

import datetime as dt
import io
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from typing import Any

import segno
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from giftcards import faces, links
from giftcards.models import Delivery, GiftCard, GiftOrder
from ledger.money import dollars
from pos import receipts
from pos.models import Receipt
from studio.models import Business

Kind = Delivery.Kind

CID = "gift-card-code"
PIXELS = 6
"""Of one module: the code is as wide as three fingers on a phone."""
SUBJECTS = {
    Kind.CARD: "{buyer} sent you a massage at {studio}",
    Kind.RECEIPT: "Your gift card from {studio}",
    Kind.BOUNCED: "Your gift card did not reach {recipient}",
    Kind.GIVEN_BACK: "Your gift card from {studio} was not sold",
}
FROM_THE_STUDIO = "A gift card from {studio}"


class Letter(EmailMultiAlternatives):
    """A mail whose picture belongs to its HTML and is no attachment beside it."""

    mixed_subtype = "related"


def write(
    row: Delivery, order: GiftOrder, card: GiftCard | None, *, to: str, now: dt.datetime
) -> EmailMultiAlternatives:
    """The mail, with the code in it where its reader may have that; each such mail leaves an audit row (R14)."""
    with transaction.atomic(durable=True):
        context = _context(row, order, card, now=now)
    business = context["business"]
    letter = Letter(
        subject=_subject(row, order, business),
        body=render_to_string(f"giftcards/mail/{row.kind}.txt", context),
        from_email=formataddr((business.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[to],
        reply_to=[business.email] if business.email else None,
        headers={"Message-ID": row.message_id},
    )
    letter.attach_alternative(render_to_string(f"giftcards/mail/{row.kind}.html", context), "text/html")
    if context["has_code"]:
        letter.attach(_picture(context["face"].code))
    return letter


def _context(row: Delivery, order: GiftOrder, card: GiftCard | None, *, now: dt.datetime) -> dict[str, Any]:
    has_code = card is not None and _may_tell(row, order, card)
    face = None
    if card is not None:
        face = faces.reveal(card, order, why="mail", now=now) if has_code else faces.hidden(card, order)
    receipt = Receipt.objects.filter(sale=order.sale, refund=None).first() if order.sale is not None else None
    return {
        "business": Business.current(),
        "location": order.location,
        "order": order,
        "face": face,
        "has_code": has_code,
        "cid": CID,
        "amount": f"${dollars(order.amount_cents)}",
        "sent_on": faces.in_words(order.send_on) if order.send_on is not None else "",
        "card_url": links.card_address(card) if card is not None and has_code else "",
        "order_url": links.order_address(order),
        "receipt_url": receipts.address(receipt) if receipt is not None else "",
        "receipt_title": receipt.title if receipt is not None else "",
    }


def _may_tell(row: Delivery, order: GiftOrder, card: GiftCard) -> bool:
    """Whether the mail brings the code: to its recipient, or to a buyer who hands it over; never of a held card."""
    brings = row.kind == Kind.CARD or (row.kind == Kind.RECEIPT and not order.is_mailed)
    return brings and order.held_at is None and card.status == GiftCard.Status.ACTIVE


def _subject(row: Delivery, order: GiftOrder, business: Business) -> str:
    words = SUBJECTS[Kind(row.kind)] if row.kind != Kind.CARD or order.buyer_name else FROM_THE_STUDIO
    filled = words.format(buyer=order.buyer_name, recipient=order.recipient_name, studio=business.name)
    return " ".join(filled.split())


def _picture(code: str) -> MIMEImage:
    """The code as PNG, shown inside the HTML: many mail programs show neither SVG nor data in addresses."""
    out = io.BytesIO()
    segno.make_qr(code, error="m").save(out, kind="png", scale=PIXELS, border=4)
    picture = MIMEImage(out.getvalue(), "png")
    picture.add_header("Content-ID", f"<{CID}>")
    picture.add_header("Content-Disposition", "inline", filename="code.png")
    return picture
