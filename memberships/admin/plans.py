"""Plans, members and what they owe in the back office: plans to make, everything that was agreed and paid to read."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import HttpRequest

from jobs.admin import WorkAdmin
from ledger.money import dollars
from memberships.models import BillingRun, Consent, Due, MemberPrice, Membership, Plan
from studio.audited import AuditedAdmin
from studio.read_only import ReadOnly

if TYPE_CHECKING:
    _PlanForm = forms.ModelForm[Plan]
    _MemberPriceInline = admin.TabularInline[MemberPrice, Plan]
    _DueInline = admin.TabularInline[Due, Membership]
    _MembershipAdmin = admin.ModelAdmin[Membership]
    _BillingRunAdmin = admin.ModelAdmin[BillingRun]
    _ConsentAdmin = admin.ModelAdmin[Consent]
else:
    _PlanForm = forms.ModelForm
    _MemberPriceInline = _DueInline = admin.TabularInline
    _MembershipAdmin = _BillingRunAdmin = _ConsentAdmin = admin.ModelAdmin

MAY_CHANGE = ("name", "position", "joins_online")
"""What does not touch the terms on which a plan was sold."""


class PlanForm(_PlanForm):
    class Meta:
        model = Plan
        exclude = ("version", "is_on_sale")


class MemberPriceInline(_MemberPriceInline):
    model = MemberPrice
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_sold(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_sold(obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not _is_sold(obj)


def _is_sold(plan: Plan | None) -> bool:
    return plan is not None and Membership.objects.filter(plan=plan).exists()


@admin.register(Plan)
class PlanAdmin(AuditedAdmin):
    """A plan that was sold keeps its terms: one with the same code and other terms is added as the next version."""

    form = PlanForm
    inlines = [MemberPriceInline]
    list_display = ["name", "code", "version", "price", "credits_per_cycle", "is_on_sale", "joins_online"]
    list_filter = ["is_on_sale"]
    search_fields = ["name", "code"]
    filter_horizontal = ["items"]
    actions = ["put_on_sale", "take_off_sale"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if not _is_sold(obj):
            return []
        columns = [field.name for field in Plan._meta.get_fields() if getattr(field, "editable", False)]
        kept = {*MAY_CHANGE, "id", "created_at", "version", "is_on_sale"}
        return [name for name in columns if name not in kept]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            last = Plan.objects.filter(code=obj.code).aggregate(last=Max("version"))["last"]
            obj.version, obj.is_on_sale = (last or 0) + 1, False
        super().save_model(request, obj, form, change)

    @admin.display(ordering="price_cents")
    def price(self, plan: Plan) -> str:
        return dollars(plan.price_cents)

    @admin.action(description="Put the selected versions on sale", permissions=["change"])
    def put_on_sale(self, request: HttpRequest, queryset: QuerySet[Plan]) -> None:
        for plan in queryset:
            with transaction.atomic():
                Plan.objects.filter(code=plan.code, is_on_sale=True).exclude(pk=plan.pk).update(is_on_sale=False)
                Plan.objects.filter(pk=plan.pk).update(is_on_sale=True)
                self.record(request, "plan.put_on_sale", plan)

    @admin.action(description="Take the selected versions off sale", permissions=["change"])
    def take_off_sale(self, request: HttpRequest, queryset: QuerySet[Plan]) -> None:
        for plan in queryset.filter(is_on_sale=True):
            with transaction.atomic():
                Plan.objects.filter(pk=plan.pk).update(is_on_sale=False)
                self.record(request, "plan.taken_off_sale", plan)


class DueInline(ReadOnly, _DueInline):
    model = Due
    fields = ["starts_on", "ends_on", "amount_cents", "status", "tries", "decline_code", "ended_at"]


@admin.register(Membership)
class MembershipAdmin(ReadOnly, _MembershipAdmin):
    list_display = ["client", "plan", "location", "status", "paid_until", "joined_at", "ends_on"]
    list_filter = ["status", "plan", "location", "renews"]
    list_select_related = ["client", "plan", "location"]
    search_fields = ["client__name", "client__email", "cancel_number", "id"]
    date_hierarchy = "joined_at"
    inlines = [DueInline]


@admin.register(Due)
class DueAdmin(WorkAdmin):
    list_display = ("membership", "starts_on", "amount", "status", "tries", "decline_group", "run_at", "dead_at")
    list_filter = ("status", "decline_group", ("dead_at", admin.EmptyFieldListFilter))
    list_select_related = ("membership__client", "membership__plan")
    search_fields = ("membership__client__name", "id")
    date_hierarchy = "starts_on"
    show_full_result_count = False

    @admin.display(ordering="amount_cents")
    def amount(self, due: Due) -> str:
        return dollars(due.amount_cents)


@admin.register(BillingRun)
class BillingRunAdmin(ReadOnly, _BillingRunAdmin):
    list_display = ["on", "started_at", "ended_at", "made", "charged", "charged_sum", "skipped", "unclear"]
    date_hierarchy = "started_at"

    @admin.display(ordering="charged_cents", description="charged in all")
    def charged_sum(self, run: BillingRun) -> str:
        return dollars(run.charged_cents)


@admin.register(Consent)
class ConsentAdmin(ReadOnly, _ConsentAdmin):
    list_display = ["client", "plan", "at", "how", "staff", "signature"]
    list_filter = ["how", "plan"]
    list_select_related = ["client", "plan", "staff"]
    search_fields = ["client__name", "signature", "text_hash"]
    date_hierarchy = "at"
