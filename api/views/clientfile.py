"""A client's health file and preferences, and the therapist's OK to a sale (R35 to R37).

What is read of health is answered to a POST: it leaves a row, and nothing of it is ever in an address.
"""

import uuid
from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.clientfile import (
    ClientDataAnswer,
    GlanceAnswer,
    HealthFileAnswer,
    MergedAnswer,
    PreferencesAnswer,
    client_data_answer,
    glance_answer,
    health_answer,
    preferences_answer,
)
from api.answers.sales import SaleAnswer, sale_answer
from api.endpoint import Endpoint, run
from api.schema import described
from api.serializers import clientfile as shapes
from api.serializers.sales import DryRun, Nothing
from api.views.staff import PinEndpoint
from clientfile import check, flags, health, preferences, wishes
from clientfile.models import HealthRead
from clientfile.preferences import AskedPreferences
from pos import checkout
from pos.asked import Desk
from pos.models import Client
from studio import pins
from studio.models import Right, Staff
from studio.refusal import BadInput


class HealthEndpoint(PinEndpoint):
    """What the addresses of health files share: they are for whoever is signed on, or for a therapist by PIN."""

    def acting(self, wanted: dict[str, Any]) -> Desk:
        """In whose name it is done, once their PIN is verified; the person signed on when nobody else is named."""
        if "staff" not in wanted:
            return self.desk
        if "pin" not in wanted:
            raise BadInput("pin", "Enter the PIN.")
        staff = self.verified(staff_id=wanted["staff"], pin=wanted["pin"])
        units.work(lambda: pins.pin_was_right(staff=staff, device=self.device, now=self.now))
        return Desk(location=self.desk.location, staff=staff, device=self.desk.device)


class ClientHealth(Endpoint):
    @described(name="get_client_health", answers={200: GlanceAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """What the desk may know: whether a therapist has to look first, and how old the intake form is."""
        self.require(Right.CLIENTS)
        on = self.desk.location.business_date(self.now)
        return Response(glance_answer(health.glance(_found(client_id), on=on)))


class ClientHealthReads(HealthEndpoint):
    @described(name="read_client_health", request=shapes.ReadHealth, answers={200: HealthFileAnswer})
    def post(self, request: Request, client_id: uuid.UUID) -> Response:
        """Read the health file; who does and why is put on record first."""
        wanted = self.read(shapes.ReadHealth)
        desk, client = self.acting(wanted), _found(client_id)
        reason = HealthRead.Reason(wanted["reason"])
        file = units.work(lambda: health.read(client, reason=reason, desk=desk, now=self.now))
        return Response(health_answer(file))


class ClientHealthFlag(HealthEndpoint):
    @described(name="set_client_flag", request=shapes.SetFlag, answers={204: None})
    def put(self, request: Request, client_id: uuid.UUID, flag_id: uuid.UUID) -> Response:
        """Set a flag on the client, or change it; the tablet makes the id."""
        wanted = self.read(shapes.SetFlag)
        desk, client = self.acting(wanted), _found(client_id)
        fields = {name: wanted[name] for name in ("starts_on", "ends_on", "note")}

        def unit() -> None:
            flags.set_flag(flag_id=flag_id, client=client, code=wanted["flag"], desk=desk, now=self.now, **fields)

        units.work(unit)
        return Response(status=204)


class ClientHealthFlagLifted(HealthEndpoint):
    @described(name="lift_client_flag", request=shapes.ByTherapist, answers={204: None})
    def put(self, request: Request, client_id: uuid.UUID, flag_id: uuid.UUID) -> Response:
        """Lift a flag: it says nothing any more."""
        desk, client = self.acting(self.read(shapes.ByTherapist)), _found(client_id)
        units.work(lambda: flags.lift_flag(flag_id=flag_id, client=client, desk=desk, now=self.now))
        return Response(status=204)


class ClientHealthNote(HealthEndpoint):
    @described(name="write_health_note", request=shapes.WriteNote, answers={204: None})
    def put(self, request: Request, client_id: uuid.UUID, note_id: uuid.UUID) -> Response:
        """Write a note into the health file; the tablet makes the id."""
        wanted = self.read(shapes.WriteNote)
        desk, client = self.acting(wanted), _found(client_id)

        def unit() -> None:
            health.write_note(note_id=note_id, client=client, text=wanted["text"], desk=desk, now=self.now)

        units.work(unit)
        return Response(status=204)


class ClientIntake(Endpoint):
    @described(name="renew_intake", request=shapes.RenewIntake, answers={200: GlanceAnswer})
    def put(self, request: Request, client_id: uuid.UUID) -> Response:
        """The client has filled in the intake form anew."""
        on, client = self.read(shapes.RenewIntake)["on"], _found(client_id)

        def unit() -> GlanceAnswer:
            health.renew_intake(client=client, on=on, desk=self.desk, now=self.now)
            return glance_answer(health.glance(client, on=self.desk.location.business_date(self.now)))

        return Response(units.work(unit))


class ClientPreferences(Endpoint):
    @described(name="get_client_preferences", answers={200: PreferencesAnswer})
    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        """How the client likes it."""
        self.require(Right.CLIENTS)
        return Response(preferences_answer(preferences.of(_found(client_id))))

    @described(name="put_client_preferences", request=shapes.Preferences, answers={200: PreferencesAnswer})
    def put(self, request: Request, client_id: uuid.UUID) -> Response:
        """Write down how the client likes it, as a whole."""
        wanted = self.read(shapes.Preferences)
        asked = AskedPreferences(wanted["pressure"], wanted["avoid"], wanted["oil"], wanted["therapist"])
        client = _found(client_id)
        kept = units.work(lambda: preferences.put(client=client, asked=asked, desk=self.desk, now=self.now))
        return Response(preferences_answer(kept))


class ClientData(Endpoint):
    @described(name="hand_out_client_data", request=Nothing, answers={200: ClientDataAnswer})
    def post(self, request: Request, client_id: uuid.UUID) -> Response:
        """A copy of all that is kept of the client, their health too, for the client; it is put on record."""
        self.read(Nothing)
        client = _found(client_id)
        return Response(client_data_answer(units.work(lambda: wishes.hand_out(client, desk=self.desk, now=self.now))))


class ClientForgotten(Endpoint):
    @described(name="forget_client", request=Nothing, answers={204: None})
    def put(self, request: Request, client_id: uuid.UUID) -> Response:
        """Take away for good who the client was; `not_settled` says what they still have here."""
        self.read(Nothing)
        client = _found(client_id)
        units.work(lambda: wishes.forget(client, desk=self.desk, now=self.now))
        return Response(status=204)


class ClientMerged(Endpoint):
    @described(name="merge_client", request=shapes.MergeInto, query=DryRun, answers={200: MergedAnswer})
    def put(self, request: Request, client_id: uuid.UUID) -> Response:
        """This client is the same person as another, who stays: sales, gift cards and notes go there."""
        gone, into = _found(client_id), Client.objects.filter(pk=self.read(shapes.MergeInto)["into"]).first()
        if into is None:
            raise BadInput("into", "This client is not known.")

        def unit() -> MergedAnswer:
            return {"moved": wishes.merge(gone, into, desk=self.desk, now=self.now)}

        return Response(run(unit, dry=self.query(DryRun)["dry_run"]))


class SaleTherapistCheck(PinEndpoint):
    @described(name="say_therapist_ok", request=shapes.TherapistCheck, answers={200: SaleAnswer})
    def post(self, request: Request, sale_id: uuid.UUID) -> Response:
        """A therapist says OK, by PIN, to every line of the sale that waits for it; it stays with the sale."""
        self.require(Right.SELL)
        wanted = self.read(shapes.TherapistCheck)
        checkout.find_sale(sale_id, desk=self.desk)
        therapist: Staff = self.verified(staff_id=wanted["staff"], pin=wanted["pin"])

        def unit() -> SaleAnswer:
            pins.pin_was_right(staff=therapist, device=self.device, now=self.now)
            basket = checkout.read_locked(sale_id, desk=self.desk)
            check.acknowledge(basket, therapist=therapist, desk=self.desk, now=self.now)
            return sale_answer(basket)

        return Response(units.work(unit))


def _found(client_id: uuid.UUID) -> Client:
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise Http404
    return client
