"""A receipt's number and its addresses."""

from typing import TypedDict

from django.conf import settings
from django.urls import reverse

from api.answers.values import Address, Moment, QrAnswer, moment, qr_answer
from pos.models import Receipt
from pos.receipts import address


class ReceiptAnswer(TypedDict):
    """A receipt; its page and PDF open without signing on, by a token that nobody guesses.

    They show the client's name, so the links are null for a person without the right to see clients.
    """

    number: int
    title: str
    token: str | None
    url: Address | None
    pdf_url: Address | None
    issued_at: Moment


class ReceiptWithCodeAnswer(ReceiptAnswer):
    """A receipt with the code of its link, for the client to scan from the tablet."""

    qr: QrAnswer | None


class PrintAnswer(TypedDict):
    """The page to print; `copy` when the receipt was printed before and says so."""

    url: Address
    copy: bool


class MailAnswer(TypedDict):
    """Where the receipt is on its way to."""

    email: str


def receipt_with_code(receipt: Receipt) -> ReceiptWithCodeAnswer:
    return {**receipt_answer(receipt), "qr": qr_answer(address(receipt))}


def receipt_answer(receipt: Receipt) -> ReceiptAnswer:
    return {
        "number": receipt.number,
        "title": receipt.title,
        "token": receipt.token,
        "url": address(receipt),
        "pdf_url": settings.SITE_URL + reverse("receipt_pdf", args=[receipt.token]),
        "issued_at": moment(receipt.issued_at),
    }
