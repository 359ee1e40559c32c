"""Discounts within and beyond what the desk gives alone, and another person's yes (R6)."""

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import Group

from pos import approvals
from pos.approvals import ApprovalNeeded, ApprovalRefused
from pos.asked import AskedDiscount
from pos.models import Approval, SaleDiscount
from studio.models import Device, GroupRight, Level, Right
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.builders import NOW, Studio, TestDesk, amount_off, item, of, percent_off, person

DISCOUNT = Approval.Action.DISCOUNT


@pytest.fixture
def treatment(studio: Studio) -> str:
    """A treatment for $200: 10 % of it is more than $15."""
    item("four-hands", 200_00)
    return "four-hands"


@pytest.mark.parametrize(
    ("code", "discount"),
    [
        ("four-hands", percent_off("10")),
        ("four-hands", amount_off(20_00)),
        ("massage-oil", amount_off(15_00)),
        ("massage-oil", percent_off("62.5")),
    ],
)
def test_the_desk_alone_gives_ten_percent_or_fifteen_dollars_a_line(
    studio: Studio, treatment: str, code: str, discount: AskedDiscount
) -> None:
    for on_line in (True, False):
        line = of(code, by=studio.ana, discount=discount if on_line else None)
        sale = studio.desk.rings_up(line, discounts=() if on_line else (discount,)).last
        assert [row.approver for row in sale.discounts] == [None]


@pytest.mark.parametrize(
    ("code", "discount", "cents"),
    [
        ("four-hands", percent_off("10.01"), 20_02),
        ("four-hands", amount_off(20_01), 20_01),
        ("massage-oil", amount_off(15_01), 15_01),
        ("massage-oil", percent_off("100"), 24_00),
    ],
)
def test_beyond_that_somebody_has_to_say_yes(
    studio: Studio, treatment: str, code: str, discount: AskedDiscount, cents: int
) -> None:
    sale_id = uuid.uuid4()
    for on_line in (True, False):
        line = of(code, by=studio.ana, discount=discount if on_line else None)
        with pytest.raises(ApprovalNeeded) as refused:
            studio.desk.rings_up(line, discounts=() if on_line else (discount,), sale_id=sale_id)
        assert refused.value.details == {"action": "discount", "object": str(sale_id), "amount_cents": cents}


def test_a_line_and_a_sale_discount_together_count_against_the_limit(studio: Studio, treatment: str) -> None:
    line = of(treatment, by=studio.bo, discount=percent_off("10"))

    with pytest.raises(ApprovalNeeded):
        studio.desk.rings_up(line, discounts=(percent_off("1"),))


def test_the_limit_counts_for_each_line(studio: Studio, treatment: str) -> None:
    lines = [of(treatment, by=studio.bo, discount=percent_off("10"))] * 3

    assert studio.desk.rings_up(*lines).last.sale.discount_cents == 60_00


def test_a_manager_needs_nobody_and_a_person_without_the_right_can_not_even_ask(studio: Studio) -> None:
    half_price = of("massage-oil", discount=percent_off("100"))
    GroupRight.objects.create(group=Group.objects.create(name="cashier"), right=Right.SELL, level=Level.ALLOWED)
    cashier = person("carl", role="cashier")

    assert studio.managers_desk.rings_up(half_price).last.sale.total_cents == 0
    with pytest.raises(NotAllowed):
        studio.desk.with_(cashier).rings_up(half_price)


def test_an_approved_discount_keeps_its_approver(studio: Studio) -> None:
    sale_id = uuid.uuid4()
    yes = studio.manager_approves(DISCOUNT, sale_id, 24_00)

    sale = studio.desk.rings_up(
        of("massage-oil", discount=percent_off("100", "damaged")), sale_id=sale_id, approval_id=yes.pk
    ).completes()

    stored = SaleDiscount.objects.get()
    assert (stored.approver, stored.reason, stored.value_cents) == (studio.manager, "damaged", 24_00)
    assert sale.lines[0].why == "List price; 100 % off this line (damaged goods)"


def test_an_approval_holds_for_later_edits_up_to_its_amount(studio: Studio, treatment: str) -> None:
    sale_id = uuid.uuid4()
    yes = studio.manager_approves(DISCOUNT, sale_id, 50_00)
    desk = studio.desk.rings_up(
        of(treatment, by=studio.bo, discount=percent_off("25")), sale_id=sale_id, approval_id=yes.pk
    )

    grown = desk.changes(of(treatment, by=studio.bo, discount=percent_off("25")), of("massage-oil"))
    less = desk.changes(of(treatment, by=studio.bo, discount=percent_off("20")))

    assert [basket.discounts[0].approver for basket in (grown, less)] == [studio.manager, studio.manager]
    with pytest.raises(ApprovalNeeded) as refused:
        desk.changes(of(treatment, by=studio.bo, discount=percent_off("26")))
    assert refused.value.details["amount_cents"] == 52_00


@pytest.mark.parametrize(
    "misfit", ["amount", "object", "action", "tablet", "requester", "too old", "used before", "invented"]
)
def test_a_yes_that_does_not_fit_is_refused(studio: Studio, misfit: str) -> None:
    sale_id = uuid.uuid4()
    desk: TestDesk = studio.desk
    action = Approval.Action.VOID if misfit == "action" else DISCOUNT
    yes = studio.manager_approves(
        action,
        uuid.uuid4() if misfit == "object" else sale_id,
        23_99 if misfit == "amount" else 24_00,
        now=NOW - dt.timedelta(minutes=2) if misfit == "too old" else NOW,
    )
    if misfit == "tablet":
        desk = desk.with_device(Device.objects.create(name="Back", location=studio.location))
    if misfit == "requester":
        desk = desk.with_(person("dora", role="desk"))
    if misfit == "used before":
        Approval.objects.update(used_at=NOW)

    with pytest.raises(ApprovalRefused, match="does not fit any more"):
        desk.rings_up(
            of("massage-oil", discount=percent_off("100")),
            sale_id=sale_id,
            approval_id=uuid.uuid4() if misfit == "invented" else yes.pk,
        )


def test_a_yes_lasts_two_minutes(studio: Studio) -> None:
    sale_id = uuid.uuid4()
    yes = studio.manager_approves(DISCOUNT, sale_id, 24_00, now=NOW - dt.timedelta(seconds=119))

    sale = studio.desk.rings_up(
        of("massage-oil", discount=percent_off("100")), sale_id=sale_id, approval_id=yes.pk
    ).last

    assert sale.discounts[0].approver == studio.manager
    assert Approval.objects.get().used_at == NOW


def test_a_yes_is_given_by_somebody_else_who_may(studio: Studio) -> None:
    for approver, sentence in ((studio.desk_person, "Somebody else"), (studio.bo, "Bo may not approve this")):
        with pytest.raises(ApprovalRefused, match=sentence):
            approvals.give(
                action=DISCOUNT,
                object_id=uuid.uuid4(),
                amount_cents=24_00,
                approver=approver,
                desk=studio.desk.desk,
                now=NOW,
            )

    assert not Approval.objects.exists()


# What is no discount --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("discount", "field"),
    [
        (percent_off("0"), "percent"),
        (percent_off("-1"), "percent"),
        (percent_off("100.01"), "percent"),
        (amount_off(0), "amount_cents"),
        (amount_off(-1), "amount_cents"),
        (amount_off(24_01), "amount_cents"),
        (AskedDiscount(reason="goodwill"), "amount_cents"),
    ],
)
def test_a_discount_is_above_nothing_and_at_most_the_price(studio: Studio, discount: AskedDiscount, field: str) -> None:
    desk = studio.managers_desk

    with pytest.raises(BadInput, match=f"{field}: A discount is above"):
        desk.rings_up(of("massage-oil", discount=discount))
    with pytest.raises(BadInput, match=f"{field}: A discount is above"):
        desk.rings_up(of("massage-oil"), discounts=(discount,))


def test_a_discount_is_a_percentage_or_an_amount_and_not_both(desk: TestDesk) -> None:
    both = AskedDiscount(reason="goodwill", percent=percent_off("5").percent, amount_cents=1_00)

    with pytest.raises(BadInput):
        desk.rings_up(of("massage-oil", discount=both))


@pytest.mark.parametrize("reason", ["", "because"])
def test_a_discount_says_why(desk: TestDesk, reason: str) -> None:
    with pytest.raises(BadInput, match="reason"):
        desk.rings_up(of("massage-oil", discount=percent_off("5", reason)))


def test_two_discounts_on_a_sale_never_take_more_than_there_is(studio: Studio) -> None:
    desk = studio.managers_desk

    with pytest.raises(BadInput, match="at most the price"):
        desk.rings_up(of("massage-oil", discount=amount_off(20_00)), discounts=(amount_off(4_01),))
    sale = desk.rings_up(of("massage-oil", discount=amount_off(20_00)), discounts=(amount_off(4_00),)).last

    assert (sale.sale.total_cents, sale.lines[0].why) == (
        0,
        "List price; $20.00 off this line (goodwill); $4.00 off the sale (goodwill)",
    )
