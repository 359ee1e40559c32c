"""The pages of the desk: the checkout page itself and the public receipt."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from pos import receipt_pdf, receipts
from pos.models import Receipt


@require_safe
@ensure_csrf_cookie
def desk(request: HttpRequest) -> HttpResponse:
    """The checkout page; all it knows comes from the API."""
    context = {
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "is_paired": settings.DEVICE_COOKIE_NAME in request.COOKIES,
        "demo": settings.DEMO,
    }
    return render(request, "pos/desk.html", context)


@require_safe
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """The receipt behind its unguessable link."""
    found = _find(token)
    context = {"paper": receipts.print_out(found), "copy": "copy" in request.GET, "token": token}
    return _private(render(request, "pos/receipt.html", context))


@require_safe
def receipt_as_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The same receipt as PDF."""
    found = _find(token)
    response = HttpResponse(receipt_pdf.render(receipts.print_out(found)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="receipt-{found.title}.pdf"'
    return _private(response)


def _find(token: str) -> Receipt:
    related = ("location", "sale__client", "sale__completed_by", "refund__requested_by")
    return get_object_or_404(Receipt.objects.select_related(*related), token=token)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
