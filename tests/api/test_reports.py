"""Reports for other programs: by a key that was shown once, the rows of the pages, and nothing else."""

from typing import Any

import pytest

from accounting import tokens
from accounting.kinds import reports
from accounting.models import ReportToken
from api.answers import reports as answers
from studio.models import AuditRow, Staff
from tests.accounting.office import DAY, a_day, signed_on
from tests.api.till import Answer, Till
from tests.builders import NOW, Studio, beach, person


@pytest.fixture
def accountant(studio: Studio) -> Staff:
    return person("acca", role="accountant", is_staff=True)


@pytest.fixture
def program(accountant: Staff) -> Till:
    return with_key(accountant)


def with_key(staff: Staff) -> Till:
    _, secret = tokens.make("Spreadsheet", by=staff, now=NOW)
    return Till(headers={"Authorization": f"Bearer {secret}"})


def by_name(answer: Answer) -> Any:
    return {table["name"]: table for table in answer["tables"]}


def test_a_key_reads_which_reports_there_are(program: Till) -> None:
    answer = program.get("reports/")
    assert answer.status == 200
    assert [row["slug"] for row in answer.body] == list(reports())


def test_rows_have_cents_and_iso_days(studio: Studio, program: Till) -> None:
    a_day(studio)
    answer = program.get(f"reports/sales/{DAY}")
    assert answer.status == 200
    assert (answer["first_on"], answer["last_on"], answer["locations"]) == ("2026-03-02", "2026-03-02", ["UPT"])
    days = by_name(answer)["days"]
    row = days["rows"][0]
    assert {name: row[name] for name in ("business_date", "tickets", "net_cents", "tips_cents", "z")} == {
        "business_date": "2026-03-02",
        "tickets": 1,
        "net_cents": 130_00,
        "tips_cents": 20_00,
        "z": "1",
    }
    assert days["total"]["collected_cents"] == 151_45
    assert days["before"] is None


def test_every_report_is_answered_as_promised(studio: Studio, program: Till) -> None:
    a_day(studio)
    for slug in reports():
        assert program.get(f"reports/{slug}/{DAY}&compare=prev").status == 200, slug


def test_what_can_not_be_meant_is_a_400_that_names_the_field(program: Till) -> None:
    for asked, field in (("?from=2026-03-02", "to"), ("?therpist=1", "therpist"), ("?location=XXX", "location")):
        answer = program.get(f"reports/sales/{asked}")
        assert (answer.status, list(answer.errors)) == (400, [field])
    assert program.get("reports/nothing/").status == 404


def test_too_many_rows_for_one_answer_are_told_and_never_cut(
    studio: Studio, program: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day(studio)
    monkeypatch.setattr(answers, "MOST_ROWS", 3)
    assert program.get(f"reports/entries/{DAY}").errors == {
        "to": "There are more than 3 rows: ask for fewer days, or take the CSV file."
    }


def test_no_key_a_made_up_one_and_a_revoked_one_are_all_unknown(accountant: Staff, program: Till) -> None:
    assert program.get("reports/").status == 200
    tokens.revoke(ReportToken.objects.get().pk, by=accountant, now=NOW)
    for till in (Till(), Till(headers={"Authorization": "Bearer made-up"}), program):
        assert till.get("reports/").refusal == (401, "key_unknown")


def test_a_key_sees_what_its_maker_sees_now(studio: Studio) -> None:
    a_day(studio)
    local = person("lou", role="accountant", location=beach(), is_staff=True)
    till = with_key(local)
    assert till.get(f"reports/sales/{DAY}")["locations"] == ["BCH"]
    assert till.get(f"reports/sales/{DAY}&location=UPT").status == 400
    local.grants.all().delete()
    assert till.get(f"reports/sales/{DAY}").status == 403
    Staff.objects.filter(pk=local.pk).update(is_active=False)
    assert till.get(f"reports/sales/{DAY}").status == 401


def test_a_key_opens_nothing_else_and_changes_nothing(program: Till) -> None:
    assert program.get("clients/").status == 401
    assert program.get("sales/").status == 401
    assert program.client.post("/api/v1/reports/sales/", headers=program.headers).status_code == 405


def test_a_key_is_made_on_its_page_shown_once_and_kept_as_a_hash(accountant: Staff) -> None:
    books = signed_on(accountant)
    assert books.sends("/reports/keys/", name="Spreadsheet") == 200
    secret = books.answer.content.decode().partition("<code>")[2].partition("</code>")[0]
    assert Till(headers={"Authorization": f"Bearer {secret}"}).get("reports/").status == 200
    assert secret not in str(list(ReportToken.objects.values()))
    books.opens("/reports/keys/")
    assert secret not in books.answer.content.decode()
    assert "Spreadsheet" in books.says()

    key = ReportToken.objects.get()
    stranger = signed_on(person("oscar", role="accountant"))
    assert stranger.sends(f"/reports/keys/{key.pk}/revoke") == 404
    assert books.sends(f"/reports/keys/{key.pk}/revoke") == 302
    assert Till(headers={"Authorization": f"Bearer {secret}"}).get("reports/").status == 401
    assert list(AuditRow.objects.filter(object_id=str(key.pk)).order_by("at").values_list("action", flat=True)) == [
        "report_token_made",
        "report_token_revoked",
    ]


def test_a_key_needs_a_name(accountant: Staff) -> None:
    books = signed_on(accountant)
    assert books.sends("/reports/keys/", name=" ") == 400
    assert "Say what the key is for" in books.says()
