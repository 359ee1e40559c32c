"""Packages to define and put on sale, lots to read, and the import of what an older system has sold."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from ledger.money import dollars
from memberships import packages
from memberships.imports import COLUMNS, BadRows, Imported, import_prepaid
from memberships.models import LotMove, Package, PackagePart, SessionLot
from studio.audited import AuditedAdmin
from studio.models import Staff
from studio.read_only import ReadOnly
from studio.refusal import BadInput

if TYPE_CHECKING:
    _PackageForm = forms.ModelForm[Package]
    _PartInline = admin.TabularInline[PackagePart, Package]
    _MoveInline = admin.TabularInline[LotMove, SessionLot]
    _LotAdmin = admin.ModelAdmin[SessionLot]
else:
    _PackageForm = forms.ModelForm
    _PartInline = _MoveInline = admin.TabularInline
    _LotAdmin = admin.ModelAdmin

LARGEST_FILE = 5_000_000
SHOWN = 200


class PackageForm(_PackageForm):
    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if self.instance._state.adding and Package.objects.filter(code=code).exists():
            raise ValidationError("There is a package with this code: make a new version of it instead.")
        return code


class PartInline(_PartInline):
    model = PackagePart
    fields = ["position", "units", "bonus_units", "items"]
    filter_horizontal = ["items"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not _is_fixed(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_fixed(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_fixed(obj)


def _is_fixed(package: Package | None) -> bool:
    return package is not None and packages.was_sold(package)


@admin.register(Package)
class PackageAdmin(AuditedAdmin):
    """What was sold stays as it is: a change makes a new version, which is then put on sale."""

    form = PackageForm
    inlines = [PartInline]
    list_display = ["name", "code", "version", "price", "is_on_sale", "validity_months", "users", "position"]
    list_filter = ["is_on_sale", "users", "expiry"]
    search_fields = ["name", "code"]
    actions = ["put_on_sale", "take_off_sale", "make_new_version"]
    fieldsets = [
        (None, {"fields": ["code", "name", "price_cents", "position", "is_on_sale", "version"]}),
        ("Use", {"fields": ["users", "is_transferable", "validity_months"]}),
        ("Tax", {"fields": ["tax_category", "tax_point"]}),
        (
            "What is not used",
            {
                "fields": ["expiry", "refund_method", "refund_days"],
                "description": "Forfeit only where the law and the contract allow it; clients are warned by mail.",
            },
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if not _is_fixed(obj):
            return ["version", "is_on_sale", *(["code"] if obj is not None else [])]
        columns = [field.name for field in Package._meta.fields if field.editable and not field.primary_key]
        return [name for name in columns if name not in ("position", "created_at")]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.is_on_sale = False  # until its parts are there
        super().save_model(request, obj, form, change)

    @admin.display(ordering="price_cents")
    def price(self, package: Package) -> str:
        return dollars(package.price_cents)

    @admin.action(description="Put the selected versions on sale", permissions=["change"])
    def put_on_sale(self, request: HttpRequest, queryset: QuerySet[Package]) -> None:
        for package in queryset:
            try:
                with transaction.atomic():
                    packages.put_on_sale(package)
                    self.record(request, "package.put_on_sale", package)
            except BadInput as error:
                self.message_user(request, f"{package}: {error.sentence}", messages.ERROR)

    @admin.action(description="Take the selected versions off sale", permissions=["change"])
    def take_off_sale(self, request: HttpRequest, queryset: QuerySet[Package]) -> None:
        for package in queryset.filter(is_on_sale=True):
            with transaction.atomic():
                Package.objects.filter(pk=package.pk).update(is_on_sale=False)
                self.record(request, "package.taken_off_sale", package)

    @admin.action(description="Make a new version to be changed", permissions=["add"])
    def make_new_version(self, request: HttpRequest, queryset: QuerySet[Package]) -> HttpResponse | None:
        made = None
        for package in queryset:
            with transaction.atomic():
                made = packages.new_version(package)
                self.record(request, "package.new_version", made)
        return redirect("admin:memberships_package_change", made.pk) if made is not None else None


class MoveInline(ReadOnly, _MoveInline):
    model = LotMove
    fields = ["at", "kind", "units", "value_cents", "item", "used_by", "made_by", "why"]


class ImportForm(forms.Form):
    """The file, as UTF-8 text."""

    file = forms.FileField(label="CSV file")

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise ValidationError("The file is larger than 5 MB: import it in parts, or by the command.")
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from error
        return text


@admin.register(SessionLot)
class SessionLotAdmin(ReadOnly, _LotAdmin):
    change_list_template = "admin/memberships/lots.html"
    list_display = ["name", "client", "kind", "status", "units", "granted_units", "value", "expires_on", "location"]
    list_filter = ["kind", "status", "location"]
    list_select_related = ["client", "location"]
    search_fields = ["client__name", "client__email", "name", "id"]
    date_hierarchy = "opened_at"
    inlines = [MoveInline]

    @admin.display(ordering="value_cents")
    def value(self, lot: SessionLot) -> str:
        return dollars(lot.value_cents)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.import_page)
        return [path("import/", page, name="memberships_import"), *super().get_urls()]

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Check a file, or import it; whoever may add packages may do it."""
        if not request.user.has_perm("memberships.add_sessionlot") or not isinstance(request.user, Staff):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {**self.admin_site.each_context(request), "form": form, "columns": COLUMNS}
        context["title"] = "Import members, packages and credits"
        if form.is_valid():
            checks_only = "check" in request.POST
            context |= _imported(form.cleaned_data["file"], by=request.user, rolls_back=checks_only)
            if "made" in context and not checks_only:
                messages.success(request, f"Imported: {context['made']}.")
                return redirect(reverse("admin:memberships_sessionlot_changelist"))
        return TemplateResponse(request, "admin/memberships/import.html", context)


def _imported(text: str, *, by: Staff, rolls_back: bool) -> dict[str, Any]:
    """What was made of the file, or would be, or what is wrong with it."""
    try:
        with transaction.atomic():
            made: Imported = import_prepaid(text, by=by, now=timezone.now())
            transaction.set_rollback(rolls_back)
    except BadRows as bad:
        return {"problems": bad.problems[:SHOWN], "count": len(bad.problems)}
    return {"made": made, "sums": [(account.title, dollars(cents)) for account, cents in made.cents.items()]}
