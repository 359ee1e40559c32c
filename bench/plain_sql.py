"""The floor: the rows of one sale written by plain SQL, as fast as Python and the database can.

`python -m bench.plain_sql sell TIMES` writes the newest sale of DATABASE_URL again under new ids: one transaction, nine
prepared statements, no reading, no arithmetic. `python -m bench.plain_sql count` counts the rows of every table. Both
answer in JSON.
"""

import datetime as dt
import json
import os
import secrets
import sqlite3
import sys
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.machine import cpu_seconds
from studio.ids import new_id

WARM_UP = 20

# As they are written: postings before their entry, the receipt last, because its counter is what all others wait for.
TABLES = {
    "pos_sale": "id = {sale}",
    "pos_saleline": "sale_id = {sale}",
    "pos_saletax": "sale_id = {sale}",
    "pos_tip": "sale_id = {sale}",
    "pos_tender": "sale_id = {sale}",
    "ledger_posting": "entry_id = (SELECT id FROM ledger_entry WHERE key = {key})",
    "ledger_entry": "key = {key}",
    "pos_receipt": "sale_id = {sale}",
}
MADE_BY_TABLETS = {"pos_sale", "pos_tender"}
NUMBERED_BY_DATABASE = {("ledger_posting", "id"), ("pos_receipt", "id")}
MOMENTS = {"opened_at", "last_request_at", "completed_at", "occurred_at", "created_at", "issued_at"}
COUNT_UP = "UPDATE pos_counter SET value = value + 1 WHERE location_id = {} AND name = 'receipt' RETURNING value"


@dataclass
class Insert:
    """One statement for all rows of a table: its values as in the sale copied, and which are new each time."""

    sql: str
    values: list[Any]
    holes: list[tuple[int, str, Any]]


class Database:
    """The two engines under one roof, set as Footfall sets them."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self.mark = "?" if self.is_sqlite else "%s"
        if self.is_sqlite:
            self.connection: Any = sqlite3.connect(urlsplit(url).path, isolation_level=None, timeout=10)
            for pragma in ("journal_mode=WAL", "foreign_keys=ON", "recursive_triggers=ON", "synchronous=FULL"):
                self.connection.execute(f"PRAGMA {pragma}")
        else:
            self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)

    def execute(self, sql: str, values: Any = ()) -> Any:
        return self.connection.execute(sql, values)

    def rows(self, sql: str, values: Any = ()) -> list[dict[str, Any]]:
        cursor = self.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def new_id(self, table: str) -> Any:
        made = uuid.uuid4() if table in MADE_BY_TABLETS else new_id()
        return made.hex if self.is_sqlite else made

    def now(self) -> Any:
        moment = dt.datetime.now(dt.UTC)
        return moment.replace(tzinfo=None).isoformat(" ") if self.is_sqlite else moment


class Copies:
    """A sale as nine statements, ready to be written again and again."""

    def __init__(self, database: Database) -> None:
        self.database = database
        newest = database.rows("SELECT * FROM pos_sale ORDER BY completed_at DESC LIMIT 1")[0]
        sale, self.location = newest["id"], newest["location_id"]
        key = f"sale:{uuid.UUID(sale) if database.is_sqlite else sale}"
        found = {table: self._read(table, where, sale, key) for table, where in TABLES.items()}
        self.ids = {row["id"]: table for table, rows in found.items() for row in rows if not _is_numbered(table)}
        self.sale = sale
        self.inserts = [self._insert(table, rows) for table, rows in found.items()]
        self.count_up = COUNT_UP.format(database.mark)

    def _read(self, table: str, where: str, sale: Any, key: str) -> list[dict[str, Any]]:
        value = key if "{key}" in where else sale
        condition = where.format(sale=self.database.mark, key=self.database.mark)
        return self.database.rows(f"SELECT * FROM {table} WHERE {condition} ORDER BY id", [value])

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> Insert:
        names = [name for name in rows[0] if (table, name) not in NUMBERED_BY_DATABASE]
        one = f"({', '.join([self.database.mark] * len(names))})"
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([one] * len(rows))}"
        values = [row[name] for row in rows for name in names]
        columns = [name for _ in rows for name in names]
        found = (self._hole(table, name, value) for name, value in zip(columns, values, strict=True))
        return Insert(sql, values, [(place, *hole) for place, hole in enumerate(found) if hole])

    def _hole(self, table: str, name: str, value: Any) -> tuple[str, Any] | None:
        """What is new in that column: an id (which one), a moment, the entry's key, the receipt's number or token."""
        if value in self.ids:
            return "id", value
        if name in MOMENTS:
            return "now", None
        return (name, None) if (table, name) in NEW else None

    def write(self) -> None:
        """One sale more, in one transaction."""
        database = self.database
        new = {old: database.new_id(table) for old, table in self.ids.items()}
        moment = database.now()
        sale = new[self.sale]
        fresh = {"now": moment, "key": f"sale:{uuid.UUID(sale) if database.is_sqlite else sale}"}
        database.execute("BEGIN IMMEDIATE" if database.is_sqlite else "BEGIN")
        for insert in self.inserts[:-1]:
            database.execute(insert.sql, _filled(insert, new, fresh))
        fresh["number"] = database.execute(self.count_up, [self.location]).fetchone()[0]
        fresh["token"] = secrets.token_urlsafe(16)
        database.execute(self.inserts[-1].sql, _filled(self.inserts[-1], new, fresh))
        database.execute("COMMIT")


NEW = {("ledger_entry", "key"), ("pos_receipt", "number"), ("pos_receipt", "token")}


def _is_numbered(table: str) -> bool:
    return (table, "id") in NUMBERED_BY_DATABASE


def _filled(insert: Insert, new: dict[Any, Any], fresh: dict[str, Any]) -> list[Any]:
    values = insert.values.copy()
    for place, source, old in insert.holes:
        values[place] = new[old] if source == "id" else fresh[source]
    return values


def sell(database: Database, times: int) -> dict[str, float]:
    """Write so many sales; CPU seconds of this process and of the database, and seconds by the clock."""
    copies = Copies(database)
    for _ in range(WARM_UP):
        copies.write()
    postmaster = int(os.environ.get("BENCH_POSTMASTER", "0")) or None
    before, started = (time.process_time(), cpu_seconds(postmaster)), time.perf_counter()
    for _ in range(times):
        copies.write()
    seconds = time.perf_counter() - started
    app, backends = time.process_time() - before[0], cpu_seconds(postmaster) - before[1]
    return {"app": app, "database": backends, "seconds": seconds, "statements": len(copies.inserts) + 1}


def count(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    catalogue = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    if database.is_sqlite:
        catalogue = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    names = sorted(row["name"] for row in database.rows(catalogue))
    return {name: database.rows(f'SELECT COUNT(*) AS rows FROM "{name}"')[0]["rows"] for name in names}


def main() -> None:
    database = Database(os.environ["DATABASE_URL"])
    command, *number = sys.argv[1:]
    print(json.dumps(sell(database, int(number[0])) if command == "sell" else count(database)))


if __name__ == "__main__":
    main()
