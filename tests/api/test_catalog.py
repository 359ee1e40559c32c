"""The catalogue: whole, tagged, and kept by the tablet until it changes."""

import datetime as dt

from pos.models import Item, Price, Tile
from tests.api.till import Till, pair
from tests.builders import Studio, beach
from tests.memberships.builders import package, part, plan


def test_the_catalogue_has_all_that_can_be_chosen(till: Till, studio: Studio) -> None:
    catalog = till.get("catalog")

    assert catalog["items"][0] == {
        "id": Item.objects.get(code="ashiatsu-60").pk,
        "code": "ashiatsu-60",
        "name": "Ashiatsu 60",
        "kind": "treatment",
        "price_cents": 110_00,
        "tax_category": "service",
        "minutes": None,
        "required_qualification": "ashiatsu",
        "barcode": "",
        "is_available": True,
        "position": 0,
        "is_favourite": False,
    }
    assert [item["code"] for item in catalog["items"]] == ["ashiatsu-60", "deep-tissue-60", "massage-oil"]
    assert catalog["therapists"] == [
        {"id": studio.ana.pk, "name": "Ana", "qualifications": ["ashiatsu"]},
        {"id": studio.bo.pk, "name": "Bo", "qualifications": []},
    ]
    assert catalog["tip_percents"] == [18, 20, 25]
    assert [kind["code"] for kind in catalog["tender_kinds"] if kind["at_once"]] == ["cash", "check", "external"]
    assert {"code": "pay_link", "name": "Pay link", "at_once": False} in catalog["tender_kinds"]
    assert {"code": "goodwill", "name": "goodwill"} in catalog["discount_reasons"]
    assert {"code": "returned", "name": "goods returned"} in catalog["refund_reasons"]


def test_each_location_has_its_own_order_of_tiles_and_favourites(till: Till, studio: Studio) -> None:
    here, there = studio.location, beach()
    oil, deep = Item.objects.get(code="massage-oil"), Item.objects.get(code="deep-tissue-60")
    Item.objects.update(position=5)
    Tile.objects.create(item=oil, location=here, position=1, is_favourite=True)
    Tile.objects.create(item=deep, location=there, position=1)

    items = till.get("catalog")["items"]

    assert [(item["code"], item["position"], item["is_favourite"]) for item in items] == [
        ("massage-oil", 1, True),
        ("ashiatsu-60", 5, False),
        ("deep-tissue-60", 5, False),
    ]


def test_packages_and_memberships_are_told_in_the_version_on_sale(till: Till) -> None:
    old = package("five", 400_00, 5, is_on_sale=False)
    five = package("five", 450_00, 5, version=2, items=("ashiatsu-60",), validity_months=12)
    part(five, 2, "deep-tissue-60")
    monthly = plan("monthly", 89_00)

    catalog = till.get("catalog")

    assert old.pk not in [row["id"] for row in catalog["packages"]]
    assert catalog["packages"] == [
        {
            "id": five.pk,
            "code": "five",
            "name": "5 sessions",
            "price_cents": 450_00,
            "validity_months": 12,
            "units": 7,
            "items": ["ashiatsu-60", "deep-tissue-60"],
        }
    ]
    assert catalog["plans"] == [
        {
            "id": monthly.pk,
            "code": "monthly",
            "name": "Monthly",
            "price_cents": 89_00,
            "interval_months": 1,
            "credits_per_cycle": 1,
        }
    ]


def test_an_unchanged_catalogue_is_not_sent_again(till: Till, studio: Studio) -> None:
    first = till.get("catalog")
    tag = first.headers["ETag"]

    unchanged = till.get("catalog", **{"If-None-Match": tag})
    elsewhere = pair(studio.device).get("catalog", **{"If-None-Match": f'"old", {tag}'})
    Price.objects.create(item=Item.objects.first(), price_cents=115_00, starts_on=dt.date(2026, 3, 1))
    changed = till.get("catalog", **{"If-None-Match": tag})

    assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, None, tag)
    assert elsewhere.status == 304
    assert (changed.status, changed["items"][0]["price_cents"]) == (200, 115_00)
    assert changed.headers["ETag"] != tag
    for answer in (first, unchanged, changed):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Vary"] == "Authorization, Cookie"


def test_an_item_without_a_price_here_today_has_none(till: Till) -> None:
    Price.objects.all().update(starts_on=dt.date(2026, 3, 3))

    assert {item["price_cents"] for item in till.get("catalog")["items"]} == {None}
