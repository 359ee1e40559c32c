"""Cash into and out of an open drawer without a sale, with the books (R8, R6, posting rules 57, 64, 67)."""

import uuid

import pytest

from ledger.journal import balances
from ledger.models import Entry
from pos import movements
from pos.approvals import ApprovalNeeded, ApprovalRefused
from pos.checkout import SameIdOtherContents
from pos.drawer import DrawerNotOpen, expected_cents
from pos.models import Approval, DrawerMovement, RefundTip
from pos.movements import MoreThanOwed, NotEnoughCash
from pos.voids import NotVoidable
from studio.models import AuditRow
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.books import books_are_clean
from tests.builders import Studio, TestDesk, of, person, tip


@pytest.mark.parametrize(
    ("kind", "reason", "other", "cents"),
    [
        ("pay_in", "safe", "1020 Cash safe", -220_00),
        ("pay_in", "bank", "1050 Bank operating", -20_00),
        ("pay_in", "returned", "6080 Paid-outs", -20_00),
        ("pay_out", "laundry", "6080 Paid-outs", 20_00),
        ("drop", "", "1020 Cash safe", -180_00),
    ],
)
def test_cash_that_moves_is_in_the_books_at_once(
    desk: TestDesk, kind: str, reason: str, other: str, cents: int
) -> None:
    session = desk.opens_drawer(200_00)

    moved = desk.moves_cash(session, kind, 20_00, reason=reason)

    in_drawer = 220_00 if kind == "pay_in" else 180_00
    assert balances() == {"1010 Cash drawer": in_drawer, "1020 Cash safe": -200_00, other: cents}
    assert expected_cents(session) == in_drawer
    assert Entry.objects.get(key=f"drawer_movement:{moved.pk}").kind == kind
    assert AuditRow.objects.filter(action=f"drawer_{kind}", actor=desk.desk.staff).count() == 1


def test_slips_are_numbered_without_gaps(desk: TestDesk) -> None:
    session = desk.opens_drawer(200_00)

    numbers = [desk.moves_cash(session, "drop", 10_00).number for _ in range(3)]

    assert numbers == [1, 2, 3]


def test_tips_are_paid_to_the_therapist_and_never_more_than_is_owed(studio: Studio) -> None:
    desk = studio.desk
    session = desk.opens_drawer(200_00)
    desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(external=132_00)

    desk.moves_cash(session, "tip_payout", 20_00, to=studio.ana)
    with pytest.raises(MoreThanOwed, match=r"owed \$2\.00"):
        desk.moves_cash(session, "tip_payout", 2_01, to=studio.ana)
    with pytest.raises(MoreThanOwed, match=r"owed \$0\.00"):
        desk.moves_cash(session, "tip_payout", 1, to=studio.bo)

    assert balances() == {
        "1010 Cash drawer": 180_00,
        "1020 Cash safe": -200_00,
        "1120 External terminal clearing": 132_00,
        "2300 Tips payable": -2_00,
        "4010 Services": -110_00,
    }
    books_are_clean()


def test_the_house_bears_a_tip_that_was_paid_out_and_is_given_back(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(200_00)
    sale = desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(cash=132_00)
    desk.moves_cash(session, "tip_payout", 15_00, to=studio.ana)

    desk.refunds(sale, (0, 1), tips=(0,))

    assert RefundTip.objects.get().borne_cents == 15_00
    assert balances() == {
        "1010 Cash drawer": 185_00,
        "1020 Cash safe": -200_00,
        "4010 Services": -110_00,
        "4910 Refunds and allowances": 125_00,
    }
    books_are_clean()


def test_a_sale_whose_tip_was_paid_out_is_refunded_and_not_voided(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(200_00)
    sale = desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(cash=132_00)
    desk.moves_cash(session, "tip_payout", 1_00, to=studio.ana)

    with pytest.raises(NotVoidable, match="paid out to Ana"):
        desk.voids(sale)


def test_no_more_is_taken_out_than_there_is_and_how_much_that_is_stays_untold(studio: Studio) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(60_00)

    for kind, reason in (("pay_out", "postage"), ("drop", "")):
        with pytest.raises(NotEnoughCash) as refused:
            desk.moves_cash(session, kind, 60_01, reason=reason)
        assert "60" not in refused.value.sentence
        assert refused.value.details == {}
    desk.moves_cash(session, "drop", 60_00)

    assert balances() == {}


def test_a_large_pay_out_wants_somebody_else(studio: Studio) -> None:
    desk, movement_id = studio.desk, uuid.uuid4()
    session = desk.opens_drawer(200_00)

    with pytest.raises(ApprovalNeeded) as asked:
        desk.moves_cash(session, "pay_out", 50_01, reason="supplies", movement_id=movement_id)
    yes = studio.manager_approves(Approval.Action.PAY_OUT, movement_id, 50_01)
    paid = desk.moves_cash(session, "pay_out", 50_01, reason="supplies", movement_id=movement_id, approval_id=yes.pk)

    assert asked.value.details == {"action": "pay_out", "object": str(movement_id), "amount_cents": 50_01}
    assert paid.approver == studio.manager
    assert desk.moves_cash(session, "pay_out", 50_00, reason="supplies").approver is None


def test_opening_the_drawer_without_a_sale_wants_somebody_else_and_moves_nothing(studio: Studio) -> None:
    desk, movement_id = studio.desk, uuid.uuid4()
    session = desk.opens_drawer(200_00)
    before = balances()

    with pytest.raises(ApprovalNeeded):
        desk.moves_cash(session, "no_sale", reason="change", movement_id=movement_id)
    with pytest.raises(ApprovalRefused, match="Somebody else"):
        studio.manager_approves(Approval.Action.NO_SALE, movement_id, 0, requester=studio.manager)
    late = studio.manager_approves(Approval.Action.NO_SALE, movement_id, 0)
    with pytest.raises(ApprovalRefused):
        desk.later(minutes=3).moves_cash(
            session, "no_sale", reason="change", movement_id=movement_id, approval_id=late.pk
        )
    yes = studio.manager_approves(Approval.Action.NO_SALE, movement_id, 0)
    opened = desk.moves_cash(session, "no_sale", reason="change", movement_id=movement_id, approval_id=yes.pk)

    assert (opened.amount_cents, opened.approver) == (0, studio.manager)
    assert balances() == before


def test_the_same_movement_again_is_one_movement_though_its_approval_is_used(studio: Studio) -> None:
    desk, movement_id = studio.desk, uuid.uuid4()
    session = desk.opens_drawer(200_00)
    yes = studio.manager_approves(Approval.Action.PAY_OUT, movement_id, 80_00)
    asked = {"reason": "supplies", "movement_id": movement_id, "approval_id": yes.pk}

    first = desk.moves_cash(session, "pay_out", 80_00, **asked)
    again = desk.later(hours=1).moves_cash(session, "pay_out", 80_00, **asked)
    with pytest.raises(SameIdOtherContents):
        desk.moves_cash(session, "pay_out", 70_00, **asked)
    studio.managers_desk.closes_drawer(session, 120_00)
    after_the_close = desk.moves_cash(session, "pay_out", 80_00, **asked)

    assert first == again == after_the_close
    assert DrawerMovement.objects.count() == 1
    assert balances() == {"1010 Cash drawer": 120_00, "1020 Cash safe": -200_00, "6080 Paid-outs": 80_00}


def test_a_closed_drawer_moves_nothing(desk: TestDesk) -> None:
    session = desk.opens_drawer(100_00)
    desk.closes_drawer(session, 100_00)

    with pytest.raises(DrawerNotOpen):
        desk.moves_cash(session, "drop", 1_00)


@pytest.mark.parametrize(
    ("kind", "cents", "reason", "note", "field"),
    [
        ("gift", 1_00, "", "", "kind"),
        ("drop", 0, "", "", "amount_cents"),
        ("drop", -1, "", "", "amount_cents"),
        ("drop", 10_000_001, "", "", "amount_cents"),
        ("no_sale", 1, "change", "", "amount_cents"),
        ("pay_out", 1_00, "", "", "reason"),
        ("pay_out", 1_00, "safe", "", "reason"),
        ("pay_in", 1_00, "laundry", "", "reason"),
        ("drop", 1_00, "other", "", "reason"),
        ("pay_out", 1_00, "other", " ", "note"),
        ("tip_payout", 1_00, "", "", "therapist"),
    ],
)
def test_what_can_not_be_meant_is_told(
    desk: TestDesk, kind: str, cents: int, reason: str, note: str, field: str
) -> None:
    session = desk.opens_drawer(100_00)

    with pytest.raises(BadInput) as told:
        desk.moves_cash(session, kind, cents, reason=reason, note=note)

    assert told.value.field == field
    assert not DrawerMovement.objects.exists()


def test_tips_go_to_therapists_only(studio: Studio) -> None:
    desk = studio.desk
    session = desk.opens_drawer(100_00)

    with pytest.raises(BadInput, match="no such therapist"):
        desk.moves_cash(session, "tip_payout", 1_00, to=studio.manager)
    with pytest.raises(BadInput, match="anything else to none"):
        desk.moves_cash(session, "drop", 1_00, to=studio.ana)


def test_who_may_not_touch_the_drawer_moves_nothing(studio: Studio) -> None:
    session = studio.desk.opens_drawer(100_00)
    axel = person("axel", role="accountant", location=studio.location)

    with pytest.raises(NotAllowed):
        studio.desk.with_(axel).moves_cash(session, "drop", 1_00)


def test_cash_of_the_safe_is_brought_to_the_bank_once(studio: Studio) -> None:
    desk, deposit_id = studio.managers_desk, uuid.uuid4()
    asked = {"deposit_id": deposit_id, "amount_cents": 500_00, "desk": desk.desk, "now": desk.now}

    first, again = (movements.put_deposit(slip="4711", **asked) for _ in range(2))
    with pytest.raises(SameIdOtherContents):
        movements.put_deposit(slip="4712", **asked)
    with pytest.raises(NotAllowed):
        movements.put_deposit(slip="4711", **{**asked, "desk": studio.desk.desk})

    assert first == again
    assert balances() == {"1020 Cash safe": -500_00, "1050 Bank operating": 500_00}
