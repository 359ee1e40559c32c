"""Where the mail service tells that a mail came back; a secret of the settings proves that it is the service."""

import hmac
import json

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from giftcards import bounces

MOST_BYTES = 20_000


@csrf_exempt  # the mail service has no cookie of ours; its token is the proof
@require_POST
def mail_bounced(request: HttpRequest) -> HttpResponse:
    """204 for `{"message_id": …, "reason": …}` with the right token, ours or not; 404 where none is set."""
    if not settings.MAIL_BOUNCE_TOKEN:
        raise Http404
    if not _is_the_service(request):
        return HttpResponse("This is not from the mail service.\n", status=403, content_type="text/plain")
    told = _told(request)
    if told is None:
        return HttpResponse("This says of no mail that it came back.\n", status=400, content_type="text/plain")
    with transaction.atomic(durable=True):
        bounces.hear(told[0], reason=told[1], now=timezone.now())
    return HttpResponse(status=204)


def _is_the_service(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(sent.encode(), settings.MAIL_BOUNCE_TOKEN.encode())


def _told(request: HttpRequest) -> tuple[str, str] | None:
    try:
        body = json.loads(request.body) if len(request.body) <= MOST_BYTES else None
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("message_id"), str):
        return None
    return body["message_id"], str(body.get("reason", ""))
