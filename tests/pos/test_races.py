"""Twenty tablets at once: real threads on PostgreSQL, and books that are whole afterwards (R3)."""

import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from django.db import IntegrityError, connection, connections, transaction

from ledger.accounts import Account
from ledger.journal import balance, balances
from ledger.models import Entry
from pos import approvals, checkout, drawer, refunds, voids
from pos.approvals import ApprovalRefused
from pos.asked import AskedRefund, AskedRefundLine, AskedSale, AskedTender
from pos.basket import Basket, SaleChanged
from pos.drawer import DrawerIsOpen, DrawerNotOpen
from pos.drawer_close import SalesInProgress
from pos.models import Approval, Drawer, DrawerSession, Receipt, Refund, Sale, Tender
from pos.refunds import GivenBack, MoreThanIsLeft
from pos.reversals import NotRefundable
from pos.schedule import AbandonForgottenSales
from pos.tenders import MoreThanDue
from pos.voids import NotVoidable
from studio.refusal import Refusal
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, build_studio, of, tip
from tests.racing import race

pytestmark = [pytest.mark.pg_only, pytest.mark.django_db(transaction=True)]

TABLETS = 20
Answer = TypeVar("Answer")


@pytest.fixture
def studio(transactional_db: None) -> Iterator[Studio]:
    yield build_studio()
    books_are_clean()


@pytest.fixture
def desk(studio: Studio) -> TestDesk:
    """A manager's desk with an open drawer."""
    desk = studio.managers_desk
    desk.opens_drawer(100_00)
    return desk


def request(work: Callable[[], Answer]) -> Answer:
    """One request as the edge makes it: a transaction of its own, once more when another tablet was faster."""
    try:
        with transaction.atomic(durable=True):
            return work()
    except IntegrityError:
        with transaction.atomic(durable=True):
            return work()


def refusals(answers: list[object]) -> list[type]:
    """What went wrong, by kind; anything but a refusal is an error of the test."""
    failed = [answer for answer in answers if isinstance(answer, BaseException)]
    for answer in failed:
        if not isinstance(answer, Refusal):
            raise answer
    return [type(answer) for answer in failed]


def selling(desk: TestDesk, sale_id: uuid.UUID, tender_id: uuid.UUID) -> Callable[[], Basket]:
    """The one-request sale of a bottle of oil for cash."""
    return lambda: checkout.sell(
        sale_id=sale_id,
        asked=AskedSale(lines=(of("massage-oil"),)),
        tenders=[(tender_id, AskedTender(kind="cash", tendered_cents=25_00))],
        desk=desk.desk,
        now=NOW,
    )


def refunding(
    desk: TestDesk, sale: Basket, quantity: int = 1, line: int = 0, **more: object
) -> Callable[[], GivenBack]:
    asked = AskedRefund(reason="returned", lines=(AskedRefundLine(sale.lines[line].pk, quantity),))
    refund_id = uuid.uuid4()
    return lambda: refunds.refund_sale(
        sale_id=sale.sale.pk, refund_id=refund_id, asked=asked, desk=desk.desk, now=NOW, **more
    )


def test_twenty_completions_of_one_sale_are_one(desk: TestDesk) -> None:
    sale_id = desk.rings_up(of("massage-oil")).tenders("cash", tendered_cents=30_00).sale.pk

    answers = race(TABLETS, lambda _: request(lambda: checkout.complete_sale(sale_id=sale_id, desk=desk.desk, now=NOW)))

    assert refusals(answers) == []
    assert {(answer.receipt.title, answer.change_cents) for answer in answers} == {("UPT-000001", 6_00)}
    assert (Entry.objects.filter(kind="sale").count(), Receipt.objects.count()) == (1, 1)


def test_twenty_times_the_same_one_request_sale_is_one(desk: TestDesk) -> None:
    sale_id, tender_id = uuid.uuid4(), uuid.uuid4()

    answers = race(TABLETS, lambda _: request(selling(desk, sale_id, tender_id)))

    assert refusals(answers) == []
    assert {answer.receipt.title for answer in answers} == {"UPT-000001"}
    assert (Sale.objects.count(), Tender.objects.count(), Receipt.objects.count()) == (1, 1, 1)
    assert balance(Account.CASH_DRAWER) == 124_00


def test_twenty_times_the_same_tender_is_one(desk: TestDesk) -> None:
    sale_id, tender_id = desk.rings_up(of("massage-oil")).last.sale.pk, uuid.uuid4()
    asked = AskedTender(kind="cash", amount_cents=10_00)

    answers = race(
        TABLETS,
        lambda _: request(
            lambda: checkout.put_tender(sale_id=sale_id, tender_id=tender_id, asked=asked, desk=desk.desk, now=NOW)
        ),
    )

    assert refusals(answers) == []
    assert {answer.due_cents for answer in answers} == {14_00}
    assert Tender.objects.count() == 1


def test_of_twenty_tenders_for_all_that_is_due_one_pays(desk: TestDesk) -> None:
    sale_id = desk.rings_up(of("massage-oil")).last.sale.pk

    answers = race(
        TABLETS,
        lambda _: request(
            lambda: checkout.put_tender(
                sale_id=sale_id,
                tender_id=uuid.uuid4(),
                asked=AskedTender(kind="external"),
                desk=desk.desk,
                now=NOW,
            )
        ),
    )

    assert len(refusals(answers)) == TABLETS - 1
    assert Tender.objects.count() == 1


def test_of_twenty_changes_from_one_revision_one_is_made(desk: TestDesk) -> None:
    seen = desk.rings_up(of("massage-oil")).last.sale

    answers = race(
        TABLETS,
        lambda n: request(
            lambda: checkout.put_sale(
                sale_id=seen.pk,
                asked=AskedSale(lines=(of("massage-oil", quantity=n + 2),)),
                desk=desk.desk,
                now=NOW,
                revision=seen.revision,
            )
        ),
    )

    assert refusals(answers) == [SaleChanged] * (TABLETS - 1)
    assert Sale.objects.get().revision == seen.revision + 1


def test_a_change_that_waited_for_a_payment_sees_it_even_when_it_guesses_the_revision(desk: TestDesk) -> None:
    seen = desk.rings_up(of("massage-oil", quantity=2)).last.sale
    fewer = AskedSale(lines=(of("massage-oil"),))
    said: list[BaseException | None] = []

    def change() -> None:
        put = {"asked": fewer, "desk": desk.desk, "now": NOW, "revision": seen.revision + 1}
        (answer,) = race(1, lambda n: request(lambda: checkout.put_sale(sale_id=seen.pk, **put)))
        said.append(answer if isinstance(answer, BaseException) else None)

    other = threading.Thread(target=change)
    with transaction.atomic(durable=True):
        checkout.put_tender(
            sale_id=seen.pk, tender_id=uuid.uuid4(), asked=AskedTender(kind="cash"), desk=desk.desk, now=NOW
        )
        other.start()
        while other.is_alive() and not somebody_waits_for_a_lock():
            time.sleep(0.01)
    other.join()

    assert [type(one) for one in said] == [MoreThanDue]


def test_a_completion_and_a_change_at_once_never_complete_what_is_unpaid(desk: TestDesk) -> None:
    basket = desk.rings_up(of("massage-oil")).tenders("cash")

    race(
        2,
        lambda n: request(
            lambda: (
                checkout.complete_sale(sale_id=basket.sale.pk, desk=desk.desk, now=NOW)
                if n
                else checkout.put_sale(
                    sale_id=basket.sale.pk,
                    asked=AskedSale(lines=(of("massage-oil", quantity=2),)),
                    desk=desk.desk,
                    now=NOW,
                    revision=basket.sale.revision,
                )
            )
        ),
    )

    sale = Sale.objects.get()
    assert (sale.status, sale.net_cents) in {("completed", 24_00), ("open", 48_00)}


def test_of_two_refunds_of_one_line_at_once_exactly_one_is_made(desk: TestDesk) -> None:
    sale = desk.rings_up(of("massage-oil")).pays(cash=24_00)

    answers = race(2, lambda _: request(refunding(desk, sale)))

    assert refusals(answers) == [MoreThanIsLeft]
    assert (Refund.objects.count(), balance(Account.CASH_DRAWER)) == (1, 100_00)


def test_of_twenty_refunds_of_three_bottles_three_are_made(desk: TestDesk) -> None:
    sale = desk.rings_up(of("massage-oil", quantity=3)).pays(cash=72_00)

    answers = race(TABLETS, lambda _: request(refunding(desk, sale)))

    assert set(refusals(answers)) <= {MoreThanIsLeft}
    assert (Refund.objects.count(), Sale.objects.get().status) == (3, "refunded")
    assert [receipt.number for receipt in Receipt.objects.order_by("number")] == [1, 2, 3, 4]


def test_the_same_refund_twenty_times_is_one(desk: TestDesk) -> None:
    sale = desk.rings_up(of("massage-oil", quantity=3)).pays(cash=72_00)
    ask = refunding(desk, sale)

    answers = race(TABLETS, lambda _: request(ask))

    assert refusals(answers) == []
    assert {answer.receipt.title for answer in answers} == {"UPT-000002"}
    assert balance(Account.CASH_DRAWER) == 148_00


def test_a_sale_is_voided_or_refunded_and_never_both(desk: TestDesk) -> None:
    sale = desk.rings_up(of("massage-oil")).pays(cash=24_00)
    void = {"sale_id": sale.sale.pk, "reason": "mistake", "desk": desk.desk, "now": NOW}

    answers = race(6, lambda n: request(refunding(desk, sale) if n % 2 else lambda: voids.void_sale(**void)))

    assert set(refusals(answers)) in ({NotVoidable, MoreThanIsLeft}, {NotRefundable})
    assert Entry.objects.filter(kind__in=("void", "refund")).count() == 1
    assert balance(Account.CASH_DRAWER) == 100_00


def test_no_cash_goes_into_a_drawer_that_is_being_closed(desk: TestDesk) -> None:
    session = DrawerSession.objects.get()

    def lane(n: int) -> object:
        if n == TABLETS // 2:
            return request(lambda: desk.closes_drawer(session, 100_00, note="Closed in the middle of the rush."))
        return request(selling(desk, uuid.uuid4(), uuid.uuid4()))

    answers = race(TABLETS, lane)

    closed = DrawerSession.objects.get()
    sold = Sale.objects.filter(status="completed").count()
    assert set(refusals(answers)) <= {DrawerNotOpen}
    assert (closed.status, closed.expected_cents) == ("closed", 100_00 + sold * 24_00)
    assert balance(Account.CASH_DRAWER) == 100_00
    assert Tender.objects.count() == sold


def test_a_drawer_that_is_closed_during_a_completion_counts_it_or_stays_open(desk: TestDesk) -> None:
    session = DrawerSession.objects.get()
    sale_ids = [desk.rings_up(of("massage-oil")).tenders("cash").sale.pk for _ in range(4)]

    def lane(n: int) -> object:
        if n == len(sale_ids):
            return request(lambda: desk.closes_drawer(session, 100_00, note="Closed too early."))
        return request(lambda: checkout.complete_sale(sale_id=sale_ids[n], desk=desk.desk, now=NOW))

    answers = race(len(sale_ids) + 1, lane)

    assert set(refusals(answers)) <= {SalesInProgress}
    assert Sale.objects.filter(status="completed").count() == len(sale_ids)
    closed = DrawerSession.objects.get()
    assert (closed.status, closed.expected_cents) in {("open", None), ("closed", 196_00)}


def test_of_twenty_openings_of_one_drawer_one_is_made(studio: Studio) -> None:
    desk, which = studio.desk, Drawer.objects.create(location=studio.location, name="Front")

    def opening(session_id: uuid.UUID) -> DrawerSession:
        return request(
            lambda: drawer.open_drawer(
                session_id=session_id, drawer_id=which.pk, float_cents=50_00, desk=desk.desk, now=NOW
            )
        )

    answers = race(TABLETS, lambda _: opening(uuid.uuid4()))
    session = DrawerSession.objects.get()
    again = race(TABLETS, lambda _: opening(session.pk))

    assert refusals(answers) == [DrawerIsOpen] * (TABLETS - 1)
    assert set(again) == {session}
    assert balances() == {"1010 Cash drawer": 50_00, "1020 Cash safe": -50_00}


def test_the_same_opening_twenty_times_is_one(studio: Studio) -> None:
    which, session_id = Drawer.objects.create(location=studio.location, name="Front"), uuid.uuid4()
    asked = {"session_id": session_id, "drawer_id": which.pk, "float_cents": 50_00, "desk": studio.desk.desk}

    answers = race(TABLETS, lambda _: request(lambda: drawer.open_drawer(**asked, now=NOW)))

    assert refusals(answers) == []
    assert {answer.pk for answer in answers} == {session_id}
    assert balance(Account.CASH_DRAWER) == 50_00


def test_closing_twenty_times_is_closing_once(desk: TestDesk) -> None:
    session = DrawerSession.objects.get()

    answers = race(TABLETS, lambda _: request(lambda: desk.closes_drawer(session, 99_00)))

    assert refusals(answers) == []
    assert {answer.z_number for answer in answers} == {1}
    assert balances() == {"1010 Cash drawer": 99_00, "1020 Cash safe": -100_00, "6050 Cash over/short": 1_00}


def test_twenty_sales_at_once_are_numbered_one_to_twenty(desk: TestDesk) -> None:
    answers = race(TABLETS, lambda _: request(selling(desk, uuid.uuid4(), uuid.uuid4())))

    assert refusals(answers) == []
    assert sorted(answer.receipt.number for answer in answers) == list(range(1, TABLETS + 1))
    assert balances() == {
        "1010 Cash drawer": 100_00 + TABLETS * 24_00,
        "1020 Cash safe": -100_00,
        "4020 Retail": -TABLETS * 24_00,
    }


def test_the_first_sales_of_a_studio_come_all_at_once(studio: Studio) -> None:
    """Neither the month nor the counter is there yet; numbers go to who comes first and nobody waits for nobody."""
    desk = studio.desk
    baskets = [desk.rings_up(of("massage-oil")).tenders("external") for _ in range(TABLETS)]

    answers = race(
        TABLETS,
        lambda n: request(lambda: checkout.complete_sale(sale_id=baskets[n].sale.pk, desk=desk.desk, now=NOW)),
    )

    assert refusals(answers) == []
    assert sorted(answer.receipt.number for answer in answers) == list(range(1, TABLETS + 1))


def test_sales_refunds_and_voids_at_once_do_not_wait_for_each_other_for_ever(studio: Studio, desk: TestDesk) -> None:
    sold = [
        desk.rings_up(of("deep-tissue-60", by=studio.bo), tips=(tip(studio.bo, 20_00),)).pays(cash=120_00)
        for _ in range(TABLETS // 2)
    ]

    def lane(n: int) -> object:
        sale = sold[n // 2]
        if n % 4 == 0:
            return request(refunding(desk, sale))
        if n % 4 == 2:
            return request(lambda: desk.voids(sale))
        return request(selling(desk, uuid.uuid4(), uuid.uuid4()))

    answers = race(TABLETS, lane)

    assert refusals(answers) == []
    assert Receipt.objects.count() == TABLETS // 2 + TABLETS // 2 + TABLETS // 4


def test_one_approval_serves_one_of_two_refunds_at_once(studio: Studio) -> None:
    desk = studio.desk
    sale = desk.rings_up(of("ashiatsu-60", by=studio.ana), of("ashiatsu-60", by=studio.ana)).pays(external=220_00)
    yes = studio.manager_approves(Approval.Action.REFUND, sale.sale.pk, 110_00)

    answers = race(2, lambda n: request(refunding(desk, sale, line=n, approval_id=yes.pk)))

    assert refusals(answers) == [ApprovalRefused]
    assert balance(Account.REFUNDS) == 110_00


def test_one_approval_is_used_once_by_twenty_requests(studio: Studio) -> None:
    drawer_session = uuid.uuid4()
    yes = studio.manager_approves(Approval.Action.DRAWER_DIFFERENCE, drawer_session, -30_00)
    asked = {"object_id": drawer_session, "amount_cents": -30_00, "approval_id": yes.pk}

    answers = race(
        TABLETS,
        lambda _: request(
            lambda: approvals.required(Approval.Action.DRAWER_DIFFERENCE, **asked, desk=studio.desk.desk, now=NOW)
        ),
    )

    assert refusals(answers) == [ApprovalRefused] * (TABLETS - 1)


@contextmanager
def while_the_worker_comes_by(*, now: dt.datetime) -> Iterator[None]:
    """A request that the worker runs into: it starts before the request commits, and waits for the sale."""
    worker = threading.Thread(target=lambda: (AbandonForgottenSales().run(now=now), connections.close_all()))
    with transaction.atomic():
        yield
        worker.start()
        while worker.is_alive() and not somebody_waits_for_a_lock():
            time.sleep(0.02)
    worker.join(timeout=60)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_sale_that_somebody_comes_back_to_just_now_is_not_abandoned(studio: Studio) -> None:
    late = studio.desk.rings_up(of("massage-oil")).later(minutes=40)

    with while_the_worker_comes_by(now=late.now):
        late.tenders("external")

    assert (Sale.objects.get().status, Tender.objects.get().status) == ("open", "held")


def test_a_sale_that_is_completed_just_now_does_not_stop_the_worker(studio: Studio) -> None:
    desk = studio.desk.rings_up(of("massage-oil"))
    desk.tenders("external")
    studio.desk.rings_up(of("massage-oil"))
    late = desk.later(minutes=40)

    with while_the_worker_comes_by(now=late.now):
        late.completes()

    assert sorted(Sale.objects.values_list("status", flat=True)) == ["abandoned", "completed"]
