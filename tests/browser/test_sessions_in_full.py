"""All sessions of a client on their card: given to somebody else and back, given back after a missed appointment."""

from playwright.sync_api import expect

from memberships.models import Cancellation, HouseholdMember, Membership, SessionLot
from tests.browser.test_desk import starts_the_day
from tests.browser.test_prepaid import owner_of, somebody
from tests.browser.test_prices_by_hand import manager_says_yes
from tests.browser.till import Till
from tests.browser.two_tablets import client, is_clean_in_both_themes
from tests.builders import NOW
from tests.memberships.builders import plan
from tests.memberships.members import joins


def chooses(till: Till, words: str) -> None:
    till.part("choose-search").fill(words)
    expect(till.part("choose-client")).to_have_count(1)
    till.tap("choose-client")


def test_sessions_are_given_to_another_client_and_come_back(till: Till) -> None:
    who = owner_of(till)
    other = client(till.studio, "Ben Adler")
    starts_the_day(till)
    till.opens(f"clients/{who.pk}")
    expect(till.part("client-left")).to_contain_text("5 of 5 left")
    till.tap("no-show")
    till.tap("missed-no_show")
    expect(till.part("client-left")).to_contain_text("4 of 5 left")

    till.tap("all-sessions")
    till.tap("waive-no-show")
    is_clean_in_both_themes(till)
    till.tap("why-1")
    till.tap("waive")
    expect(till.part("lot")).to_contain_text("5 sessions left of 5")
    assert SessionLot.objects.get().moves.order_by("-at", "-id").first().why == "Our mistake"

    till.tap("give-sessions")
    chooses(till, "ben")
    till.tap("fewer")
    till.tap("fewer")
    is_clean_in_both_themes(till)
    till.tap("give")
    expect(till.part("lot")).to_contain_text("2 sessions left of 5")
    assert SessionLot.objects.get(client=other).units == 3

    till.page.keyboard.press("Escape")
    till.opens(f"clients/{other.pk}")
    till.tap("all-sessions")
    till.tap("undo-transfer")
    till.tap("confirm")
    expect(till.part("lot")).to_contain_text("Given away")
    assert SessionLot.objects.get(client=who).units == 5


def test_a_household_is_kept_and_a_fee_for_leaving_waived(till: Till) -> None:
    who = somebody(till)
    client(till.studio, "Ben Adler")
    membership = joins(till.studio.desk, who, plan("monthly", 89_00, name="Monthly 60"))
    fee = {"full_fee_cents": 50_00, "fee_cents": 50_00}
    Cancellation.objects.create(
        membership=membership, number="C-1", how="desk", asked_at=NOW, ends_on=membership.paid_until, **fee
    )
    Membership.objects.update(ends_on=membership.paid_until)
    starts_the_day(till)
    till.opens(f"clients/{who.pk}")

    till.tap("household")
    till.tap("household-add")
    chooses(till, "ben")
    expect(till.part("household-off")).to_have_count(1)
    assert HouseholdMember.objects.get().owner == who
    is_clean_in_both_themes(till)
    till.tap("household-off")
    expect(till.part("household-off")).to_have_count(0)
    assert not HouseholdMember.objects.exists()
    till.page.keyboard.press("Escape")

    till.tap("waive-fee")
    till.tap("confirm")
    manager_says_yes(till)
    expect(till.part("waive-fee")).to_have_count(0)
    assert Cancellation.objects.get().fee_cents == 0
