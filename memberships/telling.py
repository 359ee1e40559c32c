"""What a change of a membership comes to, in sentences for the cashier, the client's pages and mails (R31, R40)."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from jobs.outbox import queue_mail
from ledger.money import dollars
from memberships.models import Cancellation, Change, Freeze, Membership, Plan
from studio.models import Business


def day(on: dt.date) -> str:
    """A day as people write it: April 2, 2026."""
    return f"{on:%B} {on.day}, {on.year}"


def of_freeze(freeze: Freeze) -> list[str]:
    """From when to when, what it costs, and what it does not."""
    if freeze.undone_at is not None:
        return ["The freeze is taken back. The membership goes on as before.", *_paid_back(freeze.fee_sale_key)]
    told = [
        f"Frozen from {day(freeze.starts_on)}, and it goes on by itself on {day(freeze.ends_on)}.",
        "No dues and no new credits until then. Credits that are there can be used.",
    ]
    if freeze.is_medical:
        told.append("Nothing that was paid for expires meanwhile.")
    if freeze.membership.minimum_until is not None:
        told.append(f"The minimum term is {freeze.months} {_months(freeze.months)} longer.")
    return told + ([f"The freeze costs ${dollars(freeze.fee_cents)}."] if freeze.fee_cents else [])


def of_change(change: Change) -> list[str]:
    """When the other plan begins, what is to be paid now, and what each month costs from then on."""
    old, new = change.from_plan, change.to_plan
    if change.status == Change.Status.UNDONE:
        return [f"The change to {new} is taken back. It stays {old}."]
    if change.proration_cents:
        return [
            f"${dollars(change.proration_cents)} is to be paid today for the days left of this month.",
            f"Then it is {new} at once, and the credit of this month is one of {new}.",
            f"From the next renewal on it costs {_price(new)}.",
        ]
    return [f"{new} begins on {day(change.effective_on)} and costs {_price(new)}.", f"Until then it stays {old}."]


def of_cancellation(cancellation: Cancellation) -> list[str]:
    """When it is over, what is given back, what leaving early costs, and how long credits can be used."""
    plan = cancellation.membership.plan
    if cancellation.undone_at is not None:
        return ["The cancellation is taken back. The membership goes on as before."]
    if cancellation.refunded_cents:
        return [f"It ends at once, and ${dollars(cancellation.refunded_cents)} is given back."]
    until = cancellation.ends_on + dt.timedelta(days=plan.days_after_end)
    told = [
        f"It ends on {day(cancellation.ends_on)}.",
        f"Credits that are paid can be used until {day(until)}; what is left then becomes store credit.",
    ]
    if cancellation.fee_cents:
        told.append(f"Leaving within the minimum term costs ${dollars(cancellation.fee_cents)}.")
    elif cancellation.full_fee_cents:
        told.append(f"The fee of ${dollars(cancellation.full_fee_cents)} for leaving early is waived.")
    return [*told, f"The number of the cancellation is {cancellation.number}."]


def of_joining(membership: Membership) -> list[str]:
    """What is to be paid now and then."""
    return [f"It begins when the first month is paid, and costs {_price(membership.plan)}."]


def confirm(membership: Membership, sentences: Sequence[str], *, key: str, subject: str, now: dt.datetime) -> None:
    """The same sentences to the client by mail, once for each `key`."""
    _mail(membership, f"about your membership {membership.plan}:", sentences, key=key, subject=subject, now=now)


def welcome(membership: Membership, *, now: dt.datetime) -> None:
    """To somebody who has joined online: that it has begun, how to leave, and the text they agreed to (R32)."""
    first = [
        f"It costs {_price(membership.plan)}; it is charged again on {day(membership.paid_until)}.",
        "You can freeze or cancel it whenever you like on your own pages, at the desk or by mail.",
    ]
    agreed = membership.consent.text if membership.consent is not None else ""
    _mail(
        membership,
        f"your membership {membership.plan} has begun.",
        first,
        key=f"welcome:{membership.pk}",
        subject=f"Welcome to {Business.current().name}",
        agreed=agreed,
        now=now,
    )


def _mail(
    membership: Membership,
    about: str,
    sentences: Sequence[str],
    *,
    key: str,
    subject: str,
    now: dt.datetime,
    agreed: str = "",
) -> None:
    """One mail to the client, once for each `key`; nothing without an address."""
    client = membership.client
    if not client.email:
        return
    context = {
        "business": Business.current(),
        "client": client,
        "about": about,
        "sentences": sentences,
        "agreed": agreed.strip(),
        "url": settings.SITE_URL + reverse("my"),
    }
    queue_mail(
        dedupe=key,
        to=client.email,
        subject=subject,
        text=render_to_string("memberships/mail/told.txt", context),
        html=render_to_string("memberships/mail/told.html", context),
        now=now,
    )


def _paid_back(sale_key: str) -> list[str]:
    return ["Its fee was paid: refund it on its sale."] if sale_key else []


def _price(plan: Plan) -> str:
    every = "a month" if plan.interval_months == 1 else f"every {plan.interval_months} months"
    return f"${dollars(plan.price_cents)} {every}"


def _months(count: int) -> str:
    return "month" if count == 1 else "months"
