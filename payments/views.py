"""Where Stripe tells us things: the body is checked and stored, nothing else happens here."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import inbox
from payments.rare import reached
from payments.states import BadSignature

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000_000


@csrf_exempt  # Stripe has no cookie of ours; its signature is the proof
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """200 once the event is stored, 400 for whatever Stripe did not send to us just now."""
    try:
        inbox.receive(_body(request), request.headers.get("Stripe-Signature", ""), now=timezone.now())
    except BadSignature as forged:
        logger.warning("A body at the webhook was refused: %s", forged)
        reached("webhook_refused")
        return HttpResponse("This is not from Stripe, or not for us.\n", status=400, content_type="text/plain")
    return HttpResponse("Stored.\n", content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    try:
        body = request.body
    except (RequestDataTooBig, ValueError) as error:  # a length that is no number is not Stripe's
        raise BadSignature("no body of Stripe's size") from error
    if len(body) > MOST_BYTES:
        raise BadSignature("too large")
    return body
