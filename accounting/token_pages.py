"""The page of keys with which other programs read reports; a new one is shown once."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounting import tokens
from accounting.models import ReportToken
from accounting.pages import show
from accounting.visitors import for_books, staff_of
from studio.models import Location
from studio.refusal import BadInput, Refusal


@require_http_methods(["GET", "HEAD", "POST"])
@for_books
def keys(request: HttpRequest, places: list[Location]) -> HttpResponseBase:
    """The person's keys; after a POST the new one, once."""
    if request.method != "POST":
        return _page(request)
    try:
        with transaction.atomic(durable=True):
            _, secret = tokens.make(request.POST.get("name", ""), by=staff_of(request), now=timezone.now())
    except (BadInput, Refusal) as no:
        return _page(request, wrong=no.sentence)
    return _page(request, secret=secret)


def _page(request: HttpRequest, *, secret: str = "", wrong: str = "") -> HttpResponseBase:
    mine = tokens.live(staff_of(request))
    answer = show(request, "keys", keys=mine, secret=secret, wrong=wrong, longest=tokens.LONGEST_NAME)
    answer.status_code = 400 if wrong else 200
    return answer


@require_POST
@for_books
def revoke(request: HttpRequest, places: list[Location], token_id: uuid.UUID) -> HttpResponseBase:
    """End a key; whatever still asks with it hears no from now on."""
    with transaction.atomic(durable=True):
        try:
            tokens.revoke(token_id, by=staff_of(request), now=timezone.now())
        except ReportToken.DoesNotExist as unknown:
            raise Http404 from unknown
    messages.success(request, "The key is revoked.")
    return redirect("report_keys")
