"""What an older system has sold comes in as opening balances, all or nothing (posting rule 78)."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse

from ledger.journal import balances
from ledger.models import Entry
from memberships.imports import BadRows, Imported, import_prepaid
from memberships.models import Membership, SessionLot
from pos.models import Client
from studio.models import AuditRow, Staff
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk
from tests.memberships.builders import client, package, part, plan, told, visits

HEAD = "kind,number,name,email,phone,code,location,since,paid_until,bought,left,value,use_by,part\n"
FILE = (
    HEAD
    + "member,M1,Jo Reyes,jo@example.com,,monthly,UPT,2025-01-31,2026-03-31,,,,,\n"
    + "credit,C1,Jo Reyes,jo@example.com,,monthly,UPT,2026-02-28,,1,1,79.00,2027-02-27,\n"
    + "package,P1,Jo Reyes,Jo@Example.com,,five,UPT,2025-11-02,,5,3,269.99,,\n"
    + 'package,P2,"Doe, Kim",,(614) 555-0134,five,upt,2026-01-05,,,2,"1,180.00",2026-12-31,\n'
)


@pytest.fixture
def terms(studio: Studio) -> None:
    package()
    plan()


@transaction.atomic
def imports(text: str, by: Staff) -> Imported:
    return import_prepaid(text, by=by, now=NOW)


@pytest.mark.usefixtures("terms")
def test_members_packages_and_credits_come_in_with_what_is_left(studio: Studio, desk: TestDesk) -> None:
    made = imports(FILE, studio.owner)

    assert str(made) == "1 members, 2 packages, 1 credits, 2 new clients"
    jo = Client.objects.get(email="jo@example.com")
    member = Membership.objects.get()
    assert (member.client, member.status, member.anchor_on, member.paid_until) == (
        jo,
        "active",
        dt.date(2025, 1, 31),
        dt.date(2026, 3, 31),
    )
    lots = SessionLot.objects.order_by("opened_at")
    assert [
        (lot.client.name, lot.kind, lot.units, lot.granted_units, lot.value_cents, lot.expires_on) for lot in lots
    ] == [
        ("Jo Reyes", "package", 3, 5, 269_99, None),
        ("Doe, Kim", "package", 2, 2, 1_180_00, dt.date(2027, 1, 1)),
        ("Jo Reyes", "credit", 1, 1, 79_00, dt.date(2027, 2, 28)),
    ]
    assert balances() == {
        "2210 Deferred packages": -1_449_99,
        "2220 Deferred member credits": -79_00,
        "3900 Opening balances": 1_528_99,
    }
    assert sorted(Entry.objects.values_list("key", "kind")) == [
        ("import:C1", "opening"),
        ("import:P1", "opening"),
        ("import:P2", "opening"),
    ]
    assert AuditRow.objects.filter(action="prepaid_imported", actor=studio.owner).count() == 1
    visits(desk, studio, jo)
    assert told(lots[0]) == ("open", 2, 180_00)
    books_are_clean()


@pytest.mark.usefixtures("terms")
def test_every_wrong_row_is_told_and_nothing_is_written(studio: Studio) -> None:
    bundle = package("bundle", 400_00)
    part(bundle, 2, "ashiatsu-60")
    rows = [
        "member,A,Jo,jo@example.com,,monthly,UPT,2025-01-31,2026-02-01,,,,,",
        "member,B,Jo,jo@example.com,,nothing,UPT,2025-01-31,2026-04-01,,,,,",
        "voucher,C,Jo,,,five,UPT,2025-01-31,,,1,1,,",
        "package,D,Jo,,,five,XXX,2025-01-31,,,1,1,,",
        "package,E,Jo,,,five,UPT,31/01/2025,,,1,1,,",
        "package,F,Jo,,,five,UPT,2025-01-31,,1,2,1,,",
        "package,G,Jo,,,five,UPT,2025-01-31,,,1,1.005,,",
        "package,H,Jo,,,five,UPT,2025-01-31,,,1,lots,,",
        "package,I,Jo,,,five,UPT,2025-01-31,,,0,1,,",
        "package,J,Jo,no address,,five,UPT,2025-01-31,,,1,1,,",
        "package,K,,,,five,UPT,2025-01-31,,,1,1,,",
        "package,L,Jo,,,five,UPT,2025-01-31,,,1,1,2026-03-01,",
        "package,M,Jo,,,bundle,UPT,2025-01-31,,,1,1,,",
        "package,N,Jo,,,five,UPT,2025-01-31,,,1,1,,",
        "package,N,Jo,,,five,UPT,2025-01-31,,,1,1,,",
        "package,,Jo,,,five,UPT,2025-01-31,,,1,1,,",
    ]

    with pytest.raises(BadRows) as refused:
        imports(HEAD + "\n".join(rows), studio.owner)

    assert refused.value.problems == [
        "Row 2, paid_until: is in the past: give the day of the next payment.",
        "Row 3, code: There is no plan “nothing”.",
        "Row 4, kind: is member, package or credit.",
        "Row 5, location: There is no location “XXX”.",
        "Row 6, since: is no day: write 2026-03-31.",
        "Row 7, left: is more than was bought.",
        "Row 8, value: is an amount of dollars and cents, $100,000 at most.",
        "Row 9, value: is no amount: write 270.00.",
        "Row 10, left: is a whole number from 1 to 999.",
        "Row 11, email: This is no e-mail address.",
        "Row 12, name: Give the client a name.",
        "Row 13, use_by: is over already: import it as store credit, or give another day.",
        "Row 14, part: 5 sessions has 2 parts: say which one, from 1.",
        "Row 16, number: N is in the file twice.",
        "Row 17, number: is missing, or longer than 40 characters.",
    ]
    assert not SessionLot.objects.exists()
    assert not Client.objects.exists()
    assert balances() == {}


@pytest.mark.usefixtures("terms")
def test_a_file_that_was_imported_is_not_imported_again(studio: Studio) -> None:
    imports(FILE, studio.owner)

    with pytest.raises(BadRows) as refused:
        imports(FILE, studio.owner)

    assert refused.value.problems == [
        "Row 2, code: Jo Reyes has this membership already.",
        "Row 3, number: C1 was imported before.",
        "Row 4, number: P1 was imported before.",
        "Row 5, number: P2 was imported before.",
    ]
    books_are_clean()


@pytest.mark.parametrize("text", ["", "kind,number\n", HEAD, HEAD.replace("since", "from") + "x\n"])
def test_a_file_without_rows_or_with_other_columns_is_refused(studio: Studio, text: str) -> None:
    with pytest.raises(BadRows):
        imports(text, studio.owner)


@pytest.mark.usefixtures("terms")
def test_a_client_who_is_here_is_not_made_twice(studio: Studio) -> None:
    jo, kim = client(), client("Kim Doe", email="", phone="+16145550134")

    made = imports(FILE, studio.owner)

    assert made.clients == 0
    assert {lot.client for lot in SessionLot.objects.all()} == {jo, kim}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("terms")
def test_the_command_shows_the_effect_and_then_writes_it(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "members.csv"
    file.write_text(FILE.replace("2026-03-31", "2099-03-31").replace("2026-12-31", "2099-12-31"), encoding="utf-8-sig")

    call_command("import_prepaid", str(file), "--by", "olga", "--dry-run")
    assert "2 packages" in capsys.readouterr().out
    assert not SessionLot.objects.exists()

    call_command("import_prepaid", str(file), "--by", "olga")
    assert "2210 Deferred packages: 1,449.99" in capsys.readouterr().out
    assert SessionLot.objects.count() == 3
    with pytest.raises(CommandError, match="was imported before"):
        call_command("import_prepaid", str(file), "--by", "olga")
    with pytest.raises(CommandError, match="Nobody active"):
        call_command("import_prepaid", str(file), "--by", "nobody")
    with pytest.raises(CommandError, match="can not be read"):
        call_command("import_prepaid", str(tmp_path / "away.csv"), "--by", "olga")


@pytest.mark.usefixtures("terms")
def test_the_page_checks_a_file_and_imports_it(studio: Studio, client: Browser) -> None:
    client.force_login(Staff.objects.create_superuser("root", display_name="Root", password="a long enough one"))
    text = FILE.replace("2026-03-31", "2099-03-31").replace("2026-12-31", "2099-12-31")
    address = reverse("admin:memberships_import")

    def sends(contents: str, button: str) -> str:
        file = SimpleUploadedFile("members.csv", contents.encode(), content_type="text/csv")
        answer = client.post(address, {"file": file, button: "yes"}, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    assert "Import from a file" in client.get(reverse("admin:memberships_sessionlot_changelist")).content.decode()
    assert "Check only" in client.get(address).content.decode()
    assert "This would be imported" in sends(text, "check")
    assert "There is no plan" in sends(text.replace("monthly", "gold"), "import")
    assert not SessionLot.objects.exists()
    assert "Imported: 1 members" in sends(text, "import")
    assert SessionLot.objects.count() == 3


def test_nobody_else_reaches_the_page(studio: Studio, client: Browser) -> None:
    client.force_login(Staff.objects.create_user("axel", display_name="Axel", is_staff=True))

    assert client.get(reverse("admin:memberships_import")).status_code == 403
