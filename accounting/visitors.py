"""Who comes to the accountant's pages: people of the back office, at the locations whose books they see."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from studio import rights
from studio.models import Business, Location, Right, Staff
from studio.refusal import BadInput

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, list[Location], P], HttpResponseBase]


def for_books(view: View[P]) -> Callable[..., HttpResponseBase]:
    """The view for whoever sees the books somewhere, given those locations; anybody else signs on, or gets a 403.

    What can not be meant (`BadInput`) is told on a page of its own with status 400.
    """
    return _for(view, Right.SEE_BOOKS)


def for_trail(view: View[P]) -> Callable[..., HttpResponseBase]:
    """As `for_books`, for whoever sees the audit trail somewhere."""
    return _for(view, Right.SEE_AUDIT)


def _for(view: View[P], right: Right) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, Staff):
            return redirect_to_login(request.get_full_path())
        places = rights.places_of(request.user, right) if request.user.is_staff else []
        if not places:
            raise PermissionDenied
        try:
            return view(request, places, *args, **kwargs)
        except BadInput as bad:
            return render(request, "accounting/bad.html", {"business": Business.current(), "bad": bad}, status=400)

    return never_cache(wrapped)


def staff_of(request: HttpRequest) -> Staff:
    """Who is signed on, behind `for_books`."""
    if not isinstance(request.user, Staff):
        raise PermissionDenied
    return request.user


def sees_books(request: HttpRequest) -> bool:
    """Whether the other pages would open for the person, at some location at least."""
    return bool(rights.places_of(staff_of(request), Right.SEE_BOOKS))
