import os
import sqlite3
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError

from ledger import guards, triggers
from ledger.chain import link_entries
from ledger.models import Entry, Posting
from studio import audit
from studio.models import AuditRow
from tests.ledger.books import HISTORY, JANUARY, loose, postings, sell, without_guards, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(place) -> dict[type[models.Model], models.Model]:
    """One row of each."""
    sell(place)
    link_entries(now=JANUARY)
    audit.record(at=JANUARY, action="tested")
    connection.check_constraints()  # with checks still to come PostgreSQL would refuse TRUNCATE for another reason
    return {model: model._default_manager.order_by("pk")[0] for model in HISTORY}


def contents(model: type[models.Model]) -> list[tuple[object, ...]]:
    return list(model._default_manager.order_by("pk").values_list())


def save(row, column):
    setattr(row, column, "x")
    row.save()


def update(row, column):
    type(row).objects.filter(pk=row.pk).update(**{column: "x"})


def bulk_update(row, column):
    setattr(row, column, "x")
    type(row).objects.bulk_update([row], [column])


def upsert(row, column):
    setattr(row, column, "x")
    key = type(row)._meta.pk.name
    type(row).objects.bulk_create([row], update_conflicts=True, unique_fields=[key], update_fields=[column])


def raw_update(row, column):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {column} = 'x'")


def delete(row, column):
    row.delete()


def raw_delete(row, column):
    type(row).objects.filter(pk=row.pk)._raw_delete("default")


def delete_by_sql(row, column):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table}")


def truncate(row, column):
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {row._meta.db_table} CASCADE")


def insert_or_replace(row, column):
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT OR REPLACE INTO {row._meta.db_table} SELECT * FROM {row._meta.db_table}")


def update_or_replace(row, column):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE OR REPLACE {row._meta.db_table} SET {column} = 'x'")


BOTH = [save, update, bulk_update, upsert, raw_update, delete, raw_delete, delete_by_sql]
ON_ENGINE = {"sqlite": [insert_or_replace, update_or_replace], "postgresql": [truncate]}


@pytest.mark.parametrize("probe", BOTH + ON_ENGINE[connection.vendor])
@pytest.mark.parametrize("model", HISTORY)
def test_history_is_not_changed(history, model, probe):
    before = contents(model)

    with pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
        probe(history[model], HISTORY[model])

    assert contents(model) == before


@pytest.mark.parametrize("probe", BOTH + ON_ENGINE[connection.vendor])
def test_the_probes_would_change_history_without_the_guards(history, probe):
    """The proof of the test above: each probe gets through once the guards are gone."""
    before = contents(AuditRow)

    with without_guards():
        probe(history[AuditRow], "reason")

    assert probe is insert_or_replace or contents(AuditRow) != before


def test_a_balanced_pair_does_not_come_late(place):
    entry = sell(place)

    with pytest.raises(IntegrityError, match="posting_insert"), transaction.atomic():
        Posting.objects.bulk_create(postings(entry, 500, -500, first=3))

    assert entry.postings.count() == 2


def test_a_single_posting_does_not_come_late(place):
    entry = sell(place)

    with pytest.raises(IntegrityError, match="posting_insert"), transaction.atomic():
        postings(entry, 500, first=3)[0].save()


def test_a_late_pair_does_not_hide_among_the_postings_of_a_new_entry(place):
    entry, fresh = sell(place), loose(place)

    with pytest.raises(IntegrityError, match="posting_insert"), transaction.atomic():
        Posting.objects.bulk_create(postings(fresh, 1, -1) + postings(entry, 500, -500, first=3))


def test_an_entry_is_never_empty(place):
    with pytest.raises(IntegrityError, match="entry_insert"), transaction.atomic():
        loose(place).save(force_insert=True)


@pytest.mark.parametrize("amounts", [(5,), (5, -4), (5, -5, 1)])
def test_an_entry_comes_to_zero(place, amounts):
    entry = loose(place)

    with pytest.raises(IntegrityError, match="entry_insert"):
        write(entry, lines=postings(entry, *amounts))


def test_an_entry_comes_to_zero_at_each_location(place, beach):
    entry = loose(place)

    with pytest.raises(IntegrityError, match="entry_insert"):
        write(entry, lines=postings(entry, 5) + postings(entry, -5, first=2, at=beach))


def test_one_bad_entry_among_good_ones_is_refused(place):
    good, bad = loose(place, key="good"), loose(place, key="bad")

    with pytest.raises(IntegrityError, match="entry_insert"):
        write(good, bad, lines=postings(good, 5, -5) + postings(bad, 5, -4))


@pytest.mark.parametrize("amounts", [(0, 0), (0, 5, -5)])
def test_no_posting_is_zero(place, amounts):
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.bulk_create(postings(loose(place), *amounts))


def test_an_account_outside_the_chart_is_refused(place):
    posting = postings(loose(place), 5)[0]
    posting.account = 1234

    with pytest.raises(IntegrityError, match="posting_account_is_in_the_chart"), transaction.atomic():
        posting.save()


def test_an_entry_is_not_opened_again_under_its_own_id(place):
    entry = sell(place)
    again = loose(place, key="again")
    again.pk = entry.pk

    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.bulk_create(postings(again, 500, -500, first=3))


def test_a_quiet_insert_does_not_get_an_unbalanced_entry_in(place):
    entry = loose(place)

    def write_quietly() -> None:
        with transaction.atomic():
            Posting.objects.bulk_create(postings(entry, 5, -4))
            Entry.objects.bulk_create([entry], ignore_conflicts=True)

    with pytest.raises(IntegrityError, match="entry_insert"):
        write_quietly()


@pytest.mark.django_db(transaction=True)
def test_a_posting_without_its_entry_fails_at_commit(place):
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.bulk_create(postings(loose(place), 5, -5))

    assert not Posting.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_an_entry_is_looked_at_once_more_at_commit(place):
    entry = loose(place)

    def write_unseen() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER entry_insert ON ledger_entry")
            Posting.objects.bulk_create(postings(entry, 5, -4))
            entry.save(force_insert=True)

    with pytest.raises(IntegrityError, match="entry_insert"):
        write_unseen()
    assert guards.missing(connection) == []


@pytest.mark.pg_only
def test_a_temporary_table_does_not_stand_in_for_the_books(place):
    entry = sell(place)

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE ledger_entry (id uuid) ON COMMIT DROP")
        with pytest.raises(IntegrityError, match="posting_insert"), transaction.atomic():
            Posting.objects.bulk_create(postings(entry, 500, -500, first=3))
        cursor.execute("DROP TABLE pg_temp.ledger_entry")


# What is installed ----------------------------------------------------------------------------------------------------


def names() -> set[str]:
    return {guard.name for guard in triggers.wanted(connection)}


def test_every_append_only_table_is_guarded():
    verbs = ["update", "delete"] + (["truncate"] if connection.vendor == "postgresql" else [])

    assert {"ledger_entry", "ledger_posting", "ledger_link", "studio_auditrow"} <= set(
        triggers.append_only_tables(connection)
    )
    assert names() >= {f"{table}_no_{verb}" for table in triggers.append_only_tables(connection) for verb in verbs}
    assert names() >= {"posting_insert", "entry_insert"}


def test_nothing_is_missing_until_it_is_dropped_and_nothing_after_it_is_installed_again(django_assert_num_queries):
    assert guards.missing(connection) == []

    guards.drop(connection)
    assert set(guards.missing(connection)) == names()

    guards.install(connection)
    guards.install(connection)
    assert guards.missing(connection) == []


def test_dropping_twice_does_no_harm():
    guards.drop(connection)
    guards.drop(connection)
    guards.install(connection)


@pytest.mark.pg_only
@pytest.mark.parametrize(
    ("sin", "name"),
    [
        ("ALTER TABLE ledger_posting DISABLE TRIGGER posting_insert", "posting_insert"),
        ("ALTER TABLE ledger_link DISABLE TRIGGER ALL", "ledger_link_no_update"),
        ("ALTER TABLE ledger_entry ENABLE REPLICA TRIGGER entry_insert", "entry_insert"),
        ("CREATE OR REPLACE TRIGGER ledger_link_no_delete BEFORE DELETE ON ledger_link FOR EACH ROW WHEN (false) "
         "EXECUTE FUNCTION guard_history()", "ledger_link_no_delete"),
        ("CREATE OR REPLACE FUNCTION guard_posting_insert() RETURNS trigger LANGUAGE plpgsql "
         "AS 'BEGIN RETURN NULL; END'", "posting_insert"),
        ("DROP TRIGGER entry_insert_at_commit ON ledger_entry", "entry_insert_at_commit"),
    ],
)  # fmt: skip
def test_a_guard_that_is_not_at_work_is_missing(sin, name):
    with connection.cursor() as cursor:
        cursor.execute(sin)

    assert name in guards.missing(connection)
    guards.install(connection)
    assert guards.missing(connection) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own ways")
def test_a_guard_replaced_by_one_that_does_nothing_is_missing():
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER posting_insert")
        cursor.execute("CREATE TRIGGER posting_insert BEFORE INSERT ON ledger_posting BEGIN SELECT 1; END")

    assert guards.missing(connection) == ["posting_insert"]
    guards.install(connection)
    assert guards.missing(connection) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own ways")
def test_sqlite_without_its_switches_is_not_safe():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers = OFF")
        assert guards.missing(connection) == ["PRAGMA recursive_triggers"]
        cursor.execute("PRAGMA recursive_triggers = ON")


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_remakes_a_table_leaves_it_guarded(place):
    entry = sell(place)
    old, new = Entry._meta.get_field("memo"), models.CharField(max_length=201, blank=True)
    new.set_attributes_from_name("memo")
    new.model = Entry

    guards.before_migrate(using="default", plan=["a migration"])
    for change in [(old, new), (new, old)]:
        with connection.schema_editor() as editor:
            editor.alter_field(Entry, *change)
    guards.after_migrate(using="default")

    assert guards.missing(connection) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(memo="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.bulk_create(postings(entry, 500, -500, first=3))


def test_the_system_check_tells_what_is_missing():
    guards.drop(connection)

    (error,) = guards.check_guards(app_configs=None, databases=["default"])

    assert error.id == "ledger.E001"
    assert all(name in error.msg for name in names())
    guards.install(connection)
    assert guards.check_guards(app_configs=None, databases=["default"]) == []
    assert guards.check_guards(app_configs=None, databases=None) == []


def test_a_killed_migration_is_refused_by_check_and_repaired_by_migrate(tmp_path):
    file = tmp_path / "books.sqlite3"

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"DATABASE_URL": f"sqlite:///{file}", "DJANGO_SETTINGS_MODULE": "tests.settings"}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
        )

    made = manage("migrate", "--verbosity=0")
    assert made.returncode == 0, made.stderr
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER ledger_posting_no_update")
    raw.close()

    checked = manage("check", "--database", "default")
    assert checked.returncode == 1
    assert "ledger.E001" in checked.stderr
    assert "ledger_posting_no_update" in checked.stderr
    assert manage("migrate", "--verbosity=0").returncode == 0
    with sqlite3.connect(file) as raw:
        assert raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger_posting_no_update'").fetchone()
    raw.close()
