"""The books in the back office: to be read there, never to be written."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ledger.models import Entry, Link, Period, Posting
from ledger.money import dollars
from studio.read_only import ReadOnly

if TYPE_CHECKING:
    _PostingInline = admin.TabularInline[Posting, Entry]
    _EntryAdmin = admin.ModelAdmin[Entry]
    _LinkAdmin = admin.ModelAdmin[Link]
    _PeriodAdmin = admin.ModelAdmin[Period]
else:
    _PostingInline = admin.TabularInline
    _EntryAdmin = _LinkAdmin = _PeriodAdmin = admin.ModelAdmin


class PostingInline(ReadOnly, _PostingInline):
    model = Posting
    ordering = ["position"]
    fields = [
        "account",
        "debit",
        "credit",
        "location",
        "therapist",
        "category",
        "tender",
        "jurisdiction",
        "instrument",
        "client",
        "drawer_session",
    ]
    readonly_fields = ["debit", "credit"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        return super().get_queryset(request).select_related("location", "therapist")

    @admin.display(description="debit")
    def debit(self, posting: Posting) -> str:
        return dollars(posting.amount_cents) if posting.amount_cents > 0 else ""

    @admin.display(description="credit")
    def credit(self, posting: Posting) -> str:
        return dollars(-posting.amount_cents) if posting.amount_cents < 0 else ""


@admin.register(Entry)
class EntryAdmin(ReadOnly, _EntryAdmin):
    list_display = ["business_date", "location", "kind", "key", "number", "original_date", "made_by", "memo"]
    list_filter = ["kind", "location"]
    list_select_related = ["location", "made_by", "link"]
    date_hierarchy = "business_date"
    search_fields = ["key", "memo"]
    ordering = ["-business_date", "-id"]
    inlines = [PostingInline]
    show_full_result_count = False

    @admin.display(description="number")
    def number(self, entry: Entry) -> Any:
        return entry.link.number if hasattr(entry, "link") else "not yet"


@admin.register(Link)
class LinkAdmin(ReadOnly, _LinkAdmin):
    list_display = ["number", "entry", "hash", "linked_at"]
    list_select_related = ["entry"]
    ordering = ["-number"]
    show_full_result_count = False


@admin.register(Period)
class PeriodAdmin(ReadOnly, _PeriodAdmin):
    list_display = ["month", "status", "soft_closed_at", "closed_at", "closed_by"]
    list_select_related = ["closed_by"]
