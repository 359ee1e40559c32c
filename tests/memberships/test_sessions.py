"""Sessions and credits pay for treatments: which, how much on top, held, used, brought back (R21, R22, R33)."""

import pytest

from ledger.journal import balances
from memberships import lots
from memberships.covering import NotCovered
from memberships.household import NotShared
from memberships.models import LotHold, LotMove, MemberPrice, Membership, SessionLot, TaxPoint, Users
from pos import holdings, receipts
from pos.models import Item
from pos.voids import NotVoidable
from studio.refusal import BadInput, Refusal
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, beach, build_studio, item, of, percent_off, tax
from tests.memberships.builders import (
    buys,
    client,
    covered,
    credit_of,
    days,
    household,
    moves,
    of_package,
    package,
    part,
    plan,
    sent,
    told,
    visits,
)
from tests.racing import race


def test_worth_is_what_is_left_by_how_many_are_left() -> None:
    assert lots.worth(499_99, 5) == [99_99, 100_00, 100_00, 100_00, 100_00]
    assert lots.worth(500_00, 6) == [83_33, 83_33, 83_33, 83_33, 83_34, 83_34]
    assert lots.worth(3, 5) == [0, 0, 1, 1, 1]
    assert lots.worth(0, 2) == [0, 0]


# Held and used -------------------------------------------------------------------------------------------------------


def test_a_session_pays_for_a_treatment_and_nothing_is_due(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(validity_months=12)
    [lot] = buys(desk, jo)

    done = visits(desk, studio, jo)

    assert done.sale.total_cents == 90_00
    assert [(one.kind, one.amount_cents, one.reference) for one in done.tenders] == [
        ("session", 90_00, "4 of 5 left, use by 1 Mar 2027")
    ]
    assert [line.why for line in done.lines] == ["Session of 5 sessions"]
    assert moves(lot) == [("opened", 5, 450_00), ("used", -1, -90_00)]
    used = LotMove.objects.get(kind="used")
    assert (used.item.code, used.used_by) == ("deep-tissue-60", jo)
    assert balances() == {
        "1120 External terminal clearing": 450_00,
        "2210 Deferred packages": -360_00,
        "4010 Services": -90_00,
    }
    assert done.receipt is not None
    assert [row.note for row in receipts.print_out(done.receipt).tenders] == ["4 of 5 left, use by 1 Mar 2027"]
    books_are_clean()


def test_an_open_sale_holds_the_session_and_gives_it_back(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(units=1, cents=95_00)
    [lot] = buys(desk, jo)
    first = desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)
    lot.refresh_from_db()
    assert (lot.held_units, lot.held_cents, lot.units) == (1, 95_00, 1)
    with pytest.raises(lots.NoSessionLeft):
        studio.desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)

    first.changes(of("deep-tissue-60", by=studio.ana), client_id=jo.pk)

    lot.refresh_from_db()
    assert (lot.held_units, lot.held_cents, lot.units, lot.value_cents) == (0, 0, 1, 95_00)
    assert not LotHold.objects.exists()
    books_are_clean()


def test_an_abandoned_and_a_parked_sale_let_go_of_the_session(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(units=1, cents=95_00)
    [lot] = buys(desk, jo)

    desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk).abandons()
    parked = desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)
    parked.parks("Jo")
    lot.refresh_from_db()
    assert lot.held_units == 0

    parked.changes(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)
    parked.completes()
    assert told(lot) == ("used", 0, 0)
    books_are_clean()


def test_putting_the_sale_anew_holds_the_same_session_again(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package()
    [lot] = buys(desk, jo)
    line = covered("deep-tissue-60", by=studio.ana)
    desk.rings_up(line, client_id=jo.pk).changes(line, of("massage-oil"), client_id=jo.pk)
    lot.refresh_from_db()
    assert (lot.held_units, lot.held_cents) == (1, 90_00)

    done = desk.changes(line, line, client_id=jo.pk) and desk.completes()

    assert [tender.amount_cents for tender in done.tenders] == [90_00, 90_00]
    assert told(lot) == ("open", 3, 270_00)
    books_are_clean()


def test_the_value_is_fixed_when_it_is_held(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=499_99)
    [lot] = buys(desk, jo)
    first = desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)
    second = studio.desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)

    second.completes()
    first.completes()

    assert sorted(move.value_cents for move in LotMove.objects.filter(kind="used")) == [-100_00, -99_99]
    assert told(lot) == ("open", 3, 300_00)
    books_are_clean()


# Which one -----------------------------------------------------------------------------------------------------------


def test_the_soonest_to_expire_is_used_first_then_the_oldest(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package("for-ever", 500_00)
    package("a-year", 400_00, validity_months=12)
    [lasting] = buys(desk, jo, "for-ever")
    [newer] = buys(desk.later(days=9), jo, "a-year")
    [older] = buys(desk, jo, "a-year")

    offers = holdings.what_is_left(jo, location=studio.location, now=NOW)
    visits(desk, studio, jo)

    assert [offer.instrument for offer in offers] == [older.instrument, newer.instrument, lasting.instrument]
    assert [(offer.left, offer.units, offer.items) for offer in offers][:1] == [
        ("5 of 5 left", 5, ("ashiatsu-60", "deep-tissue-60"))
    ]
    assert told(older) == ("open", 4, 320_00)


def test_what_was_bought_for_the_treatment_goes_before_what_needs_a_difference(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package("deep", 90_00, 1, items=("deep-tissue-60",), validity_months=12)
    package("ashi", 100_00, 1, items=("ashiatsu-60",))
    [deep] = buys(desk, jo, "deep")
    [ashi] = buys(desk, jo, "ashi")

    visits(desk, studio, jo, "ashiatsu-60")

    assert (told(deep)[0], told(ashi)[0]) == ("open", "used")


def test_a_dearer_treatment_costs_the_difference_of_list_prices(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package("deep", 450_00, items=("deep-tissue-60",))
    buys(desk, jo, "deep")

    done = visits(desk, studio, jo, "ashiatsu-60")

    assert [(line.list_cents, line.upcharge_cents, line.net_cents) for line in done.lines] == [(110_00, 10_00, 100_00)]
    assert [(one.kind, one.amount_cents) for one in done.tenders] == [("session", 90_00), ("external", 10_00)]
    books_are_clean()


def test_a_member_pays_the_difference_of_member_prices(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    terms = plan(treatment_percent="10")
    MemberPrice.objects.create(plan=terms, item=Item.objects.get(code="ashiatsu-60"), price_cents=95_00)
    Membership.objects.create(
        client=jo,
        plan=terms,
        location=studio.location,
        status="active",
        joined_at=NOW,
        anchor_on=NOW.date(),
        paid_until=NOW.date() + days(30),
    )
    package("deep", 450_00, items=("deep-tissue-60",))
    buys(desk, jo, "deep")

    done = visits(desk, studio, jo, "ashiatsu-60")

    assert [line.upcharge_cents for line in done.lines] == [5_00]  # 95 less 90
    books_are_clean()


def test_a_cheaper_treatment_gets_no_change(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package("ashi", 525_00, items=("ashiatsu-60",))
    buys(desk, jo, "ashi")

    done = visits(desk, studio, jo, "deep-tissue-60")

    assert [(line.upcharge_cents, line.net_cents) for line in done.lines] == [(0, 105_00)]
    books_are_clean()


def test_retail_and_add_ons_are_not_covered(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    item("hot-stones", 20_00, kind="addon")
    package()
    buys(desk, jo)

    with pytest.raises(NotCovered):
        desk.rings_up(covered("hot-stones", by=studio.ana), client_id=jo.pk)
    with pytest.raises(BadInput):
        desk.rings_up(covered("massage-oil", by=studio.ana), client_id=jo.pk)
    with pytest.raises(BadInput):
        desk.rings_up(covered("deep-tissue-60", by=studio.ana))  # without a client
    with pytest.raises(BadInput):
        desk.rings_up(of("deep-tissue-60", by=studio.ana), client_id=jo.pk).tenders("session")


# Who may -------------------------------------------------------------------------------------------------------------


def test_the_household_uses_what_is_shared_with_it(desk: TestDesk, studio: Studio) -> None:
    jo, sam = client(), client("Sam Reyes")
    household(jo, sam)
    package("own", 450_00, users=Users.OWNER)
    package("shared", 450_00, users=Users.HOUSEHOLD)
    [own] = buys(desk, jo, "own")
    [shared] = buys(desk, jo, "shared")

    done = visits(desk, studio, sam)

    assert [one.instrument for one in done.tenders] == [shared.instrument]
    assert LotMove.objects.get(kind="used").used_by == sam
    with pytest.raises(NotShared):
        desk.rings_up(covered("deep-tissue-60", by=studio.ana, lot=own), client_id=sam.pk)
    books_are_clean()


def test_anyone_whom_the_owner_names_uses_a_package_for_anyone(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    package(users=Users.ANYONE)
    [lot] = buys(desk, jo)

    with pytest.raises(lots.NoSessionLeft):
        desk.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=kim.pk)
    visits(desk, studio, kim, lot=lot)

    assert told(lot) == ("open", 4, 360_00)


def test_a_guest_of_a_member_pays_what_members_pay_less_three_times_a_year(desk: TestDesk, studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe")
    terms = plan(treatment_percent="20")
    lot = credit_of(studio, jo, 400_00, units=5, plan=terms)

    for n in range(3):
        done = visits(desk.later(days=n), studio, kim, kind="credit", lot=lot)
        assert [line.upcharge_cents for line in done.lines] == [20_00]
    with pytest.raises(NotShared):
        visits(desk.later(days=4), studio, kim, kind="credit", lot=lot)
    with pytest.raises(lots.NoSessionLeft):
        visits(desk, studio, kim, kind="credit")

    assert told(lot) == ("open", 2, 160_00)
    assert [to for to, _ in sent(now=NOW + days(4))] == ["jo@example.com"] * 3
    books_are_clean(now=NOW + days(4))


def test_an_expired_session_is_refused_and_one_whose_clock_stands_is_not(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(validity_months=12)
    [lot] = buys(desk, jo)
    late = desk.later(days=365)
    with pytest.raises(lots.LotClosed):
        late.rings_up(covered("deep-tissue-60", by=studio.ana, lot=lot), client_id=jo.pk)
    with pytest.raises(lots.NoSessionLeft):
        late.rings_up(covered("deep-tissue-60", by=studio.ana), client_id=jo.pk)

    SessionLot.objects.update(stopped_on=NOW.date())
    visits(late, studio, jo)

    assert told(lot) == ("open", 4, 360_00)


# In the sale that sells it -------------------------------------------------------------------------------------------


def test_a_package_is_used_in_the_sale_that_sells_it(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=499_99)
    visit = covered("deep-tissue-60", by=studio.ana, line=0)
    desk.rings_up(of_package(), visit, visit, client_id=jo.pk).tenders("external")

    done = desk.completes()

    [lot] = SessionLot.objects.all()
    assert [(one.kind, one.amount_cents, one.instrument) for one in done.tenders if one.line_id] == [
        ("session", 99_99, lot.instrument),
        ("session", 100_00, lot.instrument),
    ]
    assert done.tenders[-1].amount_cents == 499_99
    assert told(lot) == ("open", 3, 300_00)
    assert balances() == {
        "1120 External terminal clearing": 499_99,
        "2210 Deferred packages": -300_00,
        "4010 Services": -199_99,
    }
    books_are_clean()


def test_a_discounted_package_is_used_at_what_was_paid_for_it(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=500_00)
    desk.rings_up(
        of_package(discount=percent_off("10")), covered("deep-tissue-60", by=studio.ana, line=0), client_id=jo.pk
    ).tenders("external")

    done = desk.completes()

    assert [line.net_cents for line in done.lines] == [450_00, 90_00]
    assert told(SessionLot.objects.get()) == ("open", 4, 360_00)
    books_are_clean()


def test_more_than_the_package_has_is_refused_in_its_own_sale(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(units=1, cents=95_00)
    visit = covered("deep-tissue-60", by=studio.ana, line=0)

    with pytest.raises(lots.NoSessionLeft):
        desk.rings_up(of_package(), visit, visit, client_id=jo.pk)

    desk.rings_up(of_package(quantity=2), visit, visit, client_id=jo.pk).tenders("external")
    desk.completes()
    assert [told(lot)[0] for lot in SessionLot.objects.all()] == ["used", "used"]
    books_are_clean()


def test_each_part_of_a_bundle_pays_for_its_own_treatment(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    bundle = package("bundle", 400_00, 2, items=("ashiatsu-60",))
    part(bundle, 2, "deep-tissue-60")
    desk.rings_up(
        of_package("bundle"),
        covered("deep-tissue-60", by=studio.ana, line=0),
        covered("ashiatsu-60", by=studio.ana, line=0),
        client_id=jo.pk,
    ).tenders("external")

    done = desk.completes()

    # 2 × 110 and 2 × 100 of 400: 209.52 and 190.48
    assert [line.net_cents for line in done.lines] == [400_00, 95_24, 104_76]
    assert [told(lot) for lot in SessionLot.objects.order_by("pk")] == [("open", 1, 104_76), ("open", 1, 95_24)]
    books_are_clean()


# Tax and places ------------------------------------------------------------------------------------------------------


def test_tax_at_the_visit_is_paid_in_money_where_prices_are_without(desk: TestDesk, studio: Studio) -> None:
    tax(studio.location, "service", ("OH", "0.10"))
    jo = client()
    package()
    buys(desk, jo)

    done = visits(desk, studio, jo)

    assert [(line.net_cents, line.tax_cents) for line in done.lines] == [(90_00, 9_00)]
    assert [(one.kind, one.amount_cents) for one in done.tenders] == [("session", 90_00), ("external", 9_00)]
    books_are_clean()


def test_tax_at_the_visit_is_within_the_session_where_prices_include_it(db: None) -> None:
    studio = build_studio(prices_include_tax=True)
    tax(studio.location, "service", ("OH", "0.10"))
    jo = client()
    package(cents=550_00)
    buys(studio.desk, jo)

    done = visits(studio.desk, studio, jo)

    assert [(line.net_cents, line.tax_cents) for line in done.lines] == [(100_00, 10_00)]
    assert balances() == {
        "1120 External terminal clearing": 550_00,
        "2100 Sales tax payable": -10_00,
        "2210 Deferred packages": -440_00,
        "4010 Services": -100_00,
    }
    books_are_clean()


def test_what_was_taxed_when_it_was_sold_is_not_taxed_again(desk: TestDesk, studio: Studio) -> None:
    tax(studio.location, "service", ("OH", "0.10"))
    jo = client()
    package("deep", 450_00, items=("deep-tissue-60",), tax_point=TaxPoint.SALE)
    [lot] = buys(desk, jo, "deep")
    assert lot.tax_was_paid

    done = visits(desk, studio, jo, "ashiatsu-60")

    assert [(line.net_cents, line.tax_cents) for line in done.lines] == [(100_00, 1_00)]  # of the difference only
    assert balances() == {
        "1120 External terminal clearing": 506_00,
        "2100 Sales tax payable": -46_00,
        "2210 Deferred packages": -360_00,
        "4010 Services": -100_00,
    }
    books_are_clean()


def test_a_session_sold_elsewhere_is_owed_between_the_locations(desk: TestDesk, studio: Studio) -> None:
    jo, shore = client(), beach()
    package()
    [lot] = buys(desk, jo)
    away = studio.desk.with_(studio.owner).at_location(shore)

    done = visits(away, studio, jo)

    assert balances(location=studio.location) == {
        "1120 External terminal clearing": 450_00,
        "2210 Deferred packages": -360_00,
        "2500 Due to locations": -90_00,
    }
    assert balances(location=shore) == {"1400 Due from locations": 90_00, "4010 Services": -90_00}
    books_are_clean()
    away.refunds(done, (0, 1))
    assert told(lot) == ("open", 5, 450_00)
    assert balances(location=shore) == {"4010 Services": -90_00, "4910 Refunds and allowances": 90_00}
    books_are_clean()


# Brought back --------------------------------------------------------------------------------------------------------


def test_a_refunded_visit_brings_the_session_back_at_its_value_for_a_fortnight(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package(cents=499_99, validity_months=12)
    [lot] = buys(desk, jo)
    done = visits(desk.later(days=360), studio, jo)
    assert told(lot) == ("open", 4, 400_00)

    studio.managers_desk.later(days=362).refunds(done, (0, 1))

    assert told(lot) == ("open", 5, 499_99)
    assert lot.expires_on == (NOW + days(362 + 14)).date()
    assert moves(lot)[1:] == [("used", -1, -99_99), ("restored", 1, 99_99)]
    assert balances() == {
        "1120 External terminal clearing": 499_99,
        "2210 Deferred packages": -499_99,
        "4010 Services": -99_99,
        "4910 Refunds and allowances": 99_99,
    }
    books_are_clean(now=NOW + days(362))


def test_a_refund_of_the_last_session_opens_the_lot_again(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package("deep", 95_00, 1, items=("deep-tissue-60",))
    [lot] = buys(desk, jo, "deep")
    done = visits(desk, studio, jo, "ashiatsu-60")
    assert told(lot) == ("used", 0, 0)

    given = studio.managers_desk.refunds(done, (0, 1))

    assert [(part.tender.kind, part.amount_cents) for part in given.tenders] == [
        ("session", 95_00),
        ("external", 10_00),
    ]
    assert told(lot) == ("open", 1, 95_00)
    books_are_clean()


def test_a_voided_visit_brings_the_session_back(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package()
    [lot] = buys(desk, jo)
    done = visits(desk, studio, jo)

    studio.managers_desk.voids(done)

    assert told(lot) == ("open", 5, 450_00)
    assert balances() == {"1120 External terminal clearing": 450_00, "2210 Deferred packages": -450_00}
    books_are_clean()


def test_a_sale_that_sold_and_used_a_package_is_voided_whole(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package()
    desk.rings_up(of_package(), covered("deep-tissue-60", by=studio.ana, line=0), client_id=jo.pk).tenders("external")
    done = desk.completes()

    studio.managers_desk.voids(done)

    assert told(SessionLot.objects.get()) == ("revoked", 0, 0)
    assert balances() == {}
    books_are_clean()


def test_a_package_that_was_used_since_is_not_voided(desk: TestDesk, studio: Studio) -> None:
    jo = client()
    package()
    sold = desk.rings_up(of_package(), client_id=jo.pk).tenders("external") and desk.completes()
    visits(desk, studio, jo)

    with pytest.raises(NotVoidable):
        studio.managers_desk.voids(sold)

    assert told(SessionLot.objects.get()) == ("open", 4, 360_00)
    books_are_clean()


# Races ---------------------------------------------------------------------------------------------------------------


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_two_tablets_can_not_use_the_last_session(studio: Studio) -> None:
    jo = client()
    package(units=1, cents=95_00)
    [lot] = buys(studio.desk, jo)

    answers = race(8, lambda n: visits(studio.desk, studio, jo))

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert all(isinstance(answer, Refusal) for answer in answers if isinstance(answer, BaseException))
    assert told(lot) == ("used", 0, 0)
    books_are_clean()


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_sixty_four_visits_at_once_use_twenty_sessions(studio: Studio) -> None:
    jo = client()
    package(units=20, cents=1_999_99)
    [lot] = buys(studio.desk, jo)

    def visit(n: int) -> object:
        return visits(studio.desk, studio, jo)

    answers = race(64, visit)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 20
    assert all(isinstance(answer, Refusal) for answer in answers if isinstance(answer, BaseException))
    assert told(lot) == ("used", 0, 0)
    assert balances()["4010 Services"] == -1_999_99
    books_are_clean()
