"""Tablets: pairing one, what it knows of itself, and the list that a manager keeps."""

import uuid

from django.conf import settings
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api import units
from api.answers.tablet import (
    MOST,
    DeviceAnswer,
    DeviceCodeAnswer,
    OwnDeviceAnswer,
    PairedAnswer,
    device_answer,
    device_code_answer,
    own_device_answer,
    paired_answer,
)
from api.auth import OnPairedTablet, keep_device, refuse_forged, tablet_of
from api.endpoint import Endpoint
from api.schema import described
from api.serializers.people import NewDevice, Pairing
from api.serializers.sales import Nothing
from studio import audit, devices
from studio.addresses import address_of
from studio.models import Device, Right


class Pair(Endpoint):
    authentication_classes = []
    permission_classes = []

    @described(name="pair_device", request=Pairing, answers={201: PairedAnswer})
    def post(self, request: Request) -> Response:
        """Pair a tablet by the code that the back office shows; it gets its token as a cookie too."""
        if settings.DEVICE_COOKIE_NAME in request.COOKIES:
            refuse_forged(request._request)
        code, address = self.read(Pairing)["code"], address_of(request._request)
        units.work(lambda: devices.reserve_pairing_try(address=address, now=self.now))
        device, token = units.work(lambda: self._pair(code, address))
        response = Response(paired_answer(device, token), status=201)
        keep_device(response, token)
        return response

    def _pair(self, code: str, address: str) -> tuple[Device, str]:
        device, token = devices.pair(code=code, now=self.now)
        devices.pairing_was_right(address=address, now=self.now)
        audit.record(at=self.now, action="device.paired", device=device, location=device.location, subject=device)
        return device, token


class OwnDevice(Endpoint):
    permission_classes = [OnPairedTablet]

    @described(name="get_own_device", answers={200: OwnDeviceAnswer})
    def get(self, request: Request) -> Response:
        """This tablet: where it stands, who may sign on, who is signed on, which drawer takes its cash."""
        return Response(own_device_answer(tablet_of(request)))


class DevicesEndpoint(Endpoint):
    """What the addresses of the tablets of a location share."""

    def device_here(self, device_id: uuid.UUID) -> Device:
        self.require(Right.DEVICES)
        found = Device.objects.filter(pk=device_id, location=self.desk.location).first()
        if found is None:
            raise Http404
        return found

    def note(self, action: str, device: Device) -> None:
        """Leave the audit row that the back office leaves for the same."""
        desk = self.desk
        audit.record(
            at=self.now, action=action, actor=desk.staff, device=desk.device, location=desk.location, subject=device
        )

    def with_new_code(self, device: Device) -> DeviceCodeAnswer:
        code = devices.new_pairing_code(device, now=self.now)
        self.note("device.pairing_code", device)
        return device_code_answer(device, code, expires_at=self.now + devices.CODE_LASTS)


class DeviceList(DevicesEndpoint):
    @described(name="list_devices", answers={200: list[DeviceAnswer]})
    def get(self, request: Request) -> Response:
        """The tablets of this location; those that work first."""
        self.require(Right.DEVICES)
        here = Device.objects.filter(location=self.desk.location)
        return Response([device_answer(row) for row in here.order_by("-revoked_at", "name", "pk")[:MOST]])

    @described(name="add_device", request=NewDevice, answers={201: DeviceCodeAnswer})
    def post(self, request: Request) -> Response:
        """Make a tablet known, with the code that pairs it."""
        name = self.read(NewDevice)["name"]

        def unit() -> DeviceCodeAnswer:
            self.require(Right.DEVICES)
            device = Device.objects.create(name=name, location=self.desk.location, created_by=self.desk.staff)
            self.note("device.added", device)
            return self.with_new_code(device)

        return Response(units.work(unit), status=201)


class DeviceDetail(DevicesEndpoint):
    @described(name="revoke_device", answers={204: None})
    def delete(self, request: Request, device_id: uuid.UUID) -> Response:
        """Shut a tablet out from its next request on."""

        def unit() -> None:
            device = self.device_here(device_id)
            devices.revoke(device, now=self.now)
            self.note("device.revoked", device)

        units.work(unit)
        return Response(status=204)


class DeviceCode(DevicesEndpoint):
    @described(name="new_pairing_code", request=Nothing, answers={201: DeviceCodeAnswer})
    def post(self, request: Request, device_id: uuid.UUID) -> Response:
        """A new pairing code for a tablet; an older one is void."""
        self.read(Nothing)
        return Response(units.work(lambda: self.with_new_code(self.device_here(device_id))), status=201)
