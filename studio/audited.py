"""The back office leaves a trail: an admin page whose every change writes an audit row (R39)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from studio.audit import record
from studio.models import AuditRow, Staff

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _ModelForm = forms.ModelForm[Any]
    _InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
else:
    _ModelAdmin, _ModelForm, _InlineFormSet = admin.ModelAdmin, forms.ModelForm, forms.BaseInlineFormSet


class AuditedAdmin(_ModelAdmin):
    """Records what was added or changed, with the values before and after; nothing is deleted, only switched off."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        event = "changed" if change else "added"
        names = _recorded(form, form.changed_data)
        if names or not change:
            before = _before(form, names) if change else {}
            self.record(request, f"{self.opts.model_name}.{event}", obj, before=before, after=_after(form, names))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for event, before, after in _inline_events(formset):
            self.record(request, f"{formset.model._meta.model_name}.{event}", form.instance, before=before, after=after)

    def record(self, request: HttpRequest, action: str, subject: Model, **values: Any) -> AuditRow:
        """An audit row by the person at the keyboard, now; `values` as for `audit.record`."""
        actor = request.user if isinstance(request.user, Staff) else None
        return record(at=timezone.now(), action=action, actor=actor, subject=subject, **values)


def _inline_events(formset: _InlineFormSet) -> Iterable[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What happened to each row under the page's object: (event, values before, values after)."""
    for form in formset.forms:
        everything = _recorded(form, form.fields, but=formset.fk.name)
        if form in formset.deleted_forms:
            yield "removed", _before(form, everything), {}
        elif form.has_changed() and form in formset.initial_forms:
            yield "changed", _before(form, everything), _after(form, everything)
        elif form.has_changed():
            yield "added", {}, _after(form, everything)


def _recorded(form: _ModelForm, names: Iterable[str], but: str = "") -> list[str]:
    """Only columns: a form's own fields, such as a new PIN, are secrets or switches."""
    columns = {field.name for field in form.instance._meta.get_fields() if not getattr(field, "primary_key", False)}
    return [name for name in names if name in columns - {"password", but}]


def _before(form: _ModelForm, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(form.initial.get(name)) for name in names}


def _after(form: _ModelForm, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(form.cleaned_data.get(name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list | tuple | QuerySet):
        return sorted(str(_plain(one)) for one in value)
    return value
