"""Back-office pages that are only looked at."""

from django.db.models import Model
from django.http import HttpRequest


class ReadOnly:
    """For an admin page or inline: rows that other code writes; nothing to add, change or delete there."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
