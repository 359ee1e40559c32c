"""X at any time and the Z of a closed drawer, as figures and as PDF."""

import uuid
from collections.abc import Sequence

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from api.answers.zreports import ZAnswer, x_answer, z_answer
from api.schema import described
from api.serializers.drawers import PaperSize
from api.views.drawers import DrawerSessionEndpoint
from pos import z_pdf, zpaper, zreport
from pos.models import DrawerCorrection, DrawerSession, ZReport
from pos.zcontents import Contents
from studio import rights
from studio.models import Level, Right


class ZEndpoint(DrawerSessionEndpoint):
    """What X, Z and their papers share."""

    def x(self, session: DrawerSession) -> Contents:
        """The X; who will count without anybody's yes to a difference hears nothing of the cash (R8)."""
        told = zreport.x_of(session, now=self.now)
        level = rights.can(self.desk.staff, Right.DRAWER_DIFFERENCE, self.desk.location)
        return told if level == Level.ALLOWED else zreport.blind(told)

    def z(self, session: DrawerSession) -> tuple[ZReport, Sequence[DrawerCorrection]]:
        """The Z with what was corrected since; 404 while the drawer is open."""
        z = ZReport.objects.filter(session=session).first()
        if z is None:
            raise Http404
        return z, list(session.corrections.select_related("made_by", "approver").order_by("made_at", "pk"))


class DrawerX(ZEndpoint):
    @described(name="read_x", answers={200: ZAnswer})
    def get(self, request: Request, session_id: uuid.UUID) -> Response:
        """What the Z would say now; 404 once the drawer is closed. Counters do not see what cash should be there."""
        session = self.session(session_id)
        if session.status != DrawerSession.Status.OPEN:
            raise Http404
        return Response(x_answer(self.x(session)))


class DrawerZ(ZEndpoint):
    @described(name="read_z", answers={200: ZAnswer})
    def get(self, request: Request, session_id: uuid.UUID) -> Response:
        """The Z as it was made at the close, with what was corrected since; 404 while the drawer is open."""
        z, corrections = self.z(self.session(session_id))
        return Response(z_answer(z, z.contents, corrections))


class DrawerPaper(ZEndpoint):
    @described(name="print_x_or_z", query=PaperSize, answers={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, session_id: uuid.UUID) -> HttpResponse:
        """The Z of a closed drawer, the X of an open one, as PDF for an 80 mm roll or for letter paper."""
        size = self.query(PaperSize)["size"]
        session = self.session(session_id)
        if session.status == DrawerSession.Status.OPEN:
            return self.paper(self.x(session), None, (), size=size)
        z, corrections = self.z(session)
        return self.paper(z.contents, z, corrections, size=size)

    def paper(
        self, told: Contents, z: ZReport | None, corrections: Sequence[DrawerCorrection], *, size: str
    ) -> HttpResponse:
        title = zpaper.title(told, number=z.number if z else None)
        heading = zpaper.heading(told, zone=self.desk.location.zone, z=z)
        pdf = z_pdf.render(title, heading, zpaper.sections(told, corrections=corrections), size=size)
        response = HttpResponse(pdf, content_type="application/pdf")
        name = f"z-{told['location']}-{z.number:05}" if z else f"x-{told['location']}"
        response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response
