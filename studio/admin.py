"""The back office for the business, its places, people, roles and tablets; stock admin pages under a strict CSP."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from studio import second_factor
from studio.audited import AuditedAdmin
from studio.devices import new_pairing_code, revoke
from studio.forms import GrantFormSet, StaffAddForm, StaffChangeForm
from studio.models import AuditRow, Business, Device, Grant, GroupRight, Location, Qualification, Staff
from studio.pins import set_pin
from studio.read_only import ReadOnly

if TYPE_CHECKING:
    _GrantInline = admin.TabularInline[Grant, Staff]
    _GroupRightInline = admin.TabularInline[GroupRight, Group]
    _AuditRowAdmin = admin.ModelAdmin[AuditRow]
else:
    _GrantInline = _GroupRightInline = admin.TabularInline
    _AuditRowAdmin = admin.ModelAdmin

admin.site.site_header = admin.site.site_title = "Footfall"
admin.site.index_title = "Back office"
admin.site.unregister(Group)


@admin.register(Business)
class BusinessAdmin(AuditedAdmin):
    list_display = ["name", "legal_name", "email", "phone"]
    fieldsets = [
        (None, {"fields": ["name", "legal_name", "currency"]}),
        ("Contact", {"fields": ["email", "phone"]}),
        ("Receipts", {"fields": ["receipt_footer"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Business.objects.exists()


@admin.register(Location)
class LocationAdmin(AuditedAdmin):
    list_display = ["code", "name", "time_zone", "state", "is_main", "takes_online", "is_active"]
    list_filter = ["is_active", "state"]
    search_fields = ["code", "name", "address"]
    fieldsets = [
        (None, {"fields": ["code", "name", "is_active"]}),
        ("Contact", {"fields": ["address", "phone"]}),
        ("Day", {"fields": ["time_zone", "day_cutoff"]}),
        ("Tax and cash", {"fields": ["state", "prices_include_tax", "tax_rounding", "cash_rounding"]}),
        ("Place among the locations", {"fields": ["is_main", "takes_online"]}),
    ]


@admin.register(Qualification)
class QualificationAdmin(AuditedAdmin):
    list_display = ["name", "code"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}


class RightsAdmin(AuditedAdmin):
    """People and roles: who may edit them could make himself the owner, so only a superuser may."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)


class GrantInline(_GrantInline):
    model = Grant
    formset = GrantFormSet
    extra = 0
    verbose_name = "role"
    verbose_name_plural = "roles (without a location: at every location)"


@admin.register(Staff)
class StaffAdmin(RightsAdmin, UserAdmin):
    form = StaffChangeForm
    add_form = StaffAddForm
    inlines = [GrantInline]
    list_display = [
        "display_name",
        "username",
        "roles",
        "is_therapist",
        "has_pin",
        "is_staff",
        "has_second_factor",
        "is_active",
    ]
    list_filter = ["is_active", "is_therapist", "is_staff", "grants__group", "grants__location"]
    search_fields = ["display_name", "username", "email"]
    ordering = ["display_name"]
    filter_horizontal = ["qualifications"]
    readonly_fields = ["last_login", "created_at"]
    actions = ["reset_second_factor"]
    fieldsets = [
        (None, {"fields": ["display_name", "username", "email", "is_active"]}),
        ("Tablet", {"fields": ["new_pin"]}),
        ("Treatments", {"fields": ["is_therapist", "qualifications"]}),
        ("Back office", {"fields": ["is_staff", "is_superuser", "password"]}),
        ("Dates", {"fields": ["created_at", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["display_name", "username", "email"]}),
        ("Tablet", {"fields": ["new_pin"]}),
        ("Back office", {"fields": ["usable_password", "password1", "password2"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Staff]:
        factors = Exists(second_factor.factors_of(OuterRef("pk")))
        found: QuerySet[Staff] = super().get_queryset(request).annotate(factors=factors)
        return found.prefetch_related("grants__group", "grants__location")

    @admin.action(description="Reset second factor: signs off everywhere", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[Staff]) -> None:
        by = request.user if isinstance(request.user, Staff) else None
        with transaction.atomic(durable=True):
            for staff in queryset:
                second_factor.reset(staff, by=by, now=timezone.now(), reason="in the back office")
        self.message_user(request, "Each of them sets up a new second factor at the next sign-in.", messages.SUCCESS)

    @admin.display(boolean=True, description="second factor")
    def has_second_factor(self, staff: Staff) -> bool:
        return bool(staff.factors)  # type: ignore[attr-defined] # get_queryset reads it along

    @admin.display
    def roles(self, staff: Staff) -> str:
        return ", ".join(
            f"{grant.group} ({grant.location.code})" if grant.location else f"{grant.group}"
            for grant in staff.grants.all()
        )

    @admin.display(boolean=True, description="PIN")
    def has_pin(self, staff: Staff) -> bool:
        return bool(staff.pin_hash)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if pin := form.cleaned_data.get("new_pin"):
            set_pin(obj, pin)
            self.record(request, "staff.pin_set", obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        # The password page saves its form itself and only logs; this is the one place where it passes by.
        if request.resolver_match and request.resolver_match.url_name == "auth_user_password_change":
            self.record(request, "staff.password_set", obj)
        return super().log_change(request, obj, message)


class GroupRightInline(_GroupRightInline):
    model = GroupRight
    extra = 0
    can_delete = False  # a right is taken away by “denied”; a missing one is installed again with the next upgrade


@admin.register(Group)
class RoleAdmin(RightsAdmin, GroupAdmin):
    inlines = [GroupRightInline]
    list_display = ["name", "rights_held"]
    fieldsets = [
        (None, {"fields": ["name"]}),
        ("Pages of the back office", {"fields": ["permissions"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).prefetch_related("rights")

    @admin.display(description="rights")
    def rights_held(self, group: Group) -> str:
        return "; ".join(f"{row.get_right_display()}: {row.get_level_display()}" for row in group.rights.all())


@admin.register(Device)
class DeviceAdmin(AuditedAdmin):
    list_display = ["name", "location", "paired_at", "last_seen_at", "revoked_at"]
    list_filter = ["location", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["location"]
    search_fields = ["name"]
    readonly_fields = ["paired_at", "last_seen_at", "revoked_at", "created_by", "created_at"]
    fieldsets = [
        (None, {"fields": ["name", "location"]}),
        ("State", {"fields": ["paired_at", "last_seen_at", "revoked_at", "created_by", "created_at"]}),
    ]
    actions = ["give_pairing_code", "shut_out"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        if not change:
            self._show_new_code(request, obj)

    @admin.action(description="New pairing code", permissions=["change"])
    def give_pairing_code(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        with transaction.atomic(durable=True):
            for device in queryset:
                self._show_new_code(request, device)

    @admin.action(description="Revoke: shut out at once", permissions=["change"])
    def shut_out(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        with transaction.atomic(durable=True):
            for device in queryset:
                revoke(device, now=timezone.now())
                self.record(request, "device.revoked", device, device=device, location=device.location)
        self.message_user(request, "Revoked; a new pairing code brings a device back.", messages.SUCCESS)

    def _show_new_code(self, request: HttpRequest, device: Device) -> None:
        code = new_pairing_code(device, now=timezone.now())
        self.record(request, "device.pairing_code", device, device=device, location=device.location)
        shown = f"{code[:4]}-{code[4:]}"
        self.message_user(
            request, f"Pairing code of {device}: {shown}. It works once, for 15 minutes, and is not shown again."
        )


@admin.register(AuditRow)
class AuditRowAdmin(ReadOnly, _AuditRowAdmin):
    list_display = ["at", "action", "actor", "approver", "device", "location", "object_type", "object_id", "reason"]
    list_filter = ["action", "location", "device", "actor", "object_type"]
    list_select_related = ["actor", "approver", "device", "location"]
    search_fields = ["action", "object_id", "reason", "actor__display_name", "approver__display_name"]
    date_hierarchy = "at"
    show_full_result_count = False
