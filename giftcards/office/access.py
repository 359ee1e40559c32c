"""Who sees the owner's pages about gift cards, and where they may make new ones."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pos.asked import Desk
from studio import rights
from studio.models import Business, Location, Right, Staff

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, list[Location], P], HttpResponse]


def for_readers(view: View[P]) -> Callable[..., HttpResponse]:
    """The view for somebody of the back office, of the locations whose books they see."""
    return require_safe(never_cache(_for(view, Right.SEE_BOOKS)))


def for_makers(view: View[P]) -> Callable[..., HttpResponse]:
    """The view for somebody of the back office, of the locations at which they look after gift cards alone."""
    return require_http_methods(["GET", "HEAD", "POST"])(never_cache(_for(view, Right.GIFT_CARDS)))


def _for(view: View[P], right: Right) -> Callable[..., HttpResponse]:
    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request.user, Staff):
            return redirect_to_login(request.get_full_path())
        places = rights.places_of(request.user, right) if request.user.is_staff else []
        if not places:
            raise PermissionDenied
        return view(request, places, *args, **kwargs)

    return wrapped


def desk_at(request: HttpRequest, place: Location) -> Desk:
    """The person at the back office as whoever acts at that location; no tablet is there."""
    assert isinstance(request.user, Staff)  # noqa: S101 - the decorators have seen to it
    return Desk(location=place, staff=request.user)


def show(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """The page of that name, within the frame of the back office."""
    may_make = isinstance(request.user, Staff) and bool(rights.places_of(request.user, Right.GIFT_CARDS))
    sees_books = isinstance(request.user, Staff) and bool(rights.places_of(request.user, Right.SEE_BOOKS))
    frame = {"business": Business.current(), "here": name, "may_make": may_make, "sees_books": sees_books}
    return render(request, f"giftcards/office/{name}.html", frame | context, status=status)
