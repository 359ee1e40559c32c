"""Signing on and off with a PIN, and giving an approval with one.

A PIN is tried in three phases: the try is counted and committed, the PIN is compared with no transaction open, and
what it allows is written (R6, R12).
"""

from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.drawers import ApprovalAnswer, approval_answer
from api.answers.tablet import StaffSessionAnswer, staff_session_answer, works_here
from api.auth import OnPairedTablet, forget_session, keep_session, tablet_of
from api.endpoint import Endpoint
from api.schema import described
from api.serializers.drawers import Consent
from api.serializers.people import SignOn
from pos import approvals
from pos.models import Approval
from studio import audit, pins, sessions
from studio.models import Staff, StaffSession
from studio.refusal import BadInput


class PinEndpoint(Endpoint):
    """What both ways to use a PIN share."""

    def verified(self, *, staff_id: int, pin: str) -> Staff:
        """The person, whose PIN it is; WrongPin or TooManyTries otherwise. No transaction is open."""
        staff = Staff.objects.filter(works_here(self.device.location), pk=staff_id).first()
        if staff is None:
            raise BadInput("staff", "Nobody of that number can use a PIN here.")
        tries_left = units.work(lambda: pins.reserve_pin_try(staff=staff, device=self.device, now=self.now))
        if not pins.pin_matches(staff, pin):
            units.work(lambda: self._note_wrong_pin(staff))
            raise pins.WrongPin(tries_left)
        return staff

    def _note_wrong_pin(self, staff: Staff) -> None:
        at, device = self.now, self.device
        audit.record(at=at, action="pin_refused", device=device, location=device.location, subject=staff)


class StaffSessionList(PinEndpoint):
    permission_classes = [OnPairedTablet]

    @described(name="sign_on", request=SignOn, answers={201: StaffSessionAnswer})
    def post(self, request: Request) -> Response:
        """Sign a person on to this tablet with a PIN; whoever was signed on is signed off."""
        wanted = self.read(SignOn)
        staff = self.verified(staff_id=wanted["staff"], pin=wanted["pin"])

        def unit() -> tuple[StaffSession, str]:
            pins.pin_was_right(staff=staff, device=self.device, now=self.now)
            return sessions.sign_on(device=self.device, staff=staff, now=self.now)

        session, token = units.work(unit)
        response = Response(staff_session_answer(session, token, self.device.location), status=201)
        keep_session(response, token)
        return response


class CurrentStaffSession(Endpoint):
    permission_classes = [OnPairedTablet]

    @described(name="sign_off", answers={204: None})
    def delete(self, request: Request) -> Response:
        """Sign off whoever is signed on to this tablet; nobody is fine too."""
        session = tablet_of(request).session
        if session is not None:
            units.work(lambda: sessions.sign_off(session, now=self.now))
        response = Response(status=204)
        forget_session(response)
        return response


class ApprovalList(PinEndpoint):
    @described(name="approve", request=Consent, answers={201: ApprovalAnswer})
    def post(self, request: Request) -> Response:
        """Another person's yes to what a refusal named, given with their PIN; it serves once, within two minutes."""
        wanted = self.read(Consent)
        approver = self.verified(staff_id=wanted["staff"], pin=wanted["pin"])

        def unit() -> Approval:
            pins.pin_was_right(staff=approver, device=self.device, now=self.now)
            return approvals.give(
                action=wanted["action"],
                object_id=wanted["object"],
                amount_cents=wanted["amount_cents"],
                approver=approver,
                desk=self.desk,
                now=self.now,
            )

        return Response(approval_answer(units.work(unit)), status=201)
