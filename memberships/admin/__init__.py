"""The back office of what is paid ahead; each module registers its pages."""

from memberships.admin import plans, prepaid

__all__ = ["plans", "prepaid"]
