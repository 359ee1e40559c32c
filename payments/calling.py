"""How Stripe is called: some seconds to be connected, some for the whole answer and not for each of its bytes.

Only what Stripe itself said is an answer; a page from somewhere on the way says nothing.
"""

import http.client
import io
import json
import socket
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0


class _InTime(io.RawIOBase):
    """What comes from a socket, until its time-out is over for the answer as a whole."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock
        self._until = time.monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("The answer took too long.")
        self._sock.settimeout(left)
        read: int | None = self._raw.readinto(buffer)
        return read

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _Answer


class _SafeConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


class _Adapter(HTTPAdapter):
    """Connections whose answers come in time, with or without a proxy on the way."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _in_time(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return _in_time(super().proxy_manager_for(proxy, **options))


def _in_time(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SafePool}
    return manager


class Session(requests.Session):
    """A session that gives up in time; its read time-out is for the whole answer."""

    def __init__(self) -> None:
        super().__init__()
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def request(self, *args: Any, **options: Any) -> requests.Response:
        answer = super().request(*args, **options)
        if not _is_stripes(answer):
            raise requests.ConnectionError(f"HTTP {answer.status_code}, but not from Stripe.")
        return answer


def _is_stripes(answer: requests.Response) -> bool:
    try:
        told = json.loads(answer.content.decode())
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and (answer.ok or isinstance(told.get("error"), dict))
