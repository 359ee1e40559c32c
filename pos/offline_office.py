"""The page of offline sales in the back office: what somebody must decide, and what came in lately (R11)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ledger.money import dollars
from pos import offline_review
from pos.models import DrawerSession, Item, OfflineSale
from pos.offline_told import Told, told_by
from studio import rights
from studio.models import Business, Location, Staff
from studio.refusal import BadInput, Refusal

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """An offline sale as people read it."""

    sale: OfflineSale
    amount: str
    what: str
    facts: Sequence[tuple[str, str]]
    drawers: Sequence[tuple[str, str]]
    may_book: bool


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The offline sales of the locations at which the person may correct drawers."""
    if not isinstance(request.user, Staff):
        return redirect_to_login(request.get_full_path())
    places = _places(request)
    late = OfflineSale.objects.filter(location__in=places).exclude(status=OfflineSale.Status.REVIEW)
    late = late.select_related("location", "device", "staff", "decision__by").order_by("-received_at")[:A_PAGE]
    waiting = list(offline_review.waiting(places)[:A_PAGE])
    names = _names([*waiting, *late])
    context = {
        "business": Business.current(),
        "waiting": [_row(one, names) for one in waiting],
        "late": [_row(one, names) for one in late],
        "longest_note": offline_review.LONGEST_NOTE,
    }
    return render(request, "pos/offline.html", context)


@require_POST
def decide(request: HttpRequest, offline_id: uuid.UUID) -> HttpResponse:
    """What somebody decided about one of them; then the page again."""
    if not isinstance(request.user, Staff):
        return redirect_to_login(request.get_full_path())
    _places(request)
    try:
        _say_decided(request, _decided(request, offline_id, by=request.user))
    except Refusal as refusal:
        messages.info(request, refusal.sentence)
    except BadInput as bad:
        messages.error(request, bad.sentence)
    except OfflineSale.DoesNotExist as unknown:
        raise Http404 from unknown
    return redirect("offline_sales")


def _places(request: HttpRequest) -> list[Location]:
    user = request.user
    allowed = isinstance(user, Staff) and user.is_staff
    places = rights.places_of(user, offline_review.DECIDES) if allowed and isinstance(user, Staff) else []
    if not places:
        raise PermissionDenied
    return places


@transaction.atomic
def _decided(request: HttpRequest, offline_id: uuid.UUID, *, by: Staff) -> OfflineSale:
    said: dict[str, Any] = {"by": by, "note": request.POST.get("note", ""), "now": timezone.now()}
    if request.POST.get("kind") == "by_hand":
        return offline_review.settle_by_hand(offline_id=offline_id, **said)
    try:
        session_id = uuid.UUID(request.POST.get("drawer", ""))
    except ValueError as error:
        raise BadInput("drawer", "Say which drawer the cash is in.") from error
    return offline_review.put_into_books(offline_id=offline_id, session_id=session_id, **said)


def _say_decided(request: HttpRequest, row: OfflineSale) -> None:
    words = "is in the books now" if row.sale_id else "is settled"
    messages.success(request, f"The sale of ${dollars(row.total_cents)} {words}.")


def _names(rows: Sequence[OfflineSale]) -> dict[str, str]:
    """The items on them, by code."""
    codes = {line["item"] for row in rows for line in row.contents["lines"]}
    return dict(Item.objects.filter(code__in=codes).values_list("code", "name"))


def _row(row: OfflineSale, names: dict[str, str]) -> Row:
    told = told_by(row.contents)
    is_open = row.status == OfflineSale.Status.REVIEW
    drawers = offline_review.drawers_for(row) if is_open else []
    return Row(
        sale=row,
        amount=f"${dollars(row.total_cents)}",
        what=", ".join(_line(names.get(line.item, line.item), line.quantity) for line in told.lines),
        facts=list(_facts(row, told)),
        drawers=[(str(one.pk), f"{one.drawer.name}, {_state(one)}") for one in drawers],
        may_book=is_open and offline_review.may_book(row),
    )


def _state(session: DrawerSession) -> str:
    return "open" if session.z_number is None else f"Z {session.z_number}"


def _line(name: str, quantity: int) -> str:
    return name if quantity == 1 else f"{quantity} × {name}"


def _facts(row: OfflineSale, told: Told) -> list[tuple[str, str]]:
    zone = row.location.zone
    tips_cents = sum(tip.amount_cents for tip in told.tips)
    facts = [
        ("Cash", f"${dollars(told.cash.tendered_cents)} for ${dollars(told.cash.amount_cents)}"),
        ("Tips", f"${dollars(tips_cents)}" if tips_cents else ""),
        ("Sold by", f"{row.staff or 'nobody known'} on {row.device}"),
        ("Sold", f"{row.sold_at.astimezone(zone):%a %b %d, %H:%M}"),
        ("By the tablet’s clock", f"{row.told_at.astimezone(zone):%a %b %d, %H:%M}"),
        ("Came in", f"{row.received_at.astimezone(zone):%a %b %d, %H:%M}"),
    ]
    return [(name, value) for name, value in facts if value]
