"""Gift cards at the desk, and the balance check of whoever holds one. Codes come in bodies, never in addresses."""

import uuid
from collections.abc import Callable

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.gift_cards import (
    BalanceAnswer,
    CashedOutAnswer,
    GiftCardAnswer,
    GiftCardCodeAnswer,
    PaperAnswer,
    balance_answer,
    cashed_out_answer,
    gift_card_answer,
)
from api.endpoint import Endpoint, run
from api.schema import described
from api.serializers.codes import Code
from api.serializers.gift_cards import Block, CashOut, Consented, Holder, Mailing, Merge, Purpose
from api.serializers.sales import DryRun, Nothing
from giftcards import balance_check, codes, finding, handing, issuing, life
from giftcards.law import cash_out_allowed
from giftcards.models import GiftCard
from pos.models import Client
from studio.addresses import address_of
from studio.models import Right
from studio.refusal import BadInput


class GiftCardsEndpoint(Endpoint):
    """What the addresses of gift cards share: any location of the business serves any card."""

    @property
    def dry(self) -> bool:
        """Whether only the effect is asked for (R40)."""
        return bool(self.query(DryRun)["dry_run"])

    def card(self, card_id: uuid.UUID) -> GiftCard:
        self.require(Right.SELL)
        try:
            return finding.the_card(str(card_id))
        except finding.UnknownCard as unknown:
            raise Http404 from unknown

    def told(self, card: GiftCard) -> GiftCardAnswer:
        """The card as it now is, with what its holder may ask for in cash here."""
        now_on_it = finding.the_card(str(card.pk))
        may_have = cash_out_allowed(now_on_it, location=self.desk.location, now=self.now)
        return gift_card_answer(now_on_it, may_have=may_have)

    def does(self, unit: Callable[[], GiftCard], *, dry: object = False) -> Response:
        """The card that the unit of work answers with."""
        return Response(run(lambda: self.told(unit()), dry=dry))


class GiftCardLookup(GiftCardsEndpoint):
    @described(name="find_gift_card", request=Code, answers={200: GiftCardAnswer})
    def post(self, request: Request) -> Response:
        """The card with this code or serial: what is on it, what happened to it, what may be cashed out."""
        code = self.read(Code)["code"]
        self.require(Right.SELL)
        units.work(lambda: balance_check.reserve_at_desk(self.device.pk, now=self.now))
        return self.does(lambda: finding.the_card(code))


class GiftCardDetail(GiftCardsEndpoint):
    @described(name="get_gift_card", answers={200: GiftCardAnswer})
    def get(self, request: Request, card_id: uuid.UUID) -> Response:
        """The card with its history."""
        return self.does(lambda: self.card(card_id))


class GiftCardBlock(GiftCardsEndpoint):
    @described(name="block_gift_card", request=Block, answers={200: GiftCardAnswer})
    def put(self, request: Request, card_id: uuid.UUID) -> Response:
        """Stop a lost or stolen card at once."""
        why = self.read(Block)["why"]
        return self.does(lambda: life.block(self.card(card_id), why=why, desk=self.desk, now=self.now))


class GiftCardUnblock(GiftCardsEndpoint):
    @described(name="unblock_gift_card", request=Consented, answers={200: GiftCardAnswer})
    def put(self, request: Request, card_id: uuid.UUID) -> Response:
        """Let a blocked card pay again."""
        yes = self.read(Consented).get("approval")
        return self.does(lambda: life.unblock(self.card(card_id), desk=self.desk, now=self.now, approval_id=yes))


class GiftCardReissue(GiftCardsEndpoint):
    @described(name="reissue_gift_card", request=Consented, query=DryRun, answers={200: GiftCardAnswer})
    def put(self, request: Request, card_id: uuid.UUID) -> Response:
        """The new card that replaces a lost one; asked again, the same new card."""
        yes = self.read(Consented).get("approval")

        def unit() -> GiftCard:
            return life.reissue(self.card(card_id), desk=self.desk, now=self.now, approval_id=yes)

        return self.does(unit, dry=self.dry)


class GiftCardMerge(GiftCardsEndpoint):
    @described(name="merge_gift_cards", request=Merge, query=DryRun, answers={200: GiftCardAnswer})
    def put(self, request: Request, card_id: uuid.UUID) -> Response:
        """Move what is on other cards to this one."""
        wanted = self.read(Merge)

        def unit() -> GiftCard:
            into, others = self.card(card_id), [self.card(other) for other in wanted["cards"]]
            yes = wanted.get("approval")
            return life.merge(others, into=into, desk=self.desk, now=self.now, approval_id=yes)

        return self.does(unit, dry=self.dry)


class GiftCardCashOut(GiftCardsEndpoint):
    @described(name="cash_out_gift_card", request=CashOut, query=DryRun, answers={200: CashedOutAnswer})
    def put(self, request: Request, card_id: uuid.UUID) -> Response:
        """Pay what is left of a card from the drawer and close it; asked again, the same answer."""
        wanted = self.read(CashOut)

        def unit() -> CashedOutAnswer:
            paid = life.cash_out(
                self.card(card_id),
                desk=self.desk,
                now=self.now,
                drawer_session_id=wanted.get("drawer_session"),
                approval_id=wanted.get("approval"),
            )
            return cashed_out_answer(paid)

        return Response(run(unit, dry=self.dry))


class GiftCardHolder(GiftCardsEndpoint):
    @described(name="give_gift_card_to", request=Holder, answers={200: GiftCardAnswer})
    def put(self, request: Request, card_id: uuid.UUID) -> Response:
        """Note which client holds the card: it is offered when they pay."""
        client_id = self.read(Holder)["client"]

        def unit() -> GiftCard:
            client = Client.objects.filter(pk=client_id).first()
            if client is None and client_id is not None:
                raise BadInput("client", "This client is not known.")
            return life.give_to(self.card(card_id), client, desk=self.desk, now=self.now)

        return self.does(unit)


class GiftCardCode(GiftCardsEndpoint):
    @described(name="reveal_gift_card_code", request=Purpose, answers={200: GiftCardCodeAnswer})
    def post(self, request: Request, card_id: uuid.UUID) -> Response:
        """The whole code, to print or mail it; each look is noted."""
        why = self.read(Purpose)["why"]

        def unit() -> GiftCardCodeAnswer:
            return {"code": issuing.reveal(self.card(card_id), why=why, now=self.now, desk=self.desk)}

        return Response(units.work(unit))


class GiftCardMail(GiftCardsEndpoint):
    @described(name="mail_gift_card", request=Mailing, answers={200: GiftCardAnswer})
    def post(self, request: Request, card_id: uuid.UUID) -> Response:
        """Mail the card to whom it is for; once more to the same or another address, up to five times a day."""
        gift = handing.Gift(**self.read(Mailing))

        def unit() -> GiftCard:
            card = self.card(card_id)
            handing.mail_card(card, gift, desk=self.desk, now=self.now)
            return card

        return self.does(unit)


class GiftCardPaper(GiftCardsEndpoint):
    @described(name="print_gift_card", request=Nothing, answers={200: PaperAnswer})
    def post(self, request: Request, card_id: uuid.UUID) -> Response:
        """The address of the card's page to print; each look is noted."""
        self.read(Nothing)

        def unit() -> PaperAnswer:
            return {"url": handing.on_paper(self.card(card_id), desk=self.desk, now=self.now)}

        return Response(units.work(unit))


class GiftCardBalance(Endpoint):
    authentication_classes = []
    permission_classes = []

    @described(name="check_gift_card_balance", request=Code, answers={200: BalanceAnswer})
    def post(self, request: Request) -> Response:
        """What is on a card, for whoever holds its code; one answer for every code that pays nothing."""
        code, address = self.read(Code)["code"], address_of(request._request)
        codes.read(code)  # a slip of the finger is told, and is no try
        units.work(lambda: balance_check.reserve(address, now=self.now))
        balance = units.work(lambda: balance_check.look(code, now=self.now))
        if balance is None:
            units.work(lambda: balance_check.missed(address, now=self.now))
            raise balance_check.NoSuchBalance("There is no card with this code that can be used now.")
        units.work(lambda: balance_check.found(address, now=self.now))
        return Response(balance_answer(balance))
