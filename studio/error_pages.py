"""The pages for people when something is not as it should be; each stands by itself, without any other file."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what the browser sent can not be read."""
    return _page(request, "400.html", HTTPStatus.BAD_REQUEST)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that was not sent from a page of ours, or from one that is too old."""
    return _page(request, "403_csrf.html", HTTPStatus.FORBIDDEN)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a promise of ours is broken."""
    return _page(request, "500.html", HTTPStatus.INTERNAL_SERVER_ERROR)


def _page(request: HttpRequest, name: str, status: HTTPStatus) -> HttpResponse:
    """The page with nothing around it: no context processor, so neither a session nor the database is asked."""
    body = get_template(name).render({"request": request})
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})
