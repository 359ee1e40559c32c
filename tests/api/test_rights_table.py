"""The table of rights, sent for real; and no address that is not in it (S5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver
from rest_framework.views import APIView

from api.urls import urlpatterns
from clientfile.models import Flag
from giftcards.models import GiftCard
from memberships.consents import hash_of, text_for
from memberships.models import Cancellation
from pos.models import Client, Drawer
from studio import devices
from studio.models import Device, Location
from tests.api.offline_sales import told
from tests.api.rights_table import SENDERS, TABLE
from tests.api.till import Till, new, pair, sign_on, till_of
from tests.builders import NOW, Studio, person
from tests.giftcards.cards import code_of, sells_card
from tests.memberships import builders as memberships
from tests.memberships.builders import buys, client, package

LEADS_NOWHERE = "^api/"


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Every method of every address, as "PUT api/v1/sales/<uuid:sale_id>"."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and str(pattern.pattern) != LEADS_NOWHERE:
            view: type[APIView] = pattern.callback.view_class
            for method in ("get", "post", "put", "patch", "delete"):
                if hasattr(view, method):
                    yield f"{method.upper()} {prefix}{pattern.pattern}"


def test_every_address_is_in_the_table_and_the_table_has_no_other() -> None:
    assert sorted(routes(urlpatterns)) == sorted(TABLE)


@dataclass
class World:
    """Senders of every kind, and one thing of every kind that they ask for."""

    tills: dict[str, Till]
    ids: dict[str, str]
    bodies: dict[str, Any]

    def ask(self, sender: str, route: str) -> int:
        method, pattern = route.split(" ")
        path = re.sub(r"<\w+:(\w+)>", lambda found: self.ids[found[1]], pattern)
        till = self.tills[sender]
        is_paper = method == "GET" and pattern.endswith("/paper")
        if is_paper or pattern.startswith(("api/docs", "api/v1/schema")):
            return till.client.get(f"/{path}", headers=till.headers).status_code
        return till.send(method, f"/{path}", self.bodies.get(route, None if method in ("GET", "DELETE") else {})).status


@pytest.fixture
def world(studio: Studio) -> World:
    away = Location.objects.create(code="DTN", name="Downtown")
    drawer = Drawer.objects.create(location=studio.location, name="Front")
    tablet = Device.objects.create(name="Spare tablet", location=studio.location)
    till = till_of(studio.desk_person, studio.location)
    tills = {
        "nobody": Till(),
        "tablet": pair(Device.objects.create(name="Locked tablet", location=studio.location)),
        "therapist": till_of(person("tess", role="therapist", location=studio.location), studio.location),
        "accountant": till_of(person("axel", role="accountant"), studio.location),
        "elsewhere": till_of(person("eve", role="desk", location=away), away),
        "desk": till,
        "manager": sign_on(pair(studio.device), studio.manager),
    }
    ids = {name: new() for name in ("client_id", "sale_id", "tender_id", "refund_id", "session_id", "offline_id")}
    ids |= {name: new() for name in ("movement_id", "correction_id", "deposit_id")}
    ids |= {"device_id": str(tablet.pk), "n": "2", "slug": "sales"}
    till.put(f"clients/{ids['client_id']}", {"name": "Maya Okafor"})
    card, other = sells_card(studio.desk, 50_00), sells_card(studio.desk, 20_00)
    ids["card_id"] = str(card.pk)
    ids |= {"membership_id": new(), "code": "basic"}
    ids |= lot_to_give(studio) | {"flag_id": new(), "note_id": new()}
    said = bodies(studio, drawer, tablet) | of_gift_cards(card, other) | of_memberships(ids) | of_lots(ids) | OF_HEALTH
    return World(tills, ids, said)


def bodies(studio: Studio, drawer: Drawer, tablet: Device) -> dict[str, Any]:
    """What the requests say; all senders of one route say the same."""
    pin = {"staff": studio.manager.pk, "pin": "615283"}
    sale = "api/v1/sales/<uuid:sale_id>"
    session = "api/v1/drawer-sessions/<uuid:session_id>"
    return {
        "POST api/v1/devices/pair": {"code": devices.new_pairing_code(tablet, now=NOW)},
        "POST api/v1/staff-sessions/": pin,
        "POST api/v1/approvals/": {"action": "void", "object": new(), "amount_cents": 1_00, **pin},
        "POST api/v1/devices/": {"name": "Third tablet"},
        "PUT api/v1/clients/<uuid:client_id>": {"name": "Maya Okafor-Lind"},
        "POST api/v1/codes": {"code": "NOBODY-KNOWS-THIS"},
        f"PUT {sale}": SALE,
        f"PUT {sale}/tenders/<uuid:tender_id>": {"kind": "external"},
        f"POST {sale}/tenders/<uuid:tender_id>/mail": {"email": "maya@example.com"},
        f"PUT {sale}/void": {"reason": "mistake"},
        f"POST {sale}/receipt/email": {"email": "maya@example.com"},
        f"PUT {session}": {"drawer": drawer.pk, "float_cents": 100_00},
        f"PUT {session}/close": {"counted_cents": 100_00},
        f"PUT {session}/movements/<uuid:movement_id>": {"kind": "drop", "amount_cents": 10_00},
        f"PUT {session}/corrections/<uuid:correction_id>": {"about": "count", "amount_cents": 1, "why": "A cent"},
        "PUT api/v1/bank-deposits/<uuid:deposit_id>": {"amount_cents": 50_00, "slip": "4711"},
        "PUT api/v1/offline-sales/<uuid:offline_id>": told(studio, drawer_session=new()),
    }


def lot_to_give(studio: Studio) -> dict[str, str]:
    """A package that somebody has bought, and an id for giving it on."""
    package()
    [lot] = buys(studio.desk, client())
    return {"lot_id": str(lot.pk), "transfer_id": new(), "no_show_id": new()}


def of_lots(ids: dict[str, str]) -> dict[str, Any]:
    """What the requests about prepaid sessions say."""
    return {
        "PUT api/v1/lots/<uuid:lot_id>/transfers/<uuid:transfer_id>": {"client": ids["client_id"], "units": 1},
        "PUT api/v1/no-shows/<uuid:no_show_id>": {"client": ids["client_id"], "reason": "no_show"},
        "PUT api/v1/no-shows/<uuid:no_show_id>/waiver": {"why": "snow"},
    }


def of_gift_cards(card: GiftCard, other: GiftCard) -> dict[str, Any]:
    """What the requests about a gift card say."""
    one = "api/v1/gift-cards/<uuid:card_id>"
    return {
        "POST api/v1/gift-cards/lookup": {"code": code_of(card)},
        "POST api/v1/gift-cards/balance": {"code": code_of(card)},
        f"PUT {one}/block": {"why": "lost"},
        f"PUT {one}/merge": {"cards": [str(other.pk)]},
        f"PUT {one}/holder": {"client": None},
        f"POST {one}/code": {"why": "print"},
        f"POST {one}/mail": {"email": "maya@example.com"},
    }


def of_memberships(ids: dict[str, str]) -> dict[str, Any]:
    """What the requests about a membership say; two plans are on sale."""
    one = "api/v1/memberships/<uuid:membership_id>"
    basic, plus = memberships.plan("basic"), memberships.plan("plus", 100_00)
    return {
        f"PUT {one}": {"client": ids["client_id"], "plan": basic.code, "text_hash": hash_of(text_for(basic))},
        f"PUT {one}/freeze": {"months": 1},
        f"PUT {one}/change": {"plan": plus.code, "text_hash": hash_of(text_for(plus))},
    }


def prepare_member(world: World, route: str) -> None:
    """A member since three weeks, with what the request is about; it costs something to leave."""
    one = f"memberships/{world.ids['membership_id']}"
    if route == "PUT api/v1/memberships/<uuid:membership_id>":
        return
    owner = memberships.client("Ada Reyes") if "household" in route else None
    memberships.member(world.ids["membership_id"], owner or Client.objects.get(pk=world.ids["client_id"]))
    for what in ("freeze", "change", "cancellation"):
        if route == f"DELETE api/v1/memberships/<uuid:membership_id>/{what}" or (
            route.endswith("waiver") and what == "cancellation"
        ):
            body = world.bodies.get(f"PUT api/v1/memberships/<uuid:membership_id>/{what}", {})
            assert world.tills["desk"].put(f"{one}/{what}", body).status == 200
    if route.endswith("waiver"):
        Cancellation.objects.update(full_fee_cents=30_00, fee_cents=30_00)


SALE = {"lines": [{"item": "massage-oil"}]}
HEALTH = "api/v1/clients/<uuid:client_id>/health"
OF_HEALTH = {
    f"POST {HEALTH}/reads": {"reason": "emergency"},
    f"PUT {HEALTH}/flags/<uuid:flag_id>": {"flag": "fever"},
    f"PUT {HEALTH}/notes/<uuid:note_id>": {"text": "Slept badly"},
    f"PUT {HEALTH}/intake": {"on": "2026-03-01"},
    "PUT api/v1/clients/<uuid:client_id>/preferences": {"pressure": 3},
}


NEEDS_TENDER = ("DELETE", "<int:n>", "completion", "void", "<uuid:refund_id>", "receipt", "email", "print")
NEEDS_COMPLETION = ("void", "<uuid:refund_id>", "receipt", "email", "print")


def prepare(world: World, route: str) -> None:
    """Bring the thing that is asked for into the state in which the request would succeed."""
    till, sale = world.tills["desk"], f"sales/{world.ids['sale_id']}"
    if "<uuid:sale_id>" in route:
        line = till.put(sale, SALE)["lines"][0]["id"]
        world.bodies["PUT api/v1/sales/<uuid:sale_id>/refunds/<uuid:refund_id>"] = {
            "lines": [{"line": line, "quantity": 1}],
            "reason": "returned",
        }
        if route.startswith(NEEDS_TENDER) or route.endswith(NEEDS_TENDER):
            till.put(f"{sale}/tenders/{world.ids['tender_id']}", {"kind": "external"})
        if route.endswith(NEEDS_COMPLETION):
            assert till.put(f"{sale}/completion").status == 200
    if "<uuid:membership_id>" in route:
        prepare_member(world, route)
    if route.endswith("merged"):
        world.bodies[route] = {"into": str(client("Jo Doe").pk)}
    if "<uuid:flag_id>" in route:
        Flag.objects.create(code="fever", name="Fever", effect=Flag.Effect.BLOCK)
    if route.endswith("lifted"):
        path = f"clients/{world.ids['client_id']}/health/flags/{world.ids['flag_id']}"
        assert world.tills["therapist"].put(path, {"flag": "fever"}).status == 204
    if route.endswith("therapist-check"):
        world.bodies[route] = {"staff": world.tills["manager"].staff.pk, "pin": "615283"}  # type: ignore[union-attr]
    if route.endswith("cash-out"):
        till.opens_drawer()
    if "drawer-sessions/<" in route and route != "PUT api/v1/drawer-sessions/<uuid:session_id>":
        session = f"drawer-sessions/{world.ids['session_id']}"
        body = world.bodies["PUT api/v1/drawer-sessions/<uuid:session_id>"]
        assert till.put(session, body).status == 201
        if route.endswith("/z") or "corrections" in route:
            assert till.put(f"{session}/close", {"counted_cents": 100_00}).status == 200


@pytest.mark.parametrize("route", sorted(TABLE))
def test_everybody_hears_what_the_table_says(world: World, route: str) -> None:
    prepare(world, route)

    heard = {sender: world.ask(sender, route) for sender in SENDERS}

    assert heard == dict(zip(SENDERS, map(int, TABLE[route].split()), strict=True))
