import csv
import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounting import proof
from accounting.closing import close_month
from ledger.chain import head
from studio.models import AuditRow, Staff
from tests.accounting.months import FEBRUARY, MARCH, a_day
from tests.accounting.varied import a_varied_month
from tests.builders import NOW, Studio, person

pytestmark = pytest.mark.django_db
JANUARY_DAY = dt.datetime(2026, 1, 30, 15, 0, tzinfo=dt.UTC)


@pytest.fixture
def folder(studio: Studio, tmp_path: Path) -> Path:
    """The proof of February, unpacked; January was closed before."""
    a_day(studio, JANUARY_DAY)
    close_month(JANUARY_DAY.date(), by=studio.owner, now=NOW)
    a_varied_month(studio)
    close_month(FEBRUARY, by=studio.owner, now=NOW)
    unpacked(proven(), tmp_path)
    return tmp_path


def proven() -> bytes:
    file = io.BytesIO()
    proof.write(file, FEBRUARY, MARCH, now=NOW)
    return file.getvalue()


def unpacked(contents: bytes, folder: Path) -> None:
    zipfile.ZipFile(io.BytesIO(contents)).extractall(folder)


def judged(folder: Path) -> tuple[int, str]:
    """What the script of the proof says, run without anything of ours."""
    command = [sys.executable, "-I", "check_proof.py"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return told.returncode, (told.stdout + told.stderr).strip()


def test_a_proof_is_checked_without_footfall(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "README.txt",
        "chain.txt",
        "check_proof.py",
        "closing-2026-02.txt",
        "footfall.beancount",
        "footfall.journal",
        "footfall.journal_lines.csv",
        "footfall.journal_lines.excel.csv",
        "manifest.json",
        "trial_balance.csv",
    }
    told = json.loads((folder / "manifest.json").read_text())
    assert (told["from"], told["to"], told["first_number"]) == ("2026-02-01", "2026-02-28", 3)
    assert told["chain_head"] == f"{head().number}:{head().hash}"
    assert judged(folder) == (
        0,
        f"In order: {told['entries']} entries of these days, the chain to {told['chain_head']}.",
    )


def test_the_trial_balance_of_a_proof_opens_with_what_was_there(folder: Path) -> None:
    rows = {row["account"]: row for row in csv.DictReader((folder / "trial_balance.csv").read_text().splitlines())}

    assert rows["1020"]["opening_cents"] == "14400"
    assert sum(int(row["closing_cents"]) for row in rows.values()) == 0


def tamper(folder: Path, name: str, old: str, new: str) -> None:
    """Change a file, and its hash in the manifest, as somebody would who knows how it works."""
    path = folder / name
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    manifest = json.loads((folder / "manifest.json").read_text())
    about = next(file for file in manifest["files"] if file["name"] == name)
    about["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_script_finds_what_was_changed(folder: Path) -> None:
    (folder / "footfall.journal").write_text("")
    assert judged(folder) == (1, "footfall.journal is not the file that the manifest names.")


def test_the_script_finds_a_changed_entry_though_the_manifest_was_changed_too(folder: Path) -> None:
    tamper(folder, "chain.txt", '"amount_cents":-2400', '"amount_cents":-2401')
    lines = (folder / "chain.txt").read_text().splitlines()
    changed = next(line.split("\t")[0] for line in lines if '"amount_cents":-2401' in line)
    assert judged(folder) == (1, f"The chain breaks at number {changed}.")


def test_the_script_finds_an_entry_that_was_left_out(folder: Path) -> None:
    lines = (folder / "chain.txt").read_text().splitlines(keepends=True)
    tamper(folder, "chain.txt", lines[-1], "")
    assert judged(folder) == (1, "The chain does not end with the head that the manifest names.")


def test_the_script_finds_a_trial_balance_that_is_not_that_of_its_entries(folder: Path) -> None:
    row = next(line for line in (folder / "trial_balance.csv").read_text().splitlines() if line.startswith("4020"))
    parts = row.split(",")
    tamper(folder, "trial_balance.csv", row, ",".join([*parts[:5], str(int(parts[5]) + 1), parts[6]]))
    assert judged(folder) == (1, "Account 4020 is not what its entries come to.")


def test_the_same_moment_gives_the_same_proof(studio: Studio) -> None:
    a_day(studio)

    assert proven() == proven()


def test_days_without_entries_are_proven_too(studio: Studio, tmp_path: Path) -> None:
    unpacked(proven(), tmp_path)

    assert judged(tmp_path)[0] == 0


def test_the_command_writes_the_proof(studio: Studio, tmp_path: Path) -> None:
    a_day(studio)
    out = tmp_path / "proof.zip"

    call_command("prove_books", "--from", "2026-02-01", "--to", "2026-02-28", "--out", str(out))

    unpacked(out.read_bytes(), tmp_path)
    assert judged(tmp_path)[0] == 0
    with pytest.raises(CommandError, match="before they begin"):
        call_command("prove_books", "--from", "2026-02-28", "--to", "2026-02-01", "--out", str(out))


def browser(staff: Staff) -> Browser:
    Staff.objects.filter(pk=staff.pk).update(is_staff=True)
    made = Browser()
    made.force_login(Staff.objects.get(pk=staff.pk))
    return made


def test_who_sees_all_books_downloads_the_proof_and_the_audit_says_so(studio: Studio, tmp_path: Path) -> None:
    a_day(studio)
    address = "/reports/close/proof.zip?from=2026-02-01&to=2026-02-28"

    answer = browser(person("alma", role="accountant")).get(address)

    assert answer["Content-Disposition"] == 'attachment; filename="proof-2026-02-01-2026-02-28.zip"'
    unpacked(b"".join(answer.streaming_content), tmp_path)
    assert judged(tmp_path)[0] == 0
    assert AuditRow.objects.get(action="proof_fetched").after == {"from": "2026-02-01", "to": "2026-02-28"}
    here_only = person("bert", role="accountant", location=studio.location)
    assert browser(here_only).get(address).status_code == 403
    assert browser(studio.manager).get(address).status_code == 403
    assert Browser().get(address).status_code == 302


# The pages on which months are closed ---------------------------------------------------------------------------------


def test_the_pages_show_what_is_to_be_done_and_close_the_month(studio: Studio) -> None:
    a_day(studio)
    office = browser(studio.owner)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: NOW)
        listed = office.get("/reports/close/").content.decode()
        assert "February 2026" in listed
        page = office.get("/reports/close/2026-02/").content.decode()
        assert "Every drawer of the month is counted and closed." in page
        assert "4010 Services" in page
        office.post("/reports/close/2026-02/soft")
        assert "only corrections may still come" in office.get("/reports/close/2026-02/").content.decode()
        told = office.post("/reports/close/2026-02/final", follow=True).content.decode()
        assert "February 2026 is closed. Its SHA-256 is" in told
        assert "What was stored" in told
        told = office.post("/reports/close/2026-02/reopen", {"reason": " "}, follow=True).content.decode()
        assert "Say why the month is opened again." in told
        told = office.post("/reports/close/2026-02/reopen", {"reason": "A forgotten day"}, follow=True)
        assert "February 2026 is open again." in told.content.decode()


def test_a_month_that_is_not_ready_says_why(studio: Studio) -> None:
    studio.desk.opens_drawer()
    office = browser(studio.owner)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: NOW)
        told = office.post("/reports/close/2026-03/final", follow=True).content.decode()
        assert "March 2026 is not ready. March 2026 is not over at Uptown. Not counted and closed: Front (UPT)." in told
        assert office.get("/reports/close/2026-13/").status_code == 404
