"""A link to a page of Stripe's as a way to pay: shown as a code at the desk, or mailed (R4)."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from typing import ClassVar

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from jobs.outbox import queue_mail
from ledger.money import dollars
from payments import hosted
from payments.charges import CardWasCharged, ChargeInFlight
from payments.models import Charge, HostedPage
from pos import checkout, clients
from pos.asked import AskedTender, Desk
from pos.basket import Basket
from pos.cards import ByCharge, CardNotPaid, link, owner_of
from pos.kinds import Payable, Progress
from pos.models import PayLink, Sale, Tender
from pos.models.paylinks import new_token
from pos.tenders import exactly_cents
from studio import rights
from studio.models import Business, Right
from studio.refusal import BadInput, Refusal

Status = HostedPage.Status

LIVES_FOR = dt.timedelta(hours=1)
"""The shortest there is: the sale is abandoned, and its page closed, half an hour after its last change (R1)."""


class LinkHasEnded(Refusal):
    """Nobody can pay by the link any more."""

    code = "link_has_ended"


class ByLink(ByCharge):
    """The client's own phone pays; the charge is there once the page was paid."""

    code: ClassVar[str] = "pay_link"
    name: ClassVar[str] = "Pay link"

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        amount_cents = exactly_cents(asked, basket.due_cents)
        tender = Tender(id=tender_id, kind=self.code, amount_cents=amount_cents, tendered_cents=amount_cents)
        token = new_token()
        page = _open(tender, basket.sale, token, now=now)
        PayLink.objects.create(tender_id=tender_id, page=page, token=token)
        return tender

    def ask(self, tender: Tender, *, now: dt.datetime) -> None:
        page = _page(tender)
        if page.status == Status.UNCLEAR and page.run_at > now:
            return
        if page.close_wanted_at is not None:
            hosted.expire(page, now=now)
        elif page.session_id is None:
            hosted.ask(page, now=now)
        else:
            hosted.look(page, now=now)

    def progress(self, tender: Tender) -> Progress:
        return _progress(tender) if _paid(tender) is None else super().progress(tender)

    def try_again(self, tender: Tender, *, n: int, asked: AskedTender, now: dt.datetime) -> None:
        raise BadInput("n", "Take this link off and make another one.")

    def settle_all(self, tenders: Sequence[Tender], *, now: dt.datetime) -> None:
        for tender in tenders:
            charge = _paid(tender)
            if charge is None:
                self._must_be_over(tender)
                raise CardNotPaid("Nobody has paid by the link. Take another way to pay.")
            link(tender, charge)
        super().settle_all(tenders, now=now)

    def drop(self, tender: Tender, *, now: dt.datetime) -> bool:
        if _paid(tender) is not None:
            raise CardWasCharged(
                f"The client has paid ${dollars(tender.amount_cents)} by the link. Complete the sale, or cancel all of "
                "it to give the money back."
            )
        if _page(tender).is_live:
            self.let_go(tender, now=now)
            return False
        return True

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        """As with a card: what was paid goes back, and what may still be paid keeps the sale as it is."""
        charge = _paid(tender)
        if charge is None:
            self._must_be_over(tender)
        else:
            link(tender, charge)
            super().release(tender, now=now)

    def let_go(self, tender: Tender, *, now: dt.datetime) -> None:
        """Have the page closed, by whoever asks next or by the worker."""
        hosted.want_close(owner=owner_of(tender.pk), now=now)
        _page(tender).refresh_from_db()

    def _must_be_over(self, tender: Tender) -> None:
        if _page(tender).is_live:
            raise ChargeInFlight("The client may still pay by the link. Take it off first, or wait.")


def mail(*, sale_id: uuid.UUID, tender_id: uuid.UUID, to: str, desk: Desk, now: dt.datetime) -> Basket:
    """Mail the link of a tender to the client; the same address gets it once. LinkHasEnded when nobody can pay by it.

    The sale has another half hour.
    """
    rights.require(desk.staff, Right.SELL, desk.location)
    basket = checkout.read_locked(sale_id, desk=desk)
    found = PayLink.objects.select_related("page", "tender").filter(tender__sale=basket.sale, tender=tender_id).first()
    if found is None:
        raise BadInput("tender", "This payment is no pay link on the sale.")
    if not found.page.is_live or found.page.close_wanted_at is not None:
        raise LinkHasEnded("Nobody can pay by this link any more.")
    _queue(found, basket.sale, to=clients.clean_email(to), now=now)
    basket.touch(now=now)
    basket.write()
    return basket


def address(link: PayLink) -> str:
    """Where the client pays."""
    return settings.SITE_URL + reverse("pay", args=[link.token])


def _queue(link: PayLink, sale: Sale, *, to: str, now: dt.datetime) -> None:
    business = Business.current()
    amount = f"${dollars(link.page.amount_cents)}"
    context = {"business": business, "location": sale.location, "amount": amount, "url": address(link)}
    queue_mail(
        dedupe=f"pay-link:{link.pk}:{hashlib.sha256(to.lower().encode()).hexdigest()[:32]}",
        to=to,
        subject=f"Pay {amount} to {business.name}",
        text=render_to_string("pos/pay_link.txt", context),
        now=now,
    )


def _open(tender: Tender, sale: Sale, token: str, *, now: dt.datetime) -> HostedPage:
    here = settings.SITE_URL + reverse("pay", args=[token])
    return hosted.open_page(
        owner=owner_of(tender.pk),
        about=f"sale:{sale.pk}",
        purpose=HostedPage.Purpose.PAYMENT,
        location=sale.location,
        amount_cents=tender.amount_cents,
        description=f"{Business.current().name}, {sale.location.name}",
        client=None,
        email=sale.client.email if sale.client is not None else "",
        success_url=f"{here}/done",
        cancel_url=here,
        lives_for=LIVES_FOR,
        now=now,
    )


def _page(tender: Tender) -> HostedPage:
    return tender.pay_link.page


def _paid(tender: Tender) -> Charge | None:
    """The charge of a page that was paid, before it is noted on the tender too."""
    if tender.charge is None and not _page(tender).is_live:
        owned = Charge.objects.select_related("reader").filter(owner=owner_of(tender.pk))
        tender.charge = owned.filter(status=Charge.Status.SUCCEEDED).first()
    return tender.charge


def _progress(tender: Tender) -> Progress:
    page, amount = _page(tender), f"${dollars(tender.amount_cents)}"
    if page.is_live and page.close_wanted_at is not None:
        return Progress("cancelling", "Closing the link. Wait until it is known that nobody has paid by it.")
    if page.status == Status.UNCLEAR:
        return Progress("checking", "Checking with the bank. Take no other payment for this yet.")
    if page.status == Status.CREATED:
        return Progress("waiting", f"Making the link · {amount}")
    if page.status == Status.OPEN:
        return Progress("waiting", f"Scan to pay · {amount}", url=address(tender.pay_link))
    return Progress("cancelled", "The link has ended. Nothing was charged.")
