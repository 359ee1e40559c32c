"""Cards and Stripe in the back office: readers to name and switch off, everything that is money to read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from jobs.admin import WorkAdmin
from ledger.money import dollars
from payments.models import (
    BalanceTransaction,
    CardRefund,
    Charge,
    Customer,
    Dispute,
    HostedPage,
    Payout,
    Presentation,
    Reader,
    SavedCard,
    StripeEvent,
)
from studio.audited import AuditedAdmin
from studio.read_only import ReadOnly

GIVEN_UP = ("dead_at", admin.EmptyFieldListFilter)


class ReaderForm(forms.ModelForm):
    class Meta:
        model = Reader
        fields = ["label", "is_active"]

    def clean_label(self) -> str:
        label: str = self.cleaned_data["label"]
        # The location is not on the form, so Django leaves the constraint to the database.
        others = Reader.objects.exclude(pk=self.instance.pk).filter(location=self.instance.location_id, label=label)
        if others.exists():
            raise ValidationError("Another reader of this location has this name.")
        return label


@admin.register(Reader)
class ReaderAdmin(AuditedAdmin):
    form = ReaderForm
    list_display = ["label", "location", "stripe_id", "is_active"]
    list_filter = ["location", "is_active"]
    list_select_related = ["location"]
    search_fields = ["label", "stripe_id"]
    fields = ["label", "is_active", "location", "stripe_id"]
    readonly_fields = ["location", "stripe_id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        how = "A new reader is added on the server: manage.py register_reader --location CODE --code CODE --label NAME"
        return super().changelist_view(request, {**(extra_context or {}), "subtitle": how})


class _Money:
    """Columns that several pages have."""

    @admin.display(description="amount", ordering="amount_cents")
    def amount(self, row: Any) -> str:
        return dollars(row.amount_cents)

    @admin.display(description="charge")
    def charge_link(self, row: Any) -> str:
        return _link("payments_charge", row.charge_id, row.charge)


def _link(page: str, key: object, words: object) -> str:
    """A link to another page of the back office; nothing when there is nothing to show."""
    if key is None:
        return ""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[key]), words)


class PresentationInline(ReadOnly, admin.TabularInline):
    model = Presentation
    fields = ["n", "reader", "asked_at", "sent_at", "ended_at", "failure", "decline_code", "stripe_charge"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Presentation]:
        return super().get_queryset(request).select_related("reader")


class CardRefundInline(ReadOnly, admin.TabularInline):
    model = CardRefund
    fields = ["created_at", "amount_cents", "status", "accepted_at", "failed_at", "failure", "settled_otherwise_at"]
    show_change_link = True


@admin.register(Charge)
class ChargeAdmin(_Money, WorkAdmin):
    list_display = (
        "created_at",
        "location",
        "amount",
        "status",
        "how",
        "card",
        "reader",
        "sale",
        "unsold_at",
        "dead_at",
    )
    list_filter = (
        "status",
        "how",
        "location",
        "reader",
        GIVEN_UP,
        ("unsold_at", admin.EmptyFieldListFilter),
        "failure",
        "decline_group",
    )
    list_select_related = ("location", "reader")
    search_fields = ("id", "owner", "about", "intent_id", "stripe_charge", "card_last4")
    date_hierarchy = "created_at"
    readonly_fields = ("sale",)
    inlines = (PresentationInline, CardRefundInline)
    show_full_result_count = False

    @admin.display(description="sale")
    def sale(self, charge: Charge) -> str:
        kind, _, key = charge.about.partition(":")
        return _link("pos_sale", key, key[-6:]) if kind == "sale" else ""


@admin.register(HostedPage)
class HostedPageAdmin(_Money, WorkAdmin):
    list_display = ("created_at", "location", "purpose", "amount", "description", "status", "expires_at", "dead_at")
    list_filter = ("status", "purpose", "location", GIVEN_UP)
    list_select_related = ("location",)
    search_fields = ("id", "owner", "about", "session_id", "intent_id", "client")
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(SavedCard)
class SavedCardAdmin(WorkAdmin):
    list_display = ("saved_at", "__str__", "client", "is_default", "expires", "removed_at", "dead_at")
    list_filter = ("is_default", "brand", ("removed_at", admin.EmptyFieldListFilter), GIVEN_UP)
    search_fields = ("id", "client", "last4", "stripe_method")
    date_hierarchy = "saved_at"
    show_full_result_count = False

    @admin.display(description="expires", ordering=("exp_year"))
    def expires(self, card: SavedCard) -> str:
        return f"{card.exp_month:02}/{card.exp_year}"


@admin.register(Customer)
class CustomerAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["client", "stripe_id"]
    search_fields = ["client", "stripe_id"]
    show_full_result_count = False


@admin.register(CardRefund)
class CardRefundAdmin(_Money, WorkAdmin):
    list_display = ("created_at", "location", "amount", "status", "charge_link", "failure", "settled_otherwise_at")
    list_filter = ("status", "location", GIVEN_UP, ("settled_otherwise_at", admin.EmptyFieldListFilter))
    list_select_related = ("location", "charge")
    search_fields = ("id", "owner", "stripe_id", "charge__about", "charge__card_last4")
    date_hierarchy = "created_at"
    readonly_fields = ("charge_link",)
    show_full_result_count = False


@admin.register(StripeEvent)
class StripeEventAdmin(WorkAdmin):
    list_display = ("received_at", "type", "event_id", "object_id", "came_by", "done_at", "attempts", "dead_at")
    list_filter = (GIVEN_UP, ("done_at", admin.EmptyFieldListFilter), "came_by", "type")
    search_fields = ("event_id", "object_id", "type")
    date_hierarchy = "received_at"
    show_full_result_count = False


@admin.register(BalanceTransaction)
class BalanceTransactionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = [
        "created_at",
        "category",
        "source",
        "amount",
        "fee",
        "net",
        "available_on",
        "location",
        "entry_link",
    ]
    list_filter = ["category", "location"]
    list_select_related = ["location", "entry"]
    search_fields = ["stripe_id", "source", "item__payout__stripe_id"]
    date_hierarchy = "created_at"
    readonly_fields = ["entry_link"]
    show_full_result_count = False

    @admin.display(description="amount", ordering="amount_cents")
    def amount(self, movement: BalanceTransaction) -> str:
        return dollars(movement.amount_cents)

    @admin.display(description="fee", ordering="fee_cents")
    def fee(self, movement: BalanceTransaction) -> str:
        return dollars(movement.fee_cents)

    @admin.display(description="net", ordering="net_cents")
    def net(self, movement: BalanceTransaction) -> str:
        return dollars(movement.net_cents)

    @admin.display(description="in the books")
    def entry_link(self, movement: BalanceTransaction) -> str:
        return _link("ledger_entry", movement.entry_id, movement.entry)


@admin.register(Payout)
class PayoutAdmin(_Money, ReadOnly, admin.ModelAdmin):
    list_display = [
        "created_at",
        "stripe_id",
        "amount",
        "status",
        "arrives_on",
        "arrived_at",
        "itemised_at",
        "movements",
    ]
    list_filter = ["status", "is_automatic", ("itemised_at", admin.EmptyFieldListFilter)]
    search_fields = ["stripe_id"]
    date_hierarchy = "created_at"
    readonly_fields = ["movements"]

    @admin.display(description="consists of")
    def movements(self, payout: Payout) -> str:
        address = reverse("admin:payments_balancetransaction_changelist")
        return format_html('<a href="{}?q={}">its movements</a>', address, payout.pk)


@admin.register(Dispute)
class DisputeAdmin(_Money, ReadOnly, admin.ModelAdmin):
    list_display = ["opened_at", "stripe_id", "amount", "status", "reason", "charge_link", "closed_at"]
    list_filter = ["status", "reason", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["charge"]
    search_fields = ["stripe_id", "charge__about", "charge__stripe_charge", "charge__card_last4"]
    date_hierarchy = "opened_at"
    readonly_fields = ["charge_link"]
