"""Objects as JSON documents in SQLite, newest first, with the lists' filters."""

import json
import sqlite3
import threading
from collections.abc import Iterable
from typing import Any

from stripe_sim.errors import Json, invalid, missing

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS newest ON objects (kind, created, seq);
CREATE INDEX IF NOT EXISTS by_customer ON objects (kind, json_extract(body, '$.customer'));
CREATE INDEX IF NOT EXISTS by_intent ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS by_charge ON objects (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS by_source ON objects (kind, json_extract(body, '$.source'));
CREATE INDEX IF NOT EXISTS by_payout ON objects (kind, json_extract(body, '$._payout'));
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, used_at REAL NOT NULL, request_id TEXT NOT NULL,
    status INTEGER, body TEXT);
CREATE INDEX IF NOT EXISTS oldest_key ON keys (used_at);
CREATE TABLE IF NOT EXISTS agenda (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, due_at REAL NOT NULL, what TEXT NOT NULL, object TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS due ON agenda (due_at);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL, tries INTEGER NOT NULL,
    next_at REAL, held INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS next_delivery ON deliveries (next_at);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES = ("objects", "keys", "agenda", "deliveries", "settings")
RANGE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Store:
    """One file or one memory, one connection, one lock that a request holds while it works."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)

    def __enter__(self) -> "Store":
        """Take the lock and begin; nested entries join the outer one."""
        self.lock.acquire()
        if not self.db.in_transaction:
            self.db.execute("BEGIN")
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self.db.in_transaction:
            self.db.execute("COMMIT" if kind is None else "ROLLBACK")
        self.lock.release()

    def close(self) -> None:
        with self.lock:
            self.db.close()

    def clear(self) -> None:
        for table in TABLES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def put(self, obj: Json) -> Json:
        """Write an object as it now is."""
        self.db.execute(
            "INSERT INTO objects (id, kind, created, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (obj["id"], obj["object"], obj.get("created", obj.get("_created", 0)), json.dumps(obj)),
        )
        return obj

    def delete(self, object_id: str) -> None:
        self.db.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def find(self, kind: str, object_id: str) -> Json | None:
        row = self.db.execute("SELECT body FROM objects WHERE id = ? AND kind = ?", (object_id, kind)).fetchone()
        return json.loads(row[0]) if row else None

    def get(self, kind: str, object_id: str, *, param: str = "id") -> Json:
        """The object, or Stripe's resource_missing."""
        found = self.find(kind, object_id)
        if found is None:
            raise missing(kind, object_id, param=param)
        return found

    def by_id(self, object_id: str) -> Json | None:
        row = self.db.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str, **equals: Any) -> list[Json]:
        """Every object of a kind with these values, oldest first."""
        where, values = _where(kind, equals)
        rows = self.db.execute(f"SELECT body FROM objects WHERE {where} ORDER BY created, seq", values)  # noqa: S608
        return [json.loads(body) for (body,) in rows]

    def page(self, kind: str, params: Json, **equals: Any) -> tuple[list[Json], bool]:
        """One page, newest first, and whether there are more in that direction."""
        limit = params.get("limit", 10)
        if not 1 <= limit <= 100:
            raise invalid("This value must be between 1 and 100.", param="limit", code="parameter_invalid_integer")
        where, values = _where(kind, equals)
        where, values = _created(where, values, params)
        backwards = "ending_before" in params
        if cursor := params.get("ending_before") or params.get("starting_after"):
            where += f" AND (created, seq) {'>' if backwards else '<'} (?, ?)"
            values += self._position(kind, cursor, "ending_before" if backwards else "starting_after")
        order = "created, seq" if backwards else "created DESC, seq DESC"
        rows = self.db.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY {order} LIMIT ?",  # noqa: S608
            (*values, limit + 1),
        ).fetchall()
        found = [json.loads(body) for (body,) in rows[:limit]]
        return (found[::-1] if backwards else found), len(rows) > limit

    def _position(self, kind: str, object_id: str, param: str) -> list[Any]:
        row = self.db.execute(
            "SELECT created, seq FROM objects WHERE id = ? AND kind = ?", (object_id, kind)
        ).fetchone()
        if row is None:
            raise missing(kind, object_id, param=param)
        return list(row)


def _where(kind: str, equals: Json) -> tuple[str, list[Any]]:
    where, values = "kind = ?", [kind]
    for field, value in equals.items():
        if value is None:
            continue
        name = field.replace("__", ".")
        if isinstance(value, (list, tuple)):
            where += f" AND json_extract(body, '$.{name}') IN ({','.join('?' * len(value))})"
            values += value
        else:
            where += f" AND json_extract(body, '$.{name}') = ?"
            values.append(value)
    return where, values


def _created(where: str, values: list[Any], params: Json) -> tuple[str, list[Any]]:
    created = params.get("created")
    if isinstance(created, int):
        return f"{where} AND created = ?", [*values, created]
    bounds: Iterable[tuple[str, int]] = created.items() if created else ()
    for name, bound in bounds:
        where += f" AND created {RANGE[name]} ?"
        values = [*values, bound]
    return where, values
