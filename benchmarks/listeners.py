"""Clients of the WebSocket in a process of their own: `python -m benchmarks.listeners PORT …`.

Each line that comes in is answered with one, in JSON: when each listener had its last
`coin_update` whole (seconds since 1970; 0: none since it was last asked). They speak the protocol
themselves, and read no more of a message than its beginning, so as not to be what is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from contextlib import suppress

PER_ADDRESS = 50
COINS = b'{"type":"coin_update"'
PING, PONG, TEXT = 9, 10, 1
SMALL_BUFFER = 4_096


class Listener:
    """One connection that reads all it is sent."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.got_at = 0.0
        self.is_greeted = asyncio.Event()

    async def run(self, port: int) -> None:
        """Read until the server closes."""
        address = f"127.0.0.{2 + self.number // PER_ADDRESS}"
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(address, 0), limit=1 << 20
        )
        writer.write(greeting(port))
        await reader.readuntil(b"\r\n\r\n")
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, payload = await _frame(reader)
                if kind == TEXT and payload.startswith(COINS):
                    self.got_at = time.time()
                    self.is_greeted.set()
                if kind == PING:
                    writer.write(_pong(payload))


def greeting(port: int) -> bytes:
    """The request for the WebSocket."""
    return (
        f"GET /ws/coins/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length > 125:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    return first & 0x0F, await reader.readexactly(length)


def _pong(payload: bytes) -> bytes:
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes([0x80 | PONG, 0x80 | len(payload)]) + mask + masked


async def _deaf(port: int, number: int) -> None:
    """A connection that never reads, or (each second one) only a little at a time."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    client.bind(("127.0.0.200", 0))
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, greeting(port))
    with suppress(OSError):
        while True:
            await asyncio.sleep(0.1)
            if number % 2 and not await loop.sock_recv(client, 1_024):
                return


async def _main(port: int, count: int, deaf: int) -> None:
    listeners = [Listener(number) for number in range(count)]
    tasks = [asyncio.create_task(listener.run(port)) for listener in listeners]
    tasks += [asyncio.create_task(_deaf(port, number)) for number in range(deaf)]
    for listener in listeners:
        await listener.is_greeted.wait()
    loop = asyncio.get_running_loop()
    while True:
        print(json.dumps([listener.got_at for listener in listeners]), flush=True)
        for listener in listeners:
            listener.got_at = 0.0
        if not await loop.run_in_executor(None, sys.stdin.readline):
            break
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(_main(*(int(word) for word in sys.argv[1:])))
