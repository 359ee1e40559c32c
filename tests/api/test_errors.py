"""Answers to requests that are no requests, and to a database that does not answer."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import RequestFactory

from api.errors import server_error
from pos.models import Sale
from tests.api.till import Till, new, pair
from tests.builders import Studio
from tests.racing import race

SALE = {"lines": [{"item": "massage-oil"}]}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"lines": [}',
        b"\xff\xfe\x00",
        b'{"lines": NaN}',
        b'{"lines": Infinity}',
        b'{"lines": [{"item": "massage-oil", "quantity": 1e999}]}',
        b'{"lines": [{"item": "massage-oil", "quantity": ' + b"9" * 5_000 + b"}]}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[]",
        b'"lines"',
        b"null",
        b"7",
    ],
    ids=lambda body: body[:20].decode(errors="replace") or "empty",
)
def test_a_body_that_is_no_sale_is_a_400(till: Till, body: bytes) -> None:
    assert till.send("PUT", f"sales/{new()}", body).refusal == (400, "invalid")
    assert not Sale.objects.exists()


def test_the_charset_of_a_body_is_utf_8_whatever_its_header_says(till: Till) -> None:
    for charset in ("utf-16", "zlib", "rot13", "nonsense"):
        response = till.client.generic(
            "PUT",
            f"/api/v1/clients/{new()}",
            '{"name": "Zoë"}'.encode(),
            f"application/json; charset={charset}",
            headers=till.headers,
        )
        assert (response.status_code, response.json()["name"]) == (201, "Zoë")


def test_a_body_that_is_too_large_is_not_read(till: Till) -> None:
    body = b'{"lines": [], "padding": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'

    assert till.send("PUT", f"sales/{new()}", body).refusal == (413, "too_large")


def test_a_form_is_no_json(till: Till) -> None:
    response = till.client.post("/api/v1/staff-sessions/", {"staff": "1", "pin": "739164"}, headers=till.headers)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/salse/", "/api/v1/clients", "/api/v2/sales/", "/api/v1/sales/1"]
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_address_that_leads_nowhere_is_a_problem_too(till: Till, method: str, path: str) -> None:
    response = till.client.generic(method, path, headers=till.headers)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["PATCH", "POST", "DELETE", "OPTIONS", "TRACE"])
def test_a_method_that_an_address_has_not_is_a_405(till: Till, method: str) -> None:
    response = till.client.generic(method, f"/api/v1/sales/{new()}", headers=till.headers)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, PUT, HEAD"


@pytest.mark.parametrize("path", ["device", "sales/", "sales/nowhere", "/healthz", "/readyz", "approvals/"])
def test_every_answer_carries_the_headers(till: Till, path: str) -> None:
    address = path if path.startswith("/") else f"/api/v1/{path}"
    response = till.client.get(address, headers=till.headers)

    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_nobody_may_keep_an_answer_with_a_token(studio: Studio) -> None:
    tablet = pair(studio.device)

    answer = tablet.post("staff-sessions/", {"staff": studio.desk_person.pk, "pin": "739164"})

    assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")


@contextmanager
def somebody_holds_all_locks() -> Iterator[None]:
    """Another connection has locked what a sale writes, and we wait for it a tenth of a second only."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 100")
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.close()
            connection.close()
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE pos_sale IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        other.rollback()
        other.close()
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_is_a_503_and_the_next_try_works(till: Till) -> None:
    sale = f"sales/{new()}"

    with somebody_holds_all_locks():
        locked = till.put(sale, SALE)

    assert locked.refusal == (503, "database_away")
    assert locked.headers["Retry-After"] == "3"
    assert locked["detail"].endswith("try again in a moment.")
    assert not Sale.objects.exists()
    assert till.put(sale, SALE).status == 201


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_a_database_that_went_away_is_a_503(till: Till) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone()
    race(1, lambda _: _end_connection(mine))

    away = till.put(f"sales/{new()}", SALE)

    connection.close()
    assert away.refusal == (503, "database_away")
    assert till.put(f"sales/{new()}", SALE).status == 201


def _end_connection(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_broken_promise_is_a_problem_below_api_and_a_page_elsewhere() -> None:
    problem = server_error(RequestFactory().get("/api/v1/sales/"))
    page = server_error(RequestFactory().get("/r/token"))

    assert (problem.status_code, json.loads(problem.content)["code"]) == (500, "server_error")
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert (page.status_code, page.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
