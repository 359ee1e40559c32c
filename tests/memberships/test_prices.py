"""What members pay beyond their credits: a member price, or a percentage off (R25, R6)."""

import datetime as dt

from memberships import prices
from memberships.models import MemberPrice, Membership
from pos.basket import Basket
from pos.models import Client, Item, SaleDiscount
from tests.builders import NOW, of, percent_off
from tests.memberships import builders
from tests.memberships.members import House, joins


def rung_up(house: House, client: Client, *lines: object, **more: object) -> Basket:
    basket = house.desk().rings_up(*lines, client_id=client.pk, **more).last
    assert basket is not None
    return basket


def a_member(house: House, **plan: object) -> Membership:
    house.plan.__dict__.update(plan)
    house.plan.save()
    return joins(house.studio.desk, builders.client(), house.plan)


def test_a_treatment_has_a_price_of_its_own_for_members(house: House) -> None:
    ada = a_member(house)
    item = Item.objects.get(code="ashiatsu-60")
    MemberPrice.objects.create(plan=house.plan, item=item, price_cents=85_00)

    basket = rung_up(house, ada.client, of("ashiatsu-60", by=house.studio.ana, quantity=2))

    assert basket.due_cents == 170_00
    assert basket.lines[0].why == "List price; member price, Monthly"
    assert [(row.reason, row.value_cents) for row in basket.discounts] == [(SaleDiscount.Reason.MEMBER, 50_00)]
    assert prices.member_price_cents(ada.client, item.pk, 110_00, on=NOW.date()) == 85_00


def test_other_treatments_and_goods_have_a_percentage_off(house: House) -> None:
    ada = a_member(house, treatment_percent=15, retail_percent=10)

    basket = rung_up(house, ada.client, of("ashiatsu-60", by=house.studio.ana), of("massage-oil"))

    assert [line.discount_cents for line in basket.lines] == [16_50, 2_40]


def test_somebody_who_is_no_member_pays_the_list_price(house: House) -> None:
    a_member(house, treatment_percent=15)
    bo = builders.client("Bo Lee")

    assert rung_up(house, bo, of("ashiatsu-60", by=house.studio.ana)).due_cents == 110_00
    assert house.desk().rings_up(of("massage-oil")).last.due_cents == 24_00  # type: ignore[union-attr]
    assert prices.member_price_cents(bo, 1, 110_00, on=NOW.date()) == 110_00


def test_the_better_of_promotion_and_member_price_counts_and_never_both(house: House) -> None:
    ada = a_member(house, treatment_percent=15)
    line = of("ashiatsu-60", by=house.studio.ana)

    assert rung_up(house, ada.client, line, discounts=(percent_off("10"),)).due_cents == 93_50
    approved = house.studio.managers_desk.rings_up(line, client_id=ada.client_id, discounts=(percent_off("20"),)).last
    assert approved is not None
    assert approved.due_cents == 88_00


def test_a_member_price_needs_nobodys_approval(house: House) -> None:
    ada = a_member(house, treatment_percent=50)
    assert rung_up(house, ada.client, of("ashiatsu-60", by=house.studio.ana)).due_cents == 55_00


def test_of_two_memberships_the_better_counts(house: House) -> None:
    ada = a_member(house, treatment_percent=10)
    joins(house.studio.desk, ada.client, builders.plan("better", treatment_percent=20))

    basket = rung_up(house, ada.client, of("ashiatsu-60", by=house.studio.ana))
    assert (basket.due_cents, basket.lines[0].why) == (88_00, "List price; member price, Better")


def test_a_member_price_above_the_list_is_not_charged(house: House) -> None:
    ada = a_member(house)
    MemberPrice.objects.create(plan=house.plan, item=Item.objects.get(code="ashiatsu-60"), price_cents=150_00)
    assert rung_up(house, ada.client, of("ashiatsu-60", by=house.studio.ana)).due_cents == 110_00


def test_a_membership_that_is_over_or_rests_gives_no_price(house: House) -> None:
    ada = a_member(house, treatment_percent=10)
    line = of("ashiatsu-60", by=house.studio.ana)
    Membership.objects.update(ends_on=NOW.date())
    assert rung_up(house, ada.client, line).due_cents == 110_00
    Membership.objects.update(ends_on=NOW.date() + dt.timedelta(days=1))
    assert rung_up(house, ada.client, line).due_cents == 99_00
    Membership.objects.update(status="frozen", ends_on=None)
    assert rung_up(house, ada.client, line).due_cents == 110_00
