"""Another price and a sale without tax on the desk page, each by the manager's PIN, and what the receipt says of it."""

from playwright.sync_api import expect

from pos.models import Client, Sale
from tests.browser.till import Till
from tests.browser.two_tablets import MANAGERS_PIN, client, is_clean_in_both_themes, opens_the_day, totals
from tests.builders import tax


def test_a_raised_price_and_an_exempt_client_ask_the_manager_and_stay_on_the_receipt(till: Till) -> None:
    tax(till.studio.location, "retail", ("OH-DELAWARE", "0.02"))
    church = client(till.studio, "St. Ann")
    opens_the_day(till)
    till.part("client-search").fill("st ann")
    till.tap("client-row")
    till.tap("tab-retail")
    till.tap("item-massage-oil")

    till.tap("line-open")
    till.tap("by-price")
    for key in ("3", "0", "00"):
        till.tap(f"key-{key}")
    till.tap("reason-service")
    is_clean_in_both_themes(till)
    till.tap_button("Sell at $30.00")
    manager_says_yes(till)
    expect(till.part("line-price")).to_contain_text("$30.00")
    expect(till.part("line-why")).to_contain_text("approved by Mara")

    till.tap("exempt-start")
    till.part("certificate").fill("OH-12-345")
    is_clean_in_both_themes(till)
    till.tap("exempt-save")
    manager_says_yes(till)
    expect(till.part("exempt")).to_have_text("No sales tax, certificate OH-12-345, approved by Mara")
    totals(till, "30.00")
    till.tap("cash-exact")
    till.shows("No change")

    sale = Sale.objects.get()
    assert (sale.total_cents, sale.tax_certificate, sale.exempted_by) == (30_00, "OH-12-345", till.studio.manager)
    assert Client.objects.get(pk=church.pk).tax_certificate == "OH-12-345"
    till.page.keyboard.press("Escape")
    till.opens(f"receipts/{sale.pk}")
    expect(till.part("agreed")).to_contain_text("$6.00 on Massage oil, approved by Mara")
    expect(till.part("agreed")).to_contain_text("certificate OH-12-345, approved by Mara")


def manager_says_yes(till: Till) -> None:
    till.part("approval-sheet").get_by_role("button", name="Mara").click()
    for digit in MANAGERS_PIN:
        till.page.keyboard.press(digit)
    expect(till.part("approval-sheet")).to_be_hidden()
