"""What clients pay ahead: definitions, lots of sessions, members."""

from memberships.models.definitions import Expiry, MemberPrice, Package, PackagePart, Plan, TaxPoint, Users
from memberships.models.lots import LotHold, LotMove, SessionLot
from memberships.models.members import (
    BillingRun,
    Cancellation,
    Change,
    Consent,
    Due,
    Freeze,
    HouseholdMember,
    Membership,
    SignInLink,
    SignInWish,
)

__all__ = [
    "BillingRun",
    "Cancellation",
    "Change",
    "Consent",
    "Due",
    "Expiry",
    "Freeze",
    "HouseholdMember",
    "LotHold",
    "LotMove",
    "MemberPrice",
    "Membership",
    "Package",
    "PackagePart",
    "Plan",
    "SessionLot",
    "SignInLink",
    "SignInWish",
    "TaxPoint",
    "Users",
]
