"""X at any time and the Z of a closed drawer: whole, numbered, kept, each sale on one of them (R8, I38)."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from ledger.journal import balances
from payments.models import Reader
from pos import checkout, drawer_corrections, takings, z_pdf, zpaper, zreport
from pos.approvals import ApprovalNeeded
from pos.checkout import SameIdOtherContents
from pos.drawer_close import SalesInProgress, SalesParked
from pos.drawer_corrections import DrawerNotClosed
from pos.models import Approval, DrawerCorrection, DrawerSession, ZEntry, ZReport
from studio.models import Device
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, of, percent_off, tax, tip
from tests.pos.test_cards import asks_card, hold_card
from tests.stripe_sim.stand_in import StandIn


def z_of(session: DrawerSession) -> ZReport:
    return ZReport.objects.get(session=session)


def test_a_z_says_what_the_day_came_to(studio: Studio) -> None:
    desk = studio.managers_desk
    tax(studio.location, "retail", ("OH", "0.0575"))
    session = desk.opens_drawer(200_00)
    first = desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(cash=140_00)
    desk.rings_up(of("massage-oil", discount=percent_off("10"))).pays(external=22_84)
    desk.voids(desk.rings_up(of("massage-oil")).pays(cash=30_00))
    desk.refunds(first, (0, 1))
    desk.moves_cash(session, "pay_out", 12_50, reason="other", note="Flowers")
    desk.moves_cash(session, "tip_payout", 22_00, to=studio.ana)
    desk.moves_cash(session, "drop", 100_00)

    x = zreport.x_of(session, now=NOW)
    closed = desk.closes_drawer(session, 86_35, left_cents=80_00, pieces={20_00: 4, 5_00: 1, 1_00: 1, 25: 1, 10: 1})
    told = z_of(session).contents

    assert told["money"] == {
        **dict.fromkeys(told["money"], 0),
        "gross_services_cents": 110_00,
        "gross_retail_cents": 24_00,
        "discounts_cents": -2_40,
        "refunds_cents": -110_00,
        "net_cents": 21_60,
        "tax_cents": 1_24,
        "tips_cents": 22_00,
        "cash_cents": 22_00,
        "terminal_cents": 22_84,
        "collected_cents": 44_84,
    }
    assert takings.is_whole(told["money"])
    assert told["cash"] == {
        "float_cents": 200_00,
        "found_cents": 0,
        "sales_cents": 157_38,
        "back_cents": -135_38,
        "paid_in_cents": 0,
        "paid_out_cents": -12_50,
        "dropped_cents": -100_00,
        "tips_paid_cents": -22_00,
        "other_cents": 0,
        "expected_cents": 87_50,
        "counted_cents": 86_35,
        "over_short_cents": -1_15,
        "left_cents": 80_00,
        "to_safe_cents": 6_35,
    }
    assert (told["tickets"], told["refunds"], told["voids"], told["voided_cents"]) == (3, 1, 1, 25_38)
    assert (told["first_receipt"], told["last_receipt"]) == ("UPT-000001", "UPT-000003")
    assert {one["value_cents"]: one["pieces"] for one in told["pieces"]} == {20_00: 4, 5_00: 1, 1_00: 1, 25: 1, 10: 1}
    slips = [(one["number"], one["amount_cents"]) for one in told["movements"]]
    assert slips == [(1, -12_50), (2, -22_00), (3, -100_00)]
    assert x["money"] == told["money"]
    assert {**x["cash"], "counted_cents": 86_35} | {
        name: told["cash"][name] for name in ("over_short_cents", "left_cents", "to_safe_cents")
    } == told["cash"]
    assert closed.over_short_cents == -1_15
    assert balances()["6050 Cash over/short"] == 1_15
    books_are_clean()


def test_an_x_changes_nothing_and_a_blind_one_tells_no_cash(desk: TestDesk) -> None:
    session = desk.opens_drawer(100_00)
    desk.rings_up(of("massage-oil")).pays(cash=24_00)

    x = zreport.x_of(session, now=NOW)
    hidden = zreport.blind(x)

    assert x["cash"]["expected_cents"] == 124_00
    assert (hidden["money"]["cash_cents"], hidden["money"]["collected_cents"]) == (None, None)
    assert "124" not in str(hidden["cash"]) + str(zpaper.sections(hidden))
    assert not ZReport.objects.exists()
    assert not ZEntry.objects.exists()


def test_zs_are_numbered_and_their_total_is_never_reset(desk: TestDesk) -> None:
    totals = []
    for _ in range(3):
        session = desk.opens_drawer(0)
        desk.rings_up(of("massage-oil")).pays(external=24_00)
        desk.closes_drawer(session, 0)
        z = z_of(session)
        totals.append((z.number, z.net_cents, z.grand_total_cents))

    assert totals == [(1, 24_00, 24_00), (2, 24_00, 48_00), (3, 24_00, 72_00)]
    books_are_clean()


def test_each_sale_stands_on_one_z_with_the_drawer_that_took_it(studio: Studio) -> None:
    back_desk = studio.desk.with_device(Device.objects.create(name="Back", location=studio.location))
    third = studio.desk.with_device(Device.objects.create(name="Third", location=studio.location))
    front, back = studio.desk.opens_drawer(0), back_desk.opens_drawer(0, name="Back")
    studio.desk.rings_up(of("massage-oil")).pays(cash=24_00)
    back_desk.rings_up(of("deep-tissue-60", by=studio.bo)).pays(external=100_00)
    third.rings_up(of("ashiatsu-60", by=studio.ana)).pays(external=110_00)

    back_desk.closes_drawer(back, 0)
    studio.desk.closes_drawer(front, 24_00)

    # The third tablet has no drawer of its own: its sale goes with the first one that is closed.
    assert [z_of(session).net_cents for session in (back, front)] == [210_00, 24_00]
    assert ZEntry.objects.count() == 3


def test_what_was_sold_while_no_drawer_was_open_stands_on_the_next_z(desk: TestDesk) -> None:
    desk.closes_drawer(desk.opens_drawer(0), 0)
    desk.rings_up(of("massage-oil")).pays(external=24_00)

    session = desk.opens_drawer(0)
    desk.closes_drawer(session, 0)

    assert z_of(session).net_cents == 24_00


def test_a_z_is_never_changed(desk: TestDesk) -> None:
    session = desk.opens_drawer(0)
    desk.closes_drawer(session, 0)

    with pytest.raises(IntegrityError), transaction.atomic():
        ZReport.objects.update(net_cents=1)


def test_parked_sales_are_carried_over_by_name(desk: TestDesk) -> None:
    session = desk.opens_drawer(0)
    parked = desk.rings_up(of("massage-oil")).parks("Maya, back at six").sale

    with pytest.raises(SalesParked, match="Maya, back at six") as refused:
        desk.closes_drawer(session, 0)
    with pytest.raises(SalesParked):
        desk.closes_drawer(session, 0, carry_over=[uuid.uuid4()])
    desk.closes_drawer(session, 0, carry_over=[parked.pk])

    named = {"id": str(parked.pk), "name": "Maya, back at six", "total_cents": 24_00}
    assert refused.value.details == {"sales": [named]}
    assert z_of(session).contents["carried_over"] == [named]


def test_notes_and_coins_come_to_the_count(desk: TestDesk) -> None:
    session = desk.opens_drawer(20_00)

    for pieces in ({20_00: 2}, {20_00: -1}, {3_00: 1}):
        with pytest.raises(BadInput, match="pieces"):
            desk.closes_drawer(session, 20_00, pieces=pieces)
    closed = desk.closes_drawer(session, 20_00, pieces={5_00: 2, 10_00: 1, 1: 0})

    assert closed.denominations == {"500": 2, "1000": 1}


def test_what_turns_out_later_is_another_entry_and_the_z_stays(studio: Studio) -> None:
    desk, correction_id = studio.desk, uuid.uuid4()
    session = desk.opens_drawer(100_00)
    asked = {
        "session_id": session.pk,
        "correction_id": correction_id,
        "about": "count",
        "amount_cents": 10_00,
        "why": "A ten under the tray",
        "desk": desk.desk,
        "now": NOW + dt.timedelta(days=1),
    }
    with pytest.raises(DrawerNotClosed):
        drawer_corrections.put_correction(**asked)
    desk.closes_drawer(session, 90_00, left_cents=0, note="A ten is missing")
    before = z_of(session).contents

    with pytest.raises(ApprovalNeeded):
        drawer_corrections.put_correction(**asked)
    yes = studio.manager_approves(Approval.Action.DRAWER_CORRECTION, correction_id, 10_00, now=asked["now"])
    made = drawer_corrections.put_correction(**asked, approval_id=yes.pk)
    assert drawer_corrections.put_correction(**asked, approval_id=yes.pk) == made
    with pytest.raises(SameIdOtherContents):
        drawer_corrections.put_correction(**{**asked, "amount_cents": 9_00})

    assert made.approver == studio.manager
    assert z_of(session).contents == before
    assert balances() == {}
    printed = zpaper.sections(before, corrections=[made])[-1]
    assert (printed.title, printed.rows[0].amount_cents) == ("Corrected since", 10_00)
    books_are_clean(now=asked["now"])


@pytest.mark.parametrize(
    ("wrong", "field"), [({"about": "all"}, "about"), ({"amount_cents": 0}, "amount_cents"), ({"why": " "}, "why")]
)
def test_a_correction_says_of_what_by_how_much_and_why(studio: Studio, wrong: dict[str, object], field: str) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(0)
    desk.closes_drawer(session, 0)
    asked = {"about": "pay_out", "amount_cents": -1_00, "why": "Typed 12 for 11", **wrong}

    with pytest.raises(BadInput, match=field):
        drawer_corrections.put_correction(
            session_id=session.pk, correction_id=uuid.uuid4(), desk=desk.desk, now=NOW, **asked
        )
    assert not DrawerCorrection.objects.exists()


def test_a_sale_with_cash_in_it_blocks_the_close_and_another_drawers_does_not(studio: Studio) -> None:
    back_desk = studio.desk.with_device(Device.objects.create(name="Back", location=studio.location))
    front, back = studio.desk.opens_drawer(0), back_desk.opens_drawer(0, name="Back")
    studio.desk.rings_up(of("massage-oil")).tenders("cash", amount_cents=10_00)

    with pytest.raises(SalesInProgress):
        studio.desk.closes_drawer(front, 0)
    assert back_desk.closes_drawer(back, 0).z_number == 1


@pytest.mark.parametrize("size", ["roll", "letter"])
def test_a_z_is_a_pdf_on_a_roll_and_on_a_letter(desk: TestDesk, size: str) -> None:
    session = desk.opens_drawer(100_00)
    desk.moves_cash(session, "pay_out", 5_00, reason="other", note="Ünïcode ☂ and a very long note " * 4)
    desk.closes_drawer(session, 95_00)
    z = z_of(session)

    heading = zpaper.heading(z.contents, zone=session.location.zone, z=z)
    pdf = z_pdf.render(zpaper.title(z.contents, number=1), heading, zpaper.sections(z.contents), size=size)

    assert pdf.startswith(b"%PDF-")
    assert heading[-1] == f"Books sealed up to entry 0: {'0' * 64}"


def test_a_card_that_is_being_asked_blocks_the_close(studio: Studio, stripe: StandIn, reader: Reader) -> None:
    desk = studio.desk
    session = desk.opens_drawer(0)
    asks_card(desk.rings_up(of("massage-oil")))

    with pytest.raises(SalesInProgress) as refused:
        desk.closes_drawer(session, 0)
    hold_card(stripe, reader)
    assert desk.last is not None
    checkout.ask(desk.last, now=NOW)
    with pytest.raises(SalesInProgress):  # paid by now, and still to be completed
        desk.closes_drawer(session, 0)
    desk.completes()
    desk.closes_drawer(session, 0)

    assert refused.value.details == {"sales": [str(desk.last.sale.pk)]}
    assert z_of(session).contents["cards"] == [{"brand": "visa", "amount_cents": 24_00}]
