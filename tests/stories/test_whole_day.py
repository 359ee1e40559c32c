"""A whole day at one drawer: sales of every kind, regrets, cash that moves, short by $1.15, and the Z (R8, I38)."""

import datetime as dt

from ledger.journal import balances
from payments.models import Reader
from payments.reconciliation import FetchMovements
from pos import checkout, refunds, takings
from pos.basket import Basket
from pos.models import Approval, DrawerSession, ZReport
from studio.ids import new_id
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, custom, of, percent_off, tax, tip
from tests.giftcards.cards import card_for, card_of, code_of
from tests.memberships.builders import buys, client, package, visits
from tests.pos.test_cards import asks_card, hold_card
from tests.stripe_sim.stand_in import StandIn


def test_a_whole_day(studio: Studio, stripe: StandIn, reader: Reader) -> None:
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    desk = studio.managers_desk
    session = desk.opens_drawer(200_00)

    for_cash = sales_for_cash(desk, studio)
    by_card = [sale_by_card(desk, studio, stripe, reader) for _ in range(4)]
    paid_ahead(desk, studio)
    sales_in_other_ways(desk, studio)
    cash_moves(session, studio)
    regrets(desk, for_cash[0], by_card[0])
    parked = desk.rings_up(of("massage-oil")).parks("Maya").sale
    desk.closes_drawer(session, 842_97, left_cents=200_00, carry_over=[parked.pk])

    assert ZReport.objects.get().number == 1
    the_z_says_so(ZReport.objects.get())
    later = NOW + dt.timedelta(hours=1)
    FetchMovements().run(now=later)
    assert balances() == {
        "1010 Cash drawer": 200_00,
        "1020 Cash safe": 902_97,
        "1030 Checks not deposited": 60_00,
        "1100 Stripe balance": 403_56,
        "1120 External terminal clearing": 623_17,
        "2100 Sales tax payable": -15_93,
        "2200 Gift cards outstanding": -124_26,
        "2210 Deferred packages": -270_00,
        "2300 Tips payable": -88_00,
        "4010 Services": -1630_00,
        "4020 Retail": -246_00,
        "4900 Discounts and promotions": 2_40,
        "4910 Refunds and allowances": 154_00,
        "6010 Processing fees": 14_44,
        "6050 Cash over/short": 1_15,
        "6080 Paid-outs": 12_50,
    }
    books_are_clean(now=later)


def sales_for_cash(desk: TestDesk, studio: Studio) -> list[Basket]:
    """Eight treatments, half of them with a tip; four bottles of oil."""
    tips = [(tip(studio.bo, 20_00),)] * 4 + [()] * 4
    treatments = [
        desk.rings_up(of("deep-tissue-60", by=studio.bo), tips=given).pays(cash=120_00 if given else 100_00)
        for given in tips
    ]
    return treatments + [desk.rings_up(of("massage-oil")).pays(cash=30_00) for _ in range(4)]


def sale_by_card(desk: TestDesk, studio: Studio, stripe: StandIn, reader: Reader) -> Basket:
    desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),))
    asked = asks_card(desk)
    hold_card(stripe, reader)
    checkout.ask(asked, now=desk.now)
    return desk.completes()


def paid_ahead(desk: TestDesk, studio: Studio) -> None:
    """Two gift cards sold and one used; five sessions sold and two used."""
    card = card_of(desk.rings_up(card_for(100_00)).pays(cash=100_00))
    desk.rings_up(card_for(50_00)).pays(external=50_00)
    desk.rings_up(of("massage-oil")).tenders("gift_card", instrument=code_of(card))
    desk.completes()
    package()
    jo = client()
    buys(desk, jo)
    for _ in range(2):
        visits(desk, studio, jo)


def sales_in_other_ways(desk: TestDesk, studio: Studio) -> None:
    """Split in two, with a discount, a custom amount, two of one, on the other terminal."""
    desk.rings_up(of("ashiatsu-60", by=studio.ana)).pays(check=60_00, cash=50_00)
    desk.rings_up(of("massage-oil", discount=percent_off("10"))).pays(external=23_17)
    desk.rings_up(custom("Mat", 30_00)).pays(cash=40_00)
    desk.rings_up(of("massage-oil", quantity=2)).pays(cash=51_48)
    desk.rings_up(of("deep-tissue-60", by=studio.bo)).pays(external=100_00)


def cash_moves(session: DrawerSession, studio: Studio) -> None:
    """By the desk person, who needs the manager to open the drawer for nothing."""
    desk, opening = studio.desk, new_id()
    desk.moves_cash(session, "pay_in", 40_00, reason="safe")
    desk.moves_cash(session, "pay_out", 12_50, reason="laundry")
    desk.moves_cash(session, "tip_payout", 80_00, to=studio.bo)
    desk.moves_cash(session, "drop", 500_00)
    yes = studio.manager_approves(Approval.Action.NO_SALE, opening, 0)
    desk.moves_cash(session, "no_sale", reason="change", movement_id=opening, approval_id=yes.pk)


def regrets(desk: TestDesk, tipped: Basket, by_card: Basket) -> None:
    """A void, oil brought back, a treatment given back to its card, a tip that Bo has in his pocket already."""
    desk.voids(desk.rings_up(of("deep-tissue-60", by=tipped.lines[0].therapist)).pays(cash=100_00))
    desk.refunds(desk.rings_up(of("massage-oil")).pays(cash=26_00), (0, 1))
    refunds.send_back(desk.refunds(by_card, (0, 1)), now=desk.now)
    desk.refunds(tipped, tips=(0,))


def the_z_says_so(z: ZReport) -> None:
    told = z.contents
    assert takings.is_whole(told["money"])
    assert told["money"] == {
        **dict.fromkeys(told["money"], 0),
        "gross_services_cents": 1630_00,
        "gross_retail_cents": 246_00,
        "discounts_cents": -2_40,
        "refunds_cents": -154_00,
        "net_cents": 1719_60,
        "tax_cents": 15_93,
        "tips_cents": 168_00,
        "gift_sold_cents": 150_00,
        "package_sold_cents": 450_00,
        "gift_used_cents": -25_74,
        "package_used_cents": -180_00,
        "collected_cents": 2297_79,
        "cash_cents": 1196_62,
        "card_cents": 418_00,
        "check_cents": 60_00,
        "terminal_cents": 623_17,
    }
    assert told["cards"] == [{"brand": "visa", "amount_cents": 418_00}]
    assert (told["tickets"], told["refunds"], told["voids"], told["voided_cents"]) == (29, 3, 1, 100_00)
    assert {name: cents for name, cents in told["cash"].items() if cents} == {
        "float_cents": 200_00,
        "sales_cents": 1342_36,
        "back_cents": -145_74,
        "paid_in_cents": 40_00,
        "paid_out_cents": -12_50,
        "dropped_cents": -500_00,
        "tips_paid_cents": -80_00,
        "expected_cents": 844_12,
        "counted_cents": 842_97,
        "over_short_cents": -1_15,
        "left_cents": 200_00,
        "to_safe_cents": 642_97,
    }
    assert [(one["kind"], one["approver"]) for one in told["movements"]][-1] == ("no_sale", "Mara")
    assert told["approvals"] == [{"action": "no_sale", "count": 1, "amount_cents": 0}]
    assert [one["name"] for one in told["carried_over"]] == ["Maya"]
