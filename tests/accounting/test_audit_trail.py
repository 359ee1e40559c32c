"""The audit trail as a page: which events write a row, who sees which rows, what an address can ask, the file."""

import csv
import datetime as dt
import io
import uuid

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from pos.models import Approval
from studio import audit
from studio.models import AuditRow, Grant, GroupRight, Level, Right, Staff
from studio.rights import can
from tests.accounting.office import Books, signed_on
from tests.builders import NOW, Studio, amount_off, beach, of, person, tip

DAY = "?from=2026-03-02&to=2026-03-02"


@pytest.fixture
def owner(studio: Studio) -> Books:
    return signed_on(studio.owner)


def a_busy_day(studio: Studio) -> None:
    """An approval, a discount, a void, a refund, a drawer with a difference: at noon and a little later."""
    desk, managers = studio.desk, studio.managers_desk
    session = managers.opens_drawer(100_00)
    sale_id = uuid.uuid4()
    yes = studio.manager_approves(Approval.Action.DISCOUNT, sale_id, 24_00)
    large = of("massage-oil", discount=amount_off(24_00))
    desk.rings_up(large, sale_id=sale_id, approval_id=yes.pk).completes()
    managers.rings_up(large)
    managers.voids(managers.rings_up(of("ashiatsu-60", by=studio.ana)).pays(cash=110_00))
    tipped = managers.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 20_00),)).pays(cash=130_00)
    managers.refunds(tipped, (0, 1), tips=(0,))
    managers.closes_drawer(session, 80_00, note="no idea where it went")


def rows(**which: object) -> list[tuple[str, str, str]]:
    """What was done, by whom, with whose yes."""
    found = AuditRow.objects.filter(**which).order_by("action")
    return [(row.action, str(row.actor or ""), str(row.approver or "")) for row in found]


# Which events write a row -------------------------------------------------------------------------------------------


def test_every_event_of_the_day_at_the_desk_has_its_row(studio: Studio) -> None:
    a_busy_day(studio)
    desk, manager = str(studio.desk_person), str(studio.manager)
    found = rows()
    for expected in (
        ("approval_given", desk, manager),
        ("discount_beyond_limit", desk, manager),
        ("discount_beyond_limit", manager, ""),
    ):
        assert expected in found, found
    for action in ("void", "refund", "drawer_open", "drawer_close"):
        assert [one for one in found if action in one[0]], (action, found)
    assert all(row.device for row in AuditRow.objects.exclude(action__startswith="drawer"))


def test_a_discount_that_stays_the_same_is_written_down_once(studio: Studio) -> None:
    studio.managers_desk.opens_drawer(0)
    desk = studio.managers_desk.rings_up(of("massage-oil", discount=amount_off(20_00)))
    desk.changes(of("massage-oil", discount=amount_off(20_00)), of("ashiatsu-60", by=studio.ana))
    assert len(rows(action="discount_beyond_limit")) == 1
    desk.changes(of("massage-oil", discount=amount_off(24_00)))
    assert len(rows(action="discount_beyond_limit")) == 2


@pytest.mark.parametrize(
    ("page", "form", "action"),
    [
        (
            "/admin/studio/location/add/",
            {"code": "NEW", "name": "New", "time_zone": "America/New_York", "day_cutoff": "00:00:00"}
            | {"tax_rounding": "invoice", "cash_rounding": "none"},
            "location.added",
        ),
        ("/admin/studio/device/add/", {"name": "Left", "location": "1"}, "device.pairing_code"),
    ],
)
def test_what_is_changed_in_the_back_office_has_its_row(
    studio: Studio, page: str, form: dict[str, str], action: str
) -> None:
    Staff.objects.filter(pk=studio.owner.pk).update(is_superuser=True)
    studio.owner.refresh_from_db()
    if "location" in form:
        form = {**form, "location": str(studio.location.pk)}
    assert signed_on(studio.owner).sends(page, **form) == 302
    assert (action, "Olga", "") in rows()


# Who sees what ------------------------------------------------------------------------------------------------------


def test_a_manager_sees_the_own_location_and_an_owner_all(studio: Studio, owner: Books) -> None:
    there = beach()
    audit.record(at=NOW, action="here", location=studio.location)
    audit.record(at=NOW, action="there", location=there)
    audit.record(at=NOW, action="nowhere")
    local = signed_on(person("lou", role="manager", location=there))

    def seen(books: Books) -> list[str]:
        assert books.opens(f"/audit/{DAY}") == 200
        return sorted(row[1] for row in books.rows()[1:])

    assert seen(owner) == ["Here", "Nowhere", "There"]
    assert seen(local) == ["There"]
    assert signed_on(studio.desk_person).opens(f"/audit/{DAY}") == 403
    assert Books().opens(f"/audit/{DAY}") == 302


def test_the_accountant_reads_no_word_that_may_name_a_client(studio: Studio, owner: Books) -> None:
    audit.record(
        at=NOW, action="void", location=studio.location, after={"amount_cents": 110_00, "note": "Maya Okafor"},
        reason="Maya was unhappy",
    )  # fmt: skip
    owner.opens(f"/audit/{DAY}")
    assert "Maya was unhappy" in owner.says()
    books = signed_on(person("acca", role="accountant"))
    books.opens(f"/audit/{DAY}")
    assert "Maya" not in books.answer.content.decode()
    assert "Amount: 110.00" in books.says()
    books.opens(f"/audit.csv{DAY}")
    assert b"Maya" not in books.file()


def test_a_right_that_is_taken_away_is_gone(studio: Studio) -> None:
    GroupRight.objects.filter(group__name="manager", right=Right.SEE_AUDIT).update(level=Level.DENIED)
    assert signed_on(studio.manager).opens("/audit/") == 403


# What an address can ask --------------------------------------------------------------------------------------------


def test_each_filter_finds_its_rows_and_no_others(studio: Studio, owner: Books) -> None:
    mine = audit.record(
        at=NOW, action="void", actor=studio.desk_person, approver=studio.manager, device=studio.device,
        location=studio.location, subject=studio.ana, before={"status": "open"}, after={"status": "closed"},
    )  # fmt: skip
    audit.record(at=NOW, action="refund", actor=studio.owner, location=beach(), subject=("sale", "7"))
    key = f"studio.staff:{studio.ana.pk}"
    for asked in (
        "action=void",
        f"person={studio.desk_person.pk}",
        f"approver={studio.manager.pk}",
        "location=UPT",
        f"device={studio.device.pk}",
        f"object={key}",
        "object=studio.staff",
    ):
        assert owner.opens(f"/audit/{DAY}&{asked}") == 200
        assert owner.rows()[1:] == [
            ["2 Mar 202610:00:00", "Void", "Dana", "Mara", "UptownFront tablet", "Staff", "Status: open → closed"]
        ], asked
    owner.opens(f"/audit/?from=2026-03-01&to=2026-03-01&object={mine.object_id}")
    assert "Nothing was written down" in owner.says()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("?from=02.03.2026", "from : A day is written like 2026-10-01."),
        ("?from=2026-03-02&to=2026-03-01", "to : The range ends"),
        ("?person=x", "person : “x” is nobody."),
        ("?device=x", "device : “x” is no device."),
        ("?after=x", "after : There is no such place"),
        ("?colour=red", "colour : “colour” is nothing that can be asked here."),
    ],
)
def test_what_can_not_be_meant_is_told_with_its_field(owner: Books, asked: str, told: str) -> None:
    assert owner.opens(f"/audit/{asked}") == 400
    assert told in owner.says()


def test_pages_follow_each_other_without_a_gap_or_a_repeat(studio: Studio, owner: Books) -> None:
    with transaction.atomic():
        for n in range(205):
            audit.record(at=NOW + dt.timedelta(seconds=n // 3), action="event", subject=("n", n))
    address, seen = f"/audit/{DAY}", []
    while address:
        assert owner.opens(address) == 200
        seen += [row[5] for row in owner.rows()[1:]]
        keys = [link for link in owner.links() if "object=n" in link]
        seen[-len(keys) :] = keys
        address = next((f"/audit/{link}" for link in owner.links() if "after=" in link), "")
    assert len(seen) == len(set(seen)) == 205


def test_the_file_has_all_rows_of_the_question_and_is_itself_an_event(studio: Studio, owner: Books) -> None:
    for n in range(150):
        audit.record(at=NOW, action="event", actor=studio.owner, after={"amount_cents": n}, reason="=1+1")
    assert owner.opens(f"/audit.csv{DAY}&action=event") == 200
    lines = list(csv.DictReader(io.StringIO(owner.file().decode().removeprefix("\ufeff"))))
    assert len(lines) == 150
    assert {line["reason"] for line in lines} == {"'=1+1"}
    assert rows(action="audit_fetched") == [("audit_fetched", "Olga", "")]
    assert AuditRow.objects.get(action="audit_fetched").at <= timezone.now()


# Roles and rights ---------------------------------------------------------------------------------------------------


def test_the_page_of_rights_says_what_the_code_asks(studio: Studio, owner: Books) -> None:
    from_code = {"allowed": "yes", "approval": "with a yes", "denied": "–"}
    assert owner.opens("/rights/") == 200
    head, *lines = [row for row in owner.rows() if len(row) == 6][: len(Right) + 1]
    for line, right in zip(lines, Right, strict=True):
        for role, told in zip(head[1:], line[1:], strict=True):
            staff = Staff.objects.create_user(f"{role}-{right}", display_name="One")
            Grant.objects.create(staff=staff, group=Group.objects.get(name=role.lower()))
            assert told == from_code[can(staff, right, studio.location)], (role, right)


def test_the_page_of_rights_says_who_holds_what_where(studio: Studio, owner: Books) -> None:
    person("lou", role="manager", location=beach())
    owner.opens("/rights/")
    people = {row[0]: row[1:4] for row in owner.rows() if len(row) == 5}
    assert people["Lou"] == ["manager (BCH)", "no", "no"]
    assert people["Olga"][0] == "owner"
    assert people["Dana"][1] == "yes"
    assert signed_on(person("zoe", role="desk")).opens("/rights/") == 403
