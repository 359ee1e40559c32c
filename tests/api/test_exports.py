"""The sales as a file for other programs: by a key, the bytes of the accountant's page, and an audit row."""

import csv
import io

import pytest
from django.test import Client

from accounting import tokens
from studio.models import AuditRow, Staff
from tests.accounting.office import DAY, a_day
from tests.builders import NOW, Studio, beach, person


@pytest.fixture
def accountant(studio: Studio) -> Staff:
    return person("acca", role="accountant", is_staff=True)


def asks(staff: Staff, asked: str = DAY) -> tuple[int, bytes]:
    _, secret = tokens.make("Spreadsheet", by=staff, now=NOW)
    answer = Client().get(f"/api/v1/exports/sales/{asked}", headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code, b"".join(answer.streaming_content) if answer.streaming else answer.content


def rows(told: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"))))


@pytest.mark.parametrize("what", ["lines", "tenders"])
def test_a_key_reads_the_file_of_the_page(studio: Studio, accountant: Staff, what: str) -> None:
    a_day(studio)
    browser = Client()
    browser.force_login(accountant)
    page = browser.get(f"/exports/sales/file{DAY}&what={what}&format=csv")

    status, told = asks(accountant, f"{DAY}&what={what}&format=csv")

    assert status == 200
    assert told == b"".join(page.streaming_content)
    assert AuditRow.objects.filter(action="sales_exported", actor=accountant).count() == 2


def test_a_workbook_is_a_workbook(studio: Studio, accountant: Staff) -> None:
    a_day(studio)

    status, told = asks(accountant, f"{DAY}&format=xlsx")

    assert (status, told[:2]) == (200, b"PK")


def test_only_the_sales_that_its_maker_sees(studio: Studio) -> None:
    a_day(studio)
    elsewhere = person("elsa", role="accountant", is_staff=True, location=beach())

    assert rows(asks(elsewhere)[1]) == []
    assert len(rows(asks(person("acca", role="accountant", is_staff=True))[1])) > 0


@pytest.mark.parametrize("wrong", ["&what=clients", "&format=pdf", "&location=XXX", "&from=2026-03-03&to=2026-03-02"])
def test_what_can_not_be_meant_is_refused(studio: Studio, accountant: Staff, wrong: str) -> None:
    status, told = asks(accountant, DAY + wrong if "from" not in wrong else "?" + wrong[1:])

    assert status == 400
    assert b'"errors"' in told


def test_no_key_no_file(studio: Studio) -> None:
    answer = Client().get(f"/api/v1/exports/sales/{DAY}")

    assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")
