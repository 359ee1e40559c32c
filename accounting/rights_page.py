"""Roles and people on one page: which role carries which right how far, and who holds which role where."""

from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounting import pages, showing
from accounting.tables import Cell, Column, Form, Row, Table
from accounting.visitors import for_trail, sees_books
from studio import second_factor
from studio.models import Grant, Level, Location, Right, Staff

SIGNS = {Level.ALLOWED: "yes", Level.APPROVAL: "with a yes", Level.DENIED: "–"}
PEOPLE = (
    Column("person", "Person"),
    Column("roles", "Roles", meaning="With the location; a role without one holds at every location."),
    Column("tablet", "Tablet", meaning="Signs on at a tablet with a PIN."),
    Column("office", "Back office", meaning="May come in here, by password and second factor."),
    Column("last", "Last sign-in", Form.MOMENT, "To the back office."),
)


@require_safe
@for_trail
def page(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """The two tables; people are those with a role at the locations of the person or at every one."""
    zone = places[0].zone
    tables = [showing.table(one, zone) for one in (_roles(), _people(places))]
    return pages.show(request, "rights", tables=tables, rail=None, only_trail=not sees_books(request))


def _roles() -> Table:
    """A row for each right, a column for each role."""
    groups = list(Group.objects.prefetch_related("rights").order_by("pk"))
    columns = (Column("right", "Right"), *(Column(f"role{one.pk}", one.name.capitalize()) for one in groups))
    levels = {(one.pk, held.right): held.level for one in groups for held in one.rights.all()}
    rows = []
    for right in Right:
        cells: dict[str, Cell] = {
            f"role{one.pk}": SIGNS[Level(levels.get((one.pk, right), Level.DENIED))] for one in groups
        }
        rows.append(Row({"right": right.label.capitalize(), **cells}))
    note = "“With a yes”: with the PIN of somebody who may. Somebody with several roles has the best of them."
    return Table("roles", "What each role may do", columns, rows, note=note)


def _people(places: Sequence[Location]) -> Table:
    here = Q(location=None) | Q(location__in=places)
    grants = Grant.objects.filter(here).select_related("group", "location").order_by("group__name", "location__code")
    found = Staff.objects.filter(Q(is_superuser=True) | Q(grants__in=grants)).distinct().order_by("-is_active", "pk")
    secured = set(second_factor.factors_of_all().values_list("user_id", flat=True))
    people = found.prefetch_related(Prefetch("grants", queryset=grants))
    return Table("people", "Who holds them", PEOPLE, [_person(one, has_factor=one.pk in secured) for one in people])


def _person(staff: Staff, *, has_factor: bool) -> Row:
    held = [f"{one.group.name} ({one.location.code})" if one.location else one.group.name for one in staff.grants.all()]
    office = "password and second factor" if has_factor else "password only" if staff.has_usable_password() else "no"
    cells: dict[str, Cell] = {
        "person": staff.display_name if staff.is_active else f"{staff.display_name} (switched off)",
        "roles": ", ".join(["everything (superuser)"] * staff.is_superuser + held),
        "tablet": "yes" if staff.pin_hash else "no",
        "office": office if staff.is_staff else "no",
        "last": staff.last_login,
    }
    return Row(cells)
