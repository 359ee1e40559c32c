"""The back office of the till: catalogue and clients to edit, everything that is money to read."""

from django.contrib import admin

from pos.models import (
    Approval,
    BankDeposit,
    Client,
    Drawer,
    DrawerCorrection,
    DrawerMovement,
    DrawerSession,
    Item,
    OfflineSale,
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
    Tile,
    Tip,
    Void,
    ZReport,
)
from studio.audited import AuditedAdmin
from studio.read_only import ReadOnly


class PriceInline(admin.TabularInline):
    model = Price
    extra = 0


class TileInline(admin.TabularInline):
    model = Tile
    extra = 0


@admin.register(Tile)
class TileAdmin(AuditedAdmin):
    list_display = ["item", "location", "position", "is_favourite"]
    list_filter = ["location", "is_favourite"]
    list_editable = ["position", "is_favourite"]
    search_fields = ["item__name", "item__code"]
    list_select_related = ["item", "location"]


@admin.register(Item)
class ItemAdmin(AuditedAdmin):
    list_display = ["name", "kind", "tax_category", "minutes", "required_qualification", "position", "is_available"]
    list_filter = ["kind", "tax_category", "is_available"]
    list_editable = ["position", "is_available"]
    search_fields = ["name", "code", "barcode"]
    prepopulated_fields = {"code": ["name"]}
    inlines = [PriceInline, TileInline]


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


@admin.register(DrawerMovement)
class DrawerMovementAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["made_at", "location", "number", "kind", "amount_cents", "reason", "note", "made_by", "approver"]
    list_filter = ["location", "kind", "reason"]
    list_select_related = ["location", "made_by", "approver"]
    search_fields = ["number", "note"]
    date_hierarchy = "made_at"


@admin.register(DrawerCorrection)
class DrawerCorrectionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["made_at", "location", "session", "about", "amount_cents", "why", "made_by", "approver"]
    list_filter = ["location", "about"]
    list_select_related = ["location", "session__drawer__location", "made_by", "approver"]


@admin.register(BankDeposit)
class BankDepositAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["made_at", "location", "slip", "amount_cents", "made_by"]
    list_filter = ["location"]
    list_select_related = ["location", "made_by"]
    search_fields = ["slip"]


@admin.register(ZReport)
class ZReportAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["location", "number", "made_at", "net_cents", "grand_total_cents", "chain_number"]
    list_filter = ["location"]
    list_select_related = ["location"]
    search_fields = ["number", "chain_hash"]


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


@admin.register(OfflineSale)
class OfflineSaleAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["received_at", "location", "device", "staff", "status", "total_cents", "told_at", "sold_at", "sale"]
    list_filter = ["location", "status"]
    search_fields = ["id", "sale__id"]


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
