"""Store credit: what clients are owed pays later sales, everywhere, and comes back as it came (rules 22, 74)."""

import uuid
from collections.abc import Iterator

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from ledger import journal
from ledger.accounts import Account
from ledger.journal import balances, debit
from ledger.journal import credit as credit_line
from pos import credit, holdings
from pos.approvals import ApprovalNeeded
from pos.asked import AskedLine
from pos.checks import check_store_credit, check_store_credit_is_held_by_open_sales
from pos.models import Approval, Client, ClientCredit, CreditHold, CreditMove, RefundTender
from pos.models.stored import NotEnoughLeft
from pos.store_credit import OtherClient
from pos.tenders import MoreThanDue, NothingDue, PaysNoValue
from pos.wares import CustomAmount
from studio.models import Location
from studio.refusal import BadInput, Refusal
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, beach, build_studio, of, tax, tip
from tests.racing import race


@pytest.fixture
def jo(studio: Studio) -> Client:
    return Client.objects.create(id=uuid.uuid4(), name="Jo Reyes", created_at=NOW)


@transaction.atomic
def owes(location: Location, client: Client, cents: int, *, key: str = "") -> ClientCredit:
    """The client has it from before, as an opening balance (rule 78)."""
    key = key or f"expired:{uuid.uuid4()}"
    given = credit.give(
        client, location, cents, why="package expired", key=key, now=NOW, kind=CreditMove.Kind.CONVERTED
    )
    journal.post(
        key=key,
        kind="opening",
        location=location,
        occurred_at=NOW,
        now=NOW,
        lines=[
            debit(Account.OPENING_BALANCES, cents),
            credit_line(Account.CLIENT_CREDIT, cents, instrument=credit.instrument_of(given), client=client.pk),
        ],
    )
    return given


def left(client: Client) -> list[tuple[str, int, int]]:
    """What each location owes the client, and what of it is held."""
    rows = ClientCredit.objects.filter(client=client).select_related("location").order_by("location__code")
    return [(row.location.code, row.balance_cents, row.held_cents) for row in rows]


def credit_is_clean() -> None:
    for check in (check_store_credit, check_store_credit_is_held_by_open_sales):
        assert [problem.what for problem in check(using="default", now=NOW)] == []


# Given --------------------------------------------------------------------------------------------------------------


def test_paid_value_that_expires_becomes_store_credit(studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 90_00)
    owes(studio.location, jo, 10_00)

    assert left(jo) == [("UPT", 100_00, 0)]
    assert balances() == {"3900 Opening balances": 100_00, "2230 Client credit": -100_00}
    assert [move.amount_cents for move in CreditMove.objects.all()] == [90_00, 10_00]
    credit_is_clean()


def test_the_same_key_gives_once(studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 90_00, key="lot-expired:1")

    with pytest.raises(IntegrityError):
        owes(studio.location, jo, 90_00, key="lot-expired:1")

    assert left(jo) == [("UPT", 90_00, 0)]


def test_the_desk_sees_what_all_locations_owe(studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 20_00)
    owes(beach(), jo, 5_50)

    offers = holdings.what_is_left(jo, location=studio.location, now=NOW)

    assert [(offer.kind, offer.left, offer.amount_cents) for offer in offers] == [
        ("store_credit", "$25.50 left", 25_50)
    ]


# Used ---------------------------------------------------------------------------------------------------------------


def test_store_credit_pays_tax_and_tip_too(desk: TestDesk, studio: Studio, jo: Client) -> None:
    tax(studio.location, "retail", ("OH", "0.075"))
    owes(studio.location, jo, 200_00)
    desk.rings_up(of("massage-oil"), of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 20_00),), client_id=jo.pk)

    desk.tenders("store_credit")
    done = desk.completes()

    assert done.sale.status == "completed"
    assert left(jo) == [("UPT", 200_00 - 155_80, 0)]
    assert [one.reference for one in done.tenders] == ["$44.20 left"]
    assert balances() == {
        "2100 Sales tax payable": -1_80,
        "3900 Opening balances": 200_00,
        "2230 Client credit": -44_20,
        "2300 Tips payable": -20_00,
        "4010 Services": -110_00,
        "4020 Retail": -24_00,
    }
    books_are_clean()


def test_an_open_sale_holds_the_credit_and_gives_it_back(desk: TestDesk, studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 30_00)
    held = desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")
    assert left(jo) == [("UPT", 30_00, 24_00)]
    credit_is_clean()

    desk.drops(held.tenders[0])

    assert left(jo) == [("UPT", 30_00, 0)]
    assert not CreditHold.objects.exists()
    assert balances() == {"3900 Opening balances": 30_00, "2230 Client credit": -30_00}
    credit_is_clean()


def test_an_abandoned_sale_lets_go_of_the_credit(desk: TestDesk, studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 30_00)
    desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")

    desk.abandons()

    assert left(jo) == [("UPT", 30_00, 0)]
    books_are_clean()


def test_less_credit_than_is_due_pays_a_part(desk: TestDesk, studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 10_00)
    held = desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")
    assert held.due_cents == 14_00

    done = desk.pays(external=14_00)

    assert done.sale.status == "completed"
    assert left(jo) == [("UPT", 0, 0)]
    books_are_clean()


def test_credit_of_two_locations_pays_one_sale_and_they_owe_each_other(
    desk: TestDesk, studio: Studio, jo: Client
) -> None:
    """Rule 74: the own location's credit goes first."""
    owes(beach(), jo, 20_00)
    owes(studio.location, jo, 10_00)

    desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")
    desk.completes()

    assert left(jo) == [("BCH", 6_00, 0), ("UPT", 0, 0)]
    assert balances(location__code="UPT") == {
        "1400 Due from locations": 14_00,
        "3900 Opening balances": 10_00,
        "4020 Retail": -24_00,
    }
    assert balances(location__code="BCH") == {
        "3900 Opening balances": 20_00,
        "2230 Client credit": -6_00,
        "2500 Due to locations": -14_00,
    }
    books_are_clean()


def test_without_a_client_there_is_no_credit(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil"))

    with pytest.raises(BadInput, match="client"):
        desk.tenders("store_credit")


def test_a_client_without_credit_is_told_so(desk: TestDesk, jo: Client) -> None:
    desk.rings_up(of("massage-oil"), client_id=jo.pk)

    with pytest.raises(NotEnoughLeft, match=r"only \$0.00"):
        desk.tenders("store_credit")


def test_more_than_there_is_or_than_is_due_is_refused(desk: TestDesk, studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 10_00)
    desk.rings_up(of("massage-oil"), client_id=jo.pk)

    with pytest.raises(NotEnoughLeft, match=r"only \$10.00"):
        desk.tenders("store_credit", amount_cents=10_01)
    with pytest.raises(MoreThanDue):
        desk.tenders("store_credit", amount_cents=24_01)
    desk.tenders("external")
    with pytest.raises(NothingDue):
        desk.tenders("store_credit")
    assert left(jo) == [("UPT", 10_00, 0)]


def test_credit_of_somebody_else_does_not_pay(desk: TestDesk, studio: Studio, jo: Client) -> None:
    ann = Client.objects.create(id=uuid.uuid4(), name="Ann", created_at=NOW)
    owes(studio.location, jo, 30_00)
    desk.rings_up(of("massage-oil"), client_id=ann.pk)
    with pytest.raises(OtherClient):
        desk.tenders("store_credit", instrument=str(jo.pk))

    desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")
    with pytest.raises(OtherClient):
        desk.changes(of("massage-oil"), client_id=ann.pk)


class Voucher(CustomAmount):
    """Something to be used later, such as a gift card."""

    code = "voucher"
    needs_money = True


@pytest.fixture
def vouchers(settings: Settings) -> None:
    settings.POS_LINE_KINDS = [*settings.POS_LINE_KINDS, f"{__name__}.Voucher"]


def voucher(cents: int) -> AskedLine:
    return AskedLine(kind="voucher", name="Voucher", unit_cents=cents, tax_category="exempt")


@pytest.mark.usefixtures("vouchers")
def test_credit_pays_all_but_what_is_to_be_used_later(desk: TestDesk, studio: Studio, jo: Client) -> None:
    """R4: gift cards and the like are bought with money."""
    owes(studio.location, jo, 100_00)
    desk.rings_up(of("massage-oil"), voucher(50_00), client_id=jo.pk)
    with pytest.raises(PaysNoValue, match=r"\$24.00"):
        desk.tenders("store_credit", amount_cents=24_01)

    assert desk.tenders("store_credit").due_cents == 50_00
    with pytest.raises(PaysNoValue, match="another way to pay"):
        desk.tenders("store_credit")
    done = desk.pays(external=50_00)

    assert done.sale.status == "completed"
    assert left(jo) == [("UPT", 76_00, 0)]
    books_are_clean()


@pytest.mark.usefixtures("vouchers")
def test_a_voucher_does_not_take_the_place_of_what_credit_pays(desk: TestDesk, studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 100_00)
    desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")

    with pytest.raises(PaysNoValue):
        desk.changes(voucher(24_00), client_id=jo.pk)

    assert left(jo) == [("UPT", 100_00, 24_00)]


# Given back ---------------------------------------------------------------------------------------------------------


def test_a_refund_in_pieces_goes_back_to_the_credits_it_came_from(desk: TestDesk, studio: Studio, jo: Client) -> None:
    """The last used comes back first, and the two locations are quits again at the end."""
    owes(beach(), jo, 40_00)
    owes(studio.location, jo, 10_00)
    desk.rings_up(of("massage-oil", quantity=2), client_id=jo.pk).tenders("store_credit")
    sold = desk.completes()
    assert left(jo) == [("BCH", 2_00, 0), ("UPT", 0, 0)]

    desk.refunds(sold, (0, 1))
    assert left(jo) == [("BCH", 26_00, 0), ("UPT", 0, 0)]
    books_are_clean()
    desk.refunds(sold, (0, 1))

    assert left(jo) == [("BCH", 40_00, 0), ("UPT", 10_00, 0)]
    assert balances() == {
        "3900 Opening balances": 50_00,
        "2230 Client credit": -50_00,
        "4020 Retail": -48_00,
        "4910 Refunds and allowances": 48_00,
    }
    assert sum(part.amount_cents for part in RefundTender.objects.all()) == 48_00
    books_are_clean()


def test_a_void_puts_the_credit_back(studio: Studio, jo: Client) -> None:
    desk = studio.managers_desk
    owes(beach(), jo, 20_00)
    owes(studio.location, jo, 10_00)
    desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")

    desk.voids(desk.completes())

    assert left(jo) == [("BCH", 20_00, 0), ("UPT", 10_00, 0)]
    assert balances() == {"3900 Opening balances": 30_00, "2230 Client credit": -30_00}
    books_are_clean()


# Adjusted -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def adjusts(desk: TestDesk, client: Client, cents: int, **more: object) -> ClientCredit:
    return credit.adjust(
        client, cents, adjustment_id=uuid.uuid4(), why="the room was cold", desk=desk.desk, now=NOW, **more
    )


def test_goodwill_needs_somebody_elses_yes(desk: TestDesk, studio: Studio, jo: Client) -> None:
    with pytest.raises(ApprovalNeeded):
        adjusts(desk, jo, 15_00)
    yes = studio.manager_approves(Approval.Action.CREDIT, jo.pk, 15_00)

    adjusts(desk, jo, 15_00, approval_id=yes.pk)

    assert left(jo) == [("UPT", 15_00, 0)]
    assert balances() == {"2230 Client credit": -15_00, "6060 Promotions": 15_00}
    books_are_clean()


def test_what_was_given_wrongly_is_taken_back_unless_a_sale_holds_it(studio: Studio, jo: Client) -> None:
    desk = studio.managers_desk
    adjusts(desk, jo, 30_00)
    held = desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit")
    with pytest.raises(NotEnoughLeft):
        adjusts(desk, jo, -30_00)
    desk.drops(held.tenders[0])

    adjusts(desk, jo, -30_00)

    assert left(jo) == [("UPT", 0, 0)]
    assert balances() == {}
    books_are_clean()


# The checks see what is wrong ---------------------------------------------------------------------------------------


def test_a_balance_that_the_books_do_not_have_is_found(studio: Studio, jo: Client) -> None:
    owed = owes(studio.location, jo, 30_00)
    ClientCredit.objects.filter(pk=owed.pk).update(balance_cents=31_00, held_cents=5_00)

    assert [problem.what for problem in check_store_credit(using="default", now=NOW)] == [
        f"{owed}: books 3000, balance 3100, moves 3000",
        f"{owed}: held 500, open sales hold 0",
    ]


def test_credit_in_the_books_without_a_row_is_found(studio: Studio) -> None:
    lines = [debit(Account.PROMOTIONS, 5_00), credit_line(Account.CLIENT_CREDIT, 5_00, instrument="credit:nobody")]
    journal.post(key="x", kind="opening", location=studio.location, occurred_at=NOW, now=NOW, lines=lines)

    assert [problem.what for problem in check_store_credit(using="default", now=NOW)] == [
        f"books have 500 of “credit:nobody” at location {studio.location.pk}, which is no credit there"
    ]


def test_a_tender_that_holds_nothing_is_found(desk: TestDesk, studio: Studio, jo: Client) -> None:
    owes(studio.location, jo, 30_00)
    held = desk.rings_up(of("massage-oil"), client_id=jo.pk).tenders("store_credit").tenders[0]
    CreditHold.objects.all().delete()

    assert [problem.what for problem in check_store_credit_is_held_by_open_sales(using="default", now=NOW)] == [
        f"tender {held.pk}: held, 2400, holds 0"
    ]


# Races --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def raced(transactional_db: None) -> Iterator[Studio]:
    yield build_studio()
    books_are_clean()


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_ten_tablets_never_spend_the_same_credit_twice(raced: Studio) -> None:
    jo = Client.objects.create(id=uuid.uuid4(), name="Jo", created_at=NOW)
    owes(raced.location, jo, 60_00)
    owes(beach(), jo, 60_00)

    def sells(n: int) -> object:
        desk = raced.desk
        desk.rings_up(of("massage-oil"), client_id=jo.pk)
        desk.tenders("store_credit", amount_cents=24_00)
        return desk.completes().sale

    answers = race(10, sells)

    failed = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(answer, Refusal) for answer in failed), failed
    assert (len(failed), sum(cents for _, cents, _ in left(jo))) == (5, 0)
