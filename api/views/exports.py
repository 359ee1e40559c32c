"""The sales of some days as a file, for other programs: the bytes of the accountant's page."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounting import ranges, sales_pages
from accounting.exports import spreadsheets
from accounting.sales_export import FORMS, WHATS
from api.schema import described
from api.views.reports import ForPrograms
from studio.models import Staff

ASKED = [
    OpenApiParameter("what", str, enum=list(WHATS), description="A row for every sale line, or for every tender."),
    OpenApiParameter("format", str, enum=list(FORMS)),
    OpenApiParameter("from", str, description="The first business day, as 2026-10-01; with `to`."),
    OpenApiParameter("to", str, description="The last business day, inclusive; 400 days at most."),
    OpenApiParameter("preset", str, description=f"Instead of days: {', '.join(ranges.PRESETS)}."),
    OpenApiParameter("location", str, description="The code of one location; all that the key sees otherwise."),
]


class SalesExport(ForPrograms):
    @described(
        name="export_sales",
        answers={(200, media.partition(";")[0]): OpenApiTypes.BINARY for media in spreadsheets.TYPES.values()},
        more=ASKED,
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """All sales of some business days as CSV or Excel, streamed; last month's when none are named."""
        places = self.see_books()
        assert isinstance(self.request.user, Staff)  # noqa: S101 - `see_books` has seen to it
        return sales_pages.streamed(request._request, places, by=self.request.user)
