"""A proxy that breaks what goes through it, in the way that it is told."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MODES = ("pass", "blackhole", "reset", "half-close", "drip", "cut reply", "slow")
DRIP_SECONDS, SLOW_SECONDS = 0.25, 6.0
CHUNK = 65_536


class Proxy:
    """Between a client and the server at `port`; what `mode` says goes for open connections too.

    blackhole: nothing is passed on or answered. reset: the request ends in a reset. half-close: it is done, and
    instead of the answer the server's side is closed. drip: byte by byte. cut reply: half an answer, then a reset.
    slow: each answer comes late.
    """

    def __init__(self, port: int) -> None:
        self.server_port, self.port, self.mode = port, 0, "pass"

    async def run(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        async with server:
            await server.serve_forever()

    async def _connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
            try:
                await asyncio.gather(self._ask(client, to_client, to_server), self._answer(server, to_client))
            finally:
                to_server.close()
                to_client.close()

    async def _ask(
        self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter, to_server: asyncio.StreamWriter
    ) -> None:
        """What the client sends, as far as it gets through."""
        while data := await client.read(CHUNK):
            if self.mode == "blackhole":
                continue
            if self.mode == "reset":
                _reset(to_client)
                break
            to_server.write(data)
            await to_server.drain()
        to_server.write_eof()

    async def _answer(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """What the server answers, in the way of the moment."""
        while data := await server.read(CHUNK):
            if self.mode == "half-close":
                to_client.write_eof()
            elif self.mode == "cut reply":
                to_client.write(data[: len(data) // 2])
                await to_client.drain()
                _reset(to_client)
            elif self.mode == "drip":
                await self._drip(data, to_client)
            else:
                if self.mode == "slow":
                    await asyncio.sleep(SLOW_SECONDS)
                to_client.write(data)
                await to_client.drain()

    async def _drip(self, data: bytes, to_client: asyncio.StreamWriter) -> None:
        for position in range(len(data)):
            if self.mode != "drip":
                to_client.write(data[position:])
                break
            to_client.write(data[position : position + 1])
            await to_client.drain()
            await asyncio.sleep(DRIP_SECONDS)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of an end."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """A proxy to that port of this machine, in a thread of its own."""
    made, started = Proxy(port), threading.Event()
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # connections that broke are what it is for

    def serve() -> None:
        with contextlib.suppress(asyncio.CancelledError, RuntimeError):
            loop.run_until_complete(made.run(started))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
