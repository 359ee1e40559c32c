"""The back office of what is paid ahead; each module registers its pages."""

from memberships.admin import prepaid

__all__ = ["prepaid"]
