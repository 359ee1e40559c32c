"""What was asked of Stripe and what it said; one module for each thing."""

from payments.models.balance import BalanceReading, BalanceTransaction, Dispute, Payout, PayoutItem
from payments.models.cards import Customer, SavedCard
from payments.models.charging import Charge, ChargeQuerySet, Presentation, Reader
from payments.models.events import StripeEvent, SyncPoint
from payments.models.hosting import HostedPage, HostedPageQuerySet
from payments.models.pacing import Pace
from payments.models.refunding import CardRefund

__all__ = [
    "BalanceReading",
    "BalanceTransaction",
    "CardRefund",
    "Charge",
    "ChargeQuerySet",
    "Customer",
    "Dispute",
    "HostedPage",
    "HostedPageQuerySet",
    "Pace",
    "Payout",
    "PayoutItem",
    "Presentation",
    "Reader",
    "SavedCard",
    "StripeEvent",
    "SyncPoint",
]
