"""Answers for people who see sales but no clients, such as the accountant (R12)."""

from collections.abc import Iterable

from api.answers.receipts import ReceiptAnswer
from api.answers.sale_rows import SaleRow
from api.answers.sales import SaleAnswer


def without_names(sale: SaleAnswer) -> SaleAnswer:
    """The same sale; the client has no name, and the receipts no links to where it is printed."""
    if sale["client"]:
        sale["client"]["name"] = ""
    for receipt in (sale["receipt"], *(refund["receipt"] for refund in sale["refunds"])):
        if receipt:
            unlinked(receipt)
    return sale


def nameless(rows: Iterable[SaleRow]) -> None:
    """Take the clients' names out of a list."""
    for row in rows:
        if row["client"]:
            row["client"]["name"] = ""


def unlinked(receipt: ReceiptAnswer) -> ReceiptAnswer:
    """The same receipt without the way to its page."""
    receipt["token"] = receipt["url"] = receipt["pdf_url"] = None
    return receipt
