"""What the list of memberships can be narrowed by."""

from typing import ClassVar

from django.db.models import QuerySet
from django_filters import filters
from django_filters.rest_framework.filterset import FilterSet

from memberships.models import Membership

ENDING = "ending"
STATES = [*Membership.Status.choices, (ENDING, "cancelled, and not over yet")]


class MembershipFilters(FilterSet):
    """Memberships; `status` "ending" is those that are cancelled and not over yet, `plan` is a code."""

    status = filters.ChoiceFilter(choices=STATES, method="in_state")
    plan = filters.CharFilter(field_name="plan__code", max_length=40)
    client = filters.UUIDFilter(field_name="client_id")

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = []

    def in_state(self, rows: QuerySet[Membership], name: str, value: str) -> QuerySet[Membership]:
        if value == ENDING:
            return rows.filter(ends_on__isnull=False).exclude(status=Membership.Status.ENDED)
        return rows.filter(status=value)
