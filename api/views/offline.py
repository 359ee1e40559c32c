"""Selling without the server: the terms before, and the sales that come in afterwards (R11)."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from api.answers.offline import (
    OfflineSaleAnswer,
    OfflineTermsAnswer,
    offline_sale_answer,
    offline_terms_answer,
)
from api.answers.values import moment
from api.auth import OnPairedTablet
from api.endpoint import Endpoint, created, run
from api.schema import described
from api.serializers.offline import OfflineQuery, OfflineWords
from pos import offline
from pos.models import OfflineSale, Receipt, TaxRate
from studio.models import Right

MOST = 200
"""The newest so many are listed."""


class OfflineTerms(Endpoint):
    permission_classes = [OnPairedTablet]

    @described(name="get_offline_terms", answers={200: OfflineTermsAnswer})
    def get(self, request: Request) -> Response:
        """What a tablet keeps for when the server is away: tax rates, rounding, and how much it may sell."""
        place = self.device.location
        rates = list(TaxRate.objects.in_force(location=place, on=place.business_date(self.now)))
        return Response(offline_terms_answer(place, rates, now=moment(self.now)))


class OfflineSaleList(Endpoint):
    @described(name="list_offline_sales", query=OfflineQuery, answers={200: list[OfflineSaleAnswer]})
    def get(self, request: Request) -> Response:
        """The offline sales of this location, newest first; `status=review` are those that somebody must look at."""
        self.require(Right.SEE_SALES)
        rows = OfflineSale.objects.filter(location=self.desk.location)
        if status := self.query(OfflineQuery).get("status"):
            rows = rows.filter(status=status)
        found = list(rows.order_by("-received_at", "-id")[:MOST])
        papers = Receipt.objects.filter(sale__in=[row.sale_id for row in found if row.sale_id], refund=None)
        by_sale = {paper.sale_id: paper for paper in papers.select_related("location")}
        return Response([offline_sale_answer(row, by_sale.get(row.sale_id) if row.sale_id else None) for row in found])


class OfflineSaleDetail(Endpoint):
    permission_classes = [OnPairedTablet]

    @described(name="put_offline_sale", request=OfflineWords, answers={200: OfflineSaleAnswer, 201: OfflineSaleAnswer})
    def put(self, request: Request, offline_id: uuid.UUID) -> Response:
        """Send a sale that was made without the server; the same sale again changes nothing.

        Nobody needs to be signed on. `accepted` is in the books, at the price that was charged; `review` waits until
        somebody has looked.
        """
        told, sending = self.read(OfflineWords)

        def unit() -> tuple[OfflineSale, Receipt | None]:
            row = offline.take_in(offline_id=offline_id, told=told, sending=sending, device=self.device, now=self.now)
            papers = Receipt.objects.filter(sale=row.sale_id, refund=None).select_related("location")
            return row, papers.first() if row.sale_id else None

        row, paper = run(unit, dry=False)
        return created(offline_sale_answer(row, paper), at=row.received_at, now=self.now)
