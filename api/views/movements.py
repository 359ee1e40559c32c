"""Cash that moves without a sale, what therapists are owed, and corrections of closed drawers."""

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.zreports import (
    CorrectionAnswer,
    DepositAnswer,
    MovementAnswer,
    TipsOwedAnswer,
    correction_answer,
    deposit_answer,
    movement_answer,
    tips_owed_answer,
)
from api.endpoint import Endpoint, created
from api.schema import described
from api.serializers.drawers import Correction, Deposit, Movement
from api.views.drawers import DrawerSessionEndpoint
from pos import drawer_corrections, movements, tips_owed
from pos.models import BankDeposit, DrawerCorrection, DrawerMovement

MOST = 500
"""No drawer moves more often between float and count; the list is cut there."""


class MovementList(DrawerSessionEndpoint):
    @described(name="list_drawer_movements", answers={200: list[MovementAnswer]})
    def get(self, request: Request, session_id: uuid.UUID) -> Response:
        """What moved in the drawer without a sale, in the order of the slips."""
        rows = self.session(session_id).movements.select_related("made_by", "approver", "therapist").order_by("number")
        return Response([movement_answer(row) for row in rows[:MOST]])


class MovementDetail(DrawerSessionEndpoint):
    @described(name="move_drawer_cash", request=Movement, answers={200: MovementAnswer, 201: MovementAnswer})
    def put(self, request: Request, session_id: uuid.UUID, movement_id: uuid.UUID) -> Response:
        """Pay in, pay out, drop to the safe, pay tips out, or open the drawer without a sale."""
        wanted = self.read(Movement)

        def unit() -> DrawerMovement:
            self.session(session_id)
            return movements.put_movement(
                session_id=session_id,
                movement_id=movement_id,
                asked=wanted["asked"],
                desk=self.desk,
                now=self.now,
                approval_id=wanted.get("approval"),
            )

        movement = units.work(unit)
        return created(movement_answer(movement), at=movement.made_at, now=self.now)


class TipsOwed(DrawerSessionEndpoint):
    @described(name="list_tips_owed", answers={200: list[TipsOwedAnswer]})
    def get(self, request: Request, session_id: uuid.UUID) -> Response:
        """Who can be paid tips out of this drawer, and how much at most."""
        self.session(session_id)
        owed = tips_owed.owed_here(self.desk.location)
        return Response([tips_owed_answer(therapist, cents) for therapist, cents in owed])


class CorrectionDetail(DrawerSessionEndpoint):
    @described(name="correct_drawer", request=Correction, answers={200: CorrectionAnswer, 201: CorrectionAnswer})
    def put(self, request: Request, session_id: uuid.UUID, correction_id: uuid.UUID) -> Response:
        """Write down what turned out about a closed drawer; its Z stays as it is and shows this beside it."""
        wanted = self.read(Correction)

        def unit() -> DrawerCorrection:
            self.session(session_id)
            return drawer_corrections.put_correction(
                session_id=session_id,
                correction_id=correction_id,
                about=wanted["about"],
                amount_cents=wanted["amount_cents"],
                why=wanted["why"],
                desk=self.desk,
                now=self.now,
                approval_id=wanted.get("approval"),
            )

        correction = units.work(unit)
        return created(correction_answer(correction), at=correction.made_at, now=self.now)


class BankDepositDetail(Endpoint):
    @described(name="deposit_cash", request=Deposit, answers={200: DepositAnswer, 201: DepositAnswer})
    def put(self, request: Request, deposit_id: uuid.UUID) -> Response:
        """Write down that cash of this location's safe was brought to the bank."""
        wanted = self.read(Deposit)

        def unit() -> BankDeposit:
            return movements.put_deposit(
                deposit_id=deposit_id,
                amount_cents=wanted["amount_cents"],
                slip=wanted["slip"],
                desk=self.desk,
                now=self.now,
            )

        deposit = units.work(unit)
        return created(deposit_answer(deposit), at=deposit.made_at, now=self.now)
