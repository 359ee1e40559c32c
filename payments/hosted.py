"""Pages of Stripe's on which a client pays or saves a card: opened by us, left by redirect, settled by the session.

The redirect back, the webhook, the worker and whoever closes a page all call the same `settle_page`, so it does not
matter who comes first, how often, or whether the browser ever comes back.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from jobs.leases import LeaseLost, again, failed
from jobs.leases import take as take_lease
from payments import charges, customers
from payments.charges import LEAST_CENTS, WrongAmount
from payments.gateway import gateway
from payments.intents import metadata_of
from payments.models import HostedPage
from payments.page_news import settle_page
from payments.rare import reached
from payments.states import Attempt, Busy, Indeterminate, Misuse, PageAsked
from studio.models import Location
from studio.refusal import BadInput, Refusal

logger = logging.getLogger(__name__)

Purpose, Status = HostedPage.Purpose, HostedPage.Status

LEASE = dt.timedelta(seconds=60)
SHORTEST_LIFE, LONGEST_LIFE = dt.timedelta(hours=1), dt.timedelta(hours=23)
LEAST_LEFT = dt.timedelta(minutes=31)
"""Stripe makes no page that lives for less than half an hour."""
WEB_ASKS_FOR = dt.timedelta(seconds=15)
LOOK_AGAIN = dt.timedelta(minutes=2)
LOOK_LATER = dt.timedelta(minutes=10)
IS_OLD_AFTER = dt.timedelta(hours=1)
SOON = dt.timedelta(seconds=2)
LONGEST_DOUBT = dt.timedelta(minutes=5)


class PageIsOpen(Refusal):
    """The client may still pay on a page that was opened before: close it first."""

    code = "page_is_open"

    def __init__(self, sentence: str, page: HostedPage) -> None:
        super().__init__(sentence)
        self.page = page


# In the caller's transaction -----------------------------------------------------------------------------------------


def open_page(
    *,
    owner: str,
    purpose: str,
    location: Location,
    amount_cents: int,
    description: str,
    client: uuid.UUID | None,
    success_url: str,
    cancel_url: str,
    now: dt.datetime,
    about: str = "",
    email: str = "",
    consent: str = "",
    lives_for: dt.timedelta = LONGEST_LIFE,
) -> HostedPage:
    """The page of an owner, to be made by `ask` once the caller has committed; the live one when it asks for the same.

    `success_url` may say {CHECKOUT_SESSION_ID}. Refusals: PageIsOpen when another one is live, ChargeInFlight and
    CardWasCharged when a card is or was asked without a page.
    """
    _check(purpose, amount_cents, client)
    live = HostedPage.objects.live().filter(owner=owner).first()
    if live is not None:
        return _the_same(live, purpose, amount_cents, client)
    if purpose == Purpose.PAYMENT:
        charges.must_be_open(owner)
    page = HostedPage(
        owner=owner,
        n=(HostedPage.objects.filter(owner=owner).aggregate(last=Max("n"))["last"] or 0) + 1,
        about=about,
        purpose=purpose,
        location=location,
        client=client,
        amount_cents=amount_cents,
        description=description[:200],
        email=email,
        consent=consent,
        success_url=success_url,
        cancel_url=cancel_url,
        created_at=now,
        expires_at=now + min(max(lives_for, SHORTEST_LIFE), LONGEST_LIFE),
        run_at=now + WEB_ASKS_FOR,
    )
    return _saved(page)


def _check(purpose: str, amount_cents: int, client: uuid.UUID | None) -> None:
    if purpose == Purpose.PAYMENT and amount_cents < LEAST_CENTS:
        raise BadInput("amount_cents", "A card pays at least $0.50.")
    if purpose == Purpose.SETUP and client is None:
        raise BadInput("client", "Say whose card is saved.")
    if purpose == Purpose.SETUP and amount_cents:
        raise BadInput("amount_cents", "Saving a card costs nothing.")


def _the_same(live: HostedPage, purpose: str, amount_cents: int, client: uuid.UUID | None) -> HostedPage:
    is_same = (live.purpose, live.amount_cents, live.client) == (purpose, amount_cents, client)
    if not is_same or live.close_wanted_at is not None:
        raise PageIsOpen("A page to pay on is still open for this, for another amount. Close it first.", live)
    return live


def _saved(page: HostedPage) -> HostedPage:
    try:
        with transaction.atomic():
            page.save(force_insert=True)
    except IntegrityError:  # somebody opened one at the same moment
        reached("page_opened_twice")
        live = HostedPage.objects.live().get(owner=page.owner)
        return _the_same(live, page.purpose, page.amount_cents, page.client)
    return page


def must_have_no_page(owner: str, live: Mapping[str, HostedPage] | None = None) -> None:
    """PageIsOpen while the client may pay on a page of the owner; `live` are the pages, where they were read."""
    page = (live_pages([owner]) if live is None else live).get(owner)
    if page is not None:
        raise PageIsOpen("A page to pay on is still open for this. Close it first.", page)


def live_pages(owners: Iterable[str]) -> dict[str, HostedPage]:
    """Pages on which the clients may pay, by their owners."""
    return {page.owner: page for page in HostedPage.objects.live().filter(owner__in=list(owners))}


# Between transactions ------------------------------------------------------------------------------------------------


def ask(page: HostedPage, *, now: dt.datetime) -> HostedPage:
    """Have Stripe make the page unless it has; `url` is empty while that is not certain: ask again soon."""
    unmade = HostedPage.objects.live().filter(pk=page.pk, session_id=None).exclude(doubts__gt=0, run_at__gt=now)
    return _go_on_alone(page, unmade, now=now)


def look(which: HostedPage | uuid.UUID | str, *, now: dt.datetime) -> HostedPage | None:
    """The page as it is at Stripe now, settled; found by itself, its id or its session's. None when it is not ours.

    Where Stripe can not tell, it is the page as we know it, and the worker finds out.
    """
    page = _find(which)
    if page is None or not page.is_live or page.session_id is None:
        return page
    try:
        settle_page(page.pk, gateway().read_checkout(page.session_id), now=now)
    except (Busy, Indeterminate) as away:
        reached("look_in_doubt")
        live = HostedPage.objects.live().filter(pk=page.pk)
        live.update(status=Status.UNCLEAR, run_at=now + SOON, last_error=f"Stripe: {away}")
    except WrongAmount as wrong:
        _needs_a_person(page, wrong)
    page.refresh_from_db()
    return page


def expire(page: HostedPage, *, now: dt.datetime) -> HostedPage:
    """Close the page; it ends as expired, or as paid or saved when the client was faster. Else the worker goes on."""
    _note_close(HostedPage.objects.filter(pk=page.pk), now=now)
    return _go_on_alone(page, HostedPage.objects.live().filter(pk=page.pk), now=now)


def want_close(*, owner: str, now: dt.datetime) -> None:
    """Note that an owner's live page is to be closed, by whoever asks next or by the worker; within a transaction."""
    _note_close(HostedPage.objects.filter(owner=owner), now=now)


def close(*, owner: str, now: dt.datetime) -> bool:
    """Close the live page of an owner; True when nobody can pay on one any more."""
    live = HostedPage.objects.live().filter(owner=owner).first()
    return live is None or not expire(live, now=now).is_live


def _note_close(pages: QuerySet[HostedPage], *, now: dt.datetime) -> None:
    live = HostedPage.objects.live() & pages.filter(close_wanted_at=None)
    live.update(close_wanted_at=now, run_at=now)


def _find(which: HostedPage | uuid.UUID | str) -> HostedPage | None:
    if isinstance(which, HostedPage):
        which.refresh_from_db()
        return which
    if isinstance(which, uuid.UUID):
        return HostedPage.objects.filter(pk=which).first()
    return HostedPage.objects.filter(session_id=which).first()


def _go_on_alone(page: HostedPage, mine: QuerySet[HostedPage], *, now: dt.datetime) -> HostedPage:
    taken = take_lease(mine, now=now, lease=LEASE)
    if taken is not None:
        try:
            go_on(taken, now=now)
        except LeaseLost:
            reached("lease_lost")
        except (Misuse, WrongAmount) as error:
            logger.error("%s needs a person: %s", taken, error)
            failed(taken, error=f"{type(error).__name__}: {error}", now=now)
    page.refresh_from_db()
    return page


class HostedPages:
    """The worker's look at pages: paid on with the browser closed, expired, or never quite made."""

    lease = LEASE

    def claimable(self, *, now: dt.datetime) -> QuerySet[HostedPage]:
        return HostedPage.objects.live()

    def work(self, row: HostedPage, *, now: dt.datetime) -> None:
        try:
            go_on(row, now=now)
        except WrongAmount as wrong:
            _needs_a_person(row, wrong)
            raise


def go_on(page: HostedPage, *, now: dt.datetime) -> None:
    """One look of the lease's holder: make it, read it or close it; then the lease is given back."""
    try:
        _step(page, now=now)
    except Busy as busy:
        reached(f"page_busy_{busy.code}")
        again(page, run_at=now + SOON, why=f"busy: {busy.code}")
    except Indeterminate as doubt:
        _doubt(page, doubt, now=now)
    else:
        page.refresh_from_db(fields=["status", "last_error"])
        why = page.last_error if page.status == Status.REFUSED else ""
        again(page, run_at=_next_look(page, now=now), why=why, doubts=0)


def _next_look(page: HostedPage, *, now: dt.datetime) -> dt.datetime:
    if page.status == Status.UNCLEAR:  # paid, and another card is still asked for the same
        return now + SOON
    return now + (LOOK_LATER if now - page.created_at > IS_OLD_AFTER else LOOK_AGAIN)


def _step(page: HostedPage, *, now: dt.datetime) -> None:
    if page.session_id is None:
        if page.close_wanted_at is not None or page.expires_at - now < LEAST_LEFT:
            _never_shown(page, now=now)
        else:
            _make(page, now=now)
    elif page.close_wanted_at is not None:
        _close(page, now=now)
    else:
        settle_page(page.pk, gateway().read_checkout(page.session_id), now=now)


def _make(page: HostedPage, *, now: dt.datetime) -> None:
    """Make the session and commit its id with its address: nobody knows the way there before."""
    customer = customers.ensure(page.client) if page.client is not None else ""
    make = gateway().open_card_setup if page.purpose == Purpose.SETUP else gateway().open_checkout
    asked = PageAsked(
        success_url=page.success_url,
        cancel_url=page.cancel_url,
        expires_at=page.expires_at,
        description=page.description,
        customer=customer,
        email=page.email,
    )
    try:
        state = make(Attempt(page.pk, page.amount_cents, page.create_try, metadata_of(page.pk, page.about)), asked)
    except Indeterminate as doubt:
        reached("page_5xx" if doubt.is_stored else "page_lost")
        if doubt.is_stored:  # and would be replayed for a day
            HostedPage.objects.filter(pk=page.pk, session_id=None).update(create_try=page.create_try + 1)
        raise
    except Misuse as error:
        logger.error("%s: Stripe refuses what we ask: %s", page, error)
        reached("page_refused")
        told = {"ended_at": now, "last_error": f"Misuse: {error}"}
        HostedPage.objects.live().filter(pk=page.pk, session_id=None).update(status=Status.REFUSED, **told)
        return
    unmade = HostedPage.objects.live().filter(pk=page.pk, session_id=None)
    if not unmade.update(session_id=state.id, url=state.url, status=Status.OPEN):
        reached("page_nobody_sees")  # it expires by itself


def _never_shown(page: HostedPage, *, now: dt.datetime) -> None:
    """No session is known: if one was made and its answer lost, nobody has its address."""
    reached("page_never_shown")
    unmade = HostedPage.objects.live().filter(pk=page.pk, session_id=None)
    unmade.update(status=Status.EXPIRED, ended_at=now)


def _close(page: HostedPage, *, now: dt.datetime) -> None:
    assert page.session_id is not None  # noqa: S101
    try:
        gateway().expire_checkout(page.session_id)
    except Misuse:
        reached("page_closed_too_late")  # it says itself why
    settle_page(page.pk, gateway().read_checkout(page.session_id), now=now)


def _doubt(page: HostedPage, doubt: Indeterminate, *, now: dt.datetime) -> None:
    reached("page_in_doubt")
    HostedPage.objects.live().filter(pk=page.pk).update(status=Status.UNCLEAR)
    doubts = min(page.doubts + 1, 12)
    pause = min(SOON * 2**doubts, LONGEST_DOUBT)
    again(page, run_at=now + pause, why=str(doubt) or "no answer", doubts=doubts)


def _needs_a_person(page: HostedPage, wrong: WrongAmount) -> None:
    logger.error("%s needs a person: %s", page, wrong)
    reached("page_of_wrong_amount")
    told = f"{type(wrong).__name__}: {wrong}"
    HostedPage.objects.live().filter(pk=page.pk).update(status=Status.UNCLEAR, last_error=told)
