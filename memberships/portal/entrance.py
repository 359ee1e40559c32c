"""The pages before the visit: ask for a link, press the button behind it, sign out."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from memberships.models import SignInLink
from memberships.portal import signing_in
from memberships.portal.showing import committed, go_to, show, visit_of, visitor_of
from studio.addresses import address_of
from studio.refusal import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Where to send the link; the same answer for every address."""
    if request.method != "POST":
        return go_to("my") if visitor_of(request) is not None else show(request, "memberships/my/sign_in.html", {})
    email = request.POST.get("email", "").strip()
    try:
        _must_be_address(email)
        committed(lambda: signing_in.wish(email, address=address_of(request), now=timezone.now()))
    except ValidationError:
        problem = "This is no e-mail address. One is ada@example.com."
        return show(request, "memberships/my/sign_in.html", {"problem": problem, "email": email}, status=422)
    except Refusal as no:
        return show(request, "memberships/my/sign_in.html", {"problem": no.sentence, "email": email}, status=429)
    return go_to("my_link_sent")


@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    """The link is on its way, if anybody has that address."""
    return show(request, "memberships/my/link_sent.html", {"minutes": SignInLink.LASTS.seconds // 60})


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """What the mailed link opens: a button, so that a program which only looks at links does not use it up."""
    if request.method != "POST":
        return show(request, "memberships/my/link.html", {"token": token})
    try:
        visit = committed(lambda: signing_in.begin(token, now=timezone.now()))
    except signing_in.LinkIsOver as no:
        return show(request, "memberships/my/link.html", {"problem": no.sentence}, status=410)
    response = go_to("my")
    age = int(SignInLink.VISIT_LASTS.total_seconds())
    response.set_cookie(
        settings.CLIENT_COOKIE_NAME, visit, max_age=age, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The visit is over, here and for whoever may have copied it."""
    signing_in.leave(visit_of(request), now=timezone.now())
    response = go_to("my_sign_in")
    response.delete_cookie(settings.CLIENT_COOKIE_NAME, samesite="Lax")
    return response


def _must_be_address(email: str) -> None:
    validate_email(email)
    if len(email) > signing_in.LONGEST_EMAIL:
        raise ValidationError("too long")
