"""Packages: defined in versions, sold, upgraded, refunded pro rata and re-priced (R20, R24, rules 20, 23, 24)."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from ledger import journal
from ledger.accounts import Account
from ledger.journal import balances, debit
from memberships import lots, packages, upgrades
from memberships.models import Package, SessionLot, TaxPoint
from pos import credit, receipts
from pos.asked import AskedRefund, AskedRefundLine
from pos.basket import Basket
from pos.models import Client, Price
from pos.refunds import Preview, preview_refund
from pos.reversals import NotRefundable
from pos.wares import NotForSale
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, amount_off, beach, build_studio, item, percent_off, tax
from tests.memberships.builders import buys, client, covered, days, of_package, package, part, told, visits


def sells(desk: TestDesk, who: Client, code: str = "five", **more: object) -> Basket:
    desk.rings_up(of_package(code, **more), client_id=who.pk)
    assert desk.last is not None
    if desk.last.due_cents:
        desk.tenders("external")
    return desk.completes()


@transaction.atomic
def previews(desk: TestDesk, sold: Basket, quantity: int = 1) -> Preview:
    lines = (AskedRefundLine(sold.lines[0].pk, quantity),)
    found = preview_refund(
        sale_id=sold.sale.pk,
        refund_id=uuid.uuid4(),
        asked=AskedRefund(reason="unhappy", lines=lines),
        desk=desk.desk,
        now=desk.now,
    )
    transaction.set_rollback(True)
    return found


# Sold ----------------------------------------------------------------------------------------------------------------


def test_a_package_sold_is_a_debt_and_not_revenue(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(validity_months=12)

    sold = sells(desk, jo)

    [lot] = SessionLot.objects.all()
    assert (lot.client, lot.location, lot.kind, lot.units, lot.paid_cents) == (
        jo,
        studio.location,
        "package",
        5,
        450_00,
    )
    assert lot.expires_on == NOW.date().replace(year=2027)
    assert [(line.name, line.reference, line.why) for line in sold.lines] == [
        ("5 sessions", "5 sessions, use by 1 Mar 2027", "Package price, version 1")
    ]
    assert balances() == {"1120 External terminal clearing": 450_00, "2210 Deferred packages": -450_00}
    books_are_clean()


def test_a_package_belongs_to_a_client_and_must_be_on_sale(desk: TestDesk, studio: Studio) -> None:
    package("old", is_on_sale=False)
    package()

    with pytest.raises(BadInput):
        desk.rings_up(of_package())
    with pytest.raises(NotForSale):
        desk.rings_up(of_package("old"), client_id=client().pk)
    with pytest.raises(NotForSale):
        desk.rings_up(of_package("unknown"), client_id=client("Kim").pk)


def test_a_discount_lowers_what_is_owed_and_is_no_contra_income(desk: TestDesk, studio: Studio) -> None:
    package()

    sells(desk, client(), discount=amount_off(10_00))

    assert told(SessionLot.objects.get()) == ("open", 5, 440_00)
    assert balances() == {"1120 External terminal clearing": 440_00, "2210 Deferred packages": -440_00}
    books_are_clean()


def test_a_package_given_away_is_worth_nothing_and_still_used(studio: Studio) -> None:
    package()
    jo = client()
    desk = studio.managers_desk
    sells(desk, jo, discount=percent_off("100"))

    done = visits(desk, studio, jo)

    assert told(SessionLot.objects.get()) == ("open", 4, 0)
    assert [tender.amount_cents for tender in done.tenders] == [0]
    assert balances() == {}
    books_are_clean()


def test_each_of_several_is_a_lot_of_its_own_and_they_add_up(desk: TestDesk, studio: Studio) -> None:
    package(cents=100_01)

    sells(desk, client(), quantity=3, discount=amount_off(2))

    assert [lot.paid_cents for lot in SessionLot.objects.order_by("pk")] == [100_01, 100_00, 100_00]
    books_are_clean()


def test_a_bundle_is_split_by_list_price(desk: TestDesk, studio: Studio) -> None:
    item("facial-60", 80_00)
    bundle = package("bundle", 500_00, 3, items=("ashiatsu-60", "deep-tissue-60"))
    part(bundle, 2, "facial-60")

    sold = sells(desk, client(), "bundle")

    # 3 × 110 and 2 × 80
    assert [(lot.name, lot.paid_cents) for lot in SessionLot.objects.order_by("pk")] == [
        ("3 sessions: Ashiatsu 60", 336_73),
        ("3 sessions: Facial 60", 163_27),
    ]
    assert sold.lines[0].reference == "5 sessions"
    books_are_clean()


def test_tax_at_the_sale_is_on_the_price_and_the_lot_holds_the_net(desk: TestDesk, studio: Studio) -> None:
    tax(studio.location, "service", ("OH", "0.10"))
    package(tax_point=TaxPoint.SALE)

    sold = sells(desk, client())

    assert (sold.sale.net_cents, sold.sale.tax_cents) == (450_00, 45_00)
    assert told(SessionLot.objects.get()) == ("open", 5, 450_00)
    books_are_clean()


def test_the_receipt_says_what_was_bought(desk: TestDesk, studio: Studio) -> None:
    package(validity_months=12)
    sold = sells(desk, client())
    sold.lines[0].refresh_from_db()

    assert sold.receipt is not None
    assert [row.label for row in receipts.print_out(sold.receipt).lines] == ["5 sessions"]
    assert sold.lines[0].reference == "5 sessions, use by 1 Mar 2027"


# Versions ------------------------------------------------------------------------------------------------------------


def test_a_new_version_leaves_what_was_sold_as_it_was(desk: TestDesk, studio: Studio) -> None:
    first = package()
    [lot] = buys(desk, client())

    second = packages.new_version(first)
    Package.objects.filter(pk=second.pk).update(price_cents=480_00)
    packages.put_on_sale(second)

    assert (second.version, [item.code for item in second.parts.get().items.order_by("code")]) == (
        2,
        ["ashiatsu-60", "deep-tissue-60"],
    )
    assert packages.on_sale(["five"])["five"].price_cents == 480_00
    lot.refresh_from_db()
    assert lot.part.package == first
    assert (packages.was_sold(first), packages.was_sold(second)) == (True, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Package.objects.filter(pk=first.pk).update(is_on_sale=True)


def test_a_package_is_valid_a_year_at_least(studio: Studio) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        package(validity_months=6)


# Refunded ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "later", "back"),
    [("repriced", 30, 250_00), ("pro_rata", 30, 270_00), ("repriced", 14, 270_00), ("repriced", 15, 250_00)],
)
def test_two_of_five_used_are_refunded_pro_rata_or_re_priced(
    studio: Studio, method: str, later: int, back: int
) -> None:
    jo = client()
    package(refund_method=method)
    sold = sells(studio.desk, jo)
    for day in (1, 2):
        visits(studio.desk.later(days=day), studio, jo)
    desk = studio.managers_desk.later(days=later)
    preview = previews(desk, sold)

    given = desk.refunds(sold, (0, 1))

    assert given.refund.net_cents == preview.given.refund.net_cents == back
    assert told(SessionLot.objects.get()) == ("refunded", 0, 0)
    assert balances() == {
        "1120 External terminal clearing": 450_00 - back,
        "4010 Services": -(450_00 - back),
    }
    books_are_clean(now=NOW + days(later))


def test_re_pricing_takes_the_list_price_of_the_day_of_purchase_and_never_less_than_nothing(studio: Studio) -> None:
    jo = client()
    package(cents=300_00)
    sold = sells(studio.desk, jo)
    Price.objects.filter(item__code="deep-tissue-60").update(starts_on=NOW.date() - days(900))
    Price.objects.create(
        item=Price.objects.get(item__code="deep-tissue-60").item, price_cents=500_00, starts_on=NOW.date() + days(5)
    )
    for day in (11, 12):
        visits(studio.desk.later(days=day), studio, jo)
    desk = studio.managers_desk.later(days=30)
    assert previews(desk, sold).given.refund.net_cents == 100_00

    visits(studio.desk.later(days=13), studio, jo)
    visits(studio.desk.later(days=14), studio, jo)
    given = desk.refunds(sold, (0, 1))

    assert given.refund.net_cents == 0
    assert balances() == {"1120 External terminal clearing": 300_00, "4010 Services": -300_00}
    books_are_clean(now=NOW + days(30))


def test_a_session_that_came_back_counts_as_not_used(studio: Studio) -> None:
    jo = client()
    package()
    sold = sells(studio.desk, jo)
    done = visits(studio.desk, studio, jo)
    studio.managers_desk.refunds(done, (0, 1))

    assert previews(studio.managers_desk.later(days=30), sold).given.refund.net_cents == 450_00


def test_tax_comes_back_by_difference(studio: Studio) -> None:
    tax(studio.location, "service", ("OH", "0.0725"))
    jo = client()
    package(cents=499_99, tax_point=TaxPoint.SALE, refund_method="pro_rata")
    sold = sells(studio.desk, jo)
    assert sold.sale.tax_cents == 36_25
    visits(studio.desk, studio, jo)

    given = studio.managers_desk.later(days=30).refunds(sold, (0, 1))

    # 7.25 % of the 99.99 that are kept is 7.25
    assert (given.refund.net_cents, given.refund.tax_cents) == (400_00, 29_00)
    books_are_clean(now=NOW + days(30))


def test_one_of_two_is_refunded_the_fuller_one_first(studio: Studio) -> None:
    jo = client()
    package(refund_method="pro_rata")
    sold = sells(studio.desk, jo, quantity=2)
    visits(studio.desk, studio, jo)
    desk = studio.managers_desk.later(days=30)

    assert desk.refunds(sold, (0, 1)).refund.net_cents == 450_00
    assert desk.refunds(sold, (0, 1)).refund.net_cents == 360_00

    assert sorted(told(lot)[0] for lot in SessionLot.objects.all()) == ["refunded", "refunded"]
    books_are_clean(now=NOW + days(30))


def test_a_used_up_package_is_not_refunded_nor_one_that_a_sale_holds(studio: Studio) -> None:
    jo = client()
    package(units=1, cents=95_00)
    sold = sells(studio.desk, jo)
    open_sale = studio.desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)
    with pytest.raises(lots.LotInUse):
        studio.managers_desk.refunds(sold, (0, 1))

    open_sale.completes()

    with pytest.raises(NotRefundable):
        studio.managers_desk.refunds(sold, (0, 1))
    books_are_clean()


# Upgraded ------------------------------------------------------------------------------------------------------------


def test_an_upgrade_costs_the_difference_and_the_value_moves_over(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package()
    package("ten", 900_00, 10)
    [old] = buys(desk, jo)
    visits(desk, studio, jo)
    assert [(one.package.code, one.difference_cents) for one in upgrades.options(old)] == [("ten", 450_00)]
    old.refresh_from_db()
    assert [(one.package.code, one.difference_cents) for one in upgrades.options(old)] == [("ten", 540_00)]

    sold = sells(desk, jo, "ten", instrument=old.instrument)

    new = SessionLot.objects.exclude(pk=old.pk).get()
    assert sold.sale.net_cents == 540_00
    assert sold.lines[0].why == "Package price, version 1, less $360.00 left of 5 sessions"
    assert told(old) == ("upgraded", 0, 0)
    assert (told(new), new.paid_cents) == (("open", 10, 900_00), 900_00)
    assert balances() == {
        "1120 External terminal clearing": 990_00,
        "2210 Deferred packages": -900_00,
        "4010 Services": -90_00,
    }
    books_are_clean()


def test_an_upgrade_is_voided_and_refunded_while_nothing_of_it_is_used(studio: Studio) -> None:
    jo = client()
    package()
    package("ten", 900_00, 10)
    [old] = buys(studio.desk, jo)
    first = sells(studio.desk, jo, "ten", instrument=old.instrument)
    studio.managers_desk.voids(first)
    assert told(old) == ("open", 5, 450_00)

    second = sells(studio.desk, jo, "ten", instrument=f"package:99:{old.instrument}")
    given = studio.managers_desk.refunds(second, (0, 1))

    assert given.refund.net_cents == 450_00
    assert told(old) == ("open", 5, 450_00)
    assert balances() == {"1120 External terminal clearing": 450_00, "2210 Deferred packages": -450_00}
    books_are_clean()

    third = sells(studio.desk, jo, "ten", instrument=old.instrument)
    visits(studio.desk, studio, jo)
    with pytest.raises(NotRefundable):
        studio.managers_desk.refunds(third, (0, 1))


def test_an_upgrade_whose_old_package_was_used_meanwhile_is_refused(studio: Studio) -> None:
    jo = client()
    package()
    package("ten", 900_00, 10)
    [old] = buys(studio.desk, jo)
    desk = studio.desk
    desk.rings_up(of_package("ten", instrument=old.instrument), client_id=jo.pk).tenders("external")
    visits(studio.desk, studio, jo)

    with pytest.raises(upgrades.LotChanged):
        desk.completes()


def test_what_can_not_be_upgraded(studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package()
    package("ten", 900_00, 10)
    package("taxed", 950_00, 10, tax_point=TaxPoint.SALE)
    [lot] = buys(studio.desk, jo, "ten")
    desk = studio.desk

    for code, who, refusal in (
        ("five", jo, upgrades.NotUpgradable),
        ("ten", jo, upgrades.NotUpgradable),
        ("taxed", jo, upgrades.NotUpgradable),
        ("taxed", kim, BadInput),
    ):
        with pytest.raises(refusal):
            desk.rings_up(of_package(code, instrument=lot.instrument), client_id=who.pk)
    with pytest.raises(BadInput):
        desk.rings_up(of_package("ten", instrument=f"lot:{uuid.uuid4()}"), client_id=jo.pk)


def test_an_upgrade_at_another_location_is_owed_between_them(studio: Studio) -> None:
    jo, shore = client(), beach()
    package()
    package("ten", 900_00, 10)
    [old] = buys(studio.desk, jo)
    away = studio.desk.with_(studio.owner).at_location(shore)

    sold = sells(away, jo, "ten", instrument=old.instrument)

    assert balances(location=shore) == {
        "1120 External terminal clearing": 450_00,
        "1400 Due from locations": 450_00,
        "2210 Deferred packages": -900_00,
    }
    books_are_clean()
    away.refunds(sold, (0, 1))
    assert told(old) == ("open", 5, 450_00)
    assert balances(location=shore) == {}
    books_are_clean()


def test_prices_with_tax_split_the_package_without_it(db: None) -> None:
    studio = build_studio(prices_include_tax=True)
    tax(studio.location, "service", ("OH", "0.10"))
    package(cents=550_00, tax_point=TaxPoint.SALE)
    jo = client()
    desk = studio.desk
    desk.rings_up(of_package(), covered("deep-tissue-60", by=studio.ana, line=0), client_id=jo.pk).tenders("external")

    done = desk.completes()

    assert [(line.net_cents, line.tax_cents) for line in done.lines] == [(500_00, 50_00), (100_00, 0)]
    assert told(SessionLot.objects.get()) == ("open", 4, 400_00)
    books_are_clean()


def test_store_credit_buys_a_package(studio: Studio, desk: TestDesk) -> None:
    """R4: only gift cards, reloads and dues need money; so an expired package may pay for its successor."""
    who = client()
    package(cents=450_00)
    given = credit.give(who, studio.location, 450_00, why="An old package", key="old", now=NOW)
    journal.post(
        key="old",
        kind="opening",
        location=studio.location,
        occurred_at=NOW,
        now=NOW,
        lines=[
            debit(Account.OPENING_BALANCES, 450_00),
            journal.credit(Account.CLIENT_CREDIT, 450_00, instrument=credit.instrument_of(given)),
        ],
    )

    desk.rings_up(of_package(), client_id=who.pk).tenders("store_credit")
    desk.completes()

    assert balances() == {"2210 Deferred packages": -450_00, "3900 Opening balances": 450_00}
