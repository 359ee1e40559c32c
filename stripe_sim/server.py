"""The HTTP server: addresses of the API, of the pages and of the controls."""

import json
import socket
import struct
import sys
import threading
import traceback
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from stripe_sim import (  # noqa: F401 - importing an activity registers its operations
    balance,
    charges,
    checkout,
    checkout_page,
    control,
    customers,
    delivery,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payouts,
    presenting,
    reader_page,
    refunds,
    setup_intents,
    terminal,
)
from stripe_sim.account import Account, Terms
from stripe_sim.answering import Request, answer
from stripe_sim.errors import ApiError, Json, unknown_url
from stripe_sim.faults import Broken, Faults
from stripe_sim.idempotency import forget_unfinished
from stripe_sim.pages import Page, Visit, find_page
from stripe_sim.store import Store

MOST_BYTES = 1_000_000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write an answer
    server: "Server"

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_DELETE = do_GET

    def _handle(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)).decode(errors="replace")
        try:
            self._route(body)
        except Broken as broken:
            self._break(broken.seconds)
        except ApiError as error:
            self._send_json(error.status, error.body, {})
        except BrokenPipeError:
            self.close_connection = True
        except Exception:  # the one place where a bug becomes Stripe's 500 and is told on the terminal
            traceback.print_exc(file=sys.stderr)
            self.server.bugs.append(traceback.format_exc())
            self._send_json(
                500, {"error": {"type": "api_error", "message": "The stand-in has a bug; see its output."}}, {}
            )

    def _route(self, body: str) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/v1/"):
            self._api(url.path, url.query, body)
            return
        found = find_page(self.command, url.path)
        if found is None:
            raise unknown_url(self.command, url.path)
        page, ids = found
        visit = Visit(
            self.server.account, self.server.faults, ids, url.query, body, self.headers.get("Content-Type", "")
        )
        self._send_page(page(visit))

    def _api(self, path: str, query: str, body: str) -> None:
        request = Request(
            self.command,
            path,
            query if self.command == "GET" else body,
            self._api_key(),
            self.headers.get("Idempotency-Key"),
            self.headers.get("Stripe-Version"),
        )
        done = answer(self.server.account, self.server.faults, request)
        self.server.faults.strike(done.fault)
        self._send_json(done.status, done.body, done.headers)

    def _api_key(self) -> str:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return b64decode(value).decode(errors="replace").partition(":")[0]
        return value.strip()

    def _break(self, seconds: float) -> None:
        """End the connection without an answer: after a wait, with a reset."""
        self.server.faults.stopping.wait(seconds)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send_page(self, page: Page | Json) -> None:
        if isinstance(page, Page):
            self._send(page.status, page.content.encode(), page.headers)
        else:
            self._send_json(200, page, {})

    def _send_json(self, status: int, body: Json, headers: dict[str, str]) -> None:
        self._send(status, json.dumps(body, indent=2).encode(), {"Content-Type": "application/json"} | headers)

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Cache-Control": "no-store", **headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def finish(self) -> None:
        """Close; after a reset there is nothing to flush any more."""
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        if self.server.is_talkative:
            super().log_message(format, *args)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    is_talkative = False

    def __init__(self, address: tuple[str, int], account: Account, faults: Faults) -> None:
        super().__init__(address, Handler)
        self.account, self.faults = account, faults
        self.bugs: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that ended early is a client's right (and some faults' purpose), not an error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@dataclass
class Running:
    """A server at work in this process."""

    url: str
    account: Account
    faults: Faults
    server: Server

    def stop(self) -> None:
        self.faults.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.account.store.close()

    def serve(self) -> None:
        self.server.serve_forever(poll_interval=0.1)


def prepare(
    *,
    port: int = 0,
    db: str = ":memory:",
    host: str = "127.0.0.1",
    webhook_url: str = "",
    webhook_secret: str = "",
    terms: Terms | None = None,
    watch: Callable[[str, Any], None] | None = None,
) -> Running:
    """A server with its address taken (port 0: a free one) and its courier running; `serve` makes it answer."""
    account = Account(Store(db), terms=terms or Terms(), watch=watch, announce=delivery.announce)
    faults = Faults()
    server = Server((host, port), account, faults)
    account.base_url = f"http://{host}:{server.server_address[1]}"
    with account.store:
        forget_unfinished(account)
        if webhook_url:
            _listen(account, webhook_url, webhook_secret)
    delivery.Courier(account, faults.stopping).start()
    return Running(account.base_url, account, faults, server)


def _listen(account: Account, url: str, secret: str) -> None:
    known = account.store.all("webhook_endpoint", url=url)
    endpoint = known[0] if known else events.add_endpoint(account, url=url, secret=secret, events=["*"])
    account.store.put(endpoint | {"_secret": secret})


def start(**options: Any) -> Running:
    """`prepare`, and answer in a thread: for tests."""
    running = prepare(**options)
    threading.Thread(target=running.serve, name="stripe-sim", daemon=True).start()
    return running
