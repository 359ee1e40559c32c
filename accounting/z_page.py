"""The Z of a drawer as it was made, with what was corrected since, for whoever sees the books; as a page and as PDF."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from accounting.pages import show
from accounting.visitors import for_books
from pos import z_pdf, zpaper
from pos.models import ZReport
from studio.models import Location


@require_safe
@for_books
def page(request: HttpRequest, places: list[Location], session_id: uuid.UUID) -> HttpResponseBase:
    """The Z of that drawer session; 404 when it is open still, or of a location whose books the person does not see."""
    z = _find(places, session_id)
    title, heading, sections = _paper(z)
    return show(request, "z", z=z, title=title, heading=heading, sections=sections)


@require_safe
@for_books
def paper(request: HttpRequest, places: list[Location], session_id: str, size: str) -> HttpResponseBase:
    """The same as PDF, on a roll or on letter paper."""
    title, heading, sections = _paper(_find(places, uuid.UUID(session_id)))
    response = HttpResponse(z_pdf.render(title, heading, sections, size=size), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="z-{size}.pdf"'
    return response


def _find(places: list[Location], session_id: uuid.UUID) -> ZReport:
    found = ZReport.objects.select_related("location").filter(pk=session_id, location__in=places).first()
    if found is None:
        raise Http404
    return found


def _paper(z: ZReport) -> tuple[str, list[str], list[zpaper.Section]]:
    corrections = list(z.session.corrections.select_related("made_by", "approver").order_by("made_at", "pk"))
    heading = zpaper.heading(z.contents, zone=z.location.zone, z=z)
    title = zpaper.title(z.contents, number=z.number)
    return title, heading, zpaper.sections(z.contents, corrections=corrections)
