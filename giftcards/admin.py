"""The back office of gift cards: the law and promotions to edit, everything that is money to read."""

from django.contrib import admin

from giftcards.models import CardBatch, CardLaw, Delivery, GiftBonus, GiftCard, GiftCardMove, GiftOrder, UnclaimedLaw
from studio.audited import AuditedAdmin
from studio.read_only import ReadOnly


@admin.register(CardLaw)
class CardLawAdmin(AuditedAdmin):
    list_display = ["state", "starts_on", "ends_on", "below_cents", "up_to_cents", "percent_used", "standing", "source"]
    list_filter = ["state", "standing"]


@admin.register(UnclaimedLaw)
class UnclaimedLawAdmin(AuditedAdmin):
    list_display = [
        "state",
        "kind",
        "starts_on",
        "dormancy_years",
        "counts_from",
        "state_percent",
        "standing",
        "source",
    ]
    list_filter = ["state", "kind", "standing"]


@admin.register(GiftBonus)
class GiftBonusAdmin(AuditedAdmin):
    list_display = ["name", "pays_cents", "adds_cents", "starts_on", "ends_on"]


class GiftCardMoveInline(ReadOnly, admin.TabularInline):
    model = GiftCardMove
    fields = ("at", "kind", "paid_cents", "promo_cents", "breakage_cents", "location", "made_by", "why")
    readonly_fields = ("at", "kind", "paid_cents", "promo_cents", "breakage_cents", "location", "made_by", "why")


@admin.register(GiftCard)
class GiftCardAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["serial", "last4", "kind", "status", "balance_cents", "paid_cents", "location", "expires_on"]
    list_filter = ["status", "kind", "location"]
    search_fields = ["serial", "last4"]
    exclude = ["code_mac", "code_key", "code_sealed"]
    inlines = [GiftCardMoveInline]


@admin.register(CardBatch)
class CardBatchAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["name", "kind", "location", "made_at", "made_by"]
    list_filter = ["kind", "location"]
    exclude = ["fingerprint"]


class DeliveryInline(ReadOnly, admin.TabularInline):
    model = Delivery
    fields = ("kind", "n", "run_at", "sent_at", "sent_to", "cancelled_at", "bounced_at", "bounce_reason", "last_error")
    readonly_fields = fields


@admin.register(GiftOrder)
class GiftOrderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "status", "amount_cents", "item", "buyer_name", "way", "send_on", "made_at"]
    list_filter = ["status", "way", "location"]
    search_fields = ["number", "buyer_email", "recipient_email", "card__serial"]
    inlines = [DeliveryInline]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["order", "kind", "n", "run_at", "sent_at", "sent_to", "bounced_at", "bounce_reason", "dead_at"]
    list_filter = ["kind", ("bounced_at", admin.EmptyFieldListFilter), ("sent_at", admin.EmptyFieldListFilter)]
    list_select_related = ["order"]
    search_fields = ["order__number", "sent_to"]
