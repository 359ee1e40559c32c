"""On PostgreSQL the tills run as a role that can read history and append to it."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, connection, transaction

from ledger import guards
from ledger.chain import link_entries
from ledger.models import Posting
from tests.ledger.books import HISTORY, JANUARY, postings, sell

pytestmark = [pytest.mark.django_db, pytest.mark.pg_only]


@pytest.fixture
def as_app_role(place):
    """The rest of the test runs as the role of the tills, after a sale."""
    entry = sell(place)
    link_entries(now=JANUARY)
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE footfall_till")
        guards.grant_app_role(connection, "footfall_till")
        cursor.execute("SET LOCAL ROLE footfall_till")
        yield entry
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize(("table", "column"), [(model._meta.db_table, column) for model, column in HISTORY.items()])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "DROP TRIGGER {table}_no_update ON {table}",
        "ALTER TABLE {table} DISABLE TRIGGER {table}_no_update",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION guard_history()",
        "DROP TABLE {table} CASCADE",
        "SET session_replication_role = replica",
    ],
)
def test_the_apps_role_can_neither_change_history_nor_lift_its_guards(as_app_role, table, column, statement):
    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, column=column))


def test_the_apps_role_can_not_take_the_functions_of_the_guards_away(as_app_role):
    for statement in ("DROP FUNCTION guard_history CASCADE", "ALTER FUNCTION guard_history() RENAME TO other"):
        with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_apps_role_sells_and_seals(as_app_role, place):
    sell(place, key="sale:2")
    connection.check_constraints()

    assert link_entries(now=JANUARY) == 1
    assert guards.missing(connection) == []
    with pytest.raises(IntegrityError, match="posting_insert"), transaction.atomic():
        Posting.objects.bulk_create(postings(as_app_role, 500, -500, first=3))


def test_a_role_that_owns_the_books_is_no_role_for_the_app():
    with pytest.raises(ImproperlyConfigured, match="owns the books"):
        guards.grant_app_role(connection, "postgres")
    with pytest.raises(ImproperlyConfigured, match="has no role"):
        guards.grant_app_role(connection, "nobody_of_that_name")


def test_migrating_gives_the_apps_role_its_rights(settings):
    settings.DATABASE_APP_ROLE = "footfall_till"
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE footfall_till")

        guards.after_migrate(using="default")

        cursor.execute("SELECT has_table_privilege('footfall_till', 'ledger_entry', 'INSERT')")
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT has_table_privilege('footfall_till', 'ledger_entry', 'UPDATE')")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT has_table_privilege('footfall_till', 'ledger_period', 'UPDATE')")
        assert cursor.fetchone() == (True,)
