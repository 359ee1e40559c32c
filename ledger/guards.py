"""Database triggers that keep history as it was written, under the same names on both engines.

`posting_insert` refuses a posting whose entry is there already. `entry_insert` refuses an entry with fewer than two
postings or out of balance at a location; PostgreSQL asks once more at commit. `<table>_no_update`, `<table>_no_delete`
and on PostgreSQL `<table>_no_truncate` keep the rows of every model that says `append_only = True`. A refused statement
is an IntegrityError.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ledger import triggers


class GuardsMissing(Exception):
    """The books must not be open: a trigger that protects them is not in the database."""


def install(connection: BaseDatabaseWrapper) -> None:
    """Put in the guards of all tables that exist; nothing happens when they are all there."""
    if not missing(connection):
        return
    drop(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in triggers.pg_functions(_schema(cursor)):
                cursor.execute(statement)
        for guard in triggers.wanted(connection):
            cursor.execute(guard.create)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take all guards out: for a table remake by a migration on SQLite, and for the flush of a test."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # PostgreSQL keeps the triggers of a table while a statement's deferred checks are still to come.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        names = {guard.name for guard in triggers.wanted(connection)}
        for table, name in triggers.found(connection):
            if name in names or name.endswith(("_no_update", "_no_delete", "_no_truncate")):  # of a renamed table too
                on_table = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER "{name}"{on_table}')


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of guards that are not there, disabled or not as installed; empty when history is safe."""
    there = triggers.found(connection)
    gone = [guard.name for guard in triggers.wanted(connection) if there.get((guard.table, guard.name)) != guard.proof]
    return gone + triggers.settings_off(connection)


def grant_app_role(connection: BaseDatabaseWrapper, role: str) -> None:
    """Let a PostgreSQL role run the tills: all rows of all tables, but history it can only read and append to.

    ImproperlyConfigured when there is no such role, or when it could drop the guards as the tables' owner.
    """
    name = connection.ops.quote_name(role)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        schema = connection.ops.quote_name(_schema(cursor))
        tables = triggers.append_only_tables(connection)
        _refuse_powerful(cursor, role, tables)
        cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}")
        history = ", ".join(connection.ops.quote_name(table) for table in tables)
        cursor.execute(f"REVOKE ALL ON {history} FROM PUBLIC, {name}")
        cursor.execute(f"GRANT SELECT, INSERT ON {history} TO {name}")


# Hooks, connected in apps.py ------------------------------------------------------------------------------------------


def before_migrate(*, using: str, plan: Sequence[Any] = (), **_: Any) -> None:
    """On SQLite a migration remakes tables, which drops their triggers or breaks them: take them out first."""
    if plan and connections[using].vendor == "sqlite":
        drop(connections[using])


def after_migrate(*, using: str, **_: Any) -> None:
    """Install the guards and make sure of them; where the app has a role of its own, give it its rights."""
    connection = connections[using]
    install(connection)
    if left := missing(connection):
        raise GuardsMissing(", ".join(left))
    role = getattr(settings, "DATABASE_APP_ROLE", "")
    if role and connection.vendor == "postgresql":
        grant_app_role(connection, role)


def check_guards(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[CheckMessage]:
    """The system check behind `manage.py check --database default`."""
    return [
        Error(
            f"Guards of the books are missing in “{alias}”: {', '.join(names)}.",
            hint="`manage.py migrate` installs them; find out who took them away, then run `manage.py check_books`.",
            id="ledger.E001",
        )
        for alias in databases or ()
        if (names := missing(connections[alias]))
    ]


def _schema(cursor: Any) -> str:
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0])


def _refuse_powerful(cursor: Any, role: str, tables: list[str]) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone():
        raise ImproperlyConfigured(f"PostgreSQL has no role “{role}”.")
    owned = "SELECT 1 FROM pg_class WHERE oid = ANY(%s::regclass[]) AND pg_has_role(%s, relowner, 'MEMBER')"
    cursor.execute(owned, [tables, role])
    if cursor.fetchone():
        raise ImproperlyConfigured(
            f"The role “{role}” owns the books and could drop their guards; give the app another."
        )
