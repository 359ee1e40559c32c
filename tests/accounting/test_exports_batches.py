"""Exactly once: which entries an export takes, what a batch is after it is final, and that its files never change."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounting.exports import batches, mapping, rendering
from accounting.exports.batches import BatchHasMoved, NothingToExport
from accounting.exports.checks import check_closed_months_are_exported_whole, check_exports_are_as_given_out
from accounting.exports.mapping import AccountsNotMapped
from accounting.exports.selecting import Range, since_last_export
from accounting.models import Destination, ExportBatch, ExportChunk, ExportItem
from ledger import chain, periods
from ledger.accounts import Account
from ledger.journal import credit, debit, reverse
from ledger.models import Entry
from studio.models import AuditRow, Location
from studio.refusal import BadInput
from tests.accounting.exporting import JANUARY, NOW, at, cash_sale, exports, kept, names, posts
from tests.books import books_are_clean
from tests.builders import Studio, beach, build_studio, of, tip
from tests.racing import race

QBO = "quickbooks-online"


@pytest.fixture
def mapped(studio: Studio) -> Studio:
    """The studio with the accounts of QuickBooks Online named."""
    names(QBO)
    return studio


def entries_of(batch: ExportBatch) -> set[Entry]:
    return set(Entry.objects.filter(pk__in=batch.items.values("entry")))


def archived(batch: ExportBatch) -> bytes:
    with rendering.archive(batch) as file:
        return file.read()


def test_an_entry_is_exported_exactly_once(mapped: Studio) -> None:
    place, ana = mapped.location, mapped.ana
    three = {cash_sale(place, ana, on=at(day)) for day in (10, 11, 12)}

    first = exports(QBO)
    with pytest.raises(NothingToExport):
        exports(QBO)
    late = posts(  # made before the others, committed after them
        place,
        debit(Account.CASH_DRAWER, 1_00),
        credit(Account.RETAIL, 1_00, category="retail"),
        on=at(9),
        now=at(9) - dt.timedelta(days=1),
    )
    second = exports(QBO)

    assert (entries_of(first), entries_of(second)) == (three, {late})
    assert (first.number, second.number) == ("QBO-2026-01-0001", "QBO-2026-01-0002")

    batches.void(first, reason="wrong company", by=mapped.owner, now=NOW)
    third = exports(QBO)

    assert (entries_of(third), third.number) == (three, "QBO-2026-01-0003")
    assert ExportBatch.objects.get(pk=first.pk).number == "QBO-2026-01-0001"
    assert ExportItem.objects.filter(is_live=True).count() == 4


def test_each_destination_has_its_own_batches_and_numbers(mapped: Studio) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))

    assert [exports(slug).number for slug in (QBO, "csv", "xlsx")] == [
        "QBO-2026-01-0001",
        "CSV-2026-01-0001",
        "XLS-2026-01-0001",
    ]


def test_a_draft_that_is_dropped_leaves_no_gap_and_frees_its_entries(mapped: Studio) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))
    drawn_up = batches.draft(QBO, JANUARY, grain="day", by=mapped.owner, now=NOW)
    with pytest.raises(NothingToExport):
        exports(QBO)

    batches.drop(drawn_up)

    assert exports(QBO).number == "QBO-2026-01-0001"
    with pytest.raises(BatchHasMoved):
        batches.drop(ExportBatch.objects.get())


def test_an_export_is_refused_while_an_account_has_no_name_there(studio: Studio) -> None:
    cash_sale(studio.location, studio.ana, on=at(10))
    destination = mapping.destination_of(QBO)
    mapping.save_names(destination, {Account.CASH_DRAWER: "Cash", Account.RETAIL: "Retail"}, by=None, now=NOW)

    with pytest.raises(AccountsNotMapped) as refused:
        exports(QBO)

    assert refused.value.sentence == "QuickBooks Online has no account for 2100, 2300, 4010 yet."
    assert refused.value.details == {"accounts": [2100, 2300, 4010]}
    assert not ExportBatch.objects.exists()


def test_names_that_the_other_books_would_not_take_are_not_saved(studio: Studio) -> None:
    destination = mapping.destination_of("xero")
    for name in ("Cash drawer", "12345678901", "=1010", "10\n10"):
        with pytest.raises(BadInput) as refused:
            mapping.save_names(destination, {Account.CASH_DRAWER: name}, by=studio.owner, now=NOW)
        assert refused.value.field == "account_1010"

    assert mapping.save_names(destination, {Account.CASH_DRAWER: "1010"}, by=studio.owner, now=NOW) == 1
    assert mapping.save_names(destination, {Account.CASH_DRAWER: ""}, by=studio.owner, now=NOW) == 1
    changes = AuditRow.objects.filter(action="account_names_changed").order_by("at", "pk")
    assert [(row.before, row.after) for row in changes] == [
        ({"1010": ""}, {"1010": "1010"}),
        ({"1010": "1010"}, {"1010": ""}),
    ]


def test_a_final_batch_has_the_same_bytes_whatever_is_renamed_or_sold_later(mapped: Studio) -> None:
    place = mapped.location
    cash_sale(place, mapped.ana, on=at(10))
    made = {slug: exports(slug) for slug in (QBO, "csv")}
    before = {slug: (kept(batch), archived(batch)) for slug, batch in made.items()}

    place.code, place.name = "DWN", "Downtown"
    place.save()
    mapped.business.name = "Another name"
    mapped.business.save()
    mapping.save_names(mapping.destination_of(QBO), {Account.RETAIL: "Shop"}, by=None, now=NOW)
    cash_sale(place, mapped.ana, on=at(10))
    exports(QBO)

    for slug, batch in made.items():
        assert rendering.made_again(batch) == batch.sha256
        assert (kept(batch), archived(batch)) == before[slug]


@pytest.mark.parametrize("slug", [QBO, "csv", "xlsx"])
def test_closed_january_is_exported_the_same_again_while_february_sells(mapped: Studio, slug: str) -> None:
    for day in (10, 20):
        cash_sale(mapped.location, mapped.ana, on=at(day))
    with transaction.atomic():
        periods.close(dt.date(2026, 1, 1), by=mapped.owner, now=NOW)
    first = exports(slug)
    with transaction.atomic():
        reverse(Entry.objects.order_by("pk")[0], key="mend", kind="correction", occurred_at=at(1, 2), now=at(1, 2))
    cash_sale(mapped.location, mapped.ana, on=at(2, 2))
    batches.void(first, reason="lost in the post", by=mapped.owner, now=NOW)

    again = exports(slug)

    if slug == QBO:
        assert _lines(first) == _lines(again)
    assert rendering.made_again(first) == first.sha256
    assert (again.entries, again.lines, again.debits_cents) == (first.entries, first.lines, first.debits_cents)
    assert list(check_closed_months_are_exported_whole(using="default", now=NOW)) == []


def _lines(batch: ExportBatch) -> bytes:
    return next(iter(kept(batch).values()))


def test_the_archive_holds_all_files(mapped: Studio) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))
    batch = exports("csv")

    with zipfile.ZipFile(io.BytesIO(archived(batch))) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == kept(batch)


def test_the_total_of_the_other_books_is_kept_and_another_one_warned_of(mapped: Studio) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))
    batch = exports(QBO)

    warning = batches.confirm(batch, shown_cents=155_00, by=mapped.owner, now=NOW)

    assert warning == "QBO-2026-01-0001 has debits of 155.74; the other books differ by -0.74."
    assert (batch.status, batch.confirmed_cents) == ("confirmed", 155_00)
    with pytest.raises(BatchHasMoved):
        batches.confirm(batch, shown_cents=155_74, by=mapped.owner, now=NOW)
    assert list(AuditRow.objects.order_by("at", "pk").values_list("action", flat=True))[-2:] == [
        "exported",
        "export_confirmed",
    ]


def test_a_closed_location_is_exported_and_no_other(mapped: Studio) -> None:
    closed = beach()
    cash_sale(mapped.location, mapped.ana, on=at(10))
    mine = cash_sale(closed, mapped.ana, on=at(10))
    Location.objects.filter(pk=closed.pk).update(is_active=False)

    batch = exports(QBO, Range(JANUARY.starts_on, JANUARY.ends_on, closed))

    assert entries_of(batch) == {mine}


def test_what_came_after_the_last_export_is_listed(mapped: Studio) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))
    exports(QBO)
    sale = cash_sale(mapped.location, mapped.ana, on=at(12))
    with transaction.atomic():
        reverse(sale, key="undone", kind="void", occurred_at=at(12), now=NOW)
    cash_sale(mapped.location, mapped.ana, on=at(1, 2))

    found = since_last_export(mapping.destination_of(QBO), using="default")

    assert [(row["business_date"], row["count"], row["reversals"]) for row in found] == [(dt.date(2026, 1, 12), 2, 1)]


@pytest.mark.parametrize(
    ("first", "ends", "field"),
    [
        (dt.date(2026, 1, 2), dt.date(2026, 1, 2), "to"),
        (dt.date(2026, 1, 1), dt.date(2027, 2, 6), "to"),
        (dt.date(1026, 1, 1), dt.date(1026, 1, 2), "from"),
    ],
)
def test_a_range_that_can_not_be_is_refused(first: dt.date, ends: dt.date, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        Range(first, ends)

    assert refused.value.field == field


def test_the_checks_see_entries_left_out_of_a_closed_month(mapped: Studio) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))
    exports(QBO)
    cash_sale(mapped.location, mapped.ana, on=at(10))
    with transaction.atomic():
        periods.close(dt.date(2026, 1, 1), by=mapped.owner, now=NOW)

    found = [problem.what for problem in check_closed_months_are_exported_whole(using="default", now=NOW)]

    assert found == ["1 entries of January 2026 are in no batch for quickbooks-online."]
    exports(QBO)
    assert list(check_closed_months_are_exported_whole(using="default", now=NOW)) == []


def test_a_day_at_the_desk_is_exported_and_every_promise_holds(mapped: Studio) -> None:
    month = Range(dt.date(2026, 3, 1), dt.date(2026, 4, 1))
    desk = mapped.desk
    session = desk.opens_drawer(100_00)
    desk.rings_up(of("ashiatsu-60", by=mapped.ana), tips=(tip(mapped.ana, 20_00),)).pays(cash=130_00)
    desk.closes_drawer(session, 230_00, left_cents=0)

    for slug in (QBO, "csv", "xlsx"):
        exports(slug, month, grain="event")

    books_are_clean(now=NOW + dt.timedelta(hours=1))


def test_the_checks_see_a_file_or_a_batch_that_was_tampered_with(mapped: Studio) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))
    late = cash_sale(mapped.location, mapped.ana, on=at(11))
    batch = exports(QBO)
    assert list(check_exports_are_as_given_out(using="default", now=NOW)) == []

    ExportItem.objects.filter(entry=late).delete()
    assert [problem.what for problem in check_exports_are_as_given_out(using="default", now=NOW)] == [
        "QBO-2026-01-0001 made again is not what was given out.",
        "QBO-2026-01-0001 made again has other control totals.",
    ]
    ExportItem.objects.create(batch=batch, destination=batch.destination, entry=late)
    ExportChunk.objects.filter(file__position=1).delete()
    assert [problem.what for problem in check_exports_are_as_given_out(using="default", now=NOW)] == [
        "QBO-2026-01-0001.csv of QBO-2026-01-0001 is not as it was given out."
    ]


def test_the_command_writes_the_files_and_refuses_what_can_not_be(mapped: Studio, tmp_path: Path) -> None:
    cash_sale(mapped.location, mapped.ana, on=at(10))
    asked = {"slug": QBO, "first": dt.date(2026, 1, 1), "last": dt.date(2026, 1, 31)}
    told = io.StringIO()
    call_command("export_journal", "--dry-run", stdout=told, **asked)
    assert "1 entries would be exported." in told.getvalue()

    call_command("export_journal", out=tmp_path / "files", by="olga", stdout=told, **asked)

    batch = ExportBatch.objects.get()
    assert {file.name: file.read_bytes() for file in (tmp_path / "files").iterdir()} == kept(batch)
    assert batch.final_by == mapped.owner
    for wrong, sentence in (
        ({"last": dt.date(2025, 12, 31)}, "--to: The range ends on 2025-12-31 before it begins on 2026-01-01."),
        ({"location": "XYZ"}, "--location: There is no location “XYZ”."),
        ({"by": "nobody"}, "--by: Nobody active is called “nobody”."),
        ({"out": None}, "--out: Say into which folder the files go."),
        ({}, "There is nothing in this range that was not exported already."),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("export_journal", stdout=told, **{"out": tmp_path, **asked, **wrong})
        assert str(refused.value) == sentence


@pytest.mark.django_db(transaction=True)
def test_two_exports_at_once_never_take_the_same_entry() -> None:
    mapped = build_studio()
    names(QBO)
    for day in (10, 11, 12):
        cash_sale(mapped.location, mapped.ana, on=at(day))
    with transaction.atomic():
        chain.link_entries(now=NOW)  # who seals does not wait for another who does, but says to try again

    answers = race(4, lambda n: exports(QBO))

    made = [answer for answer in answers if isinstance(answer, ExportBatch)]
    assert [batch.number for batch in made] == ["QBO-2026-01-0001"]
    assert [type(answer) for answer in answers if not isinstance(answer, ExportBatch)] == [NothingToExport] * 3
    assert ExportItem.objects.count() == 3
    assert Destination.objects.get().last_number == 1
