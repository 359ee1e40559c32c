"""What the lists can be narrowed by; a filter that does not exist is told and not ignored."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django_filters import filters
from django_filters.rest_framework.backends import DjangoFilterBackend
from django_filters.rest_framework.filterset import FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from api.serializers.fields import BIGGEST_ID
from pos.models import DrawerSession, Receipt, Sale, SaleLine

ALWAYS = {"cursor"}
BIGGEST_NUMBER = 2**31 - 1
YES_OR_NO = {"true": True, "1": True, "false": False, "0": False}


class Filters(DjangoFilterBackend):
    """django-filter, strict about names."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> Any:
        known = set(self.get_filterset_class(view, queryset).base_filters) | ALWAYS  # type: ignore[no-untyped-call]
        errors = {name: ["There is no such filter."] for name in request.query_params.keys() - known}
        errors |= {
            name: ["Give a value, or leave it out."] for name, value in request.query_params.items() if not value
        }
        if errors:
            raise ValidationError(dict(sorted(errors.items())))
        return super().filter_queryset(request, queryset, view)  # type: ignore[no-untyped-call]


class IntegerFilter(filters.NumberFilter):
    """A whole number within what a column can hold."""

    field_class = forms.IntegerField  # type: ignore[assignment]  # NumberFilter's own takes 1.5 and 1e3 too

    def __init__(self, *, method: str, max_value: int) -> None:
        super().__init__(method=method, min_value=1, max_value=max_value)  # type: ignore[no-untyped-call]


class SaleFilters(FilterSet):
    """Sales of this location; `from` is the first business date and `to` the first one after the range."""

    status = filters.ChoiceFilter(choices=Sale.Status.choices)
    business_date = filters.DateFilter()
    client = filters.UUIDFilter(field_name="client_id")
    therapist = IntegerFilter(method="with_therapist", max_value=BIGGEST_ID)
    receipt = IntegerFilter(method="with_receipt", max_value=BIGGEST_NUMBER)
    receipt_token = filters.CharFilter(field_name="receipts__token", max_length=22, help_text="Of the receipt's link.")
    total_cents = IntegerFilter(method="with_total", max_value=BIGGEST_NUMBER)
    mine_open = filters.ChoiceFilter(method="opened_by_me", choices=[(word, word) for word in YES_OR_NO])
    unfinished = filters.ChoiceFilter(method="still_to_finish", choices=[(word, word) for word in YES_OR_NO])
    # Two are named by words that Python keeps for itself.
    vars()["from"] = filters.DateFilter(field_name="business_date", lookup_expr="gte")
    vars()["to"] = filters.DateFilter(field_name="business_date", lookup_expr="lt")

    class Meta:
        model = Sale
        fields: ClassVar[list[str]] = []

    @extend_schema_field({"type": "integer", "minimum": 1, "maximum": BIGGEST_ID})
    def with_therapist(self, sales: QuerySet[Sale], name: str, value: int) -> QuerySet[Sale]:
        return sales.filter(Exists(SaleLine.objects.filter(sale=OuterRef("pk"), therapist=value)))

    @extend_schema_field({"type": "integer", "minimum": 1, "maximum": BIGGEST_NUMBER})
    def with_receipt(self, sales: QuerySet[Sale], name: str, value: int) -> QuerySet[Sale]:
        return sales.filter(Exists(Receipt.objects.filter(sale=OuterRef("pk"), number=value)))

    @extend_schema_field({"type": "integer", "minimum": 1, "maximum": BIGGEST_NUMBER})
    def with_total(self, sales: QuerySet[Sale], name: str, value: int) -> QuerySet[Sale]:
        total_cents = F("net_cents") + F("tax_cents") + F("tip_cents")
        return sales.annotate(total=total_cents).filter(total=value)

    @extend_schema_field(OpenApiTypes.BOOL)
    def opened_by_me(self, sales: QuerySet[Sale], name: str, value: str) -> QuerySet[Sale]:
        mine = {"status": Sale.Status.OPEN, "opened_by": self.request.user}
        return sales.filter(**mine) if YES_OR_NO[value] else sales.exclude(**mine)

    @extend_schema_field(OpenApiTypes.BOOL)
    def still_to_finish(self, sales: QuerySet[Sale], name: str, value: str) -> QuerySet[Sale]:
        """Open and parked ones with something on them: what any tablet here may go on with."""
        has_lines = Exists(SaleLine.objects.filter(sale=OuterRef("pk")))
        unfinished = Q(has_lines, status__in=[Sale.Status.OPEN, Sale.Status.PARKED])
        return sales.filter(unfinished) if YES_OR_NO[value] else sales.exclude(unfinished)


class DrawerSessionFilters(FilterSet):
    """Drawer sessions of this location."""

    status = filters.ChoiceFilter(choices=DrawerSession.Status.choices)

    class Meta:
        model = DrawerSession
        fields: ClassVar[list[str]] = []
