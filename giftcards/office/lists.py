"""The owner's lists of gift cards: all of them by state, one with its history, and those whose payment is contested."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from giftcards import disputes, held_back
from giftcards.models import Delivery, GiftCard, GiftCardMove, GiftOrder
from giftcards.office.access import for_readers, show
from ledger.money import dollars
from payments.models import Dispute
from studio.models import AuditRow, Location

A_PAGE = 50
MOST_DISPUTES = 100
MOST_ROWS = 200
LEFT = {"left": Q(balance_cents__gt=0), "empty": Q(balance_cents=0), "held": Q(held_cents__gt=0)}
LEFT_NAMES = {"left": "Something left", "empty": "Nothing left", "held": "On an open sale"}


@for_readers
def cards(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Cards by state, kind, place and last four; the address says which, so that it can be kept and sent."""
    found, chosen = _chosen(request, places)
    page = Paginator(found.order_by("-made_at", "-id"), A_PAGE).get_page(request.GET.get("page"))
    return show(
        request,
        "cards",
        page=page,
        rows=[(card, money(card.balance_cents), money(card.promo_cents)) for card in page],
        chosen=chosen,
        statuses=GiftCard.Status.choices,
        kinds=GiftCard.Kind.choices,
        left=LEFT_NAMES.items(),
        places=places,
        query=urlencode({key: value for key, value in chosen.items() if value}),
    )


def _chosen(request: HttpRequest, places: list[Location]) -> tuple["QuerySet[GiftCard]", dict[str, str]]:
    """The cards that are asked for, and by what; a whole code is not: it would stand in the address."""
    names = ("status", "kind", "location", "left", "last4")
    chosen = {name: request.GET.get(name, "").strip()[:16] for name in names}
    found = GiftCard.objects.filter(location__in=places).select_related("location", "item")
    for name in ("status", "kind"):
        if chosen[name]:
            found = found.filter(**{name: chosen[name]})
    if chosen["location"]:
        found = found.filter(location__code=chosen["location"])
    if chosen["last4"]:
        found = found.filter(Q(last4__iexact=chosen["last4"]) | Q(serial__iexact=chosen["last4"]))
    return found.filter(LEFT.get(chosen["left"], Q())), chosen


@for_readers
def card(request: HttpRequest, places: list[Location], card_id: uuid.UUID) -> HttpResponse:
    """All that happened to one card; 404 for one of a location whose books the person does not see."""
    around = GiftCard.objects.filter(location__in=places)
    found = around.select_related("location", "item", "batch", "replaced_by").filter(pk=card_id).first()
    if found is None:
        raise Http404
    order = GiftOrder.objects.filter(card=found).first()
    return show(
        request,
        "card",
        card=found,
        left=money(found.balance_cents),
        promo=money(found.promo_cents),
        income=money(found.breakage_cents),
        order=order,
        mails=_mails(order),
        moves=[(move, money(move.paid_cents), money(move.promo_cents), _sale_of(move)) for move in _moves(found)],
        seen=_seen(found),
    )


def _moves(found: GiftCard) -> "QuerySet[GiftCardMove]":
    around = found.moves.select_related("location", "made_by", "line__sale", "tender__sale")
    return around.order_by("-at", "-id")[:MOST_ROWS]


def _sale_of(move: GiftCardMove) -> uuid.UUID | None:
    about = move.tender or move.line
    return about.sale_id if about is not None else None


def _mails(order: GiftOrder | None) -> list[Delivery]:
    return list(order.deliveries.order_by("-queued_at")) if order is not None else []


def _seen(found: GiftCard) -> "QuerySet[AuditRow]":
    rows = AuditRow.objects.filter(object_type=GiftCard._meta.label_lower, object_id=str(found.pk))
    return rows.select_related("actor", "approver", "device").order_by("-at", "-pk")[:MOST_ROWS]


@for_readers
def contested(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Disputes about cards, with where each card was spent: the answer to the bank needs it; and all blocked cards."""
    around = Dispute.objects.filter(charge__location__in=places).select_related("charge")
    rows = [row for one in around.order_by("-opened_at")[:MOST_DISPUTES] if (row := _dispute_row(one)) is not None]
    blocked = GiftCard.objects.filter(location__in=places, status=GiftCard.Status.BLOCKED).select_related("location")
    shown = blocked.order_by(F("last_used_at").desc(nulls_last=True), "-made_at")[:MOST_ROWS]
    held = [(order, money(order.amount_cents)) for order in held_back.waiting(places)[:MOST_ROWS]]
    frozen = [(one, money(one.balance_cents)) for one in shown]
    return show(request, "contested", held=held, disputes=rows, blocked=frozen)


def _dispute_row(dispute: Dispute) -> dict[str, Any] | None:
    about = disputes.cards_of_dispute(dispute)
    if not about:
        return None
    return {
        "dispute": dispute,
        "amount": money(dispute.amount_cents),
        "cards": [(one, money(one.balance_cents)) for one in about],
        "spent": [(use, money(use.face_cents)) for use in disputes.where_spent(dispute)],
    }


def money(cents: int) -> str:
    """`$12.50`, with a true minus for what goes."""
    return f"{'−' if cents < 0 else ''}${dollars(abs(cents))}"
