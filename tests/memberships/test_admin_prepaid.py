"""Packages in the back office: made, put on sale, changed by a new version; lots are only read (R20)."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from memberships.models import Package, PackagePart, SessionLot
from pos.models import Item
from studio.models import AuditRow, Staff
from tests.builders import Studio
from tests.memberships.builders import buys, package
from tests.memberships.builders import client as a_client

LIST = "admin:memberships_package_changelist"


@pytest.fixture
def office(studio: Studio, client: Browser) -> Browser:
    client.force_login(Staff.objects.create_superuser("root", display_name="Root", password="a long enough one"))
    return client


def acts(office: Browser, action: str, *chosen: Package) -> str:
    rows = [str(one.pk) for one in chosen]
    return office.post(reverse(LIST), {"action": action, "_selected_action": rows}, follow=True).content.decode()


def form(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "code": "ten",
        "name": "Ten sessions",
        "price_cents": 900_00,
        "position": 1,
        "users": "household",
        "validity_months": "",
        "tax_category": "service",
        "tax_point": "redemption",
        "expiry": "credit",
        "refund_method": "repriced",
        "refund_days": 14,
        "parts-TOTAL_FORMS": 1,
        "parts-INITIAL_FORMS": 0,
        "parts-0-position": 0,
        "parts-0-units": 10,
        "parts-0-bonus_units": 0,
        "parts-0-items": [Item.objects.get(code="deep-tissue-60").pk],
    }
    return {**fields, **changes}


def test_a_package_is_made_and_then_put_on_sale(office: Browser) -> None:
    answer = office.post(reverse("admin:memberships_package_add"), form(), follow=True)

    assert answer.status_code == 200
    made = Package.objects.get(code="ten")
    assert (made.version, made.is_on_sale, made.parts.get().units) == (1, False, 10)
    acts(office, "put_on_sale", made)
    made.refresh_from_db()
    assert made.is_on_sale
    acts(office, "take_off_sale", made)
    assert set(AuditRow.objects.values_list("action", flat=True)) >= {
        "package.added",
        "package.put_on_sale",
        "package.taken_off_sale",
    }
    assert "make a new version" in office.post(reverse("admin:memberships_package_add"), form()).content.decode()


def test_a_package_with_nothing_in_it_is_not_put_on_sale(office: Browser) -> None:
    empty = package("empty", is_on_sale=False)
    PackagePart.objects.all().delete()

    assert "Say first which sessions" in acts(office, "put_on_sale", empty)

    empty.refresh_from_db()
    assert not empty.is_on_sale


def test_what_was_sold_is_changed_by_a_new_version_only(office: Browser, studio: Studio) -> None:
    first = package()
    page = reverse("admin:memberships_package_change", args=[first.pk])
    assert 'name="price_cents"' in office.get(page).content.decode()
    [lot] = buys(studio.desk, a_client())

    fixed = office.get(page).content.decode()
    assert 'name="price_cents"' not in fixed
    assert 'name="parts-0-units"' not in fixed

    acts(office, "make_new_version", first)
    second = Package.objects.get(code="five", version=2)
    acts(office, "put_on_sale", second)
    first.refresh_from_db()
    assert (first.is_on_sale, Package.objects.get(is_on_sale=True)) == (False, second)
    assert SessionLot.objects.get(pk=lot.pk).part.package == first


def test_lots_are_read_with_what_happened_to_them(office: Browser, studio: Studio) -> None:
    package()
    [lot] = buys(studio.desk, a_client())

    assert "5 sessions" in office.get(reverse("admin:memberships_sessionlot_changelist")).content.decode()
    page = office.get(reverse("admin:memberships_sessionlot_change", args=[lot.pk])).content.decode()
    assert "bought" in page
    assert 'name="units"' not in page
