"""Rows of several tables written together."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from studio.prepared import Compiled, Slot, deleting, updating


def insert_together(*groups: Sequence[models.Model]) -> None:
    """Insert unsaved rows, each group of one table, with their keys set: one statement on PostgreSQL for all of them.

    Foreign keys among the rows hold at COMMIT, so the order of the groups does not matter. SQLite knows no INSERT
    within a WITH, and has no network to save: one statement per table there.
    """
    filled = [rows for rows in groups if rows]
    if connection.vendor == "postgresql" and filled:
        _in_one_statement(filled)
    else:
        for rows in filled:
            _row_by_row(rows)
    for row in (row for rows in filled for row in rows):
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def _in_one_statement(groups: Sequence[Sequence[models.Model]]) -> None:
    parts = [f"part_{number} AS ({_insert(type(rows[0]))})" for number, rows in enumerate(groups)]
    columns = [column for rows in groups for column in _columns(rows)]
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT", columns)


def _row_by_row(rows: Sequence[models.Model]) -> None:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.executemany(_insert_one(type(rows[0])), list(zip(*_columns(rows), strict=True)))


def _columns(rows: Sequence[models.Model]) -> list[list[Any]]:
    """The values of the rows column by column, as the database wants them."""
    database, fields = connections[DEFAULT_DB_ALIAS], type(rows[0])._meta.concrete_fields
    return [[field.get_db_prep_save(field.pre_save(row, add=True), database) for row in rows] for field in fields]


@cache
def _insert_one(model: type[models.Model]) -> str:
    """The INSERT of a row, which the database works out once for any number of them."""
    quoted, fields = connection.ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    return f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({', '.join('%s' for _ in fields)})"  # noqa: S608


@cache
def _insert(model: type[models.Model]) -> str:
    """The INSERT of any number of rows, each column a list: PostgreSQL plans the same text but once."""
    quoted, fields = connection.ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    lists = ", ".join(f"%s::{str(field.db_type(connection)).partition('(')[0]}[]" for field in fields)
    return f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) SELECT * FROM UNNEST({lists})"  # noqa: S608


class Change:
    """An UPDATE of some fields and the DELETEs of other tables that go with it, worked out once."""

    def __init__(
        self,
        changed: Callable[[], "models.QuerySet[Any]"],
        *,
        fields: Mapping[str, Slot],
        gone: "Sequence[Callable[[], models.QuerySet[Any]]]" = (),
    ) -> None:
        self._changed, self._fields, self._rows_gone = changed, fields, gone

    def run(self, **values: Any) -> int:
        """Do it with these values in the slots; how many rows were updated. One statement on PostgreSQL for all of it.

        Foreign keys hold at COMMIT, so the order does not matter there; elsewhere the rows go in the order given.
        """
        statements = [self._update, *self._deletes]
        if connection.vendor == "postgresql":
            statements = [self._together]
        done = [statement.run(values) for statement in statements]
        return done[0]

    @cached_property
    def _update(self) -> Compiled:
        return updating(self._changed(), self._fields)

    @cached_property
    def _deletes(self) -> list[Compiled]:
        return [deleting(rows()) for rows in self._rows_gone]

    @cached_property
    def _together(self) -> Compiled:
        deletes = [f"gone_{number} AS ({part.sql})" for number, part in enumerate(self._deletes)]
        sql = f"WITH {', '.join(deletes)} {self._update.sql}" if deletes else self._update.sql
        params = [value for part in (*self._deletes, self._update) for value in part.params]
        return Compiled(sql, params)
