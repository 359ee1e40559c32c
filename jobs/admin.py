"""The back office's view of the work: read-only, but for “run again”."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs.leases import Leased, run_again
from jobs.models import OutboxMail, Slot, WorkerBeat


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows as the worker wrote them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WorkAdmin(ReadOnlyAdmin):
    """Rows of work; a person may only send round again what was given up."""

    actions = ("run_these_again",)

    def has_run_again_permission(self, request: HttpRequest) -> bool:
        """Whoever could change the rows, were they not read-only."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    @admin.action(description="Run again", permissions=["run_again"])
    def run_these_again(self, request: HttpRequest, queryset: QuerySet[Leased]) -> None:
        number = run_again(queryset.exclude(dead_at=None), now=timezone.now())
        self.message_user(request, f"{number} given-up rows will run again within seconds.", messages.SUCCESS)


@admin.register(OutboxMail)
class OutboxMailAdmin(WorkAdmin):
    list_display = ("subject", "to", "queued_at", "sent_at", "attempts", "dead_at")
    list_filter = (("dead_at", admin.EmptyFieldListFilter), ("sent_at", admin.EmptyFieldListFilter), "queued_at")
    search_fields = ("to", "subject", "dedupe")


@admin.register(Slot)
class SlotAdmin(WorkAdmin):
    list_display = ("kind", "slot_at", "done_at", "attempts", "dead_at")
    list_filter = (("dead_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter), "kind")


@admin.register(WorkerBeat)
class WorkerBeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "started_at", "beat_at")
