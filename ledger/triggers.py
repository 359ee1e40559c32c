"""The triggers of guards.py, engine by engine: what should be in the database, and what is."""
# ruff: noqa: S608 - the SQL is put together from our own table names only

from dataclasses import dataclass

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

ENTRY, POSTING = "ledger_entry", "ledger_posting"
LATE = "posting_insert: the entry is written and takes no more postings"
UNEVEN = "entry_insert: an entry has at least two postings and comes to zero at each location"

# pg_trigger.tgtype: row 1, before 2, insert 4, delete 8, update 16, truncate 32
_BEFORE_STATEMENT = {"update": 2 + 16, "delete": 2 + 8, "truncate": 2 + 32}
_AFTER_INSERT = 4
_AFTER_INSERT_ROW = 4 + 1


@dataclass(frozen=True)
class Guard:
    """A trigger as it should be: `create` makes it, `proof` is what the database tells of one that is intact."""

    name: str
    table: str
    create: str
    proof: object


def append_only_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables, as far as they exist, of every model in the app registry that says `append_only = True`."""
    models = (model for model in apps.get_models() if getattr(model, "append_only", False))
    return sorted({model._meta.db_table for model in models} & set(connection.introspection.table_names()))


def wanted(connection: BaseDatabaseWrapper) -> list[Guard]:
    """All guards of the tables that exist."""
    tables = append_only_tables(connection)
    if connection.vendor == "postgresql":
        of_tables = [_pg_refusal(table, verb) for table in tables for verb in ("update", "delete", "truncate")]
        of_books = _PG_BOOKS
    else:
        of_tables = [_sqlite_refusal(table, verb) for table in tables for verb in ("update", "delete")]
        of_books = _SQLITE_BOOKS
    return of_tables + [guard for guard in of_books if {ENTRY, POSTING} <= set(tables)]


def found(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], object]:
    """The triggers that are there, by (table, name), each with its proof; None for one that is not at work."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
            return {(table, name): sql for table, name, sql in cursor.fetchall()}
        cursor.execute(_PG_TRIGGERS)
        rows = cursor.fetchall()
    return {(table, name): tuple(proof) if at_work else None for table, name, at_work, *proof in rows}


def settings_off(connection: BaseDatabaseWrapper) -> list[str]:
    """SQLite's switches without which triggers and foreign keys do not see every statement of this connection."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        switches = ("recursive_triggers", "foreign_keys")
        values = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in switches}
    return [f"PRAGMA {name}" for name, value in values.items() if not value]


# SQLite ---------------------------------------------------------------------------------------------------------------


def _sqlite_guard(name: str, table: str, when: str) -> Guard:
    create = f'CREATE TRIGGER "{name}" {when}'
    return Guard(name, table, create, proof=create)  # SQLite keeps the text as it was given


def _sqlite_refusal(table: str, verb: str) -> Guard:
    name = f"{table}_no_{verb}"
    words = f"{name}: history is appended, never changed"
    return _sqlite_guard(name, table, f"BEFORE {verb.upper()} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{words}'); END")


_SQLITE_BOOKS = [
    _sqlite_guard(
        "posting_insert",
        POSTING,
        f"""BEFORE INSERT ON {POSTING}
        WHEN EXISTS (SELECT 1 FROM {ENTRY} WHERE id = NEW.entry_id)
        BEGIN SELECT RAISE(ABORT, '{LATE}'); END""",
    ),
    _sqlite_guard(
        "entry_insert",
        ENTRY,
        f"""AFTER INSERT ON {ENTRY}
        WHEN (SELECT COUNT(*) FROM {POSTING} WHERE entry_id = NEW.id) < 2 OR EXISTS (
            SELECT 1 FROM {POSTING} WHERE entry_id = NEW.id GROUP BY location_id HAVING SUM(amount_cents) <> 0)
        BEGIN SELECT RAISE(ABORT, '{UNEVEN}'); END""",
    ),
]

# PostgreSQL -----------------------------------------------------------------------------------------------------------

_REFUSE = "USING ERRCODE = 'integrity_constraint_violation'"

_PG_BODIES = {
    "guard_history": f"""
BEGIN
    RAISE EXCEPTION '%: history is appended, never changed', TG_NAME {_REFUSE};
END""",
    # A loop, for a join would be planned once and for all on the first day, when the books were empty.
    "guard_posting_insert": f"""
DECLARE
    written uuid;
BEGIN
    FOR written IN SELECT DISTINCT entry_id FROM inserted LOOP
        IF EXISTS (SELECT 1 FROM {ENTRY} WHERE id = written) THEN
            RAISE EXCEPTION '{LATE}' {_REFUSE};
        END IF;
    END LOOP;
    RETURN NULL;
END""",
    "guard_entry_insert": f"""
BEGIN
    IF (SELECT COALESCE(SUM(places.postings), 0) < 2 OR BOOL_OR(places.cents <> 0) FROM (
        SELECT COUNT(*) AS postings, SUM(amount_cents) AS cents
        FROM {POSTING} WHERE entry_id = NEW.id GROUP BY location_id) AS places
    ) THEN
        RAISE EXCEPTION '{UNEVEN}' {_REFUSE};
    END IF;
    RETURN NULL;
END""",
}


def pg_functions(schema: str) -> list[str]:
    """The statements that make the functions behind the triggers.

    Their search path is fixed: a temporary table of the same name must not stand in for the books.
    """
    return [
        f'CREATE OR REPLACE FUNCTION "{schema}".{name}() RETURNS trigger LANGUAGE plpgsql '
        f'SET search_path = pg_catalog, "{schema}", pg_temp AS $${body}$$'
        for name, body in _PG_BODIES.items()
    ]


def _pg_guard(name: str, table: str, when: str, function: str, proof: tuple[int, bool]) -> Guard:
    create = f"{when.format(name=name, table=table)} EXECUTE FUNCTION {function}()"
    return Guard(name, table, create, proof=(*proof, _PG_BODIES[function]))


def _pg_refusal(table: str, verb: str) -> Guard:
    when = f'CREATE TRIGGER "{{name}}" BEFORE {verb.upper()} ON "{{table}}" FOR EACH STATEMENT'
    return _pg_guard(f"{table}_no_{verb}", table, when, "guard_history", (_BEFORE_STATEMENT[verb], False))


_PG_BOOKS = [
    _pg_guard(
        "posting_insert",
        POSTING,
        "CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT",
        "guard_posting_insert",
        (_AFTER_INSERT, False),
    ),
    _pg_guard(
        "entry_insert",
        ENTRY,
        "CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW",
        "guard_entry_insert",
        (_AFTER_INSERT_ROW, False),
    ),
    _pg_guard(
        "entry_insert_at_commit",
        ENTRY,
        "CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
        "guard_entry_insert",
        (_AFTER_INSERT_ROW, True),
    ),
]

# A trigger that is disabled, has a condition or looks at some columns only is not at work.
_PG_TRIGGERS = """
    SELECT c.relname, t.tgname, t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND t.tgattr::text = '',
           t.tgtype, t.tginitdeferred, p.prosrc
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
