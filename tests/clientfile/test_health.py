"""Health files: kept under a key, read by few, each read on record, and nowhere else (R37, threat 14, S15)."""

import datetime as dt
import io
import json
import logging
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings

from clientfile import flags, health, sealing
from clientfile.models import ClientFlag, Flag, HealthNote, HealthRead
from pos.asked import Desk
from pos.models import Client
from studio.models import AuditRow
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.api.rights_table import TABLE
from tests.api.till import Till, new, till_of
from tests.builders import NOW, Studio, of, person
from tests.clientfile.files import PIN, client, flag, flags_on, treats

CANARY = "canary-in-the-file"
TODAY = NOW.date()


@pytest.fixture
def maya(studio: Studio) -> Client:
    """A client with the planted words in every health field."""
    someone = client(email="maya@example.com")
    kind = flag("planted", hint=f"hint {CANARY}", name=f"Flag {CANARY}")
    flags_on(studio, someone, kind, note=f"note {CANARY}")
    health.write_note(note_id=new_id(), client=someone, text=f"text {CANARY}", desk=desk_of(studio), now=NOW)
    return someone


def new_id() -> Any:
    return HealthNote._meta.pk.get_default()


def desk_of(studio: Studio) -> Desk:
    return Desk(location=studio.location, staff=treats(studio, studio.ana))


def reads(till: Till, someone: Client, reason: str = "treatment", **who: Any) -> Any:
    return till.post(f"clients/{someone.pk}/health/reads", {"reason": reason, **who})


def test_a_therapist_reads_the_file_by_pin_on_the_desks_tablet_and_that_is_on_record(
    till: Till, studio: Studio, maya: Client
) -> None:
    file = reads(till, maya, staff=studio.ana.pk, pin=PIN)

    assert [(one["name"], one["note"], one["set_by"]["name"]) for one in file["flags"]] == [
        (f"Flag {CANARY}", f"note {CANARY}", "Ana")
    ]
    assert [one["text"] for one in file["notes"]] == [f"text {CANARY}"]
    read = HealthRead.objects.get()
    assert (read.client, read.reader, read.device, read.reason) == (maya, studio.ana, till.device, "treatment")


def test_who_treats_nobody_reads_it_only_for_a_reason_of_its_own(
    till: Till, managers_till: Till, studio: Studio, maya: Client
) -> None:
    assert reads(managers_till, maya).refusal == (409, "reason_needed")
    assert HealthRead.objects.count() == 0

    assert reads(managers_till, maya, "emergency").status == 200
    assert [(one.reader, one.reason) for one in HealthRead.objects.all()] == [(studio.manager, "emergency")]


def test_the_desk_reads_nothing_writes_nothing_and_leaves_no_read(till: Till, maya: Client) -> None:
    set_flag = ClientFlag.objects.get()
    base = f"clients/{maya.pk}/health"

    assert reads(till, maya, "emergency").refusal == (403, "not_allowed")
    assert till.put(f"{base}/flags/{new()}", {"flag": "planted"}).refusal == (403, "not_allowed")
    assert till.put(f"{base}/flags/{set_flag.pk}/lifted").refusal == (403, "not_allowed")
    assert till.put(f"{base}/notes/{new()}", {"text": "x"}).refusal == (403, "not_allowed")
    assert till.get(base).body == {"needs_check": True, "intake_on": None, "renews_intake": False}
    assert HealthRead.objects.count() == 0


def test_a_wrong_pin_opens_no_file(till: Till, studio: Studio, maya: Client) -> None:
    assert reads(till, maya, staff=studio.ana.pk, pin="123123").refusal == (409, "wrong_pin")
    assert reads(till, maya, staff=studio.ana.pk).errors == {"pin": "Enter the PIN."}
    assert HealthRead.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"flag": "unknown"}, "flag"),
        ({"flag": "planted", "starts_on": "2026-03-05", "ends_on": "2026-03-05"}, "ends_on"),
        ({"flag": "healing"}, "ends_on"),
        ({"flag": "planted", "note": "x" * 501}, "note"),
        ({"flag": "planted", "starts_on": "soon"}, "starts_on"),
    ],
)
def test_a_flag_that_makes_no_sense_is_refused(
    till: Till, studio: Studio, maya: Client, body: dict[str, Any], field: str
) -> None:
    flag("healing", "wait")
    sent = {**body, "staff": studio.ana.pk, "pin": PIN}

    refused = till.put(f"clients/{maya.pk}/health/flags/{new()}", sent)

    assert refused.status == 400
    assert list(refused.errors) == [field]
    assert ClientFlag.objects.count() == 1


def test_a_flag_of_another_client_or_a_lifted_one_is_not_set_again(till: Till, studio: Studio, maya: Client) -> None:
    mine = ClientFlag.objects.get()
    other = client("Jonas")
    by_ana = {"flag": "planted", "staff": studio.ana.pk, "pin": PIN}

    assert till.put(f"clients/{other.pk}/health/flags/{mine.pk}", by_ana).refusal == (409, "same_id_other_contents")
    flags.lift_flag(flag_id=mine.pk, client=maya, desk=desk_of(studio), now=NOW)
    flags.lift_flag(flag_id=mine.pk, client=maya, desk=desk_of(studio), now=NOW)
    assert till.put(f"clients/{maya.pk}/health/flags/{mine.pk}", by_ana).refusal == (409, "same_id_other_contents")
    assert AuditRow.objects.filter(action="health_flag_lifted").count() == 1


def test_an_intake_form_older_than_a_year_is_to_be_renewed(till: Till, maya: Client) -> None:
    path = f"clients/{maya.pk}/health/intake"

    assert till.put(path, {"on": "2025-03-01"})["renews_intake"] is True
    assert till.put(path, {"on": "2025-03-02"})["renews_intake"] is False
    assert till.put(path, {"on": "2026-03-03"}).errors == {"on": "The form is of today or earlier."}
    assert till.get(f"clients/{maya.pk}/health")["intake_on"] == "2025-03-02"


# Under the key -------------------------------------------------------------------------------------------------------


def test_the_database_has_none_of_it_in_the_clear_and_knows_not_which_flag_it_is(maya: Client) -> None:
    rows: list[Any] = []
    for model in (ClientFlag, HealthNote, AuditRow):
        rows += list(model.objects.values())

    assert len(rows) >= 4
    assert CANARY not in str(rows)
    assert "flag_id" not in {field.attname for field in ClientFlag._meta.concrete_fields}


def test_what_was_written_under_an_older_key_opens_and_is_put_under_the_newest(
    maya: Client, settings: Settings
) -> None:
    settings.HEALTH_KEYS = ["3:a newest key", *settings.HEALTH_KEYS]
    assert flags.set_on(maya.pk)[0].note == f"note {CANARY}"

    call_command("reseal_health", stdout=io.StringIO())

    settings.HEALTH_KEYS = ["3:a newest key"]
    assert flags.set_on(maya.pk)[0].note == f"note {CANARY}"
    assert {row.key_id for row in [*ClientFlag.objects.all(), *HealthNote.objects.all()]} == {"3"}


def test_a_row_opens_with_its_own_key_only_and_in_its_own_place(maya: Client, settings: Settings) -> None:
    row = ClientFlag.objects.get()
    moved = ClientFlag(pk=new_id(), key_id=row.key_id, sealed=row.sealed)
    with pytest.raises(sealing.SealBroken, match="of another one"):
        sealing.contents_of(moved)

    settings.HEALTH_KEYS = ["2:another secret"]
    with pytest.raises(sealing.SealBroken, match="does not open"):
        sealing.contents_of(row)
    settings.HEALTH_KEYS = ["9:another secret"]
    with pytest.raises(sealing.SealBroken, match="no key 2"):
        sealing.contents_of(row)


# The canary (S15) ----------------------------------------------------------------------------------------------------


def test_planted_words_come_out_at_one_address_only_and_only_to_those_with_the_right(
    till: Till, managers_till: Till, studio: Studio, maya: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sale = new()
    till.put(f"sales/{sale}", {"client": str(maya.pk), "lines": [{"item": "ashiatsu-60", "therapist": studio.ana.pk}]})
    senders = {
        "nobody": Till(),
        "desk": till,
        "manager": managers_till,
        "accountant": till_of(person("ada", role="accountant", location=studio.location), studio.location),
        "therapist": till_of(studio.ana, studio.location),
    }
    ids = {name: str(maya.pk) for name in ("client_id",)} | {"sale_id": sale}
    seen = {(who, route) for who, one in senders.items() for route in TABLE if CANARY in _heard(one, route, ids)}

    assert seen == {(who, "POST api/v1/clients/<uuid:client_id>/health/reads") for who in ("manager", "therapist")}
    assert HealthRead.objects.count() == 2
    assert CANARY not in caplog.text
    assert CANARY not in json.dumps(list(AuditRow.objects.values("before", "after", "reason")))


def _heard(one: Till, route: str, ids: dict[str, str]) -> str:
    """What somebody hears who sends as much as one can know to an address: everything but the ends of things."""
    method, pattern = route.split(" ")
    if method in ("DELETE", "PUT") or pattern.startswith(("api/docs", "api/v1/schema")):
        return ""
    path = "/" + pattern
    for part in [piece for piece in pattern.split("/") if piece.startswith("<")]:
        path = path.replace(part, ids.get(part[1:-1].split(":")[1], new() if "uuid" in part else "1"))
    body = {"reason": "emergency"} if path.endswith("/reads") else {}
    data = json.dumps(body) if method == "POST" else ""
    response = one.client.generic(method, path, data, "application/json", headers=one.headers)
    return "" if response.streaming else response.content.decode(errors="replace")


def test_no_page_of_the_back_office_shows_or_finds_it(studio: Studio, maya: Client) -> None:
    browser, boss = Browser(), person("boss", is_staff=True, is_superuser=True)
    browser.force_login(boss)
    names = [f"admin:{model._meta.label_lower.replace('.', '_')}" for model in apps.get_models()]
    listed = [name for name in names if _exists(f"{name}_changelist")]
    pages = [reverse(f"{name}_changelist") for name in listed] + [reverse("admin:index")]
    pages.append(reverse("admin:pos_client_change", args=[maya.pk]))

    shown = {page for page in pages for query in ("", f"?q={CANARY[:-4]}") if _shows(browser, page, query)}

    assert shown == {reverse("admin:clientfile_flag_changelist")}  # the owner's own list of words
    assert len(pages) > 30
    assert "admin:clientfile_clientflag" not in listed
    assert "admin:clientfile_healthread" in listed


def test_no_report_export_or_trail_has_it(studio: Studio, maya: Client) -> None:
    browser, boss = Browser(), person("boss", is_staff=True, is_superuser=True)
    browser.force_login(boss)
    ClientFlag.objects.update(lifted_at=NOW, lifted_by=studio.ana)
    studio.desk.rings_up(of("ashiatsu-60", by=studio.ana), client_id=maya.pk).pays(external=110_00)
    reports = [f"/reports/{import_string(path)().slug}/" for path in settings.REPORTS]
    pages = [*reports, "/reports/", "/exports/", "/overview/", "/audit/", "/audit.csv", "/rights/"]

    heard = {page: browser.get(page, follow=True) for page in pages}

    assert {page: answer.status_code for page, answer in heard.items() if answer.status_code != 200} == {}
    assert [page for page, answer in heard.items() if CANARY.encode() in answer.getvalue()] == []


def _shows(browser: Browser, page: str, query: str) -> bool:
    response = browser.get(page + query, follow=True)
    return CANARY in response.content.decode()


def _exists(name: str) -> bool:
    try:
        return bool(reverse(name))
    except NoReverseMatch:
        return False


def test_reads_and_oks_can_neither_be_changed_nor_taken_away() -> None:
    assert {model.__name__ for model in apps.get_app_config("clientfile").get_models() if _is_history(model)} == {
        "HealthRead",
        "Acknowledgement",
    }


def _is_history(model: Any) -> bool:
    return getattr(model, "append_only", False)


def test_a_right_that_is_taken_away_holds_at_once(studio: Studio, maya: Client) -> None:
    desk = Desk(location=studio.location, staff=studio.desk_person)
    for ask in (
        lambda: health.read(maya, reason=HealthRead.Reason.EMERGENCY, desk=desk, now=NOW),
        lambda: health.write_note(note_id=new_id(), client=maya, text="x", desk=desk, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            ask()


def test_an_empty_note_is_none(studio: Studio, maya: Client) -> None:
    with pytest.raises(BadInput):
        health.write_note(note_id=new_id(), client=maya, text="  ", desk=desk_of(studio), now=NOW)


def test_days_are_those_of_the_studio(studio: Studio) -> None:
    someone = client("Jo")
    flags_on(studio, someone, flag("healing", "wait"), ends_on=TODAY + dt.timedelta(days=1), now=NOW)
    found = flags.set_on(someone.pk)[0]

    assert (found.blocks(TODAY), found.blocks(TODAY + dt.timedelta(days=1))) == (True, False)
    assert Flag.objects.get().effect == "wait"
