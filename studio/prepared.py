"""Queries whose SQL is worked out once and then only run, for the few reads that every request makes.

The ORM works out the same SQL anew each time, at up to ten times the database's own cost. Here a query is written in
the ORM as ever, with a `Slot` wherever a value comes later:

    DEVICE = Prepared(lambda: Device.objects.filter(token_hash=Slot("token", CharField())))
    DEVICE.rows(token=hash_of_token)
"""

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model, QuerySet, Value
from django.db.models.query import ModelIterable

Row = TypeVar("Row", bound=Model)


class Slot(Value):
    """Where a value goes that is known only when the query runs."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def filled(self, values: dict[str, Any], connection: Any) -> Any:
        """The value of that name as the database wants it."""
        return self.output_field.get_db_prep_value(values[self.value], connection)


class Prepared(Generic[Row]):
    """A query compiled at its first use in each process; it depends on nothing but its slots and is never empty."""

    def __init__(self, make: Callable[[], "QuerySet[Row]"]) -> None:
        self._make = make
        self._compiled: tuple[Any, str, tuple[Any, ...]] | None = None

    def rows(self, **values: Any) -> list[Row]:
        """The rows for these values of the slots, as the queryset would have given them."""
        run = self._filled(values)
        query = SimpleNamespace(get_compiler=lambda **_: run)
        found: Any = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})
        return list(ModelIterable(found))

    def _filled(self, values: dict[str, Any]) -> Any:
        """The compiler of the query, with these values in its slots."""
        if self._compiled is None:
            compiler: Any = self._make().query.get_compiler(DEFAULT_DB_ALIAS)
            self._compiled = (compiler, *compiler.as_sql())
        compiler, sql, params = self._compiled
        run = copy.copy(compiler)
        run.connection = connections[DEFAULT_DB_ALIAS]  # each thread has its own
        filled = [part.filled(values, run.connection) if isinstance(part, Slot) else part for part in params]
        run.as_sql = lambda *_, **__: (sql, filled)
        return run


class PreparedValues(Prepared[Any]):
    """The same for a queryset of `values_list`: rows without a model around them, for long lists that are only told."""

    def tuples(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows for these values of the slots, each in the order in which `values_list` names its columns."""
        return list(self._filled(values).results_iter(tuple_expected=True))
