"""Taking a sale back: the void on its day, refunds by line and tip; and the sale's receipt."""

import uuid

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.names import unlinked
from api.answers.receipts import MailAnswer, PrintAnswer, ReceiptWithCodeAnswer, receipt_with_code
from api.answers.refunds import RefundAnswer, refund_answer
from api.answers.sales import SaleAnswer, sale_answer
from api.answers.values import entry_from
from api.endpoint import created
from api.schema import described
from api.serializers.people import MailTo
from api.serializers.refunds import PartRefund, WantedRefund, WholeVoid
from api.serializers.sales import DryRun, Nothing
from api.views.sales import SalesEndpoint
from pos import checkout, receipts, refunds, voids
from pos.models import Receipt, Void
from pos.refunds import GivenBack
from studio.models import Right


class SaleVoid(SalesEndpoint):
    @described(name="void_sale", request=WholeVoid, query=DryRun, answers={200: SaleAnswer})
    def put(self, request: Request, sale_id: uuid.UUID) -> Response:
        """Undo a whole sale of today; its entry gets the exact mirror."""
        wanted = self.read(WholeVoid)
        if self.dry:
            return Response(units.rehearse(lambda: self._preview(sale_id)))

        def unit() -> Void:
            return voids.void_sale(
                sale_id=sale_id,
                reason=wanted["reason"],
                desk=self.desk,
                now=self.now,
                note=wanted["note"],
                approval_id=wanted.get("approval"),
            )

        voids.send_back(units.work(unit), now=self.now)
        return Response(sale_answer(checkout.find_sale(sale_id, desk=self.desk)))

    def _preview(self, sale_id: uuid.UUID) -> SaleAnswer:
        """The sale as it is, the entry that the void would post, and whether it needs another person's yes."""
        preview = voids.preview_void(sale_id=sale_id, desk=self.desk, now=self.now)
        sale = sale_answer(checkout.find_sale(sale_id, desk=self.desk))
        return {**sale, "entry": entry_from(preview.lines), "approval_needed": preview.approval_needed}


class SaleRefund(SalesEndpoint):
    @described(name="refund_sale", request=PartRefund, query=DryRun, answers={200: RefundAnswer, 201: RefundAnswer})
    def put(self, request: Request, sale_id: uuid.UUID, refund_id: uuid.UUID) -> Response:
        """Give back lines by quantity, and tips when named, each tender the way it came."""
        wanted: WantedRefund = self.read(PartRefund)
        if self.dry:
            return Response(units.rehearse(lambda: self._preview(sale_id, refund_id, wanted)))

        def unit() -> tuple[RefundAnswer, GivenBack]:
            given = refunds.refund_sale(
                sale_id=sale_id,
                refund_id=refund_id,
                asked=wanted.refund,
                desk=self.desk,
                now=self.now,
                approval_id=wanted.approval_id,
            )
            return refund_answer(given), given

        answer, given = units.work(unit)
        if refunds.send_back(given, now=self.now):
            answer = refund_answer(given)
        return created(answer, at=given.refund.occurred_at, now=self.now)

    def _preview(self, sale_id: uuid.UUID, refund_id: uuid.UUID, wanted: WantedRefund) -> RefundAnswer:
        preview = refunds.preview_refund(
            sale_id=sale_id, refund_id=refund_id, asked=wanted.refund, desk=self.desk, now=self.now
        )
        entry = entry_from(preview.lines)
        return {**refund_answer(preview.given), "entry": entry, "approval_needed": preview.approval_needed}


class ReceiptEndpoint(SalesEndpoint):
    """What the addresses of a sale's receipt share."""

    def receipt(self, sale_id: uuid.UUID) -> Receipt:
        """The receipt of the sale itself; 404 before it is completed."""
        self.require(Right.SEE_SALES)
        mine = Receipt.objects.filter(sale=sale_id, refund=None, location=self.desk.location)
        found = mine.select_related("location", "sale__client", "sale__completed_by").first()
        if found is None:
            raise Http404
        return found


class SaleReceipt(ReceiptEndpoint):
    @described(name="get_receipt", answers={200: ReceiptWithCodeAnswer})
    def get(self, request: Request, sale_id: uuid.UUID) -> Response:
        """The receipt's number, where to find it, and the code of its link."""
        answer = receipt_with_code(self.receipt(sale_id))
        return Response(answer if self.sees_clients() else {**unlinked(answer), "qr": None})


class ReceiptMail(ReceiptEndpoint):
    @described(name="mail_receipt", request=MailTo, answers={202: MailAnswer})
    def post(self, request: Request, sale_id: uuid.UUID) -> Response:
        """Send the receipt by e-mail; the same address gets it once an hour at most."""
        to = self.read(MailTo)["email"]

        def unit() -> None:
            self.require(Right.CLIENTS)
            receipts.queue(self.receipt(sale_id), to=to, now=self.now)

        units.work(unit)
        return Response(MailAnswer(email=to), status=202)


class ReceiptPrint(ReceiptEndpoint):
    @described(name="print_receipt", request=Nothing, answers={200: PrintAnswer})
    def post(self, request: Request, sale_id: uuid.UUID) -> Response:
        """Note a print and give the page to print; from the second time on it says COPY."""
        self.read(Nothing)

        def unit() -> PrintAnswer:
            self.require(Right.CLIENTS)
            receipt = self.receipt(sale_id)
            copy = receipts.mark_printed(receipt, now=self.now)
            return {"url": receipts.address(receipt) + ("?copy" if copy else ""), "copy": copy}

        return Response(units.work(unit))
