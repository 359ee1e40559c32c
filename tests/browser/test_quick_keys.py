"""The quick ways of the sale screen: favourites of a location, the last visit again, and what the client has first."""

import uuid

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from ledger.journal import balances
from pos import credit
from pos.models import Item, Sale, Tile
from tests.browser.till import Till
from tests.browser.two_tablets import client, is_clean_in_both_themes, opens_the_day, totals
from tests.builders import of


def test_favourites_the_last_visit_and_store_credit_are_one_tap_each(till: Till) -> None:
    maya, desk = client(till.studio, "Maya Okafor"), till.studio.desk.at(timezone.now())
    desk.rings_up(of("ashiatsu-60", by=till.studio.ana), of("massage-oil", quantity=2), client_id=maya.pk).pays(
        external=161_60
    )
    manager = till.studio.managers_desk.desk
    with transaction.atomic():
        credit.adjust(maya, 61_60, adjustment_id=uuid.uuid4(), why="cold room", desk=manager, now=timezone.now())
    Tile.objects.create(
        item=Item.objects.get(code="massage-oil"), location=till.studio.location, position=1, is_favourite=True
    )
    opens_the_day(till)
    expect(till.part("tab-favourite")).to_have_attribute("aria-pressed", "true")
    expect(till.part("item-massage-oil")).to_be_visible()

    till.part("client-search").fill("maya")
    till.tap("client-row")
    expect(till.part("repeat-visit")).to_contain_text("Ashiatsu 60, 2 × Massage oil")
    is_clean_in_both_themes(till)
    till.tap("repeat-visit")
    totals(till, "161.60")

    till.tap("propose-store_credit")
    totals(till, "100.00")
    expect(till.part("propose-store_credit")).to_have_count(0)
    till.tap("pay-external")
    expect(till.part("done-screen")).to_be_visible()

    sale = Sale.objects.get(status="completed", tenders__kind="store_credit")
    assert [(line.name, line.quantity, line.therapist) for line in sale.lines.order_by("position")] == [
        ("Ashiatsu 60", 1, till.studio.ana),
        ("Massage oil", 2, None),
    ]
    assert "2230 Client credit" not in balances()
