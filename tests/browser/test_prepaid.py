"""What clients pay ahead, at the desk by touch: sold, used, told of, with its taps counted."""

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from ledger.journal import balances
from memberships import dues, periods
from memberships.models import Consent, Due, Freeze, Membership, SessionLot
from pos.models import Client, Sale
from tests.browser.card_desk import CardDesk
from tests.browser.test_desk import starts_the_day
from tests.browser.till import Till
from tests.browser.two_tablets import client, is_clean_in_both_themes, totals
from tests.memberships.builders import buys, package, plan
from tests.memberships.members import joins


def somebody(till: Till) -> Client:
    return client(till.studio, "Maya Okafor")


def owner_of(till: Till, **fields: object) -> Client:
    """A client of today who has bought a package of five sessions for $450."""
    who = somebody(till)
    package(**{"items": ("ashiatsu-60",), "name": "Five of Ashiatsu", **fields})
    buys(till.studio.desk, who)
    return who


def is_chosen(till: Till) -> None:
    """The client is found as one types."""
    till.part("client-search").fill("maya")
    till.tap("client-row")


def test_a_package_session_is_redeemed_in_three_taps(till: Till) -> None:
    owner_of(till)
    starts_the_day(till)
    till.part("client-search").fill("maya")
    expect(till.part("client-row")).to_be_visible()
    till.counts_from_here()

    till.tap("client-row")
    till.tap("use-session")
    till.tap("finish")

    expect(till.part("done-screen")).to_contain_text("4 of 5 left")
    assert till.taps == 3
    assert balances() == {
        "1010 Cash drawer": 200_00,
        "1020 Cash safe": -200_00,
        "1120 External terminal clearing": 450_00,
        "2210 Deferred packages": -360_00,
        "4010 Services": -90_00,
    }
    assert SessionLot.objects.get().units == 4


def test_a_package_is_sold_and_used_in_one_sale(till: Till) -> None:
    somebody(till)
    package(items=("ashiatsu-60",), name="Five of Ashiatsu")
    starts_the_day(till)
    till.tap("tab-package")
    till.tap("package-five")
    till.shows("choose the client first")
    expect(till.part("client-search")).to_be_focused()
    is_chosen(till)

    till.tap("package-five")
    till.tap("tab-treatment")
    till.tap("item-ashiatsu-60")
    totals(till, "560.00")
    till.part("line-open").nth(1).click()
    till.tap("cover-by-sold")
    till.shows("Session of Five of Ashiatsu pays $90.00")
    totals(till, "450.00")
    till.tap("tip-20")
    totals(till, "472.00")
    till.page.reload()
    till.shows("Session of Five of Ashiatsu pays $90.00")
    till.tap("park")
    till.tap("parked-chip")
    till.shows("Session of Five of Ashiatsu pays $90.00")
    totals(till, "472.00")
    till.tap_button("Cash $472")

    expect(till.part("done-screen")).to_contain_text("5 sessions")
    expect(till.part("done-screen")).to_contain_text("4 of 5 left")
    assert SessionLot.objects.get().units == 4
    assert balances() == {
        "1010 Cash drawer": 672_00,
        "1020 Cash safe": -200_00,
        "2210 Deferred packages": -360_00,
        "4010 Services": -90_00,
        "2300 Tips payable": -22_00,
    }


def test_a_line_changes_its_mind_about_what_pays_for_it(till: Till) -> None:
    owner_of(till)
    starts_the_day(till)
    is_chosen(till)
    till.tap("item-deep-tissue-60")
    totals(till, "100.00")

    till.tap("line-open")
    till.tap("cover-by")
    totals(till, "0.00")
    expect(till.part("line-cover")).to_contain_text("pays $90.00")
    expect(till.part("use-session")).to_contain_text("4 of 5 left")
    expect(till.part("clear")).to_be_visible()
    expect(till.part("parts")).to_have_count(0)
    till.tap("line-open")
    till.tap("pay-money")
    totals(till, "100.00")
    expect(till.part("use-session")).to_contain_text("5 of 5 left")
    till.tap("undo")
    totals(till, "0.00")
    till.tap("walk-in")

    totals(till, "100.00")
    expect(till.part("line-cover")).to_have_count(0)
    expect(till.part("use-session")).to_have_count(0)
    assert SessionLot.objects.get().held_units == 0


def test_a_session_for_several_treatments_asks_which_and_knows_it_the_next_time(till: Till) -> None:
    owner_of(till, items=("ashiatsu-60", "deep-tissue-60"))
    starts_the_day(till)
    is_chosen(till)

    till.tap("use-session")
    expect(till.part("use-sheet")).to_be_visible()
    till.tap("use-for-deep-tissue-60")
    totals(till, "0.00")
    till.tap("use-session")

    expect(till.part("use-sheet").get_by_role("button").nth(1)).to_contain_text("as last time")
    is_clean_in_both_themes(till)
    till.page.keyboard.press("Escape")
    is_clean_in_both_themes(till)


def test_the_clients_card_says_what_is_left_and_takes_a_session_for_a_missed_appointment(till: Till) -> None:
    who = owner_of(till)
    starts_the_day(till)
    till.opens(f"clients/{who.pk}")
    expect(till.part("client-left")).to_contain_text("5 of 5 left")

    till.tap("no-show")
    till.tap("missed-late_cancel")
    expect(till.part("client-left")).to_contain_text("4 of 5 left")
    is_clean_in_both_themes(till)
    till.tap("use")

    totals(till, "0.00")
    till.tap("finish")
    expect(till.part("done-screen")).to_contain_text("3 of 5 left")
    assert Sale.objects.filter(status=Sale.Status.COMPLETED).count() == 2


def test_a_membership_is_sold_in_four_taps_and_asks_for_a_card_for_later(desk: CardDesk) -> None:
    till = desk.till
    somebody(till)
    plan("monthly", 89_00, items=("deep-tissue-60",), name="Monthly 60")
    starts_the_day(till)
    till.part("client-search").fill("maya")
    expect(till.part("client-row")).to_be_visible()
    till.counts_from_here()

    till.tap("client-row")
    till.tap("tab-membership")
    till.tap("membership-monthly")
    expect(till.part("terms-facts")).to_contain_text("$89.00")
    is_clean_in_both_themes(till)
    till.part("signature").press_sequentially("Maya Okafor")  # the client's own
    till.tap("card-and-save")
    desk.customer("tap")
    desk.is_done()

    assert till.taps == 4
    assert Membership.objects.get().status == Membership.Status.ACTIVE
    assert Consent.objects.get().signature == "Maya Okafor"
    assert balances()["2220 Deferred member credits"] == -89_00
    expect(till.part("done-screen")).to_contain_text("1 session")
    till.tap("done-next")
    expect(till.part("card-page-sheet").locator('[data-test="qr"]')).to_be_visible()
    is_clean_in_both_themes(till)


def test_a_freeze_and_a_cancellation_show_what_they_do_first_and_can_be_taken_back(till: Till) -> None:
    who = somebody(till)
    membership = joins(till.studio.desk, who, plan("monthly", 89_00, name="Monthly 60"))
    plan("double", 150_00, name="Double", items=("ashiatsu-60",))
    starts_the_day(till)
    till.opens(f"clients/{who.pk}")
    expect(till.part("member")).to_contain_text("Next charge $89.00")

    till.tap("freeze")
    till.part("freeze-sheet").get_by_text("2 months").click()
    expect(till.part("effect")).to_be_visible()
    is_clean_in_both_themes(till)
    till.tap("do-it")
    expect(till.part("member")).to_contain_text("Freeze planned from")
    till.tap("freeze-undo")
    till.tap("do-it")
    expect(till.part("freeze")).to_be_visible()
    till.tap("change-plan")
    expect(till.part("effect")).to_be_visible()
    is_clean_in_both_themes(till)
    till.tap("do-it")
    expect(till.part("member")).to_contain_text("Double from")
    till.tap("change-undo")
    till.tap("do-it")
    expect(till.part("change-plan")).to_be_visible()
    till.tap("cancel")
    expect(till.part("effect")).to_be_visible()
    is_clean_in_both_themes(till)
    till.tap("do-not")

    membership.refresh_from_db()
    assert membership.status == Membership.Status.ACTIVE
    assert membership.ends_on is None
    assert Freeze.objects.filter(undone_at=None).count() == 0


@transaction.atomic
def a_month_later_the_card_says_no(membership: Membership) -> Due:
    """As if the member had joined a month ago: the month that begins today is owed."""
    today = membership.anchor_on
    before = periods.day_after(today, -1)
    Due.objects.update(starts_on=before, ends_on=today)
    Membership.objects.update(anchor_on=before, paid_until=today, status=Membership.Status.PAST_DUE)
    membership.refresh_from_db()
    due = dues.next_due(membership, now=timezone.now())
    due.first_declined_at = timezone.now()
    due.save(force_insert=True)
    return due


def test_a_month_that_was_not_paid_is_paid_from_the_clients_card(till: Till) -> None:
    who = somebody(till)
    membership = joins(till.studio.desk, who, plan("monthly", 89_00, name="Monthly 60"))
    due = a_month_later_the_card_says_no(membership)
    starts_the_day(till)
    till.opens(f"clients/{who.pk}")
    expect(till.part("past-due")).to_contain_text("is not paid: $89.00")
    is_clean_in_both_themes(till)

    till.tap("pay-due")
    totals(till, "89.00")
    expect(till.part("line-open")).to_have_count(0)
    till.page.reload()
    totals(till, "89.00")
    till.tap_button("Cash $89")

    till.shows("No change")
    membership.refresh_from_db()
    due.refresh_from_db()
    assert (membership.status, due.status) == ("active", "paid")
