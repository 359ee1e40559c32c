"""Everything the desk works with; one module for each thing."""

from pos.models.approvals import Approval
from pos.models.catalogue import Item, Price, TaxCategory, TaxRate, Tile
from pos.models.clients import Client, ClientWord
from pos.models.credit import ClientCredit, CreditHold, CreditMove
from pos.models.drawers import BankDeposit, Drawer, DrawerCorrection, DrawerMovement, DrawerSession
from pos.models.offline import OfflineDecision, OfflineSale
from pos.models.paylinks import PayLink
from pos.models.receipts import Counter, Receipt
from pos.models.refunds import Refund, RefundLine, RefundTax, RefundTender, RefundTip, Void
from pos.models.sales import Sale, SaleDiscount, SaleLine, SaleTax, Tender, Tip
from pos.models.zreports import ZEntry, ZReport

__all__ = [
    "Approval",
    "BankDeposit",
    "Client",
    "ClientCredit",
    "ClientWord",
    "Counter",
    "CreditHold",
    "CreditMove",
    "Drawer",
    "DrawerCorrection",
    "DrawerMovement",
    "DrawerSession",
    "Item",
    "OfflineDecision",
    "OfflineSale",
    "PayLink",
    "Price",
    "Receipt",
    "Refund",
    "RefundLine",
    "RefundTax",
    "RefundTender",
    "RefundTip",
    "Sale",
    "SaleDiscount",
    "SaleLine",
    "SaleTax",
    "TaxCategory",
    "TaxRate",
    "Tender",
    "Tile",
    "Tip",
    "Void",
    "ZEntry",
    "ZReport",
]
