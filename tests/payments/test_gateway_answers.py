"""What comes back and is not Stripe's, or not in time, is no answer; nobody waits for it longer than ten seconds."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django.fixtures import Settings

from payments import calling
from payments.gateway import gateway
from payments.states import Indeterminate, Misuse
from tests.payments.attempts import an_attempt


def answer(body: bytes, status: str = "200 OK", *, length: int | None = None) -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length or len(body)}\r\n\r\n"
    return [head.encode() + body]


def dripping(text: bytes) -> list[bytes]:
    return [text[at : at + 1] for at in range(len(text))]


@contextmanager
def line(chunks: list[bytes]) -> Iterator[str]:
    """The address of somebody who answers one request with these chunks, a moment apart, and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            for chunk in chunks:
                try:
                    connection.sendall(chunk)
                except OSError:
                    return
                if stop.wait(0.05):
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stop.set()
        thread.join(timeout=60)
        listening.close()


@pytest.fixture
def hearing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A gateway to somewhere else that gives up after a third of a second."""
    monkeypatch.setattr(calling, "ANSWER_SECONDS", 0.3)
    gateway.cache_clear()
    yield settings
    gateway.cache_clear()


BALANCE = b'{"object": "balance", "available": [], "pending": [], "livemode": false}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n{\r\n" + b"1\r\n \r\n" * 1000
HEADERS = b"HTTP/1.1 200 OK\r\n" + b"X-Header: 1\r\n" * 50


@pytest.mark.parametrize(
    "chunks",
    [dripping(HEADERS), [*answer(b"", length=1000), *dripping(b" " * 1000)], dripping(CHUNKED)],
    ids=["headers", "body", "chunked"],
)
def test_an_answer_that_drips_is_given_up(hearing: Settings, chunks: list[bytes]) -> None:
    began = time.monotonic()
    with line(chunks) as hearing.STRIPE_API_BASE, pytest.raises(Indeterminate):
        gateway().read_balance()

    assert 0.25 < time.monotonic() - began < 15


def test_an_answer_in_pieces_that_comes_in_time_is_taken(hearing: Settings) -> None:
    whole = answer(BALANCE)[0]
    with line([whole[:20], whole[20:100], whole[100:]]) as hearing.STRIPE_API_BASE:
        assert gateway().read_balance() == 0


@pytest.mark.parametrize(
    "chunks",
    [
        [b""],
        [b"SSH-2.0-OpenSSH_9.6\r\n"],
        answer(b"<html>Log in to the hotel's network</html>"),
        answer(b'{"object": "balance", "avail'),
        answer(BALANCE, length=500),
        answer(b"\xff\xfe"),
        answer(b""),
        answer(b"null"),
        answer(b'{"a":' * 100_000),
        answer(b"[]"),
        answer(b"7"),
        answer(b"{}"),
        answer(b'{"object": "charge", "id": "ch_1"}'),
        answer(b"<html>Bad gateway</html>", "502 Bad Gateway"),
        answer(b'{"error": "Bad gateway"}', "502 Bad Gateway"),
        answer(b'{"error": null}', "503 Service Unavailable"),
        answer(b'["error"]', "500 Internal Server Error"),
        answer(b"<html>Not for you</html>", "403 Forbidden"),
        answer(b"{}", "404 Not Found"),
        answer(b"", "304 Not Modified"),
    ],
)
def test_an_answer_that_is_not_stripes_says_nothing(hearing: Settings, chunks: list[bytes]) -> None:
    with line(chunks) as hearing.STRIPE_API_BASE, pytest.raises(Indeterminate) as doubt:
        gateway().refund(an_attempt())

    assert doubt.value.is_stored is False


def test_what_our_key_may_not_do_is_a_misuse(hearing: Settings) -> None:
    told = b'{"error": {"type": "invalid_request_error", "message": "Not with this key."}}'
    with line(answer(told, "403 Forbidden")) as hearing.STRIPE_API_BASE, pytest.raises(Misuse) as refused:
        gateway().read_balance()

    assert (refused.value.status, refused.value.code) == (403, "")
