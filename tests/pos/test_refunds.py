"""Refunds by line, tip and tender, with the whole books (R2, posting rules 44 and 44c, I30)."""

import datetime as dt
import uuid
from collections import defaultdict

import pytest

from ledger.journal import balances
from pos import approvals, refunds
from pos.approvals import ApprovalNeeded, ApprovalRefused
from pos.asked import AskedRefund, AskedRefundLine
from pos.checkout import SameIdOtherContents
from pos.models import Approval, RefundTender, Sale
from pos.refunds import MoreThanIsLeft
from studio.refusal import BadInput
from tests.builders import Studio, build_studio, custom, item, of, tax, tip


def test_a_full_refund_brings_every_balance_but_the_sales_back_to_zero(studio: Studio) -> None:
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    desk = studio.managers_desk
    desk.opens_drawer(100_00)
    sale = desk.rings_up(of("ashiatsu-60", by=studio.ana), of("massage-oil"), tips=(tip(studio.ana, 20_00),)).pays(
        cash=160_00
    )

    given = desk.refunds(sale, (0, 1), (1, 1), tips=(0,))

    assert balances() == {
        "1010 Cash drawer": 100_00,
        "1020 Cash safe": -100_00,
        "4010 Services": -110_00,
        "4020 Retail": -24_00,
        "4910 Refunds and allowances": 134_00,
    }
    assert given.refund.total_cents == 155_74
    assert Sale.objects.get().status == Sale.Status.REFUNDED
    assert given.receipt is not None
    assert given.receipt.title == "UPT-000002"


def test_tips_stay_unless_ticked(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("deep-tissue-60", by=studio.bo), tips=(tip(studio.bo, 18_00),)).pays(external=118_00)

    desk.refunds(sale, (0, 1))

    assert balances()["2300 Tips payable"] == -18_00
    assert balances()["1120 External terminal clearing"] == 18_00
    assert Sale.objects.get().status == Sale.Status.REFUNDED


def test_a_quantity_comes_back_in_parts_that_add_up_to_the_cent(studio: Studio) -> None:
    tax(studio.location, "retail", ("A", "0.04"), ("B", "0.0325"))
    item("balm", 3_33, kind="retail", tax="retail")
    desk = studio.managers_desk
    sale = desk.rings_up(of("balm", quantity=3)).pays(external=10_71)

    parts = [desk.refunds(sale, (0, 1)).refund.total_cents for _ in range(3)]

    assert sum(parts) == 10_71
    assert balances() == {"4020 Retail": -9_99, "4910 Refunds and allowances": 9_99}


def test_money_goes_back_last_tender_first_and_never_more_than_each_paid(studio: Studio) -> None:
    desk = studio.managers_desk
    desk.opens_drawer(200_00)
    sale = desk.rings_up(of("deep-tissue-60", by=studio.bo), of("massage-oil")).pays(external=80_00, cash=44_00)

    desk.refunds(sale, (0, 1))

    parts = RefundTender.objects.order_by("id").values_list("tender__kind", "amount_cents")
    assert list(parts) == [("cash", 44_00), ("external", 56_00)]


def test_a_refund_above_what_is_left_is_refused_and_changes_nothing(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("massage-oil", quantity=2)).pays(external=48_00)
    desk.refunds(sale, (0, 2))
    before = balances()

    with pytest.raises(MoreThanIsLeft, match="Only 0 of Massage oil"):
        desk.refunds(sale, (0, 1))

    assert balances() == before


def test_a_tip_that_stayed_can_still_come_back_later(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("deep-tissue-60", by=studio.bo), tips=(tip(studio.bo, 18_00),)).pays(external=118_00)
    desk.refunds(sale, (0, 1))

    desk.refunds(sale, tips=(0,))

    assert balances() == {"4010 Services": -100_00, "4910 Refunds and allowances": 100_00}


def test_fifty_dollars_in_pieces_are_fifty_dollars(studio: Studio) -> None:
    desk = studio.desk
    sale = desk.rings_up(custom("Basket", 30_00), custom("Basket", 30_00)).pays(external=60_00)
    desk.refunds(sale, (0, 1))

    with pytest.raises(ApprovalNeeded) as refused:
        desk.refunds(sale, (1, 1))

    assert refused.value.details["amount_cents"] == 30_00


def test_one_of_two_is_left_and_two_are_asked_for(studio: Studio) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("massage-oil", quantity=2)).pays(external=48_00)
    desk.refunds(sale, (0, 1))

    with pytest.raises(MoreThanIsLeft, match="Only 1 of Massage oil"):
        desk.refunds(sale, (0, 2))


def test_the_desk_refunds_fifty_dollars_alone_and_a_cent_more_with_approval(studio: Studio) -> None:
    desk = studio.desk
    small = desk.rings_up(custom("Basket", 50_00)).pays(external=50_00)
    large = desk.rings_up(custom("Basket", 50_01)).pays(external=50_01)

    desk.refunds(small, (0, 1))
    with pytest.raises(ApprovalNeeded) as refused:
        desk.refunds(large, (0, 1))

    assert refused.value.details == {"action": "refund", "object": str(large.sale.pk), "amount_cents": 50_01}


def test_after_thirty_days_even_a_small_refund_needs_approval(studio: Studio) -> None:
    desk = studio.desk
    sale = desk.rings_up(custom("Balm", 5_00)).pays(external=5_00)

    with pytest.raises(ApprovalNeeded):
        desk.at(desk.now + dt.timedelta(days=31)).refunds(sale, (0, 1))


def approve(studio: Studio, sale_id: uuid.UUID, cents: int, **changes: object) -> Approval:
    given = {
        "action": Approval.Action.REFUND,
        "object_id": sale_id,
        "amount_cents": cents,
        "approver": studio.manager,
        "desk": studio.desk.desk,
        "now": studio.desk.now,
    }
    return approvals.give(**(given | changes))


def test_an_approval_serves_once_for_its_amount_within_two_minutes(studio: Studio) -> None:
    desk = studio.desk
    sale = desk.rings_up(custom("Basket", 60_00), custom("Basket", 60_00)).pays(external=120_00)
    other_amount = approve(studio, sale.sale.pk, 61_00)
    stale = approve(studio, sale.sale.pk, 60_00, now=desk.now - dt.timedelta(minutes=3))
    good = approve(studio, sale.sale.pk, 60_00)

    for useless in (other_amount, stale):
        with pytest.raises(ApprovalRefused):
            desk.refunds(sale, (0, 1), approval_id=useless.pk)
    first = desk.refunds(sale, (0, 1), approval_id=good.pk)
    with pytest.raises(ApprovalRefused):
        desk.refunds(sale, (1, 1), approval_id=good.pk)

    assert first.refund.approver == studio.manager


def test_nobody_approves_their_own_request_and_the_desk_approves_nobodys(studio: Studio) -> None:
    with pytest.raises(ApprovalRefused, match="Somebody else"):
        approve(studio, uuid.uuid4(), 60_00, approver=studio.desk_person)
    with pytest.raises(ApprovalRefused, match="Ana may not"):
        approve(studio, uuid.uuid4(), 60_00, approver=studio.ana)


def test_the_same_refund_again_is_the_same_answer_and_other_contents_are_refused(studio: Studio) -> None:
    desk = studio.managers_desk.desk
    sale = studio.desk.rings_up(of("massage-oil", quantity=2)).pays(external=48_00)
    line = sale.lines[0].pk
    refund_id = uuid.uuid4()

    def ask(quantity: int) -> refunds.GivenBack:
        asked = AskedRefund(reason="returned", lines=(AskedRefundLine(line, quantity),))
        return refunds.refund_sale(
            sale_id=sale.sale.pk, refund_id=refund_id, asked=asked, desk=desk, now=studio.desk.now
        )

    first, again = ask(1), ask(1)
    with pytest.raises(SameIdOtherContents):
        ask(2)

    assert (first.refund.pk, first.receipt.title) == (again.refund.pk, again.receipt.title)
    assert balances()["1120 External terminal clearing"] == 24_00


def test_a_cash_refund_is_rounded_to_the_nickel_where_cash_is(db: None) -> None:
    studio = build_studio(cash_rounding="nickel")
    item("balm", 3_33, kind="retail", tax="exempt")
    desk = studio.managers_desk
    desk.opens_drawer(50_00)
    sale = desk.rings_up(of("balm", quantity=3)).pays(cash=10_00)

    parts = [desk.refunds(sale, (0, 1)) for _ in range(3)]

    assert [part.tenders[0].amount_cents for part in parts] == [3_35, 3_30, 3_35]
    assert balances() == {
        "1010 Cash drawer": 50_00,
        "1020 Cash safe": -50_00,
        "4020 Retail": -9_99,
        "4910 Refunds and allowances": 9_99,
    }


def test_a_refunded_check_is_paid_from_the_drawer(studio: Studio) -> None:
    desk = studio.managers_desk
    desk.opens_drawer(100_00)
    sale = desk.rings_up(of("massage-oil")).pays(check=24_00)

    desk.refunds(sale, (0, 1))

    assert balances()["1030 Checks not deposited"] == 24_00
    assert balances()["1010 Cash drawer"] == 76_00


@pytest.mark.parametrize("reason", ["", "because"])
def test_a_refund_says_why(studio: Studio, reason: str) -> None:
    desk = studio.managers_desk
    sale = desk.rings_up(of("massage-oil")).pays(external=24_00)
    asked = AskedRefund(reason=reason, lines=(AskedRefundLine(sale.lines[0].pk, 1),))

    with pytest.raises(BadInput, match="reason"):
        refunds.refund_sale(sale_id=sale.sale.pk, refund_id=uuid.uuid4(), asked=asked, desk=desk.desk, now=desk.now)


def test_the_preview_says_exactly_what_the_refund_then_does(studio: Studio) -> None:
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    desk = studio.managers_desk
    sale = desk.rings_up(of("ashiatsu-60", by=studio.ana), of("massage-oil")).pays(external=135_74)
    asked = AskedRefund(reason="returned", lines=tuple(AskedRefundLine(line.pk, 1) for line in sale.lines))
    who = {"sale_id": sale.sale.pk, "refund_id": uuid.uuid4(), "asked": asked, "desk": desk.desk, "now": desk.now}

    preview = refunds.preview_refund(**who)
    before = balances()
    refunds.refund_sale(**who)

    effect: dict[str, int] = defaultdict(int)
    for line in preview.lines:
        effect[line.account.title] += line.amount_cents
    after = balances()
    assert {name: after.get(name, 0) - before.get(name, 0) for name in effect} == effect
    assert not preview.approval_needed
