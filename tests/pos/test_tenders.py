"""Cash, checks and the other terminal: what is held, what is change, what is refused (R4, T08, posting rule 8)."""

import datetime as dt
import uuid

import pytest

from ledger.journal import balances
from pos import checkout
from pos.asked import AskedTender
from pos.basket import Basket
from pos.checkout import SaleNotOpen, SameIdOtherContents
from pos.drawer import DrawerNotOpen
from pos.models import Tender
from pos.tenders import MoreThanDue, NothingDue
from studio.models import Device
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.builders import Studio, TestDesk, build_studio, custom, of

KINDS = ["cash", "check", "external"]


@pytest.fixture
def till(studio: Studio) -> TestDesk:
    """A desk with an open drawer and oil for $24 rung up."""
    desk = studio.desk
    desk.opens_drawer()
    return desk.rings_up(of("massage-oil"))


def put(desk: TestDesk, basket: Basket, tender_id: uuid.UUID, asked: AskedTender) -> Basket:
    return checkout.put_tender(sale_id=basket.sale.pk, tender_id=tender_id, asked=asked, desk=desk.desk, now=desk.now)


def test_cash_gives_change(till: TestDesk) -> None:
    held = till.tenders("cash", tendered_cents=50_00)

    assert (held.due_cents, held.change_cents) == (0, 26_00)
    assert till.completes().change_cents == 26_00
    assert balances() == {"1010 Cash drawer": 24_00, "4020 Retail": -24_00}


@pytest.mark.parametrize("kind", ["check", "external"])
@pytest.mark.parametrize("field", ["amount_cents", "tendered_cents"])
def test_only_cash_gives_change(till: TestDesk, kind: str, field: str) -> None:
    with pytest.raises(MoreThanDue, match=r"Only \$24\.00 is due, and only cash gives change"):
        till.tenders(kind, **{field: 24_01})

    assert not Tender.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_without_an_amount_a_tender_pays_all_that_is_due(till: TestDesk, kind: str) -> None:
    held = till.tenders(kind)

    assert [(tender.amount_cents, tender.change_cents) for tender in held.tenders] == [(24_00, 0)]
    assert held.due_cents == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_leaves_the_rest_due(till: TestDesk, kind: str) -> None:
    assert till.tenders(kind, amount_cents=10_00).due_cents == 14_00
    assert till.tenders(kind, amount_cents=14_00).due_cents == 0


def test_too_little_cash_is_a_part(till: TestDesk) -> None:
    held = till.tenders("cash", tendered_cents=20_00)

    assert (held.due_cents, held.change_cents) == (4_00, 0)


def test_a_part_in_cash_gives_change_on_the_part(till: TestDesk) -> None:
    held = till.tenders("cash", amount_cents=10_00, tendered_cents=20_00)

    assert (held.due_cents, held.change_cents) == (14_00, 10_00)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cents", [-1, 0, 100_000_01])
def test_an_absurd_amount_pays_nothing(till: TestDesk, kind: str, cents: int) -> None:
    with pytest.raises((BadInput, MoreThanDue)):
        till.tenders(kind, amount_cents=cents)

    assert not Tender.objects.exists()


@pytest.mark.parametrize("cents", [-1, 0, 100_000_01])
def test_nobody_hands_over_absurd_cash(till: TestDesk, cents: int) -> None:
    with pytest.raises(BadInput, match=r"tendered_cents: Cash handed over is between \$0\.01 and \$100,000"):
        till.tenders("cash", tendered_cents=cents)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_paid_is_not_paid_again(till: TestDesk, kind: str) -> None:
    till.tenders("external")

    with pytest.raises(NothingDue, match="This sale is paid already"):
        till.tenders(kind)


def test_there_is_no_other_way_to_pay(till: TestDesk) -> None:
    with pytest.raises(BadInput, match="kind: There is no way to pay called “shells”"):
        till.tenders("shells")


def test_a_split_pays_each_its_part_and_the_last_in_cash_with_change(till: TestDesk) -> None:
    till.tenders("external", amount_cents=9_00)
    till.tenders("check", amount_cents=5_00, reference=" 1042 ")

    sale = till.pays(cash=20_00)

    assert [(t.kind, t.amount_cents, t.change_cents, t.reference) for t in sale.tenders] == [
        ("external", 9_00, 0, ""),
        ("check", 5_00, 0, "1042"),
        ("cash", 10_00, 10_00, ""),
    ]
    assert balances() == {
        "1010 Cash drawer": 10_00,
        "1030 Checks not deposited": 5_00,
        "1120 External terminal clearing": 9_00,
        "4020 Retail": -24_00,
    }
    books_are_clean()


def test_without_an_open_drawer_a_check_and_a_terminal_still_pay(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil"))

    with pytest.raises(DrawerNotOpen, match="Open the drawer first"):
        desk.tenders("cash")
    sale = desk.pays(external=14_00, check=10_00)

    assert sale.sale.status == "completed"


def test_cash_goes_into_the_drawer_that_is_named(studio: Studio) -> None:
    studio.desk.opens_drawer(name="Front")
    other = studio.desk.with_device(Device.objects.create(name="Back", location=studio.location))
    back = other.opens_drawer(name="Back")

    held = studio.desk.rings_up(of("massage-oil")).tenders("cash", drawer_session_id=back.pk)

    assert held.tenders[0].drawer_session == back
    with pytest.raises(DrawerNotOpen):
        studio.desk.rings_up(of("massage-oil")).tenders("cash", drawer_session_id=uuid.uuid4())


@pytest.mark.parametrize("ending", ["completed", "voided", "abandoned"])
def test_a_sale_that_is_over_takes_no_tender(studio: Studio, ending: str) -> None:
    desk = studio.managers_desk.rings_up(of("massage-oil"))
    basket = desk.abandons() if ending == "abandoned" else desk.pays(external=24_00)
    if ending == "voided":
        desk.voids(basket)

    with pytest.raises(SaleNotOpen, match=f"This sale is {ending}") as refused:
        desk.tenders("external", amount_cents=1_00)

    assert refused.value.details == {"sale_status": ending}


def test_the_same_tender_again_is_one_tender(till: TestDesk) -> None:
    tender_id, asked = uuid.uuid4(), AskedTender(kind="cash", amount_cents=10_00)

    first, again = (put(till, till.last, tender_id, asked) for _ in range(2))

    assert (first.due_cents, again.due_cents) == (14_00, 14_00)
    assert Tender.objects.count() == 1


def test_the_same_tender_again_changes_nothing(till: TestDesk) -> None:
    tender_id, asked = uuid.uuid4(), AskedTender(kind="cash", amount_cents=10_00)

    first, again = (put(till, till.last, tender_id, asked).sale.revision for _ in range(2))

    assert first == again


def test_the_same_tender_with_another_amount_or_kind_is_refused(till: TestDesk) -> None:
    tender_id = uuid.uuid4()
    put(till, till.last, tender_id, AskedTender(kind="cash", amount_cents=10_00))

    for other in (AskedTender(kind="cash", amount_cents=11_00), AskedTender(kind="check", amount_cents=10_00)):
        with pytest.raises(SameIdOtherContents, match="already made with another amount"):
            put(till, till.last, tender_id, other)

    assert Tender.objects.get().amount_cents == 10_00


def test_the_same_tender_again_after_completion_is_the_same_answer(till: TestDesk) -> None:
    """A lost answer is asked for again, also when another tablet has completed the sale meanwhile."""
    tender_id, asked = uuid.uuid4(), AskedTender(kind="cash")
    put(till, till.last, tender_id, asked)
    done = till.completes()

    again = put(till, done, tender_id, asked)

    assert (again.sale.status, again.sale.revision, again.receipt) == ("completed", done.sale.revision, done.receipt)


def test_a_tender_is_dropped_and_the_sale_paid_otherwise(till: TestDesk) -> None:
    cash = till.tenders("cash", tendered_cents=30_00).tenders[0]

    assert till.drops(cash).due_cents == 24_00
    sale = till.pays(external=24_00)

    assert [(tender.kind, tender.status) for tender in sale.tenders] == [("cash", "released"), ("external", "settled")]
    assert balances() == {"1120 External terminal clearing": 24_00, "4020 Retail": -24_00}
    books_are_clean()


def test_dropping_twice_is_dropping_once_and_a_late_repeat_of_the_tender_does_not_bring_it_back(
    till: TestDesk,
) -> None:
    tender_id, asked = uuid.uuid4(), AskedTender(kind="cash", amount_cents=10_00)
    tender = put(till, till.last, tender_id, asked).tenders[0]
    till.drops(tender)
    till.drops(tender)

    late = put(till, till.last, tender_id, asked)

    assert (late.due_cents, [tender.status for tender in late.tenders]) == (24_00, ["released"])


def test_a_settled_tender_can_not_be_dropped(till: TestDesk) -> None:
    sale = till.pays(cash=24_00)

    with pytest.raises(SaleNotOpen, match="This sale is completed"):
        till.drops(sale.tenders[0])

    assert Tender.objects.get().status == Tender.Status.SETTLED


# Where cash is rounded to five cents ----------------------------------------------------------------------------------


@pytest.fixture
def nickel_till(db: None) -> TestDesk:
    desk = build_studio(cash_rounding="nickel").desk
    desk.opens_drawer()
    return desk


@pytest.mark.parametrize(
    ("cents", "in_cash"),
    [(10_01, 10_00), (10_02, 10_00), (10_03, 10_05), (10_04, 10_05), (10_05, 10_05), (10_06, 10_05), (10_08, 10_10)],
)
def test_what_is_paid_in_cash_is_rounded_to_the_nickel(nickel_till: TestDesk, cents: int, in_cash: int) -> None:
    rung_up = nickel_till.rings_up(custom("Basket", cents)).last
    assert (rung_up.due_cents, rung_up.cash_due_cents) == (cents, in_cash)

    sale = nickel_till.pays(cash=20_00)

    assert (sale.change_cents, sale.sale.rounding_cents) == (20_00 - in_cash, in_cash - cents)
    assert balances()["1010 Cash drawer"] == in_cash
    books_are_clean()


@pytest.mark.parametrize("cents", [1, 2])
def test_a_rest_that_rounds_to_nothing_can_still_be_settled_in_cash(nickel_till: TestDesk, cents: int) -> None:
    nickel_till.rings_up(custom("Basket", 10_00 + cents)).tenders("external", amount_cents=10_00)

    sale = nickel_till.pays(cash=5)

    assert (sale.sale.status, sale.sale.rounding_cents, sale.change_cents) == ("completed", -cents, 5)
    books_are_clean()


def test_a_sale_that_rounds_to_nothing_is_settled_with_nothing(nickel_till: TestDesk) -> None:
    nickel_till.rings_up(custom("A crumb", 2)).tenders("cash")

    assert nickel_till.completes().sale.status == "completed"
    assert balances() == {"4020 Retail": -2, "6070 Cash rounding": 2}


@pytest.mark.parametrize("cents", [9_98, 9_99, 10_01, 10_02])
@pytest.mark.parametrize("tendered", range(9_95, 10_06))
def test_odd_coins_never_pay_more_than_is_due(nickel_till: TestDesk, cents: int, tendered: int) -> None:
    held = nickel_till.rings_up(custom("Basket", cents)).tenders("cash", tendered_cents=tendered)

    assert held.due_cents == (0 if tendered >= min(cents, 10_00) else cents - tendered)
    sale = nickel_till.completes() if not held.due_cents else nickel_till.pays(external=held.due_cents)
    assert sale.due_cents == 0
    books_are_clean()


def test_what_was_settled_with_nothing_is_given_back_with_nothing(nickel_till: TestDesk) -> None:
    nickel_till.rings_up(custom("Basket", 10_02)).tenders("external", amount_cents=10_00)
    sale = nickel_till.pays(cash=0)

    given = nickel_till.refunds(sale, (0, 1))

    assert sorted((part.tender.kind, part.amount_cents) for part in given.tenders) == [("cash", 0), ("external", 10_00)]
    assert balances() == {"4020 Retail": -10_02, "4910 Refunds and allowances": 10_02}
    books_are_clean()


def test_a_part_in_cash_and_a_card_are_not_rounded(nickel_till: TestDesk) -> None:
    nickel_till.rings_up(custom("Basket", 10_03)).tenders("cash", amount_cents=3_01)

    sale = nickel_till.pays(external=7_02)

    assert (sale.sale.rounding_cents, sale.due_cents) == (0, 0)


def test_a_rounded_cash_part_stays_balanced_when_the_sale_grows(nickel_till: TestDesk) -> None:
    nickel_till.rings_up(custom("Basket", 10_03)).tenders("cash")

    nickel_till.changes(custom("Basket", 10_03), custom("Soap", 1_01))
    sale = nickel_till.pays(external=1_01)

    assert (sale.sale.rounding_cents, balances()) == (
        2,
        {
            "1010 Cash drawer": 10_05,
            "1120 External terminal clearing": 1_01,
            "4020 Retail": -11_04,
            "6070 Cash rounding": -2,
        },
    )
    books_are_clean()


def test_dropping_a_rounded_tender_takes_its_rounding_along(nickel_till: TestDesk) -> None:
    cash = nickel_till.rings_up(custom("Basket", 10_03)).tenders("cash").tenders[0]

    dropped = nickel_till.later(minutes=1).drops(cash)

    assert (dropped.due_cents, dropped.sale.rounding_cents, dropped.sale.last_request_at) == (
        10_03,
        0,
        nickel_till.now + dt.timedelta(minutes=1),
    )
