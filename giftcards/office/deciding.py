"""The owner decides about a card that was held back: it is sent, or its money goes back."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from giftcards import held_back
from giftcards.office.access import desk_at, for_makers
from studio.models import Location
from studio.refusal import Refusal

DECISIONS = {"send": held_back.let_go, "give_back": held_back.give_back}
SAID = {"send": "The card is on its way.", "give_back": "The money goes back to the card that paid."}


@for_makers
def held(request: HttpRequest, places: list[Location], order_id: uuid.UUID) -> HttpResponse:
    """One decision about one order; a second one changes nothing and says so."""
    decision = request.POST.get("decision", "")
    order = held_back.waiting(places).filter(pk=order_id).first()
    if request.method != "POST" or decision not in DECISIONS:
        raise Http404
    if order is None:
        messages.error(request, "Somebody has decided about this card already.")
        return redirect("gift_office_contested")
    try:
        with transaction.atomic(durable=True):
            DECISIONS[decision](order.pk, desk=desk_at(request, order.location), now=timezone.now())
    except Refusal as no:
        messages.error(request, no.sentence)
    else:
        messages.success(request, SAID[decision])
    return redirect("gift_office_contested")
