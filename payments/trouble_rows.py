"""One thing in trouble as a person reads it: a row of plain values with its buttons."""

import datetime as dt
import uuid
import zoneinfo
from dataclasses import dataclass

from django.urls import reverse
from django.utils.timesince import timesince

from ledger.money import dollars
from payments import plainly
from payments.models import BalanceTransaction, CardRefund, Charge, Dispute, HostedPage, StripeEvent
from studio.models import Location


@dataclass(frozen=True, slots=True)
class Act:
    """A button: what it says, where it is sent, and whether it wants a note."""

    label: str
    url: str
    is_first: bool = True
    wants_note: bool = False


@dataclass(frozen=True, slots=True)
class Unplaced:
    """What 1190 holds under one name at one location, in cents, since when, and the movement it came by if known."""

    name: str
    location: Location
    cents: int
    since: dt.datetime
    movement: BalanceTransaction | None


@dataclass(frozen=True, slots=True)
class Row:
    """What a person reads of it; `since` is how long it has been so."""

    key: str
    title: str
    sentence: str
    at: dt.datetime
    when: str
    since: str
    amount: str = ""
    place: str = ""
    sale: uuid.UUID | None = None
    facts: tuple[tuple[str, str], ...] = ()
    acts: tuple[Act, ...] = ()


def unclear_charge(charge: Charge, now: dt.datetime) -> Row:
    look = Act("Look again now", reverse("trouble_charge_look", args=[charge.pk]))
    facts = _said(("Last error", charge.last_error))
    return _money(charge, charge, charge.created_at, now, plainly.charge(charge), facts, (look,))


def unclear_page(page: HostedPage, now: dt.datetime) -> Row:
    kind, _, name = page.about.partition(":")
    return Row(
        key=str(page.pk),
        title=page.description,
        sentence=plainly.page(page),
        at=page.created_at,
        when=_when(page.created_at, page.location.zone),
        since=_since(page.created_at, now),
        amount=f"${dollars(page.amount_cents)}" if page.amount_cents else "",
        place=str(page.location),
        sale=uuid.UUID(name) if kind == "sale" else None,
        facts=_said(("At Stripe", page.session_id or ""), ("Last error", page.last_error)),
        acts=(Act("Look again now", reverse("trouble_page_look", args=[page.pk])),),
    )


def unsold_charge(charge: Charge, now: dt.datetime) -> Row:
    assert charge.succeeded_at is not None  # noqa: S101 - the money is captured
    label = f"Give ${dollars(charge.amount_cents)} back to {charge.card or 'the card'}"
    back = Act(label, reverse("trouble_charge_back", args=[charge.pk]))
    # An open sale may still be completed with the money: only whoever cancels the sale may give it back.
    may_go_back = charge.finished_at is not None and charge.disputed_at is None
    acts = (back,) if may_go_back else ()
    return _money(charge, charge, charge.succeeded_at, now, plainly.unsold(charge), (), acts)


def owed_refund(refund: CardRefund, now: dt.datetime) -> Row:
    amount = f"${dollars(refund.amount_cents)}"
    again = Act(f"Try {amount} to the card again", reverse("trouble_refund_again", args=[refund.pk]))
    paid = Act(f"{amount} was paid otherwise", reverse("trouble_refund_paid", args=[refund.pk]), False, True)
    sentence = plainly.refund_failure(refund.failure)
    facts = _said(("Stripe’s reason", refund.failure))
    return _money(refund, refund.charge, refund.failed_at or refund.created_at, now, sentence, facts, (again, paid))


def unsent_refund(refund: CardRefund, now: dt.datetime) -> Row:
    send = Act("Try again now", reverse("trouble_refund_send", args=[refund.pk]))
    facts = _said(("Last error", refund.last_error))
    return _money(refund, refund.charge, refund.created_at, now, plainly.refund(refund), facts, (send,))


def slow_refund(refund: CardRefund, now: dt.datetime) -> Row:
    assert refund.accepted_at is not None  # noqa: S101 - it is on its way
    return _money(refund, refund.charge, refund.accepted_at, now, plainly.refund(refund), (), ())


def dispute(about: Dispute, now: dt.datetime, main: Location) -> Row:
    """A contested charge; one that is not ours stands at the main location."""
    charge = about.charge
    kind, _, name = charge.about.partition(":") if charge else ("", "", "")
    place = charge.location if charge else main
    return Row(
        key=about.pk,
        title=f"Sale {name[-6:]}" if kind == "sale" else "Not from a sale of ours",
        sentence=plainly.dispute(about),
        at=about.opened_at,
        when=_when(about.opened_at, place.zone),
        since=_since(about.opened_at, now),
        amount=f"${dollars(about.amount_cents)}",
        place=str(place),
        sale=uuid.UUID(name) if kind == "sale" else None,
        facts=_said(
            ("Card", charge.card if charge else ""),
            ("Stripe’s reason", about.reason),
            ("At Stripe", about.pk),
            ("Charge", (charge.stripe_charge or "") if charge else ""),
        ),
    )


def unplaced(money: Unplaced, now: dt.datetime) -> Row:
    """Money in suspense; credit in the books is money that came, debit money that went."""
    movement = money.movement
    return Row(
        key=f"{money.name or 'nameless'}-{money.location.pk}",
        title=movement.category.replace("_", " ").capitalize() if movement else "In the books without a movement",
        sentence=plainly.unplaced(money.cents),
        at=money.since,
        when=_when(money.since, money.location.zone),
        since=_since(money.since, now),
        amount=f"${dollars(abs(money.cents))}",
        place=str(money.location),
        facts=_said(
            ("About", money.name),
            ("Movement", movement.pk if movement else ""),
            ("Stripe calls it", movement.type if movement else ""),
        ),
    )


def event(news: StripeEvent, now: dt.datetime, zone: zoneinfo.ZoneInfo) -> Row:
    return Row(
        key=news.pk,
        title=news.type,
        sentence="",
        at=news.created_at,
        when=_when(news.created_at, zone),
        since=_since(news.created_at, now),
        facts=_said(("Event", news.pk), ("About", news.object_id), ("Last error", news.last_error)),
        acts=(Act("Run again", reverse("trouble_event", args=[news.pk])),),
    )


def _money(
    about: Charge | CardRefund,
    charge: Charge,
    at: dt.datetime,
    now: dt.datetime,
    sentence: str,
    facts: tuple[tuple[str, str], ...],
    acts: tuple[Act, ...],
) -> Row:
    """What every row about money says; `charge` is the one behind it."""
    kind, _, name = charge.about.partition(":")
    known = _said(
        ("Card", charge.card),
        ("Reader", str(charge.reader or "")),
        ("At Stripe", charge.stripe_charge or charge.intent_id or ""),
    )
    return Row(
        key=str(about.pk),
        title=f"Sale {name[-6:]}" if kind == "sale" else "Not from a sale of ours",
        sentence=sentence,
        at=at,
        when=_when(at, about.location.zone),
        since=_since(at, now),
        amount=f"${dollars(about.amount_cents)}",
        place=str(about.location),
        sale=uuid.UUID(name) if kind == "sale" else None,
        facts=known + facts,
        acts=acts,
    )


def _said(*facts: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts if value)


def _since(at: dt.datetime, now: dt.datetime) -> str:
    return f"for {timesince(at, now, depth=1)}" if now - at >= dt.timedelta(minutes=1) else "just now"


def _when(at: dt.datetime, zone: zoneinfo.ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"
