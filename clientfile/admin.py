"""The back office of client files: the owner's lists, and who has read or decided what; no health data itself."""

from django.contrib import admin

from clientfile.models import Acknowledgement, AllergenMark, Flag, HealthRead
from studio.audited import AuditedAdmin
from studio.read_only import ReadOnly


@admin.register(Flag)
class FlagAdmin(AuditedAdmin):
    list_display = ["name", "effect", "training", "allergen", "position", "is_active"]
    list_filter = ["effect", "is_active"]
    prepopulated_fields = {"code": ["name"]}


@admin.register(AllergenMark)
class AllergenMarkAdmin(AuditedAdmin):
    list_display = ["item", "allergen"]
    list_filter = ["allergen"]
    autocomplete_fields = ["item"]


@admin.register(HealthRead)
class HealthReadAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["at", "client", "reader", "reason", "location", "device"]
    list_filter = ["reason", "location", "reader"]
    list_select_related = ["client", "reader", "location", "device"]
    date_hierarchy = "at"


@admin.register(Acknowledgement)
class AcknowledgementAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["at", "therapist", "name", "client", "sale", "device"]
    list_filter = ["therapist"]
    list_select_related = ["therapist", "client", "sale", "device"]
    date_hierarchy = "at"
