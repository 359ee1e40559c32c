"""What Massage Escape sells and how it is taxed."""

import datetime as dt
from decimal import Decimal

from pos.models import Item, Price, TaxRate
from studio.models import Location, Qualification

SINCE = dt.date(2020, 1, 1)

TREATMENTS = [
    ("ashiatsu-bar-60", "Ashiatsu bar 60", 60, 120_00, "ashiatsu"),
    ("ashiatsu-bar-75", "Ashiatsu bar 75", 75, 142_00, "ashiatsu"),
    ("ashiatsu-bar-90", "Ashiatsu bar 90", 90, 165_00, "ashiatsu"),
    ("ashiatsu-mat-60", "Ashiatsu floor mat 60", 60, 110_00, "ashiatsu"),
    ("thai-rope-90", "Thai rope walk 90", 90, 170_00, "thai-rope"),
    ("bamboo-75", "Bamboo 75", 75, 135_00, "bamboo"),
    ("deep-tissue-60", "Deep tissue 60", 60, 105_00, ""),
]
ADDONS = [("hot-towel", "Hot towel", 15_00), ("foot-soak", "Foot soak", 20_00)]
RETAIL = [
    ("oil-250", "Massage oil 250 ml", 24_00, "4006381333931"),
    ("oil-500", "Massage oil 500 ml", 42_00, "4006381333948"),
    ("balm", "Muscle balm", 18_50, "4006381333955"),
    ("bamboo-roller", "Bamboo roller", 34_00, "4006381333962"),
]
QUALIFICATIONS = {"ashiatsu": "Ashiatsu", "thai-rope": "Thai rope walk", "bamboo": "Bamboo"}
RETAIL_TAX = {
    "UPT": [("OH", "0.0575"), ("OH-FRANKLIN", "0.0175")],
    "LAK": [("IL", "0.0625"), ("IL-COOK", "0.0175"), ("IL-RTA", "0.01"), ("IL-CHICAGO", "0.0125")],
}


def stock_the_shelves(locations: list[Location]) -> None:
    """Treatments, add-ons, retail, their prices, and the tax on retail."""
    trained = {code: Qualification.objects.create(code=code, name=name) for code, name in QUALIFICATIONS.items()}
    for position, (code, name, minutes, cents, needs) in enumerate(TREATMENTS):
        _item(code, name, cents, kind="treatment", position=position, minutes=minutes, needs=trained.get(needs))
    for position, (code, name, cents) in enumerate(ADDONS):
        _item(code, name, cents, kind="addon", position=position)
    for position, (code, name, cents, barcode) in enumerate(RETAIL):
        _item(code, name, cents, kind="retail", position=position, barcode=barcode)
    for location in locations:
        for jurisdiction, rate in RETAIL_TAX[location.code]:
            TaxRate.objects.create(
                location=location,
                tax_category="retail",
                jurisdiction=jurisdiction,
                rate=Decimal(rate),
                starts_on=SINCE,
            )


def _item(
    code: str,
    name: str,
    cents: int,
    *,
    kind: str,
    position: int,
    minutes: int | None = None,
    needs: Qualification | None = None,
    barcode: str = "",
) -> None:
    item = Item.objects.create(
        code=code,
        name=name,
        kind=kind,
        tax_category="retail" if kind == "retail" else "service",
        minutes=minutes,
        required_qualification=needs,
        barcode=barcode,
        position=position,
    )
    Price.objects.create(item=item, price_cents=cents, starts_on=SINCE)
