"""The client's file at the desk: preferences, a therapist's look at the health file, the check before a sale."""

import uuid

from django.utils import timezone
from playwright.sync_api import expect

from clientfile.models import Acknowledgement, HealthRead, Preferences
from pos.models import Client, Sale
from tests.browser.looking import Looker
from tests.browser.test_desk import starts_the_day
from tests.browser.till import Till
from tests.builders import item
from tests.clientfile.files import PIN, flag, flags_on, treats


def maya(till: Till) -> Client:
    someone = Client.objects.create(pk=uuid.uuid4(), name="Maya Okafor", created_at=timezone.now())
    kind = flag(name="Pregnancy", hint="Side-lying only")
    flags_on(till.studio, someone, kind, note="twelfth week", now=timezone.now())
    return someone


def types_pin(till: Till) -> None:
    till.tap(f"person-{till.studio.ana.pk}")
    for digit in PIN:
        till.page.keyboard.press(digit)


def test_a_blocked_treatment_is_swapped_or_waits_for_a_therapists_pin(till: Till) -> None:
    item("bamboo-75", 110_00)
    someone = maya(till)
    starts_the_day(till)
    till.opens(f"clients/{someone.pk}")
    till.tap("client-start")
    till.tap("item-ashiatsu-60")
    looker = Looker(till.page)

    expect(till.part("line-warning")).to_contain_text("Therapist check needed.")
    looker.looks_at("line-warning")
    till.tap("swap-bamboo-75")
    expect(till.part("line-warning")).to_have_count(0)
    expect(till.part("line")).to_contain_text("Bamboo 75")
    till.tap("undo")

    till.tap("therapist-ok")
    types_pin(till)
    expect(till.part("therapist-check")).to_contain_text("Pregnancy")
    expect(till.part("therapist-check")).to_contain_text("twelfth week")
    looker.looks_at("therapist-check")
    till.tap("ok-to-treat")
    expect(till.part("line-warning")).to_contain_text("Ana said OK.")
    expect(till.part("therapist-ok")).to_have_count(0)
    till.tap_button("Cash $110.00")

    expect(till.part("done-screen")).to_be_visible()
    assert Sale.objects.get().status == Sale.Status.COMPLETED
    assert [(ok.therapist, ok.name) for ok in Acknowledgement.objects.all()] == [(till.studio.ana, "Ashiatsu 60")]
    assert HealthRead.objects.count() == 1
    assert looker.faults == []


def test_preferences_are_written_down_and_the_health_file_opens_for_a_therapist(till: Till) -> None:
    someone = maya(till)
    treats(till.studio, till.studio.bo)
    starts_the_day(till)
    till.opens(f"clients/{someone.pk}")
    looker = Looker(till.page)
    expect(till.part("needs-check")).to_be_visible()
    expect(till.part("client-likes")).not_to_contain_text("Pregnancy")

    till.tap("likes-edit")
    till.tap("pressure-2")
    till.part("likes-avoid").fill("left knee")
    till.tap(f"likes-{till.studio.bo.pk}")
    looker.looks_at("preferences-form")
    till.tap("likes-save")
    expect(till.part("likes")).to_contain_text("Avoid left knee")
    kept = Preferences.objects.get()
    assert (kept.pressure, kept.avoid, kept.therapist) == (2, "left knee", till.studio.bo)
    looker.looks_at("client-file")

    till.tap("health-open")
    types_pin(till)
    expect(till.part("health-flags")).to_contain_text("Pregnancy")
    till.part("note-text").fill("Prefers pillows")
    till.tap("note-save")
    expect(till.part("health-sheet")).to_contain_text("Prefers pillows")
    looker.looks_at("health-file")
    till.tap("flag-lift")
    expect(till.part("health-sheet")).to_contain_text("No flag is set.")
    till.tap("sheet-close")
    expect(till.part("needs-check")).to_have_count(0)

    with till.page.expect_response("**/preferences"):
        till.tap("client-start")
    till.tap("item-deep-tissue-60")
    expect(till.part("line")).to_contain_text("with Bo")
    assert looker.faults == []
