"""Rows of several tables written together."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery


def insert_together(*groups: Sequence[models.Model]) -> None:
    """Insert unsaved rows, each group of one table, with their keys set: one statement on PostgreSQL for all of them.

    Foreign keys among the rows hold at COMMIT, so the order of the groups does not matter. SQLite knows no INSERT
    within a WITH, and has no network to save: one statement per table there.
    """
    filled = [rows for rows in groups if rows]
    if connection.vendor == "postgresql" and filled:
        _in_one_statement(filled)
        return
    for rows in filled:
        type(rows[0])._base_manager.bulk_create(rows)


def _in_one_statement(groups: Sequence[Sequence[models.Model]]) -> None:
    parts, values = [], []
    for number, rows in enumerate(groups):
        model = type(rows[0])
        query = InsertQuery(model)
        query.insert_values(model._meta.concrete_fields, list(rows))
        ((sql, params),) = query.get_compiler(connection=connection).as_sql()
        parts.append(f"part_{number} AS ({sql})")
        values.extend(params)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT", values)
    for row in (row for rows in groups for row in rows):
        row._state.adding, row._state.db = False, connection.alias


def change_and_delete(
    changed: models.QuerySet[Any], fields: Mapping[str, Any], gone: Sequence[models.QuerySet[Any]]
) -> int:
    """Update rows and delete those of other tables; how many were updated. One statement on PostgreSQL for all of it.

    Foreign keys hold at COMMIT, so the order does not matter there; elsewhere `gone` is deleted in its order.
    """
    if connection.vendor == "postgresql":
        return _in_one_update(changed, fields, gone)
    updated = changed.update(**fields)
    for rows in gone:
        rows._raw_delete(rows.db)
    return updated


def _in_one_update(
    changed: models.QuerySet[Any], fields: Mapping[str, Any], gone: Sequence[models.QuerySet[Any]]
) -> int:
    parts, values = [], []
    for number, rows in enumerate(gone):
        sql, params = rows.query.chain(DeleteQuery).get_compiler(connection=connection).as_sql()
        parts.append(f"gone_{number} AS ({sql})")
        values.extend(params)
    update: Any = changed.query.chain(UpdateQuery)
    update.add_update_values(fields)
    sql, params = update.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} {sql}" if parts else sql, [*values, *params])
        return int(cursor.rowcount)
