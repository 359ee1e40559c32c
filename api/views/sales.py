"""A sale by its id: contents, tenders, the end; and the list of sales."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from api.answers.names import nameless, without_names
from api.answers.sale_rows import SalePage, SaleRow, sale_rows, with_parts
from api.answers.sales import SaleAnswer, sale_answer
from api.answers.values import entry_of
from api.endpoint import Endpoint, run
from api.filters import Filters, SaleFilters
from api.pages import page_of
from api.schema import described
from api.serializers.people import MailTo
from api.serializers.sales import DryRun, NextTry, Nothing, Parking, Sale, Tender, Wanted
from pos import checkout, ending, pay_links
from pos.basket import Basket
from pos.models import Sale as StoredSale
from studio import rights
from studio.models import Level, Right

POLL_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Told:
    """A sale, and how it is told."""

    basket: Basket
    answer: SaleAnswer

    @classmethod
    def of(cls, basket: Basket) -> Self:
        return cls(basket, sale_answer(basket))


class SalesEndpoint(Endpoint):
    """What the addresses of sales share."""

    def told(self, unit: Callable[[], Told], *, dry: bool = False, opens: bool = False) -> Response:
        """The sale after a unit of work; with the bank asked in between and the unit run again, when one must answer.

        201 when it was opened by this very request, 202 while somebody must still answer, otherwise 200.
        """
        told = run(unit, dry=dry)
        if dry:
            return Response(told.answer)
        if checkout.ask(told.basket, now=self.now):
            told = run(unit, dry=False)
        if told.basket.sale.status == StoredSale.Status.OPEN and told.basket.waiting_tenders:
            return Response(told.answer, status=202, headers={"Retry-After": str(POLL_SECONDS)})
        is_new = opens and told.basket.sale.opened_at == self.now
        return Response(told.answer, status=201 if is_new else 200)

    @property
    def dry(self) -> bool:
        """Whether to show the effect only (R40)."""
        return bool(self.request.query_params and self.query(DryRun)["dry_run"])

    def sees_clients(self) -> bool:
        """Whether the person may know clients by name (R12)."""
        return rights.can(self.desk.staff, Right.CLIENTS, self.desk.location) == Level.ALLOWED


class SaleList(SalesEndpoint, GenericAPIView[StoredSale]):
    queryset = StoredSale.objects.all()
    filter_backends = [Filters]
    filterset_class = SaleFilters

    @described(name="list_sales", answers={200: SalePage}, cursor=SalePage)
    def get(self, request: Request) -> Response:
        """The sales of this location, newest first."""
        self.require(Right.SEE_SALES)
        sales = self.filter_queryset(self.get_queryset().filter(location=self.desk.location))
        found, following, previous = page_of(with_parts(sales), "-opened_at", "-id", request=request)
        rows: list[SaleRow] = sale_rows(found)
        if not self.sees_clients():
            nameless(rows)
        return Response({"next": following, "previous": previous, "results": rows})


class SaleDetail(SalesEndpoint):
    @described(name="get_sale", answers={200: SaleAnswer})
    def get(self, request: Request, sale_id: uuid.UUID) -> Response:
        """The sale with all that is on it."""
        self.require(Right.SEE_SALES)
        answer = sale_answer(checkout.find_sale(sale_id, desk=self.desk))
        return Response(answer if self.sees_clients() else without_names(answer))

    @described(name="put_sale", request=Sale, query=DryRun, answers={200: SaleAnswer, 201: SaleAnswer, 202: SaleAnswer})
    def put(self, request: Request, sale_id: uuid.UUID) -> Response:
        """Open a sale or replace the contents of an open one; with `complete` a whole sale in one request.

        The tablet makes the id. The same contents again are the same answer. To change an open sale, send the
        `revision` last seen.
        """
        wanted: Wanted = self.read(Sale)
        dry = self.dry

        def unit() -> Told:
            basket = self._put(sale_id, wanted)
            return Told(basket, _rehearsed(basket) if dry else sale_answer(basket))

        return self.told(unit, dry=dry, opens=True)

    def _put(self, sale_id: uuid.UUID, wanted: Wanted) -> Basket:
        common: dict[str, Any] = {
            "sale_id": sale_id,
            "asked": wanted.sale,
            "desk": self.desk,
            "now": self.now,
            "revision": wanted.revision,
            "approval_id": wanted.approval_id,
        }
        if wanted.completes:
            return checkout.sell(tenders=wanted.tenders, **common)
        return checkout.put_sale(**common)


class SaleTender(SalesEndpoint):
    @described(name="put_tender", request=Tender, query=DryRun, answers={200: SaleAnswer, 202: SaleAnswer})
    def put(self, request: Request, sale_id: uuid.UUID, tender_id: uuid.UUID) -> Response:
        """Put a tender on an open sale; the same tender again changes nothing.

        With a card it is 202 while the card is waited for: repeat it every two seconds, each repeat asks again.
        """
        asked, dry = self.read(Tender), self.dry

        def unit() -> Told:
            return Told.of(
                checkout.put_tender(sale_id=sale_id, tender_id=tender_id, asked=asked, desk=self.desk, now=self.now)
            )

        return self.told(unit, dry=dry)

    @described(name="release_tender", answers={200: SaleAnswer, 202: SaleAnswer})
    def delete(self, request: Request, sale_id: uuid.UUID, tender_id: uuid.UUID) -> Response:
        """Take a tender off an open sale: what it paid is due again.

        A card that was asked for is withdrawn at the bank first: 202 until that is known, `card_was_charged` when the
        card was faster.
        """

        def unit() -> Told:
            return Told.of(checkout.drop_tender(sale_id=sale_id, tender_id=tender_id, desk=self.desk, now=self.now))

        return self.told(unit)


class SaleTenderTry(SalesEndpoint):
    @described(name="try_tender_again", request=NextTry, answers={200: SaleAnswer, 202: SaleAnswer})
    def put(self, request: Request, sale_id: uuid.UUID, tender_id: uuid.UUID, n: int) -> Response:
        """Ask for a declined or cancelled card once more, on this reader or another: 2 is the second try."""
        asked = self.read(NextTry)

        def unit() -> Told:
            return Told.of(
                checkout.try_again(sale_id=sale_id, tender_id=tender_id, n=n, asked=asked, desk=self.desk, now=self.now)
            )

        return self.told(unit)


class SaleTenderMail(SalesEndpoint):
    @described(name="mail_pay_link", request=MailTo, answers={200: SaleAnswer, 202: SaleAnswer})
    def post(self, request: Request, sale_id: uuid.UUID, tender_id: uuid.UUID) -> Response:
        """Mail a pay link to the client, who has half an hour to pay by it; the same address gets it once."""
        to = self.read(MailTo)["email"]

        def unit() -> Told:
            return Told.of(pay_links.mail(sale_id=sale_id, tender_id=tender_id, to=to, desk=self.desk, now=self.now))

        return self.told(unit)


class SaleCompletion(SalesEndpoint):
    @described(name="complete_sale", request=Nothing, query=DryRun, answers={200: SaleAnswer})
    def put(self, request: Request, sale_id: uuid.UUID) -> Response:
        """Complete a paid sale: its entry, its receipt; again is the same answer."""
        self.read(Nothing)
        dry = self.dry

        def unit() -> SaleAnswer:
            basket = checkout.complete_sale(sale_id=sale_id, desk=self.desk, now=self.now)
            return _rehearsed(basket) if dry else sale_answer(basket)

        return Response(run(unit, dry=dry))


class SaleAbandonment(SalesEndpoint):
    @described(name="abandon_sale", request=Nothing, answers={200: SaleAnswer, 202: SaleAnswer})
    def put(self, request: Request, sale_id: uuid.UUID) -> Response:
        """End an open sale and release what it holds; money that a card has paid goes back to it."""
        self.read(Nothing)

        def unit() -> Told:
            return Told.of(ending.abandon_sale(sale_id=sale_id, desk=self.desk, now=self.now))

        return self.told(unit)


class SaleParking(SalesEndpoint):
    @described(name="park_sale", request=Parking, answers={200: SaleAnswer, 202: SaleAnswer})
    def put(self, request: Request, sale_id: uuid.UUID) -> Response:
        """Put an open sale aside for later; any tablet here resumes it by sending its contents again."""
        label = self.read(Parking)["label"]

        def unit() -> Told:
            return Told.of(ending.park_sale(sale_id=sale_id, label=label, desk=self.desk, now=self.now))

        return self.told(unit)


def _rehearsed(basket: Basket) -> SaleAnswer:
    """The sale as it would be, with the entry it would post; no receipt, for its number is not given out."""
    return {**sale_answer(basket), "receipt": None, "entry": entry_of(basket.entry)}
