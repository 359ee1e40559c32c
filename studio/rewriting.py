"""Many rows changed in one statement, each to values of its own."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def update_each(
    rows: Sequence[models.Model], fields: Sequence[str], *, where: Mapping[str, Any], same: Sequence[str] = ()
) -> set[Any]:
    """Write these fields of each row as it is in memory; the keys of the rows that were written.

    A row is written only while its columns are as `where` says (None: not set, a tuple: one of these) and those of
    `same` are as in memory: a guarded UPDATE for each, in one statement on both engines. All rows are of one model.
    """
    if not rows:
        return set()
    meta: Any = type(rows[0])._meta
    told = [meta.pk, *(meta.get_field(name) for name in (*fields, *same))]
    columns = {field: f"told.column{number}" for number, field in enumerate(told, start=1)}
    table = meta.db_table
    sets = ", ".join(f'"{meta.get_field(name).column}" = {columns[meta.get_field(name)]}' for name in fields)
    guards = [f'"{table}"."{meta.pk.column}" = {columns[meta.pk]}']
    guards += [f'"{table}"."{field.column}" = {columns[field]}' for field in told[1 + len(fields) :]]
    values, params = _told(rows, told)
    for name, value in where.items():
        words, found = _is(meta.get_field(name), value)
        guards.append(f'"{table}".{words}')
        params += found
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET {sets} FROM {values} WHERE {" AND ".join(guards)} '  # noqa: S608
            f'RETURNING "{table}"."{meta.pk.column}"',
            params,
        )
        return {_key(key) for (key,) in cursor.fetchall()}


def _is(field: Any, value: Any) -> tuple[str, list[Any]]:
    """That a column has this value, in words of SQL, and their parameters."""
    if value is None:
        return f'"{field.column}" IS NULL', []
    allowed = value if isinstance(value, tuple) else (value,)
    marks = ", ".join(["%s"] * len(allowed))
    return f'"{field.column}" IN ({marks})', [field.get_db_prep_value(one, connection) for one in allowed]


def _told(rows: Sequence[models.Model], told: Sequence[Any]) -> tuple[str, list[Any]]:
    """The rows' values as a table of SQL, and its parameters.

    On PostgreSQL each column is a list, so that the words are the same for any number of rows and are read but once.
    """
    columns = [[field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in told]
    if connection.vendor == "postgresql":
        names = ", ".join(f"column{number}" for number in range(1, len(told) + 1))
        lists = ", ".join(f"%s::{str(field.db_type(connection)).partition('(')[0]}[]" for field in told)
        return f"UNNEST({lists}) AS told ({names})", list(columns)
    one = f"({', '.join(['%s'] * len(told))})"
    values = ", ".join([one] * len(rows))
    return f"(VALUES {values}) AS told", [value for row in zip(*columns, strict=True) for value in row]


def _key(told: Any) -> Any:
    """The key as a model has it: SQLite tells UUIDs as text."""
    return uuid.UUID(told) if isinstance(told, str) else told
