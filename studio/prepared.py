"""Queries whose SQL is worked out once and then only run, for the few that every request makes.

The ORM works out the same SQL anew each time, at up to ten times the database's own cost. Here a query is written in
the ORM as ever, with a `Slot` wherever a value comes later:

    DEVICE = Prepared(lambda: Device.objects.filter(token_hash=Slot("token", CharField())))
    DEVICE.rows(token=hash_of_token)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model, QuerySet, Value
from django.db.models.query import get_related_populators
from django.db.models.sql import DeleteQuery, UpdateQuery

Row = TypeVar("Row", bound=Model)


class Slot(Value):
    """Where a value goes that is known only when the query runs."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def filled(self, values: Mapping[str, Any], connection: Any) -> Any:
        """The value of that name as the database wants it."""
        return self.output_field.get_db_prep_value(values[self.value], connection)


class Compiled:
    """A statement as SQL, whose parameters are slots and values that are always the same."""

    def __init__(self, sql: str, params: Sequence[Any]) -> None:
        self.sql, self.params = sql, params

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters with these values in the slots; KeyError without one of them."""
        connection = connections[DEFAULT_DB_ALIAS]
        return [part.filled(values, connection) if isinstance(part, Slot) else part for part in self.params]

    def run(self, values: Mapping[str, Any]) -> int:
        """Do it with these values in the slots; how many rows it changed."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self.sql, self.filled(values))
            return int(cursor.rowcount)


class _Values(Compiled):
    """A query, and how its columns become values."""

    def __init__(self, compiler: Any) -> None:
        super().__init__(*compiler.as_sql())
        self._converters = list(compiler.get_converters([column for column, *_ in compiler.select]).items())

    def rows(self, slots: Mapping[str, Any]) -> Iterator[list[Any]]:
        """The rows as the database gives them, each value turned into that of its field."""
        connection = connections[DEFAULT_DB_ALIAS]  # each thread has its own
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.filled(slots))
            found = cursor.fetchall()
        for row in map(list, found):
            for position, (converters, expression) in self._converters:
                for convert in converters:
                    row[position] = convert(row[position], expression, connection)
            yield row


class _Models(_Values):
    """A query, and how its columns become models."""

    def __init__(self, compiler: Any) -> None:
        super().__init__(compiler)
        found, columns = compiler.klass_info, compiler.klass_info["select_fields"]
        self._model, self._own = found["model"], slice(columns[0], columns[-1] + 1)
        self._names = [column.target.attname for column, *_ in compiler.select[self._own]]
        self._around = get_related_populators(found, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # as of 6.0
        self._annotated = list((compiler.annotation_col_map or {}).items())

    def model(self, row: list[Any]) -> Any:
        """The row as its model, with the rows around it and what was annotated."""
        made = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
        for related in self._around:
            related.populate(row, made)
        for name, position in self._annotated:
            setattr(made, name, row[position])
        return made


class Prepared(Generic[Row]):
    """A query compiled at its first use in each process; it depends on nothing but its slots and is never empty."""

    def __init__(self, make: Callable[[], "QuerySet[Row]"]) -> None:
        self._make = make

    def rows(self, **values: Any) -> list[Row]:
        """The rows for these values of the slots, as the queryset would have given them."""
        read = self._models
        return [read.model(row) for row in read.rows(values)]

    @cached_property
    def _models(self) -> _Models:
        return _Models(self._make().query.get_compiler(DEFAULT_DB_ALIAS))


class PreparedValues:
    """The same for a queryset of `values_list`: rows without a model around them, for long lists that are only told."""

    def __init__(self, make: "Callable[[], QuerySet[Any, tuple[Any, ...]]]") -> None:
        self._make = make

    def tuples(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows for these values of the slots, each in the order in which `values_list` names its columns."""
        return [tuple(row) for row in self._values.rows(values)]

    @cached_property
    def _values(self) -> _Values:
        return _Values(self._make().query.get_compiler(DEFAULT_DB_ALIAS))


class PreparedUpdate:
    """A guarded UPDATE of the rows of a queryset; what the fields become may be slots and expressions."""

    def __init__(self, rows: "Callable[[], QuerySet[Any]]", **fields: Any) -> None:
        self._rows, self._fields = rows, fields

    def run(self, **values: Any) -> int:
        """How many rows were changed, with these values in the slots."""
        return self._update.run(values)

    def told(self, *names: str, **values: Any) -> tuple[int, ...] | None:
        """What the whole numbers of these names have become in the one row; None when the guard did not let it pass."""
        quoted = connections[DEFAULT_DB_ALIAS].ops.quote_name
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            columns = ", ".join(map(quoted, names))
            cursor.execute(f"{self._update.sql} RETURNING {columns}", self._update.filled(values))
            found: tuple[int, ...] | None = cursor.fetchone()
        return found

    @cached_property
    def _update(self) -> Compiled:
        return updating(self._rows(), self._fields)


class PreparedDelete:
    """A DELETE of the rows of a queryset to which nothing else points."""

    def __init__(self, rows: "Callable[[], QuerySet[Any]]") -> None:
        self._rows = rows

    def run(self, **values: Any) -> int:
        """How many rows are gone, with these values in the slots."""
        return self._delete.run(values)

    @cached_property
    def _delete(self) -> Compiled:
        return deleting(self._rows())


def updating(rows: "QuerySet[Any]", fields: Mapping[str, Any]) -> Compiled:
    """The UPDATE of these rows, whose fields become slots and expressions."""
    query: Any = rows.query.chain(UpdateQuery)
    query.add_update_values(fields)
    return Compiled(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())


def deleting(rows: "QuerySet[Any]") -> Compiled:
    """The DELETE of these rows and of nothing that points to them."""
    query: Any = rows.query.chain(DeleteQuery)
    return Compiled(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())
