"""The owner makes gift cards: many for one buyer, plastic ones, free ones, and those of another system.

Each page checks first without changing anything, names every row that is wrong, and does a thing once however often
its form is sent.
"""

import csv
import datetime as dt
import io
import uuid
from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from giftcards import bulk, imports, promotion
from giftcards.imports import TakenOver
from giftcards.models import CardBatch, GiftCard, GiftOrder
from giftcards.office.access import desk_at, for_makers, show
from giftcards.office.forms import BulkForm, ImportForm, MakingForm, PlasticForm, PromotionForm
from giftcards.office.lists import money
from giftcards.sheets import BadRows
from pos.models import Receipt, Sale
from studio.models import Location
from studio.refusal import BadInput, Refusal

Done = TypeVar("Done")
LAST_SHOWN = 20
ROWS_SHOWN = 10


@for_makers
def order(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """An order for many: recipients as CSV, one sale, one receipt, a card each."""
    form = BulkForm(request.POST or None, request.FILES or None, places=places)

    def place(now: dt.datetime) -> Sale:
        people = form.recipients()
        return bulk.place(people, form.order(), sale_id=form.made_id, desk=desk_at(request, form.place), now=now)

    told = _done(form, place)
    if isinstance(told, Sale) and not form.is_rehearsal:
        messages.success(request, "The cards are made. Those with an address are mailed by themselves.")
        return redirect("gift_office_ordered", told.pk)
    return show(
        request,
        "order",
        form=form,
        told=f"{_people(form)} cards, {money(told.total_cents)} in all. Nothing is sold yet." if told else "",
        orders=_last_orders(places),
    )


def _people(form: BulkForm) -> int:
    return len(form.recipients())


def _last_orders(places: list[Location]) -> list[tuple[Sale, str]]:
    """The latest sales that made cards for many: those whose gifts have no charge and which are more than a few."""
    made = GiftOrder.objects.filter(location__in=places, charge=None).exclude(sale=None).order_by()
    sales = Sale.objects.filter(pk__in=made.values("sale"), lines__quantity__gte=2).distinct().order_by("-completed_at")
    return [(sale, money(sale.total_cents)) for sale in sales[:LAST_SHOWN]]


@for_makers
def ordered(request: HttpRequest, places: list[Location], sale_id: uuid.UUID) -> HttpResponse:
    """One order for many: whom each card is for and how its mail stands."""
    sale = _sale(places, sale_id)
    gifts = GiftOrder.objects.filter(sale=sale).select_related("card").prefetch_related("deliveries")
    rows = [
        (gift, max(gift.deliveries.all(), key=lambda mail: mail.n, default=None), money(gift.amount_cents))
        for gift in gifts.order_by("made_at", "id")
    ]
    receipt = Receipt.objects.filter(sale=sale, refund=None).first()
    return show(request, "ordered", sale=sale, rows=rows, receipt=receipt, total=money(sale.total_cents))


@for_makers
def papers(request: HttpRequest, places: list[Location], sale_id: uuid.UUID) -> HttpResponse:
    """The cards of an order as PDFs in a zip; by a form, for each code in it is noted."""
    sale = _sale(places, sale_id)
    if request.method != "POST":
        raise Http404
    try:
        with transaction.atomic(durable=True):
            body = bulk.papers(sale, desk=desk_at(request, sale.location), now=timezone.now())
    except Refusal as no:
        messages.error(request, no.sentence)
        return redirect("gift_office_ordered", sale.pk)
    return _download(body, name=f"gift-cards-{sale.pk.hex[-8:]}.zip", kind="application/zip")


@for_makers
def plastic(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Plastic cards: made here for the printer, or made there and known here; inactive until they are sold."""
    form = PlasticForm(request.POST or None, request.FILES or None, places=places)

    def make(now: dt.datetime) -> TakenOver:
        desk, name, text = desk_at(request, form.place), form.cleaned_data["name"], form.cleaned_data["text"]
        if form.cleaned_data["count"]:
            count = form.cleaned_data["count"]
            return imports.make_plastic(count, batch_id=form.made_id, name=name, desk=desk, now=now)
        return imports.import_plastic(text, batch_id=form.made_id, name=name, desk=desk, now=now)

    told = _done(form, make)
    if told and not form.is_rehearsal:
        messages.success(request, f"{told.count} cards are there, inactive until each is sold.")
        return redirect("gift_office_plastic")
    words = f"{told.count} cards would be made known. Nothing is changed yet." if told else ""
    batches = [(batch, *_states(batch)) for batch in CardBatch.objects.filter(location__in=places)[:LAST_SHOWN]]
    return show(request, "plastic", form=form, told=words, batches=batches)


def _states(batch: CardBatch) -> tuple[int, int]:
    """How many cards a batch has, and how many of them nobody has sold yet."""
    return batch.cards.count(), batch.cards.filter(status=GiftCard.Status.INACTIVE).count()


@for_makers
def printer(request: HttpRequest, places: list[Location], batch_id: uuid.UUID) -> HttpResponse:
    """The codes of a box that are not sold yet, for the printer; by a form, for each of them is noted."""
    batch = CardBatch.objects.filter(pk=batch_id, location__in=places, kind=CardBatch.Kind.PLASTIC).first()
    if batch is None or request.method != "POST":
        raise Http404
    try:
        with transaction.atomic(durable=True):
            rows = imports.codes_for_printer(batch, desk=desk_at(request, batch.location), now=timezone.now())
    except Refusal as no:
        messages.error(request, no.sentence)
        return redirect("gift_office_plastic")
    out = io.StringIO()
    csv.writer(out).writerows([("serial", "code"), *rows])
    return _download(out.getvalue().encode(), name=f"cards-{batch.pk.hex[-8:]}.csv", kind="text/csv; charset=utf-8")


@for_makers
def promote(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """A card that is given away."""
    form = PromotionForm(request.POST or None, places=places)

    def give(now: dt.datetime) -> GiftCard:
        cents, why = form.cleaned_data["amount"], form.cleaned_data["why"]
        desk = desk_at(request, form.place)
        return promotion.give(
            form.gift(), gift_id=form.made_id, amount_cents=cents, expires_on=form.until(), why=why, desk=desk, now=now
        )

    card = _done(form, give)
    if card:
        messages.success(request, f"The card ···{card.last4} is made. A card with an address is mailed by itself.")
        return redirect("gift_office_card", card.pk)
    return show(request, "promotion", form=form)


@for_makers
def take_over(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Cards of another system, against opening balances."""
    form = ImportForm(request.POST or None, request.FILES or None, places=places)

    def take(now: dt.datetime) -> TakenOver:
        text, name = form.cleaned_data["text"], form.cleaned_data["name"]
        return imports.take_over(text, batch_id=form.made_id, name=name, desk=desk_at(request, form.place), now=now)

    told = _done(form, take)
    if told and not form.is_rehearsal:
        messages.success(request, f"{told.count} cards with {money(told.total_cents)} are taken over.")
        return redirect(f"{reverse('gift_office')}?left=left")
    words = f"{told.count} cards with {money(told.total_cents)}. Nothing is taken over yet." if told else ""
    return show(request, "import", form=form, told=words)


def _done(form: MakingForm, work: Callable[[dt.datetime], Done]) -> Done | None:
    """What the work answers, rolled back when only a check was asked for; None with what is wrong in the form."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        with transaction.atomic(durable=True):
            told = work(timezone.now())
            transaction.set_rollback(form.is_rehearsal)
        return told
    except BadRows as bad:
        form.add_error(None, bad.sentence)
        for row in bad.details["rows"]:
            form.add_error(None, f"Line {row['row']}: {row['sentence']}")
    except BadInput as bad:
        form.add_error(bad.field if bad.field in form.fields else None, bad.sentence)
    except Refusal as no:
        form.add_error(None, no.sentence)
    return None


def _sale(places: list[Location], sale_id: uuid.UUID) -> Sale:
    sale = Sale.objects.filter(pk=sale_id, location__in=places).select_related("location").first()
    if sale is None or not GiftOrder.objects.filter(sale=sale).exists():
        raise Http404
    return sale


def _download(body: bytes, *, name: str, kind: str) -> HttpResponse:
    """A file with codes in it: kept by no cache."""
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
