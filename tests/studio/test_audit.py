import datetime as dt
import decimal
import uuid

import pytest

from studio.audit import record
from studio.models import AuditRow

pytestmark = pytest.mark.django_db


def test_a_row_says_who_did_what_to_which_row_where_and_with_whose_approval(ana, hire, tablet, soho, now):
    boss = hire("Bo")

    record(
        at=now,
        action="sale.void",
        actor=ana,
        approver=boss,
        device=tablet,
        location=soho,
        subject=tablet,
        before={"status": "completed"},
        after={"status": "void"},
        reason="Rang up twice",
    )

    row = AuditRow.objects.get()
    assert (row.at, row.action, row.actor, row.approver) == (now, "sale.void", ana, boss)
    assert (row.device, row.location, row.reason) == (tablet, soho, "Rang up twice")
    assert (row.object_type, row.object_id) == ("studio.device", str(tablet.pk))
    assert (row.before, row.after) == ({"status": "completed"}, {"status": "void"})


def test_a_row_may_be_about_something_that_has_no_row_of_its_own_or_about_nothing(now):
    record(at=now, action="books.exported", subject=("export", 17))
    record(at=now, action="worker.started")

    subjects = AuditRow.objects.order_by("id").values_list("object_type", "object_id", "before", "after")
    assert sorted(subjects) == [("", "", {}, {}), ("export", "17", {}, {})]


def test_dates_amounts_and_ids_are_kept_as_text(now):
    values = {"on": dt.date(2026, 3, 2), "rate": decimal.Decimal("0.045"), "id": uuid.UUID(int=7), "cents": 12_50}

    record(at=now, action="rate.changed", after=values)

    assert AuditRow.objects.get().after == {
        "on": "2026-03-02",
        "rate": "0.045",
        "id": "00000000-0000-0000-0000-000000000007",
        "cents": 1250,
    }


def test_an_audit_row_is_declared_append_only():
    assert AuditRow.append_only is True
