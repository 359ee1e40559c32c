"""Packages in the back office: made, put on sale, changed by a new version; lots are only read (R20)."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from memberships.models import Membership, Package, PackagePart, Plan, SessionLot
from pos.models import Item
from studio.models import AuditRow, Staff
from tests.builders import NOW, Studio
from tests.memberships.builders import buys, package, plan
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


def test_the_pages_of_members_open_and_a_sold_plan_keeps_its_terms(office: Browser, studio: Studio) -> None:
    terms = plan()
    address = reverse("admin:memberships_plan_change", args=[terms.pk])
    assert 'name="price_cents"' in office.get(address).content.decode()
    Membership.objects.create(
        client=a_client(),
        plan=terms,
        location=studio.location,
        status="active",
        joined_at=NOW,
        anchor_on=NOW.date(),
        paid_until=NOW.date(),
    )

    page = office.get(address).content.decode()

    assert 'name="price_cents"' not in page
    assert 'name="name"' in page
    for name in ("membership", "due", "billingrun", "consent", "plan", "package", "sessionlot"):
        assert office.get(reverse(f"admin:memberships_{name}_changelist")).status_code == 200, name


def test_the_same_code_again_is_the_next_version_of_a_plan(office: Browser, studio: Studio) -> None:
    first = plan()
    columns = [field for field in Plan._meta.fields if field.editable and field.name not in ("version", "is_on_sale")]
    said = {field.name: getattr(first, field.name) for field in columns if not field.primary_key}
    said = {name: "on" if value is True else value for name, value in said.items() if value is not False}
    rows = {"member_prices-TOTAL_FORMS": 0, "member_prices-INITIAL_FORMS": 0}
    items = [Item.objects.get(code="deep-tissue-60").pk]

    office.post(reverse("admin:memberships_plan_add"), {**said, "price_cents": 89_00, "items": items, **rows})

    second = Plan.objects.get(version=2)
    assert (second.price_cents, second.is_on_sale) == (89_00, False)
    chosen = {"action": "put_on_sale", "_selected_action": [str(second.pk)]}
    office.post(reverse("admin:memberships_plan_changelist"), chosen)
    assert Plan.objects.get(is_on_sale=True) == second
