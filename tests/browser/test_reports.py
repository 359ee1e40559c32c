"""The accountant's pages in a real browser: by day, by night, on a desk and on a phone, with and without scripts."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from ledger.models import Entry
from tests.browser.test_office import faults, opens
from tests.browser.test_trouble import Office, signed_on
from tests.builders import Studio, of, tip

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reports"])


@pytest.fixture
def office(studio: Studio, live_server: Any, browser: Browser, settings: Any) -> Iterator[Office]:
    office = signed_on(browser, live_server, settings, studio.owner, script=True)
    yield office
    office.page.context.close()


@pytest.fixture
def sold(studio: Studio) -> str:
    """Three sales of today, and the id of an entry."""
    desk = studio.desk.at(timezone.now())
    desk.opens_drawer(100_00)
    for therapist in (studio.ana, studio.bo, studio.ana):
        desk.rings_up(
            of("ashiatsu-60" if therapist == studio.ana else "deep-tissue-60", by=therapist),
            tips=(tip(therapist, 20_00),),
        ).pays(cash=150_00)
    return str(Entry.objects.filter(kind="sale").values_list("pk", flat=True)[0])


def pages(entry: str) -> dict[str, str]:
    return {
        "reports": "/reports/",
        "report": "/reports/sales/?preset=this_month&compare=prev",
        "report-journal": "/reports/entries/?preset=this_month",
        "report-entry": f"/reports/entries/{entry}/",
        "report-empty": "/reports/late/",
        "report-mail": "/reports/sales/mail?preset=this_month",
        "report-mails": "/reports/mails/",
        "report-keys": "/reports/keys/",
    }


def test_nobody_is_shut_out_and_nothing_is_complained_about(office: Office, sold: str) -> None:
    found = []
    for name, address in pages(sold).items():
        opens(office, address)
        found += faults(office, name)
    assert found == []


def test_a_question_is_asked_by_the_form_alone(
    studio: Studio, live_server: Any, browser: Browser, settings: Any, sold: str
) -> None:
    office = signed_on(browser, live_server, settings, studio.owner, script=False)
    page = office.page
    page.goto("/reports/entries/?preset=this_month")
    page.get_by_label("Therapist").select_option("Bo")
    page.get_by_role("button", name="Show").click()
    assert "therapist=" in page.url
    expect(page.get_by_role("combobox", name="Therapist")).to_have_value(str(studio.bo.pk))
    assert page.locator("tbody tr").count() == 2, "a treatment and a tip"
    expect(page.get_by_role("button", name="Print")).to_have_count(0)
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sale,")
    office.page.context.close()


def test_paper_has_the_figures_and_not_the_buttons(office: Office, sold: str) -> None:
    opens(office, "/reports/sales/?preset=this_month")
    office.page.emulate_media(media="print")
    expect(office.page.get_by_role("heading", name="Daily sales summary")).to_be_visible()
    expect(office.page.locator("tfoot")).to_be_visible()
    for hidden in (".top", ".rail", ".asking", ".acts"):
        expect(office.page.locator(hidden)).to_be_hidden()
