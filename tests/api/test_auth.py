"""Pairing, cookies and headers, forged requests, signing on, and being shut out (R12, S13)."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client, RequestFactory

from pos.models import Sale
from studio import devices
from studio.addresses import address_of
from studio.models import AuditRow, Device, StaffSession
from tests.api.till import Answer, Till, new, pair, rows, sign_on
from tests.builders import NOW, Studio

PINS = {"dana": "739164", "mara": "615283"}
LINE = {"item": "massage-oil"}


class TestPairing:
    def test_the_code_gives_a_token_and_a_cookie_for_a_year(self, studio: Studio) -> None:
        code = devices.new_pairing_code(studio.device, now=NOW)

        answer = Till().post("devices/pair", {"code": f"{code[:4]}-{code[4:].lower()}"})

        assert answer.status == 201
        assert answer["device"] == {
            "id": str(studio.device.pk),
            "name": "Front tablet",
            "location": {"code": "UPT", "name": "Uptown"},
        }
        cookie = answer.cookies[settings.DEVICE_COOKIE_NAME]
        assert cookie.value == answer["token"]
        flags = {name: cookie[name] for name in ("httponly", "samesite", "path", "max-age", "secure", "domain")}
        assert flags == {
            "httponly": True,
            "samesite": "Lax",
            "path": "/",
            "max-age": 365 * 24 * 3600,
            "secure": "",
            "domain": "",
        }
        assert AuditRow.objects.get(action="device.paired").device == studio.device

    def test_behind_https_the_cookies_are_secure(self, studio: Studio, settings: Any) -> None:
        settings.HTTPS = True
        code = devices.new_pairing_code(studio.device, now=NOW)

        assert Till().post("devices/pair", {"code": code}).cookies[settings.DEVICE_COOKIE_NAME]["secure"] is True

    def test_the_code_serves_once(self, studio: Studio) -> None:
        code = devices.new_pairing_code(studio.device, now=NOW)
        Till().post("devices/pair", {"code": code})

        assert Till().post("devices/pair", {"code": code}).refusal == (409, "wrong_pairing_code")

    def test_five_wrong_codes_from_an_address_lock_it_out(self, studio: Studio) -> None:
        tries = [Till().post("devices/pair", {"code": "WRONGONE"}) for _ in range(6)]
        code = devices.new_pairing_code(studio.device, now=NOW)
        right = Till().post("devices/pair", {"code": code})

        assert [answer.status for answer in tries] == [409, 409, 409, 409, 409, 429]
        assert right.refusal == (429, "pairing_locked")
        assert 0 < int(right.headers["Retry-After"]) <= 900
        elsewhere = Till(client=Client(REMOTE_ADDR="203.0.113.9"))
        assert elsewhere.post("devices/pair", {"code": code}).status == 201


class TestTheTabletItself:
    def test_it_knows_its_place_and_who_may_sign_on(self, studio: Studio, till: Till) -> None:
        session = till.opens_drawer(50_00)

        own = till.get("device")

        assert own["business"] == {"name": "Massage Escape", "currency": "usd"}
        assert own["location"] == {
            "code": "UPT",
            "name": "Uptown",
            "time_zone": "America/New_York",
            "day_cutoff": "00:00",
            "prices_include_tax": False,
            "cash_rounding": "none",
        }
        assert own["staff"] == [
            {"id": studio.desk_person.pk, "name": "Dana", "is_therapist": False, "has_pin": True},
            {"id": studio.manager.pk, "name": "Mara", "is_therapist": False, "has_pin": True},
        ]
        assert (own["signed_on"]["name"], own["signed_on"]["rights"]["void"]) == ("Dana", "approval")
        assert (own["drawer_session"]["id"], own["drawer_session"]["expected_cents"]) == (session, None)
        assert own["demo"] is False

    def test_alone_it_shows_tiles_and_catalogue_only(self, studio: Studio) -> None:
        alone = pair(studio.device)

        assert alone.get("device")["signed_on"] is None
        assert alone.get("catalog").status == 200
        assert alone.get("sales/").refusal == (401, "signed_out")
        assert alone.get("sales/").headers["WWW-Authenticate"] == "Device"

    def test_without_a_token_it_is_nobody(self, studio: Studio) -> None:
        assert Till().get("device").refusal == (401, "device_unknown")
        assert Till(headers={"Authorization": "Device made-up"}).get("device").refusal == (401, "device_unknown")
        assert Till(headers={"Authorization": "Device"}).get("device").refusal == (401, "device_unknown")
        assert Till(headers={"Authorization": "Basic eDp5"}).get("device").refusal == (401, "device_unknown")

    def test_a_revoked_tablet_is_out_at_its_next_request(self, till: Till, managers_till: Till) -> None:
        assert till.device is not None
        assert till.get("sales/").status == 200

        assert managers_till.delete(f"devices/{till.device.pk}").status == 204

        assert till.get("sales/").refusal == (401, "device_unknown")
        assert till.sells(LINE).refusal == (401, "device_unknown")
        assert Sale.objects.count() == 0

    def test_a_manager_pairs_another_one(self, managers_till: Till) -> None:
        made = managers_till.post("devices/", {"name": "Second room"})
        newer = managers_till.post(f"devices/{made['id']}/code")

        assert Till().post("devices/pair", {"code": made["pairing_code"]}).refusal == (409, "wrong_pairing_code")
        paired = Till().post("devices/pair", {"code": newer["pairing_code"]})
        assert paired["device"]["name"] == "Second room"
        listed = {row["name"]: row["paired_at"] is not None for row in managers_till.get("devices/").body}
        assert listed["Second room"]
        trail = AuditRow.objects.filter(action__startswith="device.").values_list("action", flat=True)
        assert sorted(trail) == ["device.added", "device.paired", "device.pairing_code", "device.pairing_code"]


class Browser:
    """The desk page in a browser: cookies, and the CSRF token that it reads from one of them."""

    def __init__(self, studio: Studio) -> None:
        self.client = Client(enforce_csrf_checks=True)
        code = devices.new_pairing_code(studio.device, now=NOW)
        assert Till(client=self.client).post("devices/pair", {"code": code}).status == 201
        self.client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32

    def sends(self, method: str, path: str, body: Any = None, token: str = "a" * 32) -> Answer:
        headers = {"X-CSRFToken": token} if token else {}
        return Till(client=self.client, headers=headers).send(method, path, body)


class TestCookies:
    def test_the_page_signs_on_sells_and_signs_off(self, studio: Studio) -> None:
        page = Browser(studio)

        signed_on = page.sends("POST", "staff-sessions/", {"staff": studio.desk_person.pk, "pin": PINS["dana"]})
        sold = page.sends("PUT", f"sales/{new()}", {"lines": [LINE]})
        signed_off = page.sends("DELETE", "staff-sessions/current")

        cookie = signed_on.cookies[settings.STAFF_COOKIE_NAME]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")
        assert (signed_on.status, sold.status, signed_off.status) == (201, 201, 204)
        assert signed_off.cookies[settings.STAFF_COOKIE_NAME].value == ""
        assert page.sends("GET", "sales/").refusal == (401, "signed_out")

    @pytest.mark.parametrize("token", ["", "b" * 32, "short"])
    def test_a_forged_request_is_refused(self, studio: Studio, token: str) -> None:
        page = Browser(studio)
        page.sends("POST", "staff-sessions/", {"staff": studio.desk_person.pk, "pin": PINS["dana"]})
        before = rows()

        refused = page.sends("PUT", f"sales/{new()}", {"lines": [LINE]}, token=token)

        assert refused.refusal == (403, "csrf_failed")
        assert rows() == before

    def test_reading_needs_no_csrf_token(self, studio: Studio) -> None:
        assert Browser(studio).sends("GET", "device", token="").status == 200

    def test_a_paired_browser_is_not_paired_anew_by_somebody_else(self, studio: Studio) -> None:
        other = Device.objects.create(name="Other", location=studio.location)
        code = devices.new_pairing_code(other, now=NOW)

        assert Browser(studio).sends("POST", "devices/pair", {"code": code}, token="").refusal == (403, "csrf_failed")

    def test_a_program_with_headers_needs_no_csrf_token(self, till: Till) -> None:
        till.client = Client(enforce_csrf_checks=True)

        assert till.put(f"sales/{new()}", {"lines": [LINE]}).status == 201


class TestPins:
    def sign_on(self, till: Till, studio: Studio, pin: str) -> Answer:
        return till.post("staff-sessions/", {"staff": studio.desk_person.pk, "pin": pin})

    def test_the_right_pin_opens_a_session(self, studio: Studio) -> None:
        tablet = pair(studio.device)

        answer = self.sign_on(tablet, studio, PINS["dana"])

        assert answer.status == 201
        assert answer["staff"]["rights"] == {
            "sell": "allowed",
            "see_sales": "allowed",
            "clients": "allowed",
            "discount": "approval",
            "refund": "allowed",
            "refund_beyond": "approval",
            "void": "approval",
            "drawer": "allowed",
            "drawer_difference": "approval",
            "pay_out": "approval",
            "no_sale": "approval",
            "correct_drawer": "approval",
            "devices": "denied",
            "see_books": "denied",
            "see_audit": "denied",
            "manage_periods": "denied",
            "mend_cards": "denied",
            "gift_cards": "approval",
            "reveal_codes": "allowed",
            "client_data": "denied",
            "health": "denied",
        }
        tablet.headers["Staff-Session"] = answer["token"]
        assert tablet.get("sales/").status == 200

    def test_five_wrong_ones_lock_for_five_minutes(self, studio: Studio) -> None:
        tablet = pair(studio.device)

        wrong = [self.sign_on(tablet, studio, "000001") for _ in range(5)]
        locked = self.sign_on(tablet, studio, PINS["dana"])

        assert [answer.refusal for answer in wrong] == [(409, "wrong_pin")] * 5
        assert [answer["tries_left"] for answer in wrong] == [4, 3, 2, 1, 0]
        assert locked.refusal == (429, "pin_locked")
        assert 0 < int(locked.headers["Retry-After"]) <= 300
        assert "5 minutes" in locked["detail"]
        assert not StaffSession.objects.exists()
        noted = AuditRow.objects.filter(action="pin_refused", object_id=str(studio.desk_person.pk))
        assert [(row.actor, row.device) for row in noted] == [(None, studio.device)] * 5
        with time_machine.travel(NOW + dt.timedelta(minutes=6), tick=True):
            assert self.sign_on(tablet, studio, PINS["dana"]).status == 201

    def test_the_right_one_starts_the_count_afresh(self, studio: Studio) -> None:
        tablet = pair(studio.device)
        for _ in range(4):
            self.sign_on(tablet, studio, "000001")
        self.sign_on(tablet, studio, PINS["dana"])

        assert self.sign_on(tablet, studio, "000001")["tries_left"] == 4

    @pytest.mark.parametrize("pin", ["73916", "7391644", 739164, None, ""])
    def test_what_is_no_pin_costs_no_try(self, studio: Studio, pin: Any) -> None:
        tablet = pair(studio.device)

        answer = tablet.post("staff-sessions/", {"staff": studio.desk_person.pk, "pin": pin})

        assert list(answer.errors) == ["pin"]
        assert self.sign_on(tablet, studio, "000001")["tries_left"] == 4

    def test_who_has_no_role_or_no_pin_here_can_not_sign_on(self, studio: Studio) -> None:
        tablet = pair(studio.device)

        for staff in (studio.ana.pk, studio.owner.pk, 999_999):
            assert list(tablet.post("staff-sessions/", {"staff": staff, "pin": "739164"}).errors) == ["staff"]

    def test_the_next_person_signs_the_last_one_off(self, studio: Studio) -> None:
        tablet = pair(studio.device)
        dana = sign_on(tablet, studio.desk_person)

        assert tablet.post("staff-sessions/", {"staff": studio.manager.pk, "pin": PINS["mara"]}).status == 201

        assert dana.get("sales/").refusal == (401, "signed_out")

    def test_signing_off_twice_is_fine(self, till: Till) -> None:
        assert till.delete("staff-sessions/current").status == 204
        assert till.delete("staff-sessions/current").status == 204
        assert till.get("sales/").refusal == (401, "signed_out")

    def test_ten_idle_minutes_lock_the_tablet(self, till: Till) -> None:
        with time_machine.travel(NOW + dt.timedelta(minutes=10, seconds=30), tick=True):
            assert till.get("sales/").refusal == (401, "signed_out")
            assert till.get("device").status == 200

    def test_another_tablets_session_opens_nothing(self, till: Till, studio: Studio) -> None:
        stolen = pair(studio.device)
        stolen.headers["Staff-Session"] = till.headers["Staff-Session"]

        assert stolen.get("sales/").refusal == (401, "signed_out")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.1"),
        (0, "198.51.100.7", "10.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (1, "", "10.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "not an address", "not an address"),
    ],
)
def test_an_address_is_believed_as_far_as_proxies_are_trusted(
    settings: Any, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded})

    assert address_of(request) == address
