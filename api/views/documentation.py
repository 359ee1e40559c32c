"""The OpenAPI file and the page that shows it."""

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from studio.models import Business


class OpenApiFile(SpectacularAPIView):
    authentication_classes = []
    permission_classes = []


class DocsPage(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files, its script apart from the page, for the strict content policy."""

    authentication_classes = []
    permission_classes = []
    template_name = "api/docs.html"
    url_name = "openapi"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response.data["business"] = Business.current()
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        return response
