"""The page that gives out sales for spreadsheets, and the file, which streams."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounting import sales_export
from accounting.asking import read
from accounting.export_pages import show
from accounting.pages import asked_for
from accounting.sales_export import FORMS, WHATS, SalesFile
from accounting.visitors import for_books, staff_of
from studio.models import Location, Staff

NAMES = ("what", "format")


@require_safe
@for_books
def sales(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """The form: which days, where, what and how."""
    question = read(request.GET, filters=(), places=places, now=timezone.now(), more=NAMES)
    chosen = {name: request.GET.get(name, "") for name in NAMES}
    context = asked_for(question, (), places)
    return show(request, "sales", whats=WHATS.items(), forms=FORMS.items(), places=places, chosen=chosen, **context)


@require_safe
@for_books
def file(request: HttpRequest, places: list[Location]) -> HttpResponseBase:
    """The file, piece by piece; who took it is in the audit log before the first one leaves."""
    return streamed(request, places, by=staff_of(request))


def streamed(request: HttpRequest, places: list[Location], *, by: Staff) -> StreamingHttpResponse:
    """The file that the address asks for; BadInput for what can not be meant."""
    now = timezone.now()
    question = read(request.GET, filters=(), places=places, now=now, more=NAMES)
    told = SalesFile(request.GET.get("what", "lines"), request.GET.get("format", "csv"), question.asked)
    with transaction.atomic(durable=True):
        sales_export.note(told, by=by, now=now)
    answer = StreamingHttpResponse(told.pieces(), content_type=told.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{told.name}"'
    answer["Cache-Control"] = "no-store"
    return answer
