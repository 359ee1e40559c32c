"""The catalogue, which a tablet keeps until its tag changes."""

import hashlib

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from api.answers.catalog import CatalogAnswer, catalog_answer
from api.auth import OnPairedTablet
from api.endpoint import Endpoint
from api.schema import described


class Catalog(Endpoint):
    permission_classes = [OnPairedTablet]

    @described(name="get_catalog", answers={200: CatalogAnswer, 304: None})
    def get(self, request: Request) -> HttpResponseBase:
        """Everything that can be sold here today; send `If-None-Match` to hear only that nothing changed."""
        place = self.device.location
        catalog = catalog_answer(place, on=place.business_date(self.now))
        body = JSONRenderer().render(catalog)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        self.headers["Cache-Control"] = "private, no-cache"
        kept = {"ETag": tag, "Vary": "Authorization, Cookie"}
        response = HttpResponse(body, content_type=JSONRenderer.media_type, headers=kept)
        return get_conditional_response(request._request, etag=tag, response=response) or response
