"""The door of the back office: no password alone where a second factor is, tries counted, everything written down."""

import datetime as dt
import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from studio.models import AuditRow, Staff
from studio.second_factor import has_one
from tests.builders import Studio

PASSWORD = "walk-on-the-bars"
NOON = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def required(settings):
    settings.BACK_OFFICE_SECOND_FACTOR = "required"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def owner(studio: Studio, clock) -> Staff:
    studio.owner.set_password(PASSWORD)
    studio.owner.is_staff = True
    studio.owner.save()
    return studio.owner


def signs_in(username: str = "olga", password: str = PASSWORD, browser: Browser | None = None, **more) -> Browser:
    """The password, whatever comes of it."""
    browser = browser or Browser()
    browser.answer = browser.post(reverse("account_login"), {"login": username, "password": password}, **more)
    return browser


def secret_of(browser: Browser) -> str:
    page = browser.get(reverse("mfa_activate_totp")).content.decode()
    return re.search(r"<code>([A-Z2-7]+)</code>", page)[1]


def code_of(secret: str) -> str:
    """What the app shows now."""
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))


def sets_up(browser: Browser) -> str:
    """Scans the key and enters the first code; gives the key."""
    secret = secret_of(browser)
    browser.answer = browser.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert browser.answer.status_code == 302, browser.answer.content.decode()
    return secret


def enters(browser: Browser, code: str, page: str = "mfa_authenticate") -> bool:
    """Whether the code opens the door."""
    browser.answer = browser.post(reverse(page), {"code": code})
    return browser.answer.status_code == 302


def is_in(browser: Browser) -> bool:
    return browser.get("/admin/").status_code == 200


def acts() -> set[str]:
    """All that was written down."""
    return set(AuditRow.objects.values_list("action", flat=True))


# Every address ------------------------------------------------------------------------------------------------------


def addresses(resolver: URLResolver | None = None, before: str = "/") -> list[str]:
    """Every address of the site that takes no values."""
    found = []
    for one in (resolver or get_resolver()).url_patterns:
        part = str(one.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(one, URLResolver):
            found += addresses(one, before + part)
        elif isinstance(one, URLPattern) and not re.search(r"[<(]", before + part):
            found.append(before + part)
    return found


def of_the_office(browser: Browser) -> dict[str, int]:
    """What each page of the back office answers to this browser."""
    outside = ("/api/", "/accounts/", "/admin/jsi18n/")
    named = [one for one in addresses() if not one.startswith(outside)]
    found = {}
    for one in named:
        answer = browser.get(one)
        found[one] = answer.status_code
        list(answer.streaming_content if answer.streaming else ())  # a file wants to be read
    return found


def test_no_address_of_the_office_opens_to_a_password_alone(owner: Staff) -> None:
    owner.is_superuser = True
    owner.save()
    nobody = of_the_office(Browser())
    half = signs_in()
    assert of_the_office(half) == nobody, "who must set up a second factor is nobody"

    sets_up(half)
    whole = of_the_office(half)
    behind = {address for address in nobody if whole[address] == 200 and nobody[address] != 200}
    assert {
        "/admin/",
        "/overview/",
        "/reports/",
        "/exports/",
        "/members/",
        "/trouble/",
        "/gift-cards/office/",
    } <= behind
    assert len(behind) > 50

    with_password = signs_in()
    assert with_password.answer["Location"] == reverse("mfa_authenticate")
    assert of_the_office(with_password) == nobody, "who has one and has not shown it is nobody"


def test_the_old_door_of_the_admin_takes_no_password(owner: Staff) -> None:
    browser = Browser()
    answer = browser.post("/admin/login/", {"username": "olga", "password": PASSWORD})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/")
    assert not is_in(browser)


# Setting it up ------------------------------------------------------------------------------------------------------


def test_at_the_first_sign_in_a_second_factor_is_set_up_and_recovery_codes_are_shown(owner: Staff) -> None:
    browser = signs_in()
    assert browser.get("/reports/")["Location"] == "/accounts/login/?next=/reports/"
    assert browser.get("/accounts/login/?next=/reports/")["Location"] == "/accounts/2fa/totp/activate/?next=/reports/"

    sets_up(browser)
    assert browser.answer["Location"] == reverse("mfa_view_recovery_codes")
    assert len(re.findall(r"<li><code>\d{8}</code>", browser.get(browser.answer["Location"]).content.decode())) == 10
    assert browser.get("/accounts/")["Location"] == "/overview/"
    assert is_in(browser)
    assert acts() == {"office_signed_in", "second_factor_set_up"}


def test_the_key_lies_sealed_in_the_database(owner: Staff) -> None:
    secret = sets_up(signs_in())
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_where_it_is_optional_a_password_is_enough_until_somebody_has_one(owner: Staff, settings) -> None:
    settings.BACK_OFFICE_SECOND_FACTOR = "optional"
    browser = signs_in()
    assert is_in(browser)
    sets_up(browser)
    assert not is_in(signs_in())


def test_setting_one_up_ends_what_other_sessions_could_do(owner: Staff, settings) -> None:
    settings.BACK_OFFICE_SECOND_FACTOR = "optional"
    other = signs_in()
    assert is_in(other)
    secret = sets_up(signs_in())
    assert not is_in(other)

    # A session of before can neither take the factor away nor see recovery codes by the password.
    again = other.get(reverse("mfa_deactivate_totp"))
    assert again["Location"].startswith(reverse("mfa_reauthenticate"))
    assert other.get(reverse("account_reauthenticate"))["Location"].startswith(reverse("mfa_reauthenticate"))
    other.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert other.get(reverse("mfa_view_recovery_codes")).status_code == 302
    other.post(reverse("mfa_deactivate_totp"))
    assert has_one(owner)
    assert enters(other, code_of(secret), "mfa_reauthenticate")
    assert is_in(other)


# Codes --------------------------------------------------------------------------------------------------------------


def test_a_code_opens_the_door_once(owner: Staff, clock) -> None:
    secret = sets_up(signs_in())
    clock.shift(60)
    code = code_of(secret)
    first, second = signs_in(), signs_in()
    assert enters(first, code)
    assert is_in(first)
    assert not enters(second, code), "somebody who has seen it over a shoulder"
    assert not is_in(second)


def test_a_recovery_code_opens_it_once_and_is_told_apart(owner: Staff, clock) -> None:
    setting_up = signs_in()
    sets_up(setting_up)
    code = re.search(r"<code>(\d{8})</code>", setting_up.get(reverse("mfa_view_recovery_codes")).content.decode())[1]
    assert enters(signs_in(), code)
    rows = AuditRow.objects.filter(action="office_signed_in")
    assert sorted(row.after["by"] for row in rows) == [["password"], ["password", "recovery_codes"]]
    clock.shift(600)
    assert not enters(signs_in(), code)


def test_only_five_codes_are_tried_in_five_minutes_and_a_right_one_comes_too_late(owner: Staff, clock) -> None:
    secret = sets_up(signs_in())
    clock.shift(60)
    browser = signs_in()
    right = code_of(secret)
    wrong = [f"{n:06d}" for n in range(6) if f"{n:06d}" != right]
    assert not any(enters(browser, code) for code in wrong[:5])
    assert not enters(browser, right)
    clock.shift(301)
    assert enters(browser, code_of(secret))


def test_only_five_passwords_are_tried_from_one_address_and_others_are_not_kept_out(owner: Staff, clock) -> None:
    for n in range(5):
        signs_in(password=f"wrong-{n}", REMOTE_ADDR="203.0.113.9")
    assert "office_signed_in" not in acts()
    refused = signs_in(REMOTE_ADDR="203.0.113.9")
    assert refused.answer.status_code == 200
    assert "Too many failed" in refused.answer.content.decode()
    assert signs_in(REMOTE_ADDR="203.0.113.10").answer.status_code == 302
    clock.shift(301)
    assert signs_in(REMOTE_ADDR="203.0.113.9").answer.status_code == 302


def test_refused_tries_are_written_down_without_what_was_typed(owner: Staff) -> None:
    signs_in(password="hunter2-hunter2")
    signs_in(username="walk-on-the-bars", password="x")
    rows = AuditRow.objects.filter(action="office_sign_in_refused")
    assert {(row.object_id, row.after["by"]) for row in rows} == {(str(owner.pk), "password"), ("", "password")}
    assert "hunter2" not in str([row.after for row in rows])
    assert PASSWORD not in str([row.after for row in rows])


def test_who_is_switched_off_is_out_at_once(owner: Staff) -> None:
    browser = signs_in()
    sets_up(browser)
    assert is_in(browser)
    Staff.objects.filter(pk=owner.pk).update(is_active=False)
    assert not is_in(browser)
    assert not is_in(signs_in())


# When the phone is lost ---------------------------------------------------------------------------------------------


def test_the_owner_resets_another_persons_factor_and_it_is_written_down(owner: Staff) -> None:
    Staff.objects.filter(pk=owner.pk).update(is_superuser=True)
    other = Staff.objects.create_user("acca", password=PASSWORD, display_name="Acca", is_staff=True)
    theirs, mine = signs_in("acca"), signs_in()
    sets_up(theirs)
    sets_up(mine)

    mine.post("/admin/studio/staff/", {"action": "reset_second_factor", "_selected_action": [other.pk]})

    row = AuditRow.objects.get(action="second_factor_reset")
    assert (row.actor, row.object_id, row.before) == (owner, str(other.pk), {"factors": ["recovery_codes", "totp"]})
    assert (has_one(other), has_one(owner)) == (False, True)
    assert theirs.get("/accounts/2fa/").status_code == 302, "signed off everywhere"
    assert is_in(mine)


@pytest.mark.django_db(transaction=True)
def test_the_last_owner_gets_in_again_by_command(owner: Staff) -> None:
    sets_up(signs_in())
    call_command("reset_second_factor", "olga", "--reason", "phone in the lake")
    assert signs_in().answer["Location"] == "/accounts/"
    assert AuditRow.objects.get(action="second_factor_reset").reason == "phone in the lake"
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "nobody")


def test_giving_it_up_where_it_is_required_means_setting_up_another(owner: Staff) -> None:
    browser = signs_in()
    sets_up(browser)
    assert browser.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not is_in(browser)
    assert browser.get("/accounts/login/")["Location"].startswith(reverse("mfa_activate_totp"))
    assert "second_factor_given_up" in acts()
    sets_up(browser)
    assert is_in(browser)


def test_a_changed_password_is_written_down_and_ends_other_sessions(owner: Staff, settings) -> None:
    settings.BACK_OFFICE_SECOND_FACTOR = "optional"
    other, mine = signs_in(), signs_in()
    new = "under-the-cedar-bars"
    mine.post("/admin/password_change/", {"old_password": "wrong", "new_password1": new, "new_password2": new})
    assert "staff.password_changed" not in acts()
    mine.post("/admin/password_change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert "staff.password_changed" in acts()
    assert (is_in(mine), is_in(other)) == (True, False)
