"""The audit trail as a page and a file; the address is the whole question, as with reports."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounting import audit_trail, pages
from accounting.audit_trail import Asked, Event
from accounting.files import BOM, csv_line
from accounting.tables import Column, Form, Row
from accounting.visitors import for_trail, sees_books, staff_of
from studio import audit, rights
from studio.models import AuditRow, Level, Location, Right, Staff

MOST_ROWS = 200_000
COLUMNS = (
    Column("at", "When", Form.MOMENT),
    Column("action", "What"),
    Column("actor", "Who"),
    Column("approver", "Approved by"),
    Column("location", "Location"),
    Column("device", "Device"),
    Column("object_type", "About"),
    Column("object_id", "Key"),
    Column("changed", "Changed"),
    Column("reason", "Reason"),
    Column("id", "Id"),
)


@require_safe
@for_trail
def page(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """The newest hundred events of the question, and the way to the older ones."""
    asked = audit_trail.read(request.GET, today=places[0].business_date(timezone.now()))
    staff = staff_of(request)
    rows, after = audit_trail.page(_rows(asked, places, staff), after=request.GET.get("after", ""))
    choices = audit_trail.choices(places)
    return pages.show(
        request,
        "audit",
        asked=asked,
        events=list(audit_trail.told(rows, places[0].zone, with_words=_sees_words(staff))),
        filters=[(name, title, choices[name], asked.said.get(name, "")) for name, title in _FILTERS],
        clocks=pages.clocks_of(places),
        query=_query(asked),
        older=_query(asked, after=after) if after else "",
        is_first=not request.GET.get("after"),
        sees_words=_sees_words(staff),
        rail=None,
        only_trail=not sees_books(request),
    )


@require_safe
@for_trail
def file(request: HttpRequest, places: list[Location]) -> StreamingHttpResponse:
    """All events of the question as CSV, the newest first; that it was fetched is one of them from now on."""
    now, staff = timezone.now(), staff_of(request)
    asked = audit_trail.read(request.GET, today=places[0].business_date(now))
    rows = _rows(asked, places, staff)
    days = {"from": f"{asked.first}", "to": f"{asked.last}"}
    audit.record(at=now, action="audit_fetched", actor=staff, subject=("audit", ""), after={**asked.said, **days})
    told = audit_trail.told(
        rows.filter(at__lt=now)[:MOST_ROWS].iterator(chunk_size=2000), places[0].zone, with_words=_sees_words(staff)
    )
    name = f"audit_{asked.first}_{asked.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_lines(told), content_type="text/csv; charset=utf-8", headers=headers)


_FILTERS = (
    ("action", "What"),
    ("person", "Who"),
    ("approver", "Approved by"),
    ("location", "Where"),
    ("device", "Device"),
)


def _rows(asked: Asked, places: list[Location], staff: Staff) -> "QuerySet[AuditRow]":
    sees_all = rights.can(staff, Right.SEE_AUDIT, None) == Level.ALLOWED
    return audit_trail.found(asked, places, sees_all=sees_all)


def _sees_words(staff: Staff) -> bool:
    """Whether the person may read what people have typed: it may name a client."""
    return bool(rights.places_of(staff, Right.CLIENTS))


def _query(asked: Asked, *, after: str = "") -> str:
    days = {"from": f"{asked.first}", "to": f"{asked.last}"}
    return "?" + urlencode({**asked.said, **days, **({"after": after} if after else {})})


def _lines(events: Iterator[Event]) -> Iterator[str]:
    yield BOM + ",".join(f'"{column.name}"' for column in COLUMNS) + "\r\n"
    for event in events:
        yield csv_line(COLUMNS, _row(event))


def _row(event: Event) -> Row:
    row = event.row
    return Row(
        {
            "at": row.at,
            "action": row.action,
            "actor": str(row.actor or ""),
            "approver": str(row.approver or ""),
            "location": row.location.code if row.location else "",
            "device": str(row.device or ""),
            "object_type": row.object_type,
            "object_id": row.object_id,
            "changed": event.changed,
            "reason": event.reason,
            "id": str(row.pk),
        }
    )
