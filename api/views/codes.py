"""The code box: what was typed or scanned. Codes come in a body and not in an address, which stands in logs."""

from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.holdings import OfferAnswer, offer_answer
from api.endpoint import Endpoint
from api.schema import described
from api.serializers.codes import Code
from giftcards import balance_check
from pos import holdings
from studio.models import Right


class CodeLookup(Endpoint):
    @described(name="find_code", request=Code, answers={200: OfferAnswer})
    def post(self, request: Request) -> Response:
        """What the code of a gift card pays with: name it as the `instrument` of a tender."""
        code = self.read(Code)["code"]
        self.require(Right.SELL)
        units.work(lambda: balance_check.reserve_at_desk(self.device.pk, now=self.now))

        return Response(offer_answer(holdings.find_code(code, now=self.now)))
