"""Reports for other programs, with the questions and the rows of the accountant's pages."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounting import ranges
from accounting.answers import answer
from accounting.asking import read
from accounting.filters import FILTERS
from accounting.kinds import reports
from api.answers.reports import ReportAnswer, ReportName, report_answer, report_name
from api.endpoint import Endpoint
from api.report_keys import KeyAuthentication, WithKey
from api.schema import described
from studio import rights
from studio.models import Location, Right, Staff

ASKED = [
    OpenApiParameter("from", str, description="The first business day, as 2026-10-01; with `to`."),
    OpenApiParameter("to", str, description="The last business day, inclusive; 400 days at most."),
    OpenApiParameter("preset", str, description=f"Instead of days: {', '.join(ranges.PRESETS)}."),
    OpenApiParameter("compare", str, description="`prev`: with the sums of the range before."),
    *(OpenApiParameter(name, str, description=f"Only of this {one.title.lower()}.") for name, one in FILTERS.items()),
]


class ForPrograms(Endpoint):
    """What the addresses of reports share: a key, and the books that its maker sees."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [WithKey]

    def see_books(self) -> list[Location]:
        """The locations whose books the maker of the key sees now; 403 for none."""
        staff = self.request.user
        found = rights.places_of(staff, Right.SEE_BOOKS) if isinstance(staff, Staff) and staff.is_staff else []
        if not found:
            raise PermissionDenied("Whoever made this key sees no books any more.")
        return found


class ReportList(ForPrograms):
    @described(name="list_reports", answers={200: list[ReportName]})
    def get(self, request: Request) -> Response:
        """Every report, and what each can be narrowed by."""
        self.see_books()
        return Response([report_name(report) for report in reports().values()])


class ReportDetail(ForPrograms):
    @described(name="get_report", answers={200: ReportAnswer}, more=ASKED)
    def get(self, request: Request, slug: str) -> Response:
        """A report of some business days; last month's when none are named. What a report knows not is a 400."""
        report = reports().get(slug)
        places = self.see_books()
        if report is None:
            raise Http404
        question = read(request._request.GET, filters=report.filters, places=places, now=self.now)
        with answer(report, question, now=self.now) as told:
            return Response(report_answer(told))
