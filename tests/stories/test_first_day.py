"""The first day of a studio, from pairing the tablet to a drawer short by $1.15; the books are asserted whole."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Count

from ledger.journal import balances
from pos.asked import Desk
from pos.models import Approval, DrawerSession, Receipt, Sale
from pos.schedule import AbandonForgottenSales
from studio import devices, pins, sessions
from studio.models import Device, Location, Staff
from tests.books import books_are_clean
from tests.builders import Studio, TestDesk, build_studio, custom, item, of, percent_off, tax, tip

NINE = dt.datetime(2026, 3, 2, 14, 0, tzinfo=dt.UTC)  # in the morning, in Columbus


def test_the_first_day(db: None) -> None:
    studio = build_studio()
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    item("hot-stones", 20_00, kind="addon")
    device = pair(studio.location, now=NINE - dt.timedelta(minutes=5))
    desk = sign_on(device, studio.desk_person, "739164", now=NINE)
    studio.device = device

    drawer = desk.opens_drawer(200_00)
    six_sales_in_the_morning(desk, studio)
    seven_sales_after_noon_and_some_regrets(desk.later(hours=3), studio)
    closed = the_drawer_is_short_by_a_dollar_fifteen(desk.later(hours=9), drawer)

    assert balances() == {
        "1010 Cash drawer": 200_00,
        "1020 Cash safe": 188_61,  # the float came from it, all but the float went to it
        "1030 Checks not deposited": 25_74,
        "1120 External terminal clearing": 455_18,
        "2100 Sales tax payable": -12_28,
        "2300 Tips payable": -71_00,
        "4010 Services": -670_00,
        "4020 Retail": -227_00,
        "4900 Discounts and promotions": 65_60,
        "4910 Refunds and allowances": 44_00,
        "6050 Cash over/short": 1_15,
    }
    assert balances(therapist=studio.ana, account=2300) == {"2300 Tips payable": -29_00}
    assert balances(therapist=studio.bo, account=2300) == {"2300 Tips payable": -42_00}
    assert dict(Sale.objects.order_by().values_list("status").annotate(Count("pk"))) == {
        "completed": 10,
        "voided": 1,
        "partly_refunded": 1,
        "refunded": 1,
        "abandoned": 1,
    }
    assert [receipt.title for receipt in Receipt.objects.order_by("number")][::7] == [
        "UPT-000001",
        "UPT-000008",
        "UPT-000015",
    ]
    assert (closed.expected_cents, closed.over_short_cents, closed.z_number) == (589_76, -1_15, 1)
    books_are_clean(now=NINE + dt.timedelta(hours=10))


def pair(location: Location, *, now: dt.datetime) -> Device:
    """A new tablet, paired by the code that the owner reads out."""
    code = devices.new_pairing_code(Device.objects.create(name="Front desk", location=location), now=now)
    devices.reserve_pairing_try(address="192.0.2.7", now=now)
    device, token = devices.pair(code=code.lower(), now=now)
    devices.pairing_was_right(address="192.0.2.7", now=now)
    assert devices.find_device(token, now=now) == device
    return device


def sign_on(device: Device, staff: Staff, pin: str, *, now: dt.datetime) -> TestDesk:
    """The desk of whoever signed on with their PIN."""
    pins.reserve_pin_try(staff=staff, device=device, now=now)
    assert pins.pin_matches(staff, pin)
    pins.pin_was_right(staff=staff, device=device, now=now)
    with transaction.atomic():
        _, token = sessions.sign_on(device=device, staff=staff, now=now)
    session = sessions.find_session(device, token, now=now)
    assert session is not None
    return TestDesk(Desk(location=device.location, staff=session.staff, device=device), now=now)


def six_sales_in_the_morning(desk: TestDesk, studio: Studio) -> None:
    ashiatsu, deep_tissue = of("ashiatsu-60", by=studio.ana), of("deep-tissue-60", by=studio.bo)

    cash = desk.rings_up(ashiatsu, of("massage-oil"), tips=(tip(studio.ana, 20_00),)).pays(cash=160_00)
    assert (cash.sale.total_cents, cash.change_cents) == (155_74, 4_26)

    desk.rings_up(deep_tissue, tip_cents=20_00).pays(external=120_00)

    desk.rings_up(of("massage-oil")).tenders("check", reference="1042")
    assert desk.completes().sale.total_cents == 25_74

    two_therapists = desk.rings_up(deep_tissue, of("hot-stones", by=studio.ana), tip_cents=24_00).pays(external=144_00)
    assert [row.amount_cents for row in two_therapists.tips] == [20_00, 4_00]

    desk.rings_up(ashiatsu).pays(external=60_00, cash=50_00)

    ten_percent_off = of("deep-tissue-60", by=studio.bo, discount=percent_off("10"))
    assert desk.rings_up(ten_percent_off).pays(cash=100_00).change_cents == 10_00


def seven_sales_after_noon_and_some_regrets(desk: TestDesk, studio: Studio) -> None:
    a_fifth_off_for_a_regular(desk, studio)
    a_leaking_bottle_replaced(desk, studio)

    desk.rings_up(tips=(tip(studio.ana, 5_00),)).pays(cash=5_00)

    assert desk.rings_up(custom("Gift basket", 35_00)).pays(cash=40_00).change_cents == 2_46

    wrong_client = desk.rings_up(of("deep-tissue-60", by=studio.bo), tips=(tip(studio.bo, 10_00),)).pays(
        external=110_00
    )
    yes = studio.manager_approves(Approval.Action.VOID, wrong_client.sale.pk, 110_00, now=desk.now)
    desk.voids(wrong_client, approval_id=yes.pk)

    oils = desk.rings_up(of("massage-oil", quantity=3)).pays(cash=80_00)
    assert desk.later(minutes=30).refunds(oils, (0, 1)).refund.total_cents == 25_74

    cold_stones = desk.rings_up(of("hot-stones", by=studio.bo), tips=(tip(studio.bo, 2_00),)).pays(external=22_00)
    assert desk.later(minutes=30).refunds(cold_stones, (0, 1)).refund.total_cents == 20_00

    desk.rings_up(of("massage-oil")).tenders("external", amount_cents=5_00)
    AbandonForgottenSales().run(now=desk.now + dt.timedelta(minutes=31))


def a_fifth_off_for_a_regular(desk: TestDesk, studio: Studio) -> None:
    sale_id = uuid.uuid4()
    yes = studio.manager_approves(Approval.Action.DISCOUNT, sale_id, 31_60, now=desk.now)
    desk.rings_up(
        of("ashiatsu-60", by=studio.ana),
        of("massage-oil", quantity=2),
        discounts=(percent_off("20"),),
        sale_id=sale_id,
        approval_id=yes.pk,
    ).pays(external=129_18)


def a_leaking_bottle_replaced(desk: TestDesk, studio: Studio) -> None:
    sale_id = uuid.uuid4()
    yes = studio.manager_approves(Approval.Action.DISCOUNT, sale_id, 24_00, now=desk.now)
    free = desk.rings_up(
        of("massage-oil", discount=percent_off("100", "damaged")), sale_id=sale_id, approval_id=yes.pk
    ).completes()
    assert (free.sale.total_cents, free.tenders) == (0, [])


def the_drawer_is_short_by_a_dollar_fifteen(desk: TestDesk, drawer: DrawerSession) -> DrawerSession:
    return desk.closes_drawer(drawer, 588_61, left_cents=200_00)
