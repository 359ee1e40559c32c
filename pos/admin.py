"""The back office of the till: catalogue and clients to edit, everything that is money to read."""

from django.contrib import admin

from pos.models import (
    Approval,
    Client,
    Drawer,
    DrawerSession,
    Item,
    Price,
    Receipt,
    Refund,
    RefundLine,
    RefundTender,
    Sale,
    SaleLine,
    SaleTax,
    TaxRate,
    Tender,
    Tip,
    Void,
)
from studio.audited import AuditedAdmin
from studio.read_only import ReadOnly


class PriceInline(admin.TabularInline):
    model = Price
    extra = 0


@admin.register(Item)
class ItemAdmin(AuditedAdmin):
    list_display = ["name", "kind", "tax_category", "minutes", "required_qualification", "position", "is_available"]
    list_filter = ["kind", "tax_category", "is_available"]
    list_editable = ["position", "is_available"]
    search_fields = ["name", "code", "barcode"]
    prepopulated_fields = {"code": ["name"]}
    inlines = [PriceInline]


@admin.register(TaxRate)
class TaxRateAdmin(AuditedAdmin):
    list_display = ["location", "tax_category", "jurisdiction", "rate", "starts_on", "ends_on"]
    list_filter = ["location", "tax_category"]
    search_fields = ["jurisdiction"]


@admin.register(Client)
class ClientAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["name", "email", "phone", "created_at"]
    search_fields = ["name", "email", "phone"]


@admin.register(Drawer)
class DrawerAdmin(AuditedAdmin):
    list_display = ["name", "location"]
    list_filter = ["location"]
    search_fields = ["name"]


@admin.register(DrawerSession)
class DrawerSessionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["drawer", "opened_at", "opened_by", "status", "expected_cents", "counted_cents", "z_number"]
    list_filter = ["location", "status"]
    search_fields = ["drawer__name", "z_number"]
    date_hierarchy = "opened_at"


class SaleLineInline(ReadOnly, admin.TabularInline):
    model = SaleLine
    fields = ["name", "therapist", "quantity", "list_cents", "discount_cents", "net_cents", "tax_cents", "why"]


class SaleTaxInline(ReadOnly, admin.TabularInline):
    model = SaleTax
    fields = ["line", "jurisdiction", "rate", "amount_cents"]


class TipInline(ReadOnly, admin.TabularInline):
    model = Tip


class TenderInline(ReadOnly, admin.TabularInline):
    model = Tender
    fields = ["kind", "status", "amount_cents", "tendered_cents", "rounding_cents", "reference", "drawer_session"]


@admin.register(Sale)
class SaleAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["completed_at", "location", "client", "status", "net_cents", "tax_cents", "tip_cents"]
    list_filter = ["location", "status"]
    list_select_related = ["location", "client"]
    search_fields = ["id", "client__name", "receipts__number"]
    date_hierarchy = "business_date"
    inlines = [SaleLineInline, SaleTaxInline, TipInline, TenderInline]


class RefundLineInline(ReadOnly, admin.TabularInline):
    model = RefundLine


class RefundTenderInline(ReadOnly, admin.TabularInline):
    model = RefundTender


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["occurred_at", "location", "sale", "reason", "net_cents", "tax_cents", "requested_by", "approver"]
    list_filter = ["location", "reason"]
    search_fields = ["sale__id", "note"]
    inlines = [RefundLineInline, RefundTenderInline]


@admin.register(Void)
class VoidAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["occurred_at", "location", "sale", "reason", "requested_by", "approver"]
    list_filter = ["location", "reason"]


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["title", "issued_at", "sale", "refund", "printed_at"]
    list_filter = ["location"]
    list_select_related = ["location"]
    search_fields = ["number", "sale__client__name"]
    exclude = ["token"]


@admin.register(Approval)
class ApprovalAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["given_at", "action", "amount_cents", "requested_by", "approver", "device", "used_at"]
    list_filter = ["action"]
